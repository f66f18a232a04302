import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.config import OptionsConfig
from flows.options.config import QuoteConfig
from flows.options.quotes import JoinedQuote
from flows.options.quotes import Placement
from flows.options.quotes import grade_quote
from flows.options.quotes import join_quality
from flows.options.quotes import spread_position
from flows.options.quotes import topic_quote
from schemas.records import OptionsNbbo
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows

CONFIG = QuoteConfig()
PLACEMENT = Placement(CONFIG)


def quote(
    bid: float, ask: float, age_ms: float = 0.0, *, bid_size: int = 5, ask_size: int = 5
) -> JoinedQuote:
    record, _ = nbbo(0, bid, ask, bid_size=bid_size, ask_size=ask_size)
    assert isinstance(record, OptionsNbbo)
    return topic_quote(record, at_ns(age_ms), None, CONFIG)


@pytest.mark.parametrize(
    ("bid", "ask", "bid_size", "ask_size", "state"),
    [
        (None, None, None, None, "invalid"),
        (math.nan, 1.0, 5, 5, "invalid"),
        (1.0, math.inf, 5, 5, "invalid"),
        (-0.01, 1.0, 5, 5, "invalid"),
        (0.0, 0.0, 5, 5, "invalid"),
        (1.10, 1.00, 5, 5, "crossed"),
        (1.10, 1.00, 0, 0, "crossed"),
        (1.00, 0.0, 5, 5, "no_ask"),
        (1.00, 1.10, 5, 0, "no_ask"),
        (0.0, 1.00, 5, 5, "zero_bid"),
        (0.90, 1.00, 0, 5, "zero_bid"),
        (1.00, 1.00, 5, 5, "locked"),
        (1.00, 1.20, 5, 5, "wide"),
        (0.02, 0.06, 5, 5, "normal"),  # four ticks are never wide
        (0.02, 0.07, 5, 5, "wide"),
        (1.00, 1.08, 5, 5, "normal"),
        (1.00, 1.00, None, None, "locked"),
    ],
)
def test_quote_state_is_the_first_test_that_holds(
    bid: float | None, ask: float | None, bid_size: int | None, ask_size: int | None, state: str
) -> None:
    assert grade_quote(bid, ask, bid_size, ask_size, 0.08)[0] == state


@given(st.integers(1, 50_000), st.integers(1, 200), st.sampled_from([100, 200, 50]))
def test_price_at_the_mid_is_mid_at_every_spread(bid: int, ticks: int, tick_e4: int) -> None:
    bid_e4 = 2 * bid * tick_e4
    ask_e4 = bid_e4 + ticks * 2 * tick_e4
    at_mid = (bid_e4 + ask_e4) // 2
    assert PLACEMENT.geo_side(at_mid, quote(bid_e4 / 1e4, ask_e4 / 1e4)) == "MID"


@pytest.mark.parametrize("ticks", range(1, 201))
def test_true_mid_is_never_a_side(ticks: int) -> None:
    # The reference called 96 % of true mids on 1-2 cent spreads "A".
    bid = 3.0
    ask = round(bid + ticks / 100, 2)
    assert PLACEMENT.geo_side(30_000 + ticks * 50, quote(bid, ask)) == "MID"


@pytest.mark.parametrize(
    ("price_e4", "side"),
    [
        (10_501, "AA"), (10_500, "A"), (10_400, "A"), (10_399, "MID"), (10_250, "MID"),
        (10_101, "MID"), (10_100, "B"), (10_000, "B"), (9_999, "BB"),
    ],
)  # fmt: skip
def test_placement_by_position(price_e4: int, side: str) -> None:
    assert PLACEMENT.geo_side(price_e4, quote(1.00, 1.05)) == side


@pytest.mark.parametrize(("ticks", "one_inside"), [(2, "MID"), (3, "MID"), (4, "MID"), (5, "A")])
def test_one_tick_inside_counts_from_five_ticks_on(ticks: int, one_inside: str) -> None:
    joined = quote(1.00, round(1.00 + ticks / 100, 2))
    assert PLACEMENT.geo_side(10_000 + (ticks - 1) * 100, joined) == one_inside


def test_one_sided_and_locked_quotes_place_what_they_can() -> None:
    no_ask = quote(1.00, 0.0)
    assert [PLACEMENT.geo_side(at, no_ask) for at in (9_900, 10_000, 10_100)] == ["BB", "B", None]
    locked = quote(1.00, 1.00)
    sides = [PLACEMENT.geo_side(at, locked) for at in (9_900, 10_000, 10_100)]
    assert sides == ["BB", "MID", "AA"]
    zero_bid = quote(0.50, 1.00, bid_size=0)
    assert [PLACEMENT.geo_side(at, zero_bid) for at in (5_000, 8_000, 2_000, 0)] == [
        "MID", "A", "B", "B",
    ]  # fmt: skip
    assert PLACEMENT.geo_side(10_500, quote(1.10, 1.00)) is None


def test_spread_position_exists_only_between_two_sides() -> None:
    assert spread_position(10_300, quote(1.00, 1.04)) == 0.75
    assert spread_position(10_500, quote(1.00, 1.04)) == 1.25
    for one_sided in (quote(1.0, 1.0), quote(0.0, 1.0), quote(1.0, 0.0), quote(1.1, 1.0)):
        assert spread_position(10_000, one_sided) is None


