"""Reading of the protocol's primitive types out of a receive buffer, without copying the rest."""

import struct
from typing import Final

from infra.embedded.kafka.codec import GarbageFrame

_INT16: Final = struct.Struct(">h")
_INT32: Final = struct.Struct(">i")


class WireReader:
    """
    Walk over one request; every read moves on.

    Raises
    ------
    GarbageFrame
        By any read that would pass the end of the frame.
    """

    __slots__ = ("_flexible", "_view", "position")

    def __init__(self, view: memoryview, position: int, *, flexible: bool) -> None:
        self._view = view
        self.position = position
        self._flexible = flexible

    def int16(self) -> int:
        """Read a signed 16-bit integer."""
        value: int = _INT16.unpack_from(self._view, self._advance(2))[0]
        return value

    def int32(self) -> int:
        """Read a signed 32-bit integer."""
        value: int = _INT32.unpack_from(self._view, self._advance(4))[0]
        return value

    def string(self) -> str:
        """Read a string, empty when null."""
        length = self.varint() - 1 if self._flexible else self.int16()
        return self._text(length)

    def legacy_string(self) -> str:
        """Read a string with a 16-bit length, as the request header has in every version."""
        return self._text(self.int16())

    def array(self) -> int:
        """Read an array's length; a null array has none."""
        length = self.varint() - 1 if self._flexible else self.int32()
        return max(length, 0)

    def blob(self) -> memoryview:
        """Return the bytes in place, none when null; writable where the buffer is."""
        length = max(self.varint() - 1 if self._flexible else self.int32(), 0)
        start = self._advance(length)
        return self._view[start : start + length]

    def skip_tags(self) -> None:
        """Pass over tagged fields, which versions before the flexible ones do not have."""
        if not self._flexible:
            return
        for _ in range(self.varint()):
            self.varint()
            self._advance(self.varint())

    def varint(self) -> int:
        """Read an unsigned variable-length integer."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self._view[self._advance(1)]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        msg = "variable-length integer longer than 5 bytes"
        raise GarbageFrame(msg)

    def _text(self, length: int) -> str:
        if length <= 0:
            return ""
        start = self._advance(length)
        try:
            return str(self._view[start : start + length], "utf-8")
        except UnicodeDecodeError as error:
            msg = f"string of {length} bytes is not UTF-8"
            raise GarbageFrame(msg) from error

    def _advance(self, length: int) -> int:
        start = self.position
        self.position = start + length
        if self.position > len(self._view):
            msg = f"request of {len(self._view)} bytes ends inside a field of {length}"
            raise GarbageFrame(msg)
        return start


def unsigned_varint(value: int) -> bytes:
    """Encode an unsigned variable-length integer."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def string_bytes(text: str, *, flexible: bool) -> bytes:
    """Encode a string that is not null."""
    encoded = text.encode()
    if flexible:
        return unsigned_varint(len(encoded) + 1) + encoded
    return _INT16.pack(len(encoded)) + encoded


def array_length(length: int, *, flexible: bool) -> bytes:
    """Encode the length of an array that is not null."""
    return unsigned_varint(length + 1) if flexible else _INT32.pack(length)
