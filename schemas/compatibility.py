"""Avro schema resolution as a pure question: can this reader read what that writer wrote."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Final

Schema = dict[str, Any] | list[Any] | str

_DIRECTIONS: Final = ("BACKWARD", "FORWARD", "FULL")
LEVELS: Final = ("NONE", *(name + reach for name in _DIRECTIONS for reach in ("", "_TRANSITIVE")))

_PRIMITIVES: Final = frozenset(
    {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
)
# Writer kind to the reader kinds that may take its place (Avro 1.12, "Schema Resolution").
_PROMOTIONS: Final[dict[str, frozenset[str]]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
_CONTAINERS: Final = {"array": "items", "map": "values"}
_INT_BITS: Final = {"int": 31, "long": 63}


class InvalidSchemaError(ValueError):
    """The text is not an Avro schema; the message says where and why."""


@dataclass(slots=True, eq=False)
class _Node:
    kind: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    fields: list["_Field"] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    has_default: bool = False
    size: int = 0
    branches: list["_Node"] = field(default_factory=list)
    decimal: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    aliases: tuple[str, ...]
    node: _Node
    has_default: bool
    default: Any


def check(reader: Schema, writer: Schema) -> list[str]:
    """
    List why data of one schema cannot be read with another.

    Parameters
    ----------
    reader, writer : dict | list | str
        Avro schemas as decoded JSON; a string is a type name or the JSON text of a schema.

    Returns
    -------
    list[str]
        One sentence per incompatibility, each beginning with its path in the reader; empty when
        every datum of `writer` can be read with `reader`.

    Raises
    ------
    InvalidSchemaError
        When either is not an Avro schema.

    Notes
    -----
    Source: Avro specification 1.12, "Schema Resolution". Record, enum and fixed names match when
    the unqualified names are equal or a reader alias names the writer. Decimals match only with
    equal precision and scale; other logical types are not part of resolution.

    Examples
    --------
    >>> check("int", "long")
    ['/: the reader expects int, the writer wrote long']
    """
    return _Check().compare(_parse(reader), _parse(writer), "")


def check_level(new: Schema, olds: Sequence[Schema], level: str) -> list[str]:
    """
    List why a new schema may not follow the existing ones at a compatibility level.

    Parameters
    ----------
    new : dict | list | str
        The schema to be registered.
    olds : sequence of schemas
        The registered versions, oldest first; levels that are not transitive look at the last.
    level : str
        One of `LEVELS`. BACKWARD: `new` reads old data; FORWARD: an old schema reads new data.

    Returns
    -------
    list[str]
        Empty when the level allows the change.

    Raises
    ------
    ValueError
        When `level` is not a compatibility level or a schema (`InvalidSchemaError`) not Avro.
    """
    if level not in LEVELS:
        msg = f"compatibility level is {level!r}, expected one of {', '.join(LEVELS)}"
        raise ValueError(msg)
    direction, _, transitive = level.partition("_")
    found: list[str] = []
    if direction == "NONE":
        return found
    first = 0 if transitive else max(len(olds) - 1, 0)
    for position in range(first, len(olds)):
        where = f"existing schema {position + 1} of {len(olds)}"
        if direction in {"BACKWARD", "FULL"}:
            found += [f"reading {where}: {text}" for text in check(new, olds[position])]
        if direction in {"FORWARD", "FULL"}:
            found += [f"read by {where}: {text}" for text in check(olds[position], new)]
    return found


def validate(schema: Schema) -> None:
    """
    Refuse what is not an Avro schema.

    Raises
    ------
    InvalidSchemaError
        Unknown type, missing attribute, repeated name, or a field default that is not a value of
        the field's type (any branch of a union counts, as of Avro 1.12).
    """
    _parse(schema)


def _invalid(path: str, text: str) -> InvalidSchemaError:
    return InvalidSchemaError(f"{path or '/'}: {text}")


def _parse(schema: Schema) -> _Node:
    if isinstance(schema, str) and schema.lstrip()[:1] in {"{", "[", '"'}:
        try:
            schema = json.loads(schema)
        except json.JSONDecodeError as error:
            msg = f"the schema is not JSON: {error}"
            raise InvalidSchemaError(msg) from error
    parser = _Parser()
    node = parser.parse(schema, "", "")
    parser.check_defaults()
    return node


class _Parser:
    """Turn decoded JSON into nodes, with named types resolved and recursion closed."""

    def __init__(self) -> None:
        self._named: dict[str, _Node] = {}
        self._defaults: list[tuple[str, _Field]] = []

    def parse(self, schema: object, namespace: str, path: str) -> _Node:
        if isinstance(schema, str):
            return self._reference(schema, namespace, path)
        if isinstance(schema, list):
            return self._union(schema, namespace, path)
        if not isinstance(schema, dict) or "type" not in schema:
            raise _invalid(path, f"expected a type, got {schema!r}")
        kind = schema["type"]
        if isinstance(kind, dict | list):
            return self.parse(kind, namespace, path)
        if kind in {"record", "error", "enum", "fixed"}:
            return self._define(schema, namespace, path)
        if kind in _CONTAINERS:
            step = _CONTAINERS[kind]
            return _Node(kind, branches=[self.parse(schema.get(step), namespace, f"{path}/{step}")])
        node = self._reference(kind, namespace, path)
        if node.kind == "bytes":
            return _Node("bytes", decimal=_decimal(schema))
        return node

    def check_defaults(self) -> None:
        """Check defaults last, because a field may refer to a type defined after it began."""
        for path, item in self._defaults:
            if not _is_value(item.node, item.default):
                raise _invalid(path, f"the default {item.default!r} is not a {_title(item.node)}")

    def _reference(self, name: object, namespace: str, path: str) -> _Node:
        if not isinstance(name, str):
            raise _invalid(path, f"expected a type name, got {name!r}")
        if name in _PRIMITIVES:
            return _Node(name)
        node = self._named.get(_full_name(name, namespace)) or self._named.get(name)
        if node is None:
            raise _invalid(path, f"{name!r} is neither an Avro type nor a name defined before")
        return node

    def _union(self, schema: list[Any], namespace: str, path: str) -> _Node:
        branches = [self.parse(item, namespace, f"{path}/{i}") for i, item in enumerate(schema)]
        seen: set[str] = set()
        for branch in branches:
            if branch.kind == "union":
                raise _invalid(path, "a union may not directly contain a union")
            key = branch.name or branch.kind
            if key in seen:
                raise _invalid(path, f"the union contains {key!r} twice")
            seen.add(key)
        return _Node("union", branches=branches)

    def _define(self, schema: dict[str, Any], namespace: str, path: str) -> _Node:
        name = schema.get("name")
        if not isinstance(name, str) or not name:
            raise _invalid(path, f"a {schema['type']} needs a name")
        full = _full_name(name, schema.get("namespace", namespace))
        inner = full.rpartition(".")[0]
        if full in self._named:
            raise _invalid(path, f"{full!r} is defined twice")
        aliases = tuple(_full_name(alias, inner) for alias in schema.get("aliases", ()))
        kind = "record" if schema["type"] == "error" else schema["type"]
        node = _Node(kind, name=full, aliases=aliases)
        self._named[full] = node
        if kind == "record":
            node.fields = self._fields(schema, inner, path)
        elif kind == "enum":
            node.symbols = _symbols(schema, path)
            node.has_default = "default" in schema
        else:
            node.size = _fixed_size(schema, path)
            node.decimal = _decimal(schema)
        return node

    def _fields(self, schema: dict[str, Any], namespace: str, path: str) -> list[_Field]:
        entries = schema.get("fields")
        if not isinstance(entries, list):
            raise _invalid(path, "a record needs a list of fields")
        fields: list[_Field] = []
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise _invalid(path, f"a field needs a name, got {entry!r}")
            where = f"{path}/{entry['name']}"
            if any(entry["name"] == other.name for other in fields):
                raise _invalid(where, "the field is defined twice")
            node = self.parse(entry.get("type"), namespace, where)
            aliases = tuple(entry.get("aliases", ()))
            has_default = "default" in entry
            item = _Field(entry["name"], aliases, node, has_default, entry.get("default"))
            fields.append(item)
            if has_default:
                self._defaults.append((where, item))
        return fields


def _full_name(name: str, namespace: str | None) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _symbols(schema: dict[str, Any], path: str) -> tuple[str, ...]:
    symbols = schema.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(item, str) for item in symbols):
        raise _invalid(path, "an enum needs a list of symbols")
    if len(set(symbols)) != len(symbols):
        raise _invalid(path, "the enum repeats a symbol")
    if "default" in schema and schema["default"] not in symbols:
        raise _invalid(path, f"the enum default {schema['default']!r} is not one of its symbols")
    return tuple(symbols)


def _fixed_size(schema: dict[str, Any], path: str) -> int:
    size = schema.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _invalid(path, f"a fixed needs a size in bytes, got {size!r}")
    return size


def _decimal(schema: dict[str, Any]) -> tuple[int, int] | None:
    if schema.get("logicalType") != "decimal" or not isinstance(schema.get("precision"), int):
        return None
    return schema["precision"], schema.get("scale", 0)


def _is_value(node: _Node, value: object) -> bool:
    """Say whether a JSON value is a default of this type, as the Avro specification encodes it."""
    if node.kind == "union":
        return any(_is_value(branch, value) for branch in node.branches)
    if node.kind in _INT_BITS:
        limit = 1 << _INT_BITS[node.kind]
        return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
    if node.kind == "array":
        return isinstance(value, list) and all(_is_value(node.branches[0], x) for x in value)
    if node.kind == "map":
        return isinstance(value, dict) and all(
            _is_value(node.branches[0], x) for x in value.values()
        )
    if node.kind == "record":
        return isinstance(value, dict) and all(
            _is_value(item.node, value[item.name]) if item.name in value else item.has_default
            for item in node.fields
        )
    return _is_scalar(node, value)


def _is_scalar(node: _Node, value: object) -> bool:
    match node.kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "enum":
            return value in node.symbols
        case "fixed":
            return isinstance(value, str) and len(value) == node.size
        case _:
            return isinstance(value, str)


def _title(node: _Node) -> str:
    if node.kind == "union":
        return f"union of {', '.join(_title(branch) for branch in node.branches)}"
    return f"{node.kind} {node.name}" if node.name else node.kind


class _Check:
    """One comparison; remembers pairs in progress so that recursive records end."""

    def __init__(self) -> None:
        self._open: set[tuple[_Node, _Node]] = set()

    def compare(self, reader: _Node, writer: _Node, path: str) -> list[str]:
        if (reader, writer) in self._open:
            return []
        self._open.add((reader, writer))
        try:
            return self._resolve(reader, writer, path)
        finally:
            self._open.discard((reader, writer))

    def _resolve(self, reader: _Node, writer: _Node, path: str) -> list[str]:
        if writer.kind == "union":
            return [x for branch in writer.branches for x in self.compare(reader, branch, path)]
        if reader.kind == "union":
            if any(not self.compare(branch, writer, path) for branch in reader.branches):
                return []
            text = f"the writer's {_title(writer)} fits no branch of the {_title(reader)}"
            return [f"{path or '/'}: {text}"]
        if reader.kind != writer.kind:
            if reader.kind in _PROMOTIONS.get(writer.kind, frozenset()):
                return []
            text = f"the reader expects {_title(reader)}, the writer wrote {_title(writer)}"
            return [f"{path or '/'}: {text}"]
        if reader.decimal != writer.decimal and None not in {reader.decimal, writer.decimal}:
            text = f"decimal{writer.decimal} cannot be read as decimal{reader.decimal}"
            return [f"{path or '/'}: {text}"]
        if reader.name and not _same_name(reader, writer):
            text = f"the reader's {_title(reader)} is not the writer's {_title(writer)}"
            return [f"{path or '/'}: {text} and no alias says so"]
        return self._same_kind(reader, writer, path)

    def _same_kind(self, reader: _Node, writer: _Node, path: str) -> list[str]:
        match reader.kind:
            case "record":
                return self._record(reader, writer, path)
            case "enum":
                lost = ", ".join(x for x in writer.symbols if x not in reader.symbols)
                if not lost or reader.has_default:
                    return []
                return [f"{path or '/'}: the reader lacks the symbols {lost}"]
            case "fixed":
                if reader.size == writer.size:
                    return []
                return [f"{path or '/'}: fixed({writer.size}) cannot be read as ({reader.size})"]
            case "array" | "map":
                where = f"{path}/{_CONTAINERS[reader.kind]}"
                return self.compare(reader.branches[0], writer.branches[0], where)
            case _:
                return []

    def _record(self, reader: _Node, writer: _Node, path: str) -> list[str]:
        found: list[str] = []
        for wanted in reader.fields:
            names = (wanted.name, *wanted.aliases)
            source = next((x for name in names for x in writer.fields if x.name == name), None)
            where = f"{path}/{wanted.name}"
            if source is not None:
                found += self.compare(wanted.node, source.node, where)
            elif not wanted.has_default:
                found.append(f"{where}: the writer has no such field and the reader no default")
        return found


def _same_name(reader: _Node, writer: _Node) -> bool:
    short = reader.name.rpartition(".")[2] == writer.name.rpartition(".")[2]
    return short or writer.name in reader.aliases
