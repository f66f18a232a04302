"""The next scheduled event of an underlying, as it was known at an instant."""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_S
from flows.common.calendar import eastern_ns
from flows.common.eastern import eastern_date
from schemas.records import MarketEvent

# What happens now is no date to trade towards.
UNSCHEDULED_KINDS: Final = frozenset({"halt", "resume", "luld", "status"})
# A print later than this behind its underlying's newest day finds past events forgotten.
KEPT_NS: Final = 7 * 86_400 * NS_PER_S


class NextEvent(msgspec.Struct, frozen=True, gc=False):
    """
    A scheduled event as seen from an instant before it.

    Parameters
    ----------
    event_id : str
        Identity over all its revisions.
    kind : str
        `earnings`, `dividend`, `split`, `fda`, `macro`, …
    event_ts : int
        When it takes place, ns UTC.
    days : int
        Calendar days in New York from the instant to the event, 0 on the day itself.
    """

    event_id: str
    kind: str
    event_ts: int
    days: int


class _Revision(msgspec.Struct, frozen=True, gc=False):
    announced_ts: int
    event_ts: int
    kind: str


class _Answer(msgspec.Struct, frozen=True, gc=False):
    """What holds for every instant from `start_ns` to before `end_ns`."""

    start_ns: int
    end_ns: int
    event: NextEvent | None


class EventCalendar:
    """
    Scheduled events of underlyings, each with all it was announced to be.

    A look at an instant sees what was announced by then and nothing else, whatever was added
    since: a revision replaces the one before it from its own announcement on. Of revisions
    announced at one instant the last added holds.

    Notes
    -----
    Source: options flow specification, 11. A look is O(1) within a day, O(events of the
    underlying) when the day or its calendar changes. Memory: events a week past and revisions
    replaced a week ago are forgotten at the next look.
    """

    __slots__ = ("_answers", "_events")

    def __init__(self) -> None:
        self._events: dict[str, dict[str, list[_Revision]]] = {}
        self._answers: dict[str, _Answer] = {}

    def add(self, event: MarketEvent) -> None:
        """Take an announcement; halts and other kinds that are no dates are ignored."""
        if event.kind in UNSCHEDULED_KINDS:
            return
        events = self._events.setdefault(event.underlying_id, {})
        revision = _Revision(event.announced_ts, event.event_ts, event.kind)
        _insert(events.setdefault(event.event_id, []), revision)
        self._answers.pop(event.underlying_id, None)

    def next_event(self, underlying_id: str, ts: int) -> NextEvent | None:
        """
        Return the nearest event that was announced by an instant and not yet past.

        Parameters
        ----------
        underlying_id : str
            Root symbol of the underlying.
        ts : int
            The instant, ns UTC.

        Returns
        -------
        NextEvent | None
            That with the smallest `event_ts` from `ts` on, of equal ones the smallest id; None
            when none was known.
        """
        answer = self._answers.get(underlying_id)
        if answer is not None and answer.start_ns <= ts < answer.end_ns:
            return answer.event
        events = self._events.get(underlying_id)
        if events is None:
            return None
        answer = self._answers[underlying_id] = _look(events, ts)
        return answer.event

    def state(self) -> list[Any]:
        """Return plain data from which `load` builds an equal calendar."""
        astuple = msgspec.structs.astuple
        return [
            [
                underlying_id,
                [
                    [event_id, [list(astuple(revision)) for revision in revisions]]
                    for event_id, revisions in events.items()
                ],
            ]
            for underlying_id, events in self._events.items()
        ]

    def load(self, state: Sequence[Any]) -> None:
        """Become what `state` came from."""
        self._answers = {}
        self._events = {
            underlying_id: {
                event_id: [_Revision(*revision) for revision in revisions]
                for event_id, revisions in events
            }
            for underlying_id, events in state
        }


def _insert(revisions: list[_Revision], revision: _Revision) -> None:
    """Put a revision behind those announced before it, in the place of one of its instant."""
    at = len(revisions)
    while at > 0 and revisions[at - 1].announced_ts > revision.announced_ts:
        at -= 1
    if at > 0 and revisions[at - 1].announced_ts == revision.announced_ts:
        revisions[at - 1] = revision
    else:
        revisions.insert(at, revision)


def _look(events: dict[str, list[_Revision]], ts: int) -> _Answer:
    day = eastern_date(ts)
    start, end = eastern_ns(day, 0), eastern_ns(day + 1, 0)
    _forget(events, start - KEPT_NS)
    found: tuple[int, str, str] | None = None
    for event_id, revisions in events.items():
        held: _Revision | None = None
        for revision in revisions:
            if revision.announced_ts > ts:
                end = min(end, revision.announced_ts)
                break
            start = max(start, revision.announced_ts)
            held = revision
        if held is None:
            continue
        if held.event_ts < ts:
            start = max(start, held.event_ts + 1)
            continue
        end = min(end, held.event_ts + 1)
        seen = (held.event_ts, event_id, held.kind)
        found = seen if found is None else min(found, seen)
    if found is None:
        return _Answer(start, end, None)
    event_ts, event_id, kind = found
    return _Answer(start, end, NextEvent(event_id, kind, event_ts, eastern_date(event_ts) - day))


def _forget(events: dict[str, list[_Revision]], before_ns: int) -> None:
    """Drop what no instant from `before_ns` on can see."""
    for event_id in list(events):
        revisions = events[event_id]
        # The newest of those announced by then is seen there; those before it never again.
        held = sum(revision.announced_ts <= before_ns for revision in revisions) - 1
        if held == len(revisions) - 1 and revisions[held].event_ts < before_ns:
            del events[event_id]
        elif held > 0:
            del revisions[:held]
