"""The answer to a query: held back while short, streamed when long, compressed when asked."""

import secrets
import tempfile
from typing import IO
from typing import Final

import orjson

from infra.embedded.clickhouse.compression import Compressor
from infra.embedded.clickhouse.compression import compressor
from infra.embedded.clickhouse.errors import ClickHouseError
from infra.embedded.clickhouse.exchange import PIECE_BYTES
from infra.embedded.clickhouse.exchange import Exchange

SUMMARY_HEADER: Final = "X-ClickHouse-Summary"
_SPOOL_BYTES: Final = 64 << 20
_EXCEPTION_MARK: Final = "__exception__"


class Summary:
    """What `X-ClickHouse-Summary` reports; counts the engine does not give are 0."""

    def __init__(self) -> None:
        self.read_rows = 0
        self.read_bytes = 0
        self.written_rows = 0
        self.written_bytes = 0
        self.result_rows = 0
        self.result_bytes = 0
        self.elapsed_ns = 0

    def header(self) -> str:
        """Return the header's text: JSON, every number as a string."""
        values = {
            "read_rows": self.read_rows,
            "read_bytes": self.read_bytes,
            "written_rows": self.written_rows,
            "written_bytes": self.written_bytes,
            "total_rows_to_read": self.read_rows,
            "result_rows": self.result_rows,
            "result_bytes": self.result_bytes,
            "elapsed_ns": self.elapsed_ns,
        }
        return orjson.dumps({name: str(value) for name, value in values.items()}).decode()


class Output:
    """
    Collect an answer until it is complete or too long, then send it.

    Up to one piece is held back, so that the headers of a short answer carry the final counts and
    an early error is an HTTP error. With `waits_for_end` everything is, over 64 MiB on disk.

    Parameters
    ----------
    exchange : Exchange
        Where to send.
    headers : dict of str to str
        Headers of the answer.
    encoding : str | None
        Compression.
    waits_for_end : bool
        Hold back the whole answer.
    """

    def __init__(
        self,
        exchange: Exchange,
        headers: dict[str, str],
        *,
        encoding: str | None,
        waits_for_end: bool,
    ) -> None:
        self._exchange = exchange
        self._headers = headers
        self._compressor: Compressor | None = None
        if encoding is not None:
            self._compressor = compressor(encoding)
            self._headers["Content-Encoding"] = encoding
        self._held: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - closed in `close`
        self._held_bytes = 0
        self._waits_for_end = waits_for_end
        self._tag = secrets.token_hex(8)
        self.summary = Summary()

    def write(self, data: bytes) -> None:
        """Take bytes of the answer."""
        self.summary.result_bytes += len(data)
        encoded = data if self._compressor is None else self._compressor.compress(data)
        if self._exchange.is_started:
            self._send(encoded)
            return
        self._held.write(encoded)
        self._held_bytes += len(encoded)
        if self._held_bytes >= PIECE_BYTES and not self._waits_for_end:
            self._headers["X-ClickHouse-Exception-Tag"] = self._tag
            self._start()
            self._send_held()

    def finish(self) -> None:
        """Send what is held back and end the answer."""
        tail = b"" if self._compressor is None else self._compressor.flush()
        if not self._exchange.is_started:
            self._held.write(tail)
            self._held_bytes += len(tail)
            self._headers["Content-Length"] = str(self._held_bytes)
            self._start()
            self._send_held()
            tail = b""
        self._exchange.write(tail, is_last=True)

    def fail(self, error: ClickHouseError, version: str) -> None:
        """
        Report an error inside an answer that has begun.

        The text goes between two marks that carry the tag of the answer's headers, and the
        connection ends without the last chunk, as ClickHouse does, so that no client takes the
        answer for complete.
        """
        text = error.body(version)
        block = (
            f"\r\n{_EXCEPTION_MARK}\r\n{self._tag}\r\n{text}{len(text.encode())} {self._tag}\r\n"
            f"{_EXCEPTION_MARK}\r\n"
        ).encode()
        if self._compressor is not None:
            block = self._compressor.compress(block) + self._compressor.flush()
        self._exchange.write(block)

    def close(self) -> None:
        """Free what was held back."""
        self._held.close()

    def _start(self) -> None:
        self._headers[SUMMARY_HEADER] = self.summary.header()
        self._exchange.start(200, self._headers)

    def _send_held(self) -> None:
        self._held.seek(0)
        while piece := self._held.read(PIECE_BYTES):
            self._send(piece)

    def _send(self, data: bytes) -> None:
        if data:
            self._exchange.write(data)
