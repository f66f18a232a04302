"""Avro primitives the generated codecs share: varints, interned strings, error type."""

import struct
from collections.abc import Callable
from collections.abc import Mapping
from typing import Final

SMALL_LIMIT: Final = 8192
LABELS_LIMIT: Final = 65_536
# Ids come back within a second or so; what is larger than the processor's cache is slower.
IDS_LIMIT: Final = 8192
COMBINATION_LIMIT: Final = 8192
STAMP_LIMIT: Final = 16_384
STAMP_BYTES: Final = 9

_CONTINUED: Final = tuple(bytes((value & 127 | 128, value >> 7 | 128)) for value in range(1 << 14))


class _UpperBytes(dict[int, bytes]):
    """Last five of the nine bytes of a stamp; forgets everything at `COMBINATION_LIMIT`."""

    def __missing__(self, upper: int) -> bytes:
        if len(self) >= COMBINATION_LIMIT:
            self.clear()
        encoded = self[upper] = (
            _CONTINUED[upper & 16383] + _CONTINUED[upper >> 14 & 16383] + bytes((upper >> 28,))
        )
        return encoded


_UPPER_BYTES: Final = _UpperBytes()


class AvroError(ValueError):
    """A body does not have the shape its schema promises."""


def encode_long(value: int) -> bytes:
    """
    Encode an integer as Avro does: zigzag, then base-128 little endian.

    Parameters
    ----------
    value : int
        Within the signed 64-bit range.

    Raises
    ------
    AvroError
        The value does not fit 64 bits.

    Examples
    --------
    >>> encode_long(-1).hex()
    '01'
    >>> encode_long(64).hex()
    '8001'
    """
    zigzag = (value << 1) ^ (value >> 63)
    if zigzag >> 56 < 128 and zigzag >> 56 > 0:
        # Nanosecond stamps: nine bytes, two at a time from a table; the last five are the same
        # for an eighth of a second.
        return (
            _CONTINUED[zigzag & 16383]
            + _CONTINUED[zigzag >> 14 & 16383]
            + _UPPER_BYTES[zigzag >> 28]
        )
    if not 0 <= zigzag < 1 << 64:
        msg = f"integer {value} does not fit 64 bits"
        raise AvroError(msg)
    out = bytearray()
    while zigzag > 127:
        out.append(zigzag & 127 | 128)
        zigzag >>= 7
    out.append(zigzag)
    return bytes(out)


SMALL: Final = tuple(encode_long(value) for value in range(SMALL_LIMIT))


def encode_string(value: str) -> bytes:
    """Encode a string as its UTF-8 length and bytes."""
    body = value.encode()
    size = len(body)
    return (SMALL[size] if size < SMALL_LIMIT else encode_long(size)) + body


class EncodedStrings(dict[str, bytes]):
    """Encoded forms of strings that repeat; forgets everything at `limit` entries."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, value: str) -> bytes:
        if len(self) >= self._limit:
            self.clear()
        # The body of `encode_string`: every id comes here once, and a call costs as much again.
        body = value.encode()
        size = len(body)
        length = SMALL[size] if size < SMALL_LIMIT else encode_long(size)
        encoded = self[value] = length + body
        return encoded


class EncodedArrays(dict[tuple[str, ...], bytes]):
    """Encoded arrays of strings that come in few combinations; forgets at `COMBINATION_LIMIT`."""

    def __missing__(self, values: tuple[str, ...]) -> bytes:
        if len(self) >= COMBINATION_LIMIT:
            self.clear()
        items = b"".join([encode_string(value) for value in values])
        encoded = self[values] = encode_long(len(values)) + items + b"\0"
        return encoded


_pack_double: Final = struct.Struct("<d").pack


class EncodedMaps:
    """
    Encodes maps of doubles; the maps of one field have few sets of keys.

    Per set of keys the layout is kept: one `struct` call writes keys and values together.
    """

    __slots__ = ("_keys", "_layouts")

    def __init__(self) -> None:
        self._keys = EncodedStrings(LABELS_LIMIT)
        self._layouts: dict[tuple[str, ...], tuple[Callable[..., bytes], list[bytes | float]]] = {}

    def encode(self, values: Mapping[str, float]) -> bytes:
        """Encode a map that is not empty, in the order of its items."""
        if len(values) == 1:
            for key, value in values.items():
                return b"\2" + self._keys[key] + _pack_double(value) + b"\0"
        keys = tuple(values)
        layout = self._layouts.get(keys)
        if layout is None:
            layout = self._layout(keys)
        pack, template = layout
        parts = template.copy()  # workers of one process share the template
        parts[1::2] = values.values()
        return pack(*parts)

    def _layout(self, keys: tuple[str, ...]) -> tuple[Callable[..., bytes], list[bytes | float]]:
        if len(self._layouts) >= COMBINATION_LIMIT:
            self._layouts.clear()
        names = [encode_string(key) for key in keys]
        names[0] = encode_long(len(keys)) + names[0]
        # A padding byte behind the last value is the end mark of the block.
        text = "".join([f"{len(name)}sd" for name in names])
        parts: list[bytes | float] = [part for name in names for part in (name, 0.0)]
        layout = self._layouts[keys] = (struct.Struct(f"<{text}x").pack, parts)
        return layout


class EncodedLongs(dict[int, bytes]):
    """Encoded forms of stamps, which several records share; forgets at `IDS_LIMIT` entries."""

    def __missing__(self, value: int) -> bytes:
        if len(self) >= IDS_LIMIT:
            self.clear()
        encoded = self[value] = encode_long(value)
        return encoded


class DecodedStrings(dict[bytes, str]):
    """Strings that repeat, by their bytes; forgets everything at `LABELS_LIMIT` entries."""

    def __missing__(self, body: bytes) -> str:
        if len(self) >= LABELS_LIMIT:
            self.clear()
        value = self[body] = body.decode()
        return value


_PAIRS: Final = struct.Struct("<HHHHB")


class DecodedStamps(dict[bytes, int | None]):
    """Integers by nine bytes that may be one; forgets everything at `STAMP_LIMIT` entries."""

    def __missing__(self, key: bytes) -> int | None:
        """Return the integer; null when the nine bytes are not exactly one integer."""
        if len(key) < STAMP_BYTES:
            return None
        first, second, third, fourth, last = _PAIRS.unpack(key)
        if first & second & third & fourth & 0x8080 != 0x8080 or last > 127:
            return None
        zigzag: int = (
            (first & 127 | first >> 1 & 0x3F80)
            | (second & 127 | second >> 1 & 0x3F80) << 14
            | (third & 127 | third >> 1 & 0x3F80) << 28
            | (fourth & 127 | fourth >> 1 & 0x3F80) << 42
            | last << 56
        )
        if len(self) >= STAMP_LIMIT:
            self.clear()
        value = self[key] = (zigzag >> 1) ^ -(zigzag & 1)
        return value


def decode_long(data: bytes, at: int) -> tuple[int, int]:
    """Decode an integer at a position; return it with the position behind it."""
    byte = data[at]
    at += 1
    zigzag = byte & 127
    shift = 7
    while byte > 127:
        if shift > 63:
            msg = f"integer at byte {at} runs over 64 bits"
            raise AvroError(msg)
        byte = data[at]
        at += 1
        zigzag |= (byte & 127) << shift
        shift += 7
    return (zigzag >> 1) ^ -(zigzag & 1), at
