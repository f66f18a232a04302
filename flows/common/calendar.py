"""The exchange calendar: sessions of XNYS, and minutes of a New York day as instants."""

from datetime import date
from datetime import datetime
from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from flows.common.session_table import CLOSED
from flows.common.session_table import EARLY_CLOSES

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000 * NS_PER_MS
NS_PER_MINUTE: Final = 60 * NS_PER_S
NS_PER_HOUR: Final = 60 * NS_PER_MINUTE
NS_PER_DAY: Final = 24 * NS_PER_HOUR
EASTERN: Final = ZoneInfo("America/New_York")
EPOCH: Final = date(1970, 1, 1)

FIRST_CALENDAR_YEAR: Final = 1990
LAST_CALENDAR_YEAR: Final = 2099
FIRST_DAY: Final = (date(FIRST_CALENDAR_YEAR, 1, 1) - EPOCH).days
LAST_DAY: Final = (date(LAST_CALENDAR_YEAR, 12, 31) - EPOCH).days
OPEN_MINUTE: Final = 9 * 60 + 30
CLOSE_MINUTE: Final = 16 * 60

_EPOCH_WEEKDAY: Final = 3  # a Thursday
_SATURDAY: Final = 5


def session_close_ns(days: int) -> int | None:
    """
    Return the close of the regular equity session of a date.

    Parameters
    ----------
    days : int
        Date as days since 1970-01-01.

    Returns
    -------
    int | None
        ns UTC, 16:00 Eastern or earlier on half days; None when the exchange is closed that day
        or the year lies outside 1990 to 2099.
    """
    if (
        not FIRST_DAY <= days <= LAST_DAY
        or days in CLOSED
        or (days + _EPOCH_WEEKDAY) % 7 >= _SATURDAY
    ):
        return None
    return eastern_ns(days, EARLY_CLOSES.get(days, CLOSE_MINUTE))


def _session_near(days: int, step: int) -> int:
    at = days
    for _ in range(15):
        if session_close_ns(at) is not None:
            return at
        at += step
    return days


@lru_cache(maxsize=4096)
def last_session_at_or_before(days: int) -> int:
    """Return the newest session date not after a date, in days since 1970-01-01."""
    return _session_near(days, -1)


@lru_cache(maxsize=4096)
def first_session_at_or_after(days: int) -> int:
    """Return the oldest session date not before a date, in days since 1970-01-01."""
    return _session_near(days, 1)


@lru_cache(maxsize=4096)
def eastern_ns(days: int, minute: int) -> int:
    """Return the instant, ns UTC, of a minute of the day in America/New_York."""
    day = EPOCH + timedelta(days=days)
    at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=EASTERN)
    return int(at.timestamp()) * NS_PER_S
