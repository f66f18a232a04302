"""A print that is in the log twice counts once."""

import pytest

from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from schemas.records import EquityPrint
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import an_engine
from tests.flows.equities.events import as_record
from tests.flows.equities.events import busy_tape
from tests.flows.equities.events import run
from tests.flows.equities.events import sold


def is_trade(event: Event) -> bool:
    return isinstance(event, EquityPrint) and event.action == "trade"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prints_that_follow_themselves_count_once(seed: int) -> None:
    tape = busy_tape(seed, 200)
    twice = [again for event in tape for again in ([event, event] if is_trade(event) else [event])]
    assert len(twice) > len(tape)
    assert run(twice) == run(tape)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("behind", [1, 7, 60])
def test_prints_fetched_again_later_count_once(seed: int, behind: int) -> None:
    tape = busy_tape(seed, 200)
    twice: list[Event] = []
    for place, event in enumerate(tape):
        twice.append(event)
        if place % behind == behind - 1:
            twice += filter(is_trade, tape[place - behind + 1 : place + 1])
    assert run(twice) == run(tape)


def test_repeats_are_known_after_a_restart() -> None:
    engine = an_engine()
    tape: list[Event] = [sold(1, 10), sold(2, 20), sold(3, 20)]
    engine.process(tape)
    again = EquitiesEngine.restore(CONFIG, as_record, engine.snapshot())
    assert again.process(tape) == []
    assert again.counters["repeated"] == 3


def test_equal_prints_with_ids_of_their_own_are_two() -> None:
    engine = an_engine()
    engine.process([sold(1, 10), sold(2, 10)])
    assert engine.counters["repeated"] == 0
