import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from schemas.compatibility import LEVELS
from schemas.compatibility import InvalidSchemaError
from schemas.compatibility import Schema
from schemas.compatibility import check
from schemas.compatibility import check_level
from schemas.compatibility import validate


def record(*fields: dict[str, Any], name: str = "R", **more: object) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: object, **more: object) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: object) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size: int) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size}


ARRAY_INT = {"type": "array", "items": "int"}
ARRAY_LONG = {"type": "array", "items": "long"}
MAP_INT = {"type": "map", "values": "int"}
MAP_LONG = {"type": "map", "values": "long"}

# reader, writer, is readable, a datum of the writer that shows it
CASES = [
    ("long", "int", True, 7),
    ("float", "int", True, 7),
    ("double", "int", True, 7),
    ("float", "long", True, 7),
    ("double", "long", True, 7),
    ("double", "float", True, 0.5),
    ("string", "bytes", True, b"x"),
    ("bytes", "string", True, "x"),
    ("int", "long", False, 7),
    ("long", "double", False, 0.5),
    ("float", "double", False, 0.5),
    ("string", "int", False, 7),
    ("boolean", "int", False, 1),
    (ARRAY_LONG, ARRAY_INT, True, [1, 2]),
    (ARRAY_INT, ARRAY_LONG, False, [1, 2]),
    (MAP_LONG, MAP_INT, True, {"a": 1}),
    (MAP_INT, MAP_LONG, False, {"a": 1}),
    (ARRAY_INT, MAP_INT, False, {"a": 1}),
    (["null", "int"], "int", True, 7),
    (["null", "long"], "int", True, 7),
    (["null", "string"], "int", False, 7),
    ("int", ["null", "int"], False, None),
    ("long", ["int", "long"], True, 7),
    (["null", "int", "string"], ["null", "int"], True, None),
    (["null", "int"], ["null", "int", "string"], False, "x"),
    (
        record(field("a", "int"), field("b", "int", default=3)),
        record(field("a", "int")),
        True,
        {"a": 1},
    ),
    (record(field("a", "int"), field("b", "int")), record(field("a", "int")), False, {"a": 1}),
    (
        record(field("a", "int")),
        record(field("a", "int"), field("b", "int")),
        True,
        {"a": 1, "b": 2},
    ),
    (record(field("a", "long")), record(field("a", "int")), True, {"a": 1}),
    (record(field("a", "int")), record(field("a", "long")), False, {"a": 1}),
    (record(field("n", "int", aliases=["a"])), record(field("a", "int")), True, {"a": 1}),
    (record(field("n", "int")), record(field("a", "int")), False, {"a": 1}),
    (record(field("a", "int"), name="N", aliases=["R"]), record(field("a", "int")), True, {"a": 1}),
    (record(field("a", "int"), name="N"), record(field("a", "int")), False, {"a": 1}),
    (enum("A", "B", "C"), enum("A", "B"), True, "A"),
    (enum("A"), enum("A", "B"), False, "B"),
    (enum("A", default="A"), enum("A", "B"), True, "B"),
    (fixed(4), fixed(4), True, b"abcd"),
    (fixed(4), fixed(5), False, b"abcde"),
    (
        record(field("a", ["null", ARRAY_LONG], default=None)),
        record(field("a", ["null", ARRAY_INT])),
        True,
        {"a": [1]},
    ),
]


def read_back(reader: Schema, writer: Schema, datum: object) -> object:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(writer), datum)
    buffer.seek(0)
    return fastavro.schemaless_reader(
        buffer, fastavro.parse_schema(writer), fastavro.parse_schema(reader)
    )


@pytest.mark.parametrize(("reader", "writer", "readable", "_datum"), CASES)
def test_resolution_follows_the_avro_specification(
    reader: Schema, writer: Schema, readable: bool, _datum: object
) -> None:
    assert (check(reader, writer) == []) is readable


@pytest.mark.parametrize(("reader", "writer", "readable", "datum"), CASES)
def test_fastavro_1_13_agrees_with_the_verdict(
    reader: Schema, writer: Schema, readable: bool, datum: object
) -> None:
    try:
        read_back(reader, writer, datum)
    except (fastavro.read.SchemaResolutionError, ValueError, TypeError, KeyError):
        assert not readable
    else:
        assert readable


def test_an_incompatibility_names_its_path_and_both_types() -> None:
    reader = record(field("legs", {"type": "array", "items": record(field("px", "int"), name="L")}))
    writer = record(
        field("legs", {"type": "array", "items": record(field("px", "string"), name="L")})
    )
    assert check(reader, writer) == [
        "/legs/items/px: the reader expects int, the writer wrote string"
    ]


def test_every_incompatibility_is_listed() -> None:
    reader = record(field("a", "int"), field("b", "int"), field("c", "int"))
    writer = record(field("a", "string"), field("c", "double"))
    assert [text.split(":")[0] for text in check(reader, writer)] == ["/a", "/b", "/c"]


def test_recursive_records_are_compared_once_and_end() -> None:
    def tree(kind: str) -> dict[str, Any]:
        return record(
            field("value", kind), field("next", ["null", "Tree"], default=None), name="Tree"
        )

    assert check(tree("long"), tree("int")) == []
    assert check(tree("int"), tree("long")) != []


