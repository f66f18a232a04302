"""Show in a consumer group how far records have been stored."""

from collections.abc import Mapping
from typing import Final

import structlog
from confluent_kafka import Consumer
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

log: Final = structlog.get_logger()


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
        """Commit the next offset of some partitions without waiting for the answer."""
        places = [TopicPartition(topic, number, at) for number, at in next_offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            log.warning("progress_not_shown", topic=topic, error=str(error))

    def close(self) -> None:
        """Send what is pending and give back the connection."""
        self._consumer.close()
