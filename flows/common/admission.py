"""What every event has to fulfil before a calculation sees it."""

from typing import Final
from typing import NoReturn

from flows.common.calendar import FIRST_DAY
from flows.common.calendar import LAST_DAY
from flows.common.calendar import NS_PER_DAY
from flows.errors import RejectedEvent

_FIRST_NS: Final = FIRST_DAY * NS_PER_DAY
_LAST_NS: Final = (LAST_DAY + 1) * NS_PER_DAY


def check_stamp(source_ts: int) -> None:
    """
    Check that an event time (ns UTC) lies in the years the calendar knows.

    Raises
    ------
    RejectedEvent
        It does not.
    """
    if not _FIRST_NS <= source_ts < _LAST_NS:
        reject("source_ts", source_ts, "ns UTC from 1990 to 2099")


def reject(field: str, value: object, expected: str) -> NoReturn:
    """
    Refuse an event for the value of a field.

    Raises
    ------
    RejectedEvent
        Always; the message names the field, its value and what was expected.
    """
    msg = f"invariant: {field} is {value!r}, expected {expected}"
    raise RejectedEvent(msg)
