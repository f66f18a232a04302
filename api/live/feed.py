"""One topic as the gateway follows it: decoded, without repetitions, in its ring, to its groups."""

from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from typing import Final

import msgspec
import structlog
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from api.items import Item
from api.items import item_maker
from api.live.groups import Group
from api.live.ring import Budget
from api.live.ring import Held
from api.live.ring import Predicate
from api.live.ring import Ring
from api.live.seen import Seen
from api.metrics import DUPLICATES
from api.metrics import RECORDS
from api.streams import Stream
from connectors.errors import RejectedRecord
from connectors.kafka.sink import PRODUCED_HEADER

log: Final = structlog.get_logger(__name__)

Windows = Mapping[int, Sequence["LogMessage"]]

RATE_S: Final = 10
SIGNAL_VIEW: Final = "signal"
_ORDER: Final = attrgetter("source_ts", "seq", "trace_id")


class LogMessage(msgspec.Struct, frozen=True, gc=False):
    """
    A message of the log.

    Parameters
    ----------
    partition, offset : int
        Its place.
    value : bytes
        As the log has it.
    append_ms : float
        When it was produced, epoch ms; 0 when unknown.
    """

    partition: int
    offset: int
    value: bytes
    append_ms: float


def append_ms_of(message: Any) -> float:  # noqa: ANN401 - the client's message, whose types allow null
    """
    Return when a message came to the log, epoch ms; 0 when nothing tells.

    A message's own stamp is the record's event time, so it says nothing of the log unless the
    broker set it. Our producers state the wall clock of the batch's write in a header, which is a
    little before the append: what is measured from it is never too short.
    """
    for name, value in reversed(message.headers() or ()):
        if name == PRODUCED_HEADER:
            try:
                return int(value) / 1e6
            except (TypeError, ValueError):
                break
    kind, stamp_ms = message.timestamp()
    return float(stamp_ms) if kind == TIMESTAMP_LOG_APPEND_TIME else 0.0


