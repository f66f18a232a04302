"""Panels of a session the real flows derived, against sums over its tape in plain Python."""

from collections import Counter
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

from api.evidence import panel_models
from benchmarks.market import START_NS
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityProfile
from schemas.records import OptionsNetPremium
from tests.api.evidence.chains import S
from tests.api.evidence.chains import made
from tests.api.evidence.desk import Desk

Row = dict[str, Any]
MINUTE_NS = 60 * S
END_NS = START_NS + 900 * S
# The session of the recording, whole: some of what it begins with is stamped a little earlier.
RANGE = {"start_ts": START_NS - 600 * S, "end_ts": END_NS}
TAPE = (
    "SELECT underlying_id, `right`, strike, toString(expiry) AS expiry, notional, aggressor_side, "
    "signal_class, late, reversed, eligible_volume, source_ts, size FROM options_tape FINAL"
)


@pytest.fixture(scope="module")
def tape(session_desk: Desk) -> list[Row]:
    """Return the prints that count to volume, read in whole."""
    rows = session_desk.rows(TAPE)
    return [row for row in rows if row["eligible_volume"] and not row["reversed"]]


def kind_of(row: Row) -> str:
    """Return what a print counts as."""
    if row["signal_class"] != "full" or row["late"] or row["aggressor_side"] == "unknown":
        return "excluded"
    return f"{'call' if row['right'] == 'C' else 'put'}_{row['aggressor_side']}"


def cents(row: Row) -> int:
    return round(float(row["notional"]) * 100)


def busiest(tape: list[Row]) -> str:
    ((name, _),) = Counter(row["underlying_id"] for row in tape).most_common(1)
    return str(name)


@pytest.mark.parametrize("minutes", [1, 5])
def test_net_premium_and_drift_are_sums_over_the_tape(
    session_desk: Desk, tape: list[Row], minutes: int
) -> None:
    of = busiest(tape)
    interval_ns = minutes * MINUTE_NS
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for row in tape:
        if row["underlying_id"] == of:
            window = row["source_ts"] // interval_ns * interval_ns
            sums[window][kind_of(row)] += cents(row)
            sums[window]["prints"] += 1

    response = session_desk.ask(
        "/flow/net-premium", underlying_id=of, interval_ms=minutes * 60_000, **RANGE
    )

    panel_models.NetPremium.model_validate_json(response.content)
    data = response.json()["data"]
    assert [int(each["window_start"]) for each in data] == sorted(sums)
    calls = puts = 0
    for each in data:
        own = sums[int(each["window_start"])]
        for name in ("call_buy", "call_sell", "put_buy", "put_sell", "excluded"):
            assert each[name] == pytest.approx(own[name] / 100)
        assert each["print_count"] == own["prints"]
        calls += own["call_buy"] - own["call_sell"]
        puts += own["put_buy"] - own["put_sell"]
        # The session began at 10:00 here, so its drift is the sum of all there is.
        assert each["call_drift"] == pytest.approx(calls / 100)
        assert each["put_drift"] == pytest.approx(puts / 100)
        assert each["call_net_premium"] == pytest.approx((own["call_buy"] - own["call_sell"]) / 100)
        gross = sum(own.values()) - own["prints"]
        assert each["excluded_share"] == pytest.approx(own["excluded"] / gross, abs=1e-6)


def test_drift_does_not_depend_on_where_the_series_begins(
    session_desk: Desk, tape: list[Row]
) -> None:
    of = busiest(tape)
    whole = session_desk.answer("/flow/net-premium", underlying_id=of, **RANGE)["data"]
    begin = int(whole[1]["window_start"])

    part = session_desk.answer(
        "/flow/net-premium", underlying_id=of, start_ts=begin, end_ts=END_NS
    )["data"]

    assert part == whole[1:]


