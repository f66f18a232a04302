"""The four services in one process: the broker's loop in the main thread, the rest beside it."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Final

import orjson
import structlog

from infra.embedded.clickhouse.app import create_app as clickhouse_app
from infra.embedded.clickhouse.engine import ClickHouseEngine
from infra.embedded.folder import FolderLock
from infra.embedded.folder import StackAddresses
from infra.embedded.folder import remove_addresses
from infra.embedded.folder import write_addresses
from infra.embedded.http import HttpThread
from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig
from infra.embedded.ports import EmbeddedPorts
from infra.embedded.ports import listen
from infra.embedded.ports import remember
from infra.embedded.redis import EmbeddedRedis
from infra.embedded.registry.app import create_app as registry_app
from infra.embedded.registry.store import RegistryStore

log = structlog.get_logger(__name__)

# A thread that computes holds the interpreter at most this long while the broker waits for it.
_SWITCH_INTERVAL_S: Final = 0.001
_PARENT_POLL_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """
    What one process of embedded services is told.

    Parameters
    ----------
    data_dir : Path
        Folder of everything they keep.
    host : str
        Address to listen on.
    ports : EmbeddedPorts
        Wanted ports.
    fsync_ms : int
        Longest time from a written Kafka batch to its fsync, 1 to 60000.
    parent_pid : int | None
        Stop when this process is no longer the parent; None runs on.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    ports: EmbeddedPorts = field(default_factory=EmbeddedPorts)
    fsync_ms: int = 100
    parent_pid: int | None = None


class StackServer:
    """
    Run the four services on one folder until told to stop.

    The broker has the main thread's event loop to itself. The HTTP services share a second loop,
    and hand queries, inserts and whatever waits for a disk to worker threads; the engine computes
    outside the interpreter lock.

    Raises
    ------
    MisconfiguredInfra
        The folder is in use, a port is taken, or a stored file is damaged.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Start, publish the addresses, wait for SIGTERM, SIGINT or the parent's end, stop."""
        config = self._config
        lock = FolderLock(config.data_dir)
        try:
            remove_addresses(config.data_dir)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stopping.set)
            sys.setswitchinterval(_SWITCH_INTERVAL_S)
            async with contextlib.AsyncExitStack() as services:
                await self._start(services)
                await self._wait()
                remove_addresses(config.data_dir)
                log.info("embedded_stopping", data=str(config.data_dir))
        finally:
            lock.release()

    async def _start(self, services: contextlib.AsyncExitStack) -> None:
        config = self._config
        data, host = config.data_dir, config.host
        listeners = listen(host, config.ports, data)
        wanted = {name: taken.getsockname()[1] for name, taken in listeners.items()}
        http = HttpThread()
        engine = ClickHouseEngine(data / "clickhouse")
        opening = asyncio.create_task(asyncio.to_thread(engine.open))
        services.push_async_callback(asyncio.to_thread, engine.close)

        store = RegistryStore(data / "registry" / "schemas.jsonl")
        services.callback(store.close)

        # These two open their ports themselves; the sockets only kept others away until here.
        listeners["redis"].close()
        redis = EmbeddedRedis(data / "redis", host, wanted["redis"])
        services.push_async_callback(asyncio.to_thread, redis.stop)
        await asyncio.to_thread(redis.start)
        await opening

        listeners["kafka"].close()
        broker = KafkaBroker(
            BrokerConfig(
                data_dir=data / "kafka",
                host=host,
                port=wanted["kafka"],
                fsync_ms=config.fsync_ms,
            )
        )
        await broker.start()
        services.push_async_callback(broker.stop)

        http.add(registry_app(store), listeners["registry"], host)
        http.add(clickhouse_app(engine), listeners["clickhouse"], host)
        services.push_async_callback(asyncio.to_thread, http.stop)
        await asyncio.to_thread(http.start)
        ports = EmbeddedPorts(broker.port, wanted["registry"], wanted["clickhouse"], redis.port)
        self._publish(ports, redis.kind)

    def _publish(self, ports: EmbeddedPorts, redis_kind: str) -> None:
        config = self._config
        host = f"[{config.host}]" if ":" in config.host else config.host
        addresses = StackAddresses(
            kafka=f"{host}:{ports.kafka}",
            registry=f"http://{host}:{ports.registry}",
            clickhouse=f"http://{host}:{ports.clickhouse}",
            redis=f"redis://{host}:{ports.redis}/0",
        )
        remember(config.data_dir, ports)
        content = write_addresses(config.data_dir, os.getpid(), addresses, redis_kind)
        sys.stdout.write(orjson.dumps(content).decode() + "\n")
        sys.stdout.flush()
        log.info("embedded_ready", **content)

    async def _wait(self) -> None:
        parent = self._config.parent_pid
        while not self._stopping.is_set():
            if parent is not None and os.getppid() != parent:
                log.warning("embedded_parent_gone", parent_pid=parent)
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _PARENT_POLL_S)
