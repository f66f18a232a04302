"""The log as the hub follows it: one consumer over many topics, and which log it is."""

import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import cast

import msgspec
import structlog
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import TopicCollection
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import OffsetSpec

from api.live.feed import LogMessage
from api.live.feed import append_ms_of
from connectors.errors import TransientConnector
from connectors.kafka.bounds import Place
from connectors.kafka.clients import looking_on

log: Final = structlog.get_logger(__name__)

GROUP: Final = "islandflow-gateway"
# What librdkafka says of lost connections is said here, once.
CRITICAL: Final = 2
POLL_RECORDS: Final = 2000
ANSWER_S: Final = 2.0
LOOK_S: Final = 2.0
SUSPECT_LOOK_S: Final = 0.25

# A partition of which the client lost its place is looked at again, like one after an outage.
_LOST: Final = frozenset(
    {
        KafkaError._AUTO_OFFSET_RESET,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
    }
)
_EARLIEST: Final = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_OUTAGE: Final = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT})


class Extent(msgspec.Struct, frozen=True):
    """First offset kept of a partition and the one behind its last record."""

    low: int
    end: int


class Sight(msgspec.Struct, frozen=True):
    """
    The log as it answered.

    Parameters
    ----------
    log_ids : mapping
        By topic, of those asked for and there: cluster id and topic id. A wiped log has others.
    asked : int
        Number of the look, from 1.
    """

    log_ids: Mapping[str, str]
    asked: int


class LogIds:
    """Ask a broker which topics it has and which log they are."""

    def __init__(self, brokers: str) -> None:
        self._admin = AdminClient(
            {"bootstrap.servers": brokers, "socket.timeout.ms": 3000, "log_level": CRITICAL}
        )

    def of(self, topics: Iterable[str]) -> dict[str, str]:
        """
        Return the log id of each topic there is.

        Raises
        ------
        TransientConnector
            The broker does not answer.
        """
        wanted = sorted(topics)
        try:
            known = self._admin.list_topics(timeout=ANSWER_S)
            names = [name for name in wanted if name in known.topics]
            if not names:
                return {}
            futures = self._admin.describe_topics(TopicCollection(names), request_timeout=ANSWER_S)
            return {
                name: f"{known.cluster_id}/{found.topic_id}"
                for name, future in futures.items()
                if (found := _described(future)) is not None
            }
        except KafkaException as error:
            raise _transient(error) from error

    def extents(self, topics: Iterable[str]) -> dict[str, dict[int, Extent]]:
        """
        Return what each partition of topics holds.

        Raises
        ------
        TransientConnector
            The broker does not answer.
        """
        try:
            known = self._admin.list_topics(timeout=ANSWER_S).topics
            places = [
                TopicPartition(name, partition)
                for name in sorted(topics)
                if name in known
                for partition in sorted(known[name].partitions)
            ]
            lows = self._offsets(places, _EARLIEST)
            ends = self._offsets(places, _LATEST)
        except KafkaException as error:
            raise _transient(error) from error
        found: dict[str, dict[int, Extent]] = {}
        for (topic, partition), low in lows.items():
            found.setdefault(topic, {})[partition] = Extent(low, ends[topic, partition])
        return found

    def _offsets(self, places: Sequence[TopicPartition], spec: OffsetSpec) -> dict[Place, int]:
        if not places:
            return {}
        asked = self._admin.list_offsets(dict.fromkeys(places, spec), request_timeout=ANSWER_S)
        return {(at.topic, at.partition): int(each.result().offset) for at, each in asked.items()}


def _described(future: Any) -> Any:  # noqa: ANN401 - of the client, untyped
    try:
        return future.result()
    except KafkaException as error:
        if error.args[0].code() in _LOST:
            return None
        raise


def _transient(error: KafkaException) -> TransientConnector:
    return TransientConnector(f"the log does not answer: {error.args[0].str()}; is the broker up?")


