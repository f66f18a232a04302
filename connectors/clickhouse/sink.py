"""Zero-decode sink: message values of a topic into its table."""

import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final
from typing import Protocol

import structlog
from bytewax.outputs import DynamicSink
from bytewax.outputs import StatelessSinkPartition

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.http import ClickHouseHttp
from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.batch import TopicBatch
from connectors.kafka.config import SinkConfig
from connectors.kafka.dlq import dead_letter
from connectors.kafka.namespace import in_namespace
from connectors.kafka.progress import ProgressDisplay
from connectors.kafka.serde import MAGIC
from connectors.kafka.serde import schema_id_of
from connectors.kafka.sink import BatchProducer
from connectors.kafka.stamps import HEADER_BYTES
from schemas.catalog import topics as known_topics

log: Final = structlog.get_logger()

# A whole batch of this size that is refused record by record is a table that does not fit its
# topic, not a run of bad records.
MAX_ALL_REJECTED: Final = 16


class WriterSchemas(Protocol):
    """Looks up schemas by id; `AvroWire` does."""

    def writer_schema(self, schema_id: int) -> str:
        """Return the text of a schema; raises RejectedRecord when there is none."""
        ...


class AvroTables(Protocol):
    """Takes Avro containers; `ClickHouseHttp` does."""

    def insert_avro(self, table: str, container: bytes) -> None:
        """Insert a container."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class TableWriter:
    """
    Insert messages of topics into their tables without decoding them.

    Delivery: at least once. `write` returns when every row is stored or found to be no record;
    rows are idempotent by the table's key and version under ReplacingMergeTree. Transient errors
    are retried in place with growing pauses; then the caller stops, with the data still in the
    log. Order: within a partition only.

    Parameters
    ----------
    config : ClickHouseConfig
        How long to retry.
    tables : AvroTables
        Where rows go.
    schemas : WriterSchemas
        Schemas by id.
    stop : threading.Event
        When set, retrying is given up at once.
    """

    def __init__(
        self,
        config: ClickHouseConfig,
        tables: AvroTables,
        schemas: WriterSchemas,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._tables = tables
        self._schemas = schemas
        self._stop = stop

    def write(self, batch: TopicBatch) -> list[PoisonRecord]:
        """
        Store a batch; one insert for each schema id in it.

        Returns
        -------
        list of PoisonRecord
            Messages that are no rows of the table; all others are stored.

        Raises
        ------
        TransientConnector
            ClickHouse stayed unreachable or busy.
        MisconfiguredConnector
            The table is missing or does not fit the topic.
        """
        table = known_topics()[batch.topic].table
        rejected: dict[int, str] = {}
        for schema_id, at in self._by_schema(batch.values, rejected).items():
            try:
                schema = self._schemas.writer_schema(schema_id)
            except RejectedRecord as error:
                rejected.update(dict.fromkeys(at, str(error)))
                continue
            values = [batch.values[i] for i in at]
            bodies = [value[HEADER_BYTES:] for value in values if value is not None]
            refused = self._store(table, schema, bodies)
            if len(refused) == len(bodies) > MAX_ALL_REJECTED:
                msg = f"table {table} takes no record of {batch.topic}: {refused[0]}"
                raise MisconfiguredConnector(msg)
            rejected.update({at[i]: reason for i, reason in refused.items()})
        return [
            PoisonRecord(
                topic=batch.topic,
                partition=batch.partitions[i],
                offset=batch.offsets[i],
                key=batch.keys[i],
                value=batch.values[i],
                error=rejected[i],
            )
            for i in sorted(rejected)
        ]

    @staticmethod
    def _by_schema(
        values: Sequence[bytes | None], rejected: dict[int, str]
    ) -> dict[int, Sequence[int]]:
        # Nearly always all values have one schema, which a prefix tells without looking closer.
        first = values[0]
        if first is not None and len(first) > HEADER_BYTES and None not in values:
            prefix = first[:HEADER_BYTES]
            matching = [value for value in values if value is not None and value[:5] == prefix]
            if len(matching) == len(values) and prefix[:1] == MAGIC:
                return {schema_id_of(first): range(len(values))}
        found: dict[int, list[int]] = {}
        for i, value in enumerate(values):
            try:
                found.setdefault(schema_id_of(value or b""), []).append(i)
            except RejectedRecord as error:
                rejected[i] = str(error)
        return dict(found)

    def _store(self, table: str, schema: str, bodies: Sequence[bytes]) -> dict[int, str]:
        try:
            self._retry(lambda: self._tables.insert_avro(table, avro_container(schema, bodies)))
        except RejectedRecord as error:
            if len(bodies) == 1:
                return {0: str(error)}
            middle = len(bodies) // 2
            behind = self._store(table, schema, bodies[middle:])
            return {
                **self._store(table, schema, bodies[:middle]),
                **{middle + i: reason for i, reason in behind.items()},
            }
        return {}

    def _retry(self, insert: Callable[[], None]) -> None:
        started_s = time.monotonic()
        pause_s = self._config.first_backoff_s
        while True:
            try:
                insert()
            except TransientConnector as error:
                waited_s = time.monotonic() - started_s
                if waited_s >= self._config.retry_s or self._stop.wait(pause_s):
                    msg = f"{error}; nothing is lost, the records are still in the log"
                    raise TransientConnector(msg) from error
                log.warning("insert_retried", error=str(error), waited_s=round(waited_s, 1))
                pause_s = min(pause_s * 2, self._config.max_backoff_s)
            else:
                return


class _SinkPartition(StatelessSinkPartition[TopicBatch]):
    def __init__(
        self,
        writer: TableWriter,
        tables: ClickHouseHttp,
        dead_letters: BatchProducer,
        progress: ProgressDisplay,
        flow: str,
        namespace: str,
    ) -> None:
        self._writer = writer
        self._tables = tables
        self._dead_letters = dead_letters
        self._progress = progress
        self._flow = flow
        self._namespace = namespace

    def write_batch(self, items: list[TopicBatch]) -> None:
        for batch in items:
            poison = self._writer.write(batch)
            if poison:
                letters: list[OutRecord] = [dead_letter(each, self._flow) for each in poison]
                self._dead_letters.write(letters)
                log.warning("records_rejected", topic=batch.topic, count=len(poison))
            self._progress.show(in_namespace(self._namespace, batch.topic), batch.next_offsets)

    def close(self) -> None:
        self._tables.close()
        self._progress.close()


class ClickHouseSink(DynamicSink[TopicBatch]):
    """
    Write batches of topics into their tables; see `TableWriter`.

    Delivery: at least once. A batch is done when the insert returned; then its offsets are shown
    in the consumer group, for whoever waits until everything is stored. After a crash the epoch
    is written again; rows are idempotent. What ClickHouse refuses as data is found by halving the
    batch and goes to `<topic>.dlq`; the rest is stored.

    Parameters
    ----------
    config : ClickHouseConfig
        Where the tables are.
    kafka : SinkConfig
        Where dead letters go.
    schemas : WriterSchemas
        Schemas by id.
    group : str
        Consumer group in which stored offsets are shown; also named as the origin of dead letters.
    stop : threading.Event
        When set, retrying is given up at once.
    """

    def __init__(
        self,
        config: ClickHouseConfig,
        kafka: SinkConfig,
        schemas: WriterSchemas,
        group: str,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._kafka = kafka
        self._schemas = schemas
        self._group = group
        self._stop = stop

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _SinkPartition:
        """Build the worker's own connections."""
        del step_id, worker_index, worker_count
        client = ClickHouseHttp(self._config)
        return _SinkPartition(
            TableWriter(self._config, client, self._schemas, self._stop),
            client,
            BatchProducer(self._kafka, self._stop),
            ProgressDisplay(self._kafka.brokers, in_namespace(self._kafka.namespace, self._group)),
            self._group,
            self._kafka.namespace,
        )
