"""A print beside the quote that stood when it was executed."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MS
from flows.common.conditions import Update
from flows.common.prices import decimals6
from flows.common.prices import price_e4
from flows.common.sessions import trade_date_and_segment
from flows.equities.join.config import JoinConfig
from flows.equities.join.quote import Quote
from flows.equities.join.quotes import QuoteBook
from flows.equities.join.side import MISSING
from flows.equities.join.side import NO_RULE
from flows.equities.join.side import QUOTE_RULE
from flows.equities.join.side import SIDE_DIRECTIONS
from flows.equities.join.side import STALE
from flows.equities.join.side import TICK_RULE
from flows.equities.join.side import TickRule
from flows.equities.join.side import nbbo_side
from flows.equities.join.side import retail_proxy
from flows.equities.observed import UNKNOWN
from schemas.records.equities_prints import EquityPrint

CROSSED: Final = "crossed"
LOCKED: Final = "locked"
VENUE_QUOTE: Final = "venue_quote"
LATE_REPORT: Final = "late_report"
WIDE: Final = "wide"
QUALITY_FLAGS: Final = (CROSSED, LOCKED, VENUE_QUOTE, LATE_REPORT, WIDE)

_CROSSED_BIT: Final = 1
_LOCKED_BIT: Final = 2
_VENUE_BIT: Final = 4
_LATE_BIT: Final = 8
_WIDE_BIT: Final = 16
_FLAGS_OF_BITS: Final = tuple(
    [
        tuple([flag for place, flag in enumerate(QUALITY_FLAGS) if bits >> place & 1])
        for bits in range(1 << len(QUALITY_FLAGS))
    ]
)

_QUALITY_BY_AGE: Final = (
    (250 * NS_PER_MS, 1.0),
    (1_000 * NS_PER_MS, 0.9),
    (5_000 * NS_PER_MS, 0.7),
    (60_000 * NS_PER_MS, 0.5),
)
_VENUE_FACTOR: Final = 0.8
_NO_EXEC_FACTOR: Final = 0.8
_WIDE_FACTOR: Final = 0.7


class Joined(msgspec.Struct, frozen=True, gc=False):
    """
    What the join decided about one print.

    Parameters
    ----------
    at_e4 : int
        Price of the print, 1/10,000 dollar.
    trade_date : int
        Of its `source_ts`, days since 1970-01-01.
    join_ts : int
        Instant at which the quote was looked up, ns UTC.
    quote : Quote | None
        The last one with a stamp not after `join_ts`; None when there is none. It may be a void,
        one-sided, crossed or stale.
    nbbo_side : str
        `AA A MID B BB MISSING STALE`.
    direction, direction_rule : str
        `buy`, `sell` or `unknown`; by `quote`, `tick` or `none`.
    retail_proxy : str | None
        `buy` or `sell` of an off-exchange price with a sub-penny part; a tag, never a side.
    join_quality : float
        0 to 1.
    quality_flags : tuple of str
        Of `crossed`, `locked`, `venue_quote`, `late_report`, `wide`, in this order.

    Notes
    -----
    What only a published record shows is worked out when it is asked for. Source: equities
    specification, 3 and 6.
    """

    at_e4: int
    trade_date: int
    join_ts: int
    quote: Quote | None
    nbbo_side: str
    direction: str
    direction_rule: str
    retail_proxy: str | None
    join_quality: float
    quality_flags: tuple[str, ...]

    @property
    def mid(self) -> float | None:
        """Return the mid in $; null unless the quote is two-sided."""
        return None if self.quote is None else self.quote.mid

    @property
    def spread(self) -> float | None:
        """Return ask minus bid in $; null unless the quote is two-sided."""
        spread_e4 = None if self.quote is None else self.quote.spread_e4
        return None if spread_e4 is None else spread_e4 / 10_000

    @property
    def spread_bps(self) -> float | None:
        """Return the spread in 1/10,000 of the mid; null unless the quote is two-sided."""
        quote = self.quote
        if quote is None or not quote.is_two_sided:
            return None
        return decimals6(20_000 * (quote.ask_e4 - quote.bid_e4) / quote.mid2_e4)

    @property
    def spread_position(self) -> float | None:
        """Return 0 at the bid, 1 at the ask; null unless the ask is above the bid."""
        quote = self.quote
        if quote is None or not quote.is_two_sided or quote.ask_e4 == quote.bid_e4:
            return None
        return round((self.at_e4 - quote.bid_e4) / (quote.ask_e4 - quote.bid_e4), 6)

    @property
    def quote_age_ms(self) -> float | None:
        """Return the age of the quote at `join_ts`; null without one."""
        return None if self.quote is None else (self.join_ts - self.quote.ts) / NS_PER_MS


def join_instant(trade: EquityPrint, exec_lead_ns: int) -> int:
    """
    Return the instant at which the quote of a print is looked up, ns UTC.

    That of the execution when the feed gives it and it lies within the lead before the
    publication, else that of the publication. Source: equities specification, 6.
    """
    exec_ts = trade.exec_ts
    if exec_ts is not None and 0 <= trade.source_ts - exec_ts <= exec_lead_ns:
        return exec_ts
    return trade.source_ts


def join(
    trade: EquityPrint, book: QuoteBook, tick: TickRule, update: Update, config: JoinConfig
) -> Joined:
    """
    Join a print to the quote at or before it, and say which side it was on.

    Parameters
    ----------
    trade : EquityPrint
        A report with action `trade`.
    book : QuoteBook
        The quotes of its underlying; at equal stamps the quote precedes the print.
    tick : TickRule
        What lit prints fall back on. Only read: whoever decides that the print set the last price
        tells it with `tick.observe(joined.trade_date, trade.source_ts, joined.at_e4)` afterwards.
    update : Update
        What its conditions allow.
    config : JoinConfig

    Notes
    -----
    Source: equities specification, 6.
    """
    source_ts = trade.source_ts
    exec_ts = trade.exec_ts
    off_exchange = trade.off_exchange_flag
    at_e4 = price_e4(trade.price)
    trade_date = trade_date_and_segment(source_ts)[0]
    join_ts = join_instant(trade, config.exec_lead_ms * NS_PER_MS)
    quote = book.at_or_before(join_ts)
    age_ns = 0 if quote is None else join_ts - quote.ts
    side = nbbo_side(at_e4, quote, age_ns, config.max_age_ns)

    direction, rule = UNKNOWN, NO_RULE
    if update.direction:
        by_quote = SIDE_DIRECTIONS.get(side)
        if by_quote is not None:
            direction, rule = by_quote, QUOTE_RULE
        elif not off_exchange:
            direction = tick.direction(trade_date, source_ts, at_e4)
            rule = NO_RULE if direction == UNKNOWN else TICK_RULE

    bits = 0 if quote is None else _quote_bits(quote, config.wide_bps)
    if exec_ts is not None and source_ts - exec_ts > config.exec_lead_ms * NS_PER_MS:
        bits |= _LATE_BIT
    if side in {MISSING, STALE}:
        quality = 0.0
    else:
        quality = _quality(age_ns, bits, off_exchange and exec_ts is None)
    return Joined(
        at_e4,
        trade_date,
        join_ts,
        quote,
        side,
        direction,
        rule,
        retail_proxy(trade.price) if off_exchange else None,
        quality,
        _FLAGS_OF_BITS[bits],
    )


def _quote_bits(quote: Quote, wide_bps: int) -> int:
    bits = _VENUE_BIT if quote.is_venue else 0
    if not quote.is_two_sided:
        return bits | _CROSSED_BIT if quote.is_crossed else bits
    spread_e4 = quote.ask_e4 - quote.bid_e4
    if not spread_e4:
        return bits | _LOCKED_BIT
    # spread / mid > wide_bps / 10,000 in integers, the mid taken twice
    return bits | _WIDE_BIT if 20_000 * spread_e4 > wide_bps * quote.mid2_e4 else bits


def _quality(age_ns: int, bits: int, without_exec: bool) -> float:
    quality = 0.0
    for bound_ns, value in _QUALITY_BY_AGE:
        if age_ns <= bound_ns:
            quality = value
            break
    if bits & _VENUE_BIT:
        quality *= _VENUE_FACTOR
    if without_exec:
        quality *= _NO_EXEC_FACTOR
    if bits & _WIDE_BIT:
        quality *= _WIDE_FACTOR
    return decimals6(quality)
