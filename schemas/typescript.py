"""
Write the TypeScript types of the terminal from the Avro schemas.

The types describe the gateway's JSON, not the Avro bytes: the rule that turns one into the other
is `json_type`, and the gateway's encoder keeps to the same (gateway specification, 3).
"""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import Final

from schemas._codegen import Schema
from schemas._codegen import inner
from schemas._codegen import record_name
from schemas._codegen import type_name

FOLDER: Final = Path(__file__).resolve().parent.parent / "ui" / "src" / "generated"
# Longs that are instants although their names do not end in `_ts`.
INSTANTS: Final = frozenset({"ts", "window_start", "window_end"})
# Longs that a venue may number past 2^53, where a JSON number would lose digits.
COUNTERS: Final = frozenset({"seq"})
SCALARS: Final = {
    "long": "number",
    "int": "number",
    "double": "number",
    "string": "string",
    "boolean": "boolean",
}
WIDTH: Final = 100


def is_nanos(name: str, schema: Schema) -> bool:
    """
    Return whether a field is an instant, which travels as a 19-digit decimal string.

    It is one when its Avro type is `long`, nullable or not, and its name is `ts`, ends in `_ts`,
    or is `window_start` or `window_end`.
    """
    plain = inner(schema) if type_name(schema) == "nullable" else schema
    return type_name(plain) == "long" and (name in INSTANTS or name.endswith("_ts"))


def json_type(name: str, schema: Schema) -> str:
    """
    Return the TypeScript type of a field as the gateway's JSON carries it.

    Notes
    -----
    Instants are strings of digits, `seq` a number or, from 2^53 on, a string; dates are
    `YYYY-MM-DD`; a double that is not finite is null, and the schemas keep such values out.
    """
    kind = type_name(schema)
    if kind == "nullable":
        return f"{json_type(name, inner(schema))} | null"
    if is_nanos(name, schema):
        return "Nanos"
    if kind == "long" and name in COUNTERS:
        return "Counter"
    if isinstance(schema, dict) and schema.get("logicalType") == "date":
        return "IsoDate"
    if kind == "array":
        return f"readonly {_item(json_type('', schema['items']))}[]"
    if kind == "map":
        return f"Readonly<Record<string, {json_type('', schema['values'])}>>"
    return SCALARS.get(kind) or record_name(schema)


def _item(text: str) -> str:
    return f"({text})" if " " in text else text


def comment(text: str, indent: str) -> list[str]:
    """Return a doc comment in lines of at most `WIDTH`."""
    safe = text.replace("*/", "* /")
    line = f"{indent}/** {safe} */"
    if len(line) <= WIDTH:
        return [line]
    lines: list[str] = [f"{indent}/**", f"{indent} *"]
    for word in safe.split():
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(f"{indent} *")
        lines[-1] += f" {word}"
    return [*lines, f"{indent} */"]


def _interface(schema: Mapping[str, Any]) -> list[str]:
    lines = comment(schema["doc"], "") if schema.get("doc") else []
    lines.append(f"export interface {schema['name']} {{")
    for field in schema["fields"]:
        if field.get("doc"):
            lines += comment(field["doc"], "  ")
        lines.append(f"  readonly {field['name']}: {json_type(field['name'], field['type'])};")
    return [*lines, "}"]


def imports_of(body: Sequence[str], names: Sequence[str], module: str) -> list[str]:
    """Return the import of those names a body uses; none where it uses none."""
    text = "\n".join(line for line in body if not line.lstrip().startswith(("/**", "*")))
    for mark in "[]<>,;:()|{}":
        text = text.replace(mark, " ")
    words = set(text.split())
    used = sorted(name for name in names if name in words)
    return [f'import type {{ {", ".join(used)} }} from "./{module}";'] if used else []


def file_text(notice: str, title: str, body: Sequence[str], imports: Sequence[str] = ()) -> str:
    """Return the text of a module under a head that says where it is from."""
    gap = [""] if imports else []
    return "\n".join([f"/** {title} {notice} */", "", *imports, *gap, *body]) + "\n"


def _scalars(instants: Sequence[str]) -> list[str]:
    return [
        "/** Nanoseconds since 1970 UTC as 19 digits; equal length, so they compare as strings. */",
        "export type Nanos = string;",
        "/** A 64-bit counter: a number below 2^53, else its digits. */",
        "export type Counter = number | string;",
        "/** A calendar date, `YYYY-MM-DD`. */",
        "export type IsoDate = string;",
        "/** Names of the fields that hold `Nanos`, for views that show records whole. */",
        "export const NANOS_FIELDS: ReadonlySet<string> = new Set([",
        *(f'  "{name}",' for name in instants),
        "]);",
    ]


def nanos_fields(every: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all fields that are instants, nested records included, sorted."""
    return sorted(
        {
            field["name"]
            for schema in every
            for field in schema["fields"]
            if is_nanos(field["name"], field["type"])
        }
    )


def typescript_files(
    schemas: Sequence[Mapping[str, Any]], nested: Mapping[str, Mapping[str, Any]], notice: str
) -> dict[Path, str]:
    """
    Return the generated TypeScript modules by path.

    Parameters
    ----------
    schemas : Sequence
        Record schemas in order of their topics.
    nested : Mapping
        Records inside records, by name.
    notice : str
        What the head of every file says about its origin.
    """
    scalars = ["Nanos", "Counter", "IsoDate"]
    inside: list[str] = []
    for schema in nested.values():
        inside += [*_interface(schema), ""]
    instants = nanos_fields([*schemas, *nested.values()])
    out = {
        FOLDER / "scalars.ts": file_text(
            notice, "Scalars of the gateway's JSON.", _scalars(instants)
        ),
        FOLDER / "nested.ts": file_text(
            notice, "Records inside records.", inside[:-1], imports_of(inside, scalars, "scalars")
        ),
    }
    exports = ['export * from "./scalars";', 'export type * from "./nested";']
    for schema in schemas:
        body = _interface(schema)
        imports = [
            *imports_of(body, list(nested), "nested"),
            *imports_of(body, scalars, "scalars"),
        ]
        name = str(schema["table"])
        out[FOLDER / f"{name}.ts"] = file_text(
            notice, f"Record of `{schema['topic']}`.", body, imports
        )
        exports.append(f'export type * from "./{name}";')
    out[FOLDER / "index.ts"] = file_text(notice, "Records of every topic.", exports)
    return out
