"""The order in which records and the marks behind them are written."""

from collections.abc import Sequence

import numpy as np
import pytest

from connectors.errors import TransientConnector
from connectors.kafka.admin import PartitionDescription
from connectors.kafka.admin import TopicDescription
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.marks import MARKS_TOPIC
from connectors.kafka.marks import decode_mark
from infra.replay import writer
from infra.replay.lookahead import Stretch
from infra.replay.player import Due
from infra.replay.writer import TapeWriter
from tests.infra.replay.tapes import START_NS
from tests.infra.replay.tapes import TOPICS

PARTITIONS = 2


class FakeLog:
    """Keeps what it was given and what it has acknowledged; can be made to refuse."""

    def __init__(self) -> None:
        self.given: list[OutRecord] = []
        self.acknowledged = 0
        self.is_down = False

    def write(self, records: Sequence[OutRecord]) -> None:
        self.put(records)
        self.flush()

    def put(self, records: Sequence[OutRecord]) -> None:
        self.given += records

    def flush(self) -> None:
        if self.is_down:
            msg = "is the broker up?"
            raise TransientConnector(msg)
        self.acknowledged = len(self.given)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> FakeLog:
    made = FakeLog()

    def described(brokers: str, topic: str) -> TopicDescription:
        del brokers
        ends = tuple(PartitionDescription(number, 0, 0) for number in range(PARTITIONS))
        return TopicDescription(topic=topic, partitions=ends, configs={})

    monkeypatch.setattr(writer, "BatchProducer", lambda *_: made)
    monkeypatch.setattr(writer, "describe_topic", described)
    return made


def due(count: int, reached_ns: int, *, is_end: bool = False) -> Due:
    records = Stretch(
        order_ns=np.full(count, reached_ns, np.int64),
        topics=bytes(count),
        partitions=[number % PARTITIONS for number in range(count)],
        keys=[b"XYZ"] * count,
        values=[b"value"] * count,
        timestamps_ms=[0] * count,
    )
    return Due(records, reached_ns, is_end=is_end)


def a_writer() -> TapeWriter:
    return TapeWriter(SinkConfig(brokers="b:1", namespace="replay.x"), TOPICS, PARTITIONS)


def test_a_mark_names_what_was_written_in_front_of_it(log: FakeLog) -> None:
    taker = a_writer()
    for number in range(5):
        taker.write(due(3, START_NS + number))

    in_log = [0] * PARTITIONS
    for each in log.given:
        if each.topic == MARKS_TOPIC:
            named = decode_mark(each.value or b"").offsets[f"replay.x.{TOPICS[0]}"]
            assert named == in_log[each.partition]
        else:
            in_log[each.partition] += 1
    kinds = ["mark" if each.topic == MARKS_TOPIC else "record" for each in log.given]
    assert kinds == (["record"] * 3 + ["mark"] * PARTITIONS) * 5


def test_records_the_log_did_not_take_are_named_by_no_mark(log: FakeLog) -> None:
    taker = a_writer()
    taker.write(due(2, START_NS))
    log.is_down = True

    with pytest.raises(TransientConnector):
        taker.write(due(2, START_NS + 1))

    assert [each.topic for each in log.given[-2:]] == [TOPICS[0]] * 2
    assert taker.written[TOPICS[0]] == 2


def test_the_end_is_in_the_log_when_it_is_written(log: FakeLog) -> None:
    taker = a_writer()
    taker.write(due(2, START_NS))
    assert log.acknowledged < len(log.given)

    taker.write(due(0, START_NS, is_end=True))

    assert log.acknowledged == len(log.given)
    assert decode_mark(log.given[-1].value or b"").is_end
