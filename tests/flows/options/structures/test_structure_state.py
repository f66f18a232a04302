"""Structures survive a restart at any event, byte for byte."""

import random

import pytest

from flows.options.derived import Derived
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from schemas.records import OptionsPrint
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import printed
from tests.flows.options.structures.packages import ALL
from tests.flows.options.structures.packages import leg_print
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package

SPECS = [
    "+C130 -C140", "+C140 +P140", "+C150 -P130", "-P120 +P130 +C150 -C160", "+C140@far -C140",
    "+C130 -2C140 +C150", "+C140", "+C130 +C140 +C150",
]  # fmt: skip


def busy_tape(seed: int, bursts: int) -> list[Event]:
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    events: list[Event] = []
    at = 1.0
    for i in range(bursts):
        at += rng.choice([0.0, 3.0, 40.0, 101.0, 350.0, 900.0])
        kind = rng.random()
        if kind < 0.7:
            events += package(
                legs(rng.choice(SPECS)), rng.choice([5, 10, 50]),
                is_bought=rng.random() < 0.5, ms=at, code=rng.choice("IIffnj"),
                exchange=rng.choice("CN"), name=f"{i}",
            )  # fmt: skip
        elif kind < 0.85:
            leg = legs(f"+C{rng.choice([130, 135, 140, 145, 150])}")[0]
            events += leg_print(leg, 1.0, rng.choice([12, 33]), ms=at, code="I", name=f"{i}")
        else:
            sold = [event[0] for event in events if isinstance(event[0], OptionsPrint)]
            if sold:
                one = rng.choice(sold)
                events.append(
                    printed(at, one.price, one.size, "C", one.option_contract_id,
                            exchange=one.exchange, trace_id=f"c{i}")
                )  # fmt: skip
    return events


@pytest.mark.parametrize("seed", range(3))
def test_restored_engine_goes_on_as_if_never_stopped(seed: int) -> None:
    events = busy_tape(seed, 45)
    whole = OptionsEngine(ALL)
    expected: list[Derived] = []
    snapshots = []
    for event in events:
        snapshots.append((whole.snapshot(), len(expected)))
        expected += whole.process([event])
    expected += whole.finish()
    assert len({p.structure.type for p in only(expected, FlowPacket) if p.structure}) >= 4
    engine = OptionsEngine(ALL)
    derived: list[Derived] = []
    for event, (snapshot, count) in zip(events, snapshots, strict=True):
        state = engine.snapshot()
        assert state == snapshot
        assert len(derived) == count
        engine = OptionsEngine.restore(ALL, state)
        assert engine.snapshot() == state
        derived += engine.process([event])
    derived += engine.finish()
    assert derived == expected


@pytest.mark.parametrize("size", [2, 7, 1_000])
def test_batches_do_not_matter(size: int) -> None:
    events = busy_tape(9, 60)
    one = OptionsEngine(ALL)
    expected = [record for event in events for record in one.process([event])]
    expected += one.finish()
    engine = OptionsEngine(ALL)
    derived: list[Derived] = []
    for at in range(0, len(events), size):
        derived += engine.process(events[at : at + size])
    assert [*derived, *engine.finish()] == expected
