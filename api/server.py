"""Serve the gateway: one process, one loop, an end that loses nothing that was promised."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
import uvicorn
import uvloop

from api.app import create_app
from api.assemble import assemble
from api.services import Services
from api.tasks import cancel
from api.warm import settle
from infra.embedded.ports import bind
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings
from infra.settings import Settings

log = structlog.get_logger(__name__)

GRACE_S: Final = 5
POLL_S: Final = 0.01
KEEP_ALIVE_S: Final = 75
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Told = Callable[[str], None]


def serve(
    settings: Settings, addresses: StackAddresses, data_dir: Path, told: Told | None = None
) -> None:
    """
    Serve until SIGTERM or SIGINT, then say so to the sockets, hand out what waits, and close them.

    Parameters
    ----------
    settings : Settings
        `API_PORT` 0 takes a free port.
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder of the secret key.
    told : callable, optional
        Gets the gateway's URL once it answers.

    Raises
    ------
    MisconfiguredInfra
        The port is taken, or starting would let in whom it should not.
    """
    with listening(settings.gateway) as listener:
        uvloop.run(_serve(settings, addresses, data_dir, listener, told))


async def _serve(
    settings: Settings,
    addresses: StackAddresses,
    data_dir: Path,
    listener: socket.socket,
    told: Told | None,
) -> None:
    services = assemble(settings, addresses, data_dir)
    app = create_app(settings, services=services)
    url = url_of(settings.gateway, listener)
    server = GatewayServer(config_of(app, settings.gateway), services, lambda: (told or _no)(url))
    # Outside uvicorn's own life span, so that what forbids a start is raised, not only logged.
    async with app.router.lifespan_context(app):
        settling = asyncio.create_task(settle(services.health))
        try:
            await server.serve(sockets=[listener])
        finally:
            await cancel(settling)


def config_of(app: object, settings: GatewaySettings) -> uvicorn.Config:
    """Return how uvicorn is to serve the application."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type] # any ASGI application
        host=settings.api_host,
        log_config=None,
        access_log=False,
        lifespan="off",
        loop="none",
        ws="websockets-sansio",
        ws_max_size=settings.ws_max_message_bytes,
        # Frames are shared by all clients of a group; compressing them would be work for each.
        ws_per_message_deflate=False,
        server_header=False,
        # Who may set X-Forwarded-* is decided where origins and addresses are checked.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=settings.api_tls_cert or None,
        ssl_keyfile=settings.api_tls_key or None,
    )


class GatewayServer(uvicorn.Server):
    """
    uvicorn's server, with an end in order.

    Parameters
    ----------
    config : uvicorn.Config
        See `config_of`.
    services : Services
        What is drained.
    told : callable
        Called once it answers.
    """

    def __init__(
        self, config: uvicorn.Config, services: Services, told: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._services = services
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, end the sockets in order, then everything else."""
        self._services.health.is_draining = True
        for each in self.servers:
            each.close()
        log.info("gateway_draining")
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._services.hub.drain()
                # Closed by us with 1001, they are gone before uvicorn would close them with 1012.
                while self._services.hub.audience.sockets():  # noqa: ASYNC110 - they leave by themselves
                    await asyncio.sleep(POLL_S)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the server, and be done with that."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        # Asked again, it does not wait for connections that do not end.
        self.force_exit = self.should_exit
        self.should_exit = True


@contextmanager
def listening(settings: GatewaySettings) -> Iterator[socket.socket]:
    """
    Hold the gateway's port.

    Raises
    ------
    MisconfiguredInfra
        It is taken, or the address is not this machine's.
    """
    host, port = settings.api_host, settings.api_port
    try:
        listener = bind(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = (
            f"cannot listen on {host}:{port} ({reason}); stop what uses the port or choose another "
            "with --port or API_PORT"
        )
        raise MisconfiguredInfra(msg) from error
    with listener:
        yield listener


def url_of(settings: GatewaySettings, listener: socket.socket) -> str:
    """Return where a browser finds the gateway."""
    scheme = "https" if settings.api_tls_cert else "http"
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}"


def _no(url: str) -> None:
    del url
