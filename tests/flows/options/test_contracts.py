"""Contracts: symbols, ids, underlyings, settlement, sessions."""

from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.calendar import session_close_ns
from flows.options.contracts import INDEX_UNDERLYINGS
from flows.options.contracts import RejectedContract
from flows.options.contracts import contract_from_parts
from flows.options.contracts import contract_id
from flows.options.contracts import expiry_instant_ns
from flows.options.contracts import osi_symbol
from flows.options.contracts import parse_contract
from flows.options.contracts import session_before
from flows.options.contracts import trade_date_and_session
from flows.options.contracts import underlying_of
from flows.options.contracts import underlying_of_symbol
from flows.options.sessions import session_end_ns

EPOCH = date(1970, 1, 1)


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("SPY   251219C00650000", "SPY-2025-12-19-650-C"),
        ("SPY251219C00650000", "SPY-2025-12-19-650-C"),
        ("O:SPY251219C00650000", "SPY-2025-12-19-650-C"),
        (".SPY251219C00650000", "SPY-2025-12-19-650-C"),
        ("  SPY   251219C00650000 ", "SPY-2025-12-19-650-C"),
        ("SPY-2025-12-19-650-C", "SPY-2025-12-19-650-C"),
        ("SPY-2025-12-19-650.000-C", "SPY-2025-12-19-650-C"),
        ("XSP   260116P00612500", "XSP-2026-01-16-612.5-P"),
        ("SPXW  240621P05432125", "SPXW-2024-06-21-5432.125-P"),
        ("F     260116C00000500", "F-2026-01-16-0.5-C"),
        ("AAPL1 250221C00250000", "AAPL1-2025-02-21-250-C"),
        ("1SPX  260116P06000000", "1SPX-2026-01-16-6000-P"),
        ("ABCDEF260116P06000000", "ABCDEF-2026-01-16-6000-P"),
    ],
)
def test_symbol_is_read_in_every_accepted_form(symbol: str, expected: str) -> None:
    assert parse_contract(symbol).option_contract_id == expected


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "SPY",
        "251219C00650000",
        "SPY251319C00650000",
        "SPY250230C00650000",
        "SPY251219X00650000",
        "SPY251219C0065000",
        "SPY251219C0065000a",
        "SPY251219C00000000",
        "TOOLONG251219C00650000",
        "spy251219C00650000",
        "S-Y251219C00650000",
        "123251219C00650000",
        "SPY-2025-12-19-650-X",
        "SPY-2025-13-19-650-C",
        "SPY-25-12-19-650-C",
        "SPY-2025-12-19-650.0001-C",
        "SPY-2025-12-19--650-C",
        "SPY-2025-12-19-6.5.0-C",
        "SPY-2025-12-19-nan-C",
        "SPY-1889-12-19-650-C",
        "٣-2025-12-19-650-C",
        "SPY٢٥١٢١٩C٠٠٦٥٠٠٠٠",
    ],
)
def test_unreadable_symbol_is_rejected_with_the_symbol_in_the_message(symbol: str) -> None:
    with pytest.raises(RejectedContract, match="bad_symbol") as rejected:
        parse_contract(symbol)
    assert repr(symbol) in str(rejected.value)


@pytest.mark.parametrize(
    ("root", "underlying"),
    [
        ("SPXW", "SPX"),
        ("NDXP", "NDX"),
        ("RUTW", "RUT"),
        ("VIXW", "VIX"),
        ("XEO", "OEX"),
        ("BRKB", "BRK.B"),
        ("BFB", "BF.B"),
        ("AAPL", "AAPL"),
        ("AAPL1", "AAPL"),
        ("4AAPL", "AAPL"),
        ("2SPXW", "SPX"),
    ],
)
def test_root_gives_its_underlying(root: str, underlying: str) -> None:
    assert underlying_of(root) == underlying


def test_adjusted_and_flex_roots_are_flagged() -> None:
    plain, adjusted, flex = (
        parse_contract(f"{root:<6}260116C00250000") for root in ("AAPL", "AAPL1", "4AAPL")
    )
    assert (plain.adjusted, plain.flex) == (False, False)
    assert (adjusted.adjusted, adjusted.flex) == (True, False)
    assert (flex.adjusted, flex.flex) == (False, True)


@pytest.mark.parametrize("strike", [12.5, "12.500", "12.5", Decimal("12.50")])
@pytest.mark.parametrize("right", ["P", "p", "PUT", "Put"])
def test_parts_in_any_spelling_give_one_contract(strike: float | str | Decimal, right: str) -> None:
    contract = contract_from_parts("^VIX", days("2016-06-08"), strike, right)
    assert contract.option_contract_id == "VIX-2016-06-08-12.5-P"
    assert contract.strike == 12.5