def test_names_resolve_inside_their_namespace() -> None:
    schema = record(
        field("first", {"type": "enum", "name": "Side", "symbols": ["B", "S"]}),
        field("second", "Side"),
        field("third", "market.Side"),
        namespace="market",
    )
    assert check(schema, schema) == []


def test_decimals_need_the_same_precision_and_scale() -> None:
    def decimal(scale: int) -> dict[str, Any]:
        return {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": scale}

    assert check(decimal(4), decimal(4)) == []
    assert check(decimal(2), decimal(4)) != []


def test_json_text_is_accepted() -> None:
    assert check('{"type": "long"}', '"int"') == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("nothing", "neither an Avro type"),
        ("{not json", "not JSON"),
        ({"type": "record", "name": "R"}, "list of fields"),
        ({"type": "record", "fields": []}, "needs a name"),
        (record(field("a", "int"), field("a", "int")), "defined twice"),
        (record(field("a", "int", default="x")), "is not a int"),
        (record(field("a", "int", default=2**31)), "is not a int"),
        (record(field("a", ["null", "int"], default="x")), "is not a union"),
        (record(field("a", ARRAY_INT, default=["x"])), "is not a array"),
        (enum("A", "A"), "repeats a symbol"),
        (enum("A", default="B"), "not one of its symbols"),
        ({"type": "fixed", "name": "F", "size": -1}, "size in bytes"),
        (["int", "int"], "twice"),
        ([["int"], "null"], "directly contain a union"),
        (17, "expected a type"),
        ({"type": "array"}, "expected a type"),
    ],
)
def test_what_is_not_avro_is_refused_with_the_reason(schema: Schema, words: str) -> None:
    with pytest.raises(InvalidSchemaError, match=words):
        validate(schema)


BASE = record(field("a", "int"), field("b", ["null", "string"], default=None))
WITH_DEFAULT = record(*BASE["fields"], field("c", "long", default=0))
WITHOUT_DEFAULT = record(*BASE["fields"], field("c", "long"))
WITHOUT_A = record(BASE["fields"][1])


@pytest.mark.parametrize(
    ("new", "olds", "allowed"),
    [
        (WITH_DEFAULT, [BASE], set(LEVELS)),
        (
            WITHOUT_DEFAULT,
            [BASE],
            {"NONE", "FORWARD", "FORWARD_TRANSITIVE"},
        ),
        (WITHOUT_A, [BASE], {"NONE", "BACKWARD", "BACKWARD_TRANSITIVE"}),
        # Fits the last version in every direction, but the first has no `c` to read from.
        (
            WITHOUT_DEFAULT,
            [BASE, WITH_DEFAULT],
            {"NONE", "BACKWARD", "FORWARD", "FULL", "FORWARD_TRANSITIVE"},
        ),
        (record(field("a", "string")), [], set(LEVELS)),
    ],
)
def test_levels_look_in_their_direction_and_as_far_back_as_they_say(
    new: Schema, olds: list[Schema], allowed: set[str]
) -> None:
    assert {level for level in LEVELS if check_level(new, olds, level) == []} == allowed


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'SIDEWAYS'"):
        check_level("int", ["int"], "SIDEWAYS")


names = st.sampled_from([f"f{i}" for i in range(8)])
scalars = st.sampled_from(["boolean", "int", "long", "float", "double", "bytes", "string"])
types = st.recursive(
    scalars | st.builds(lambda kind: ["null", kind], scalars),
    lambda inner: (
        st.builds(lambda kind: {"type": "array", "items": kind}, inner)
        | st.builds(lambda kind: {"type": "map", "values": kind}, inner)
    ),
    max_leaves=4,
)
records = st.dictionaries(names, types, min_size=1, max_size=6).map(
    lambda kinds: record(*(field(name, kind) for name, kind in kinds.items()))
)


@given(records)
@settings(derandomize=True, deadline=None)
def test_a_schema_is_compatible_with_itself_at_every_level(schema: dict[str, Any]) -> None:
    for level in LEVELS:
        assert check_level(schema, [schema, schema], level) == []


@given(records, scalars)
@settings(derandomize=True, deadline=None)
def test_a_new_field_with_a_default_is_fully_compatible(schema: dict[str, Any], kind: str) -> None:
    grown = record(*schema["fields"], field("added", ["null", kind], default=None))
    assert check_level(grown, [schema], "FULL_TRANSITIVE") == []


@given(records, scalars)
@settings(derandomize=True, deadline=None)
def test_a_new_field_without_a_default_breaks_reading_old_data(
    schema: dict[str, Any], kind: str
) -> None:
    grown = record(*schema["fields"], field("added", kind))
    assert [text for text in check(grown, schema) if text.startswith("/added")]
    assert check(schema, grown) == []


@given(records, records)
@settings(derandomize=True, deadline=None)
def test_forward_is_backward_seen_from_the_other_side(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert bool(check_level(one, [other], "BACKWARD")) is bool(check_level(other, [one], "FORWARD"))


@given(records)
@settings(derandomize=True, deadline=None)
def test_making_every_field_optional_keeps_old_data_readable(schema: dict[str, Any]) -> None:
    widened = record(
        *(
            field(
                item["name"],
                item["type"] if isinstance(item["type"], list) else ["null", item["type"]],
            )
            for item in schema["fields"]
        )
    )
    assert check(widened, schema) == []