class Rate:
    """Records of the last ten seconds, by second."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, count: int, now_s: float) -> None:
        """Count records."""
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + count)
        else:
            self._seconds.append((second, count))
        while self._seconds[0][0] < second - RATE_S:
            self._seconds.popleft()

    def per_s(self, now_s: float) -> float:
        """Return records a second over the last ten whole seconds."""
        second = int(now_s)
        counted = sum(count for at, count in self._seconds if second - RATE_S <= at < second)
        return counted / RATE_S


class Watcher(msgspec.Struct, frozen=True, eq=False):
    """Who in this process is told of records: which ones, and how."""

    predicate: Predicate
    callback: Callable[[list[Item]], None]


class View(msgspec.Struct, frozen=True, eq=False):
    """Records of a stream that have a window of their own: which ones, and their ring."""

    test: Predicate
    ring: Ring


_VIEWS: Final[Mapping[str, Mapping[str, Predicate]]] = {
    "options": {SIGNAL_VIEW: attrgetter("signal_pass")}
}


def _begin_at(ring: Ring, first: Mapping[int, Held]) -> None:
    floor = max((held.order for held in first.values() if held.offset), default=None)
    ring.begin_more({partition: held.offset for partition, held in first.items()}, floor)


class Feed:
    """
    One topic of the log, live or of a run.

    All but the ring belongs to the hub's thread.

    Parameters
    ----------
    stream : Stream
        Whose records.
    run : str
        Replay run; empty for live.
    topic : str
        As the log names it.
    decode : callable
        Value of a message → record; raises `RejectedRecord`.
    depth : int
        Records its ring keeps at least.
    budget : Budget
        Of all rings.
    """

    def __init__(
        self,
        stream: Stream,
        run: str,
        topic: str,
        decode: Callable[[bytes], Any],
        depth: int,
        budget: Budget,
    ) -> None:
        self.stream = stream
        self.run = run
        self.topic = topic
        self.decode = decode
        self.log_id = ""
        self.ring = Ring(stream, item_maker(stream), depth, budget)
        self.views = {
            name: View(test, Ring(stream, item_maker(stream), depth, budget))
            for name, test in _VIEWS.get(stream.name, {}).items()
        }
        self.seen = Seen()
        self.groups: dict[str, Group] = {}
        self.positions: dict[int, int] = {}
        self.primes: dict[int, int] = {}
        self.visible_from_ts = 0
        self.rate = Rate()
        self.first_progress_s: float | None = None
        self.last_progress_s: float | None = None
        self.newest_ts = 0
        self.newest_ingest_ts = 0
        self.newest_append_ms = 0.0
        self.records = 0
        self.duplicates = 0
        self.rejected = 0
        self._identify = attrgetter(stream.id_field, stream.version_field)
        self._new = RECORDS.labels(stream.name, "new")
        self._repeated = DUPLICATES.labels(stream.name)

    def begin(self, starts: dict[int, int], ends: dict[int, int], lows: dict[int, int]) -> None:
        """
        Say where reading begins.

        Parameters
        ----------
        starts : dict
            By partition the first offset that is read.
        ends, lows : dict
            By partition the offset behind the log's last record, and of its first.
        """
        self.positions = dict(starts)
        begins = dict(starts)
        self.primes = {}
        for partition, start in starts.items():
            if start == ends[partition] and start > lows[partition]:
                # The last record before tells where the ring begins in event time.
                self.primes[partition] = start - 1
                self.positions[partition] = start - 1
        for ring in self.rings:
            ring.begin(begins, None)

    def restore(self, windows: Windows, views: Mapping[str, Windows], now_s: float) -> None:
        """
        Take what the hot windows kept, by partition and oldest first; after `begin`.

        The first record of a window is where a ring's event time begins: what stood before it is
        not known.

        Parameters
        ----------
        windows : mapping
            Of all records.
        views : mapping
            By view, those of the time before.
        now_s : float
            Time of a clock that only goes forward.
        """
        first: dict[int, Held] = {}
        for partition, messages in windows.items():
            news = self._news(messages, 0.0, now_s)
            if news:
                self._add(news, 0.0)
                self._note(news)
                first[partition] = news[0]
        _begin_at(self.ring, first)
        for name, view in self.views.items():
            older = dict(first)
            for partition, messages in views.get(name, {}).items():
                news = self._news(messages, 0.0, now_s)
                if news:
                    view.ring.add(news, 0.0)
                    older[partition] = news[0]
            _begin_at(view.ring, older)

    def take(self, messages: Sequence[LogMessage], recv_ms: float, now_s: float) -> list[Held]:
        """
        Take messages in log order; return what is news.

        Parameters
        ----------
        messages : sequence of LogMessage
            Of any partitions.
        recv_ms : float
            Wall time they were read, epoch ms.
        now_s : float
            Time of a clock that only goes forward.
        """
        positions = self.positions
        if self.primes:
            messages = self._primed(messages, now_s)
        news = self._news(messages, recv_ms, now_s)
        for message in messages:
            positions[message.partition] = message.offset + 1
        self.rate.add(len(messages), now_s)
        self.last_progress_s = now_s
        if self.first_progress_s is None:
            self.first_progress_s = now_s
        if self.visible_from_ts:
            news = [held for held in news if held.order[0] >= self.visible_from_ts]
        if news:
            self._note(news)
            self._add(news, recv_ms)
            for group in self.groups.values():
                group.offer(news)
        return news

    def reset(self, log_id: str) -> None:
        """Forget everything: the log is another one."""
        self.log_id = log_id
        for ring in self.rings:
            ring.clear()
        self.seen.clear()
        self.positions = {}
        self.primes = {}
        for group in self.groups.values():
            group.pending.clear()

    @property
    def rings(self) -> list[Ring]:
        """All rings of the topic."""
        return [self.ring, *(view.ring for view in self.views.values())]

    def ring_of(self, view: str) -> Ring:
        """Return the ring of a view; that of all records for others."""
        found = self.views.get(view)
        return self.ring if found is None else found.ring

    def _add(self, news: Sequence[Held], now_ms: float) -> None:
        self.ring.add(news, now_ms)
        for view in self.views.values():
            fitting = [held for held in news if view.test(held.record)]
            if len(fitting) < len(news):
                for held in news:
                    if view.ring.holds(held.id):
                        view.ring.discard(held.id)
            view.ring.add(fitting, now_ms)

    @property
    def has_pending(self) -> bool:
        """Whether a group has something to send."""
        return any(group.pending for group in self.groups.values())

    def _primed(self, messages: Sequence[LogMessage], now_s: float) -> list[LogMessage]:
        kept = []
        for message in messages:
            prime = self.primes.get(message.partition)
            if prime is None:
                kept.append(message)
                continue
            del self.primes[message.partition]
            if message.offset != prime:
                kept.append(message)
                continue
            self.positions[message.partition] = message.offset + 1
            known = self._news([message], 0.0, now_s)
            if known:
                for ring in self.rings:
                    ring.begin_more({}, known[0].order)
                self._note(known)
        return kept

    def shown(self, messages: Sequence[LogMessage], recv_ms: float) -> list[Held]:
        """
        Return the records of messages that were news when they came; from any thread.

        Parameters
        ----------
        messages : sequence of LogMessage
            Read again.
        recv_ms : float
            Wall time, epoch ms.
        """
        made = self._made(messages, recv_ms)
        is_shown = self.seen.is_shown
        return [held for held in made if is_shown(held.id, held.version, held.offset)]

    def _made(self, messages: Sequence[LogMessage], recv_ms: float) -> list[Held]:
        made = []
        decode, identify = self.decode, self._identify
        for message in messages:
            try:
                record = decode(message.value)
            except RejectedRecord as error:
                self._reject(message, error)
                continue
            name, version = identify(record)
            made.append(
                Held(
                    record,
                    name,
                    version,
                    _ORDER(record),
                    message.partition,
                    message.offset,
                    message.append_ms,
                    recv_ms,
                    len(message.value),
                )
            )
        return made

    def _news(self, messages: Sequence[LogMessage], recv_ms: float, now_s: float) -> list[Held]:
        made = self._made(messages, recv_ms)
        is_news = self.seen.admit(
            [held.id for held in made],
            [held.version for held in made],
            [held.offset for held in made],
            now_s,
        )
        news = [held for held, is_new in zip(made, is_news, strict=True) if is_new]
        repeated = len(made) - len(news)
        self.records += len(news)
        if news:
            self._new.inc(len(news))
        if repeated:
            self.duplicates += repeated
            self._repeated.inc(repeated)
        return news

    def _reject(self, message: LogMessage, error: RejectedRecord) -> None:
        self.rejected += 1
        RECORDS.labels(self.stream.name, "rejected").inc()
        if self.rejected in {1, 10, 100, 1000}:
            log.warning(
                "record_not_decodable",
                topic=self.topic,
                partition=message.partition,
                offset=message.offset,
                rejected=self.rejected,
                error=str(error),
            )

    def _note(self, news: Sequence[Held]) -> None:
        newest = news[-1]
        self.newest_ts = max(self.newest_ts, newest.order[0])
        self.newest_ingest_ts = max(self.newest_ingest_ts, newest.record.ingest_ts)
        self.newest_append_ms = max(self.newest_append_ms, newest.append_ms)