@pytest.mark.parametrize(
    ("root", "expiry", "strike", "right"),
    [
        ("", 20000, 10.0, "C"),
        ("SPY", 20000, float("nan"), "C"),
        ("SPY", 20000, float("inf"), "C"),
        ("SPY", 20000, -5.0, "C"),
        ("SPY", 20000, 0.0, "C"),
        ("SPY", 20000, "abc", "C"),
        ("SPY", 20000, 1.23456, "C"),
        ("SPY", 20000, 10.0, "X"),
        ("SPY", 10**9, 10.0, "C"),
        ("SPY", -20000, 10.0, "C"),
    ],
)
def test_wrong_part_is_rejected(root: str, expiry: int, strike: float | str, right: str) -> None:
    with pytest.raises(RejectedContract, match="bad_symbol"):
        contract_from_parts(root, expiry, strike, right)


def test_share_class_loses_its_dot_in_the_root_only() -> None:
    contract = contract_from_parts("BRK.B", days("2026-01-16"), 500, "C")
    assert (contract.root, contract.underlying_id) == ("BRKB", "BRK.B")


@given(
    root=st.from_regex(r"[A-Z0-9]{0,5}[A-Z][A-Z0-9]{0,5}", fullmatch=True).filter(
        lambda root: len(root) <= 6
    ),
    expiry=st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)),
    strike_e3=st.integers(min_value=1, max_value=99_999_999),
    right=st.sampled_from("CP"),
)
def test_every_contract_survives_the_round_trip(
    root: str, expiry: date, strike_e3: int, right: str
) -> None:
    contract = contract_from_parts(root, (expiry - EPOCH).days, strike_e3 / 1000, right)
    assert parse_contract(contract.option_contract_id) == contract
    assert parse_contract(osi_symbol(contract)) == contract
    assert contract_id(root, contract.expiry, contract.strike, right) == contract.option_contract_id


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        contract = parse_contract(text)
    except RejectedContract:
        return
    assert parse_contract(contract.option_contract_id) == contract


@pytest.mark.parametrize(
    ("root", "expiry", "instant"),
    [
        ("SPX", "2025-12-19", "2025-12-19T09:30:00-05:00"),
        ("SPXW", "2025-12-19", "2025-12-19T16:00:00-05:00"),
        ("VIX", "2016-06-08", "2016-06-08T09:30:00-04:00"),
        ("VIXW", "2025-06-11", "2025-06-11T09:30:00-04:00"),
        ("SPY", "2025-06-20", "2025-06-20T16:00:00-04:00"),
        ("SPY", "2025-11-28", "2025-11-28T13:00:00-05:00"),
        ("AAPL", "2013-10-19", "2013-10-18T16:00:00-04:00"),
        ("SPX", "2013-10-19", "2013-10-18T09:30:00-04:00"),
        ("SPY", "2019-04-19", "2019-04-18T16:00:00-04:00"),
    ],
)
def test_expiry_instant_follows_settlement_style_and_calendar(
    root: str, expiry: str, instant: str
) -> None:
    assert expiry_instant_ns(root, days(expiry)) == ns(instant)


@pytest.mark.parametrize("root", ["SPX", "NDX", "RUT", "VIX", "VIXW"])
def test_standard_index_roots_settle_in_the_morning(root: str) -> None:
    assert expiry_instant_ns(root, days("2025-11-28")) == ns("2025-11-28T09:30:00-05:00")


@pytest.mark.parametrize("root", ["SPXW", "NDXP", "RUTW", "XSP", "DJX", "OEX", "XEO", "MRUT"])
def test_other_index_roots_settle_at_the_close_of_half_days_too(root: str) -> None:
    assert expiry_instant_ns(root, days("2025-11-28")) == ns("2025-11-28T13:00:00-05:00")


def test_settlement_of_a_definition_wins_over_the_root() -> None:
    friday = days("2025-12-19")

    assert expiry_instant_ns("SPX", friday, "pm") == expiry_instant_ns("SPXW", friday)
    assert expiry_instant_ns("XSP", friday, "am") == expiry_instant_ns("SPX", friday)


def test_index_underlyings_are_those_of_the_specification() -> None:
    assert sorted(INDEX_UNDERLYINGS) == ["DJX", "MRUT", "NDX", "OEX", "RUT", "SPX", "VIX", "XSP"]
    assert {underlying_of(f"{root}1") for root in INDEX_UNDERLYINGS} == INDEX_UNDERLYINGS


