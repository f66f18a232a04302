"""Replay runs as channels: which topics a run has now; gateway specification, 7."""

import threading
from collections.abc import Mapping
from typing import Final

import msgspec
import structlog

from api.live.desk import Desk
from api.live.feed import Feed
from api.live.pump import Pump
from api.live.resuming import GENERATION
from api.live.tailer import Extent
from api.live.wishes import Gap
from api.streams import Stream
from connectors.errors import ConnectorError
from connectors.kafka.namespace import in_namespace
from infra.embedded.stack import StackAddresses
from infra.replay.status import StatusWatch

log: Final = structlog.get_logger(__name__)

IDLE_S: Final = 300.0


class RunPlace(msgspec.Struct, frozen=True):
    """
    Where the records of a run are.

    Parameters
    ----------
    namespace : str
        Prefix of its topics, that of the newest generation.
    visible_from_ts : int
        What is earlier only warms up and is not shown, ns UTC; 0 for nothing.
    """

    namespace: str
    visible_from_ts: int


class Runs:
    """
    Follow topics of runs while somebody wants them.

    All methods but `places` may wait for the log: not on the event loop.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    pump, desk : Pump, Desk
        Where they are followed.
    """

    def __init__(self, addresses: StackAddresses, pump: Pump, desk: Desk) -> None:
        self._addresses = addresses
        self._pump = pump
        self._desk = desk
        self._watch: StatusWatch | None = None
        self._lock = threading.Lock()
        self._idle_since_s: dict[str, float] = {}

    def open(self, run: str, stream: Stream) -> str | None:
        """
        Follow a stream of a run; return its topic, null when there is no such run or topic.

        Raises
        ------
        ConnectorError
            Broker or registry do not answer.
        """
        place = self._place(run)
        if place is None:
            return None
        topic = in_namespace(place.namespace, stream.topic)
        if topic in self._desk.feeds:
            return topic
        feed = self._feed(run, stream, topic, place)
        if feed is None:
            return None
        made, log_id, extents = feed
        self._pump.call(lambda: self._pump.open_run(made, log_id, extents))
        return topic

    def follow(self, now_s: float) -> None:
        """Go over to new generations, and let go what nobody wants any longer."""
        for feed in [each for each in list(self._desk.feeds.values()) if each.run]:
            try:
                place = self._place(feed.run)
            except ConnectorError as error:
                log.warning("run_unknown", run=feed.run, error=str(error))
                continue
            self._follow(feed, place, now_s)

    def close(self) -> None:
        """End the reader."""
        if self._watch is not None:
            self._watch.close()

    def _follow(self, feed: Feed, place: RunPlace | None, now_s: float) -> None:
        if not feed.groups:
            since_s = self._idle_since_s.setdefault(feed.topic, now_s)
            if now_s - since_s > IDLE_S or place is None:
                del self._idle_since_s[feed.topic]
                self._pump.call(lambda: self._drop(feed))
            return
        self._idle_since_s.pop(feed.topic, None)
        if place is None:
            return
        feed.visible_from_ts = place.visible_from_ts
        topic = in_namespace(place.namespace, feed.stream.topic)
        if topic == feed.topic:
            return
        made = self._feed(feed.run, feed.stream, topic, place)
        if made is not None:
            later, log_id, extents = made

            def go_over() -> None:
                for old in self._pump.close_topics([feed.topic]):
                    later.groups = old.groups
                    for group in later.groups.values():
                        group.ring = later.ring
                self._pump.open_run(later, log_id, extents)
                self._desk.begin_anew(later, Gap(GENERATION, None))

            self._pump.call(go_over)

    def _drop(self, feed: Feed) -> None:
        if not feed.groups:
            self._pump.close_topics([feed.topic])

    def _place(self, run: str) -> RunPlace | None:
        with self._lock:
            if self._watch is None:
                self._watch = StatusWatch(self._addresses)
            found = self._watch.statuses().get(run)
        if found is None or not run or found.state == "deleted" or not found.topic_namespace:
            return None
        return RunPlace(found.topic_namespace, found.visible_from_ts or 0)

    def _feed(
        self, run: str, stream: Stream, topic: str, place: RunPlace
    ) -> tuple[Feed, str, Mapping[int, Extent]] | None:
        ids = self._pump.ids
        log_id = ids.of([topic]).get(topic)
        extents = ids.extents([topic]).get(topic)
        if log_id is None or extents is None:
            return None
        made = self._pump.opening.feed(stream, run, topic)
        made.visible_from_ts = place.visible_from_ts
        return made, log_id, extents
