"""Symbols: the rail's heat by its formula, blocks that say their age, and search."""

from collections import defaultdict
from typing import Any

import pytest

from api.evidence import ticker_models
from api.evidence.tickers import basis_of
from api.evidence.tickers import session_of
from api.evidence.typed import Typed
from api.evidence.typed import parse_typed
from schemas.records import EquityCandle
from schemas.records import EquityProfile
from schemas.records import EquityState
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OptionsTape
from tests.api.evidence.chains import S
from tests.api.evidence.chains import made
from tests.api.evidence.desk import Desk

Row = dict[str, Any]
MINUTE = 60 * S
DAY = 24 * 3600 * S
OPEN = 1_763_649_000 * S  # Thursday 2025-11-20, 09:30 in New York
PRIOR_CLOSE = OPEN - DAY + 390 * MINUTE
HALF_LIFE_NS = 30 * MINUTE

TYPED = [
    ("nv", Typed("NV")),
    ("NVDA", Typed("NVDA")),
    ("BRK.B", Typed("BRK.B")),
    ("NVDA 500C 12/19", Typed("NVDA", 500.0, "C", 0, 12, 19)),
    ("nvda 12/19 500 put", Typed("NVDA", 500.0, "P", 0, 12, 19)),
    ("NVDA 12/19/25 $500 C", Typed("NVDA", 500.0, "C", 2025, 12, 19)),
    ("NVDA 2025-12-19", Typed("NVDA", 0.0, "", 2025, 12, 19)),
    ("NVDA 92.5", Typed("NVDA", 92.5)),
    ("NVDA calls", Typed("NVDA", 0.0, "C")),
    ("NVDA  251219C00500000", Typed("NVDA", 500.0, "C", 2025, 12, 19)),
    ("NVDA251219P00092500", Typed("NVDA", 92.5, "P", 2025, 12, 19)),
    ("NVDA-2025-12-19-92.5-P", Typed("NVDA", 92.5, "P", 2025, 12, 19)),
    ("", None),
    ("500", None),
    ("NVDA 500C 13/40", None),
    ("NVDA 500C 400C", None),
    ("NVDA; DROP TABLE", None),
    ("NVDA251301C00500000", None),
]


@pytest.mark.parametrize(("text", "meant"), TYPED)
def test_contract_is_read_in_every_way_it_is_written(text: str, meant: Typed | None) -> None:
    assert parse_typed(text) == meant


@pytest.fixture(scope="module")
def rail(session_desk: Desk) -> Row:
    response = session_desk.ask("/tickers")
    ticker_models.Rail.model_validate_json(response.content)
    found: Row = response.json()
    return found


def test_heat_is_the_sum_of_its_formula(session_desk: Desk, rail: Row) -> None:
    now = int(rail["as_of"])
    heats: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(symbol: str, part: str, worth: float, at: int) -> None:
        heats[symbol][part] += worth * 2 ** (-(now - at) / HALF_LIFE_NS)

    for row in session_desk.rows(
        "SELECT underlying_id, score, last_ts FROM flow_alerts FINAL WHERE state != 'retracted'"
    ):
        add(row["underlying_id"], "alert", 40 * row["score"] / 100, row["last_ts"])
    for row in session_desk.rows(
        "SELECT underlying_id, confidence.probability AS p, end_ts FROM flow_smart_money FINAL "
        "WHERE NOT abstained"
    ):
        add(row["underlying_id"], "profile", 25 * row["p"], row["end_ts"])
    packets: dict[str, list[Row]] = defaultdict(list)
    for row in session_desk.rows(
        "SELECT underlying_id, features.total_notional AS notional, end_ts FROM flow_packets "
        "FINAL WHERE packet_kind = 'contract'"
    ):
        packets[row["underlying_id"]].append(row)
    for symbol, rows in packets.items():
        for row in rows:
            less = sum(each["notional"] <= row["notional"] for each in rows)
            add(symbol, "packet", 20 * less / len(rows), row["end_ts"])

    data = rail["data"]
    assert len(data) == min(32, len(heats)) > 3
    totals = {symbol: sum(parts.values()) for symbol, parts in heats.items()}
    assert [each["symbol"] for each in data] == sorted(totals, key=lambda name: -totals[name])[:32]
    for each in data:
        parts = heats[each["symbol"]]
        assert each["heat"] == pytest.approx(totals[each["symbol"]], abs=1e-3)
        largest = sorted(parts.items(), key=lambda item: -item[1])[:3]
        assert [share["part"] for share in each["shares"]] == [name for name, _ in largest]
        for share, (_, worth) in zip(each["shares"], largest, strict=True):
            assert share["heat"] == pytest.approx(worth, abs=1e-3)
            assert share["share"] == pytest.approx(worth / totals[each["symbol"]], abs=1e-5)


