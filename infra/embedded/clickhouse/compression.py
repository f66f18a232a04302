"""HTTP content encodings, streamed in both directions."""

import zlib
from typing import Final
from typing import Protocol

import lz4.frame  # type: ignore[import-untyped]
from backports import zstd

from infra.embedded.clickhouse.errors import CANNOT_DECOMPRESS
from infra.embedded.clickhouse.errors import NOT_IMPLEMENTED
from infra.embedded.clickhouse.errors import ClickHouseError

ENCODINGS: Final = ("lz4", "zstd", "gzip", "deflate")
_GZIP_WINDOW: Final = 31
_ZLIB_WINDOW: Final = 15
_GZIP_LEVEL: Final = 3
_FAILURES: Final = (zlib.error, zstd.ZstdError, RuntimeError, EOFError)


class Compressor(Protocol):
    """Turn plain bytes into encoded ones."""

    def compress(self, data: bytes) -> bytes:
        """Take more plain bytes and return what is ready."""

    def flush(self) -> bytes:
        """Return what is left; nothing may follow."""


def choose_encoding(accepted: str) -> str | None:
    """
    Pick the first encoding of an `Accept-Encoding` header that is offered; None sends plain bytes.

    Examples
    --------
    >>> choose_encoding("br, gzip;q=1.0")
    'gzip'
    """
    for item in accepted.split(","):
        name, _, quality = item.partition(";")
        if name.strip().lower() in ENCODINGS and quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return None


def compressor(encoding: str) -> Compressor:
    """Return a fresh encoder of one of `ENCODINGS`."""
    if encoding == "lz4":
        return _Lz4()
    if encoding == "zstd":
        return zstd.ZstdCompressor(level=1)
    window = _GZIP_WINDOW if encoding == "gzip" else _ZLIB_WINDOW
    return zlib.compressobj(_GZIP_LEVEL, wbits=window)


class Decoder:
    """
    Decode a request body piece by piece.

    Parameters
    ----------
    encoding : str
        The `Content-Encoding` header; empty or `identity` passes bytes through.

    Raises
    ------
    ClickHouseError
        NOT_IMPLEMENTED for an encoding that is not offered, CANNOT_DECOMPRESS for damaged or
        truncated bytes.
    """

    def __init__(self, encoding: str) -> None:
        self._name = encoding.strip().lower()
        if self._name in {"", "identity"}:
            self._decoder = None
        elif self._name in ENCODINGS:
            self._decoder = self._fresh()
        else:
            reason = f"Unknown Content-Encoding {encoding!r}, expected {', '.join(ENCODINGS)}"
            raise ClickHouseError(NOT_IMPLEMENTED, reason)

    def feed(self, data: bytes) -> bytes:
        """Decode the next piece; concatenated frames are one body."""
        if self._decoder is None:
            return data
        out = bytearray()
        try:
            while data:
                if self._decoder.eof:
                    self._decoder = self._fresh()
                out += self._decoder.decompress(data)
                data = self._decoder.unused_data if self._decoder.eof else b""
        except _FAILURES as error:
            reason = f"Cannot decompress the {self._name} request body: {error}"
            raise ClickHouseError(CANNOT_DECOMPRESS, reason) from error
        return bytes(out)

    def finish(self) -> None:
        """Refuse a body that ended inside a frame."""
        if self._decoder is not None and not self._decoder.eof:
            reason = f"The {self._name} request body is truncated"
            raise ClickHouseError(CANNOT_DECOMPRESS, reason)

    def _fresh(self) -> "_Decompressor":
        if self._name == "lz4":
            return lz4.frame.LZ4FrameDecompressor()  # type: ignore[no-any-return]
        if self._name == "zstd":
            return zstd.ZstdDecompressor()
        return zlib.decompressobj(_GZIP_WINDOW if self._name == "gzip" else _ZLIB_WINDOW)


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._head: bytes = self._frame.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.compress(data))

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.flush())
