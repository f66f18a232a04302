"""
Write what is derived from the Avro schemas: Python records, ClickHouse tables, TypeScript types.

The TypeScript types of REST bodies come from `api/openapi.json` besides.

Run `python -m schemas.generate` after a change of an `.avsc` or of that document; `--check` only
compares, and exits with 1 where a file has drifted.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas._codegen import Schema
from schemas._codegen import inner
from schemas._codegen import record_name
from schemas._codegen import type_name
from schemas.rest_types import rest_files
from schemas.typescript import FOLDER as TYPESCRIPT
from schemas.typescript import typescript_files

ROOT = Path(__file__).resolve().parent
PYTHON = {"long": "int", "int": "int", "double": "float", "string": "str", "boolean": "bool"}
CLICKHOUSE = {
    "long": "Int64",
    "int": "Int32",
    "double": "Float64",
    "string": "String",
    "boolean": "Bool",
}
# Topics whose records are read in the order of time, newest first: the gateway's streams.
PAGED = frozenset(
    {
        *("options.tape", "options.nbbo", "options.net-premium", "signals"),
        *("flow.packets", "flow.smart-money", "flow.classifier-hits", "flow.alerts"),
        *("equities.prints", "equities.quotes", "equities.joins", "equities.candles"),
        *("equities.profile", "equities.order-flow", "equities.state", "dark.inferred"),
    }
)
NOTICE = "Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead."


def schemas() -> list[dict[str, Any]]:
    """Return the schemas in order of their topics."""
    paths = sorted((ROOT / "avro").glob("*.avsc"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def python_type(schema: Schema) -> str:
    """Return the annotation of an Avro type."""
    name = type_name(schema)
    if name == "nullable":
        return f"{python_type(inner(schema))} | None"
    if name == "array":
        return f"tuple[{python_type(schema['items'])}, ...]"
    if name == "map":
        return f"dict[str, {python_type(schema['values'])}]"
    return PYTHON.get(name) or record_name(schema)


def _module_name(schema: Mapping[str, Any]) -> str:
    return str(schema["table"])


def _class(schema: Mapping[str, Any]) -> list[str]:
    lines = [
        f"class {schema['name']}(msgspec.Struct, frozen=True, gc=False):",
        f'    """{schema["doc"]}"""',
        "",
    ]
    fields = schema["fields"]
    nullable = [type_name(field["type"]) == "nullable" for field in fields]
    for at, field in enumerate(fields):
        # A constructor argument may only be left out where none behind it is required.
        default = " = None" if all(nullable[at:]) else ""
        lines.append(f"    {field['name']}: {python_type(field['type'])}{default}")
    return lines


def _inline_records(schema: Mapping[str, Any], known: dict[str, dict[str, Any]]) -> None:
    def visit(part: Schema) -> None:
        if isinstance(part, list):
            for branch in part:
                visit(branch)
        elif isinstance(part, dict) and part["type"] == "record":
            for field in part["fields"]:
                visit(field["type"])
            if known.setdefault(part["name"], part) != part:
                msg = f"record {part['name']} is defined in two different shapes"
                raise ValueError(msg)
        elif isinstance(part, dict):
            visit(part.get("items"))
            visit(part.get("values"))

    for field in schema["fields"]:
        visit(field["type"])


def _nested_names(schema: Mapping[str, Any], nested: Mapping[str, Any]) -> list[str]:
    text = "\n".join(python_type(field["type"]) for field in schema["fields"])
    return sorted(
        name for name in nested if name in text.replace("[", " ").replace(",", " ").split()
    )


def python_files() -> dict[Path, str]:
    """Return the generated Python modules by path."""
    every = schemas()
    nested: dict[str, dict[str, Any]] = {}
    for schema in every:
        _inline_records(schema, nested)
    out: dict[Path, str] = {}
    lines = [f'"""Records inside records.\n\n{NOTICE}\n"""', "", "import msgspec"]
    for schema in nested.values():
        lines += ["", "", *_class(schema)]
    folder = ROOT / "records"
    out[folder / "nested.py"] = "\n".join(lines) + "\n"
    exported = [(name, "nested") for name in nested]
    for schema in every:
        imports = [
            f"from schemas.records.nested import {name}" for name in _nested_names(schema, nested)
        ]
        head = [f'"""Record of `{schema["topic"]}`.\n\n{NOTICE}\n"""', "", "import msgspec"]
        body = [*head, *([""] if imports else []), *imports, "", "", *_class(schema)]
        out[folder / f"{_module_name(schema)}.py"] = "\n".join(body) + "\n"
        exported.append((schema["name"], _module_name(schema)))
    lines = [f'"""Typed records of every topic.\n\n{NOTICE}\n"""', ""]
    by_module = sorted(exported, key=lambda pair: (pair[1], pair[0]))
    lines += [f"from schemas.records.{module} import {name}" for name, module in by_module]
    lines += ["", "__all__ = ["]
    lines += [f'    "{name}",' for name, _ in sorted(exported)]
    out[folder / "__init__.py"] = "\n".join([*lines, "]"]) + "\n"
    return out


def clickhouse_type(schema: Schema, nested: Mapping[str, Any]) -> str:
    """
    Return the column type of an Avro type.

    Notes
    -----
    Strings stay plain: building the dictionaries of LowCardinality columns took 40 % of the time
    of an insert, and runs of equal strings compress as well without. A missing record is the tuple
    of defaults.
    """
    name = type_name(schema)
    if name == "nullable":
        column = clickhouse_type(inner(schema), nested)
        # A nullable tuple is experimental there; a missing record is stored as the empty one.
        return column if column.startswith("Tuple(") else f"Nullable({column})"
    if isinstance(schema, dict) and schema.get("logicalType") == "date":
        return "Date32"
    if name == "array":
        return f"Array({clickhouse_type(schema['items'], nested)})"
    if name == "map":
        return f"Map(String, {clickhouse_type(schema['values'], nested)})"
    if name in CLICKHOUSE:
        return CLICKHOUSE[name]
    fields = nested[record_name(schema)]["fields"]
    parts = [f"{field['name']} {clickhouse_type(field['type'], nested)}" for field in fields]
    return f"Tuple({', '.join(parts)})"


def table_ddl(schema: Mapping[str, Any]) -> str:
    """
    Return the CREATE TABLE of a topic.

    Notes
    -----
    Delivery into the table is at least once; rows of one key collapse to the newest version, so
    read with FINAL where a merge may still be pending. Tables are sorted by symbol; those that are
    paged through hold their rows a second time in order of time, about half as large again: the
    newest 200 prints of a million are read 10 times faster. FINAL does not use that.
    """
    nested: dict[str, dict[str, Any]] = {}
    _inline_records(schema, nested)
    columns = [
        f"    `{field['name']}` {clickhouse_type(field['type'], nested)}"
        for field in schema["fields"]
    ]
    display = "DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts)"
    columns.append(f"    `source_time` {display}")
    columns.append("    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4")
    is_paged = schema["topic"] in PAGED
    if is_paged:
        columns.append("    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)")
    version = schema.get("table_version")
    engine = f"ReplacingMergeTree({version})" if version else "ReplacingMergeTree"
    key = ", ".join(schema["table_key"])
    comment = schema["doc"].replace("'", "''")
    return (
        f"-- {NOTICE}\n"
        f"CREATE TABLE IF NOT EXISTS {schema['table']}\n(\n"
        + ",\n".join(columns)
        + f"\n)\nENGINE = {engine}\nORDER BY ({key})\n"
        + ("SETTINGS deduplicate_merge_projection_mode = 'rebuild'\n" if is_paged else "")
        + f"COMMENT '{comment}'\n"
    )


def generated() -> dict[Path, str]:
    """Return every generated file with its text."""
    out = python_files()
    every = schemas()
    nested: dict[str, dict[str, Any]] = {}
    for schema in every:
        out[ROOT / "clickhouse" / f"{schema['table']}.sql"] = table_ddl(schema)
        _inline_records(schema, nested)
    records = [*nested, *(schema["name"] for schema in every)]
    return {**out, **typescript_files(every, nested, NOTICE), **rest_files(records)}


def drifted() -> list[Path]:
    """Return the files on disk that differ from what would be generated, stale ones included."""
    wanted = generated()
    stale = [
        path
        for folder, pattern in (
            (ROOT / "records", "*.py"),
            (ROOT / "clickhouse", "*.sql"),
            (TYPESCRIPT, "*.ts"),
        )
        for path in sorted(folder.glob(pattern))
        if path not in wanted
    ]
    changed = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return [*changed, *stale]


def main() -> int:
    """Write the files, or with `--check` only compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 on drift")
    arguments = parser.parse_args()
    paths = drifted()
    if not arguments.check:
        wanted = generated()
        for path in paths:
            if path in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted[path], encoding="utf-8")
            else:
                path.unlink()
    for path in paths:
        where = path.relative_to(ROOT.parent)
        sys.stdout.write(f"{'drifted' if arguments.check else 'wrote'} {where}\n")
    return 1 if arguments.check and paths else 0


if __name__ == "__main__":
    sys.exit(main())
