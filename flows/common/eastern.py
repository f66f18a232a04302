"""Event times and shares as a trader writes them."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from functools import lru_cache
from typing import Final

from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_S

_SECONDS_PER_HOUR: Final = 3600
_SECONDS_PER_DAY: Final = 86_400
_NS_PER_MS: Final = 1_000_000
_PERCENT: Final = tuple([f"{whole}%" for whole in range(101)])


@lru_cache(maxsize=4096)
def _eastern_offset_s(hour: int) -> int:
    """Return Eastern minus UTC in seconds; both change only at whole UTC hours."""
    offset = datetime.fromtimestamp(hour * _SECONDS_PER_HOUR, UTC).astimezone(EASTERN).utcoffset()
    return int((offset or timedelta()).total_seconds())


@lru_cache(maxsize=4096)
def iso_date(days: int) -> str:
    """Return days since 1970-01-01 as `YYYY-MM-DD`."""
    return (EPOCH + timedelta(days=days)).isoformat()


def eastern_date(ts_ns: int) -> int:
    """Return the calendar date in New York of an instant (ns UTC), in days since 1970-01-01."""
    seconds = ts_ns // NS_PER_S
    return (seconds + _eastern_offset_s(seconds // _SECONDS_PER_HOUR)) // _SECONDS_PER_DAY


@lru_cache(maxsize=16_384)
def _eastern_second(seconds: int) -> str:
    of_day = (seconds + _eastern_offset_s(seconds // _SECONDS_PER_HOUR)) % _SECONDS_PER_DAY
    minutes, second = divmod(of_day, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def eastern_time(ts_ns: int) -> str:
    """
    Return the time of day in New York of an instant (ns UTC).

    Examples
    --------
    >>> eastern_time(1_748_009_305_250_000_000)
    '10:08:25.250'
    """
    seconds, rest_ns = divmod(ts_ns, NS_PER_S)
    return f"{_eastern_second(seconds)}.{rest_ns // _NS_PER_MS:03d}"


@lru_cache(maxsize=1024)
def eastern_window(start_ns: int, end_ns: int) -> str:
    """
    Return a span of event time (ns UTC) with its date, as New York reads it.

    Examples
    --------
    >>> eastern_window(1_748_009_305_000_000_000, 1_748_009_305_450_000_000)
    '10:08:25.000 to 10:08:25.450 ET on 2025-05-23'
    """
    day = iso_date(eastern_date(start_ns))
    start, end = eastern_time(start_ns), eastern_time(end_ns)
    # Prints of one vendor stamp lie nanoseconds apart, which no clock of a trader shows.
    return f"{start} ET on {day}" if start == end else f"{start} to {end} ET on {day}"


def percent(share: float) -> str:
    """
    Return a share of 0..1 as whole percent, halves rounded up.

    Examples
    --------
    >>> percent(0.625)
    '63%'
    """
    whole = int(share * 100.0 + 0.5)
    return _PERCENT[whole] if 0 <= whole <= 100 else f"{whole}%"
