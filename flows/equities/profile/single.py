"""Profiles of single minutes."""

from collections.abc import Callable

from flows.equities.profile.config import CADENCE_NS
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.record import MINUTE
from flows.equities.profile.record import Issue
from flows.equities.profile.record import ProfileMaker
from flows.equities.profile.record import Span
from flows.equities.profile.window import digest
from schemas.records import EquityProfile

# minute, next revision, what came out last, its newest inputs
_Issued = tuple[int, int, bytes, int, int]
SingleState = tuple[list[int], list[_Issued]]


class SingleMinutes:
    """
    Bring a profile of every minute out, and again when a late print or a cancel changes it.

    Parameters
    ----------
    is_on : bool
        Whether there are such profiles at all.
    """

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._changed: dict[int, None] = {}
        self._issued: dict[int, tuple[int, bytes, int, int]] = {}

    def change(self, number: int, ingest_ts: int, seq: int) -> None:
        """Take note that a minute has changed, and of the input that changed it."""
        if self._is_on:
            revision, before, newest, _ = self._issued.get(number, (0, b"", 0, 0))
            self._issued[number] = revision, before, max(newest, ingest_ts), seq
            self._changed[number] = None

    def evaluate(
        self, at_ns: int, maker: ProfileMaker, minute_of: Callable[[int], Histogram]
    ) -> list[EquityProfile]:
        """Return the minutes that are new or have changed, in order of time."""
        out = []
        for number in sorted(self._changed):
            revision, before, ingest_ts, seq = self._issued[number]
            dense = minute_of(number).dense()
            content = digest(dense) if dense.volume else b""
            if content == before:
                continue
            self._issued[number] = revision + 1, content, ingest_ts, seq
            start_ns = number * CADENCE_NS
            span = Span(MINUTE, str(start_ns), start_ns, start_ns + CADENCE_NS)
            out.append(maker.record(span, dense, Issue(at_ns, revision, True, ingest_ts, seq)))
        self._changed.clear()
        return out

    def forget(self, before_ns: int) -> None:
        """Forget the minutes before an instant (ns UTC); nothing changes them any more."""
        first = before_ns // CADENCE_NS
        self._issued = {number: each for number, each in self._issued.items() if number >= first}

    def state(self) -> SingleState:
        """Return what came out as plain data."""
        issued = [(number, *each) for number, each in sorted(self._issued.items())]
        return list(self._changed), issued

    def load(self, state: SingleState) -> None:
        """Go on from a state."""
        changed, issued = state
        self._changed = dict.fromkeys(changed)
        self._issued = {
            number: (revision, seen, newest, seq) for number, revision, seen, newest, seq in issued
        }
