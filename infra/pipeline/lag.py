"""How far the flows have read: committed group offsets against the ends of the log."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from connectors.kafka.bounds import KeptLog
from connectors.kafka.bounds import LogBounds
from connectors.kafka.bounds import Place
from connectors.kafka.clients import admin_client
from connectors.kafka.reader import connector_error
from connectors.kafka.reader import first_offsets_at

TIMEOUT_S = 10.0
# The client's own types say nothing about these two.
EARLIEST = cast("Callable[[], OffsetSpec]", OffsetSpec.earliest)()
LATEST = cast("Callable[[], OffsetSpec]", OffsetSpec.latest)()


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


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise connector_error(error.args[0], "cannot see how far the flows are") from error


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
    from_ns, until_ns : int
        Event times (ns UTC) between which the group reads them; 0 for no bound.

    Notes
    -----
    Committed offsets are a report, not the resume point: that is Bytewax' recovery store.
    """

    def __init__(
        self, kafka: str, group: str, topics: Sequence[str], from_ns: int = 0, until_ns: int = 0
    ) -> None:
        self._topics = tuple(topics)
        self._log_bounds = LogBounds(from_ns=from_ns, until_ns=until_ns)
        self._known_bounds: dict[Place, tuple[int, int]] = {}
        self._places: tuple[Place, ...] = ()
        self._admin = admin_client(kafka)
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": group, "enable.auto.commit": False}
        )

    def ends(self) -> dict[str, int]:
        """
        Return the number of records appended so far, by topic.

        Raises
        ------
        ConnectorError
            The broker did not answer in time.
        """
        found = dict.fromkeys(self._topics, 0)
        with _answered():
            bounds = self._bounds()
        for (topic, _), (low, high) in bounds.items():
            found[topic] += high - low
        return found

    def progress(self) -> Progress:
        """Return how much of the log the group has read; raises as `ends` does."""
        with _answered():
            bounds = self._bounds()
            asked = [TopicPartition(*place) for place in bounds]
            positions = self._consumer.committed(asked, TIMEOUT_S)
        done = total = 0
        for (low, high), position in zip(bounds.values(), positions, strict=True):
            total += high - low
            done += max(0, min(position.offset, high) - low)
        return Progress(done, total)

    def _bounds(self) -> dict[Place, tuple[int, int]]:
        """Return first and next offset of each partition, between the bounds if there are any."""
        if not self._places:
            self._places = self._found_places()
        if self._log_bounds == LogBounds():
            return self._kept()
        if not self._known_bounds:
            self._known_bounds = self._cut(self._kept())
        return self._known_bounds

    def _found_places(self) -> tuple[Place, ...]:
        known = self._consumer.list_topics(timeout=TIMEOUT_S).topics
        return tuple(
            [
                (topic, number)
                for topic in self._topics
                for number in sorted(known[topic].partitions)
            ]
        )

    def _kept(self) -> dict[Place, tuple[int, int]]:
        # All partitions in one request each: asked for one by one, hundreds of them are a load.
        firsts = self._offsets(EARLIEST)
        nexts = self._offsets(LATEST)
        return {place: (firsts[place], nexts[place]) for place in self._places}

    def _offsets(self, spec: OffsetSpec) -> dict[Place, int]:
        asked = {TopicPartition(*place): spec for place in self._places}
        answers = self._admin.list_offsets(asked, request_timeout=TIMEOUT_S) if asked else {}
        return {
            (each.topic, each.partition): future.result().offset for each, future in answers.items()
        }

    def _cut(self, kept: Mapping[Place, tuple[int, int]]) -> dict[Place, tuple[int, int]]:
        """Return the offsets between the bounds, found as the source finds them."""
        bounds = self._log_bounds
        at, until = (
            first_offsets_at(self._consumer, self._places, stamp_ms) if stamp_ms else {}
            for stamp_ms in (bounds.from_ms, bounds.until_ms)
        )
        found = {}
        for place, ends in kept.items():
            each = KeptLog(place, *ends)
            first = each.begin(None, bounds, at)
            found[place] = (first, max(first, each.end(until)))
        return found

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        # It has no end of its own but that of its last holder.
        del self._admin
