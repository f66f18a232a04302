"""Where a running sum of a trading date begins and ends."""

from functools import lru_cache
from typing import Final

import msgspec

from flows.common.calendar import last_session_at_or_before
from flows.common.sessions import CLOSED
from flows.common.sessions import PRE
from flows.common.sessions import RTH
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment

HOUR_NS: Final = 3600 * 1_000_000_000


class Span(msgspec.Struct, frozen=True):
    """
    A segment of a trading date.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01.
    session : str
        `closed` (20:00 of the session before to 04:00), `pre`, `rth` or `post`.
    start_ns, end_ns : int
        ns UTC.
    day_start_ns : int
        04:00 of the date; of `closed`, which precedes it, its own start.
    """

    trade_date: int
    session: str
    start_ns: int
    end_ns: int
    day_start_ns: int


@lru_cache(maxsize=1024)
def _span(trade_date: int, session: str) -> Span:
    first, last = day_bounds_ns(trade_date)
    if session == CLOSED:
        before = day_bounds_ns(last_session_at_or_before(trade_date - 1))[1]
        return Span(trade_date, session, before, first, before)
    opens, closes = rth_bounds_ns(trade_date)
    if session == PRE:
        return Span(trade_date, session, first, opens, first)
    if session == RTH:
        return Span(trade_date, session, opens, closes, first)
    return Span(trade_date, session, closes, last, first)


def span_at(at_ns: int) -> Span:
    """Return the segment an instant (ns UTC) lies in."""
    return _span(*trade_date_and_segment(at_ns))


def kept_until_ns(trade_date: int, late_hours: int) -> int:
    """Return the instant, ns UTC, until which a trading date may be corrected."""
    return day_bounds_ns(trade_date)[1] + late_hours * HOUR_NS
