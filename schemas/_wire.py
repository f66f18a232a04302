"""Avro primitives the generated codecs share: varints, interned strings, error type."""

from typing import Final

SMALL_LIMIT: Final = 8192
INTERN_LIMIT: Final = 131_072

_CONTINUED: Final = tuple(bytes((value & 127 | 128, value >> 7 | 128)) for value in range(1 << 14))


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
        # Nanosecond stamps: nine bytes, two at a time from a table.
        return (
            _CONTINUED[zigzag & 16383]
            + _CONTINUED[zigzag >> 14 & 16383]
            + _CONTINUED[zigzag >> 28 & 16383]
            + _CONTINUED[zigzag >> 42 & 16383]
            + bytes((zigzag >> 56,))
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
    """Encoded forms of strings that repeat; forgets everything at `INTERN_LIMIT` entries."""

    def __missing__(self, value: str) -> bytes:
        if len(self) >= INTERN_LIMIT:
            self.clear()
        encoded = self[value] = encode_string(value)
        return encoded


class EncodedLongs(dict[int, bytes]):
    """Encoded forms of stamps, which several records share; forgets at `INTERN_LIMIT` entries."""

    def __missing__(self, value: int) -> bytes:
        if len(self) >= INTERN_LIMIT:
            self.clear()
        encoded = self[value] = encode_long(value)
        return encoded


class DecodedStrings(dict[bytes, str]):
    """Strings that repeat, by their bytes; forgets everything at `INTERN_LIMIT` entries."""

    def __missing__(self, body: bytes) -> str:
        if len(self) >= INTERN_LIMIT:
            self.clear()
        value = self[body] = body.decode()
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
