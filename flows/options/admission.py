"""What an event has to fulfil before the engine sees it; the rest are dead letters."""

import math

from flows.common.admission import check_stamp
from flows.common.admission import reject
from flows.common.calendar import FIRST_DAY
from flows.common.calendar import LAST_DAY
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint


def admit(record: OptionsPrint | OptionsNbbo | EquityQuote | MarketEvent | OpenInterest) -> None:
    """
    Check the invariants that feeds promise and every calculation relies on.

    Quotes are only checked for their time: what is wrong with their prices is a placement.
    Reference data may not claim to have been known before it came.

    Raises
    ------
    RejectedEvent
        The message names the field, its value and what was expected.

    Notes
    -----
    Source: options flow specification, 1.1.
    """
    check_stamp(record.source_ts)
    if type(record) is OptionsPrint:
        _admit_print(record)
    elif type(record) is OpenInterest:
        if record.oi < 0:
            reject("oi", record.oi, "0 or more contracts")
        if record.published_ts < record.source_ts:
            reject("published_ts", record.published_ts, "not before source_ts")
    elif type(record) is MarketEvent and record.announced_ts < record.source_ts:
        reject("announced_ts", record.announced_ts, "not before source_ts")


def _admit_print(record: OptionsPrint) -> None:
    if not 0.0 <= record.price < math.inf:
        reject("price", record.price, "a finite number from 0")
    if record.size <= 0:
        reject("size", record.size, "1 or more contracts")
    if not 0.0 < record.strike < math.inf:
        reject("strike", record.strike, "a finite number above 0")
    if record.multiplier <= 0:
        reject("multiplier", record.multiplier, "1 or more units")
    if record.right not in {"C", "P"}:
        reject("right", record.right, "C or P")
    if not FIRST_DAY <= record.expiry <= LAST_DAY:
        reject("expiry", record.expiry, "days since 1970-01-01 from 1990 to 2099")
