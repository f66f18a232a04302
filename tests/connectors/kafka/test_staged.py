"""Stages fused to their source: one snapshot of both, on any number of workers."""

import pickle
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import AbortExecution
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition
from bytewax.testing import TestingSink

from connectors.errors import MisconfiguredConnector
from connectors.kafka.staged import STATE_VERSION
from connectors.kafka.staged import StagedSource
from connectors.kafka.staged import StagedState
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store

Item = tuple[str, int]
Script = Mapping[str, Sequence[Sequence[Item]]]
# After how many batches a partition halts, and how: a crash of the worker, or the flow's stop.
Halt = tuple[int, type[Exception]]
AWAKE = datetime(2025, 5, 23, tzinfo=UTC)
BATCHES = 12


class Part(StatefulSourcePartition[Item, int]):
    """One partition's batches, in order; its position is how many were handed out."""

    def __init__(self, batches: Sequence[Sequence[Item]], position: int, halt: Halt | None) -> None:
        self._batches = batches
        self._halt_at, self._halt = halt or (len(batches), StopIteration)
        self.position = position
        self.is_closed = False

    def next_batch(self) -> list[Item]:
        if self.position == self._halt_at:
            raise self._halt
        self.position += 1
        return list(self._batches[self.position - 1])

    def next_awake(self) -> datetime | None:
        return AWAKE if self.position == len(self._batches) else None

    def snapshot(self) -> int:
        return self.position

    def close(self) -> None:
        self.is_closed = True


class Scripted(FixedPartitionedSource[Item, int]):
    """Partitions by name; some halt before their end."""

    def __init__(self, script: Script, halts: Mapping[str, Halt] | None = None) -> None:
        self._script = script
        self._halts = halts or {}
        self.built: dict[str, Part] = {}

    def list_parts(self) -> list[str]:
        return list(self._script)

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Part:
        del step_id
        part = Part(self._script[for_part], resume_state or 0, self._halts.get(for_part))
        self.built[for_part] = part
        return part


class RunningTotal:
    """Emits the total after every second item of its key."""

    def __init__(self, state: tuple[int, int] | None) -> None:
        self._count, self._total = state or (0, 0)

    def on_batch(self, values: Sequence[int]) -> list[int]:
        out = []
        for value in values:
            self._count += 1
            self._total += value
            if self._count % 2 == 0:
                out.append(self._total)
        return out

    def snapshot(self) -> tuple[int, int]:
        return self._count, self._total


def staged(source: Scripted) -> StagedSource[int, int]:
    return StagedSource(source, RunningTotal)


def script() -> Script:
    """Return five partitions, the last of two keys, batches of none to three items."""
    found: dict[str, list[list[Item]]] = {}
    for number in range(5):
        keys = [f"key{number}"] if number < 4 else ["key4", "key5"]
        found[f"part{number}"] = [
            [(keys[(at + i) % len(keys)], 100 * number + 10 * at + i) for i in range(at % 4)]
            for at in range(BATCHES)
        ]
    return found


def totals(parts: Script) -> dict[str, list[int]]:
    """Return what every key's stage emits over its whole input."""
    stages: dict[str, RunningTotal] = {}
    found: dict[str, list[int]] = {}
    for batches in parts.values():
        for key, value in [item for batch in batches for item in batch]:
            stage = stages.setdefault(key, RunningTotal(None))
            found.setdefault(key, []).extend(stage.on_batch([value]))
    return found


def by_key(out: Sequence[Item]) -> dict[str, list[int]]:
    return {key: [value for name, value in out if name == key] for key in totals(script())}


def dataflow(source: Scripted, out: list[Item]) -> Dataflow:
    flow = Dataflow("staged")
    op.output("out", op.input("in", flow, staged(source)), TestingSink(out))
    return flow


