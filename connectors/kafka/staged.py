"""A source with a flow's stateful stage fused to it: no exchange between workers."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from typing import Final
from typing import Generic
from typing import Protocol
from typing import TypeVar

from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition

from connectors.errors import MisconfiguredConnector

STATE_VERSION: Final = 1

V = TypeVar("V")
R = TypeVar("R")
V_contra = TypeVar("V_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

StagedState = tuple[int, Any, dict[str, Any]]


class Stage(Protocol[V_contra, R_co]):
    """What runs on the items of one key."""

    def on_batch(self, values: Sequence[V_contra]) -> Sequence[R_co]:
        """Return what items give, in order."""

    def snapshot(self) -> Any:  # noqa: ANN401 - the stage's own plain data
        """Return the state to resume from."""


class StagedPartition(StatefulSourcePartition[tuple[str, R], StagedState], Generic[V, R]):
    """One partition of the source and the stages of its keys; see `StagedSource`."""

    def __init__(
        self,
        inner: StatefulSourcePartition[tuple[str, V], Any],
        build: Callable[[Any | None], Stage[V, R]],
        states: Mapping[str, Any],
    ) -> None:
        self._inner = inner
        self._build = build
        self._stages = {key: build(state) for key, state in states.items()}

    def next_batch(self) -> list[tuple[str, R]]:
        """Return what the stages make of the next batch of the source."""
        out: list[tuple[str, R]] = []
        for key, items in groupby(self._inner.next_batch(), itemgetter(0)):
            stage = self._stages.get(key)
            if stage is None:
                stage = self._stages[key] = self._build(None)
            out += [(key, each) for each in stage.on_batch([value for _, value in items])]
        return out

    def next_awake(self) -> datetime | None:
        """Ask again when the source wants to be asked."""
        return self._inner.next_awake()

    def snapshot(self) -> StagedState:
        """Return where the source goes on, and the stages' states as of there."""
        states = {key: stage.snapshot() for key, stage in self._stages.items()}
        return STATE_VERSION, self._inner.snapshot(), states

    def close(self) -> None:
        """Close the source."""
        self._inner.close()


class StagedSource(FixedPartitionedSource[tuple[str, R], StagedState], Generic[V, R]):
    """
    Run a stateful stage where its input is read.

    A keyed operator behind a source sends every batch to the worker its key hashes to, half of
    them through a socket, pickled, when there are two; and which worker that is does not spread
    eight keys evenly. Here a partition is read, processed and written by one worker, so workers
    share nothing and a slow stage holds back its own reading. A key must not occur in two
    partitions of the source.

    Delivery: as the source's. Position and state are one snapshot, so after a restart the stage
    goes on exactly where the source does; what was emitted since is emitted again.

    Parameters
    ----------
    source : FixedPartitionedSource
        Emits (key, item); what a stage makes of it comes out under the same key.
    build : Callable
        Makes a key's stage, from its last snapshot or from nothing.

    Raises
    ------
    MisconfiguredConnector
        The resume state is of another shape.
    """

    def __init__(
        self,
        source: FixedPartitionedSource[tuple[str, V], Any],
        build: Callable[[Any | None], Stage[V, R]],
    ) -> None:
        self._source = source
        self._build = build

    def list_parts(self) -> list[str]:
        """Return the partitions of the source."""
        return self._source.list_parts()

    def build_part(
        self, step_id: str, for_part: str, resume_state: StagedState | None
    ) -> StagedPartition[V, R]:
        """Build or resume one partition with its stages."""
        version, position, states = resume_state or (STATE_VERSION, None, {})
        if version != STATE_VERSION:
            msg = (
                f"resume state has version {version}, expected {STATE_VERSION}; start without the "
                "recovery store once (COMPUTE_CONSUMER_RESET=true)"
            )
            raise MisconfiguredConnector(msg)
        inner = self._source.build_part(step_id, for_part, position)
        return StagedPartition(inner, self._build, states)
