"""Exchange sessions of listed options: trade date, part of the day, settlement instants."""

from datetime import UTC
from datetime import datetime
from functools import lru_cache
from typing import Final

from flows.common.calendar import CLOSE_MINUTE
from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.common.calendar import OPEN_MINUTE
from flows.common.calendar import eastern_ns
from flows.common.calendar import first_session_at_or_after
from flows.common.calendar import last_session_at_or_before
from flows.common.calendar import session_close_ns

EXTENDED_HOURS_ROOTS: Final = frozenset({"SPX", "SPXW", "VIX", "VIXW", "XSP", "RUT", "RUTW"})
LATE_CLOSE_ROOTS: Final = EXTENDED_HOURS_ROOTS | frozenset(
    {
        "DIA", "DJX", "EEM", "EFA", "IWM", "IWN", "IWO", "KBE", "KRE", "MDY", "MRUT", "NANOS",
        "NDX", "NDXP", "OEX", "QQQ", "RSP", "SPY", "SVXY", "UVXY", "VIXY", "VXX", "XEO", "XHB",
        "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XME", "XND", "XRT",
    }
)  # fmt: skip

_LATE_CLOSE_NS: Final = 15 * NS_PER_MINUTE
_CURB_NS: Final = 60 * NS_PER_MINUTE
_GTH_END_MINUTE: Final = 9 * 60 + 25
_GTH_START_MINUTE: Final = 20 * 60
# Every boundary of a session lies on a multiple of five minutes, in Eastern and UTC alike.
_BUCKET_NS: Final = 5 * NS_PER_MINUTE


@lru_cache(maxsize=8192)
def session_end_ns(days: int, root: str) -> int | None:
    """Return when regular trading of a root ends on a date, ns UTC; None when it is closed."""
    close = session_close_ns(days)
    if close is None:
        return None
    return close + (_LATE_CLOSE_NS if root in LATE_CLOSE_ROOTS else 0)


@lru_cache(maxsize=65536)
def _bucket(bucket: int, *, late_close: bool, extended: bool) -> tuple[int, str]:
    at_ns = bucket * _BUCKET_NS
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    days = (local.date() - EPOCH).days
    minute = local.hour * 60 + local.minute
    evening = minute >= _GTH_START_MINUTE
    nominal = days + 1 if evening else days
    trade_date = first_session_at_or_after(nominal)
    if trade_date != nominal:
        return trade_date, "closed"
    if evening or minute < _GTH_END_MINUTE:
        return trade_date, "gth" if extended else "closed"
    close = session_close_ns(trade_date)
    if close is None or minute < OPEN_MINUTE:
        return trade_date, "closed"
    end = close + (_LATE_CLOSE_NS if late_close else 0)
    if at_ns < end:
        return trade_date, "rth"
    return trade_date, "curb" if extended and at_ns < close + _CURB_NS else "closed"


def trade_date_and_session(source_ts_ns: int, root: str) -> tuple[int, str]:
    """
    Return the session date an event belongs to, and the part of it.

    Parameters
    ----------
    source_ts_ns : int
        Event time, ns UTC.
    root : str
        Option root; some trade until 16:15, fewer overnight and after the close.

    Returns
    -------
    tuple[int, str]
        Trade date as days since 1970-01-01, and `rth`, `curb`, `gth` or `closed`.

    Notes
    -----
    Source: options flow specification, 1.5. From 20:00 Eastern on an event belongs to the next
    session, and so does one on a day without a session. `rth` is 09:30 to the close of XNYS
    (16:00, earlier on half days), 15 minutes longer for `LATE_CLOSE_ROOTS`. `curb` (to one hour
    after the close) and `gth` (20:00 to 09:25) exist for `EXTENDED_HOURS_ROOTS` only.
    """
    return _bucket(
        source_ts_ns // _BUCKET_NS,
        late_close=root in LATE_CLOSE_ROOTS,
        extended=root in EXTENDED_HOURS_ROOTS,
    )


@lru_cache(maxsize=16384)
def settlement_ns(expiry_days: int, *, at_open: bool) -> int:
    """
    Return when contracts of an expiry date settle, ns UTC.

    Parameters
    ----------
    expiry_days : int
        Expiry as days since 1970-01-01. A date without a session (Saturdays before 2015, holidays)
        settles with the session before it.
    at_open : bool
        True for a.m. settlement (09:30 Eastern), False for the session close.
    """
    session = last_session_at_or_before(expiry_days)
    if at_open:
        return eastern_ns(session, OPEN_MINUTE)
    close = session_close_ns(session)
    return eastern_ns(session, CLOSE_MINUTE) if close is None else close
