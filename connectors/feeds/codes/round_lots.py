"""Sizes of equity quotes: round lots until the tapes changed to shares."""

from datetime import date
from typing import Final

# Days since 1970-01-01. Source: equities specification, 3.
SHARES_SINCE: Final = (date(2025, 11, 3) - date(1970, 1, 1)).days
ROUND_LOT_SHARES: Final = 100


def shares_per_quoted_unit(days: int) -> int:
    """
    Return how many shares one unit of a SIP quote size is.

    Parameters
    ----------
    days : int
        Date in New York, days since 1970-01-01.
    """
    return 1 if days >= SHARES_SINCE else ROUND_LOT_SHARES
