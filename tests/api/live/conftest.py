"""A log, and gateways of the live side alone on it."""

import asyncio
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import asynccontextmanager
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket

from api.live import socket
from api.live.hub import Hub
from api.security.principal import LOCAL
from api.security.principal import Principal
from connectors.kafka.admin import apply_topics
from connectors.kafka.config import SinkConfig
from connectors.kafka.namespace import in_namespace
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.settings import load_settings
from redpanda.catalog import topic_catalog
from tests.api.live.records import out

SECRET = b"a key of the tests that is long enough"
DEADLINE_S = 60.0


def wait_until(is_so: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline_s, f"not in {DEADLINE_S} s: {what}"
        time.sleep(0.01)


class Welcoming:
    """Security that lets everybody in until told otherwise."""

    secret = SECRET

    def __init__(self) -> None:
        self.is_welcome = True

    async def accept(self, websocket: WebSocket, subprotocol: str | None = None) -> Principal:
        await websocket.accept(subprotocol=subprotocol)
        return LOCAL

    async def check(self, principal: Principal) -> bool:
        assert principal == LOCAL
        return self.is_welcome


class LiveGateway:
    """The hub and its sockets on a server of their own, in a thread."""

    def __init__(self, addresses: StackAddresses, folder: Path, **changes: object) -> None:
        settings = load_settings()
        gateway = settings.gateway.model_copy(update=changes)
        self.hub = Hub(replace(settings, gateway=gateway), addresses, folder)
        self.security = Welcoming()
        self._server: uvicorn.Server
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def start(self, *, ready: bool = True) -> "LiveGateway":
        self._thread.start()
        assert self._started.wait(DEADLINE_S)
        if ready:
            wait_until(lambda: self.hub.is_ready, "the gateway is ready")
        return self

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/live"

    def stop(self) -> None:
        """End without a word to anybody, as a crash would."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(DEADLINE_S)

    def drain(self) -> None:
        asyncio.run_coroutine_threadsafe(self.hub.drain(), self._loop).result(DEADLINE_S)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> Any:  # noqa: ANN401 - an async iterator
            await self.hub.start()
            yield
            await self.hub.stop()

        app = FastAPI(lifespan=lifespan)
        app.include_router(socket.router)
        app.state.services = SimpleNamespace(hub=self.hub, security=self.security)
        config = uvicorn.Config(
            app,
            port=0,
            log_level="error",
            loop="none",
            ws="websockets-sansio",
            ws_max_size=self.hub.settings.ws_max_message_bytes,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        self._server = server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        self._started.set()
        await serving


class Feeder:
    """Writes records as the flows do."""

    def __init__(self, addresses: StackAddresses) -> None:
        self._registry = SchemaRegistry(addresses.registry)
        self._wire = AvroWire(self._registry)
        self._producer = BatchProducer(SinkConfig(brokers=addresses.kafka))

    def write(self, topic: str, *records: Any, namespace: str = "") -> None:  # noqa: ANN401 - the topic decides
        made = out(topic, records, self._wire.encoder(topic))
        named = in_namespace(namespace, topic)
        self._producer.write([msgspec.structs.replace(each, topic=named) for each in made])

    def close(self) -> None:
        self._registry.close()


@contextmanager
def with_topics(folder: Path) -> Iterator[EmbeddedStack]:
    """Run services on a folder with all topics."""
    with EmbeddedStack(folder) as embedded:
        apply_topics(embedded.addresses.kafka, topic_catalog())
        yield embedded


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackAddresses]:
    """Yield a log with all topics, shared by the tests of this folder."""
    with with_topics(tmp_path_factory.mktemp("live")) as embedded:
        yield embedded.addresses


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """Yield a log of the test's own, started, with all topics."""
    with with_topics(tmp_path / "stack") as embedded:
        yield embedded


@pytest.fixture
def gateways(tmp_path: Path) -> Iterator[Callable[..., LiveGateway]]:
    """Return a maker of gateways; all are stopped."""
    with ExitStack() as made:

        def make(addresses: StackAddresses, **changes: object) -> LiveGateway:
            gateway = LiveGateway(addresses, tmp_path, **changes)
            made.callback(gateway.stop)
            return gateway

        yield make


@pytest.fixture
def feeder(stack: StackAddresses) -> Iterator[Feeder]:
    made = Feeder(stack)
    yield made
    made.close()


@pytest.fixture
def symbol(request: pytest.FixtureRequest) -> str:
    """Return a symbol no other test uses."""
    return f"T{abs(hash(request.node.nodeid)) % 10**9}"
