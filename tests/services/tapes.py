"""What the tests of the tape share: both sources, and how they are filled."""

import threading
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from typing import Any

import msgspec

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.sink import TableWriter
from connectors.kafka.batch import TopicBatch
from connectors.kafka.bounded import read_log
from connectors.kafka.serde import AvroWire
from connectors.tape.log import LogTape
from connectors.tape.log import LogTapeConfig
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.model import Tape
from connectors.tape.store import StoreTape
from connectors.tape.store import StoreTapeConfig
from infra.embedded.stack import StackAddresses
from schemas.catalog import topic_of
from tests.services.flow_services import publish

PARTITIONS = 8

# Effective time, topic, partition, key, value, stamp.
Row = tuple[int, str, int, bytes | None, bytes | None, int]


def rows_of(tape: Tape, limit: int = 5_000) -> list[Row]:
    """Read a tape to its end."""
    found: list[Row] = []
    while (chunk := tape.next(limit)) is not None:
        assert 1 <= len(chunk.values) <= limit
        names = [tape.topics[rank] for rank in chunk.topics]
        found += zip(
            chunk.order_ns.tolist(),
            names,
            chunk.partitions,
            chunk.keys,
            chunk.values,
            chunk.timestamps_ms,
            strict=True,
        )
    assert tape.next(limit) is None
    tape.close()
    return found


def values_of(tape: Tape, limit: int = 5_000) -> list[bytes | None]:
    """Return the values of a whole tape."""
    return [row[4] for row in rows_of(tape, limit)]


class Tapes:
    """Log and tables of one test, and the tapes they give."""

    def __init__(self, stack: StackAddresses, database: str, wire: AvroWire) -> None:
        self.stack = stack
        self.wire = wire
        self.database = database

    def clickhouse(self) -> ClickHouseConfig:
        return ClickHouseConfig(url=self.stack.clickhouse, database=self.database)

    def create(self) -> None:
        create_tables(self.clickhouse(), TAPE_TOPICS)

    def drop(self) -> None:
        with closing(ClickHouseHttp(self.clickhouse())) as client:
            client.execute(f"DROP DATABASE IF EXISTS {self.database} SYNC", in_database=False)

    def log(self, **changes: Any) -> LogTape:  # noqa: ANN401 - fields of the configuration
        return LogTape(
            LogTapeConfig(**{"brokers": self.stack.kafka, "topics": TAPE_TOPICS, **changes})
        )

    def store(self, **changes: Any) -> StoreTape:  # noqa: ANN401 - fields of the configuration
        settings = {
            "clickhouse": self.clickhouse(),
            "topics": TAPE_TOPICS,
            "partitions": PARTITIONS,
            **changes,
        }
        return StoreTape(StoreTapeConfig(**settings), self.wire.prefix)

    def publish(self, records: Iterable[msgspec.Struct]) -> None:
        """Write records to the log in the order given, keyed by underlying."""
        publish(
            self.stack.kafka,
            [
                (topic, -1, record.underlying_id.encode(), self.wire.encoder(topic)(record))  # type: ignore[attr-defined]
                for record in records
                for topic in [topic_of(type(record)).name]
            ],
        )

    def insert(self, topic: str, values: list[bytes | None]) -> None:
        """Write messages of a topic into its table, as the persist flow does."""
        count = len(values)
        batch = TopicBatch(
            topic=topic,
            values=values,
            keys=[None] * count,
            partitions=[0] * count,
            offsets=list(range(count)),
            next_offsets={},
        )
        with closing(ClickHouseHttp(self.clickhouse())) as client:
            writer = TableWriter(self.clickhouse(), client, self.wire, threading.Event())
            assert writer.write(batch) == []

    def insert_records(self, records: Iterable[msgspec.Struct]) -> None:
        """Write records into their tables, one insert for each topic."""
        by_topic: dict[str, list[bytes | None]] = {}
        for record in records:
            topic = topic_of(type(record)).name
            by_topic.setdefault(topic, []).append(self.wire.encoder(topic)(record))
        for topic, values in by_topic.items():
            self.insert(topic, values)

    def insert_log(self) -> None:
        """Write all the log holds into the tables."""
        for topic in TAPE_TOPICS:
            records = read_log(self.stack.kafka, topic)
            while values := [each.value for each in islice(records, 10_000)]:
                self.insert(topic, values)
