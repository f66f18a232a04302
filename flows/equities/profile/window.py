"""A window that develops, comes out again whenever it changed, and closes."""

import hashlib

from flows.equities.profile.histogram import Dense
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.histogram import HistogramState
from flows.equities.profile.record import Issue
from flows.equities.profile.record import ProfileMaker
from flows.equities.profile.record import Span
from flows.equities.profile.rows import Grid
from schemas.records import EquityProfile

WindowState = tuple[HistogramState, int, bytes, bool, bool]


def digest(dense: Dense) -> bytes:
    """Return what tells one content from another."""
    return hashlib.blake2b(dense.content(), digest_size=8).digest()


class DevelopingWindow:
    """
    One profile and its revisions.

    Parameters
    ----------
    span : Span
        What it is of.
    grid : Grid
        Rows of the trading date.
    """

    def __init__(self, span: Span, grid: Grid) -> None:
        self.span = span
        self.histogram = Histogram(grid)
        self.is_changed = False
        self.is_closed = False
        self._revision = 0
        self._digest = b""

    @property
    def due_ns(self) -> int | None:
        """Return when it has to close; null when nothing came out yet, or it has closed."""
        return self.span.end_ns if self._revision and not self.is_closed else None

    def merge(self, bucket: Histogram) -> None:
        """Add a bucket of prints."""
        self.histogram.merge(bucket)
        self.histogram.heard(bucket.ingest_ts, bucket.seq)
        self.is_changed = True

    def evaluate(self, at_ns: int, maker: ProfileMaker) -> EquityProfile | None:
        """Return what there is to say at a boundary; null when nothing is new."""
        closed = at_ns >= self.span.end_ns
        is_closing = closed and not self.is_closed and self._revision > 0
        if not self.is_changed and not is_closing:
            return None
        self.is_changed = False
        histogram = self.histogram
        dense = histogram.dense()
        content = digest(dense)
        is_same = content == self._digest if self._revision else not dense.volume
        if is_same and not is_closing:
            return None
        issue = Issue(at_ns, self._revision, closed, histogram.ingest_ts, histogram.seq)
        self._revision += 1
        self._digest = content
        self.is_closed = closed
        return maker.record(self.span, dense, issue)

    def state(self) -> WindowState:
        """Return the window as plain data."""
        return (
            self.histogram.state(), self._revision, self._digest, self.is_changed, self.is_closed
        )  # fmt: skip

    def load(self, state: WindowState) -> None:
        """Go on from a state."""
        counts, self._revision, self._digest, self.is_changed, self.is_closed = state
        self.histogram = Histogram.restore(self.histogram.grid, counts)
