"""
Source text of the codec of one record schema.

A library that walks the schema for every record spends most of a flow's time in the walk. The
walk is done once here: the result is straight-line Python in which neighbouring fixed-width
fields share one `struct` call. `tests/schemas/test_codec.py` holds it to fastavro's bytes.

Strings whose field says `"interned": true` repeat over the whole tape and are looked up both ways;
those that say `"write"` are ids, which several records of one print carry: they are looked up
when written. So are stamps.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby
from typing import Any

Schema = Any
Field = Mapping[str, Any]

_FORMAT = {"double": "d", "boolean": "?"}
# Fields of a nested record up to which an array writes it in place, without a call an item.
_INLINE_FIELDS = 4
# Nulls in a row from which one comparison for all of them pays.
_NULL_RUN = 4


def type_name(schema: Schema) -> str:
    """Return the Avro type's name, `nullable` for a union with null."""
    if isinstance(schema, list):
        return "nullable"
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def inner(schema: list[Schema]) -> Schema:
    """Return what a union with null holds beside null."""
    if len(schema) != 2 or schema[0] != "null":
        msg = f"union {schema} is not supported, expected ['null', type]"
        raise ValueError(msg)
    return schema[1]


def record_name(schema: Schema) -> str:
    """Return the record's name, given inline or by reference."""
    return str(schema["name"]) if isinstance(schema, dict) else str(schema)


def _name_of_record(schema: Schema) -> str:
    """Return the record's name, given inline or by reference; empty for any other type."""
    if isinstance(schema, dict):
        return str(schema["name"]) if schema["type"] == "record" else ""
    return schema if isinstance(schema, str) else ""


def _runs(fields: Sequence[Field]) -> Iterator[tuple[str, list[Field]]]:
    """Group neighbouring fields that one `struct` call can carry."""

    def kind(field: Field) -> str:
        name = type_name(field["type"])
        if name in _FORMAT:
            return "fixed"
        if name == "nullable" and inner(field["type"]) == "double":
            return "optional"
        return f"single {field['name']}"

    for name, run in groupby(fields, kind):
        yield name.split(" ", maxsplit=1)[0], list(run)


def _counted(value: str, items: str) -> str:
    """Return the expression of a block of items: count, items and the end mark."""
    count = f"(_small[n] if (n := len({value})) < 8192 else _long(n))"
    return f"({count} + {items} + b'\\0' if {value} else b'\\0')"


def _null_runs(fields: Sequence[Field]) -> Iterator[tuple[bool, list[Field]]]:
    """Split fields into runs of nullable ones, long enough to be skipped at once, and the rest."""
    for is_nullable, run in groupby(fields, lambda field: type_name(field["type"]) == "nullable"):
        members = list(run)
        yield is_nullable and len(members) >= _NULL_RUN, members


