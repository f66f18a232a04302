"""A print as every stage counts it."""

from typing import Final

import msgspec

MICRO: Final = 1_000_000
BUY: Final = "buy"
SELL: Final = "sell"
UNKNOWN: Final = "unknown"


class ObservedPrint(msgspec.Struct, frozen=True, gc=False):
    """
    A trade with everything that was decided about it; a cancel takes away exactly the same.

    Parameters
    ----------
    trace_id : str
        Of the print.
    ts : int
        Event time it counts at, ns UTC: its own, or that of the print it corrects.
    seq, ingest_ts : int
        Of the print.
    at_e4, micro : int
        Price in 1/10,000 dollar, size in 1/1,000,000 share.
    trade_date : int
        Days since 1970-01-01.
    session : str
        `pre`, `rth`, `post` or `closed`.
    off_exchange, odd_lot : bool
        Reported by a FINRA facility; condition `I`.
    nbbo_side : str
        `AA A MID B BB MISSING STALE`.
    direction : str
        `buy`, `sell` or `unknown`.
    volume, last, high_low, levels, baseline : bool
        What it may update (sale conditions, 4): `last` and `high_low` with the conditions "if
        first", "if newest" and "pre/post" already decided.
    """

    trace_id: str
    ts: int
    seq: int
    ingest_ts: int
    at_e4: int
    micro: int
    trade_date: int
    session: str
    off_exchange: bool
    odd_lot: bool
    nbbo_side: str
    direction: str
    volume: bool
    last: bool
    high_low: bool
    levels: bool
    baseline: bool
