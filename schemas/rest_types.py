"""
Write the TypeScript types of the gateway's REST bodies from its OpenAPI document.

Records inside the bodies are those of `schemas.typescript`; a component of the same name is not
written a second time.
"""

import json
from collections.abc import Collection
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Final
from typing import TypeAlias

from schemas.typescript import FOLDER
from schemas.typescript import INSTANTS
from schemas.typescript import comment
from schemas.typescript import file_text
from schemas.typescript import imports_of

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "api" / "openapi.json"
NOTICE: Final = "Generated from api/openapi.json by `python -m schemas.generate`."
REFERENCE: Final = "#/components/schemas/"
# How the gateway describes instants and dates, whatever the field is called.
PATTERNS: Final = {
    "^-?[0-9]{1,19}$": "Nanos",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "IsoDate",
}
SCALARS: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
# Any JSON at all: what it holds is for the reader to find out.
ANYTHING: Final = "JsonValue"

Shape: TypeAlias = Mapping[str, Any]


def rest_type(name: str, shape: Shape) -> str:
    """
    Return the TypeScript type of a part of a body.

    Parameters
    ----------
    name : str
        Field it is of: a string is an instant where its name says so, as in a record.
    shape : Mapping
        JSON schema of the part.
    """
    if "$ref" in shape:
        target = str(shape["$ref"]).removeprefix(REFERENCE)
        return "unknown" if target == ANYTHING else target
    if "anyOf" in shape:
        return " | ".join(dict.fromkeys(rest_type(name, each) for each in shape["anyOf"]))
    if "const" in shape or "enum" in shape:
        values = shape.get("enum") or [shape["const"]]
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
    kind = shape.get("type")
    if kind == "array":
        return _array(name, shape)
    if kind == "object":
        values = shape.get("additionalProperties")
        value = rest_type("", values) if isinstance(values, Mapping) else "unknown"
        return f"Readonly<Record<string, {value}>>"
    if kind == "string":
        is_instant = name in INSTANTS or name.endswith("_ts")
        return "Nanos" if is_instant else PATTERNS.get(str(shape.get("pattern")), "string")
    return SCALARS[kind] if kind else "unknown"


def _array(name: str, shape: Shape) -> str:
    if "prefixItems" in shape:
        parts = ", ".join(rest_type(name, each) for each in shape["prefixItems"])
        return f"readonly [{parts}]"
    item = rest_type(name, shape["items"])
    needs_brackets = " | " in item or item.startswith("readonly ")
    return f"readonly ({item})[]" if needs_brackets else f"readonly {item}[]"


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


def _interface(name: str, shape: Shape) -> list[str]:
    text = shape.get("description")
    lines = comment(_first_paragraph(text), "") if text else []
    lines.append(f"export interface {name} {{")
    required = shape.get("required", ())
    for field, part in shape.get("properties", {}).items():
        if part.get("description"):
            lines += comment(_first_paragraph(part["description"]), "  ")
        mark = "" if field in required else "?"
        lines.append(f"  readonly {field}{mark}: {rest_type(field, part)};")
    return [*lines, "}", ""]


def rest_file(document: Mapping[str, Any], records: Collection[str]) -> str:
    """
    Return the module of the REST bodies.

    Parameters
    ----------
    document : Mapping
        The gateway's OpenAPI document.
    records : Collection
        Names of the generated records, which the bodies refer to.
    """
    body: list[str] = []
    for name, shape in sorted(document["components"]["schemas"].items()):
        if name not in records and name != ANYTHING:
            body += _interface(name, shape)
    names = [*records, "IsoDate", "Nanos"]
    return file_text(
        NOTICE, "Bodies of the gateway's REST.", body[:-1], imports_of(body, names, "index")
    )


def rest_files(records: Collection[str]) -> dict[Path, str]:
    """Return the generated module by path; none where there is no OpenAPI document."""
    if not DOCUMENT.exists():
        return {}
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return {FOLDER / "rest.ts": rest_file(document, records)}
