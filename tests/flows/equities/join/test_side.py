"""Where a price lies, the tick rule, and the tag of the sub-penny part."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.join.quote import quote_of
from flows.equities.join.side import TickRule
from flows.equities.join.side import nbbo_side
from flows.equities.join.side import retail_proxy
from schemas.records.equities_quotes import EquityQuote
from tests.flows.equities.join.rows import DAY
from tests.flows.equities.join.rows import TEN_NS
from tests.flows.equities.join.rows import quote
from tests.flows.equities.join.rows import void

MAX_AGE_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("bid", "ask", "price_e4", "side"),
    [
        # equities specification, 17
        (10.00, 10.10, 100_800, "A"),
        (10.00, 10.10, 100_200, "B"),
        (10.00, 10.10, 100_500, "MID"),
        (10.00, 10.10, 101_100, "AA"),
        (10.00, 10.10, 99_900, "BB"),
        (10.00, 10.01, 100_050, "MID"),
        (10.00, 10.01, 100_085, "A"),
        (10.00, 10.00, 100_000, "MID"),
        # the edges of section 6
        (10.00, 10.10, 100_799, "MID"),
        (10.00, 10.10, 100_201, "MID"),
        (10.00, 10.10, 101_000, "A"),
        (10.00, 10.10, 100_000, "B"),
        (10.00, 10.00, 100_001, "AA"),
        (10.00, 10.00, 99_999, "BB"),
    ],
)
def test_golden_placements(bid: float, ask: float, price_e4: int, side: str) -> None:
    market = quote_of(quote(bid=bid, ask=ask), TEN_NS)
    assert nbbo_side(price_e4, market, 0, MAX_AGE_NS) == side


@pytest.mark.parametrize(
    ("record", "age_ns", "side"),
    [
        (None, 0, "MISSING"),
        (void(), 0, "MISSING"),
        (void(), MAX_AGE_NS + 1, "MISSING"),
        (quote(bid=None), 0, "MISSING"),
        (quote(ask=None), 0, "MISSING"),
        (quote(ask=0.0), 0, "MISSING"),
        (quote(bid=10.2, ask=10.1), 0, "MISSING"),
        (quote(bid=10.2, ask=10.1), MAX_AGE_NS + 1, "MISSING"),
        (quote(), MAX_AGE_NS, "MID"),
        (quote(), MAX_AGE_NS + 1, "STALE"),
    ],
)
def test_without_a_usable_quote_a_print_has_no_place(
    record: EquityQuote | None, age_ns: int, side: str
) -> None:
    market = None if record is None else quote_of(record, TEN_NS)
    assert nbbo_side(100_500, market, age_ns, MAX_AGE_NS) == side


@pytest.mark.parametrize(
    ("price", "tag"),
    [
        (10.0, None),
        (10.0001, "sell"),
        (10.0039, "sell"),
        (10.004, None),
        (10.005, None),
        (10.006, None),
        (10.0061, "buy"),
        (10.0099, "buy"),
        (10.00999, "buy"),
        (10.00001, "sell"),
        (1.0001, "sell"),
        (0.9999, None),
        (0.0001, None),
        (14.07, None),
        (1.1, None),
    ],
)
def test_sub_penny_part_points_one_way_or_none(price: float, tag: str | None) -> None:
    assert retail_proxy(price) == tag


@given(st.integers(100, 100_000_00))
def test_whole_cents_never_carry_the_tag(cents: int) -> None:
    assert retail_proxy(cents / 100) is None


def ticked(prices: list[int], rule: TickRule, first: int = 0) -> list[str]:
    found = []
    for number, at_e4 in enumerate(prices, first):
        found.append(rule.direction(DAY, TEN_NS + number, at_e4))
        rule.observe(DAY, TEN_NS + number, at_e4)
    return found


@pytest.mark.parametrize(
    ("prices", "directions"),
    [
        ([100], ["unknown"]),
        ([100, 100], ["unknown", "unknown"]),
        # golden tape of `tick_half`, without its halves
        ([100, 101, 101, 100], ["unknown", "buy", "buy", "sell"]),
        ([100, 99, 99, 99, 98, 99, 99], ["unknown", "sell", "sell", "sell", "sell", "buy", "buy"]),
    ],
)
def test_tick_rule_compares_with_the_last_different_price(
    prices: list[int], directions: list[str]
) -> None:
    assert ticked(prices, TickRule()) == directions


@given(st.lists(st.integers(98, 102), max_size=40))
def test_tick_rule_equals_a_look_back_over_all_prices(prices: list[int]) -> None:
    wanted = []
    for number, at_e4 in enumerate(prices):
        different = [before for before in prices[:number] if before != at_e4]
        direction = "unknown"
        if different:
            direction = "buy" if at_e4 > different[-1] else "sell"
        wanted.append(direction)
    assert ticked(prices, TickRule()) == wanted


@given(st.lists(st.integers(98, 102), max_size=40))
def test_mirrored_prices_swap_buy_and_sell(prices: list[int]) -> None:
    swap = {"buy": "sell", "sell": "buy", "unknown": "unknown"}
    mirrored = ticked([-at_e4 for at_e4 in prices], TickRule())
    assert mirrored == [swap[direction] for direction in ticked(prices, TickRule())]


def test_print_that_cannot_set_the_last_price_moves_nothing() -> None:
    rule = TickRule()
    rule.observe(DAY, TEN_NS, 100)
    assert rule.direction(DAY, TEN_NS + 1, 105) == "buy"
    assert rule.direction(DAY, TEN_NS + 2, 104) == "buy"


def test_next_trading_date_begins_without_a_price() -> None:
    rule = TickRule()
    rule.observe(DAY, TEN_NS, 100)
    assert rule.direction(DAY + 1, TEN_NS + 1, 101) == "unknown"


def test_late_print_of_the_date_before_is_compared_with_that_date() -> None:
    rule = TickRule()
    rule.observe(DAY, TEN_NS, 100)
    rule.observe(DAY + 1, TEN_NS + 10, 200)
    assert rule.direction(DAY, TEN_NS + 1, 101) == "buy"
    rule.observe(DAY + 2, TEN_NS + 20, 300)
    assert rule.direction(DAY, TEN_NS + 1, 101) == "unknown"
    assert rule.direction(DAY + 1, TEN_NS + 11, 199) == "sell"


def test_print_older_than_the_newest_price_is_unknown_and_moves_nothing() -> None:
    rule = TickRule()
    rule.observe(DAY, TEN_NS + 5, 100)
    assert rule.direction(DAY, TEN_NS + 4, 101) == "unknown"
    rule.observe(DAY, TEN_NS + 4, 90)
    assert rule.direction(DAY, TEN_NS + 6, 99) == "sell"


@given(st.lists(st.integers(98, 102), max_size=30), st.data())
def test_restored_tick_rule_continues(prices: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(prices)))
    whole = TickRule()
    wanted = ticked(prices, whole)
    first = TickRule()
    before = ticked(prices[:cut], first)
    state = msgspec.msgpack.encode(first.state())
    back = TickRule()
    back.load(msgspec.msgpack.decode(state, type=list[list[object]]))
    assert before + ticked(prices[cut:], back, cut) == wanted
    assert back.state() == whole.state()
