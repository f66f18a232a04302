"""Run a dataflow inside the process, from a list and into a list."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final

from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition
from bytewax.outputs import DynamicSink
from bytewax.outputs import StatelessSinkPartition
from bytewax.testing import run_main

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord

Item = tuple[str, EventBatch]
Keyed = tuple[str, Sequence[OutRecord]]

_ONLY_PART: Final = "memory"
_run_main: Final[Callable[[Dataflow], None]] = run_main


class _Reader(StatefulSourcePartition[Item, int]):
    def __init__(self, items: Sequence[Item], at: int) -> None:
        self._items = items
        self._at = at

    def next_batch(self) -> Iterable[Item]:
        if self._at >= len(self._items):
            raise StopIteration
        self._at += 1
        return (self._items[self._at - 1],)

    def snapshot(self) -> int:
        return self._at


class MemorySource(FixedPartitionedSource[Item, int]):
    """
    Hand out keyed batches in the order of a list.

    Delivery: at least once. Bytewax snapshots the position; a restart goes on from there.

    Parameters
    ----------
    items : sequence of (str, EventBatch)
        Batches with the key of the state they belong to.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def list_parts(self) -> list[str]:
        """Return the one part there is."""
        return [_ONLY_PART]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Reader:
        """Begin, or go on behind what had been handed out."""
        del step_id, for_part
        return _Reader(self._items, resume_state or 0)


class _Writer(StatelessSinkPartition[Keyed]):
    def __init__(self, out: list[OutRecord]) -> None:
        self._out = out

    def write_batch(self, items: list[Keyed]) -> None:
        for _, records in items:
            self._out.extend(records)


class MemorySink(DynamicSink[Keyed]):
    """
    Append the records of keyed batches to a list.

    Delivery: at least once; after a restart an epoch is appended again. Order: that of the
    dataflow on one worker.

    Parameters
    ----------
    out : list of OutRecord
        Where to.
    """

    def __init__(self, out: list[OutRecord]) -> None:
        self._out = out

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Writer:
        """Give a worker its end of the list."""
        del step_id, worker_index, worker_count
        return _Writer(self._out)


def run_in_process(flow: Dataflow) -> None:
    """Run a dataflow to the end of its input, on one worker of this process."""
    _run_main(flow)
