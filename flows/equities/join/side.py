"""The side of a print: where it lies in its quote, and whose initiative that shows."""

from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from flows.common.sides import place
from flows.equities.join.quote import Quote
from flows.equities.observed import BUY
from flows.equities.observed import SELL
from flows.equities.observed import UNKNOWN

MISSING: Final = "MISSING"
STALE: Final = "STALE"
SIDE_DIRECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"AA": BUY, "A": BUY, "BB": SELL, "B": SELL}
)

QUOTE_RULE: Final = "quote"
TICK_RULE: Final = "tick"
NO_RULE: Final = "none"

_MIN_PROXY_PRICE: Final = 1.0
_E6_PER_CENT: Final = 10_000
_PROXY_SELL_BELOW: Final = 4_000
_PROXY_BUY_ABOVE: Final = 6_000

_DATES: Final = 2

# Trading date, stamp, price and direction of its last-eligible print.
TickState = list[tuple[int, int, int, str]]


def nbbo_side(at_e4: int, quote: Quote | None, age_ns: int, max_age_ns: int) -> str:
    """
    Return where a price lies in its quote: `AA A MID B BB MISSING STALE`.

    Parameters
    ----------
    at_e4 : int
        1/10,000 dollar.
    quote : Quote | None
        The quote that stood, None when there was none.
    age_ns, max_age_ns : int
        Its age, and the age above which it is stale.

    Notes
    -----
    A void, one-sided or crossed quote is `MISSING` at any age. Source: equities specification, 6.
    """
    if quote is None or not quote.is_two_sided:
        return MISSING
    if age_ns > max_age_ns:
        return STALE
    return place(at_e4, quote.bid_e4, quote.ask_e4)


def retail_proxy(price: float) -> str | None:
    """
    Return which way the sub-penny part of an off-exchange price points; null when it does not.

    Parameters
    ----------
    price : float
        $ per share.

    Returns
    -------
    str | None
        `sell` for a part of a cent between 0 and 0.4, `buy` between 0.6 and 1, else null; null
        below one dollar, where quotes have sub-penny parts of their own.

    Notes
    -----
    A tag, never a side: it finds about a third of retail trades and signs a quarter of those
    wrongly. Source: equities specification, 5, after Boehmer, Jones, Zhang and Zhang (2021).

    Examples
    --------
    >>> retail_proxy(10.0001), retail_proxy(10.0099), retail_proxy(10.005), retail_proxy(10.01)
    ('sell', 'buy', None, None)
    """
    if price < _MIN_PROXY_PRICE:
        return None
    part = round(price * 1_000_000) % _E6_PER_CENT
    if 0 < part < _PROXY_SELL_BELOW:
        return SELL
    return BUY if part > _PROXY_BUY_ABOVE else None


class TickRule:
    """
    The side of a print by the price before it, per trading date of one underlying.

    Above the last different last-eligible price is a buy, below it a sell, before any such price
    unknown; an unchanged price carries the last direction. The two newest dates are kept, so that
    a late print is compared with prices of its own date. A print that is older than the newest
    price of its date moves nothing and stays unknown: the price before it is not known any more.

    Notes
    -----
    Source: equities specification, 6.
    """

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, int, str]] = {}

    def direction(self, trade_date: int, ts_ns: int, at_e4: int) -> str:
        """
        Return `buy`, `sell` or `unknown` for a price at an instant.

        Parameters
        ----------
        trade_date : int
            Days since 1970-01-01.
        ts_ns : int
            `source_ts` of the print, ns UTC.
        at_e4 : int
            1/10,000 dollar.
        """
        last = self._last.get(trade_date)
        if last is None:
            return UNKNOWN
        last_ts, last_e4, carried = last
        if ts_ns < last_ts:
            return UNKNOWN
        if at_e4 == last_e4:
            return carried
        return BUY if at_e4 > last_e4 else SELL

    def observe(self, trade_date: int, ts_ns: int, at_e4: int) -> None:
        """Take in a last-eligible print, after its own direction was asked for."""
        last = self._last.get(trade_date)
        if last is None:
            self._last[trade_date] = (ts_ns, at_e4, UNKNOWN)
            if len(self._last) > _DATES:
                del self._last[min(self._last)]
            return
        last_ts, last_e4, carried = last
        if ts_ns < last_ts:
            return
        if at_e4 != last_e4:
            carried = BUY if at_e4 > last_e4 else SELL
        self._last[trade_date] = (ts_ns, at_e4, carried)

    def state(self) -> TickState:
        """Return what is remembered as plain data."""
        return [(trade_date, *last) for trade_date, last in sorted(self._last.items())]

    def load(self, state: Sequence[Sequence[object]]) -> None:
        """Take over a state, also one whose tuples became lists on the way."""
        rows = msgspec.convert(state, TickState)
        self._last = {trade_date: (ts, at_e4, carried) for trade_date, ts, at_e4, carried in rows}
