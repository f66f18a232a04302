"""Hypothesis strategies that draw records of any topic."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from schemas import records
from schemas._codegen import Schema
from schemas._codegen import inner
from schemas._codegen import record_name
from schemas._codegen import type_name
from schemas.catalog import Topic
from schemas.catalog import nested_records

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "long": st.integers(-(2**63), 2**63 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "string": st.text(max_size=12) | st.just("é" * 70),
}


def records_of(topic: Topic[Any]) -> st.SearchStrategy[msgspec.Struct]:
    nested = {part["name"]: part for part in nested_records(topic.schema)}

    def draw(schema: Schema) -> st.SearchStrategy[Any]:
        name = type_name(schema)
        if name == "nullable":
            return st.none() | draw(inner(schema))
        if name == "array":
            return st.lists(draw(schema["items"]), max_size=2).map(tuple)
        if name == "map":
            return st.dictionaries(st.text(max_size=9), draw(schema["values"]), max_size=2)
        if name in SCALARS:
            return SCALARS[name]
        part = nested[record_name(schema)]
        return build(part["name"], part["fields"])

    def build(name: str, fields: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
        parts = {field["name"]: draw(field["type"]) for field in fields}
        record = getattr(records, name)
        return st.fixed_dictionaries(parts).map(lambda values: record(**values))

    return build(topic.schema["name"], topic.schema["fields"])
