"""Quote join: which option quote stood at a print, how good it is, where the price lies in it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.sides import place
from flows.options.config import QuoteConfig
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

TICK_E4: Final = 100
HISTORY_LENGTH: Final = 16
CHEAP_ASK_E4: Final = 1_000
NS_PER_MS: Final = 1e6
FRESH_MS: Final = 250.0
PRICE_LIMIT: Final = 1e9
NARROW_TICKS: Final = 4

MISSING_STATES: Final = frozenset({"none", "invalid", "crossed"})
TWO_SIDED_STATES: Final = frozenset({"normal", "wide", "locked"})
PRICED_STATES: Final = frozenset({"normal", "wide", "locked", "zero_bid"})

Grade = tuple[str, int, int, float | None, float | None, float | None]


class JoinedQuote(msgspec.Struct, frozen=True, gc=False):
    """
    The option quote a print is measured against.

    Parameters
    ----------
    source : str
        `attached`, `topic` or `none`.
    state : str
        `none invalid crossed no_ask zero_bid locked wide normal`.
    bid, ask : float | None
        $, as quoted.
    bid_size, ask_size : int | None
        Contracts.
    ts : int | None
        ns UTC; null when an attached quote carries no stamp.
    bid_venue, ask_venue, trace_id : str | None
        Venues, and the quote's id when it came from the topic.
    bid_e4, ask_e4 : int
        1/10,000 dollar, as placement sees them: the bid is 0 when its size is 0.
    mid, spread, spread_pct : float | None
        $, $, fraction of mid; null unless both sides can be compared.
    age_ms : float | None
        By the staleness basis in force; null is unknown and counts as fresh.
    is_stale : bool
        Older than the bound.
    """

    source: str
    state: str
    bid: float | None
    ask: float | None
    bid_size: int | None
    ask_size: int | None
    ts: int | None
    bid_venue: str | None
    ask_venue: str | None
    trace_id: str | None
    bid_e4: int
    ask_e4: int
    mid: float | None
    spread: float | None
    spread_pct: float | None
    age_ms: float | None
    is_stale: bool

    @property
    def is_weak_zero_bid(self) -> bool:
        """Whether nobody bids although the ask is above ten cents."""
        return self.state == "zero_bid" and self.ask_e4 > CHEAP_ASK_E4


NO_QUOTE: Final = JoinedQuote(
    "none", "none", None, None, None, None, None, None, None, None, 0, 0, None, None, None, None,
    False,
)  # fmt: skip


class QuoteHistory:
    """The newest quotes of one contract in order of `source_ts`, at most `HISTORY_LENGTH`."""

    __slots__ = ("quotes",)

    def __init__(self, quotes: Sequence[OptionsNbbo] = ()) -> None:
        self.quotes = list(quotes)

    def push(self, quote: OptionsNbbo) -> None:
        """Add a quote; one that arrives late goes where its stamp belongs."""
        quotes = self.quotes
        if not quotes or quotes[-1].source_ts <= quote.source_ts:
            quotes.append(quote)
        else:
            at = len(quotes)
            while at and quotes[at - 1].source_ts > quote.source_ts:
                at -= 1
            quotes.insert(at, quote)
        if len(quotes) > HISTORY_LENGTH:
            del quotes[0]

    def quote_at_or_before(self, ts: int) -> OptionsNbbo | None:
        """Return the newest quote with `source_ts` ≤ `ts` (ns), or null."""
        for quote in reversed(self.quotes):
            if quote.source_ts <= ts:
                return quote
        return None


def grade_quote(
    bid: float | None,
    ask: float | None,
    bid_size: int | None,
    ask_size: int | None,
    wide_spread_pct: float,
) -> Grade:
    """
    Grade a quote by the first test of the quote-state table that holds.

    Parameters
    ----------
    bid, ask : float | None
        $; a null side counts as no quote on that side.
    bid_size, ask_size : int | None
        Contracts; null is unknown and counts as present.
    wide_spread_pct : float
        Fraction of mid.

    Returns
    -------
    tuple
        State, bid and ask in 1/10,000 dollar, mid, spread, spread over mid.

    Notes
    -----
    Source: options flow specification, 3.1.
    """
    bid = 0.0 if bid is None else bid
    ask = 0.0 if ask is None else ask
    if not (0.0 <= bid < PRICE_LIMIT and 0.0 <= ask < PRICE_LIMIT):
        return "invalid", 0, 0, None, None, None
    bid_e4 = round(bid * 10_000)
    ask_e4 = round(ask * 10_000)
    if bid_e4 <= 0 and ask_e4 <= 0:
        return "invalid", 0, 0, None, None, None
    if bid_e4 > ask_e4 > 0:
        return "crossed", bid_e4, ask_e4, None, None, None
    if ask_e4 <= 0 or ask_size == 0:
        return "no_ask", bid_e4, ask_e4, None, None, None
    state = "normal"
    if bid_e4 == 0 or bid_size == 0:
        bid_e4 = 0
        state = "zero_bid"
    elif bid_e4 == ask_e4:
        state = "locked"
    total_e4 = ask_e4 + bid_e4
    spread_e4 = ask_e4 - bid_e4
    spread_pct = 2 * spread_e4 / total_e4
    if state == "normal" and spread_e4 > NARROW_TICKS * TICK_E4 and spread_pct > wide_spread_pct:
        state = "wide"
    return state, bid_e4, ask_e4, total_e4 / 20_000, spread_e4 / 10_000, spread_pct


def attached_quote(record: OptionsPrint, config: QuoteConfig) -> JoinedQuote | None:
    """
    Return the quote a print carries; null without one, or when its stamp is after the print's.

    Notes
    -----
    A quote stamped after the trade is ignored, never used with a negative age. Source: options
    flow specification, 3.1 and 13.
    """
    bid = record.nbbo_bid
    ask = record.nbbo_ask
    if bid is None and ask is None:
        return None
    ts = record.nbbo_ts
    age_ms = None
    if ts is not None:
        if ts > record.source_ts:
            return None
        age_ms = (record.source_ts - ts) / NS_PER_MS
    state, bid_e4, ask_e4, mid, spread, spread_pct = grade_quote(
        bid, ask, record.nbbo_bid_size, record.nbbo_ask_size, config.wide_spread_pct
    )
    return JoinedQuote(
        "attached", state, bid, ask, record.nbbo_bid_size, record.nbbo_ask_size, ts,
        record.nbbo_bid_venue, record.nbbo_ask_venue, None, bid_e4, ask_e4, mid, spread, spread_pct,
        age_ms, age_ms is not None and age_ms > config.max_age_ms,
    )  # fmt: skip


def topic_quote(
    quote: OptionsNbbo, at_ns: int, stream_ts: int | None, config: QuoteConfig
) -> JoinedQuote:
    """
    Return a quote of `options.nbbo` as it stood at a print.

    Parameters
    ----------
    quote : OptionsNbbo
        With `source_ts` ≤ `at_ns`.
    at_ns : int
        The print's `source_ts`.
    stream_ts : int | None
        Stamp of the newest quote of any contract of the underlying; used when the staleness basis
        is `stream` and the quote is no snapshot.
    config : QuoteConfig
        Bounds.
    """
    since = quote.source_ts
    if stream_ts is not None and config.staleness_basis == "stream" and quote.kind != "snapshot":
        since = min(max(stream_ts, since), at_ns)
    age_ms = (at_ns - since) / NS_PER_MS
    bid = quote.bid
    ask = quote.ask
    bid_size = quote.bid_size
    ask_size = quote.ask_size
    state, bid_e4, ask_e4, mid, spread, spread_pct = grade_quote(
        bid, ask, bid_size, ask_size, config.wide_spread_pct
    )
    return JoinedQuote(
        "topic", state, bid, ask, bid_size, ask_size, quote.source_ts, quote.bid_venue,
        quote.ask_venue, quote.trace_id, bid_e4, ask_e4, mid, spread, spread_pct, age_ms,
        age_ms > config.max_age_ms,
    )  # fmt: skip


class Placement:
    """
    Place prices in quotes, in integers of 1/10,000 dollar.

    Parameters
    ----------
    config : QuoteConfig
        The two thresholds.

    Notes
    -----
    No epsilon: a price at the mid is MID at every spread. Source: options flow specification, 3.2.
    """

    __slots__ = ("_buy_e4", "_sell_e4")

    def __init__(self, config: QuoteConfig) -> None:
        self._buy_e4 = round(config.side_buy_position * 10_000)
        self._sell_e4 = round(config.side_sell_position * 10_000)

    def geo_side(self, at_e4: int, quote: JoinedQuote) -> str | None:
        """
        Return `AA A MID B BB` whatever the quote's age, or null when the quote places nothing.

        Parameters
        ----------
        at_e4 : int
            Price in 1/10,000 dollar.
        quote : JoinedQuote
            Any state.
        """
        state = quote.state
        bid_e4 = quote.bid_e4
        ask_e4 = quote.ask_e4
        if state in MISSING_STATES:
            return None
        if state == "no_ask":
            if at_e4 < bid_e4:
                return "BB"
            return "B" if at_e4 == bid_e4 else None
        return place(at_e4, bid_e4, ask_e4, self._buy_e4, self._sell_e4)


def spread_position(at_e4: int, quote: JoinedQuote) -> float | None:
    """
    Return where a price lies between bid (0) and ask (1), outside [0, 1] when traded through.

    Notes
    -----
    Null for one-sided, locked, crossed and missing quotes: they have no "between".
    """
    if quote.state not in {"normal", "wide"}:
        return None
    return (at_e4 - quote.bid_e4) / (quote.ask_e4 - quote.bid_e4)


def join_quality(nbbo_side: str, quote: JoinedQuote, max_age_ms: float) -> float:
    """
    Return freshness × cleanliness of a joined quote, 0 to 1.

    Parameters
    ----------
    nbbo_side : str
        Placement, `MISSING` or `STALE`.
    quote : JoinedQuote
        The quote behind it.
    max_age_ms : float
        Bound of staleness.

    Notes
    -----
    A one-sided quote that still places a price has no spread and counts as the widest. Source:
    options flow specification, 3.1.
    """
    if nbbo_side == "MISSING":
        return 0.0
    freshness = 1.0
    age_ms = quote.age_ms
    if nbbo_side == "STALE":
        freshness = 0.2
    elif quote.source != "attached" and age_ms is not None and age_ms > FRESH_MS:
        freshness = 1.0 - 0.5 * (age_ms - FRESH_MS) / (max_age_ms - FRESH_MS)
    spread_pct = quote.spread_pct
    if spread_pct is None:
        return freshness * 0.3
    cleanliness = 1.0
    if spread_pct > 0.05:
        cleanliness = 0.3 if spread_pct > 0.25 else 1.0 - 0.6 * (spread_pct - 0.05) / 0.20
        if cleanliness < 0.8 and quote.ask_e4 - quote.bid_e4 <= NARROW_TICKS * TICK_E4:
            cleanliness = 0.8
    if quote.state == "locked":
        cleanliness *= 0.7
    elif quote.is_weak_zero_bid:
        cleanliness *= 0.5
    return freshness * cleanliness