@pytest.mark.parametrize(
    ("symbol", "contract", "underlying", "adjusted", "flex"),
    [
        ("AAPL  140620C00490000", "AAPL-2014-06-20-490-C", "AAPL", False, False),
        ("AAPL  140620C00070710", "AAPL-2014-06-20-70.71-C", "AAPL", False, False),
        ("AAPL7 140620C00490000", "AAPL7-2014-06-20-490-C", "AAPL", True, False),
        ("BRKB1 260116P00400000", "BRKB1-2026-01-16-400-P", "BRK.B", True, False),
        ("4SPXW 260116P06000000", "4SPXW-2026-01-16-6000-P", "SPX", False, True),
        ("2AAPL1260116P00100000", "2AAPL1-2026-01-16-100-P", "AAPL", True, True),
    ],
)
def test_splits_adjustments_and_flex_keep_their_underlying(
    symbol: str, contract: str, underlying: str, adjusted: bool, flex: bool
) -> None:
    found = parse_contract(symbol)

    assert found.option_contract_id == contract
    assert (found.underlying_id, found.adjusted, found.flex) == (underlying, adjusted, flex)


@pytest.mark.parametrize(
    ("symbol", "underlying"),
    [("BRK.B", "BRK.B"), ("BF.B", "BF.B"), ("MOG.A", "MOGA"), ("^SPX", "SPX"), ("T-PC", "T-PC")],
)
def test_stock_symbol_gives_the_underlying_of_its_options(symbol: str, underlying: str) -> None:
    assert underlying_of_symbol(symbol) == underlying


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2025-03-04", "2025-03-03"),
        ("2025-03-03", "2025-02-28"),
        ("2025-03-01", "2025-02-28"),
        ("2025-07-07", "2025-07-03"),
        ("2025-12-26", "2025-12-24"),
        ("2025-01-10", "2025-01-08"),
    ],
)
def test_session_before_passes_over_closed_days(day: str, before: str) -> None:
    assert session_before(days(day)) == days(before)


@pytest.mark.parametrize(
    ("at", "root", "trade_date", "session"),
    [
        ("2025-12-19T09:29:59-05:00", "SPY", "2025-12-19", "closed"),
        ("2025-12-19T09:30:00-05:00", "SPY", "2025-12-19", "rth"),
        ("2025-12-19T15:59:59-05:00", "AAPL", "2025-12-19", "rth"),
        ("2025-12-19T16:00:00-05:00", "AAPL", "2025-12-19", "closed"),
        ("2025-12-19T16:14:59-05:00", "SPY", "2025-12-19", "rth"),
        ("2025-12-19T16:15:00-05:00", "SPX", "2025-12-19", "curb"),
        ("2025-12-19T17:00:00-05:00", "SPX", "2025-12-19", "closed"),
        ("2025-12-18T20:15:00-05:00", "SPX", "2025-12-19", "gth"),
        ("2025-12-18T20:15:00-05:00", "AAPL", "2025-12-19", "closed"),
        ("2025-12-19T03:00:00-05:00", "SPXW", "2025-12-19", "gth"),
        ("2025-12-21T20:15:00-05:00", "VIX", "2025-12-22", "gth"),
        ("2025-12-19T20:15:00-05:00", "VIX", "2025-12-22", "closed"),
        ("2025-12-20T12:00:00-05:00", "SPX", "2025-12-22", "closed"),
        ("2025-12-25T12:00:00-05:00", "SPY", "2025-12-26", "closed"),
        ("2025-11-28T12:59:59-05:00", "AAPL", "2025-11-28", "rth"),
        ("2025-11-28T13:00:00-05:00", "AAPL", "2025-11-28", "closed"),
        ("2025-11-28T13:10:00-05:00", "SPX", "2025-11-28", "rth"),
        ("2025-07-01T09:30:00-04:00", "SPY", "2025-07-01", "rth"),
        ("2016-06-01T16:14:52-04:00", "VIX", "2016-06-01", "rth"),
    ],
)
def test_event_belongs_to_its_session(at: str, root: str, trade_date: str, session: str) -> None:
    assert trade_date_and_session(ns(at), root) == (days(trade_date), session)


def test_closed_day_has_no_close_and_no_end() -> None:
    saturday = days("2025-12-20")
    assert session_close_ns(saturday) is None
    assert session_end_ns(saturday, "SPY") is None
    assert session_end_ns(days("2025-12-19"), "SPY") == ns("2025-12-19T16:15:00-05:00")


def test_calendar_does_not_depend_on_the_year_it_is_asked_in() -> None:
    assert session_close_ns(days("1991-01-02")) == ns("1991-01-02T16:00:00-05:00")
    christmas_2062 = datetime(2062, 12, 25, tzinfo=UTC).date()
    assert session_close_ns((christmas_2062 - EPOCH).days) is None
