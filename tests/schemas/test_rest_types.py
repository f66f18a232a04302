"""The terminal's types of REST bodies say what the gateway's OpenAPI document says."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas import generate
from schemas.rest_types import DOCUMENT
from schemas.rest_types import rest_file
from schemas.rest_types import rest_type
from schemas.typescript import FOLDER

NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("count", {"type": "integer"}, "number"),
        ("share", {"anyOf": [{"type": "number"}, NULL]}, "number | null"),
        ("name", {"type": "string"}, "string"),
        ("updated_ts", {"type": "string"}, "Nanos"),
        ("window_start", {"type": "string"}, "Nanos"),
        ("as_of", {"type": "string", "pattern": "^-?[0-9]{1,19}$"}, "Nanos"),
        ("expiry", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, "IsoDate"),
        ("command_id", {"type": "string", "pattern": "^[a-z]+$"}, "string"),
        ("state", {"type": "string", "enum": ["live", "down"]}, '"live" | "down"'),
        ("version", {"type": "integer", "const": 1}, "1"),
        (
            "data",
            {"type": "array", "items": {"$ref": "#/components/schemas/Loss"}},
            "readonly Loss[]",
        ),
        ("sides", {"type": "array", "items": {"enum": ["A", "B"]}}, 'readonly ("A" | "B")[]'),
        (
            "rows",
            {"type": "array", "items": {"type": "array", "items": {}}},
            "readonly (readonly unknown[])[]",
        ),
        (
            "link",
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            "readonly [string, number]",
        ),
        (
            "lag",
            {"type": "object", "additionalProperties": {"type": "integer"}},
            "Readonly<Record<string, number>>",
        ),
        (
            "raw",
            {"type": "object", "additionalProperties": True},
            "Readonly<Record<string, unknown>>",
        ),
        ("value", {"$ref": "#/components/schemas/JsonValue"}, "unknown"),
    ],
)
def test_a_part_of_a_body_becomes_the_type_of_its_json(
    name: str, shape: Mapping[str, Any], expected: str
) -> None:
    assert rest_type(name, shape) == expected


def test_a_field_that_may_be_absent_is_optional() -> None:
    shape = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}, "detail": {"type": "string"}},
    }
    text = rest_file({"components": {"schemas": {"Health": shape}}}, [])
    assert "  readonly status: string;\n  readonly detail?: string;\n" in text


def test_records_are_imported_and_not_written_a_second_time() -> None:
    alerts = {"type": "array", "items": {"$ref": "#/components/schemas/FlowAlert"}}
    schemas = {"Page": {"required": ["data"], "properties": {"data": alerts}}, "FlowAlert": {}}
    text = rest_file({"components": {"schemas": schemas}}, ["FlowAlert", "FlowPacket"])
    assert 'import type { FlowAlert } from "./index";' in text
    assert "export interface Page {" in text
    assert "export interface FlowAlert" not in text


def test_every_body_of_the_gateway_has_a_type() -> None:
    components = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    files = generate.generated()
    everything = "\n".join(text for path, text in files.items() if path.parent == FOLDER)
    missing = [
        name
        for name in components
        if name != "JsonValue" and f"export interface {name} {{" not in everything
    ]
    assert missing == []
