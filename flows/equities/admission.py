"""What an equity record has to fulfil before it is used; the rest are dead letters."""

import math
from typing import Final
from typing import NoReturn

from flows.common.calendar import FIRST_DAY
from flows.common.calendar import LAST_DAY
from flows.errors import RejectedEvent
from schemas.records import EquityPrint
from schemas.records import EquityQuote

NS_PER_DAY: Final = 86_400_000_000_000
# Beyond it a size in 1/1,000,000 share, or a price in 1/10,000 dollar, leaves 64 bits.
MAX_SIZE: Final = 1e12
MAX_PRICE: Final = 1e9
_FIRST_NS: Final = FIRST_DAY * NS_PER_DAY
_LAST_NS: Final = (LAST_DAY + 1) * NS_PER_DAY
_ACTIONS: Final = frozenset({"trade", "cancel"})


def check_print(record: EquityPrint) -> None:
    """
    Check what feeds promise of a print.

    Raises
    ------
    RejectedEvent
        The message names the field, its value and what was expected.

    Notes
    -----
    Source: equities specification, 3.
    """
    if not _FIRST_NS <= record.source_ts < _LAST_NS:
        _reject("source_ts", record.source_ts, "ns UTC from 1990 to 2099")
    if not 0.0 < record.price < MAX_PRICE:
        _reject("price", record.price, "a number above 0, below 1,000,000,000")
    if not 0.0 < record.size < MAX_SIZE:
        _reject("size", record.size, "a number above 0, below 1,000,000,000,000")
    if record.action not in _ACTIONS:
        _reject("action", record.action, "trade or cancel")
    if record.action == "cancel" and record.ref_trace_id is None:
        _reject("ref_trace_id", None, "the print that is cancelled")


def check_quote(record: EquityQuote) -> None:
    """
    Check what feeds promise of a quote; a side without a price is none.

    Raises
    ------
    RejectedEvent
        The message names the field, its value and what was expected.
    """
    for name, price in (("bid", record.bid), ("ask", record.ask)):
        if price is not None and not 0.0 <= price < MAX_PRICE:
            _reject(name, price, "a number from 0, below 1,000,000,000")
    for name, size in (("bid_size", record.bid_size), ("ask_size", record.ask_size)):
        if size is not None and not 0.0 <= size < math.inf:
            _reject(name, size, "a finite number from 0")


def _reject(field: str, value: object, expected: str) -> NoReturn:
    msg = f"invariant: {field} is {value!r}, expected {expected}"
    raise RejectedEvent(msg)
