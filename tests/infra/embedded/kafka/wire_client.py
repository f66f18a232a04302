"""A bare client for frames no Kafka library would send."""

import socket
import struct
from types import TracebackType
from typing import Self

ANSWER_TIMEOUT_S = 10.0


class WireClient:
    """One connection; `ask` returns the answer after its correlation id, None when closed."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_S)
        self._correlation_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def request(self, api_key: int, version: int, body: bytes, *, flexible: bool = False) -> int:
        """Send a request with the client id "wire" and return its correlation id."""
        self._correlation_id += 1
        frame = struct.pack(">hhih", api_key, version, self._correlation_id, 4) + b"wire"
        frame += (b"\x00" if flexible else b"") + body
        self.send(struct.pack(">i", len(frame)) + frame)
        return self._correlation_id

    def ask(
        self, api_key: int, version: int, body: bytes, *, flexible: bool = False
    ) -> bytes | None:
        correlation_id = self.request(api_key, version, body, flexible=flexible)
        answer = self.receive()
        if answer is None:
            return None
        assert struct.unpack_from(">i", answer, 0)[0] == correlation_id
        return answer[4:]

    def receive(self) -> bytes | None:
        """Return the next frame, None when the broker closed the connection."""
        prefix = self._exactly(4)
        return None if prefix is None else self._exactly(struct.unpack(">i", prefix)[0])

    def is_closed_by_broker(self) -> bool:
        return self.receive() is None

    def _exactly(self, length: int) -> bytes | None:
        received = b""
        while len(received) < length:
            try:
                piece = self._socket.recv(length - len(received))
            except ConnectionError:
                return None
            if not piece:
                return None
            received += piece
        return received
