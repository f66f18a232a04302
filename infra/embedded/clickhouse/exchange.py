"""One HTTP exchange, driven from a worker thread."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any
from typing import Final
from typing import TypeVar

from starlette.types import Receive
from starlette.types import Send

PIECE_BYTES: Final = 1 << 20
_LOOP_CHECK_S: Final = 1.0

_T = TypeVar("_T")


class ClientGoneError(Exception):
    """The client closed the connection; nobody waits for the answer."""


class Exchange:
    """
    Read a request's body and write its answer from a thread that may block.

    Back-pressure: `write` returns when the connection has taken the bytes, `read` takes no more
    from the connection than one piece, so memory is bounded by pieces in both directions.

    Parameters
    ----------
    receive, send : callable
        The application's channels.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []
        self.is_body_read = False
        self.is_started = False
        self.is_gone = threading.Event()
        self._is_answered = False

    async def prefetch(self) -> bytes:
        """Wait for the first piece of the body and return it; `read` returns it again."""
        piece = await self._next_piece()
        self._pieces.append(piece)
        return piece

    async def read_all(self, limit_bytes: int) -> bytes:
        """Take the whole body, or what is longer than the limit, away from `read`."""
        found = bytearray(b"".join(self._pieces))
        self._pieces.clear()
        while not self.is_body_read and len(found) <= limit_bytes:
            found += await self._next_piece()
        return bytes(found)

    async def is_abandoned(self) -> bool:
        """
        Wait for the end of the exchange; the body must have been read.

        Returns
        -------
        bool
            True when the client closed the connection before the answer was complete.
        """
        message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive()
        if self._is_answered:
            return False
        self.is_gone.set()
        return True

    def read(self) -> bytes:
        """
        Return the next piece of the body, empty at its end; on a worker thread.

        Raises
        ------
        ClientGoneError
            When the client closed the connection inside the body.
        """
        if self._pieces:
            return self._pieces.pop()
        if self.is_body_read:
            return b""
        return self._on_loop(self._next_piece())

    def start(self, status: int, headers: dict[str, str]) -> None:
        """Send status and headers; on a worker thread."""
        listed = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        message = {"type": "http.response.start", "status": status, "headers": listed}
        self.is_started = True
        self._on_loop(self._send(message))

    def write(self, data: bytes, *, is_last: bool = False) -> None:
        """
        Send bytes of the answer; on a worker thread.

        Raises
        ------
        ClientGoneError
            When the client closed the connection.
        """
        if self.is_gone.is_set():
            raise ClientGoneError
        message = {"type": "http.response.body", "body": data, "more_body": not is_last}
        self._is_answered = self._is_answered or is_last
        self._on_loop(self._send(message))

    async def _next_piece(self) -> bytes:
        found = bytearray()
        while not self.is_body_read and len(found) < PIECE_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.is_gone.set()
                raise ClientGoneError
            found += message.get("body", b"")
            self.is_body_read = not message.get("more_body", False)
        return bytes(found)

    def _on_loop(self, work: Coroutine[Any, Any, _T] | Any) -> _T:  # noqa: ANN401 - ASGI send
        try:
            future: concurrent.futures.Future[_T]
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError as error:
            work.close()
            raise ClientGoneError from error
        while True:
            try:
                return future.result(_LOOP_CHECK_S)
            except concurrent.futures.CancelledError as error:
                raise ClientGoneError from error
            except TimeoutError as error:
                # A loop that has ended never runs what was handed to it last.
                if self._loop.is_closed():
                    raise ClientGoneError from error
