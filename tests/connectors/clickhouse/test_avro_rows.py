"""Rows come apart into keys and bodies, however the writer cut its blocks."""

import io
from collections.abc import Sequence
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.clickhouse.avro_rows import read_rows
from connectors.clickhouse.container import SYNC_MARKER
from schemas._wire import AvroError
from schemas._wire import encode_long
from schemas._wire import encode_string

PREFIX = b"\0\0\0\0\7"
FIELDS: list[dict[str, Any]] = [
    {"name": "source_ts", "type": "long"},
    {"name": "size", "type": ["null", "int"]},
    {"name": "price", "type": "double"},
    {"name": "ratio", "type": "float"},
    {"name": "flag", "type": "boolean"},
    {"name": "note", "type": ["null", "string"]},
    {"name": "raw", "type": {"type": "bytes"}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "names", "type": {"type": "array", "items": "string"}},
    {"name": "parts", "type": {"type": "map", "values": "double"}},
    {"name": "code", "type": {"type": "fixed", "name": "code", "size": 3}},
    {
        "name": "legs",
        "type": {
            "type": "array",
            "items": {
                "type": "record",
                "name": "leg",
                "fields": [
                    {"name": "id", "type": "string"},
                    {"name": "ratio", "type": ["null", "long"]},
                ],
            },
        },
    },
    {"name": "other", "type": ["null", "leg", "code"]},
]
KEY = {"name": "_key", "type": "bytes"}
ROW = fastavro.parse_schema({"type": "record", "name": "row", "fields": [KEY, *FIELDS]})
BODY = fastavro.parse_schema({"type": "record", "name": "row", "fields": FIELDS})

longs = st.integers(-(2**63), 2**63 - 1)
legs = st.fixed_dictionaries({"id": st.text(), "ratio": st.none() | longs})
rows = st.lists(
    st.fixed_dictionaries(
        {
            "_key": st.binary(max_size=70),
            "source_ts": longs,
            "size": st.none() | st.integers(-(2**31), 2**31 - 1),
            "price": st.floats(allow_nan=False),
            "ratio": st.floats(width=32, allow_nan=False),
            "flag": st.booleans(),
            "note": st.none() | st.text(),
            "raw": st.binary() | st.just(SYNC_MARKER),
            "day": st.integers(-(2**31), 2**31 - 1),
            "names": st.lists(st.text(), max_size=3),
            "parts": st.dictionaries(st.text(), st.floats(allow_nan=False), max_size=3),
            "code": st.binary(min_size=3, max_size=3),
            "legs": st.lists(legs, max_size=3),
            "other": st.none() | legs | st.binary(min_size=3, max_size=3),
        }
    ),
    max_size=6,
)


def container(found: Sequence[dict[str, Any]], interval: int, codec: str = "null") -> bytes:
    data = io.BytesIO()
    fastavro.writer(data, ROW, found, codec=codec, sync_interval=interval, sync_marker=SYNC_MARKER)
    return data.getvalue()


def body(row: dict[str, Any]) -> bytes:
    data = io.BytesIO()
    fastavro.schemaless_writer(data, BODY, row)
    return data.getvalue()


@given(rows, st.sampled_from([1, 100, 100_000]))
@settings(deadline=None)
def test_rows_come_apart_at_any_size_of_the_blocks(
    found: list[dict[str, Any]], interval: int
) -> None:
    keys, bodies = read_rows(container(found, interval), PREFIX)

    assert keys == [row["_key"] for row in found]
    assert bodies == [PREFIX + body(row) for row in found]


def test_block_of_several_empty_bodies_is_taken_apart() -> None:
    schema = '{"type":"record","name":"row","fields":[{"name":"k","type":"string"}]}'
    head = b"Obj\x01" + encode_long(1) + encode_string("avro.schema") + encode_string(schema)
    block = b"\x02a" + b"\x02b" + b"\0"
    data = head + b"\0" + SYNC_MARKER + b"\6" + encode_long(len(block)) + block + SYNC_MARKER

    assert read_rows(data) == ([b"a", b"b", b""], [b"", b"", b""])


def test_no_bytes_and_no_blocks_are_no_rows() -> None:
    assert read_rows(b"") == read_rows(container([], 1)) == ([], [])


A_ROW: dict[str, Any] = {
    "_key": b"SPY",
    "source_ts": 1_747_922_400_000_000_000,
    "size": 1,
    "price": 1.0,
    "ratio": 1.0,
    "flag": True,
    "note": "n",
    "raw": b"r",
    "day": 1,
    "names": ["a"],
    "parts": {"a": 1.0},
    "code": b"abc",
    "legs": [],
    "other": None,
}


@pytest.mark.parametrize("interval", [1, 100_000])
def test_container_that_is_cut_anywhere_is_refused(interval: int) -> None:
    data = container([A_ROW, A_ROW], interval)
    empty = container([], 1)
    whole = {len(container([A_ROW] * n, interval)) for n in range(3)} if interval == 1 else set()

    for size in range(1, len(data)):
        if size in whole or data[:size] == empty:
            continue
        with pytest.raises(AvroError):
            read_rows(data[:size])


@pytest.mark.parametrize(
    "data",
    [
        b"Code: 241. DB::Exception: Memory limit exceeded",
        container([A_ROW], 1, codec="deflate"),
        container([A_ROW], 1).replace(b'"bytes"', b'"int"  ', 1),
        container([A_ROW], 1) + b"Code: 241. DB::Exception",
        container([A_ROW], 1)[:-1] + b"?",
    ],
    ids=["an error", "compressed", "no text first", "an error at the end", "wrong marker"],
)
def test_what_is_no_container_of_rows_is_refused(data: bytes) -> None:
    with pytest.raises(AvroError):
        read_rows(data)
