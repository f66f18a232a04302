"""Profiles of several closed regular sessions together."""

import zlib
from collections.abc import Iterable

import msgspec

from flows.common.eastern import iso_date
from flows.common.sessions import rth_bounds_ns
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.histogram import HistogramState
from flows.equities.profile.record import COMPOSITE
from flows.equities.profile.record import Issue
from flows.equities.profile.record import ProfileMaker
from flows.equities.profile.record import Span
from flows.equities.profile.rows import Grid
from flows.equities.profile.window import digest
from schemas.records import EquityProfile

_PackedSession = tuple[int, int, HistogramState]
# what came out last by length: length, last date, next revision, digest
_Issued = tuple[int, int, int, bytes]
CompositeState = tuple[list[bytes], list[_Issued]]


class _Session(msgspec.Struct):
    histogram: Histogram
    packed: bytes = b""


class Composites:
    """
    Keep the last closed sessions and add them up.

    A composite of n sessions holds as many as are known up to n, from two on; a longer one that
    would hold the same sessions as a shorter one does not come out. Its rows have the height of
    the coarsest session's; a finer row goes where its label lies.

    Parameters
    ----------
    lengths : iterable of int
        Sessions of each composite.
    """

    def __init__(self, lengths: Iterable[int]) -> None:
        self._lengths = tuple(sorted(set(lengths)))
        self._sessions: dict[int, _Session] = {}
        self._issued: dict[int, tuple[int, int, bytes]] = {}
        self._is_changed = False

    def closed(self, trade_date: int, histogram: Histogram) -> None:
        """Take a session that has closed, or has changed since; the histogram is not copied."""
        if not self._lengths:
            return
        self._is_changed = True
        self._sessions[trade_date] = _Session(histogram)
        self._sessions = dict(sorted(self._sessions.items())[-self._lengths[-1] :])

    def evaluate(self, at_ns: int, maker: ProfileMaker) -> list[EquityProfile]:
        """Return the composites that are new or have changed."""
        out: list[EquityProfile] = []
        if not self._is_changed:
            return out
        self._is_changed = False
        held = 1
        for length in self._lengths:
            dates = list(self._sessions)[-length:]
            if len(dates) <= held:
                break
            held = len(dates)
            record = self._record(length, dates, at_ns, maker)
            if record is not None:
                out.append(record)
        return out

    def _record(
        self, length: int, dates: list[int], at_ns: int, maker: ProfileMaker
    ) -> EquityProfile | None:
        sessions = [self._sessions[date].histogram for date in dates]
        total = Histogram(Grid(max(each.grid.row_e4 for each in sessions)))
        for each in sessions:
            total.merge(each)
            total.heard(each.ingest_ts, each.seq)
        dense = total.dense()
        content = digest(dense)
        last_date, revision, before = self._issued.get(length, (0, 0, b""))
        if last_date != dates[-1]:
            revision = 0
        elif content == before:
            return None
        self._issued[length] = dates[-1], revision + 1, content
        span = Span(
            COMPOSITE,
            f"{length}-{iso_date(dates[-1])}",
            rth_bounds_ns(dates[0])[0],
            rth_bounds_ns(dates[-1])[1],
        )
        issue = Issue(at_ns, revision, True, total.ingest_ts, total.seq)
        return maker.record(span, dense, issue)

    def state(self) -> CompositeState:
        """Return the sessions as plain data; one that is closed is packed once."""
        for date, session in self._sessions.items():
            if not session.packed:
                histogram = session.histogram
                plain: _PackedSession = date, histogram.grid.row_e4, histogram.state()
                session.packed = zlib.compress(msgspec.msgpack.encode(plain))
        issued = [(length, *each) for length, each in sorted(self._issued.items())]
        return [session.packed for session in self._sessions.values()], issued

    def load(self, state: CompositeState) -> None:
        """Go on from a state."""
        packed, issued = state
        self._sessions = {}
        for data in packed:
            date, row_e4, counts = msgspec.msgpack.decode(
                zlib.decompress(data), type=_PackedSession
            )
            self._sessions[date] = _Session(Histogram.restore(Grid(row_e4), counts), data)
        self._issued = {length: (date, revision, seen) for length, date, revision, seen in issued}
