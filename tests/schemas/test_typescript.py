"""The TypeScript types say what the gateway's JSON says of a record."""

import pytest

from schemas import generate
from schemas.json_form import is_nanos as gateway_is_nanos
from schemas.typescript import FOLDER
from schemas.typescript import is_nanos
from schemas.typescript import json_type

DATE = {"type": "int", "logicalType": "date"}
LONGS = {"type": "array", "items": "long"}
COUNTS = {"type": "map", "values": "long"}


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("source_ts", "long", "Nanos"),
        ("nbbo_ts", ["null", "long"], "Nanos | null"),
        ("window_start", "long", "Nanos"),
        ("ts", ["null", "long"], "Nanos | null"),
        ("seq", "long", "Counter"),
        ("oi", ["null", "long"], "number | null"),
        ("interval_ms", "int", "number"),
        ("window", "string", "string"),
        ("expiry", DATE, "IsoDate"),
        ("oi_as_of", ["null", DATE], "IsoDate | null"),
        ("trades", LONGS, "readonly number[]"),
        ("lag", COUNTS, "Readonly<Record<string, number>>"),
        ("structure", ["null", "PacketStructure"], "PacketStructure | null"),
        ("hits", {"type": "array", "items": "AlertHit"}, "readonly AlertHit[]"),
    ],
)
def test_an_avro_type_becomes_the_type_of_its_json(
    name: str, schema: object, expected: str
) -> None:
    assert json_type(name, schema) == expected


def test_the_gateway_and_the_terminal_agree_on_what_is_an_instant() -> None:
    fields = [field for schema in generate.schemas() for field in schema["fields"]]
    assert [is_nanos(field["name"], field["type"]) for field in fields] == [
        gateway_is_nanos(field) for field in fields
    ]


def test_every_topic_has_a_type_that_is_exported() -> None:
    files = generate.generated()
    index = files[FOLDER / "index.ts"]
    for schema in generate.schemas():
        body = files[FOLDER / f"{schema['table']}.ts"]
        assert f"export interface {schema['name']} {{" in body
        assert f'export type * from "./{schema["table"]}";' in index