def a_bucket(at: int, revision: int = 0, **changes: Any) -> OptionsNetPremium:  # noqa: ANN401 - fields
    fields: dict[str, Any] = {
        "underlying_id": "XYZ", "scope": "underlying", "window_start": at, "interval_ms": 60_000,
        "trade_date": 20_412, "revision": revision, "call_buy": 100.0, "call_sell": 40.0,
        "put_buy": 30.0, "put_sell": 10.0, "excluded": 20.0, **changes,
    }  # fmt: skip
    return made(OptionsNetPremium, at + MINUTE_NS, f"np:XYZ:{at}", **fields)


def test_cancelled_premium_leaves_series_and_drift_by_revision(desk: Desk) -> None:
    early = START_NS - 45 * MINUTE_NS
    first, second = START_NS, START_NS + MINUTE_NS
    desk.insert([a_bucket(early), a_bucket(first), a_bucket(second)])
    desk.insert([a_bucket(first, 1, call_buy=40.0)])

    data = desk.answer(
        "/flow/net-premium", underlying_id="XYZ", start_ts=early, end_ts=second + MINUTE_NS
    )["data"]

    assert [each["call_net_premium"] for each in data] == [60.0, 0.0, 60.0]
    # 09:15 lies before the session: no drift yet, and none of it in what follows.
    assert [each["call_drift"] for each in data] == [None, 0.0, 60.0]
    assert [each["put_drift"] for each in data] == [None, 20.0, 40.0]


def test_grid_adds_the_tape_by_strike_and_expiry(session_desk: Desk, tape: list[Row]) -> None:
    of = busiest(tape)
    cells: dict[tuple[str, float], Counter[str]] = defaultdict(Counter)
    for row in tape:
        if row["underlying_id"] == of:
            cell = cells[row["expiry"], row["strike"]]
            cell[kind_of(row)] += cents(row)
            cell["prints"] += 1
            cell["size"] += row["size"]

    response = session_desk.ask("/flow/premium-grid", underlying_id=of, **RANGE)

    panel_models.PremiumGrid.model_validate_json(response.content)
    data = response.json()["data"]
    assert [(each["expiry"], each["strike"]) for each in data] == sorted(cells)
    for each in data:
        own = cells[each["expiry"], each["strike"]]
        net = own["call_buy"] - own["call_sell"] - own["put_buy"] + own["put_sell"]
        assert each["net_premium"] == pytest.approx(net / 100)
        assert each["excluded"] == pytest.approx(own["excluded"] / 100)
        assert (each["print_count"], each["size"]) == (own["prints"], own["size"])


def test_small_grid_keeps_the_largest_nets(session_desk: Desk, tape: list[Row]) -> None:
    of = busiest(tape)
    whole = session_desk.answer("/flow/premium-grid", underlying_id=of, **RANGE)["data"]

    part = session_desk.answer("/flow/premium-grid", underlying_id=of, limit=3, **RANGE)["data"]

    largest = sorted((abs(each["net_premium"]) for each in whole), reverse=True)[:3]
    assert sorted((abs(each["net_premium"]) for each in part), reverse=True) == largest


