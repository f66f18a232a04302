"""What topics exist: schema, record type and table of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from typing import Generic
from typing import TypeVar
from typing import cast

import msgspec

from schemas import records
from schemas._codegen import Schema

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Topic(Generic[R]):
    """
    One topic of the log.

    Parameters
    ----------
    name : str
        Topic, e.g. `options.prints`.
    schema : Mapping
        The Avro schema as written in `schemas/avro/<name>.avsc`.
    text : str
        The same as compact JSON, the form in which it is registered.
    record_type : type
        The generated record.
    table : str
        ClickHouse table.
    version_field : str | None
        Field that orders revisions of one id; null for facts that are never revised.
    """

    name: str
    schema: Mapping[str, Any]
    text: str
    record_type: type[R]
    nested_types: Mapping[str, type[msgspec.Struct]]
    table: str
    version_field: str | None


def nested_records(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the record schemas defined inside a record schema, innermost first."""
    found: list[dict[str, Any]] = []

    def visit(part: Schema) -> None:
        if isinstance(part, list):
            for branch in part:
                visit(branch)
        elif isinstance(part, dict):
            if part["type"] == "record":
                for field in part["fields"]:
                    visit(field["type"])
                found.append(part)
            else:
                visit(part.get("items"))
                visit(part.get("values"))

    for field in schema["fields"]:
        visit(field["type"])
    return found


@cache
def topics() -> Mapping[str, Topic[Any]]:
    """Return every topic by name, in alphabetical order."""
    found: dict[str, Topic[Any]] = {}
    folder = files("schemas").joinpath("avro")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".avsc"):
            continue
        schema = json.loads(path.read_text(encoding="utf-8"))
        nested = {
            part["name"]: cast(type[msgspec.Struct], getattr(records, part["name"]))
            for part in nested_records(schema)
        }
        found[schema["topic"]] = Topic(
            name=schema["topic"],
            schema=schema,
            text=json.dumps(schema, separators=(",", ":"), ensure_ascii=False),
            record_type=getattr(records, schema["name"]),
            nested_types=nested,
            table=schema["table"],
            version_field=schema.get("table_version"),
        )
    return MappingProxyType(found)


@cache
def topic_of(record_type: type[R]) -> Topic[R]:
    """
    Return the topic that carries a record type.

    Raises
    ------
    KeyError
        No topic carries it.
    """
    for topic in topics().values():
        if topic.record_type is record_type:
            return topic
    msg = f"no topic carries {record_type.__name__}"
    raise KeyError(msg)