class Tailer:
    """
    Follow partitions from given offsets, in the thread of its owner.

    Delivery: what is returned by `poll`, each message once per assignment; nothing is committed.
    When the connection is lost, reading stops until the owner has looked which log came back.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.

    Attributes
    ----------
    is_suspect : bool
        The connection was lost, or a partition's place is gone: look before reading on.
    """

    def __init__(self, brokers: str) -> None:
        self.is_suspect = False
        self._places: dict[Place, int] = {}
        self._consumer = Consumer(
            {
                **looking_on(brokers, GROUP),
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": False,
                # The broker answers as soon as it has anything.
                "fetch.min.bytes": 1,
                "fetch.wait.max.ms": 500,
                "fetch.queue.backoff.ms": 5,
                "queued.min.messages": 20_000,
                "queued.max.messages.kbytes": 16_384,
                "reconnect.backoff.ms": 100,
                "reconnect.backoff.max.ms": 500,
                "check.crcs": False,
                "error_cb": self._on_error,
                "log_level": CRITICAL,
            }
        )

    def assign(self, places: Mapping[Place, int]) -> None:
        """Follow exactly these partitions, each from an offset on."""
        self._places = dict(places)
        self.is_suspect = False
        self._consumer.assign(
            [TopicPartition(topic, number, at) for (topic, number), at in places.items()]
        )

    def add(self, places: Mapping[Place, int]) -> None:
        """Follow more partitions."""
        self._places.update(places)
        self._consumer.incremental_assign(
            [TopicPartition(topic, number, at) for (topic, number), at in places.items()]
        )

    def remove(self, topics: Iterable[str]) -> None:
        """Follow topics no longer."""
        gone = set(topics)
        places = [place for place in self._places if place[0] in gone]
        if places:
            self._consumer.incremental_unassign([TopicPartition(*place) for place in places])
            for place in places:
                del self._places[place]

    def release(self) -> None:
        """Follow nothing until the next `assign`."""
        self._places = {}
        self._consumer.unassign()

    def poll(self, wait_s: float, *, fill: bool) -> dict[str, list[LogMessage]]:
        """
        Return what has come, by topic and in log order within a partition.

        Parameters
        ----------
        wait_s : float
            Longest wait.
        fill : bool
            Wait all that time for more; else return with what is there at the first message.
        """
        if fill:
            found = self._consumer.consume(POLL_RECORDS, wait_s)
        else:
            found = self._consumer.consume(1, wait_s)
            if found:
                found += self._consumer.consume(POLL_RECORDS, 0)
        topics: dict[str, list[LogMessage]] = {}
        # The client's own types allow null everywhere.
        for message in cast(list[Any], found):
            error = message.error()
            if error is not None:
                self._note(message, error)
                continue
            value = message.value()
            if value is None:
                continue
            made = LogMessage(message.partition(), message.offset(), value, append_ms_of(message))
            try:
                topics[message.topic()].append(made)
            except KeyError:
                topics[message.topic()] = [made]
        return topics

    def lags(self, positions: Mapping[Place, int]) -> dict[Place, int]:
        """Return how many records of each partition followed are known and not read yet."""
        found = {}
        for topic, partition in self._places:
            place = TopicPartition(topic, partition)
            low, high = self._consumer.get_watermark_offsets(place, cached=True)
            at = positions.get((topic, partition), 0)
            found[topic, partition] = max(high - at, 0) if high >= low >= 0 else 0
        return found

    def close(self) -> None:
        """Give back the connection."""
        self._consumer.close()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() in _OUTAGE:
            if not self.is_suspect:
                log.warning("log_unreachable", error=error.str())
            self.is_suspect = True
        elif error.fatal():
            log.error("kafka_client_error", error=error.str(), code=error.name())
            self.is_suspect = True

    def _note(self, message: Any, error: KafkaError) -> None:  # noqa: ANN401 - of the client
        if error.code() in _LOST or not error.retriable():
            log.warning(
                "log_place_lost",
                topic=message.topic(),
                partition=message.partition(),
                error=error.str(),
            )
            self.is_suspect = True


class LogWatch:
    """
    Look every two seconds whether the log answers and which one it is, in a thread of its own.

    Parameters
    ----------
    ids : LogIds
        Whom to ask.
    topics : callable
        Topics of interest, now.
    seen : callable
        Gets each look, in the thread; null when the log did not answer.
    """

    def __init__(
        self,
        ids: LogIds,
        topics: Callable[[], Iterable[str]],
        seen: Callable[[Sight | None], None],
    ) -> None:
        self._ids = ids
        self._topics = topics
        self._seen = seen
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._asked = 0
        self._thread = threading.Thread(target=self._run, name="log-watch", daemon=True)

    @property
    def asked(self) -> int:
        """Number of the newest look that has begun."""
        return self._asked

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def look_now(self) -> None:
        """Look again at once, and soon again while nothing answers."""
        self._hurry.set()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._hurry.set()
        if self._thread.is_alive():
            self._thread.join(2 * ANSWER_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._asked += 1
            number = self._asked
            sight: Sight | None = None
            try:
                sight = Sight(self._ids.of(self._topics()), number)
            except TransientConnector as error:
                log.debug("log_look_failed", error=str(error))
            self._seen(sight)
            self._hurry.wait(SUSPECT_LOOK_S if sight is None else LOOK_S)
            self._hurry.clear()
