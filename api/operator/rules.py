"""When an alert rule speaks: cooldown, quiet hours, snooze and the bound of an hour."""

from collections import OrderedDict
from collections import deque
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from operator import attrgetter
from typing import Any
from typing import Final
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from api.streams import Stream

EASTERN: Final = ZoneInfo("America/New_York")
NS_PER_S: Final = 1_000_000_000
HOUR_NS: Final = 3600 * NS_PER_S
MAX_KNOWN: Final = 10_000
# What the log has held for longer is history: whoever comes back is not told of it all at once.
MAX_AGE_MS: Final = 900_000.0

Verdict = Literal["fires", "repeat", "old", "snoozed", "quiet", "cooldown", "hourly"]

# Where a record says what a rule tells records apart by, the first that there is.
_PATHS: Final = {
    "underlying": ("underlying_id",),
    "contract": ("option_contract_id", "features.option_contract_id"),
    "classifier": ("classifier_id", "hits.classifier_id"),
}


def dedupe_path(stream: Stream, dedupe_by: str) -> str:
    """
    Return where records of a stream say what a rule tells them apart by; empty for nowhere.

    Parameters
    ----------
    stream : Stream
        Whose records.
    dedupe_by : str
        `underlying`, `contract` or `classifier`.
    """
    fields = {field["name"]: field["type"] for field in stream.schema.schema["fields"]}
    for path in _PATHS[dedupe_by]:
        first, _, second = path.partition(".")
        if first in fields and (not second or f"'name': '{second}'" in str(fields[first])):
            return path
    return ""


def dedupe_key(stream: Stream, dedupe_by: str) -> Callable[[Any], str]:
    """
    Return what makes the cooldown key of a record; empty where the record does not know it.

    An alert's classifier is that of its first hit, the strongest.
    """
    path = dedupe_path(stream, dedupe_by)
    if path == "hits.classifier_id":
        return lambda record: record.hits[0].classifier_id if record.hits else ""
    get = attrgetter(path)
    return lambda record: get(record) or ""


class RulePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """
    How often, and when, a rule speaks.

    Parameters
    ----------
    cooldown_s : int
        Least event time between two matches of one key.
    quiet_from, quiet_to : str
        `HH:MM` Eastern, the second one excluded; both empty for none.
    snooze_until_ns : int
        Wall time, ns UTC, until which nothing is said; 0 for none.
    max_per_hour : int
        Most in any hour of wall time; 0 for no bound.
    """

    cooldown_s: int = 300
    quiet_from: str = ""
    quiet_to: str = ""
    snooze_until_ns: int = 0
    max_per_hour: int = 0

    def is_quiet(self, now_ns: int) -> bool:
        """Return whether a wall time, ns UTC, lies in the quiet hours."""
        if self.quiet_from == self.quiet_to:
            return False
        at = datetime.fromtimestamp(now_ns // NS_PER_S, UTC).astimezone(EASTERN)
        clock = at.strftime("%H:%M")
        if self.quiet_from < self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to


class RuleMemory:
    """
    What a rule has said, and the verdict on what comes next.

    A record that comes again, or a later revision of it, is a repeat. Cooldown goes by event time,
    so that every gateway comes to the same; quiet hours, snooze and the bound of an hour protect
    the operator and go by the wall clock.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._events: OrderedDict[str, None] = OrderedDict()
        self._spoken: OrderedDict[str, int] = OrderedDict()
        self._hour: deque[int] = deque()

    def judge(
        self, policy: RulePolicy, key: str, event_id: str, source_ts: int, now_ns: int
    ) -> Verdict:
        """
        Return whether a match is told, and if not, why.

        Parameters
        ----------
        policy : RulePolicy
            The rule's, as it is now.
        key : str
            What the cooldown is for.
        event_id : str
            Id of the record over its revisions.
        source_ts : int
            Event time, ns UTC.
        now_ns : int
            Wall time, ns UTC.
        """
        if event_id in self._events:
            return "repeat"
        if now_ns < policy.snooze_until_ns:
            return "snoozed"
        if policy.is_quiet(now_ns):
            return "quiet"
        spoken = self._spoken.get(key)
        if spoken is not None and abs(source_ts - spoken) < policy.cooldown_s * NS_PER_S:
            return "cooldown"
        while self._hour and now_ns - self._hour[0] >= HOUR_NS:
            self._hour.popleft()
        if policy.max_per_hour and len(self._hour) >= policy.max_per_hour:
            return "hourly"
        self._hour.append(now_ns)
        self._events[event_id] = None
        self._spoken[key] = source_ts
        self._spoken.move_to_end(key)
        for known in (self._events, self._spoken):
            if len(known) > MAX_KNOWN:
                known.popitem(last=False)
        return "fires"
