"""What an equity record has to fulfil before it is used; the rest are dead letters."""

import math
from typing import Final

from flows.common.admission import check_stamp
from flows.common.admission import reject
from schemas.records import EquityPrint
from schemas.records import EquityQuote

# Beyond it a size in 1/1,000,000 share, or a price in 1/10,000 dollar, leaves 64 bits.
MAX_SIZE: Final = 1e12
MAX_PRICE: Final = 1e9
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
    check_stamp(record.source_ts)
    if not 0.0 < record.price < MAX_PRICE:
        reject("price", record.price, "a number above 0, below 1,000,000,000")
    if not 0.0 < record.size < MAX_SIZE:
        reject("size", record.size, "a number above 0, below 1,000,000,000,000")
    if record.action not in _ACTIONS:
        reject("action", record.action, "trade or cancel")
    if record.action == "cancel" and record.ref_trace_id is None:
        reject("ref_trace_id", None, "the print that is cancelled")


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
            reject(name, price, "a number from 0, below 1,000,000,000")
    for name, size in (("bid_size", record.bid_size), ("ask_size", record.ask_size)):
        if size is not None and not 0.0 <= size < math.inf:
            reject(name, size, "a finite number from 0")
