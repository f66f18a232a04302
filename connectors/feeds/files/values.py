"""Texts of vendor rows to numbers, dates and instants; repeated texts are read once."""

import re
from datetime import date
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
NS_PER_DAY: Final = 24 * 3600 * NS_PER_S
EASTERN: Final = "America/New_York"
CENTRAL: Final = "America/Chicago"
EPOCH: Final = date(1970, 1, 1)
MAX_INT32: Final = 2**31 - 1
MAX_PRICE: Final = 1e9
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2099

_CACHE: Final = 65536
_ABSENT: Final = frozenset({"", "nan", "NaN", "N/A", "-"})
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"(-?\d{1,18})(\.0*)?", re.ASCII)
_MINUTE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)", re.ASCII)
_SECONDS: Final = re.compile(r":([0-5]\d)(?:\.(\d{1,9}))?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[ T].*)?", re.ASCII)
_US_DATE: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d\d)", re.ASCII)


@lru_cache(maxsize=_CACHE)
def price(text: str) -> float:
    """
    Read a trade price in $.

    Raises
    ------
    RejectedRow
        `missing_field` when empty, `invalid_price` when it is no number, negative or not finite.
    """
    if not text:
        msg = "the price is empty"
        raise RejectedRow(RejectReason.MISSING_FIELD, msg)
    value = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0.0 <= value < MAX_PRICE:
        msg = f"price {text!r}, expected a number from 0"
        raise RejectedRow(RejectReason.INVALID_PRICE, msg)
    return value


@lru_cache(maxsize=_CACHE)
def size(text: str) -> int:
    """
    Read a trade size in contracts.

    Raises
    ------
    RejectedRow
        `missing_field` when empty, `invalid_size` when it is no whole number above 0.
    """
    if not text:
        msg = "the size is empty"
        raise RejectedRow(RejectReason.MISSING_FIELD, msg)
    found = _WHOLE.fullmatch(text)
    value = int(found[1]) if found else 0
    if not 0 < value <= MAX_INT32:
        msg = f"size {text!r}, expected a whole number above 0"
        raise RejectedRow(RejectReason.INVALID_SIZE, msg)
    return value


@lru_cache(maxsize=_CACHE)
def optional_number(text: str) -> float | None:
    """
    Read a quote or another number that may be absent; null means unknown.

    Raises
    ------
    RejectedRow
        `not_decodable`: there is text, but no finite number.
    """
    if text in _ABSENT:
        return None
    value = float(text) if _NUMBER.fullmatch(text) else MAX_PRICE
    if not -MAX_PRICE < value < MAX_PRICE:
        msg = f"{text!r} is no number"
        raise RejectedRow(RejectReason.NOT_DECODABLE, msg)
    return value


@lru_cache(maxsize=_CACHE)
def optional_whole(text: str) -> int | None:
    """
    Read a whole number that may be absent.

    Raises
    ------
    RejectedRow
        `not_decodable`: there is text, but no whole number of 32 bits.
    """
    if text in _ABSENT:
        return None
    found = _WHOLE.fullmatch(text)
    value = int(found[1]) if found else MAX_INT32 + 1
    if abs(value) > MAX_INT32:
        msg = f"{text!r} is no whole number"
        raise RejectedRow(RejectReason.NOT_DECODABLE, msg)
    return value


def positive_or_none(value: float | None) -> float | None:
    """Return a value above 0, else None: vendors write 0 for what they do not know."""
    return value if value is not None and value > 0 else None


@lru_cache(maxsize=_CACHE)
def whole(text: str, what: str) -> int:
    """
    Read a whole number that must be there.

    Raises
    ------
    RejectedRow
        `missing_field` or `not_decodable`.
    """
    found = _WHOLE.fullmatch(text)
    if found is None:
        reason = RejectReason.NOT_DECODABLE if text else RejectReason.MISSING_FIELD
        msg = f"{what} is {text!r}, expected a whole number"
        raise RejectedRow(reason, msg)
    return int(found[1])


def _calendar_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=_CACHE)
def days_of(text: str, what: str = "expiry", reason: RejectReason = RejectReason.BAD_SYMBOL) -> int:
    """
    Read a date, ISO (also without dashes, also with a time behind it) or month/day/year.

    Parameters
    ----------
    text : str
        The cell.
    what : str
        What the date is called in messages.
    reason : RejectReason
        Of a text that is no date; an expiry is part of a symbol.

    Returns
    -------
    int
        Days since 1970-01-01.

    Raises
    ------
    RejectedRow
        `missing_field` when empty, else `reason`.
    """
    if not text:
        msg = f"the {what} is empty"
        raise RejectedRow(RejectReason.MISSING_FIELD, msg)
    found: date | None = None
    if match := _DATE.fullmatch(text):
        found = _calendar_day(match[1], match[2], match[3])
    elif match := _US_DATE.fullmatch(text):
        year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
        found = _calendar_day(year, match[1], match[2])
    if found is None:
        msg = f"{what} {text!r} is no date"
        raise RejectedRow(reason, msg)
    return (found - EPOCH).days


@lru_cache(maxsize=_CACHE)
def _minute_ns(text: str, zone: str) -> int:
    found = _MINUTE.fullmatch(text)
    if found is None:
        msg = f"{text!r}, expected YYYY-MM-DD HH:MM:SS"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    at: datetime | None
    try:
        year, month, day, hour, minute = (int(part) for part in found.groups())
        at = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    except ValueError:
        at = None
    if at is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        msg = f"{text!r} is no time from 1990 to 2099"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return int(at.timestamp()) * NS_PER_S


@lru_cache(maxsize=_CACHE)
def _seconds_ns(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    if found is None:
        msg = f"seconds {text!r}, expected :SS or :SS.mmm"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    fraction = found[2] or ""
    return int(found[1]) * NS_PER_S + int(fraction.ljust(9, "0"))


def local_ns(text: str, zone: str) -> int:
    """
    Read `YYYY-MM-DD HH:MM:SS[.fraction]` of a time zone as ns UTC.

    Raises
    ------
    RejectedRow
        `bad_timestamp`.
    """
    return _minute_ns(text[:16], zone) + _seconds_ns(text[16:])


def epoch_ms_ns(text: str) -> int:
    """
    Read milliseconds since 1970 as ns UTC.

    Raises
    ------
    RejectedRow
        `bad_timestamp` unless it lies in 1990 to 2099.
    """
    found = _WHOLE.fullmatch(text)
    value = int(found[1]) * NS_PER_MS if found else 0
    if not in_range(value):
        msg = f"{text!r}, expected milliseconds since 1970, in 1990 to 2099"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return value


_FIRST_NS: Final = (date(FIRST_YEAR, 1, 1) - EPOCH).days * NS_PER_DAY
_LAST_NS: Final = (date(LAST_YEAR + 1, 1, 1) - EPOCH).days * NS_PER_DAY


def in_range(at_ns: int) -> bool:
    """Tell whether an instant lies in 1990 to 2099."""
    return _FIRST_NS <= at_ns < _LAST_NS


def day_bounds_ns(days: int, zone: str = EASTERN) -> tuple[int, int]:
    """Return the first instant of a local date and of the date after it, ns UTC."""
    start, end = (date.fromordinal(EPOCH.toordinal() + days + step) for step in (0, 1))
    return _minute_ns(f"{start} 00:00", zone), _minute_ns(f"{end} 00:00", zone)
