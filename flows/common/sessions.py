"""Sessions of listed equities: trading date and segment of an instant."""

from datetime import UTC
from datetime import datetime
from functools import lru_cache
from typing import Final

from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.common.calendar import OPEN_MINUTE
from flows.common.calendar import eastern_ns
from flows.common.calendar import first_session_at_or_after
from flows.common.calendar import session_close_ns

PRE: Final = "pre"
RTH: Final = "rth"
POST: Final = "post"
CLOSED: Final = "closed"
SEGMENTS: Final = (PRE, RTH, POST, CLOSED)

PRE_MINUTE: Final = 4 * 60
POST_END_MINUTE: Final = 20 * 60
# Every boundary of a session lies on a multiple of five minutes, in Eastern and UTC alike.
_BUCKET_NS: Final = 5 * NS_PER_MINUTE


@lru_cache(maxsize=65_536)
def _bucket(bucket: int) -> tuple[int, str]:
    at_ns = bucket * _BUCKET_NS
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    days = (local.date() - EPOCH).days
    minute = local.hour * 60 + local.minute
    nominal = days + 1 if minute >= POST_END_MINUTE else days
    trade_date = first_session_at_or_after(nominal)
    close = session_close_ns(trade_date)
    if close is None or trade_date != days or not PRE_MINUTE <= minute < POST_END_MINUTE:
        return trade_date, CLOSED
    if minute < OPEN_MINUTE:
        return trade_date, PRE
    return trade_date, RTH if at_ns < close else POST


def trade_date_and_segment(at_ns: int) -> tuple[int, str]:
    """
    Return the trading date an instant belongs to, and the segment of it.

    Parameters
    ----------
    at_ns : int
        ns UTC.

    Returns
    -------
    tuple[int, str]
        Days since 1970-01-01, and `pre` [04:00, 09:30), `rth` [09:30, close), `post` [close,
        20:00) or `closed`, all in New York. From 20:00 on an instant belongs to the next trading
        date, and so does one on a day without a session.

    Notes
    -----
    Source: equities specification, 2.
    """
    return _bucket(at_ns // _BUCKET_NS)


def rth_bounds_ns(trade_date: int) -> tuple[int, int]:
    """
    Return open and close of the regular session of a trading date, ns UTC.

    Raises
    ------
    ValueError
        The exchange is closed that day.
    """
    close = session_close_ns(trade_date)
    if close is None:
        msg = f"day {trade_date} since 1970-01-01 has no session"
        raise ValueError(msg)
    return eastern_ns(trade_date, OPEN_MINUTE), close


def day_bounds_ns(trade_date: int) -> tuple[int, int]:
    """Return 04:00 and 20:00 New York of a trading date, ns UTC."""
    return eastern_ns(trade_date, PRE_MINUTE), eastern_ns(trade_date, POST_END_MINUTE)
