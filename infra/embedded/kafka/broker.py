"""The broker: one folder, one port, one event loop."""

import asyncio
import fcntl
import os
import time
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import structlog

from infra.embedded.kafka.cluster_api import ClusterApi
from infra.embedded.kafka.config import BrokerConfig
from infra.embedded.kafka.connection import Connection
from infra.embedded.kafka.dispatch import Dispatcher
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.groups_api import GroupsApi
from infra.embedded.kafka.offsets_api import OffsetsApi
from infra.embedded.kafka.state import BrokerState
from infra.embedded.kafka.topics import TopicStore
from infra.embedded.kafka.topics_api import TopicsApi
from infra.errors import MisconfiguredInfra

log = structlog.get_logger(__name__)

LOCK_FILE = "broker.lock"
BACKLOG = 512


class KafkaBroker:
    """
    Serve the Kafka protocol from an append-only log on disk.

    Delivery: an acknowledged record is in its file and survives kill -9; it survives the death of
    the machine once fsynced, at most `fsync_ms` plus the device's own time later, and on `stop`.
    Idempotent producers append exactly once over any number of retries and restarts.
    Order: per partition, as appended.

    Parameters
    ----------
    config : BrokerConfig
        Where and how; the folder is locked from `start` to `stop`.
    """

    def __init__(self, config: BrokerConfig) -> None:
        self._config = config
        self._counters: Counter[str] = Counter()
        self._connections: set[Connection] = set()
        self._files = FilePool()
        self._lock: int | None = None
        self._server: asyncio.Server | None = None
        self._flusher: Flusher | None = None
        self._topics: TopicStore | None = None
        self._groups: GroupsApi | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """TCP port listened on; 0 before `start`."""
        return self._port

    @property
    def counters(self) -> Mapping[str, int]:
        """
        Live counts since the start.

        `connections_accepted`, `connections_rejected` (too many), `frames_garbage`,
        `frames_oversized`, `frames_truncated`, `requests_<api key>`, `requests_unsupported`,
        `requests_failed`, `segments_deleted`, `bytes_truncated` (torn tails cut at start).
        """
        return MappingProxyType(self._counters)

    async def start(self) -> None:
        """
        Recover the log and listen.

        Raises
        ------
        MisconfiguredInfra
            Another broker holds the folder, the port is taken, or a file of the broker's own is
            damaged.
        """
        self._acquire_lock()
        try:
            await self._start_locked()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every connection, fsync everything and release the folder; may be repeated."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self._connections):
            connection.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._groups is not None:
            self._groups.close()
            self._groups = None
        if self._topics is not None:
            for partition in self._topics.partitions():
                partition.close(checkpoint=True)
            self._topics = None
        if self._flusher is not None:
            await self._flusher.stop()
            self._flusher = None
        self._files.close_all()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            log.info("kafka_stopped", port=self._port)

    async def _start_locked(self) -> None:
        config = self._config
        self._flusher = Flusher(config.fsync_ms)
        self._flusher.start()
        state = BrokerState(config.data_dir)
        topics = TopicStore(config.data_dir, self._files, self._flusher, config.segment_bytes)
        truncated_bytes = await asyncio.to_thread(topics.open)
        self._counters["bytes_truncated"] += truncated_bytes
        self._topics = topics
        self._groups = groups = GroupsApi(config.data_dir, self._flusher)
        dispatcher = Dispatcher(topics, config.fetch_response_bytes, self._counters)
        dispatcher.register(ClusterApi(config, state, topics).apis())
        dispatcher.register(OffsetsApi(topics).apis())
        dispatcher.register(TopicsApi(config, topics, groups.forget_topic).apis())
        dispatcher.register(groups.apis())
        await self._listen(dispatcher)
        self._keeper = asyncio.create_task(self._keep(topics), name="kafka-retention")
        log.info("kafka_started", port=self._port, topics=len(topics.all()))

    async def _listen(self, dispatcher: Dispatcher) -> None:
        config = self._config
        limits = (config.max_request_bytes, config.max_connections)

        def connection() -> Connection:
            return Connection(dispatcher, self._connections, self._counters, limits)

        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                connection, config.host, config.port, backlog=BACKLOG
            )
        except OSError as error:
            msg = (
                f"cannot listen on {config.host}:{config.port}: {error.strerror}; choose another "
                "port, or 0 for any free one"
            )
            raise MisconfiguredInfra(msg) from error
        self._port = dispatcher.port = int(self._server.sockets[0].getsockname()[1])

    async def _keep(self, topics: TopicStore) -> None:
        while True:
            await asyncio.sleep(self._config.retention_check_ms / 1000)
            await asyncio.to_thread(topics.sweep)
            now_ms = time.time_ns() // 1_000_000
            for topic in topics.all():
                for partition in topic.partitions:
                    try:
                        deleted = partition.apply_retention(topic.bounds, now_ms)
                    except OSError:
                        self._counters["retention_failed"] += 1
                        log.exception("retention_failed", topic=topic.name)
                        continue
                    if deleted:
                        self._counters["segments_deleted"] += deleted
                        log.info("segments_deleted", topic=topic.name, count=deleted)
                # One topic a turn, so that clients are served in between.
                await asyncio.sleep(0)

    def _acquire_lock(self) -> None:
        folder = self._config.data_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            msg = f"cannot use {folder} for the log: {error.strerror}; choose a writable folder"
            raise MisconfiguredInfra(msg) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._lock)
            self._lock = None
            msg = (
                f"{folder} is in use by another broker (process {holder}); stop it or choose "
                "another folder"
            )
            raise MisconfiguredInfra(msg) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
