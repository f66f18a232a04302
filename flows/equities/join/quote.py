"""The market of an underlying at an instant."""

from typing import Final

import msgspec

from flows.common.prices import price_e4
from schemas.records.equities_quotes import EquityQuote

VENUE_SCOPE: Final = "venue"


class Quote(msgspec.Struct, frozen=True, gc=False):
    """
    One quote, made ready for comparing prices with it.

    Parameters
    ----------
    ts : int
        ns UTC.
    trace_id : str
        Of the record.
    ingest_ts : int
        Of the record, ns UTC.
    bid, ask, bid_size, ask_size : float | None
        $ and shares, as quoted.
    bid_e4, ask_e4 : int
        1/10,000 dollar; 0 for no price on that side.
    is_venue : bool
        One venue's own quote, not the market's.
    is_two_sided : bool
        Both sides have a price above 0 and bid ≤ ask (locked is two-sided, crossed is not).
    is_crossed : bool
        Bid above ask.
    """

    ts: int
    trace_id: str
    ingest_ts: int
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    bid_e4: int
    ask_e4: int
    is_venue: bool
    is_two_sided: bool
    is_crossed: bool

    @property
    def mid2_e4(self) -> int:
        """Return twice the mid, 1/10,000 dollar: an integer at every tick."""
        return self.bid_e4 + self.ask_e4

    @property
    def mid(self) -> float | None:
        """Return the mid in $; null unless the quote is two-sided."""
        return self.mid2_e4 / 20_000 if self.is_two_sided else None

    @property
    def spread_e4(self) -> int | None:
        """Return ask minus bid in 1/10,000 dollar; null unless the quote is two-sided."""
        return self.ask_e4 - self.bid_e4 if self.is_two_sided else None


def quote_of(record: EquityQuote, ts: int) -> Quote:
    """
    Make a quote ready for comparing prices with it.

    Parameters
    ----------
    record : EquityQuote
        As published.
    ts : int
        Stamp it is kept under, ns UTC.

    Notes
    -----
    A price that is null, or not above 0, is no quote on that side; both missing is a void, which a
    feed sends when it lost the market. Source: equities specification, 6.
    """
    bid_e4 = _side_e4(record.bid)
    ask_e4 = _side_e4(record.ask)
    has_both = bid_e4 > 0 and ask_e4 > 0
    return Quote(
        ts,
        record.trace_id,
        record.ingest_ts,
        record.bid,
        record.ask,
        record.bid_size,
        record.ask_size,
        bid_e4,
        ask_e4,
        record.scope == VENUE_SCOPE,
        has_both and bid_e4 <= ask_e4,
        has_both and bid_e4 > ask_e4,
    )


def _side_e4(price: float | None) -> int:
    return 0 if price is None else max(price_e4(price), 0)
