"""Tables of an older version, brought up to date with their rows."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.ddl import table_statement
from connectors.clickhouse.http import ClickHouseHttp
from connectors.errors import MisconfiguredConnector
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from schemas.codec import RecordCodec
from tests.services.every_field import filled
from tests.services.every_field import json_line

# What the second version added: columns, and the first field of those a tuple grew by.
ADDED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "flow.packets": (
        ("legs", "structure", "structure_id", "baseline_snapshot_id"),
        {"features": "days_to_event"},
    ),
    "flow.smart-money": ((), {"features": "structure_type"}),
    "flow.alerts": (("settlement",), {}),
    "options.tape": (("oi", "oi_as_of"), {}),
}


class Database:
    def __init__(self, url: str, name: str) -> None:
        self.config = ClickHouseConfig(url=url, database=name)
        self.client = ClickHouseHttp(self.config)

    def rows(self, table: str) -> list[dict[str, Any]]:
        text = self.client.execute(
            f"SELECT * FROM {table} FINAL ORDER BY trace_id FORMAT JSONEachRow "  # noqa: S608 - our table
            "SETTINGS output_format_json_quote_64bit_integers=0"
        )
        return [json.loads(line) for line in text.splitlines() if line]

    def columns(self, table: str) -> list[list[str]]:
        text = self.client.execute(
            "SELECT name, type, default_kind, default_expression FROM system.columns "  # noqa: S608 - our table
            f"WHERE database = currentDatabase() AND table = '{table}' ORDER BY position "
            "FORMAT JSONCompactEachRow"
        )
        return [json.loads(line) for line in text.splitlines() if line]


@pytest.fixture
def database(embedded_stack: StackAddresses, topic_prefix: str) -> Iterator[Database]:
    made = Database(embedded_stack.clickhouse, topic_prefix)
    made.client.execute(f"CREATE DATABASE {topic_prefix}", in_database=False)
    yield made
    made.client.execute(f"DROP DATABASE {topic_prefix} SYNC", in_database=False)
    made.client.close()


def old_statement(topic: str) -> str:
    """Return a table's CREATE TABLE as the first version had it."""
    columns, grown = ADDED[topic]
    lines = table_statement(topics()[topic].table).splitlines()
    kept = [
        line for line in lines if not any(line.startswith(f"    `{name}` ") for name in columns)
    ]
    for at, line in enumerate(kept):
        for column, field in grown.items():
            if line.startswith(f"    `{column}` "):
                kept[at] = re.sub(rf", {field} .*\),$", "),", line)
                assert kept[at] != line
    assert len(kept) == len(lines) - len(columns)
    return "\n".join(kept)


def old_row(topic: str, number: int) -> dict[str, Any]:
    """Return a row as the first version stored it."""
    columns, grown = ADDED[topic]
    row: dict[str, Any] = json.loads(json_line(filled(topics()[topic].record_type, number)))
    for name in columns:
        del row[name]
    for column, field in grown.items():
        names = list(row[column])
        row[column] = {name: row[column][name] for name in names[: names.index(field)]}
    return row


def has_only_defaults(value: object) -> bool:
    if isinstance(value, dict):
        return all(has_only_defaults(each) for each in value.values())
    return value in (None, 0, 0.0, "", False, [], "1900-01-01", "1970-01-01")


@pytest.mark.parametrize("topic", list(ADDED))
def test_older_table_grows_and_keeps_its_rows(database: Database, topic: str) -> None:
    table, record_type = topics()[topic].table, topics()[topic].record_type
    codec: RecordCodec[msgspec.Struct] = RecordCodec(topics()[topic])
    database.client.execute(old_statement(topic))
    stored = [old_row(topic, number) for number in (10, 11, 13)]
    body = "\n".join(json.dumps(row) for row in stored)
    database.client.execute(f"INSERT INTO {table} FORMAT JSONEachRow\n{body}")
    before = database.rows(table)
    assert [row["trace_id"] for row in before] == [row["trace_id"] for row in stored]

    create_tables(database.config, [topic])
    added = [filled(record_type, number) for number in (50, 51, 52)]
    bodies = [codec.encode(record) for record in added]
    database.client.insert_avro(table, avro_container(topics()[topic].text, bodies))

    after = database.rows(table)
    assert len(after) == 6
    columns, grown = ADDED[topic]
    for old, new in zip(before, after, strict=False):
        for name, value in new.items():
            if name in columns:
                assert has_only_defaults(value), name
            elif name in grown:
                assert {key: value[key] for key in old[name]} == old[name]
                left = {key: each for key, each in value.items() if key not in old[name]}
                assert left
                assert has_only_defaults(left)
            else:
                assert value == old[name], name
    newest = after[3:]
    assert [row["trace_id"] for row in newest] == [
        msgspec.to_builtins(record)["trace_id"] for record in added
    ]
    for name in (*columns, *grown):
        assert not all(has_only_defaults(row[name]) for row in newest), name


@pytest.mark.parametrize("topic", list(ADDED))
def test_table_brought_up_to_date_equals_a_new_one(database: Database, topic: str) -> None:
    table = topics()[topic].table
    create_tables(database.config, [topic])
    fresh = database.columns(table)
    database.client.execute(f"DROP TABLE {table} SYNC")
    database.client.execute(old_statement(topic))
    assert database.columns(table) != fresh

    for _ in range(2):
        create_tables(database.config, [topic])

        assert database.columns(table) == fresh


def test_refusal_leaves_every_table_as_it_was(database: Database) -> None:
    database.client.execute(old_statement("flow.alerts"))
    broken = old_statement("flow.packets").replace("`chain_length` Int32", "`chain_length` String")
    database.client.execute(broken)
    before = database.columns("flow_alerts")

    with pytest.raises(MisconfiguredConnector, match="chain_length is String, expected Int32"):
        create_tables(database.config)

    assert database.columns("flow_alerts") == before


def test_table_with_a_shorter_key_keeps_its_rows_and_tells_more_of_them_apart(
    database: Database,
) -> None:
    topic = topics()["refdata.open-interest"]
    short = table_statement(topic.table).replace("as_of_date, source_ts)", "as_of_date)")
    assert short != table_statement(topic.table)
    codec: RecordCodec[msgspec.Struct] = RecordCodec(topic)
    records = [filled(topic.record_type, number) for number in (10, 11)]
    revised = msgspec.structs.replace(records[0], source_ts=7, trace_id="revised")
    database.client.execute(short)
    bodies = [codec.encode(record) for record in records]
    database.client.insert_avro(topic.table, avro_container(topic.text, bodies))

    for _ in range(2):
        create_tables(database.config, [topic.name])
    database.client.insert_avro(topic.table, avro_container(topic.text, [codec.encode(revised)]))
    database.client.execute(f"OPTIMIZE TABLE {topic.table} FINAL")

    kept = sorted(row["trace_id"] for row in database.rows(topic.table))
    before = [msgspec.to_builtins(record)["trace_id"] for record in records]
    assert kept == sorted([*before, "revised"])
