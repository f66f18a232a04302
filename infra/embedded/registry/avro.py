"""What the registry has to know about Avro: validity, identity, references."""

import json
from collections.abc import Mapping
from typing import cast

import fastavro
from fastavro.schema import SchemaParseException
from fastavro.schema import UnknownType

from infra.embedded.registry import errors
from schemas.compatibility import InvalidSchemaError
from schemas.compatibility import Schema
from schemas.compatibility import validate


def parse(text: str, references: Mapping[str, str]) -> Schema:
    """
    Decode a schema, put its references in place and check it.

    Parameters
    ----------
    text : str
        JSON text of the schema.
    references : mapping of str to str
        Full name of a type defined elsewhere, to the JSON text that defines it.

    Returns
    -------
    dict | list | str
        The self-contained schema: each referenced type is defined where it is first used.

    Raises
    ------
    RegistryError
        42201 with the reason.
    """
    try:
        known = {name: json.loads(definition) for name, definition in references.items()}
        schema = cast(Schema, _inline(json.loads(text), known, set(), ""))
        validate(schema)
        # A copy, because fastavro rewrites names in place.
        fastavro.parse_schema(json.loads(json.dumps(schema)))
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error}"
        raise errors.invalid_schema(reason) from error
    except (InvalidSchemaError, SchemaParseException, UnknownType, TypeError, KeyError) as error:
        raise errors.invalid_schema(str(error)) from error
    return schema


def canonical(text: str) -> str:
    """
    Return the form in which two texts of one schema are equal.

    White space, the order of attributes and `{"type": "int"}` for `"int"` make no difference;
    everything else, documentation and defaults included, does.
    """
    return json.dumps(_plain(json.loads(text)), sort_keys=True, separators=(",", ":"))


def compact(text: str) -> str:
    """Return the schema as it was given, without white space."""
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


def _plain(schema: object) -> object:
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if set(schema) == {"type"}:
        return _plain(schema["type"])
    # A default is a value, not a schema: {"type": ...} inside it must stay.
    return {
        key: value if key in {"default", "doc"} else _plain(value) for key, value in schema.items()
    }


def _inline(
    schema: object, known: Mapping[str, object], defined: set[str], namespace: str
) -> object:
    if isinstance(schema, str):
        for name in (schema, f"{namespace}.{schema}"):
            if name in known and name not in defined:
                return _inline(known[name], known, defined, namespace)
        return schema
    if isinstance(schema, list):
        return [_inline(item, known, defined, namespace) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("name"), str) and "type" in schema:
        name = schema["name"]
        inner = schema.get("namespace", name.rpartition(".")[0] or namespace)
        defined.add(name if "." in name or not inner else f"{inner}.{name}")
        namespace = inner
    found = dict(schema)
    for key in ("type", "items", "values"):
        if key in schema:
            found[key] = _inline(schema[key], known, defined, namespace)
    if isinstance(schema.get("fields"), list):
        found["fields"] = [
            _inline_field(item, known, defined, namespace) for item in schema["fields"]
        ]
    return found


def _inline_field(
    item: object, known: Mapping[str, object], defined: set[str], namespace: str
) -> object:
    if not isinstance(item, dict) or "type" not in item:
        return item
    return {**item, "type": _inline(item["type"], known, defined, namespace)}
