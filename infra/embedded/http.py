"""HTTP applications on a thread of their own, away from the broker's event loop."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from typing import Final
from urllib.parse import urlsplit

import structlog
import uvicorn
from starlette.types import ASGIApp
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from infra.embedded.ports import is_loopback
from infra.errors import InfraError

log = structlog.get_logger(__name__)

_START_TIMEOUT_S: Final = 10.0
_GRACE_S: Final = 2
_KEEP_ALIVE_S: Final = 60


class LoopbackGuard:
    """
    Refuse requests that a web page made rather than a client.

    A browser may be talked into posting to a loopback port. Such a request carries a foreign
    `Origin`, or, after DNS rebinding, a host name that is not an address. Clients send neither.

    Parameters
    ----------
    app : ASGIApp
        The application behind the guard.
    host : str
        The address the server was bound to. Where it is not loopback, any host name is a client's.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host.lower()
        self._is_open = not is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 with the reason."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        host = _host_name(f"//{headers.get(b'host', '')}")
        origin = _host_name(headers.get(b"origin", ""))
        if (self._is_open or self._is_known(host)) and self._is_known(origin, only_loopback=True):
            await self._app(scope, receive, send)
            return
        text = f"refused: host {host!r}, origin {origin!r}; use the address {self._host}\n"
        start = {
            "type": "http.response.start",
            "status": 403,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": text.encode()})

    def _is_known(self, host: str | None, *, only_loopback: bool = False) -> bool:
        if host is None or host in {"localhost", self._host, socket.gethostname().lower()}:
            return True
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(host)
            return address.is_loopback or not only_loopback
        return False


def _host_name(url: str) -> str | None:
    if url in {"", "//"}:
        return None
    with contextlib.suppress(ValueError):
        return (urlsplit(url).hostname or url).lower()
    return url


class HttpThread:
    """
    Serve several ASGI applications from one thread with its own event loop.

    Parameters
    ----------
    name : str
        The thread's name.
    """

    def __init__(self, name: str = "embedded-http") -> None:
        self._name = name
        self._servers: list[tuple[uvicorn.Server, socket.socket]] = []
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def add(self, app: ASGIApp, listener: socket.socket, host: str) -> None:
        """Serve `app` on a bound socket; call before `start`."""
        config = uvicorn.Config(
            LoopbackGuard(app, host),
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            loop="asyncio",
            ws="none",
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._servers.append((uvicorn.Server(config), listener))

    def start(self) -> None:
        """
        Start serving; returns once every application accepts connections.

        Raises
        ------
        InfraError
            When a server ended instead of starting.
        """
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name=self._name)
        self._thread.daemon = True
        self._thread.start()
        if not ready.wait(_START_TIMEOUT_S) or self._failure is not None:
            msg = f"the HTTP services did not start: {self._failure or 'no answer'}"
            raise InfraError(msg)

    def stop(self) -> None:
        """Finish running requests for at most two seconds, then end the thread."""
        for server, _ in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(_GRACE_S + 2.0)
            self._thread = None

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except Exception as error:
            self._failure = error
            log.exception("http_thread_failed")
            raise
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, listener in self._servers
        ]
        while not all(server.started for server, _ in self._servers):
            if any(task.done() for task in tasks):
                break
            await asyncio.sleep(0.005)
        ready.set()
        await asyncio.gather(*tasks)