class CodecSource:
    """Collects the lines of the encode and decode functions of a schema's records."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.formats: dict[str, str] = {}
        self._fields: dict[str, Sequence[Field]] = {}

    def _struct(self, layout: str) -> str:
        return self.formats.setdefault(layout, f"_s{len(self.formats)}")

    def encoder(self, name: str, fields: Sequence[Field]) -> None:
        """Add `_encode_<name>(r, prefix)`; records inside others come before those."""
        self._fields[name] = fields
        out = [f"def _encode_{name}(r, prefix=b''):"]
        parts = ["prefix", *self._encode_fields(out, fields, "r")]
        out.append(f"    return _join(({', '.join(parts)},))")
        self.lines += [*out, ""]

    def _encode_fields(self, out: list[str], fields: Sequence[Field], owner: str) -> list[str]:
        """Add what reads a record's fields, and return the parts that make up its bytes."""
        parts: list[str] = []
        for kind, run in _runs(fields):
            if kind == "fixed":
                layout = "<" + "".join(_FORMAT[type_name(field["type"])] for field in run)
                values = ", ".join(f"{owner}.{field['name']}" for field in run)
                parts.append(f"{self._struct(layout)}.pack({values})")
                continue
            if kind == "optional":
                parts.append(self._encode_optional(out, run, owner))
                continue
            field = run[0]
            value = f"{owner}_{field['name']}"
            out.append(f"    {value} = {owner}.{field['name']}")
            inside = self._fields.get(_name_of_record(field["type"]))
            if inside is None:
                parts.append(self._encode_expression(field["type"], value, field))
            else:
                # In place of a call whose result would be joined twice.
                parts += self._encode_fields(out, inside, value)
        return parts

    def _encode_optional(self, out: list[str], run: list[Field], owner: str) -> str:
        names = [f"{owner}_{field['name']}" for field in run]
        for field, name in zip(run, names, strict=True):
            out.append(f"    {name} = {owner}.{field['name']}")
        target = f"o_{names[0]}"
        absent = " or ".join(f"{name} is None" for name in names)
        single = self._struct("<Bd")
        each = " + ".join(
            f"(b'\\0' if {name} is None else {single}.pack(2, {name}))" for name in names
        )
        packed = ", ".join(f"2, {name}" for name in names)
        every = self._struct("<" + "Bd" * len(run))
        out += [
            f"    if {absent}:",
            f"        {target} = {each}",
            "    else:",
            f"        {target} = {every}.pack({packed})",
        ]
        return target

    def _encode_expression(self, schema: Schema, value: str, field: Field) -> str:
        name = type_name(schema)
        if name in ("int", "long"):
            return f"(_small[{value}] if 0 <= {value} < 8192 else _longs[{value}])"
        if name == "string":
            known = {True: "_in", "write": "_ids"}.get(field.get("interned", ""))
            return f"{known}[{value}]" if known else f"_string({value})"
        if name in _FORMAT:
            return f"{self._struct('<' + _FORMAT[name])}.pack({value})"
        if name == "nullable":
            some = self._encode_expression(inner(schema), value, field)
            return f"(b'\\0' if {value} is None else b'\\2' + {some})"
        if name == "array":
            return self._encode_array(schema["items"], value, field)
        if name == "map" and schema["values"] == "double":
            return f"(_map({value}) if {value} else b'\\0')"
        if name == "map":
            item = self._encode_expression(schema["values"], "x", field)
            return _counted(value, f"_join([_in[k] + {item} for k, x in {value}.items()])")
        return f"_encode_{record_name(schema)}({value})"

    def _encode_array(self, items: Schema, value: str, field: Field) -> str:
        if items == "string" and field.get("interned") is True:
            # Reasons, conditions and venues come in few combinations.
            return f"(_arrays[{value}] if {value} else b'\\0')"
        fields = self._fields.get(_name_of_record(items), ())
        kinds = [kind for kind, _ in _runs(fields)]
        if fields and len(fields) <= _INLINE_FIELDS and "optional" not in kinds:
            item = " + ".join(self._encode_inline(fields))
        else:
            item = self._encode_expression(items, "x", field)
        many = _counted(value, f"_join([{item} for x in {value}])")
        if items != "string":
            return many
        only = self._encode_expression(items, f"{value}[0]", field)
        return f"(b'\\2' + {only} + b'\\0' if len({value}) == 1 else {many})"

    def _encode_inline(self, fields: Sequence[Field]) -> Iterator[str]:
        """Return the parts of a small record named `x`."""
        for kind, run in _runs(fields):
            if kind == "fixed":
                layout = "<" + "".join(_FORMAT[type_name(field["type"])] for field in run)
                values = ", ".join(f"x.{field['name']}" for field in run)
                yield f"{self._struct(layout)}.pack({values})"
            else:
                yield self._encode_expression(run[0]["type"], f"x.{run[0]['name']}", run[0])

    def decoder(self, name: str, fields: Sequence[Field]) -> None:
        """Add `_decode_<name>(b, i)`, which returns the record and the position behind it."""
        out = [f"def _decode_{name}(b, i):"]
        for may_be_skipped, part in _null_runs(fields):
            if may_be_skipped:
                targets = " = ".join(f"v_{field['name']}" for field in part)
                # Vendors leave out the same fields on every print.
                out += [
                    f"    if b[i:i + {len(part)}] == {bytes(len(part))!r}:",
                    f"        {targets} = None",
                    f"        i += {len(part)}",
                    "    else:",
                ]
            self._decode_fields(out, part, "        " if may_be_skipped else "    ")
        values = ", ".join(f"v_{field['name']}" for field in fields)
        out.append(f"    return {name}({values}), i")
        self.lines += [*out, ""]

    def _decode_fields(self, out: list[str], fields: Sequence[Field], indent: str) -> None:
        for kind, run in _runs(fields):
            names = [f"v_{field['name']}" for field in run]
            if kind == "fixed":
                layout = "<" + "".join(_FORMAT[type_name(field["type"])] for field in run)
                width = sum(8 if type_name(field["type"]) == "double" else 1 for field in run)
                out += [
                    f"{indent}{', '.join(names)}, = {self._struct(layout)}.unpack_from(b, i)",
                    f"{indent}i += {width}",
                ]
            elif kind == "optional":
                self._decode_optional(out, names, indent)
            else:
                self._decode_value(out, run[0]["type"], names[0], run[0], indent)

    def _decode_optional(self, out: list[str], names: list[str], indent: str) -> None:
        every = self._struct("<" + "xd" * len(names))
        single = self._struct("<d")
        branches = repr(b"\x02" * len(names))
        present = f"b[i:i + {9 * len(names)}:9] == {branches}"
        out += [
            f"{indent}if {present}:",
            f"{indent}    {', '.join(names)}, = {every}.unpack_from(b, i)",
            f"{indent}    i += {9 * len(names)}",
            f"{indent}else:",
        ]
        for name in names:
            out += [
                f"{indent}    if b[i]:",
                f"{indent}        {name}, = {single}.unpack_from(b, i + 1)",
                f"{indent}        i += 9",
                f"{indent}    else:",
                f"{indent}        {name} = None",
                f"{indent}        i += 1",
            ]

    def _decode_value(
        self, out: list[str], schema: Schema, target: str, field: Field, indent: str
    ) -> None:
        name = type_name(schema)
        if name == "long" and field["name"].endswith("_ts"):
            # Stamps are nine bytes; event time and receipt, and those of neighbours, are often
            # equal.
            out += [
                f"{indent}{target} = _stamps[b[i:i + 9]]",
                f"{indent}if {target} is None:",
                f"{indent}    {target}, i = _read_long(b, i)",
                f"{indent}else:",
                f"{indent}    i += 9",
            ]
        elif name in ("int", "long", "string"):
            size = target if name != "string" else "n"
            out += [
                f"{indent}{size} = b[i]",
                f"{indent}if {size} < 128:",
                f"{indent}    i += 1",
                f"{indent}    {size} = ({size} >> 1) ^ -({size} & 1)",
                f"{indent}else:",
                f"{indent}    {size}, i = _read_long(b, i)",
            ]
        if name == "string":
            body = "b[i:i + n]"
            text = f"_out[{body}]" if field.get("interned") is True else f"{body}.decode()"
            # A cut body would otherwise slice short without a word.
            out += [
                f"{indent}if n < 0 or i + n > len(b):",
                f"{indent}    _cut(i, n)",
                f"{indent}{target} = {text}",
                f"{indent}i += n",
            ]
        elif name in _FORMAT:
            width = 8 if name == "double" else 1
            fmt = self._struct("<" + _FORMAT[name])
            out += [f"{indent}{target}, = {fmt}.unpack_from(b, i)", f"{indent}i += {width}"]
        elif name == "nullable":
            out += [f"{indent}if b[i]:", f"{indent}    i += 1"]
            self._decode_value(out, inner(schema), target, field, indent + "    ")
            out += [f"{indent}else:", f"{indent}    {target} = None", f"{indent}    i += 1"]
        elif name in ("array", "map"):
            self._decode_blocks(out, schema, target, field, indent)
        elif name not in ("int", "long"):
            out.append(f"{indent}{target}, i = _decode_{record_name(schema)}(b, i)")

    def _decode_blocks(
        self, out: list[str], schema: Schema, target: str, field: Field, indent: str
    ) -> None:
        is_map = type_name(schema) == "map"
        item = schema["values"] if is_map else schema["items"]
        out += [
            f"{indent}{target} = {'{}' if is_map else '[]'}",
            f"{indent}while m := b[i]:",
            f"{indent}    if m < 128 and not m & 1:",
            f"{indent}        m >>= 1",
            f"{indent}        i += 1",
            f"{indent}    else:",
            f"{indent}        m, i = _read_long(b, i)",
            f"{indent}    if m < 0:",
            f"{indent}        _, i = _read_long(b, i)",
            f"{indent}    for _ in range(abs(m)):",
        ]
        deep = indent + "        "
        if is_map:
            self._decode_value(out, "string", "k", {"interned": True}, deep)
            self._decode_value(out, item, f"{target}[k]", field, deep)
        else:
            self._decode_value(out, item, "x", field, deep)
            out.append(f"{deep}{target}.append(x)")
        out.append(f"{indent}i += 1")
        if not is_map:
            out.append(f"{indent}{target} = tuple({target}) if {target} else ()")