def test_pinned_symbols_come_first_in_their_order(session_desk: Desk, rail: Row) -> None:
    names = [each["symbol"] for each in rail["data"]]
    pinned = [names[3], "NONE", names[1]]

    data = session_desk.answer("/tickers", watchlist=",".join(pinned), limit=5)["data"]

    rest = [name for name in names if name not in pinned][:2]
    assert [each["symbol"] for each in data] == [*pinned, *rest]
    assert [each["is_pinned"] for each in data] == [True, True, True, False, False]
    assert data[1]["heat"] == 0
    assert data[1]["last"] == {"as_of": None, "basis": "missing", "price": None, "source": None}


def day_bar(day: int, off: float, symbol: str = "XYZ") -> EquityCandle:
    """Return the one bar of a session `day` sessions before; all of them are weekdays."""
    start = OPEN - day * DAY
    return made(
        EquityCandle, start + MINUTE, f"candle:test:{symbol}:60000:{start}",
        underlying_id=symbol, interval_ms=60_000, window_start=start, window_end=start + MINUTE,
        closed=True, volume=100.0, off_exchange_volume=off, revision=0, close=10.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "today", "x"),
    [
        # Mean .40 and standard deviation .02 over the sessions before.
        ((1, 2, 3, 8, 9), 43.0, 0.5),
        ((1, 2, 3, 8, 9), 37.0, 0.5),
        ((1, 2, 3, 8, 9), 80.0, 1.0),
        ((1, 2, 3, 8), 80.0, None),
    ],
)
def test_off_exchange_share_far_from_its_mean_is_heat(
    desk: Desk, days: tuple[int, ...], today: float, x: float | None
) -> None:
    before = (38.0, 42.0, 40.0, 38.0, 42.0)
    bars = [day_bar(day, off) for day, off in zip(days, before[: len(days)], strict=True)]
    desk.insert([*bars, day_bar(0, today)])

    data = desk.answer("/tickers")["data"]

    if x is None:
        assert data == []
    else:
        assert [each["symbol"] for each in data] == ["XYZ"]
        (share,) = data[0]["shares"]
        assert share["part"] == "off_exchange"
        assert share["heat"] == pytest.approx(10 * x, abs=1e-3)


