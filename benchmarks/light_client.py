"""A socket client that costs a measured machine as little as Python allows.

It reads what a server sends (RFC 6455: frames unmasked, whole messages) and answers pings; it does
no more than a load figure needs. What a client should check is in `benchmarks.gateway_client`.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final
from typing import cast
from urllib.parse import urlsplit

HEAD_END: Final = b"\r\n\r\n"
TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_SHORT: Final = struct.Struct(">H")
_LONG: Final = struct.Struct(">Q")


class LightClient(asyncio.Protocol):
    """
    One connection.

    Parameters
    ----------
    take : callable
        Called with the payload of every message, in the order they came.

    Attributes
    ----------
    opened : Future
        Done when the server has agreed; fails with what it said instead.
    closed : Future
        Done when the connection is gone.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._take = take
        self._received = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before it was opened"))
        self.closed.set_result(None)

    def ask(self, url: str, protocol: str) -> None:
        """Ask for the upgrade of `ws://host:port/path`."""
        at = urlsplit(url)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {at.path} HTTP/1.1",
            f"Host: {at.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {protocol}",
        )
        self._transport.write("\r\n".join(lines).encode() + HEAD_END)

    def say(self, text: bytes, kind: int = TEXT) -> None:
        """Send a message of fewer than 65,536 bytes; what a client sends is masked."""
        size = len(text)
        head = bytes([0x80 | kind])
        head += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + _SHORT.pack(size)
        # A mask of zeros is one.
        self._transport.write(head + bytes(4) + text)

    def close(self) -> None:
        """Leave."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes as they come."""
        received = self._received
        received += data
        if not self.opened.done() and not self._agreed():
            return
        at = 0
        while (end := self._end_of_frame(at)) > 0:
            start, kind = end - self._size, received[at] & 0x0F
            payload = bytes(received[start:end])
            if kind == PING:
                self.say(payload, PONG)
            elif kind != CLOSE:
                self._take(payload)
            at = end
        del received[:at]

    def _agreed(self) -> bool:
        head, found, _ = self._received.partition(HEAD_END)
        if not found:
            return False
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
            self._transport.abort()
            return False
        del self._received[: len(head) + len(HEAD_END)]
        self.opened.set_result(None)
        return True

    def _end_of_frame(self, at: int) -> int:
        """Return where the frame at a place ends, 0 while it is not all there; note its size."""
        received = self._received
        body = at + 2
        if len(received) < body:
            return 0
        size = received[at + 1]
        if size >= 126:
            form = _SHORT if size == 126 else _LONG
            body += form.size
            if len(received) < body:
                return 0
            (size,) = form.unpack_from(received, at + 2)
        self._size = size
        return body + size if len(received) >= body + size else 0


async def connect_light(url: str, protocol: str, take: Callable[[bytes], None]) -> LightClient:
    """Return an open connection; raises ConnectionError with what the server said instead."""
    at = urlsplit(url)
    loop = asyncio.get_running_loop()
    host, port = at.hostname or "", at.port or 80
    _, client = await loop.create_connection(lambda: LightClient(take), host, port)
    client.ask(url, protocol)
    await client.opened
    return client
