"""One client connection: frames out of bytes, answers in the order of the requests."""

import asyncio
import struct
from collections import Counter
from collections.abc import Awaitable
from collections.abc import Sequence
from typing import Final
from typing import Protocol

import structlog

from infra.embedded.kafka.codec import GarbageFrame

log = structlog.get_logger(__name__)

BASE_BUFFER_BYTES: Final = 256 * 1024
KEPT_BUFFER_BYTES: Final = 4 << 20
PREFIX_BYTES: Final = 4
MIN_FRAME_BYTES: Final = 8

_LENGTH: Final = struct.Struct(">i")


class PendingAnswer(Protocol):
    """An answer that comes later, through `Connection.answer`."""

    def cancel(self) -> object:
        """Give up; the client is gone."""


class RequestServer(Protocol):
    """Who answers the frames of a connection."""

    def serve(self, connection: "Connection", frame: memoryview) -> PendingAnswer | None:
        """
        Serve one frame, valid only during the call, and call `answer` once, now or later.

        Returns
        -------
        PendingAnswer | None
            None when the frame is answered already.

        Raises
        ------
        GarbageFrame
            The connection is to be closed.
        """


class Connection(asyncio.BufferedProtocol):
    """
    Receive into one reused buffer and hand out frames as views of it.

    Order: one request at a time, as Kafka does it; the next frame is looked at after the answer.
    A frame that is oversized, cut short or garbage closes this connection and is counted.
    """

    def __init__(
        self,
        server: RequestServer,
        connections: "set[Connection]",
        counters: Counter[str],
        limits: tuple[int, int],
    ) -> None:
        self.client_host = ""
        self.local_host = ""
        self._server = server
        self._connections = connections
        self._counters = counters
        self._max_frame_bytes, self._max_connections = limits
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(BASE_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._pending: PendingAnswer | None = None
        self._is_answered = True
        self._is_serving = False
        self._is_write_paused = False
        self._is_read_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, or close it when there are too many."""
        if not isinstance(transport, asyncio.Transport):
            msg = f"expected a stream transport, got {type(transport).__name__}"
            raise TypeError(msg)
        if len(self._connections) >= self._max_connections:
            self._counters["connections_rejected"] += 1
            transport.abort()
            return
        self._transport = transport
        self._counters["connections_accepted"] += 1
        self._connections.add(self)
        self.client_host = str((transport.get_extra_info("peername") or ("",))[0])
        self.local_host = str((transport.get_extra_info("sockname") or ("",))[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what the client still waited for."""
        self._connections.discard(self)
        if self._transport is not None and self._is_answered and self._end > self._start:
            self._counters["frames_truncated"] += 1
        self._transport = None
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def close(self) -> None:
        """Close at once, without what is still unsent."""
        if self._transport is not None:
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the free part of the buffer."""
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Serve the frames that are complete."""
        self._end += nbytes
        self._serve_frames()

    def pause_writing(self) -> None:
        """Stop serving: the client does not read its answers."""
        self._is_write_paused = True

    def resume_writing(self) -> None:
        """Serve on."""
        self._is_write_paused = False
        self._serve_frames()

    def answer(self, pieces: Sequence[bytes]) -> None:
        """Send the answer of the request being served; no pieces when it has none."""
        self._is_answered = True
        self._pending = None
        if self._transport is None:
            return
        if pieces:
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        self._serve_frames()

    def answer_when_done(self, answer: Awaitable[bytes]) -> PendingAnswer:
        """Answer with what `answer` returns."""
        task = asyncio.ensure_future(answer)
        task.add_done_callback(self._answer_from)
        return task

    def _answer_from(self, task: asyncio.Future[bytes]) -> None:
        if task.cancelled():
            self.close()
            return
        error = task.exception()
        if error is None:
            self.answer((task.result(),))
            return
        self._fail(error)

    def _fail(self, error: BaseException) -> None:
        # The edge of one connection: a defect in a handler must not take the broker down.
        self._counters["requests_failed"] += 1
        log.error("request_failed", client=self.client_host, exc_info=error)
        self.close()

    def _serve_frames(self) -> None:
        if self._is_serving:
            return
        self._is_serving = True
        try:
            self._serve_complete_frames()
        except GarbageFrame as error:
            self._counters["frames_garbage"] += 1
            log.warning("frame_refused", client=self.client_host, why=str(error))
            self.close()
        except Exception as error:
            self._fail(error)
        finally:
            self._is_serving = False

    def _serve_complete_frames(self) -> None:
        while self._transport is not None and self._is_answered and not self._is_write_paused:
            if self._transport.is_closing():
                return
            available = self._end - self._start
            if available < PREFIX_BYTES:
                break
            length = self._frame_length()
            if length is None:
                return
            if available < PREFIX_BYTES + length:
                self._make_room(PREFIX_BYTES + length)
                break
            begin = self._start + PREFIX_BYTES
            self._start = begin + length
            self._is_answered = False
            self._pending = self._server.serve(self, self._view[begin : begin + length])
            if self._is_answered:
                self._pending = None
        self._tidy()

    def _frame_length(self) -> int | None:
        length: int = _LENGTH.unpack_from(self._buffer, self._start)[0]
        if MIN_FRAME_BYTES <= length <= self._max_frame_bytes:
            return length
        kind = "frames_oversized" if length > self._max_frame_bytes else "frames_garbage"
        self._counters[kind] += 1
        log.warning("frame_refused", client=self.client_host, kind=kind, length=length)
        self._start = self._end
        self.close()
        return None

    def _tidy(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
            if len(self._buffer) > KEPT_BUFFER_BYTES:
                self._use(bytearray(BASE_BUFFER_BYTES))
        elif self._end == len(self._buffer):
            # No room left behind the bytes, and the next frame cannot be served yet or is cut.
            self._make_room(min(2 * (self._end - self._start), len(self._buffer)))
        self._pause_or_resume_reading()

    def _pause_or_resume_reading(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        is_full = self._end == len(self._buffer)
        if is_full and not self._is_read_paused:
            self._is_read_paused = True
            self._transport.pause_reading()
        elif not is_full and self._is_read_paused:
            self._is_read_paused = False
            self._transport.resume_reading()

    def _make_room(self, frame_bytes: int) -> None:
        waiting = self._view[self._start : self._end]
        if frame_bytes <= len(self._buffer) - self._start:
            return
        if frame_bytes <= len(self._buffer):
            self._buffer[: len(waiting)] = bytes(waiting)
        else:
            grown = bytearray(frame_bytes)
            grown[: len(waiting)] = waiting
            self._use(grown)
        self._start, self._end = 0, len(waiting)

    def _use(self, buffer: bytearray) -> None:
        self._buffer = buffer
        self._view = memoryview(buffer)
