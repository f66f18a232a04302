"""Write what is due into a run's own raw topics, with the marks that release it."""

import threading
from collections.abc import Sequence
from typing import Final

from connectors.kafka.admin import describe_topic
from connectors.kafka.batch import NS_PER_MS
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.marks import MARKS_TOPIC
from connectors.kafka.marks import Mark
from connectors.kafka.marks import encode_mark
from connectors.kafka.namespace import in_namespace
from connectors.kafka.sink import BatchProducer
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.replay.lookahead import Stretch
from infra.replay.player import Due

_NONE: Final = -1


class TapeWriter:
    """
    Write records of a tape, and marks behind them, into the topics of a namespace.

    Delivery: each record once. The log has acknowledged records before a mark names the offsets
    behind them; a write that fails ends the run, for its topics begin empty and have one writer.
    Order: the tape's within each topic's partition. A partition gets a mark when it says more
    than its last one; a rise of event time is news to all partitions.

    Parameters
    ----------
    config : SinkConfig
        Brokers and the namespace.
    topics : sequence of str
        The tape's topics, without the namespace.
    partitions : int
        Partition count of each of them, and of the marks.
    stop : threading.Event | None
        When set, a write to a broker that does not answer is given up after 5 s.

    Raises
    ------
    MisconfiguredInfra
        A topic has another number of partitions, or holds something already.
    MisconfiguredConnector
        A topic does not exist.
    TransientConnector
        The broker does not answer.
    """

    def __init__(
        self,
        config: SinkConfig,
        topics: Sequence[str],
        partitions: int,
        stop: threading.Event | None = None,
    ) -> None:
        self._config = config
        self._topics = tuple(topics)
        self._partitions = partitions
        for topic in (*topics, MARKS_TOPIC):
            ends = self._ends(topic)
            if ends != [0] * partitions:
                name = in_namespace(config.namespace, topic)
                msg = (
                    f"{name} ends at {ends}, expected {partitions} empty partitions; a run writes "
                    "its topics once: remove it with `islandflow runs rm`"
                )
                raise MisconfiguredInfra(msg)
        self._next = [[0] * partitions for _ in topics]
        self._told = [[_NONE] * len(topics) for _ in range(partitions)]
        self._told_ns = _NONE
        self._has_ended = False
        self._producer = BatchProducer(config, stop)

    @property
    def written(self) -> dict[str, int]:
        """Return how many records the log has acknowledged, by topic without the namespace."""
        counts = [sum(of_topic) for of_topic in self._next]
        return dict(zip(self._topics, counts, strict=True))

    def write(self, due: Due) -> int:
        """
        Write records, wait for the log, and write their marks; return how many marks.

        The marks are acknowledged by the next call, or by `flush`.

        Raises
        ------
        TransientConnector
            The broker did not acknowledge in time.
        ConnectorError
            The broker refused a message for good.
        """
        if due.records.count:
            self._producer.write(self._messages(due.records))
            self._count(due.records)
        if due.reached_ns is None and not due.is_end:
            return 0
        marks = self._marks(due.reached_ns or 0, is_end=due.is_end)
        if marks:
            self._producer.put(marks)
        if due.is_end:
            self._producer.flush()
        return len(marks)

    def flush(self) -> None:
        """Wait until the log has every mark; raises as `write` does."""
        self._producer.flush()

    def check(self) -> None:
        """
        Compare what was counted with the ends of the log.

        Raises
        ------
        InfraError
            Somebody else has written to the topics of the run.
        """
        for topic, counted in zip(self._topics, self._next, strict=True):
            ends = self._ends(topic)
            if ends != counted:
                name = in_namespace(self._config.namespace, topic)
                msg = f"{name} ends at {ends} where this run has written to {counted}"
                raise InfraError(msg)

    def _ends(self, topic: str) -> list[int]:
        name = in_namespace(self._config.namespace, topic)
        found = describe_topic(self._config.brokers, name)
        return [each.next_offset for each in found.partitions]

    def _messages(self, records: Stretch) -> list[OutRecord]:
        names = self._topics
        columns = zip(
            records.topics,
            records.partitions,
            records.keys,
            records.values,
            records.timestamps_ms,
            strict=True,
        )
        return [
            OutRecord(names[topic], partition, key, value, stamp_ms)
            for topic, partition, key, value, stamp_ms in columns
        ]

    def _count(self, records: Stretch) -> None:
        for topic, partition in zip(records.topics, records.partitions, strict=True):
            self._next[topic][partition] += 1

    def _marks(self, reached_ns: int, *, is_end: bool) -> list[OutRecord]:
        is_news = reached_ns > self._told_ns or (is_end and not self._has_ended)
        names = [in_namespace(self._config.namespace, topic) for topic in self._topics]
        found = []
        for partition in range(self._partitions):
            offsets = [of_topic[partition] for of_topic in self._next]
            if is_news or offsets != self._told[partition]:
                self._told[partition] = offsets
                mark = Mark(reached_ns, dict(zip(names, offsets, strict=True)), is_end)
                stamp_ms = reached_ns // NS_PER_MS
                found.append(OutRecord(MARKS_TOPIC, partition, None, encode_mark(mark), stamp_ms))
        self._told_ns = max(reached_ns, self._told_ns)
        self._has_ended = self._has_ended or is_end
        return found
