"""Show in a consumer group how far records have been stored."""

import time
from collections.abc import Mapping
from typing import Final

import structlog
from confluent_kafka import Consumer
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

log: Final = structlog.get_logger()

ATTEMPTS: Final = 10
PAUSE_S: Final = 0.3


class ProgressDisplay:
    """
    Commit offsets for others to see; nothing resumes from them.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    group : str
        Consumer group.
    """

    def __init__(self, brokers: str, group: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": brokers, "group.id": group, "enable.auto.commit": False}
        )

    def show(self, topic: str, next_offsets: Mapping[int, int]) -> None:
        """
        Commit the next offset of some partitions and wait for the answer.

        Whoever waits until everything is stored would wait for ever for a commit that got lost,
        so one that fails is tried again, a few times; an insert takes far longer than the answer.
        """
        places = [TopicPartition(topic, number, at) for number, at in next_offsets.items()]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._consumer.commit(offsets=places, asynchronous=False)
            except KafkaException as error:
                log.warning("progress_not_shown", topic=topic, error=str(error), attempt=attempt)
                time.sleep(PAUSE_S)
            else:
                return

    def close(self) -> None:
        """Give back the connection."""
        self._consumer.close()