def through_a_store(state: StagedState) -> StagedState:
    stored: StagedState = pickle.loads(pickle.dumps(state))  # noqa: S301 - as Bytewax stores it
    return stored


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
def test_every_key_is_staged_in_order_on_any_number_of_workers(entry_point: EntryPoint) -> None:
    out: list[Item] = []
    source = Scripted(script())

    entry_point(dataflow(source, out))

    assert by_key(out) == totals(script())
    assert all(part.is_closed for part in source.built.values())


@pytest.mark.parametrize("then", [on_main, on_two_workers])
@pytest.mark.parametrize("abort_at", [4, 7, BATCHES - 1])
def test_broken_run_goes_on_with_any_number_of_workers(
    tmp_path: Path, then: EntryPoint, abort_at: int
) -> None:
    whole = totals(script())
    recovery = recovery_store(tmp_path)
    before: list[Item] = []
    after: list[Item] = []
    every_batch = timedelta(0)

    broken = dataflow(Scripted(script(), {"part4": (abort_at, AbortExecution)}), before)
    on_main(broken, epoch_interval=every_batch, recovery_config=recovery)
    then(dataflow(Scripted(script()), after), epoch_interval=every_batch, recovery_config=recovery)

    assert max(len(before), len(after)) < sum(map(len, whole.values()))
    for key, expected in whole.items():
        early, late = by_key(before)[key], by_key(after)[key]
        assert early == expected[: len(early)]
        assert late == expected[len(expected) - len(late) :]
        assert len(early) + len(late) >= len(expected)


@pytest.mark.parametrize(("first", "then"), [(on_two_workers, on_main), (on_main, on_two_workers)])
def test_stopped_run_goes_on_with_another_number_of_workers_and_repeats_nothing(
    tmp_path: Path, first: EntryPoint, then: EntryPoint
) -> None:
    recovery = recovery_store(tmp_path)
    before: list[Item] = []
    after: list[Item] = []
    stops = {name: (at + 3, StopIteration) for at, name in enumerate(script())}

    first(dataflow(Scripted(script(), stops), before), recovery_config=recovery)
    then(dataflow(Scripted(script()), after), recovery_config=recovery)

    assert before
    assert after
    assert by_key([*before, *after]) == totals(script())


@pytest.mark.parametrize("cut", range(BATCHES + 1))
def test_position_and_states_are_one_snapshot(cut: int) -> None:
    source = Scripted(script())
    part = staged(source).build_part("in", "part4", None)
    out = [item for _ in range(cut) for item in part.next_batch()]

    state = through_a_store(part.snapshot())
    part.next_batch() if cut < BATCHES else None
    resumed = staged(Scripted(script())).build_part("in", "part4", state)
    assert resumed.snapshot() == state
    out += [item for _ in range(cut, BATCHES) for item in resumed.next_batch()]

    expected = totals({"part4": script()["part4"]})
    assert {key: [value for name, value in out if name == key] for key in expected} == expected
    with pytest.raises(StopIteration):
        resumed.next_batch()


def test_source_says_when_to_ask_again_and_is_closed_with_its_stages() -> None:
    source = Scripted({"part0": [[("key0", 1)]]})
    part = staged(source).build_part("in", "part0", None)

    assert part.next_awake() is None
    assert part.next_batch() == []
    assert part.next_awake() == AWAKE
    part.close()
    assert source.built["part0"].is_closed


def test_partitions_are_those_of_the_source() -> None:
    assert staged(Scripted(script())).list_parts() == [f"part{number}" for number in range(5)]


def test_state_of_another_version_is_refused_with_what_to_do() -> None:
    source = Scripted(script())
    state = (STATE_VERSION + 1, 3, {"key0": (2, 7)})

    with pytest.raises(MisconfiguredConnector, match=f"version {STATE_VERSION + 1}, expected") as e:
        staged(source).build_part("in", "part0", state)

    assert "COMPUTE_CONSUMER_RESET=true" in str(e.value)
    assert source.built == {}
