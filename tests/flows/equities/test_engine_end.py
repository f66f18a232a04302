"""An input that ended and goes on gives what one that did not end gives."""

import pytest

from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import FlowAlert
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import an_engine
from tests.flows.equities.events import as_record
from tests.flows.equities.events import busy_tape
from tests.flows.equities.events import run
from tests.flows.equities.events import sold

DAY_MS = 86_400_000
PRINTS = 120


def rows(made: list[object]) -> dict[str, object]:
    """Return the newest of every bar, minute and session profile without its bookkeeping."""
    found: dict[str, object] = {}
    for each in made:
        if isinstance(each, EquityCandle):
            prices = (each.open, each.high, each.low, each.close, each.vwap)
            found[each.trace_id] = (*prices, each.volume, each.trade_count, each.closed)
        elif isinstance(each, EquityOrderFlow) and each.interval_ms == 60_000:
            sides = (each.buy_volume, each.sell_volume, each.unknown_volume)
            found[each.trace_id] = (*sides, each.cumulative_delta_day)
        elif isinstance(each, EquityProfile) and each.window == "session":
            found[each.trace_id] = (each.volume, each.excluded_volume, each.poc, each.closed)
    return found


def in_parts(tape: list[Event], cut: int) -> list[object]:
    """Return what comes of a tape whose input ends at a place, and once more at its end."""
    engine = an_engine()
    made: list[object] = [*engine.process(tape[:cut]), *engine.finish()]
    engine = EquitiesEngine.restore(CONFIG, as_record, engine.snapshot())
    return [*made, *engine.process(tape[cut:]), *engine.finish()]


@pytest.mark.parametrize("cut", [1, 17, 60, 119, 120])
def test_a_day_in_two_inputs_is_the_day(cut: int) -> None:
    tape: list[Event] = [sold(n, n * 37_000, 100 + n % 7) for n in range(PRINTS)]
    assert rows(in_parts(tape, cut)) == rows(list(run(tape)))


@pytest.mark.parametrize("cut", [40, 90, 150])
@pytest.mark.parametrize("seed", [1, 4])
def test_volume_of_a_busy_day_in_two_inputs_is_the_days(seed: int, cut: int) -> None:
    tape = busy_tape(seed, 200)

    def volumes(made: list[object]) -> dict[str, float]:
        return {
            each.trace_id: each.volume
            for each in made
            if isinstance(each, EquityCandle) and each.interval_ms == 3_600_000
        }

    assert volumes(in_parts(tape, cut)) == volumes(list(run(tape)))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_days_may_come_in_any_order_when_each_is_an_input_of_its_own(
    order: tuple[int, int],
) -> None:
    days: list[list[Event]] = [
        [sold(n + 100 * day, day * DAY_MS + n * 1_000) for n in range(20)] for day in (0, 1)
    ]
    engine = an_engine()
    made: list[object] = []
    for day in order:
        made += [*engine.process(days[day]), *engine.finish()]

    hours = [each for each in made if isinstance(each, EquityCandle) and each.closed]
    assert sum(each.volume for each in hours if each.interval_ms == 3_600_000) == 4_000.0
    assert engine.counters["late_dropped"] == 0


def test_nothing_is_due_for_ever_after_the_end() -> None:
    engine = an_engine()
    engine.process(busy_tape(1, 200))
    engine.finish()
    assert not [each for each in engine.finish() if not isinstance(each, FlowAlert)]
