"""Sessions and expiries as the synthetic market needs them."""

from datetime import date
from datetime import datetime
from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from flows.options.contracts import expiry_instant_ns
from flows.options.contracts import trade_date_and_session

EASTERN: Final = ZoneInfo("America/New_York")
EPOCH: Final = date(1970, 1, 1)
NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
NS_PER_DAY: Final = 86_400 * NS_PER_S
# Same-day contracts are listed as long as they live at least this long.
MIN_LIFE_NS: Final = 30 * 60 * NS_PER_S

# Any root with neither extended hours nor a late close.
_PLAIN_ROOT: Final = "AAPL"
_NEAR_DAYS: Final = 2
_LONGEST_CLOSURE_DAYS: Final = 15


@lru_cache(maxsize=4096)
def eastern_ns(days: int, hour: int, minute: int = 0) -> int:
    """Return the instant, ns UTC, of a time of day in America/New_York on a date."""
    day = EPOCH + timedelta(days=days)
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN)
    return int(at.timestamp()) * NS_PER_S


def trade_date(at_ns: int) -> int:
    """Return the session date an instant belongs to, days since 1970-01-01."""
    return trade_date_and_session(at_ns, _PLAIN_ROOT)[0]


@lru_cache(maxsize=4096)
def is_session(days: int) -> bool:
    """Tell whether the exchange is open on a date."""
    return trade_date_and_session(eastern_ns(days, 12), _PLAIN_ROOT) == (days, "rth")


def session_before(days: int, count: int = 1) -> int:
    """Return the date `count` sessions before a session date."""
    for _ in range(count):
        days = next(days - n for n in range(1, _LONGEST_CLOSURE_DAYS) if is_session(days - n))
    return days


def expiry_near(at_ns: int, dte: int) -> int:
    """
    Return the expiry date nearest to a number of days from now.

    Parameters
    ----------
    at_ns : int
        Virtual time, ns UTC.
    dte : int
        Wanted calendar days from the trade date. Up to two days it is never exceeded where a
        contract can still live; beyond, the nearest session counts, the later of two.
    """
    today = trade_date(at_ns)
    if dte <= _NEAR_DAYS:
        order: list[int] = [*range(dte, -1, -1), *range(dte + 1, dte + _LONGEST_CLOSURE_DAYS)]
    else:
        order = [dte + shift for n in range(_LONGEST_CLOSURE_DAYS) for shift in (n, -n)]
    for offset in order:
        days = today + offset
        if offset >= 0 and is_session(days) and lives(days, at_ns):
            return days
    return today + dte


def lives(days: int, at_ns: int) -> bool:
    """Tell whether a contract of an expiry date lives on long enough to be traded."""
    return expiry_instant_ns(_PLAIN_ROOT, days) >= at_ns + MIN_LIFE_NS


def event_date(at_ns: int, days: int) -> int:
    """Return the session date nearest to `days` after the trade date, never the same day."""
    today = trade_date(at_ns)
    before = [today + n for n in range(days, 0, -1) if is_session(today + n)]
    if before:
        return before[0]
    return next(today + n for n in range(1, _LONGEST_CLOSURE_DAYS) if is_session(today + n))
