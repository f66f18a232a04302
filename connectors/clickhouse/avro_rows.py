"""Rows as ClickHouse prints them in Avro, taken apart into our records' bodies; pure."""

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final

from schemas._wire import AvroError
from schemas._wire import decode_long

AVRO_MAGIC: Final = b"Obj\x01"
SYNC_BYTES: Final = 16

_FIXED_BYTES: Final = {"null": 0, "boolean": 1, "float": 4, "double": 8}
_VARINTS: Final = frozenset({"int", "long", "enum"})
_TEXTS: Final = frozenset({"string", "bytes"})

Skip = Callable[[bytes, int], int]


def read_rows(container: bytes, prefix: bytes = b"") -> tuple[list[bytes], list[bytes]]:
    """
    Split an Avro object container into the first column and the rest of each row.

    A row's first column has to be text. What stands behind it is not looked into: it is the Avro
    body of a record whose fields are the other columns.

    Parameters
    ----------
    container : bytes
        A whole container without compression; no bytes at all are no rows.
    prefix : bytes
        Put before every body, e.g. the registry header.

    Returns
    -------
    keys, bodies : list of bytes
        In the order of the rows; the keys without their length.

    Raises
    ------
    AvroError
        The container is cut, damaged, compressed, or its first column is no text.

    Notes
    -----
    Source: Avro 1.11 specification, object container files. Blocks of one row each are split
    without a look at the schema; others are walked through by it.
    """
    if not container:
        return [], []
    try:
        fields, at = _header(container)
        found = _lone_rows(container, at, prefix)
        return _all_rows(container, at, fields, prefix) if found is None else found
    except (IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"no Avro container of rows in {len(container)} bytes: {error}"
        raise AvroError(msg) from error


def _header(data: bytes) -> tuple[Sequence[Mapping[str, Any]], int]:
    # The columns, and where the header's sync marker begins.
    if not data.startswith(AVRO_MAGIC):
        msg = f"it begins {data[:4].hex()}"
        raise AvroError(msg)
    found: dict[bytes, bytes] = {}
    at = len(AVRO_MAGIC)
    while True:
        count, at = decode_long(data, at)
        if count == 0:
            break
        if count < 0:
            _, at = decode_long(data, at)
        for _ in range(abs(count)):
            name, at = _text(data, at)
            found[name], at = _text(data, at)
    if len(data) < at + SYNC_BYTES:
        msg = "its header is cut"
        raise AvroError(msg)
    codec = found.get(b"avro.codec", b"null")
    if codec != b"null":
        msg = f"compressed by {codec!r}"
        raise AvroError(msg)
    fields = json.loads(found[b"avro.schema"])["fields"]
    if not fields or fields[0]["type"] not in _TEXTS:
        msg = "its first column is no text"
        raise AvroError(msg)
    return fields, at


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = decode_long(data, at)
    end = at + size
    if size < 0 or end > len(data):
        msg = f"text of {size} bytes at byte {at} runs over the end"
        raise AvroError(msg)
    return data[at:end], end


def _lone_rows(data: bytes, at: int, prefix: bytes) -> tuple[list[bytes], list[bytes]] | None:
    # Null when the blocks are not of one row each, or the marker happens to stand within a row.
    sync = data[at : at + SYNC_BYTES]
    pieces = data[at + SYNC_BYTES :].split(sync)
    if pieces.pop():
        return None
    keys: list[bytes] = []
    bodies: list[bytes] = []
    for piece in pieces:
        if len(piece) < 4 or piece[0] != 2:
            return None
        # Nearly every size takes two bytes, and every length of a key one.
        low, high = piece[1], piece[2]
        if low > 127 and high < 128:
            size, begin = (low & 127 | high << 7) >> 1, 3
        else:
            size, begin = decode_long(piece, 1)
        key_size = piece[begin]
        if begin + size != len(piece) or key_size > 127 or key_size & 1:
            return None
        begin += 1
        end = begin + (key_size >> 1)
        if end > len(piece):
            return None
        keys.append(piece[begin:end])
        bodies.append(prefix + piece[end:])
    return keys, bodies


def _all_rows(
    data: bytes, at: int, fields: Sequence[Mapping[str, Any]], prefix: bytes
) -> tuple[list[bytes], list[bytes]]:
    sync = data[at : at + SYNC_BYTES]
    at += SYNC_BYTES
    skips = _Skips()
    columns = [skips.of(field["type"]) for field in fields[1:]]
    keys: list[bytes] = []
    bodies: list[bytes] = []
    while at < len(data):
        count, at = decode_long(data, at)
        size, at = decode_long(data, at)
        end = at + size
        if count < 0 or size < 0 or data[end : end + SYNC_BYTES] != sync:
            msg = (
                f"block of {count} rows and {size} bytes at byte {at} does not end with the marker"
            )
            raise AvroError(msg)
        for _ in range(count):
            key, begin = _text(data, at)
            at = begin
            for skip in columns:
                at = skip(data, at)
            keys.append(key)
            bodies.append(prefix + data[begin:at])
        if at != end:
            msg = f"rows of the block end at byte {at}, the block at byte {end}"
            raise AvroError(msg)
        at = end + SYNC_BYTES
    return keys, bodies


class _Skips:
    # Functions that return the position behind a value of a type.
    def __init__(self) -> None:
        self._named: dict[str, Skip] = {}

    def of(self, schema: Any) -> Skip:  # noqa: ANN401 - a schema, JSON
        if isinstance(schema, list):
            return _union([self.of(branch) for branch in schema])
        kind = schema["type"] if isinstance(schema, dict) else schema
        if not isinstance(kind, str):
            return self.of(kind)
        if kind in _FIXED_BYTES:
            return _fixed(_FIXED_BYTES[kind])
        if kind in _VARINTS:
            skip: Skip = _varint
        elif kind in _TEXTS:
            skip = _counted_bytes
        elif kind == "fixed":
            skip = _fixed(schema["size"])
        elif kind == "array":
            skip = _blocks(self.of(schema["items"]))
        elif kind == "map":
            skip = _blocks(_sequence([_counted_bytes, self.of(schema["values"])]))
        elif kind == "record":
            skip = _sequence([self.of(field["type"]) for field in schema["fields"]])
        else:
            return self._named[kind]
        if isinstance(schema, dict) and "name" in schema:
            self._named[schema["name"]] = skip
        return skip


def _varint(data: bytes, at: int) -> int:
    return decode_long(data, at)[1]


def _counted_bytes(data: bytes, at: int) -> int:
    return _text(data, at)[1]


def _fixed(size: int) -> Skip:
    return lambda _, at: at + size


def _sequence(parts: Sequence[Skip]) -> Skip:
    def skip(data: bytes, at: int) -> int:
        for part in parts:
            at = part(data, at)
        return at

    return skip


def _union(branches: Sequence[Skip]) -> Skip:
    def skip(data: bytes, at: int) -> int:
        chosen, at = decode_long(data, at)
        if not 0 <= chosen < len(branches):
            msg = f"branch {chosen} of a union of {len(branches)} at byte {at}"
            raise AvroError(msg)
        return branches[chosen](data, at)

    return skip


def _blocks(item: Skip) -> Skip:
    def skip(data: bytes, at: int) -> int:
        while True:
            count, at = decode_long(data, at)
            if count == 0:
                return at
            if count < 0:
                at = _counted_bytes(data, at)
                continue
            for _ in range(count):
                at = item(data, at)

    return skip
