"""A Kafka client over a log in memory, which hands out messages in any order of the partitions."""

import random
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import KafkaError
from confluent_kafka import TopicPartition

MOST_AT_ONCE = 8  # of one partition

Place = tuple[str, int]


@dataclass(frozen=True)
class Stored:
    """What a producer has written; the stamp in ms UTC."""

    value: bytes | None
    key: bytes | None = None
    stamp_ms: int = 0


@dataclass(frozen=True)
class _Message:
    place: Place
    at: int
    stored: Stored = Stored(None)
    failure: int | None = None

    def error(self) -> KafkaError | None:
        return None if self.failure is None else KafkaError(self.failure)

    def topic(self) -> str:
        return self.place[0]

    def partition(self) -> int:
        return self.place[1]

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes | None:
        return self.stored.value

    def key(self) -> bytes | None:
        return self.stored.key

    def headers(self) -> None:
        return None


class MemoryConsumer:
    """What `LogReader` needs of a consumer; how much comes from where is drawn from a seed."""

    def __init__(
        self,
        log: Mapping[Place, Sequence[Stored]],
        dice: random.Random,
        config: Mapping[str, object],
    ) -> None:
        self._log = log
        self._dice = dice
        self._says_end = config["enable.partition.eof"] is True
        self._at: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self.delivered: dict[Place, int] = dict.fromkeys(log, 0)
        self.committed: dict[Place, int] = {}

    def get_watermark_offsets(
        self, place: TopicPartition, timeout: float = 0.0, *, cached: bool = False
    ) -> tuple[int, int]:
        del timeout, cached
        return 0, len(self._log[place.topic, place.partition])

    def offsets_for_times(
        self, asked: Sequence[TopicPartition], timeout: float
    ) -> list[TopicPartition]:
        del timeout
        answers = []
        for each in asked:
            stored = self._log[each.topic, each.partition]
            found = [at for at, one in enumerate(stored) if one.stamp_ms >= each.offset]
            answers.append(TopicPartition(each.topic, each.partition, (found or [-1])[0]))
        return answers

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self._at = {(each.topic, each.partition): each.offset for each in places}

    def pause(self, places: Sequence[TopicPartition]) -> None:
        self._paused |= {(each.topic, each.partition) for each in places}

    def resume(self, places: Sequence[TopicPartition]) -> None:
        self._paused -= {(each.topic, each.partition) for each in places}

    def consume(self, limit: int, timeout: float) -> list[_Message]:
        del timeout
        found: list[_Message] = []
        for place in self._dice.sample(sorted(self._at), len(self._at)):
            if place in self._paused or self._dice.random() < 0.5:
                continue
            start = self._at[place]
            following = self._log[place][start:][: self._dice.randint(1, MOST_AT_ONCE)]
            found += [_Message(place, start + at, each) for at, each in enumerate(following)]
            self._at[place] += len(following)
            self.delivered[place] += len(following)
            if self._says_end and self._at[place] == len(self._log[place]):
                found.append(_Message(place, self._at[place], failure=KafkaError._PARTITION_EOF))
        assert len(found) <= limit
        return found

    def commit(self, offsets: Sequence[TopicPartition], *, asynchronous: bool) -> None:
        del asynchronous
        self.committed |= {(each.topic, each.partition): each.offset for each in offsets}

    def close(self) -> None:
        """Nothing to give back."""


class MemoryBroker:
    """Makes consumers of one log; the newest one can be looked at."""

    def __init__(self, log: Mapping[Place, Sequence[Stored]], seed: int) -> None:
        self.log = log
        self._dice = random.Random(seed)  # noqa: S311 - a seeded broker, no secret
        self.newest: MemoryConsumer | None = None

    def __call__(self, config: Mapping[str, object]) -> MemoryConsumer:
        self.newest = MemoryConsumer(self.log, self._dice, config)
        return self.newest

    @property
    def consumer(self) -> MemoryConsumer:
        """The newest consumer."""
        return cast(MemoryConsumer, self.newest)
