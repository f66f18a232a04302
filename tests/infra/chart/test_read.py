import pytest

from flows.common.sessions import day_bounds_ns
from infra.chart.read import ChartRequest
from infra.chart.read import chart_data
from infra.chart.read import parse_date
from infra.errors import MisconfiguredInfra
from infra.evidence import Row
from tests.infra.chart.days import BAR_NS
from tests.infra.chart.days import OPEN_NS
from tests.infra.chart.days import TRADE_DATE
from tests.infra.chart.days import Tables

DAYS: list[Row] = [
    {"source": "live", "day": "2025-05-25", "bars": 2},  # a Sunday evening
    {"source": "live", "day": "2025-05-22", "bars": 90},
    {"source": "file-test", "day": "2025-05-21", "bars": 78},
    {"source": "synthetic", "day": "2025-05-21", "bars": 5},
]


def bar_row(number: int, session: str = "rth") -> Row:
    start = OPEN_NS + number * BAR_NS
    return {
        "window_start": start, "window_end": start + BAR_NS, "session": session, "open": 100.0,
        "high": 101.0, "low": 99.0, "close": 100.5, "volume": 1_000.0,
        "off_exchange_volume": 300.0, "vwap": None, "trade_count": 7,
    }  # fmt: skip


def profile_row(key: str) -> Row:
    return {
        "trace_id": f"profile:file-test:XYZ:session:2025-05-21-{key}", "row_e4": 500,
        "first_row": 2_000, "buy": [1.0, 2.0], "sell": [0.0, 1.0], "unknown": [0.0, 0.0],
        "poc": 100.05, "vah": 100.05, "val": 100.05, "lvns": [],
    }  # fmt: skip


INFERENCE: Row = {
    "kind": "absorbed_block", "status": "confirmed", "window_start_ts": OPEN_NS,
    "window_end_ts": OPEN_NS + 1, "price": 100.0, "price_low": 99.9, "price_high": 100.1,
    "shares": 5_000.0,
}  # fmt: skip


def tables(**changes: list[Row]) -> Tables:
    rows: dict[str, list[Row]] = {
        "days": DAYS,
        "bars": [bar_row(-1, "pre"), bar_row(0)],
        "profiles": [profile_row("full"), profile_row("rth")],
        "inferences": [INFERENCE],
        "symbols": [{"underlying_id": "XYZ"}, {"underlying_id": "ABC"}],
    }
    return Tables({**rows, **changes})


def test_day_of_a_symbol_is_read() -> None:
    found = chart_data(tables(), ChartRequest("XYZ", trade_date=TRADE_DATE))

    assert (found.symbol, found.source, found.trade_date) == ("XYZ", "file-test", TRADE_DATE)
    assert [bar.session for bar in found.bars] == ["pre", "rth"]
    assert found.profile is not None
    assert found.profile.is_regular
    assert (found.profile.row, found.profile.first) == (0.05, 100.0)
    assert [each.shares for each in found.inferences] == [5_000.0]


def test_newest_session_and_its_fullest_feed_are_shown_without_a_date() -> None:
    store = tables()
    found = chart_data(store, ChartRequest("XYZ"))

    assert (found.source, found.trade_date) == ("live", TRADE_DATE + 1)
    asked = next(given for sql, given in store.asked if "off_exchange_volume" in sql)
    assert (asked["start"], asked["end"]) == day_bounds_ns(TRADE_DATE + 1)
    assert (asked["source"], asked["interval_ms"]) == ("live", 300_000)


def test_regular_hours_leave_the_rest_out() -> None:
    found = chart_data(tables(), ChartRequest("XYZ", "5m", TRADE_DATE, is_regular_only=True))

    assert [bar.session for bar in found.bars] == ["rth"]


def test_whole_day_profile_stands_in_for_the_regular_one() -> None:
    store = tables(profiles=[profile_row("full")])
    found = chart_data(store, ChartRequest("XYZ", trade_date=TRADE_DATE))

    assert found.profile is not None
    assert not found.profile.is_regular


def test_day_without_a_profile_has_none() -> None:
    emptied = {**profile_row("rth"), "buy": [], "sell": [], "unknown": []}

    for rows in ([], [emptied]):
        found = chart_data(tables(profiles=rows), ChartRequest("XYZ", trade_date=TRADE_DATE))
        assert found.profile is None


def test_unknown_symbol_names_those_there_are() -> None:
    with pytest.raises(MisconfiguredInfra, match="no bars of NOPE; there are some of XYZ, ABC"):
        chart_data(tables(days=[]), ChartRequest("NOPE"))


def test_empty_tables_say_so() -> None:
    with pytest.raises(MisconfiguredInfra, match="nor of any symbol"):
        chart_data(tables(days=[], symbols=[]), ChartRequest("NOPE"))


def test_length_there_are_no_bars_of_names_those_there_are() -> None:
    store = tables(days=[], lengths=[{"interval_ms": each} for each in (1_000, 60_000, 300_000)])

    with pytest.raises(MisconfiguredInfra, match="--interval takes 1m, 5m"):
        chart_data(store, ChartRequest("XYZ", "1h"))


def test_day_there_is_nothing_of_names_those_there_are() -> None:
    with pytest.raises(
        MisconfiguredInfra, match="no XYZ bars on 2025-05-20; there are some on 2025-05-22, 2025"
    ):
        chart_data(tables(), ChartRequest("XYZ", trade_date=TRADE_DATE - 1))


def test_day_with_extended_hours_alone_has_nothing_in_regular_ones() -> None:
    store = tables(bars=[bar_row(-1, "pre")])

    with pytest.raises(MisconfiguredInfra, match="no XYZ bars in regular hours on 2025-05-21"):
        chart_data(store, ChartRequest("XYZ", "5m", TRADE_DATE, is_regular_only=True))


def test_date_is_read() -> None:
    assert parse_date("2025-05-21") == TRADE_DATE


@pytest.mark.parametrize(
    ("text", "message"),
    [("soon", "'soon', expected a day"), ("2025-05-25", "on which the exchange is closed")],
)
def test_what_is_no_session_is_refused(text: str, message: str) -> None:
    with pytest.raises(MisconfiguredInfra, match=message):
        parse_date(text)
