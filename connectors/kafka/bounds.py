"""Where reading the log begins and ends: by policy, by time, or where it ended at start; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal

import structlog

from connectors.errors import MisconfiguredConnector
from flows.common.calendar import NS_PER_MS

log: Final = structlog.get_logger()

# What was announced before a stretch of time is known in it.
REFERENCE: Final = "refdata."

Place = tuple[str, int]


def is_reference(topic: str) -> bool:
    """Return whether a topic holds reference data, in whatever namespace."""
    return topic.startswith(REFERENCE) or f".{REFERENCE}" in topic


@dataclass(frozen=True, slots=True)
class LogBounds:
    """
    Where inputs without an offset of their own begin, and where all of them end.

    Parameters
    ----------
    policy : {"new", "all"}
        Behind the last record, or at the first kept.
    stop_at_end : bool
        End where the log ended at start.
    from_ns, until_ns : int
        Stamps of the log, ns UTC, 0 for none. An input begins at its first record stamped in or
        after the millisecond of `from_ns`, whatever the policy, or at its end where there is none;
        it ends before the first one stamped at or after `until_ns`, or where the log ended at
        start where there is none. Reference data is read from its beginning all the same.
    has_marks : bool
        The end is not known here, but marks in the log will say it.

    Notes
    -----
    The broker's search by time counts: stamps need not rise along the log, and records with an
    earlier stamp may follow the one it finds. In a compressed batch a broker that does not unpack
    what it stores may name the batch's first record.
    """

    policy: Literal["new", "all"] = "all"
    stop_at_end: bool = False
    from_ns: int = 0
    until_ns: int = 0
    has_marks: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether the inputs end."""
        return self.stop_at_end or self.until_ns > 0

    @property
    def from_ms(self) -> int:
        """Stamp to begin at, ms UTC, 0 for none; earlier by less than a millisecond."""
        return self.from_ns // NS_PER_MS

    @property
    def until_ms(self) -> int:
        """Stamp to end before, ms UTC, 0 for none; later by less than a millisecond."""
        return -(-self.until_ns // NS_PER_MS)


@dataclass(frozen=True, slots=True)
class KeptLog:
    """
    What the broker says of one input.

    Parameters
    ----------
    place : (topic, partition)
        Which.
    first, following : int
        First offset kept, and the one behind the last record.
    """

    place: Place
    first: int
    following: int

    def begin(self, start: int | None, bounds: LogBounds, found: Mapping[Place, int]) -> int:
        """
        Return the offset to begin at.

        Parameters
        ----------
        start : int | None
            Offset of the resume state; null begins where the bounds say. One that is no longer
            kept becomes the first that is, and the loss is logged.
        bounds : LogBounds
            Where to begin without it.
        found : mapping
            First offsets stamped at or after `from_ns`, of the inputs that have one.

        Raises
        ------
        MisconfiguredConnector
            The offset lies behind the end of the log.
        """
        topic, partition = self.place
        if start is None:
            if bounds.from_ms and not is_reference(topic):
                # What was appended since the end was asked for is behind it.
                return min(found.get(self.place, self.following), self.following)
            return self.following if bounds.policy == "new" else self.first
        if start > self.following:
            msg = (
                f"resume state is at offset {start} of {topic}/{partition}, its log ends at "
                f"{self.following}: the state belongs to another log; remove the recovery store, "
                "or set COMPUTE_CONSUMER_RESET=true once"
            )
            raise MisconfiguredConnector(msg)
        if start < self.first:
            log.error(
                "source_gap",
                topic=topic,
                partition=partition,
                lost=self.first - start,
                first=self.first,
            )
        return max(start, self.first)

    def end(self, found: Mapping[Place, int]) -> int:
        """
        Return the offset to end before.

        Parameters
        ----------
        found : mapping
            First offsets stamped at or after `until_ns`, of the inputs that have one.
        """
        return min(found.get(self.place, self.following), self.following)
