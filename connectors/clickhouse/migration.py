"""What has to change about a table that an older version made."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.errors import MisconfiguredConnector

_TOKEN: Final = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|[\w.+-]+|[(),]")
_COLUMN: Final = re.compile(r"^ +`(?P<name>\w+)` (?P<definition>.+?),?$", re.MULTILINE)
_SORTING_KEY: Final = re.compile(r"^ORDER BY \((?P<key>.*)\)$", re.MULTILINE)
_PROJECTION: Final = re.compile(r"^ +PROJECTION (?P<definition>.+?),?$", re.MULTILINE)
_EXPRESSION: Final = " ALIAS "


class ColumnType(msgspec.Struct, frozen=True):
    """
    A ClickHouse type, taken apart.

    Parameters
    ----------
    name : str
        E.g. `Int64`, `Tuple`; also the arguments that are no types.
    parts : tuple of ColumnType
        What stands in its brackets.
    fields : tuple of str
        Names of the parts of a named tuple, else empty.
    """

    name: str
    parts: tuple["ColumnType", ...] = ()
    fields: tuple[str, ...] = ()

    def text(self) -> str:
        """Return it as ClickHouse writes it, on one line."""
        if not self.parts:
            return self.name
        parts = [part.text() for part in self.parts]
        if self.fields:
            parts = [f"{name} {part}" for name, part in zip(self.fields, parts, strict=True)]
        return f"{self.name}({', '.join(parts)})"


def parse_type(text: str) -> ColumnType:
    """
    Take a ClickHouse type apart.

    Raises
    ------
    MisconfiguredConnector
        It is not written as a type.

    Examples
    --------
    >>> parse_type("Array(Tuple(k String, `type` Nullable(Int64)))").parts[0].fields
    ('k', 'type')
    """
    tokens = _TOKEN.findall(text)
    try:
        found, end = _type_at(tokens, 0)
    except IndexError:
        end = -1
    if end != len(tokens):
        msg = f"{text!r} is no type of ClickHouse that can be compared"
        raise MisconfiguredConnector(msg)
    return found


def _type_at(tokens: list[str], at: int) -> tuple[ColumnType, int]:
    name, at = tokens[at], at + 1
    if at == len(tokens) or tokens[at] != "(":
        return ColumnType(name), at
    parts: list[ColumnType] = []
    fields: list[str] = []
    while tokens[at] != ")":
        at += 1
        # Two words beside each other are a field's name and its type.
        if tokens[at + 1] not in {"(", ",", ")"}:
            fields.append(tokens[at].strip("`"))
            at += 1
        part, at = _type_at(tokens, at)
        parts.append(part)
    return ColumnType(name, tuple(parts), tuple(fields)), at + 1


def obstacle(old: ColumnType, new: ColumnType, path: str) -> str | None:
    """
    Return why a column's rows cannot be taken over into its new type.

    Parameters
    ----------
    old, new : ColumnType
        As the table has it, and as it is to be.
    path : str
        Column, and field in it, for the message.

    Returns
    -------
    str | None
        None when they can: ClickHouse matches the fields of tuples by name and fills new ones with
        their defaults, and what could not be null may become nullable.
    """
    if old == new:
        return None
    if new.name == "Nullable" and old.name != "Nullable":
        return obstacle(old, new.parts[0], path)
    if old.name == new.name == "Tuple" and old.fields and new.fields:
        return _tuple_obstacle(old, new, path)
    if old.name == new.name and old.name in {"Array", "Nullable", "Map"}:
        pairs = zip(old.parts, new.parts, strict=True)
        found = [why for a, b in pairs if (why := obstacle(a, b, path)) is not None]
        return found[0] if found else None
    return f"{path} is {_short(old)}, expected {_short(new)}"


def _tuple_obstacle(old: ColumnType, new: ColumnType, path: str) -> str | None:
    types = dict(zip(new.fields, new.parts, strict=True))
    for name, part in zip(old.fields, old.parts, strict=True):
        if name not in types:
            return f"{path}.{name} is not in this version's schema"
        why = obstacle(part, types[name], f"{path}.{name}")
        if why is not None:
            return why
    return None


def _short(kind: ColumnType) -> str:
    text = kind.text()
    return text if len(text) <= 80 else f"{text[:77]}…"


def expected_columns(statement: str) -> dict[str, str]:
    """Return the columns of one of our CREATE TABLE statements with their definitions, in order."""
    return {match["name"]: match["definition"] for match in _COLUMN.finditer(statement)}


def projection_of(statement: str) -> str | None:
    """Return name and query of the projection of a CREATE TABLE statement, null for none."""
    found = _PROJECTION.search(statement)
    return None if found is None else found["definition"]


def migration(
    table: str, statement: str, existing: Mapping[str, str], sorting_key: str
) -> str | None:
    """
    Return the statement that brings a table up to date.

    Parameters
    ----------
    table : str
        Table.
    statement : str
        Its CREATE TABLE of today.
    existing : mapping
        Its columns' types as ClickHouse tells them, in order.
    sorting_key : str
        What it is sorted by now.

    Returns
    -------
    str | None
        An ALTER TABLE that adds missing columns in their places and lets tuples grow; None when
        the table is as it should be. Columns this version does not know stay and take defaults.

    Raises
    ------
    MisconfiguredConnector
        Rows would be lost or the sorting key differs; the message names the column.
    """
    expected = expected_columns(statement)
    wanted_key = _key_of(statement)
    if wanted_key != _plain(sorting_key) and not is_resorted(statement, sorting_key):
        why = f"it is sorted by ({sorting_key}), expected ({wanted_key})"
        raise MisconfiguredConnector(_refusal(table, why))
    changes: list[str] = []
    previous = ""
    for name, definition in expected.items():
        wanted = definition.partition(_EXPRESSION)[0]
        if name not in existing:
            place = f"AFTER `{previous}`" if previous else "FIRST"
            changes.append(f"ADD COLUMN IF NOT EXISTS `{name}` {definition} {place}")
        else:
            old, new = parse_type(existing[name]), parse_type(wanted)
            why_not = obstacle(old, new, name)
            if why_not is not None:
                raise MisconfiguredConnector(_refusal(table, why_not))
            if old != new:
                changes.append(f"MODIFY COLUMN `{name}` {definition}")
        previous = name
    return f"ALTER TABLE `{table}` {', '.join(changes)}" if changes else None


def is_resorted(statement: str, sorting_key: str) -> bool:
    """
    Return whether a table has to be written anew because its key has got longer.

    A longer key tells rows apart that a shorter one took for revisions of each other: nothing is
    lost by it. What the shorter key has merged already is gone.

    Parameters
    ----------
    statement : str
        Its CREATE TABLE of today.
    sorting_key : str
        What it is sorted by now.
    """
    return _key_of(statement).startswith(f"{_plain(sorting_key)},")


def _key_of(statement: str) -> str:
    found = _SORTING_KEY.search(statement)
    return "" if found is None else _plain(found["key"])


def _plain(key: str) -> str:
    return re.sub(r"[`\s()]", "", key)


def _refusal(table: str, why: str) -> str:
    return (
        f"table {table} was made by another version and cannot be brought up to date: {why}. Name "
        "a new database with CLICKHOUSE_DATABASE, or drop the table; then let persist read the log "
        "again from its first record"
    )
