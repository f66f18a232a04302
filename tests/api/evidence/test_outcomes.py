"""What came of an alert, against a plain walk over bars and mids."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from api.evidence.outcomes import horizons_of
from schemas.records import EquityCandle
from schemas.records import FlowAlert
from schemas.records import OptionsTape
from tests.api.evidence.chains import S
from tests.api.evidence.chains import made
from tests.api.evidence.desk import Desk

MINUTE = 60 * S
OPEN = 1_763_649_000 * S  # Thursday 2025-11-20, 09:30 in New York
CLOSE = OPEN + 390 * MINUTE
NEXT_CLOSE = CLOSE + 24 * 60 * MINUTE
HALF_DAY = 1_764_340_200 * S  # Friday 2025-11-28, 09:30: it closes at 13:00


def an_alert(first_ts: int, **changes: Any) -> FlowAlert:  # noqa: ANN401 - fields
    name = f"al:{changes.get('underlying_id', 'XYZ')}:{first_ts}"
    fields: dict[str, Any] = {
        "alert_id": name,
        "revision": 0,
        "first_ts": first_ts,
        "direction": "bullish",
        "settlement": None,
        "evidence_refs": (),
        **changes,
    }
    return made(FlowAlert, first_ts + S, name, **fields)


def bar(start: int, first: float | None, last: float | None, /, **changes: Any) -> EquityCandle:  # noqa: ANN401 - fields
    fields: dict[str, Any] = {
        "interval_ms": 60_000, "window_start": start, "window_end": start + MINUTE, "closed": True,
        "open": first, "close": last, "revision": 0, **changes,
    }  # fmt: skip
    name = f"candle:test:{fields.get('underlying_id', 'XYZ')}:{start}"
    return made(EquityCandle, start + MINUTE, name, **fields)


def print_at(ts: int, mid: float | None, number: int = 0, **changes: Any) -> OptionsTape:  # noqa: ANN401 - fields
    fields: dict[str, Any] = {
        "underlying_mid": mid,
        "underlying_age_ms": None,
        "seq": number,
        "nbbo_trace_id": None,
        **changes,
    }
    return made(OptionsTape, ts, f"test:mid:{ts}:{number}", **fields)


def outcomes(desk: Desk, alert: FlowAlert) -> dict[str, dict[str, Any]]:
    found = desk.answer(f"/flow/alerts/{alert.alert_id}/outcomes")
    assert (found["alert_id"], found["first_ts"]) == (alert.alert_id, str(alert.first_ts))
    return {each["horizon"]: each for each in found["data"]}


@pytest.mark.parametrize(
    ("first_ns", "expected"),
    [
        (OPEN, {"5m": True, "30m": True, "close": True, "next_close": True}),
        (CLOSE - 6 * MINUTE, {"5m": True, "30m": False, "close": True, "next_close": True}),
        (CLOSE - MINUTE, {"5m": False, "30m": False, "close": True, "next_close": True}),
        (CLOSE + MINUTE, {"5m": True, "30m": True, "close": False, "next_close": True}),
    ],
)
def test_minutes_are_asked_within_the_session(first_ns: int, expected: dict[str, bool]) -> None:
    assert {each.name: each.is_reached for each in horizons_of(first_ns)} == expected


def test_closes_are_those_of_the_exchange_calendar() -> None:
    by_name = {each.name: each.target_ns for each in horizons_of(HALF_DAY + MINUTE)}

    assert by_name["close"] == HALF_DAY + 210 * MINUTE
    # Monday 2025-12-01, 16:00.
    assert by_name["next_close"] == HALF_DAY + (3 * 24 * 60 + 390) * MINUTE
    assert {each.name: each.target_ns for each in horizons_of(OPEN)}["next_close"] == NEXT_CLOSE


def test_return_runs_from_the_first_open_behind_to_the_last_close_before(desk: Desk) -> None:
    first = OPEN + 10 * MINUTE + 30 * S
    bearish = an_alert(first, direction="bearish")
    neutral = an_alert(first + 1, direction="neutral")
    bars = [bar(OPEN + n * MINUTE, 100.0 + n, 100.5 + n) for n in range(60)]
    late = [bar(CLOSE - 2 * MINUTE, 7.0, 110.0), bar(NEXT_CLOSE - 4 * MINUTE, 7.0, 90.0)]
    late.append(bar(NEXT_CLOSE, 7.0, 7.0))
    desk.insert([bearish, neutral, *bars, *late])

    found = outcomes(desk, bearish)

    # It begins with the open of minute 11; five minutes on, the last whole bar is minute 14.
    assert found["5m"]["entry_price"] == 111.0
    assert found["5m"]["exit_price"] == 114.5
    assert found["5m"]["bps"] == pytest.approx((114.5 / 111.0 - 1) * 1e4, abs=1e-5)
    assert found["30m"]["exit_price"] == 139.5
    assert found["close"]["exit_price"] == 110.0
    assert found["next_close"]["bps"] == pytest.approx((90.0 / 111.0 - 1) * 1e4, abs=1e-5)
    for each in found.values():
        assert (each["state"], each["basis"]) == ("known", "candles")
        assert each["signed_bps"] == -each["bps"]
    assert {each["signed_bps"] for each in outcomes(desk, neutral).values()} == {None}


@pytest.mark.parametrize("closed", [True, False])
def test_only_closed_bars_in_their_newest_revision_count(desk: Desk, closed: bool) -> None:
    alert = an_alert(OPEN)
    last = bar(OPEN + 4 * MINUTE, 100.0, 104.0)
    revised = bar(OPEN + 4 * MINUTE, 100.0, 103.0, revision=1, closed=closed)
    desk.insert([alert, bar(OPEN, 100.0, 100.0), bar(OPEN + 3 * MINUTE, 100.0, 102.0), last])
    desk.insert([revised, bar(OPEN + 9 * MINUTE, 1.0, 1.0)])

    found = outcomes(desk, alert)["5m"]

    # While the bar is being made again, the one before stands a minute away: near enough.
    assert found["exit_price"] == (103.0 if closed else 102.0)


def test_what_lies_ahead_is_pending_and_what_has_no_price_unknown(desk: Desk) -> None:
    alert = an_alert(OPEN)
    desk.insert([alert, *[bar(OPEN + n * MINUTE, 100.0, 100.0) for n in (0, 4, 5, 6, 7, 20)]])

    states = {name: each["state"] for name, each in outcomes(desk, alert).items()}

    assert states == {
        "5m": "known", "30m": "pending", "close": "pending", "next_close": "pending",
    }  # fmt: skip


def test_hole_in_the_prices_is_unknown_once_time_has_passed_it(desk: Desk) -> None:
    alert = an_alert(OPEN)
    desk.insert([alert, bar(OPEN, 100.0, 100.0), bar(OPEN + 40 * MINUTE, 100.0, 100.0)])

    found = outcomes(desk, alert)

    assert (found["5m"]["state"], found["30m"]["state"]) == ("unknown", "unknown")
    assert found["5m"]["bps"] is None


def test_symbol_without_bars_is_measured_by_what_prints_saw(desk: Desk) -> None:
    alert = an_alert(OPEN + 10 * S)
    prints = [
        print_at(OPEN + 9 * S, 1.0),
        print_at(OPEN + 12 * S, 50.0, 1),
        # The mid is three seconds older than the print: of the second before the target.
        print_at(OPEN + 312 * S, 51.0, 2, underlying_age_ms=3000.0),
        print_at(OPEN + 313 * S, 99.0, 3),
    ]
    desk.insert([alert, *prints])

    found = outcomes(desk, alert)["5m"]

    assert (found["basis"], found["entry_price"], found["exit_price"]) == ("tape", 50.0, 51.0)
    assert found["bps"] == pytest.approx(200.0)


def test_alert_that_is_not_there_has_no_outcomes(desk: Desk) -> None:
    response = desk.ask("/flow/alerts/al:none/outcomes")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def expected_outcome(
    points: list[tuple[int, float]], first_ns: int, target_ns: int, tolerance_ns: int, clock_ns: int
) -> tuple[str, float | None]:
    """Walk over mids, ascending, the way the specification words it."""
    if target_ns > max([clock_ns, *[at for at, _ in points]]):
        return "pending", None
    behind = [(at, price) for at, price in points if at >= first_ns]
    before = [(at, price) for at, price in points if at <= target_ns]
    if not behind or not before:
        return "unknown", None
    (entry_ts, entry), (exit_ts, leave) = behind[0], before[-1]
    near = entry_ts - first_ns <= 60 * S and target_ns - exit_ts <= tolerance_ns
    if exit_ts <= entry_ts or not near:
        return "unknown", None
    return "known", (leave / entry - 1) * 1e4


def test_mids_of_any_day_give_what_a_walk_over_them_gives(
    new_desk: Callable[[str], Desk],
) -> None:
    desk = new_desk(f"{__name__}:walk")
    rng = random.Random(5)  # noqa: S311 - a market, not a secret
    seconds = sorted(rng.sample(range(0, 390 * 60, 7), 900))
    points = [(OPEN + second * S, 100 + rng.random()) for second in seconds]
    firsts = [OPEN + rng.randrange(390 * 60) * S + rng.randrange(S) for _ in range(40)]
    alerts = [an_alert(first) for first in firsts]
    desk.insert([*alerts, *[print_at(at, mid) for at, mid in points]])
    clock_ns = max(alert.source_ts for alert in alerts)

    found = desk.answer("/evidence/batch", {"refs": [alert.alert_id for alert in alerts]})

    told = 0
    for alert in alerts:
        horizons = {each.name: each for each in horizons_of(alert.first_ts)}
        for each in found[alert.alert_id]["outcomes"]:
            horizon = horizons[each["horizon"]]
            state, bps = expected_outcome(
                points, alert.first_ts, horizon.target_ns, horizon.tolerance_ns, clock_ns
            )
            expected = state if horizon.is_reached else "unknown"
            assert each["state"] == expected, (alert.first_ts, each)
            if expected == "known":
                told += 1
                assert each["bps"] == pytest.approx(bps, abs=1e-5)
    assert told > 40
