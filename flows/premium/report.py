"""What the partitions tell the tide."""

from typing import Final

import msgspec

from flows.premium.measures import Totals

NOT_STARTED_NS: Final = -1


class Change(msgspec.Struct, frozen=True, gc=False):
    """
    What one minute of the market gained in a partition.

    Parameters
    ----------
    trade_date, start : int
        Session, and the minute's first instant in ns UTC.
    market, basket : array of int
        Totals to add, over all underlyings and over those of the basket.
    ingest_ts, seq : int
        Of the rows in it.
    """

    trade_date: int
    start: int
    market: Totals
    basket: Totals
    ingest_ts: int
    seq: int


class Update(msgspec.Struct, frozen=True, gc=False):
    """
    What became knowable in a partition at one instant.

    Parameters
    ----------
    at_ns : int
        Event time, ns UTC.
    changes : tuple of Change
        By session and minute; none where minutes only closed.
    """

    at_ns: int
    changes: tuple[Change, ...]


class Report(msgspec.Struct, frozen=True, gc=False):
    """
    How far a partition has got.

    Parameters
    ----------
    partition : int
        Its number.
    updates : tuple of Update
        Since its last report, in order.
    reached_ns : int
        No later report holds an update at or before this event time (ns UTC); `NOT_STARTED_NS`
        before the first row.
    is_end : bool
        Its input has ended.
    """

    partition: int
    updates: tuple[Update, ...]
    reached_ns: int
    is_end: bool
