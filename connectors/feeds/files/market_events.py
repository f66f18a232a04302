"""Scheduled events that a file tells."""

from typing import Final

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.base.items import Origin
from flows.options.contracts import eastern_ns
from schemas.records import MarketEvent

BMO: Final = "bmo"
AMC: Final = "amc"
UNKNOWN: Final = "unknown"

# When a calendar is fetched each day, and so the time of day of one that is known by its date.
FETCHED_MINUTE: Final = 6 * 60
_BEFORE_OPEN_MINUTE: Final = 8 * 60
_AFTER_CLOSE_MINUTE: Final = 16 * 60


def event_instant_ns(day: int, timing: str) -> int:
    """
    Return when an event known by its date takes place, ns UTC.

    Parameters
    ----------
    day : int
        Days since 1970-01-01.
    timing : str
        `bmo` is 08:00 Eastern, all else 16:00.

    Notes
    -----
    Source: options flow specification, 11.
    """
    return eastern_ns(day, _BEFORE_OPEN_MINUTE if timing == BMO else _AFTER_CLOSE_MINUTE)


def fetched_ns(day: int) -> int:
    """Return when the calendar of a day is fetched, 06:00 Eastern, ns UTC."""
    return eastern_ns(day, FETCHED_MINUTE)


class EventMaker:
    """
    Make the event records of one file.

    Parameters
    ----------
    origin : Origin
        The file.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._source = origin.name.replace("-", ":", 1)
        self._position = PositionCounter()

    def make(
        self,
        *,
        event_id: str,
        underlying_id: str,
        kind: str,
        event_ts: int,
        announced_ts: int,
        timing: str,
        line: int,
    ) -> MarketEvent:
        """Return the record of one announcement."""
        return MarketEvent(
            source_ts=announced_ts,
            ingest_ts=announced_ts,
            seq=self._position.next(),
            trace_id=trace_id(self._origin.name, self._origin.session, "events", line),
            schema_version="refdata.events.v1",
            source=self._source,
            event_id=event_id,
            underlying_id=underlying_id,
            kind=kind,
            event_ts=event_ts,
            announced_ts=announced_ts,
            timing=timing,
        )
