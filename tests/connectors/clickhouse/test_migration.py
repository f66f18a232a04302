"""What is changed about an older table, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse.ddl import table_statement
from connectors.clickhouse.migration import ColumnType
from connectors.clickhouse.migration import expected_columns
from connectors.clickhouse.migration import is_resorted
from connectors.clickhouse.migration import migration
from connectors.clickhouse.migration import obstacle
from connectors.clickhouse.migration import parse_type
from connectors.errors import MisconfiguredConnector
from schemas.catalog import topics

STATEMENT = """CREATE TABLE IF NOT EXISTS t
(
    `id` String,
    `seen` Nullable(Date32),
    `part` Tuple(type String, more Array(Tuple(k String, v Nullable(Float64)))),
    `revision` Int32,
    `at` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(toInt64(revision)),
    INDEX by_id `id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (id)
COMMENT 'A table, for a test.'"""
PART = "Tuple(type String, more Array(Tuple(k String, v Nullable(Float64))))"
CURRENT = {
    "id": "String",
    "seen": "Nullable(Date32)",
    "part": PART,
    "revision": "Int32",
    "at": "DateTime64(9, 'America/New_York')",
}


def test_columns_of_a_statement_are_read_in_order_without_its_indices() -> None:
    found = expected_columns(STATEMENT)

    assert list(found) == list(CURRENT)
    assert found["part"] == PART
    assert found["at"].startswith("DateTime64(9, 'America/New_York') ALIAS ")


def test_current_table_needs_nothing() -> None:
    assert migration("t", STATEMENT, CURRENT, "id") is None


def test_the_way_clickhouse_prints_a_type_makes_no_difference() -> None:
    printed = (
        "Tuple(\n    `type` String,\n    more Array(Tuple(\n  k String,v Nullable(Float64) )))"
    )

    assert migration("t", STATEMENT, {**CURRENT, "part": printed}, "`id`") is None


def test_column_of_another_version_stays() -> None:
    assert migration("t", STATEMENT, {**CURRENT, "later": "String"}, "id") is None


def test_missing_columns_are_added_in_their_places() -> None:
    existing = {name: CURRENT[name] for name in ("seen", "part")}

    assert migration("t", STATEMENT, existing, "id") == (
        "ALTER TABLE `t` ADD COLUMN IF NOT EXISTS `id` String FIRST, "
        "ADD COLUMN IF NOT EXISTS `revision` Int32 AFTER `part`, "
        "ADD COLUMN IF NOT EXISTS `at` DateTime64(9, 'America/New_York') "
        "ALIAS fromUnixTimestamp64Nano(toInt64(revision)) AFTER `revision`"
    )


@pytest.mark.parametrize(
    "old",
    [
        "Tuple(type String)",
        "Tuple(more Array(Tuple(k String)))",
        "Tuple(more Array(Tuple(v Nullable(Float64), k String)), type String)",
        "Tuple(type String, more Array(Tuple(k String, v Float64)))",
    ],
)
def test_smaller_tuple_grows(old: str) -> None:
    found = migration("t", STATEMENT, {**CURRENT, "part": old}, "id")

    assert found == f"ALTER TABLE `t` MODIFY COLUMN `part` {PART}"


@pytest.mark.parametrize(
    ("column", "old", "place"),
    [
        ("revision", "Int64", "revision is Int64, expected Int32"),
        ("seen", "Nullable(Date)", "seen is Date, expected Date32"),
        ("part", "Tuple(type String, gone String)", "part.gone is not in this version's schema"),
        (
            "part",
            "Tuple(type String, more Array(Tuple(k Int8)))",
            "part.more.k is Int8, expected S",
        ),
        ("part", "Tuple(String, Array(String))", "part is Tuple(String, Array(String)), expected"),
        ("part", "Map(String, Int64)", "part is Map(String, Int64), expected Tuple("),
    ],
)
def test_what_would_lose_rows_is_refused_by_name(column: str, old: str, place: str) -> None:
    with pytest.raises(MisconfiguredConnector) as refused:
        migration("t", STATEMENT, {**CURRENT, column: old}, "id")

    assert place in str(refused.value)
    assert "table t was made by another version" in str(refused.value)
    assert "CLICKHOUSE_DATABASE" in str(refused.value)


def test_other_sorting_key_is_refused() -> None:
    with pytest.raises(MisconfiguredConnector, match=r"sorted by \(seen, id\), expected \(id\)"):
        migration("t", STATEMENT, CURRENT, "seen, id")


@pytest.mark.parametrize(
    ("now", "is_new"),
    [("id", False), ("(id)", False), ("i", False), ("seen", False), ("id, seen, more", False)],
)
def test_only_a_key_that_got_longer_sorts_a_table_anew(now: str, is_new: bool) -> None:
    assert is_resorted(STATEMENT, now) is is_new
    assert is_resorted(STATEMENT.replace("ORDER BY (id)", "ORDER BY (id, seen)"), "(`id`)")


@pytest.mark.parametrize("text", ["", "Tuple(", "Tuple(a String", "A)", "Array(String) x"])
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(MisconfiguredConnector, match="no type"):
        parse_type(text)


plain = st.sampled_from(["String", "Int64", "Float64", "Bool", "Date32"]).map(ColumnType)
names = st.lists(st.sampled_from(["a", "type", "k2", "v"]), min_size=1, max_size=4, unique=True)


def _larger(inner: st.SearchStrategy[ColumnType]) -> st.SearchStrategy[ColumnType]:
    tuples = names.flatmap(
        lambda fields: st.tuples(*[inner] * len(fields)).map(
            lambda parts: ColumnType("Tuple", parts, tuple(fields))
        )
    )
    return tuples | inner.map(lambda part: ColumnType("Array", (part,)))


types = st.recursive(plain, _larger, max_leaves=12)


@given(types)
def test_type_is_read_as_it_is_written(kind: ColumnType) -> None:
    assert parse_type(kind.text()) == kind
    assert obstacle(kind, kind, "c") is None


@given(types, names)
def test_tuple_may_grow_but_never_shrink(kind: ColumnType, fields: list[str]) -> None:
    small = ColumnType("Tuple", (kind,), ("kept",))
    large = ColumnType("Tuple", (*[kind] * len(fields), kind), (*fields, "kept"))

    assert obstacle(small, large, "c") is None
    assert obstacle(large, small, "c") is not None


@pytest.mark.parametrize("table", [topic.table for topic in topics().values()])
def test_statement_of_every_topic_can_be_compared(table: str) -> None:
    statement = table_statement(table)
    columns = expected_columns(statement)
    existing = {name: kind.partition(" ALIAS ")[0] for name, kind in columns.items()}
    key = statement.partition("ORDER BY (")[2].partition(")")[0]

    assert list(columns)[:4] == ["source_ts", "ingest_ts", "seq", "trace_id"]
    assert migration(table, statement, existing, key) is None
