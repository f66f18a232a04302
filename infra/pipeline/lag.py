"""How far the flows have read: committed group offsets against the ends of the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Position of one group.

    Parameters
    ----------
    done, total : int
        Records behind the committed offsets and in the log, over the topics asked for.
    """

    done: int
    total: int

    @property
    def lag(self) -> int:
        """Return the records not yet read."""
        return self.total - self.done


class LagMonitor:
    """
    Read ends and committed offsets.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    group : str
        Consumer group a flow reports to, e.g. `islandflow-options`.
    topics : Sequence[str]
        Topics to add up.

    Notes
    -----
    Committed offsets are a report, not the resume point: that is Bytewax' recovery store.
    """

    def __init__(self, kafka: str, group: str, topics: Sequence[str]) -> None:
        self._topics = tuple(topics)
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": group, "enable.auto.commit": False}
        )

    def ends(self) -> dict[str, int]:
        """Return the number of records appended so far, by topic."""
        return {
            topic: sum(high - low for _, low, high in self._watermarks(topic))
            for topic in self._topics
        }

    def _watermarks(self, topic: str) -> list[tuple[int, int, int]]:
        found = self._consumer.list_topics(topic, TIMEOUT_S).topics[topic].partitions
        out = []
        for partition in found:
            low, high = self._consumer.get_watermark_offsets(
                TopicPartition(topic, partition), TIMEOUT_S
            )
            out.append((partition, low, high))
        return out

    def progress(self) -> Progress:
        """Return how much of the log the group has read."""
        done = total = 0
        for topic in self._topics:
            marks = self._watermarks(topic)
            asked = [TopicPartition(topic, partition) for partition, _, _ in marks]
            committed = self._consumer.committed(asked, TIMEOUT_S)
            for (_, low, high), position in zip(marks, committed, strict=True):
                total += high - low
                done += max(0, min(position.offset, high) - low)
        return Progress(done, total)

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()
