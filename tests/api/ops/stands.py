"""Stand-ins: a hub that only counts, and connections that can be cut."""

import socket
import socketserver
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit


class CountingHub:
    """What health needs of the hub."""

    def __init__(self) -> None:
        self.is_ready = True
        self.tail_lag = 0
        self.read = 0
        self.published: list[tuple[str, bytes]] = []

    def topics(self) -> dict[str, Any]:
        return {"options.tape": SimpleNamespace(next_offset=self.read, lag=self.tail_lag)}

    def publish(self, channel: str, payload: bytes) -> None:
        self.published.append((channel, payload))


class Cut:
    """
    A connection to a service that a test may cut and mend, at an address that stays.

    Cut, what is connected is reset and nothing new is let in, as when the service's process died.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "//" in url else f"//{url}")
        self._target = (parts.hostname or "", parts.port or 0)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server: socketserver.ThreadingTCPServer | None = None
        self._port = 0
        self.mend()
        self.url = url.replace(f":{parts.port}", f":{self._port}")

    def mend(self) -> None:
        """Let connections through."""
        through = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                through._carry(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self) -> None:
        """Reset what is connected and let nothing in."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        with self._lock:
            sockets, self._open = self._open, set()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), socket.create_connection(self._target) as service:
            with self._lock:
                self._open |= {client, service}
            back = threading.Thread(target=_pump, args=(service, client), daemon=True)
            back.start()
            _pump(client, service)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
