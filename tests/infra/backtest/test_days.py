"""Sessions of a backtest add up to what it says of all of them."""

import pytest

from flows.common.eastern import iso_date
from flows.options.forward_returns import HORIZONS
from infra.backtest.days import day_results
from infra.backtest.groups import group_results
from infra.backtest.measures import Measured
from infra.backtest.measures import measure
from infra.backtest.result_days import DayHorizon
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import market_of
from tests.infra.backtest.markets import sessions_from
from tests.infra.backtest.markets import walk

DAYS = sessions_from(SESSION, 3)
FIVE = HORIZONS.index("5m")


def alerts() -> list[Measured]:
    """Return alerts over three sessions, more of them each day, every third without a direction."""
    made = [
        decision(
            at(session, 20.0 + 7.3 * number),
            session,
            direction=("bullish", "bearish", "neutral")[number % 3],
        )
        for place, session in enumerate(DAYS)
        for number in range(6 + 6 * place)
    ]
    return measure(made, {"NVDA": market_of(walk(2, DAYS))})


def at_five(found: list[Measured]) -> list[DayHorizon]:
    return [day.horizons[FIVE] for day in day_results(found)]


def test_sessions_come_by_date_whatever_order_their_alerts_have() -> None:
    days = day_results(alerts()[::-1])
    assert [day.session for day in days] == [iso_date(day) for day in DAYS]
    assert [(day.alerts, day.directed) for day in days] == [(6, 4), (12, 8), (18, 12)]
    assert all([each.horizon for each in day.horizons] == list(HORIZONS) for day in days)


def test_sessions_add_up_to_all_alerts() -> None:
    measured = alerts()
    overall = group_results("options", measured, (), ("x",))[0].horizons[FIVE]
    days = at_five(measured)
    assert sum(each.known_n for each in days) == overall.known_n
    assert sum(each.hits for each in days) == overall.hits
    assert sum(each.base_n for each in days) == overall.base_n
    weighed = sum(each.base_n * (each.lift or 0.0) for each in days) / overall.base_n
    assert weighed == pytest.approx(overall.hit_lift.mean, abs=2e-6)
    moved = sum(each.known_n * (each.mean_bps or 0.0) for each in days) / overall.known_n
    assert moved == pytest.approx(overall.mean_bps, abs=2e-6)


def test_the_lift_of_a_session_is_hit_rate_less_base_rate() -> None:
    for each in at_five(alerts()):
        assert each.known_n == each.base_n > 0
        assert each.hit_rate == pytest.approx(each.hits / each.known_n, abs=1e-6)
        apart = (each.hit_rate or 0) - (each.base_hit_rate or 0)
        assert each.lift == pytest.approx(apart, abs=3e-6)


def test_what_a_session_does_not_know_is_null() -> None:
    neutral = measure([decision(at(SESSION, 30), direction="neutral")], {})
    (day,) = day_results(neutral)
    assert (day.alerts, day.directed) == (1, 0)
    (found,) = at_five(neutral)
    assert (found.known_n, found.hits, found.base_n) == (0, 0, 0)
    assert (found.hit_rate, found.mean_bps, found.base_hit_rate, found.lift) == (None,) * 4


def test_no_alerts_are_no_sessions() -> None:
    assert day_results([]) == ()