def test_summary_of_a_symbol_tells_what_each_block_rests_on(desk: Desk) -> None:
    def bar(start: int, close: float, **changes: Any) -> EquityCandle:  # noqa: ANN401 - fields
        fields: dict[str, Any] = {
            "interval_ms": 60_000, "window_start": start, "window_end": start + MINUTE,
            "closed": True, "revision": 0, "close": close, **changes,
        }  # fmt: skip
        return made(EquityCandle, start + MINUTE, f"candle:test:XYZ:60000:{start}", **fields)

    def print_of(number: int, right: str, size: int, **changes: Any) -> OptionsTape:  # noqa: ANN401 - fields
        fields: dict[str, Any] = {
            "right": right, "size": size, "trade_date": 20_412, "eligible_volume": True,
            "reversed": False, "nbbo_trace_id": None, "underlying_mid": None, **changes,
        }  # fmt: skip
        return made(OptionsTape, OPEN + number * S, f"test:t:{number}", **fields)

    last = OPEN + 2 * MINUTE
    desk.insert(
        [
            bar(PRIOR_CLOSE - MINUTE, 100.0),
            bar(OPEN, 101.0, high=103.0, low=99.0, vwap=101.0, volume=300.0,
                off_exchange_volume=60.0),
            bar(OPEN + MINUTE, 102.0, high=102.5, low=100.0, vwap=102.0, volume=100.0,
                off_exchange_volume=40.0),
            print_of(1, "C", 40), print_of(2, "P", 10), print_of(3, "P", 500, reversed=True),
            *[
                made(FlowAlert, OPEN + n * S, f"al:{n}", alert_id=f"al:{n}", state=state,
                     severity=severity, first_ts=OPEN + n * S, last_ts=OPEN + n * S, revision=0,
                     settlement=None)
                for n, state, severity in ((1, "open", "high"), (2, "updated", "low"),
                                           (3, "retracted", "high"))
            ],
            made(EquityProfile, OPEN, "profile:test:XYZ:session:2025-11-20-rth", window="session",
                 window_start=OPEN, window_end=OPEN + MINUTE, poc=101.0, vah=104.0, val=98.0,
                 lvns=(102.5,), hvns=(110.0,), revision=0),
            made(EquityState, OPEN, "state:test:XYZ:h:1", state="BALANCE", revision=0),
            made(MarketEvent, OPEN - DAY, "test:ev:1", event_id="earnings-XYZ", kind="earnings",
                 event_ts=OPEN + DAY),
            made(MarketEvent, OPEN - DAY, "test:ev:2", event_id="past-XYZ", kind="earnings",
                 event_ts=OPEN - DAY),
        ]
    )  # fmt: skip

    response = desk.ask("/tickers/xyz", as_of=last)

    ticker_models.TickerSummary.model_validate_json(response.content)
    found = response.json()
    assert (found["symbol"], found["trade_date"]) == ("XYZ", "2025-11-20")
    assert found["last"] == {
        "as_of": str(last), "basis": "stored", "price": 102.0, "source": "bars",
    }  # fmt: skip
    assert (found["prev_close"]["price"], found["prev_close"]["basis"]) == (100.0, "prior_close")
    assert found["change"]["change_pct"] == pytest.approx(2.0)
    session = found["session"]
    assert (session["high"], session["low"], session["volume"]) == (103.0, 99.0, 400.0)
    assert session["vwap"] == pytest.approx(101.25)
    assert session["off_exchange_share"] == pytest.approx(0.25)
    assert (found["put_call"]["put_size"], found["put_call"]["ratio"]) == (10.0, 0.25)
    alerts = found["alerts"]
    assert (alerts["count"], alerts["newest_id"], alerts["top_severity"]) == (2, "al:2", "high")
    assert [(each["kind"], each["price"]) for each in found["levels"]["data"]] == [
        ("lvn", 102.5), ("poc", 101.0), ("vah", 104.0),
    ]  # fmt: skip
    assert (found["value_area"]["vah"], found["market_state"]["state"]) == (104.0, "BALANCE")
    assert found["next_event"]["event_id"] == "earnings-XYZ"
    for name in ("premium", "packets", "profiles", "headlines"):
        assert (found[name]["basis"], found[name]["as_of"]) == ("missing", None)


def test_summary_of_the_past_sees_nothing_later(session_desk: Desk, rail: Row) -> None:
    symbol = rail["data"][0]["symbol"]
    at = int(rail["as_of"]) - 60 * S

    found = session_desk.answer(f"/tickers/{symbol}", as_of=at)

    blocks = [each for each in found.values() if isinstance(each, dict)]
    stamps = [int(each["as_of"]) for each in blocks if each["as_of"] is not None]
    assert stamps
    assert max(stamps) <= at + 60 * S
    for each in found["packets"]["data"]:
        assert int(each["end_ts"]) <= at


