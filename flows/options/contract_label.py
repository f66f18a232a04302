"""Contracts as a trader writes them."""

from datetime import date
from functools import lru_cache
from typing import Final

from flows.common.calendar import EPOCH

_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)


@lru_cache(maxsize=65_536)
def contract_label(underlying_id: str, expiry_days: int, strike: float, right: str) -> str:
    """
    Return a contract as a trader writes it.

    Parameters
    ----------
    underlying_id : str
        Root symbol of the underlying.
    expiry_days : int
        Days since 1970-01-01.
    strike : float
        $.
    right : str
        `C` or `P`.

    Examples
    --------
    >>> contract_label("NVDA", 20259, 175.0, "C")
    'NVDA 20JUN25 175C'
    """
    expiry = date.fromordinal(EPOCH.toordinal() + expiry_days)
    text = f"{strike:.3f}".rstrip("0").rstrip(".")
    month = _MONTHS[expiry.month - 1]
    return f"{underlying_id} {expiry.day:02d}{month}{expiry.year % 100:02d} {text}{right}"
