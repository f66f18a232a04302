"""Persist stores every record once, over restarts, outages and bad messages."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouseClient
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.sink import TableWriter
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.batch import TopicBatch
from connectors.kafka.dlq import list_dead_letters
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.memory.registry import MemoryRegistry
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from tests.connectors.kafka.market import PARTITIONS
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import tape
from tests.services.every_field import filled
from tests.services.every_field import json_line
from tests.services.flow_services import FlowProcess
from tests.services.flow_services import committed
from tests.services.flow_services import count_of
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish
from tests.services.flow_services import publish_tape
from tests.services.flow_services import wait_until

GROUP = "islandflow-persist"


@pytest.fixture
def wire(stack: StackAddresses) -> Iterator[AvroWire]:
    empty_catalog(stack.kafka)
    registry = SchemaRegistry(stack.registry)
    yield AvroWire(registry)
    registry.close()


@pytest.fixture
def database(stack: StackAddresses, topic_prefix: str) -> Iterator[str]:
    client = ClickHouseHttp(ClickHouseConfig(url=stack.clickhouse, database=topic_prefix))
    client.execute(f"DROP DATABASE IF EXISTS {topic_prefix}", in_database=False)
    yield topic_prefix
    client.execute(f"DROP DATABASE IF EXISTS {topic_prefix}", in_database=False)
    client.close()


def count(stack: StackAddresses, database: str, table: str) -> int:
    client = ClickHouseClient(stack.clickhouse, database)
    try:
        (row,) = client.rows(f"SELECT count() AS n FROM {table} FINAL")  # noqa: S608 - our table
    finally:
        client.close()
    return int(row["n"])


def test_every_topic_is_stored_and_a_second_run_adds_nothing(
    stack: StackAddresses, wire: AvroWire, database: str, tmp_path: Path
) -> None:
    publish_tape(stack.kafka, wire, tape(300))
    settings = {"CLICKHOUSE_DATABASE": database, "PERSIST_BATCH_ROWS": "100"}
    raw = ("options.prints", "options.nbbo", "equities.quotes")
    expected = {name: count_of(stack.kafka, name) for name in raw}

    for run in ("first", "resumed", "from the beginning"):
        folder = tmp_path / ("a" if run != "from the beginning" else "b")
        folder.mkdir(exist_ok=True)
        with FlowProcess("persist", stack, folder, settings) as flow:
            flow.finish()
        stored = {name: count(stack, database, topics()[name].table) for name in raw}
        assert stored == expected, run

    shown = {name: committed(stack.kafka, GROUP, name, PARTITIONS) for name in raw}
    assert shown == expected


def test_poison_goes_to_the_dead_letters_and_its_neighbours_are_stored(
    stack: StackAddresses, wire: AvroWire, database: str, tmp_path: Path
) -> None:
    encode = wire.encoder("options.prints")
    good = encode(a_print(1))
    poison = [b"no header", good[:-9], None, b"\0\0\1\2\3" + good[5:]]
    values = [good, *poison, encode(a_print(2))]
    publish(stack.kafka, [("options.prints", 5, b"NVDA", value) for value in values])

    with FlowProcess("persist", stack, tmp_path, {"CLICKHOUSE_DATABASE": database}) as flow:
        flow.finish()

    assert count(stack, database, "options_prints") == 2
    letters = list_dead_letters(stack.kafka, ["options.prints"])
    assert [(each.partition, each.offset, each.value) for each in letters] == [
        (5, offset, value) for offset, value in enumerate(poison, start=1)
    ]
    assert {each.origin for each in letters} == {GROUP}


def test_follows_the_log_shows_what_is_stored_and_stops_when_told(
    stack: StackAddresses, wire: AvroWire, database: str, tmp_path: Path
) -> None:
    settings = {"CLICKHOUSE_DATABASE": database, "FLOW_STOP_AT_END": "false"}
    with FlowProcess("persist", stack, tmp_path, settings) as flow:
        for number in (1, 2):
            value = wire.encoder("options.prints")(a_print(number))
            publish(stack.kafka, [("options.prints", 5, b"NVDA", value)])
            wait_until(
                lambda n=number: committed(stack.kafka, GROUP, "options.prints", PARTITIONS) == n,  # type: ignore[misc]
                f"print {number} is shown as stored; {flow.log()[-2000:]}",
            )
            assert count(stack, database, "options_prints") == number
        flow.process.terminate()
        flow.finish()


@pytest.mark.parametrize("name", sorted(topics()))
def test_every_field_of_every_topic_arrives_unchanged(
    stack: StackAddresses, wire: AvroWire, database: str, name: str
) -> None:
    config = ClickHouseConfig(url=stack.clickhouse, database=database)
    create_tables(config, [name])
    records = [filled(topics()[name].record_type, number) for number in range(4)]
    encode = wire.encoder(name)
    batch = TopicBatch(
        topic=name,
        values=[encode(record) for record in records],
        keys=[None] * 4,
        partitions=[0] * 4,
        offsets=[0, 1, 2, 3],
        next_offsets={0: 4},
    )

    assert TableWriter(config, ClickHouseHttp(config), wire, threading.Event()).write(batch) == []

    client = ClickHouseClient(stack.clickhouse, database)
    table = topics()[name].table
    columns = ", ".join(f"`{field['name']}`" for field in topics()[name].schema["fields"])
    select = f"SELECT {columns} FROM {table} ORDER BY source_ts"  # noqa: S608 - our table
    text = client.text(
        f"{select} SETTINGS output_format_json_quote_64bit_integers = 0", "JSONEachRow"
    )
    client.close()
    assert sorted(text.splitlines()) == sorted(map(json_line, records))


def test_missing_database_stops_the_flow(
    stack: StackAddresses, wire: AvroWire, database: str
) -> None:
    config = ClickHouseConfig(url=stack.clickhouse, database=database)
    value = wire.encoder("options.prints")(a_print(1))
    batch = TopicBatch("options.prints", [value], [None], [0], [0], {0: 1})

    with pytest.raises(MisconfiguredConnector):
        TableWriter(config, ClickHouseHttp(config), wire, threading.Event()).write(batch)


def test_clickhouse_that_goes_and_comes_back_loses_nothing(
    new_embedded_stack: Callable[[str], EmbeddedStack],
) -> None:
    services = new_embedded_stack("outage")
    addresses = services.start()
    config = ClickHouseConfig(
        url=addresses.clickhouse, retry_s=0.2, first_backoff_s=0.05, timeout_s=5
    )
    create_tables(config, ["options.prints"])
    wire = AvroWire(MemoryRegistry())
    writer = TableWriter(config, ClickHouseHttp(config), wire, threading.Event())
    value = wire.encoder("options.prints")(a_print(1))
    batch = TopicBatch("options.prints", [value], [None], [0], [0], {0: 1})
    services.stop()

    with pytest.raises(TransientConnector, match="still in the log"):
        writer.write(batch)
    back = services.start()
    again = ClickHouseConfig(url=back.clickhouse)
    assert TableWriter(again, ClickHouseHttp(again), wire, threading.Event()).write(batch) == []

    assert count(back, "islandflow", "options_prints") == 1
