"""Publishes feed items to the log, without loss and without doubling."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec
import structlog

from connectors.feeds.base.checkpoint import CheckpointStore
from connectors.feeds.base.checkpoint import SessionState
from connectors.feeds.base.errors import StaleCheckpoint
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.items import Reject
from connectors.feeds.base.log_scan import LogScan
from connectors.feeds.base.log_scan import dlq_identity
from connectors.feeds.base.pace import Pace
from connectors.feeds.base.publishing import PublisherConfig
from connectors.feeds.base.publishing import PublishProgress
from connectors.feeds.base.publishing import PublishSummary
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import message_of
from connectors.kafka.config import SinkConfig
from connectors.kafka.dlq import dead_letter_topic
from connectors.kafka.sink import BatchProducer
from schemas.catalog import topics
from schemas.codec import codec_of

__all__ = ["FeedPublisher", "PublishProgress", "PublishSummary", "PublisherConfig"]

log: Final = structlog.get_logger()

_BY_KEY: Final = -1
_NS_PER_MS: Final = 1_000_000
_FIRST_ATTEMPT: Final = b"1"


class _Session:
    """One origin while it is being published."""

    def __init__(self, origin: Origin, state: SessionState) -> None:
        self.origin = origin
        self.state = state
        self.seen = 0
        self.published = 0
        self.dead_lettered = 0
        self._recovered = [0, 0]

    def count(self, *, is_record: bool, recovered: bool) -> None:
        if recovered:
            self._recovered[is_record] += 1
        elif is_record:
            self.published += 1
        else:
            self.dead_lettered += 1

    def reached(self, offsets: dict[str, list[int]], *, complete: bool) -> SessionState:
        before = self.state
        letters, records = self._recovered
        return SessionState(
            items=max(self.seen, before.items),
            published=before.published + self.published + records,
            dead_lettered=before.dead_lettered + self.dead_lettered + letters,
            complete=complete,
            offsets=offsets,
        )


class FeedPublisher:
    """
    Publish the items of feeds.

    Delivery: exactly once per session and log, across crashes. Batches are acknowledged by the
    whole replica set (`acks=all`, idempotent) before a checkpoint speaks of them; after a crash
    what lies behind the checkpoint is looked up in the log by trace id, and only the rest is
    written. This holds while one process at a time publishes a session.
    Order: as given, within a partition. Back-pressure: blocks while the broker does not answer.

    Parameters
    ----------
    config : PublisherConfig
        Where and how.
    prefix_of : Callable
        Gives the five bytes before every body of a topic (`AvroWire.prefix`).
    stop : threading.Event | None
        When set, publishing ends after the running batch, with a checkpoint.

    Raises
    ------
    MisconfiguredConnector
        A topic does not exist.
    TransientConnector
        The broker does not answer.
    """

    def __init__(
        self,
        config: PublisherConfig,
        prefix_of: Callable[[str], bytes],
        stop: threading.Event | None = None,
    ) -> None:
        self._config = config
        self._stop = stop or threading.Event()
        self._scan = LogScan(config.brokers)
        self._cluster = self._scan.cluster
        self._store = CheckpointStore(config.data_folder)
        self._producer = BatchProducer(SinkConfig(brokers=config.brokers), self._stop)
        self._prefix_of = prefix_of
        self._encoders: dict[str, Callable[[Any], bytes]] = {}
        self._known: set[str] = set()
        self._by_topic: dict[str, int] = {}
        self._resumed = 0
        self._checkpoint_at = 0.0
        self._ends: dict[str, list[int]] = {}

    def is_complete(self, origin: Origin) -> bool:
        """
        Tell whether a session has been published whole to this log.

        Raises
        ------
        StaleCheckpoint
            The checkpoint speaks of offsets the log does not reach.
        """
        state = self._store.load(origin, self._cluster)
        if state is None:
            return False
        self._check_ends(origin, state)
        return state.complete

    def publish(
        self,
        items: Iterable[FeedItem],
        origins: Sequence[Origin],
        *,
        pace: Pace | None = None,
        progress: Callable[[PublishProgress], None] | None = None,
    ) -> PublishSummary:
        """
        Publish items until they end or the stop event is set.

        Parameters
        ----------
        items : iterable of FeedItem
            Those of each origin from its first, always in the same order.
        origins : sequence of Origin
            All origins of the items. Their sessions are complete once the items have ended.
        pace : Pace | None
            When each is due; None publishes flat out.
        progress : Callable | None
            Called after each batch.
        """
        started = time.monotonic()
        sessions = self._begin(origins)
        batch: list[OutRecord] = []
        taken: list[tuple[_Session, bool]] = []
        source_ts = 0
        for item in items:
            session = sessions[item.origin]
            if session.seen < session.state.items:
                session.seen += 1
                self._resumed += 1
                continue
            is_record = isinstance(item, Accepted)
            if isinstance(item, Accepted):
                source_ts = item.record.source_ts
                wait_s = 0.0 if pace is None else pace.wait_s(source_ts)
                if wait_s > 0:
                    self._write(batch, taken, sessions, progress, source_ts)
                    self._stop.wait(max(wait_s, self._config.batch_ms / 1000))
            if self._stop.is_set():
                break
            # From here on the item is in the batch or in the log: checkpoints may count it.
            session.seen += 1
            message = self._message(item)
            if message is None:
                self._resumed += 1
                session.count(is_record=is_record, recovered=True)
            else:
                batch.append(message)
                taken.append((session, is_record))
            if len(batch) >= self._config.batch_records:
                self._write(batch, taken, sessions, progress, source_ts)
        self._write(batch, taken, sessions, progress, source_ts)
        complete = not self._stop.is_set()
        self._checkpoint(sessions, complete=complete)
        return self._summary(sessions, started, stopped=not complete)

    def _begin(self, origins: Sequence[Origin]) -> dict[Origin, _Session]:
        wanted = {topic for origin in origins for topic in origin.topics}
        names = sorted(wanted | {dead_letter_topic(topic) for topic in wanted})
        self._ends = self._scan.ends(names)
        self._encoders = {topic: self._encoder(topic) for topic in wanted}
        self._by_topic = dict.fromkeys(names, 0)
        self._known = set()
        self._resumed = 0
        sessions: dict[Origin, _Session] = {}
        for origin in origins:
            state = self._store.load(origin, self._cluster)
            if state is None:
                state = SessionState(offsets=self._offsets_of(origin))
                self._store.save(origin, self._cluster, state)
            else:
                self._check_ends(origin, state)
                if not state.complete:
                    self._known |= self._scan.identities(state.offsets)
            sessions[origin] = _Session(origin, state)
        self._checkpoint_at = time.monotonic()
        if self._known:
            log.info("feed_resumed", ids_behind_checkpoint=len(self._known))
        return sessions

    def _encoder(self, topic: str) -> Callable[[Any], bytes]:
        record_type: type[msgspec.Struct] = topics()[topic].record_type
        encode, prefix = codec_of(record_type).encode, self._prefix_of(topic)
        return lambda record: encode(record, prefix)

    def _offsets_of(self, origin: Origin) -> dict[str, list[int]]:
        names = [*origin.topics, *(dead_letter_topic(topic) for topic in origin.topics)]
        return {name: self._ends[name] for name in names}

    def _check_ends(self, origin: Origin, state: SessionState) -> None:
        for topic, ends in self._scan.ends(state.offsets).items():
            for partition, (held, wanted) in enumerate(
                zip(ends, state.offsets[topic], strict=False)
            ):
                if held < wanted:
                    msg = (
                        f"{topic}/{partition} ends at {held}, but {self._store.path(origin)} "
                        f"speaks of {wanted}: the topic was deleted or cut. Delete that file to "
                        "publish the session again"
                    )
                    raise StaleCheckpoint(msg)

    def _message(self, item: FeedItem) -> OutRecord | None:
        """Return what to write, or None when the log holds it already."""
        if isinstance(item, Reject):
            return self._dead_letter(item)
        record, known = item.record, self._known
        if known and record.trace_id in known:
            return None
        return message_of(item.topic, _BY_KEY, record, self._encoders[item.topic])

    def _dead_letter(self, item: Reject) -> OutRecord | None:
        origin, position = item.origin, item.position
        if dlq_identity(origin.name, origin.session, position) in self._known:
            return None
        return OutRecord(
            topic=dead_letter_topic(item.topic),
            partition=_BY_KEY,
            key=position.encode(),
            value=item.raw,
            timestamp_ms=time.time_ns() // _NS_PER_MS,
            headers=(
                ("error", f"{item.reason}: {item.message}".encode()),
                ("topic", item.topic.encode()),
                ("feed", origin.name.encode()),
                ("session", origin.session.encode()),
                ("position", position.encode()),
                ("attempt", _FIRST_ATTEMPT),
            ),
        )

    def _write(
        self,
        batch: list[OutRecord],
        taken: list[tuple[_Session, bool]],
        sessions: dict[Origin, _Session],
        progress: Callable[[PublishProgress], None] | None,
        source_ts: int,
    ) -> None:
        """Write a batch, wait for its acknowledgement, and keep a checkpoint when one is due."""
        if batch:
            self._producer.write(batch)
            for message in batch:
                self._by_topic[message.topic] += 1
            for session, is_record in taken:
                session.count(is_record=is_record, recovered=False)
            batch.clear()
            taken.clear()
        now = time.monotonic()
        if now - self._checkpoint_at >= self._config.checkpoint_ms / 1000:
            self._checkpoint(sessions, complete=False)
            self._checkpoint_at = now
        if progress is not None:
            progress(
                PublishProgress(
                    published=sum(session.published for session in sessions.values()),
                    dead_lettered=sum(session.dead_lettered for session in sessions.values()),
                    resumed=self._resumed,
                    source_ts=source_ts,
                )
            )

    def _checkpoint(self, sessions: dict[Origin, _Session], *, complete: bool) -> None:
        self._ends = self._scan.ends(self._ends)
        for origin, session in sessions.items():
            if not session.state.complete:
                state = session.reached(self._offsets_of(origin), complete=complete)
                self._store.save(origin, self._cluster, state)

    def _summary(
        self, sessions: dict[Origin, _Session], started: float, *, stopped: bool
    ) -> PublishSummary:
        return PublishSummary(
            published=sum(session.published for session in sessions.values()),
            dead_lettered=sum(session.dead_lettered for session in sessions.values()),
            resumed=self._resumed,
            already_complete=tuple(
                f"{session.origin.name}-{session.origin.session}"
                for session in sessions.values()
                if session.state.complete
            ),
            by_topic={topic: count for topic, count in self._by_topic.items() if count},
            stopped=stopped,
            elapsed_s=time.monotonic() - started,
        )
