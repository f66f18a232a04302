"""Read again from the log what a subscription missed, up to the hub's own place; gateway, 8.4."""

import time
from collections.abc import Mapping
from typing import Any
from typing import Final
from typing import cast

import structlog
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

from api.live.feed import Feed
from api.live.feed import LogMessage
from api.live.feed import append_ms_of
from api.live.opening import EXPIRED
from api.live.resuming import TOO_OLD
from api.live.ring import Held
from api.live.wishes import Gap
from connectors.kafka.clients import looking_on

log: Final = structlog.get_logger(__name__)

GROUP: Final = "islandflow-gateway-resume"
CHUNK_RECORDS: Final = 500
CHUNK_WAIT_S: Final = 0.05
ANSWER_S: Final = 3.0
STALL_S: Final = 5.0


class LogBackfill:
    """
    Read a topic between two places, in the thread of its caller.

    Delivery: each record that was shown once, in log order within a partition. A repetition, and
    what a greater version replaced, is passed over as it was in the rings.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    feed : Feed
        The topic; only its decoder and its memory of ids are used.
    since, until : mapping
        By partition the first offset, and the one to stop before.
    max_age_s : float
        Records that came to the log earlier are too old to be read again.
    """

    def __init__(
        self,
        brokers: str,
        feed: Feed,
        since: Mapping[int, int],
        until: Mapping[int, int],
        max_age_s: float,
    ) -> None:
        self._feed = feed
        self._oldest_ms = time.time() * 1000 - max_age_s * 1000
        self.offsets = {partition: since.get(partition, 0) for partition in until}
        self._left = {
            partition: end for partition, end in until.items() if self.offsets[partition] < end
        }
        self.missing = sum(end - self.offsets[partition] for partition, end in self._left.items())
        self._moved_s = time.monotonic()
        self._consumer = Consumer(
            {
                **looking_on(brokers, GROUP),
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.min.bytes": 1,
                "fetch.wait.max.ms": 10,
                "queued.min.messages": 2 * CHUNK_RECORDS,
                "check.crcs": False,
                "log_level": 3,
            }
        )

    def begin(self) -> Gap | None:
        """Begin to read; return why that is not possible, null when it is."""
        topic = self._feed.topic
        try:
            for partition in self._left:
                place = TopicPartition(topic, partition)
                low, _ = self._consumer.get_watermark_offsets(place, timeout=ANSWER_S)
                if low > self.offsets[partition]:
                    return Gap(EXPIRED, self.missing)
            self._consumer.assign(
                [TopicPartition(topic, each, self.offsets[each]) for each in self._left]
            )
        except KafkaException as error:
            log.warning("backfill_impossible", topic=topic, error=str(error))
            return Gap(EXPIRED, self.missing)
        return None

    def next(self) -> list[Held] | Gap | None:
        """
        Return the next records, null at the end, or why there are no more.

        May be empty; `offsets` says how far it has come.
        """
        if not self._left:
            return None
        messages: list[LogMessage] = []
        # The client's own types allow null everywhere.
        for message in cast(list[Any], self._consumer.consume(CHUNK_RECORDS, CHUNK_WAIT_S)):
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    self._end(message.partition(), message.offset())
                elif not error.retriable():
                    return Gap(EXPIRED, self.missing)
                continue
            partition, offset = message.partition(), message.offset()
            end = self._left.get(partition)
            if end is None:
                continue
            if offset < end:
                append_ms = append_ms_of(message)
                if append_ms and append_ms < self._oldest_ms:
                    return Gap(TOO_OLD, self.missing)
                if message.value() is not None:
                    messages.append(LogMessage(partition, offset, message.value(), append_ms))
                self.offsets[partition] = offset + 1
            self._end(partition, offset + 1)
        if messages or not self._left:
            self._moved_s = time.monotonic()
        elif time.monotonic() - self._moved_s > STALL_S:
            return Gap(EXPIRED, self.missing)
        return self._feed.shown(messages, time.time() * 1000)

    def close(self) -> None:
        """Give back the connection."""
        self._consumer.close()

    def _end(self, partition: int, at: int) -> None:
        end = self._left.get(partition)
        if end is not None and at >= end:
            self.offsets[partition] = end
            del self._left[partition]
            self._consumer.pause([TopicPartition(self._feed.topic, partition)])