def test_top_packets_are_those_of_largest_premium(session_desk: Desk, rail: Row) -> None:
    symbol = rail["data"][0]["symbol"]
    rows = session_desk.rows(
        "SELECT underlying_id, id, features.total_premium AS premium FROM flow_packets FINAL "
        "WHERE packet_kind = 'contract'"
    )
    own = sorted((-row["premium"], row["id"]) for row in rows if row["underlying_id"] == symbol)

    found = session_desk.answer(f"/tickers/{symbol}")["packets"]["data"]

    assert [(-each["total_premium"], each["id"]) for each in found] == own[:3]


@pytest.mark.parametrize(
    ("as_of", "at", "wall", "basis"),
    [
        (OPEN, OPEN, OPEN + 30 * S, "live"),
        (OPEN, OPEN, OPEN + 90 * S, "stored"),
        (PRIOR_CLOSE, OPEN, OPEN + 90 * S, "prior_close"),
        # Sunday: the newest session is Friday's, and its data are its own.
        (OPEN + DAY, OPEN + 3 * DAY, OPEN + 3 * DAY, "stored"),
    ],
)
def test_basis_tells_how_old_a_block_is(as_of: int, at: int, wall: int, basis: str) -> None:
    assert basis_of(as_of, at, wall) == basis


def test_session_is_the_last_that_had_opened() -> None:
    assert session_of(OPEN).date == "2025-11-20"
    assert session_of(OPEN - 1).date == "2025-11-19"
    assert session_of(OPEN + 3 * DAY).date == "2025-11-21"


def test_search_finds_symbols_and_contracts(desk: Desk) -> None:
    def print_of(number: int, symbol: str, strike: float, right: str, size: int) -> OptionsTape:
        name = f"{symbol}-2025-12-19-{strike:g}-{right}"
        return made(
            OptionsTape, OPEN + number, f"test:s:{number}", underlying_id=symbol,
            option_contract_id=name, strike=strike, right=right, size=size, expiry=20_441,
            nbbo_trace_id=None,
        )  # fmt: skip

    desk.insert(
        [
            print_of(1, "NV", 10.0, "C", 1),
            print_of(2, "NVDA", 500.0, "C", 70),
            print_of(3, "NVDA", 500.0, "P", 20),
            print_of(4, "NVDA", 510.0, "C", 90),
            print_of(5, "NVAX", 5.0, "C", 500),
            # A packet of another table makes the clock, so that nothing has expired.
            made(FlowPacket, OPEN, "pk:x", id="pk:x"),
        ]
    )

    def found(q: str) -> list[str]:
        response = desk.ask("/tickers/search", q=q)
        ticker_models.SearchAnswer.model_validate_json(response.content)
        return [each["option_contract_id"] or each["symbol"] for each in response.json()["data"]]

    assert found("nv") == ["NV", "NVAX", "NVDA"]
    assert found("NVDA 500C 12/19") == ["NVDA-2025-12-19-500-C"]
    assert found("NVDA 500") == ["NVDA-2025-12-19-500-C", "NVDA-2025-12-19-500-P"]
    assert found("NVDA251219C00510000") == ["NVDA-2025-12-19-510-C"]
    assert found("NVDA-2025-12-19-500-P") == ["NVDA-2025-12-19-500-P"]
    assert found("NVDA 12/18") == []
    assert found("'; DROP") == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/tickers", {"limit": 33}, "limit"),
        ("/tickers", {"watch": "X"}, "watch"),
        ("/tickers/XYZ", {"as_of": "yesterday"}, "as_of"),
        ("/tickers/search", {}, "q"),
        ("/tickers/search", {"q": "X", "limit": 21}, "limit"),
    ],
)
def test_wrong_parameter_is_named(
    session_desk: Desk, path: str, query: dict[str, object], field: str
) -> None:
    response = session_desk.ask(path, **query)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def test_symbol_that_can_be_none_is_refused(session_desk: Desk) -> None:
    assert session_desk.ask("/tickers/NO%20SUCH").status_code == 422
