"""Times as people type them."""

import re
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Final

from infra.cli.output import DISPLAY_ZONE
from infra.errors import MisconfiguredInfra

# Digits of an epoch time and the nanoseconds of its unit.
_UNITS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_US: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str, name: str, *, is_end: bool = False) -> int:
    """
    Read a time: New York unless it says otherwise, or an epoch time in s, ms, µs or ns.

    Parameters
    ----------
    text : str
        E.g. `2025-05-23`, `2025-05-23 10:17:56.5`, `2025-05-23T14:17:56Z`, `1748009876`; empty
        and `0` stand for no time.
    name : str
        Option it was given to, for the message.
    is_end : bool
        A day alone means its end instead of its beginning.

    Returns
    -------
    int
        ns UTC; 0 for no time.

    Raises
    ------
    MisconfiguredInfra
        It is no time.

    Examples
    --------
    >>> parse_time("2025-05-23 10:17:56", "--from")
    1748009876000000000
    >>> parse_time("1748009876", "--from")
    1748009876000000000
    """
    text = text.strip()
    if text in {"", "0"}:
        return 0
    if text.isascii() and text.isdigit() and len(text) in _UNITS:
        return int(text) * _UNITS[len(text)]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = (
            f"{name} is {text!r}, expected a time such as 2025-05-23, '2025-05-23 10:17:56' (New "
            "York unless it says otherwise), or an epoch time of 10, 13, 16 or 19 digits"
        )
        raise MisconfiguredInfra(msg) from None
    if is_end and _DAY.fullmatch(text):
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=DISPLAY_ZONE)
    return (moment - _EPOCH) // _US * 1000
