"""Buckets of one minute with their running sums over the session, and their revisions."""

from array import array
from bisect import bisect_left
from bisect import insort
from typing import Final

import msgspec

from flows.premium.config import INTERVAL_NS
from flows.premium.measures import Totals
from flows.premium.measures import add_totals
from flows.premium.measures import no_totals

# (start, totals, running sums, next revision, ingest_ts, seq)
BucketState = tuple[int, bytes, bytes, int, int, int]
BookState = tuple[str, list[tuple[int, list[BucketState]]], list[int]]
LedgerState = tuple[list[BookState], list[tuple[str, int, int]], list[tuple[str, int, int]]]


class Bucket:
    """
    One minute of one key.

    Parameters
    ----------
    start : int
        First instant, ns UTC.

    Notes
    -----
    `totals` are its own sums, `running` those of the session up to and including it, as of the
    last time it came out; `revision` is the one it comes out with next.
    """

    __slots__ = ("ingest_ts", "revision", "running", "seq", "start", "totals")

    def __init__(self, start: int) -> None:
        self.start = start
        self.totals: Totals = no_totals()
        self.running: Totals = no_totals()
        self.revision = 0
        self.ingest_ts = 0
        self.seq = 0

    def state(self) -> BucketState:
        """Return the bucket as plain data."""
        sums = self.totals.tobytes(), self.running.tobytes()
        return self.start, *sums, self.revision, self.ingest_ts, self.seq

    @classmethod
    def restore(cls, state: BucketState) -> "Bucket":
        """Return the bucket of a state."""
        bucket = cls(state[0])
        bucket.totals = array("q", state[1])
        bucket.running = array("q", state[2])
        bucket.revision, bucket.ingest_ts, bucket.seq = state[3:]
        return bucket


class Revision(msgspec.Struct, frozen=True, gc=False):
    """
    A bucket as it comes out.

    Parameters
    ----------
    key : str
        Underlying, or `_market` or `_basket`.
    trade_date : int
        Session, days since 1970-01-01.
    bucket : Bucket
        With running sums; read before the ledger goes on.
    revision : int
        0 the first time.
    at_ns : int
        Event time at which it became knowable, ns UTC.
    """

    key: str
    trade_date: int
    bucket: Bucket
    revision: int
    at_ns: int

    @property
    def forming(self) -> bool:
        """Whether more was to come."""
        return self.at_ns < self.bucket.start + INTERVAL_NS


class _Session:
    __slots__ = ("buckets", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.buckets: dict[int, Bucket] = {}

    def bucket(self, start: int) -> Bucket:
        found = self.buckets.get(start)
        if found is None:
            found = self.buckets[start] = Bucket(start)
            insort(self.starts, start)
        return found

    def summed_from(self, start: int) -> list[Bucket]:
        """Bring running sums up to date from a bucket on, and return those buckets."""
        at = bisect_left(self.starts, start)
        before = self.buckets[self.starts[at - 1]].running if at else no_totals()
        found = [self.buckets[each] for each in self.starts[at:]]
        for bucket in found:
            running = array("q", before)
            add_totals(running, bucket.totals)
            bucket.running = before = running
        return found


class _Book:
    __slots__ = ("closed", "sessions")

    def __init__(self) -> None:
        self.sessions: dict[int, _Session] = {}
        self.closed: list[int] = []


class Ledger:
    """
    Buckets of any number of keys.

    A session begins empty: running sums start again with every trade date. What is counted into
    an earlier bucket revises it and, because running sums contain it, every later bucket of that
    session.

    Parameters
    ----------
    sessions : int
        Sessions kept of each key; with the next one the earliest of them is closed for good.
    """

    def __init__(self, sessions: int) -> None:
        self._kept: Final = sessions
        self._books: dict[str, _Book] = {}
        self._changed: dict[tuple[str, int], int] = {}
        self._forming: dict[tuple[str, int], int] = {}

    def change(self, key: str, trade_date: int, start: int) -> Bucket | None:
        """
        Return a bucket that is about to change; it comes out with the next `flush`.

        Returns
        -------
        Bucket | None
            Null for a session that was closed: its sums are no longer known.
        """
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = _Book()
        session = book.sessions.get(trade_date)
        if session is None:
            session = self._begin(key, book, trade_date)
            if session is None:
                return None
        name = key, trade_date
        changed = self._changed.get(name)
        if changed is None or start < changed:
            self._changed[name] = start
        return session.bucket(start)

    def _begin(self, key: str, book: _Book, trade_date: int) -> _Session | None:
        if trade_date in book.closed:
            return None
        if len(book.sessions) >= self._kept:
            # A change that has not come out yet is not lost with its session.
            oldest = min(
                (day for day in book.sessions if (key, day) not in self._changed), default=None
            )
            if oldest is not None:
                del book.sessions[oldest]
                self._forming.pop((key, oldest), None)
                book.closed.append(oldest)
        session = book.sessions[trade_date] = _Session()
        return session

    def flush(self, at_ns: int) -> list[Revision]:
        """
        Return every bucket that changed, or closed, since the last time.

        Parameters
        ----------
        at_ns : int
            Event time reached, ns UTC; buckets that end at or before it are closed.

        Returns
        -------
        list of Revision
            By key, session and bucket.
        """
        due = self._changed
        for name, start in self._forming.items():
            if start + INTERVAL_NS <= at_ns:
                due[name] = min(start, due.get(name, start))
        if not due:
            return []
        self._changed = {}
        found = []
        for name in sorted(due):
            self._forming.pop(name, None)
            for bucket in self._books[name[0]].sessions[name[1]].summed_from(due[name]):
                revision = Revision(*name, bucket, bucket.revision, at_ns)
                bucket.revision += 1
                found.append(revision)
                if revision.forming:
                    self._forming[name] = bucket.start
        return found

    def state(self) -> LedgerState:
        """Return the ledger as plain data."""
        books = [
            (
                key,
                [
                    (day, [session.buckets[start].state() for start in session.starts])
                    for day, session in book.sessions.items()
                ],
                list(book.closed),
            )
            for key, book in self._books.items()
        ]
        changed = [(*name, start) for name, start in self._changed.items()]
        return books, changed, [(*name, start) for name, start in self._forming.items()]

    def load(self, state: LedgerState) -> None:
        """Take up what `state` returned."""
        books, changed, forming = state
        for key, sessions, closed in books:
            book = self._books[key] = _Book()
            book.closed = list(closed)
            for day, buckets in sessions:
                session = book.sessions[day] = _Session()
                session.buckets = {each[0]: Bucket.restore(each) for each in buckets}
                session.starts = [each[0] for each in buckets]
        self._changed = {(key, day): start for key, day, start in changed}
        self._forming = {(key, day): start for key, day, start in forming}
