"""Half-hours of the trading day, and what traded in them session by session."""

from array import array
from bisect import bisect_left
from datetime import UTC
from datetime import datetime
from functools import lru_cache
from typing import Final

from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.common.calendar import session_close_ns

# Every boundary of regular trading hours lies on a half-hour, in Eastern and UTC alike.
SLOT_NS: Final = 30 * NS_PER_MINUTE
OUTSIDE: Final = 13
BUCKETS: Final = 14
_OPEN_MINUTE: Final = 9 * 60 + 30
_FIELDS: Final = 3  # cents, contracts, prints

TotalsState = list[tuple[int, bytes]]


@lru_cache(maxsize=4096)
def bucket_of(slot: int) -> int:
    """
    Return which half-hour of regular trading a half-hour of time is.

    Parameters
    ----------
    slot : int
        Event time // `SLOT_NS`.

    Returns
    -------
    int
        0 (09:30 Eastern) to 12 (15:30); `OUTSIDE` before the open, from the close on (early closes
        included) and on days without a session.
    """
    at_ns = slot * SLOT_NS
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    close = session_close_ns((local.date() - EPOCH).days)
    minute = local.hour * 60 + local.minute
    if close is None or minute < _OPEN_MINUTE or at_ns >= close:
        return OUTSIDE
    return (minute - _OPEN_MINUTE) // 30


class SessionTotals:
    """
    Premium, contracts and prints of an underlying by half-hour, one row a session it traded in.

    The newest row is the running session; before it up to `sessions` finished ones are kept. What
    comes for a session older than those is not counted.

    Parameters
    ----------
    sessions : int
        Finished sessions to keep.
    """

    __slots__ = ("_dates", "_newest", "_newest_date", "_rows", "_sessions")

    def __init__(self, sessions: int) -> None:
        self._sessions = sessions
        self._dates: list[int] = []
        self._rows: list[array[int]] = []
        self._newest_date = -1
        self._newest: array[int] = array("q")

    def add(self, trade_date: int, bucket: int, cents: int, size: int, prints: int) -> None:
        """
        Count a print, or take one back with negative figures.

        Parameters
        ----------
        trade_date : int
            Days since 1970-01-01.
        bucket : int
            Half-hour, see `bucket_of`.
        cents, size, prints : int
            Premium in cents, contracts, and 1 or -1.
        """
        if trade_date == self._newest_date:
            row: array[int] | None = self._newest
        else:
            row = self._row(trade_date, is_new=prints > 0)
        if row is None:
            return
        at = _FIELDS * bucket
        row[at] += cents
        row[at + 1] += size
        row[at + 2] += prints

    def of(self, bucket: int) -> list[tuple[int, float, int, int]]:
        """Return session, premium in $, contracts and prints of a half-hour, oldest first."""
        at = _FIELDS * bucket
        return [
            (date, row[at] / 100, row[at + 1], row[at + 2])
            for date, row in zip(self._dates, self._rows, strict=True)
        ]

    def _row(self, trade_date: int, *, is_new: bool) -> "array[int] | None":
        dates = self._dates
        place = bisect_left(dates, trade_date)
        if place < len(dates) and dates[place] == trade_date:
            return self._rows[place]
        if not is_new or (place == 0 and len(dates) > self._sessions):
            return None
        row = array("q", [0] * (_FIELDS * BUCKETS))
        dates.insert(place, trade_date)
        self._rows.insert(place, row)
        if len(dates) > self._sessions + 1:
            del dates[0], self._rows[0]
        self._newest_date = dates[-1]
        self._newest = self._rows[-1]
        return row

    def state(self) -> TotalsState:
        """Return the rows as plain data."""
        return [(date, row.tobytes()) for date, row in zip(self._dates, self._rows, strict=True)]

    def load(self, state: TotalsState) -> None:
        """Take over the newest rows of a state."""
        self._dates = []
        self._rows = []
        for date, data in state[-self._sessions - 1 :]:
            row = array("q")
            row.frombytes(data)
            self._dates.append(date)
            self._rows.append(row)
        if self._dates:
            self._newest_date = self._dates[-1]
            self._newest = self._rows[-1]
