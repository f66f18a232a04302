"""A print beside its quote: instant, side, direction, quality, and what must never happen."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.conditions import policy
from flows.equities.join.config import JoinConfig
from flows.equities.join.join import Joined
from flows.equities.join.join import join
from flows.equities.join.quotes import QuoteBook
from flows.equities.join.side import TickRule
from schemas.records.equities_prints import EquityPrint
from schemas.records.equities_quotes import EquityQuote
from tests.flows.equities.join.rows import DAY
from tests.flows.equities.join.rows import MS_NS
from tests.flows.equities.join.rows import SECOND_NS
from tests.flows.equities.join.rows import TEN_NS
from tests.flows.equities.join.rows import book_of
from tests.flows.equities.join.rows import decode
from tests.flows.equities.join.rows import encode
from tests.flows.equities.join.rows import quote
from tests.flows.equities.join.rows import trade
from tests.flows.equities.join.rows import trf
from tests.flows.equities.join.rows import void

CONFIG = JoinConfig()
CHANGE = JoinConfig(staleness_basis="change")


def joined(
    printed: EquityPrint,
    *quotes: EquityQuote,
    tick: TickRule | None = None,
    config: JoinConfig = CONFIG,
) -> Joined:
    update = policy(printed.conditions, printed.session)
    return join(printed, book_of(*quotes), tick or TickRule(), update, config)


def after_a_price_of(price_e4: int) -> TickRule:
    tick = TickRule()
    tick.observe(DAY, TEN_NS - 1, price_e4)
    return tick


@pytest.mark.parametrize(
    ("exec_ts", "join_ts"),
    [
        (None, TEN_NS),
        (TEN_NS, TEN_NS),
        (TEN_NS - 1, TEN_NS - 1),
        (TEN_NS - 10 * SECOND_NS, TEN_NS - 10 * SECOND_NS),
        (TEN_NS - 10 * SECOND_NS - 1, TEN_NS),
        (TEN_NS + 1, TEN_NS),
    ],
)
def test_quote_is_looked_up_at_the_execution_when_it_is_near(
    exec_ts: int | None, join_ts: int
) -> None:
    assert joined(trf(exec_ts=exec_ts)).join_ts == join_ts


def test_quote_between_execution_and_publication_is_not_used() -> None:
    found = joined(
        trf(exec_ts=TEN_NS - 500 * MS_NS),
        quote(trace_id="then", source_ts=TEN_NS - 600 * MS_NS),
        quote(trace_id="since", source_ts=TEN_NS - 400 * MS_NS),
    )
    assert found.quote is not None
    assert found.quote.trace_id == "then"
    assert found.quote_age_ms == 100.0


@pytest.mark.parametrize(
    ("price", "side", "is_lit", "direction", "rule"),
    [
        (10.11, "AA", True, "buy", "quote"),
        (10.08, "A", True, "buy", "quote"),
        (10.02, "B", True, "sell", "quote"),
        (9.99, "BB", True, "sell", "quote"),
        (10.05, "MID", True, "sell", "tick"),
        (10.11, "AA", False, "buy", "quote"),
        (10.08, "A", False, "buy", "quote"),
        (10.02, "B", False, "sell", "quote"),
        (9.99, "BB", False, "sell", "quote"),
        (10.05, "MID", False, "unknown", "none"),
    ],
)
def test_direction_by_side(
    price: float, side: str, is_lit: bool, direction: str, rule: str
) -> None:
    make = trade if is_lit else trf
    found = joined(make(price=price), quote(), tick=after_a_price_of(100_700))
    assert (found.nbbo_side, found.direction, found.direction_rule) == (side, direction, rule)


@pytest.mark.parametrize(
    ("quotes", "side"),
    [
        ((), "MISSING"),
        ((void(),), "MISSING"),
        ((quote(), void(source_ts=TEN_NS)), "MISSING"),
        ((quote(bid=10.2),), "MISSING"),
        ((quote(source_ts=TEN_NS - 1001 * MS_NS),), "STALE"),
    ],
)
@pytest.mark.parametrize(
    ("is_lit", "price", "direction", "rule"),
    [
        (True, 10.06, "buy", "tick"),
        (True, 10.04, "sell", "tick"),
        (True, 10.05, "unknown", "none"),
        (False, 10.06, "unknown", "none"),
        (False, 10.04, "unknown", "none"),
    ],
)
def test_without_a_usable_quote_only_lit_prints_have_a_direction(
    quotes: tuple[EquityQuote, ...],
    side: str,
    is_lit: bool,
    price: float,
    direction: str,
    rule: str,
) -> None:
    make = trade if is_lit else trf
    found = joined(make(price=price), *quotes, tick=after_a_price_of(100_500))
    assert (found.nbbo_side, found.direction, found.direction_rule) == (side, direction, rule)


@pytest.mark.parametrize("price", [10.11, 10.08, 10.05, 10.02, 9.99])
@pytest.mark.parametrize("condition", ["W", "B", "4", "6", "T"])
def test_print_that_may_carry_no_side_has_none(price: float, condition: str) -> None:
    printed = trade(price=price, conditions=(condition,))
    found = joined(printed, quote(), tick=after_a_price_of(100_500))
    assert (found.direction, found.direction_rule) == ("unknown", "none")
    assert found.nbbo_side in {"AA", "A", "MID", "B", "BB"}


@pytest.mark.parametrize(
    ("age_ms", "config", "side", "quality"),
    [
        (0, CONFIG, "MID", 1.0),
        (250, CONFIG, "MID", 1.0),
        (251, CONFIG, "MID", 0.9),
        (1000, CONFIG, "MID", 0.9),
        (1001, CONFIG, "STALE", 0.0),
        (1001, CHANGE, "MID", 0.7),
        (5000, CHANGE, "MID", 0.7),
        (5001, CHANGE, "MID", 0.5),
        (60_000, CHANGE, "MID", 0.5),
        (60_001, CHANGE, "STALE", 0.0),
        (5000, JoinConfig(quote_max_age_ms=5000), "MID", 0.7),
    ],
)
def test_age_decides_freshness_and_quality(
    age_ms: int, config: JoinConfig, side: str, quality: float
) -> None:
    narrow = quote(source_ts=TEN_NS - age_ms * MS_NS, bid=10.04, ask=10.06)
    found = joined(trade(), narrow, config=config)
    assert (found.nbbo_side, found.join_quality) == (side, quality)
    assert found.quote_age_ms == age_ms


NARROW = {"bid": 10.04, "ask": 10.06}


@pytest.mark.parametrize(
    ("printed", "market", "quality", "flags"),
    [
        (trade(), quote(**NARROW), 1.0, ()),
        (trade(), quote(**NARROW, scope="venue"), 0.8, ("venue_quote",)),
        (trf(), quote(**NARROW), 1.0, ()),
        (trf(exec_ts=None), quote(**NARROW), 0.8, ()),
        (trade(), quote(), 0.7, ("wide",)),
        (trf(exec_ts=None), quote(scope="venue"), 0.448, ("venue_quote", "wide")),
        (trade(), quote(bid=10.1), 1.0, ("locked",)),
        (trade(), quote(bid=10.2), 0.0, ("crossed",)),
        (trade(), quote(bid=10.2, scope="venue"), 0.0, ("crossed", "venue_quote")),
        (trade(), void(), 0.0, ()),
        (trade(), quote(bid=None), 0.0, ()),
        (trf(exec_ts=TEN_NS - 10_001 * MS_NS), quote(**NARROW), 1.0, ("late_report",)),
        (trf(exec_ts=TEN_NS - 10_000 * MS_NS), quote(**NARROW), 0.0, ()),
        (trf(exec_ts=TEN_NS - 10_001 * MS_NS), void(), 0.0, ("late_report",)),
    ],
)
def test_quality_and_its_flags(
    printed: EquityPrint, market: EquityQuote, quality: float, flags: tuple[str, ...]
) -> None:
    found = joined(printed, market)
    assert (found.join_quality, found.quality_flags) == (quality, flags)


@pytest.mark.parametrize(
    ("bid", "ask", "is_wide"),
    [
        (9.975, 10.025, False),  # 0.5 % of 10.00 exactly
        (9.975, 10.0251, True),
        (9.9749, 10.025, True),
    ],
)
def test_wide_is_above_half_a_percent_of_the_mid(bid: float, ask: float, is_wide: bool) -> None:
    found = joined(trade(), quote(bid=bid, ask=ask))
    assert (found.quality_flags == ("wide",)) == is_wide


@pytest.mark.parametrize(
    ("market", "mid", "spread", "spread_bps", "position"),
    [
        (quote(), 10.05, 0.1, 99.502488, 0.5),
        (quote(bid=10.05, ask=10.05), 10.05, 0.0, 0.0, None),
        (quote(bid=10.07, ask=10.1), 10.085, 0.03, 29.747149, -0.666667),
        (quote(bid=10.2), None, None, None, None),
        (quote(ask=None), None, None, None, None),
        (void(), None, None, None, None),
    ],
)
def test_numbers_between_the_sides_exist_only_where_there_is_a_between(
    market: EquityQuote,
    mid: float | None,
    spread: float | None,
    spread_bps: float | None,
    position: float | None,
) -> None:
    found = joined(trade(), market)
    assert (found.mid, found.spread, found.spread_bps) == (mid, spread, spread_bps)
    assert found.spread_position == position


def test_without_a_quote_nothing_is_said_of_it() -> None:
    found = joined(trade())
    assert found.quote is None
    assert (found.mid, found.spread, found.spread_bps) == (None, None, None)
    assert (found.spread_position, found.quote_age_ms) == (None, None)


@pytest.mark.parametrize(
    ("make", "tag"), [(trf, "sell"), (trade, None)], ids=["off_exchange", "lit"]
)
def test_only_off_exchange_prints_are_tagged_by_their_sub_penny_part(
    make: Any,  # noqa: ANN401 - makes prints
    tag: str | None,
) -> None:
    assert joined(make(price=10.0501), quote()).retail_proxy == tag


def test_the_tag_is_not_a_side() -> None:
    found = joined(trf(price=10.0501), quote())
    assert (found.nbbo_side, found.direction, found.retail_proxy) == ("MID", "unknown", "sell")


# Quotes around 10.00 in cents (None is no quote), and prints in hundredths of a cent.
SIDES_OF_QUOTES = st.one_of(st.none(), st.integers(995, 1005))
MARKETS = st.lists(st.tuples(SIDES_OF_QUOTES, SIDES_OF_QUOTES, st.integers(0, 40)), max_size=20)
PRINTS = st.lists(
    st.tuples(
        st.integers(99_400, 100_600),
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(-5, 40)),
        st.booleans(),
        st.sampled_from([(), ("F",), ("I",), ("W",), ("6",), ("Z",)]),
    ),
    max_size=20,
)


def joins_of(
    markets: list[tuple[int | None, int | None, int]],
    prints: list[tuple[int, int, int | None, bool, tuple[str, ...]]],
    restart: bool = False,
) -> list[Joined]:
    """Join prints whose stamps are in steps of 100 ms, quotes pushed before, in their order."""
    book, tick = QuoteBook(decode), TickRule()
    for bid, ask, step in sorted(markets, key=lambda market: market[2]):
        at_ns = TEN_NS + step * 100 * MS_NS
        record = quote(source_ts=at_ns, bid=_dollars(bid), ask=_dollars(ask))
        book.push(at_ns, encode(record))
    found = []
    for at_e4, step, lag, off_exchange, conditions in prints:
        source_ts = TEN_NS + step * 100 * MS_NS
        printed = trade(
            source_ts=source_ts,
            price=at_e4 / 10_000,
            exec_ts=None if lag is None else source_ts - lag * 100 * MS_NS,
            off_exchange_flag=off_exchange,
            conditions=conditions,
        )
        update = policy(conditions, "rth")
        found.append(join(printed, book, tick, update, CONFIG))
        if update.last == "yes":
            tick.observe(found[-1].trade_date, source_ts, found[-1].at_e4)
        if restart:
            book, tick = _restarted(book, tick)
    return found


def _dollars(cents: int | None) -> float | None:
    return None if cents is None else cents / 100


def _restarted(book: QuoteBook, tick: TickRule) -> tuple[QuoteBook, TickRule]:
    state = msgspec.msgpack.encode([book.state(), tick.state()])
    book_state, tick_state = msgspec.msgpack.decode(state)
    back, back_tick = QuoteBook(decode), TickRule()
    back.load(book_state)
    back_tick.load(tick_state)
    return back, back_tick


@given(MARKETS, PRINTS)
def test_quote_is_never_later_than_the_instant_it_was_looked_up(
    markets: list[Any], prints: list[Any]
) -> None:
    stamps = [TEN_NS + step * 100 * MS_NS for _, _, step in markets]
    for found in joins_of(markets, prints):
        before = [stamp for stamp in stamps if stamp <= found.join_ts]
        assert (found.quote and found.quote.ts) == max(before, default=None)


@given(MARKETS, PRINTS)
def test_mirrored_prints_and_quotes_swap_buy_and_sell(
    markets: list[Any], prints: list[Any]
) -> None:
    mirrored = joins_of(
        [(ask and 2000 - ask, bid and 2000 - bid, step) for bid, ask, step in markets],
        [(200_000 - at_e4, *rest) for at_e4, *rest in prints],
    )
    sides = {"AA": "BB", "A": "B", "B": "A", "BB": "AA"}
    directions = {"buy": "sell", "sell": "buy", "unknown": "unknown"}
    for found, other in zip(joins_of(markets, prints), mirrored, strict=True):
        assert other.nbbo_side == sides.get(found.nbbo_side, found.nbbo_side)
        assert other.direction == directions[found.direction]
        assert other.direction_rule == found.direction_rule
        # What is wide is relative to the price, so only the rest of the flags mirrors.
        assert set(other.quality_flags) ^ set(found.quality_flags) <= {"wide"}


@given(MARKETS, PRINTS)
def test_restart_at_any_print_changes_nothing(markets: list[Any], prints: list[Any]) -> None:
    assert joins_of(markets, prints, restart=True) == joins_of(markets, prints)
