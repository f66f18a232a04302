"""Records with every field filled, and how ClickHouse prints them."""

import json
import types
import typing
from datetime import date
from datetime import timedelta
from typing import Any

import msgspec

from schemas.catalog import nested_records
from schemas.catalog import topic_of

FIRST_DAY = 20_000  # 2024-10-04


def filled(record_type: type[msgspec.Struct], number: int) -> msgspec.Struct:
    """Return a record in which every field has a value; every third one leaves options null."""
    made = _value(record_type, number)
    assert isinstance(made, msgspec.Struct)
    return made


def _value(kind: Any, number: int) -> object:  # noqa: ANN401 - an annotation
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _value(hints[name], number + i) for i, name in enumerate(hints)})
    plain: dict[object, object] = {
        int: FIRST_DAY + number,
        float: number + 0.25,
        str: f"text {number}",
        bool: number % 2 == 1,
    }
    if kind in plain:
        return plain[kind]
    if origin is tuple:
        return tuple(_value(arguments[0], number + i) for i in range(number % 3))
    if origin is dict:
        return {f"k{i}": _value(arguments[1], number + i) for i in range(number % 3)}
    assert origin is types.UnionType
    inner = [each for each in arguments if each is not type(None)]
    return None if number % 3 == 0 else _value(inner[0], number)


def json_line(record: msgspec.Struct) -> str:
    """Return a record as ClickHouse prints it: dates as text, a missing tuple as an empty one."""
    schema = topic_of(type(record)).schema
    known = {each["name"]: each for each in nested_records(schema)}
    return json.dumps(_shown(schema, msgspec.to_builtins(record), known), separators=(",", ":"))


def _shown(kind: Any, value: Any, known: dict[str, Any]) -> object:  # noqa: ANN401 - a schema, JSON
    if isinstance(kind, list):
        (kind,) = [each for each in kind if each != "null"]
    if isinstance(kind, str):
        kind = known.get(kind, {"type": kind})
    if value is None:
        return _empty(kind) if kind["type"] == "record" else None
    if kind["type"] == "record":
        return {
            field["name"]: _shown(field["type"], value[field["name"]], known)
            for field in kind["fields"]
        }
    if kind["type"] == "array":
        return [_shown(kind["items"], each, known) for each in value]
    if kind["type"] == "map":
        return {name: _shown(kind["values"], each, known) for name, each in value.items()}
    return _day(value) if kind.get("logicalType") == "date" else value


def _empty(record: dict[str, Any]) -> dict[str, object]:
    """Return a tuple of defaults: ClickHouse has no null tuples."""
    return {field["name"]: _default(field["type"]) for field in record["fields"]}


def _default(kind: Any) -> object:  # noqa: ANN401 - a schema
    if isinstance(kind, list):
        return None
    if isinstance(kind, dict):
        if kind.get("logicalType") == "date":
            return _day(0)
        kind = kind["type"]
    plain: dict[str, object] = {"string": "", "boolean": False, "array": [], "map": {}}
    return plain.get(kind, 0)


def _day(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