@pytest.mark.parametrize(
    ("by", "sql"),
    [
        (
            "profile",
            "SELECT start_ts AS at, ifNull(primary_profile_id, '') AS name, "
            "features.total_premium AS premium FROM flow_smart_money FINAL",
        ),
        (
            "abstention",
            "SELECT start_ts AS at, if(abstained, 'abstained', 'named') AS name, "
            "features.total_premium AS premium FROM flow_smart_money FINAL",
        ),
        (
            "severity",
            "SELECT first_ts AS at, severity AS name, total_premium AS premium "
            "FROM flow_alerts FINAL WHERE state != 'retracted'",
        ),
    ],
)
def test_mix_counts_newest_revisions_by_interval(session_desk: Desk, by: str, sql: str) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    premiums: dict[tuple[str, str], float] = defaultdict(float)
    for row in session_desk.rows(sql):
        key = str(row["at"] // MINUTE_NS * MINUTE_NS), row["name"]
        counts[key] += 1
        premiums[key] += row["premium"]

    response = session_desk.ask("/flow/mix", by=by, interval_ms=60_000, **RANGE)

    panel_models.Mix.model_validate_json(response.content)
    data = response.json()["data"]
    assert {(each["window_start"], each["name"]): each["events"] for each in data} == counts
    for each in data:
        key = each["window_start"], each["name"]
        assert each["premium"] == pytest.approx(premiums[key], abs=0.01)
    assert data


@pytest.mark.parametrize("row_e4", [100, 5000])
def test_off_exchange_levels_are_sums_over_the_joins(session_desk: Desk, row_e4: int) -> None:
    joins = session_desk.rows(
        "SELECT underlying_id, price, size, source_ts FROM equities_joins FINAL "
        "WHERE off_exchange_flag AND eligible_volume AND NOT cancelled"
    )
    ((of, _),) = Counter(row["underlying_id"] for row in joins).most_common(1)
    levels: dict[int, list[Row]] = defaultdict(list)
    for row in joins:
        if row["underlying_id"] == of:
            price_e4 = round(Decimal(str(row["price"])) * 10_000)
            levels[price_e4 // row_e4 * row_e4].append(row)
    total = sum(Fraction(str(row["size"])) for rows in levels.values() for row in rows)

    response = session_desk.ask(
        "/dark/levels", underlying_id=of, row_e4=row_e4, limit=1000, **RANGE
    )

    panel_models.DarkLevels.model_validate_json(response.content)
    data = response.json()["data"]
    assert [each["price"] for each in data] == [at / 10_000 for at in sorted(levels, reverse=True)]
    for each in data:
        rows = levels[round(each["price"] * 10_000)]
        volume = sum(Fraction(str(row["size"])) for row in rows)
        notional = sum(Fraction(str(row["size"])) * Fraction(str(row["price"])) for row in rows)
        assert each["volume"] == pytest.approx(float(volume))
        assert each["notional"] == pytest.approx(float(notional), abs=0.01)
        assert each["print_count"] == len(rows)
        assert each["share"] == pytest.approx(float(volume / total), abs=1e-6)
        assert each["first_ts"] == str(min(row["source_ts"] for row in rows))
        assert each["last_ts"] == str(max(row["source_ts"] for row in rows))


def test_cancelled_report_leaves_its_level(desk: Desk) -> None:
    def join(number: int, revision: int = 0, **changes: Any) -> EquityJoin:  # noqa: ANN401 - fields
        fields: dict[str, Any] = {
            "price": 10.0, "size": 100.0, "off_exchange_flag": True, "eligible_volume": True,
            "cancelled": False, "revision": revision, **changes,
        }  # fmt: skip
        return made(EquityJoin, START_NS + number * S, f"join:test:{number}", **fields)

    desk.insert([join(1), join(2, size=300.0), join(3, off_exchange_flag=False)])
    desk.insert([join(1, 1, cancelled=True)])

    data = desk.answer("/dark/levels", underlying_id="XYZ", **RANGE)["data"]

    assert [(each["volume"], each["print_count"], each["share"]) for each in data] == [
        (300.0, 1, 1.0)
    ]


def a_profile(name: str, window: str, at: int, **changes: Any) -> EquityProfile:  # noqa: ANN401 - fields
    fields: dict[str, Any] = {
        "window": window, "window_start": at - 3600 * S, "window_end": at, "revision": 0,
        "poc": 10.0, "lvns": (), **changes,
    }  # fmt: skip
    return made(EquityProfile, at, f"profile:test:XYZ:{window}:{name}", **fields)


def test_regular_session_stands_before_the_whole_day_and_new_dates_before_old(desk: Desk) -> None:
    day = 24 * 3600 * S
    desk.insert(
        [
            a_profile("2025-11-20-rth", "session", START_NS),
            a_profile("2025-11-20", "session", START_NS + 60 * S),
            a_profile("60-1", "rolling", START_NS + 120 * S),
        ]
    )

    def latest(window: str) -> str:
        response = desk.ask("/equities/profile", underlying_id="XYZ", window=window)
        panel_models.ProfileAnswer.model_validate_json(response.content)
        return str(response.json()["data"]["trace_id"])

    assert latest("session").endswith("2025-11-20-rth")
    assert latest("rolling").endswith("60-1")
    desk.insert([a_profile("2025-11-21", "session", START_NS + day)])
    assert latest("session").endswith("2025-11-21")
    gone = desk.ask("/equities/profile", underlying_id="XYZ", window="composite")
    assert gone.status_code == httpx.codes.NOT_FOUND


def test_low_volume_nodes_come_by_distance_to_the_last_price(desk: Desk) -> None:
    bar = made(
        EquityCandle, START_NS + 60 * S, "candle:test:XYZ:60000:1", interval_ms=60_000,
        window_start=START_NS, window_end=START_NS + 60 * S, close=10.5, revision=0,
    )  # fmt: skip
    old = a_profile("2025-11-19-rth", "session", START_NS - 20 * 3600 * S, lvns=(10.49,))
    desk.insert(
        [
            old,
            bar,
            a_profile("2025-11-20-rth", "session", START_NS, lvns=(9.0, 10.6)),
            a_profile("20", "composite", START_NS, lvns=(10.25, 20.0)),
        ]
    )

    response = desk.ask("/equities/lvn", underlying_id="XYZ")

    panel_models.LowVolumeNodes.model_validate_json(response.content)
    found = response.json()
    assert (found["price"], found["price_ts"]) == (10.5, str(START_NS + 60 * S))
    assert [(each["price"], each["window"], each["distance"]) for each in found["data"]] == [
        (10.6, "session", 0.1),
        (10.25, "composite", -0.25),
        (9.0, "session", -1.5),
        (20.0, "composite", 9.5),
    ]
    assert found["data"][0]["distance_bps"] == pytest.approx(95.2381)
    one = desk.answer("/equities/lvn", underlying_id="XYZ", window="composite")["data"]
    assert [each["price"] for each in one] == [10.25, 20.0]


def test_symbol_nobody_traded_has_empty_panels(desk: Desk) -> None:
    for path in ("/flow/net-premium", "/flow/premium-grid", "/dark/levels"):
        assert desk.answer(path, underlying_id="NONE", **RANGE)["data"] == []
    assert desk.answer("/equities/lvn", underlying_id="NONE") == {
        "underlying_id": "NONE", "price": None, "price_ts": None, "data": [],
    }  # fmt: skip
    assert desk.answer("/flow/scorecard", by="profile", **RANGE)["overall"] is None


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/flow/net-premium", {}, "underlying_id"),
        ("/flow/net-premium", {"underlying_id": "X", "interval_ms": 61_000}, "interval_ms"),
        ("/flow/net-premium", {"underlying_id": "X", "start_ts": "12"}, "start_ts"),
        ("/flow/premium-grid", {"underlying_id": "X", "limit": 0}, "limit"),
        ("/flow/mix", {"by": "moon"}, "by"),
        ("/flow/scorecard", {"by": "profile", "horizon": "30m"}, "horizon"),
        ("/dark/levels", {"underlying_id": "X", "row": 1}, "row"),
        ("/equities/profile", {"underlying_id": "X", "window": "year"}, "window"),
    ],
)
def test_wrong_parameter_is_named(
    session_desk: Desk, path: str, query: dict[str, object], field: str
) -> None:
    response = session_desk.ask(path, **query)

    assert response.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert response.json()["errors"][0]["field"] == field


def test_range_ends_after_it_begins_and_is_at_most_a_month(session_desk: Desk) -> None:
    for start, end in ((END_NS, START_NS), (START_NS - 40 * 86_400 * S, START_NS)):
        response = session_desk.ask("/flow/mix", by="severity", start_ts=start, end_ts=end)
        assert response.status_code == httpx.codes.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("path", ["/levels", "/levels/model", "/levels/XYZ", "/levels/XYZ/events"])
def test_levels_say_that_nothing_publishes_them_yet(session_desk: Desk, path: str) -> None:
    response = session_desk.ask(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert "nothing publishes" in response.json()["detail"]