@pytest.mark.parametrize(
    ("side", "joined", "expected"),
    [
        ("MISSING", quote(1.1, 1.0), 0.0),
        ("STALE", quote(1.00, 1.01, 2_000), 0.2),
        ("A", quote(1.00, 1.01, 250), 1.0),
        ("A", quote(1.00, 1.01, 625), 0.75),
        ("A", quote(1.00, 1.01, 1_000), 0.5),
        ("A", quote(0.94, 1.06), 1 - 0.6 * 0.07 / 0.20),
        ("A", quote(0.80, 1.20), 0.3),
        ("A", quote(0.02, 0.05), 0.8),
        ("MID", quote(1.00, 1.00), 0.7),
        ("A", quote(0.0, 1.00), 0.15),
        ("A", quote(0.0, 0.04), 0.8),
        ("A", quote(0.0, 0.10), 0.3),
        ("B", quote(1.00, 0.0), 0.3),
    ],
)
def test_join_quality_is_freshness_times_cleanliness(
    side: str, joined: JoinedQuote, expected: float
) -> None:
    assert join_quality(side, joined, 1_000.0) == pytest.approx(expected, abs=1e-12)


def test_attached_quote_wins_over_the_topic_and_is_fresh_without_a_stamp() -> None:
    row = rows([nbbo(0, 1.0, 1.1), printed(1, 2.1, nbbo_bid=2.0, nbbo_ask=2.1)])[0]
    assert (row.nbbo_source, row.nbbo_side, row.nbbo_age_ms) == ("attached", "A", None)
    assert (row.nbbo_bid, row.nbbo_trace_id, row.join_quality) == (2.0, None, 1.0)


def test_quote_after_the_print_is_never_used() -> None:
    late = printed(5, 2.1, late=True)
    row = rows([nbbo(10, 2.0, 2.1), late])[0]
    assert (row.nbbo_side, row.nbbo_geo_side, row.quote_state) == ("MISSING", None, "none")
    row = rows([printed(5, 2.1, nbbo_bid=2.0, nbbo_ask=2.1, nbbo_ts=at_ns(6))])[0]
    assert row.nbbo_source == "none"


def test_quote_and_print_of_one_nanosecond_join() -> None:
    row = rows([nbbo(5, 2.0, 2.1), printed(5, 2.1)])[0]
    assert (row.nbbo_source, row.nbbo_side, row.nbbo_age_ms) == ("topic", "A", 0.0)
    assert (row.nbbo_bid, row.nbbo_ask, row.nbbo_ts) == (2.0, 2.1, at_ns(5))
    assert row.nbbo_trace_id == f"t:1:q:{CALL}:5"


def test_late_print_finds_the_quote_of_its_own_time_among_the_last_sixteen() -> None:
    quotes = [nbbo(10 * i, 1.0 + i / 10, 1.1 + i / 10) for i in range(20)]
    found = rows([*quotes, printed(55, 1.5, late=True)])[0]
    assert (found.nbbo_bid, found.late_arrival) == (1.5, True)
    too_old = rows([*quotes, printed(35, 1.5, late=True)])[0]
    assert too_old.nbbo_side == "MISSING"


def test_late_quote_takes_its_place_in_time() -> None:
    late_quote = (nbbo(4, 9.0, 9.1)[0], True)
    assert rows([nbbo(5, 2.0, 2.1), late_quote, printed(6, 2.1)])[0].nbbo_bid == 2.0


def test_stale_quote_keeps_its_geometry() -> None:
    row = rows([nbbo(0, 2.0, 2.1), printed(1_000, 2.1)])[0]
    assert (row.nbbo_side, row.nbbo_geo_side) == ("A", "A")
    row = rows([nbbo(0, 2.0, 2.1), printed(1_000.001, 2.1)])[0]
    assert (row.nbbo_side, row.nbbo_geo_side, row.join_quality) == ("STALE", "A", 0.2)
    assert row.iv_status == "stale_quote"


def test_stream_basis_takes_age_from_any_contract_of_the_underlying() -> None:
    config = OptionsConfig(quotes=QuoteConfig(staleness_basis="stream"))
    events = [nbbo(0, 2.0, 2.1), nbbo(4_900, 1.0, 1.1, PUT), printed(5_000, 2.1)]
    row = rows(events, config)[0]
    assert (row.nbbo_side, row.nbbo_age_ms) == ("A", 100.0)
    assert rows(events)[0].nbbo_side == "STALE"
    snapshot = [nbbo(0, 2.0, 2.1, kind="snapshot"), *events[1:]]
    assert rows(snapshot, config)[0].nbbo_age_ms == 5_000.0


def test_crossed_quote_is_missing_and_no_older_quote_is_dug_out() -> None:
    row = rows([nbbo(0, 2.0, 2.1), nbbo(1, 2.2, 2.1), printed(2, 2.1)])[0]
    assert (row.nbbo_side, row.quote_state, row.nbbo_mid) == ("MISSING", "crossed", None)
    assert row.condition_caveats == ("crossed_quote",)
    assert "caveat:crossed_quote" in row.signal_reasons


def test_price_outside_the_market_by_design_is_not_placed() -> None:
    row = rows([nbbo(0, 2.0, 2.1), printed(1, 9.0, code="t")])[0]
    assert (row.nbbo_side, row.nbbo_geo_side, row.aggressor_method) == (
        "MISSING", None, "ineligible",
    )  # fmt: skip
