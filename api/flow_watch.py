"""Whether the dataflows keep up: what each has written against what it was given."""

from collections.abc import Mapping
from typing import Final

import msgspec

from api.checks import NS_PER_S
from api.checks import CheckStatus
from api.checks import Found
from api.log_probe import Newest
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PREMIUM
from infra.pipeline.catalog import PipelineFlow

DEGRADED_S: Final = 30.0
DOWN_S: Final = 120.0


class Watched(msgspec.Struct, frozen=True):
    """
    A flow, the topic that tells how much it was given, and those that tell what became of it.

    Notes
    -----
    Every print has its record in the tape and revises its bar, so their watermarks are the flow's.
    Alerts and events are rare: that none comes says nothing.
    """

    flow: PipelineFlow
    given: str
    made: tuple[str, ...]


WATCHED: Final = (
    Watched(OPTIONS, "options.prints", ("options.tape",)),
    Watched(PREMIUM, "options.tape", ("options.net-premium",)),
    Watched(EQUITIES, "equities.prints", ("equities.candles", "equities.joins")),
)


class FlowLag(msgspec.Struct, frozen=True):
    """
    How far a flow is behind.

    Parameters
    ----------
    records : int
        Records it has not read.
    lag_s : float | None
        Event time from its newest output to its newest input; null without either.
    stalled_s : float
        Wall time for which its input moved and its output did not.
    """

    records: int
    lag_s: float | None
    stalled_s: float


class _Seen(msgspec.Struct):
    given: int = 0
    made: int = 0
    moved_s: float | None = None


class FlowWatch:
    """Remember how far the flows were, to tell one that is slow from one that stands still."""

    def __init__(self) -> None:
        self._seen = {each.flow.name: _Seen() for each in WATCHED}
        self._given_ts: dict[str, int] = {}

    def look(
        self,
        ends: Mapping[str, int],
        newest: Mapping[str, Newest],
        behind: Mapping[str, int],
        now_s: float,
    ) -> dict[str, FlowLag]:
        """
        Return how far each flow is behind.

        Parameters
        ----------
        ends : mapping
            Records each topic has had.
        newest : mapping
            Newest record by topic.
        behind : mapping
            Records not read, by flow.
        now_s : float
            A clock that only goes forward.
        """
        found = {}
        for each in WATCHED:
            name, seen = each.flow.name, self._seen[each.flow.name]
            given, made = ends.get(each.given, 0), sum(ends.get(topic, 0) for topic in each.made)
            if made != seen.made or behind.get(name, 0) == 0:
                seen.moved_s = None
            elif given != seen.given and seen.moved_s is None:
                seen.moved_s = now_s
            seen.given, seen.made = given, made
            stalled_s = 0.0 if seen.moved_s is None else now_s - seen.moved_s
            lag_s = self._lag_s(each, newest)
            found[name] = FlowLag(behind.get(name, 0), lag_s, stalled_s)
        self._given_ts = {topic: each.source_ts for topic, each in newest.items()}
        return found

    def _lag_s(self, each: Watched, newest: Mapping[str, Newest]) -> float | None:
        given = newest.get(each.given)
        made = [newest[topic].source_ts for topic in each.made if topic in newest]
        if given is None or not made:
            return None
        # After a quiet minute the first print is a minute ahead of everything made before it. Who
        # has what was there at the last look keeps up.
        if max(made) >= self._given_ts.get(each.given, given.source_ts):
            return 0.0
        return max(0.0, (given.source_ts - max(made)) / NS_PER_S)


def flow_found(lag: FlowLag) -> Found:
    """Judge a flow: 30 s behind is degraded, two minutes without a word while input moves down."""
    behind_s = "" if lag.lag_s is None else f" and {lag.lag_s:.1f} s"
    left = f"{lag.records:,} records{behind_s} behind its input"
    if lag.records == 0:
        return Found("ok", "has read all there is")
    if lag.stalled_s >= DOWN_S:
        return Found("down", f"has written nothing for {lag.stalled_s:.0f} s; {left}")
    is_late = lag.lag_s is not None and lag.lag_s > DEGRADED_S
    is_silent = lag.lag_s is None and lag.stalled_s > DEGRADED_S
    status: CheckStatus = "degraded" if is_late or is_silent else "ok"
    return Found(status, left)
