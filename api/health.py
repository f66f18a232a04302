"""How everything the gateway depends on is; asked in the background, told by `/health`."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from typing import Literal
from typing import TypeVar

import httpx
import msgspec
import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.assets import TERMINAL
from api.checks import ANSWER_S
from api.checks import NS_PER_S
from api.checks import SLOW_MS
from api.checks import STORED
from api.checks import CheckStatus
from api.checks import Found
from api.checks import check_assets
from api.checks import check_clickhouse
from api.checks import check_disk
from api.checks import check_redis
from api.checks import check_registry
from api.checks import feeds_found
from api.checks import persist_found
from api.checks import stored_watermark
from api.flow_watch import WATCHED
from api.flow_watch import FlowLag
from api.flow_watch import FlowWatch
from api.flow_watch import flow_found
from api.live.hub import Hub
from api.log_probe import LogProbe
from api.metrics import LOOP_LAG_SECONDS
from api.tasks import cancel
from connectors.errors import ConnectorError
from infra.embedded.stack import StackAddresses
from infra.pipeline.catalog import PERSIST
from infra.settings import Settings
from redpanda.catalog import topic_catalog

log = structlog.get_logger(__name__)

Status = Literal["starting", "ok", "degraded", "down"]
T = TypeVar("T")

INTERVAL_S: Final = 5.0
LAG_INTERVAL_S: Final = 0.5
READY_LAG: Final = 1000
RAW: Final = frozenset(name for name, each in topic_catalog().items() if each.kind == "raw")
# Without these nothing new, or nothing old, is answered; what else is down takes only a part away.
ESSENTIAL: Final = ("kafka", "clickhouse", "flow ")
_FAILURES: Final = (ConnectorError, httpx.HTTPError, RedisError, OSError, TimeoutError)


class Check(msgspec.Struct, frozen=True):
    """
    How one dependency is.

    Parameters
    ----------
    status : {"ok", "quiet", "degraded", "down", "unknown"}
        `quiet`: nothing comes, and nothing says that something should. `unknown`: what would tell
        is down itself.
    latency_ms : float | None
        How long the look took; null where it is part of another.
    since : int
        Wall time since which it is so, ns UTC.
    detail : str
        What was found, for a person.
    """

    status: CheckStatus
    latency_ms: float | None
    since: int
    detail: str


class HealthReport(msgspec.Struct, frozen=True):
    """
    All checks of one round.

    Parameters
    ----------
    status : {"starting", "ok", "degraded", "down"}
        Of the whole; `starting` before the first round.
    checked_ts : int
        Wall time of the round, ns UTC; 0 before the first.
    dependencies : mapping
        Checks by name.
    flows : mapping
        How far each flow is behind; as of the last round in which the log answered.
    """

    status: Status = "starting"
    checked_ts: int = 0
    dependencies: Mapping[str, Check] = msgspec.field(default_factory=dict)
    flows: Mapping[str, FlowLag] = msgspec.field(default_factory=dict)


class Health:
    """
    Look after the dependencies every five seconds; whoever asks reads what was found last.

    Parameters
    ----------
    settings : Settings
        Name of the database.
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder whose disk is looked at.
    hub : Hub
        What the gateway has read, and where each round is told.
    redis : Redis
        Not closed here.
    """

    def __init__(
        self,
        settings: Settings,
        addresses: StackAddresses,
        data_dir: Path,
        hub: Hub,
        redis: "Redis",
    ) -> None:
        self._addresses = addresses
        self._database = settings.services.clickhouse_database
        self._data_dir = data_dir
        self._hub = hub
        self._redis = redis
        self._flow_watch = FlowWatch()
        self._client = httpx.AsyncClient(trust_env=False, timeout=ANSWER_S)
        # A client library that waits for a broker must not take a thread from requests.
        self._threads = ThreadPoolExecutor(1, "health")
        self._tasks: list[asyncio.Task[None]] = []
        self._tail_before = 0
        self._behind: dict[str, int] = {}
        self.probe = LogProbe(addresses.kafka, tuple(topic_catalog()))
        # Records each topic has had, as of the last round in which the log answered.
        self.ends: Mapping[str, int] = {}
        # Records a second between the last two rounds; empty before the second.
        self.rates: Mapping[str, float] = {}
        self._ends_s = 0.0
        self.report = HealthReport()
        self.is_draining = False

    async def start(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(self._look_after(), name="health"),
            asyncio.create_task(self._watch_loop(), name="loop-lag"),
        ]

    async def stop(self) -> None:
        """End."""
        await cancel(*self._tasks)
        self._tasks = []
        await self._client.aclose()
        await self._in_thread(self.probe.close)
        self._threads.shutdown()

    def snapshot(self) -> HealthReport:
        """Return what the last round found."""
        return self.report

    @staticmethod
    def now_ns() -> int:
        """Return the wall time, ns UTC."""
        return time.time_ns()

    @staticmethod
    def now_s() -> float:
        """Return a clock that only goes forward, s."""
        return time.monotonic()

    def feeds(self) -> list[str]:
        """Return the sources that have published raw records."""
        return sorted({source for topic, source in self.probe.sources if topic in RAW})

    def unready(self) -> Literal["", "starting", "draining"]:
        """Return why the gateway should get no requests, `""` when it should."""
        if self.is_draining:
            return "draining"
        return "" if self._hub.is_ready and self._hub.tail_lag < READY_LAG else "starting"

    async def _look_after(self) -> None:
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(0.1, INTERVAL_S - (time.monotonic() - began)))

    async def _watch_loop(self) -> None:
        while True:
            due = time.monotonic() + LAG_INTERVAL_S
            await asyncio.sleep(LAG_INTERVAL_S)
            LOOP_LAG_SECONDS.set(max(0.0, time.monotonic() - due))

    async def look(self) -> None:
        """Look at everything once."""
        # The log first: what the others are compared with is in it.
        kafka = await _timed("kafka", self._kafka)
        rounds = {
            "registry": self._registry,
            "clickhouse": lambda: check_clickhouse(self._client, self._addresses.clickhouse),
            "redis": lambda: check_redis(self._redis),
        }
        checked = await asyncio.gather(*(_timed(name, each) for name, each in rounds.items()))
        found: dict[str, tuple[Found, float | None]] = {
            "kafka": kafka,
            **dict(zip(rounds, checked, strict=True)),
        }
        store, took_ms = found["clickhouse"]
        if store.status == "ok":
            found["clickhouse"] = await self._persisted(), took_ms
        found["disk"] = check_disk(self._data_dir), None
        found["terminal"] = check_assets(TERMINAL), None
        now_ns = time.time_ns()
        flows = self.report.flows
        if found["kafka"][0].status == "down":
            unknown = Found("unknown", "the log tells, and it is down")
            found.update({f"flow {each.flow.name}": (unknown, None) for each in WATCHED})
        else:
            flows = self._flow_watch.look(
                self.ends, self.probe.newest, self._behind, time.monotonic()
            )
            found.update({f"flow {name}": (flow_found(lag), None) for name, lag in flows.items()})
            raw = {key: each for key, each in self.probe.sources.items() if key[0] in RAW}
            feeds = feeds_found(raw, now_ns)
            found.update({f"feed {name}": (each, None) for name, each in feeds.items()})
        self._tell(found, flows, now_ns)

    def _tell(
        self,
        found: Mapping[str, tuple[Found, float | None]],
        flows: Mapping[str, FlowLag],
        now_ns: int,
    ) -> None:
        before = self.report.dependencies
        checks = {}
        for name, (each, latency_ms) in found.items():
            known = before.get(name)
            is_same = known is not None and known.status == each.status
            since = known.since if known is not None and is_same else now_ns
            checks[name] = Check(each.status, latency_ms, since, each.detail)
            if not is_same and each.status in {"degraded", "down"}:
                log.warning("dependency", name=name, status=each.status, detail=each.detail)
            elif known is not None and not is_same:
                log.info("dependency", name=name, status=each.status, detail=each.detail)
        self.report = HealthReport(overall(checks), now_ns, checks, flows)
        states = {name: each.status for name, each in checks.items()}
        self._hub.publish("health", orjson.dumps({"status": self.report.status, **states}))

    async def _kafka(self) -> Found:
        # Both at once: the log is asked once a round, and by one thread.
        ends, self._behind = await self._in_thread(self._read_log)
        self._measure(ends, time.monotonic())
        lag = self._hub.tail_lag
        read = sum(each.next_offset for each in self._hub.topics().values())
        stands_still = lag > 0 and read == self._tail_before
        self._tail_before = read
        if stands_still:
            return Found("degraded", f"the gateway has {lag:,} records to read and does not")
        return Found("ok", f"answers; the gateway has {lag:,} records to read")

    def _measure(self, ends: Mapping[str, int], now_s: float) -> None:
        took_s = now_s - self._ends_s
        if self.ends and took_s > 0:
            self.rates = {
                name: round(max(0, end - self.ends.get(name, end)) / took_s, 2)
                for name, end in ends.items()
            }
        self.ends, self._ends_s = ends, now_s

    def _read_log(self) -> tuple[dict[str, int], dict[str, int]]:
        ends = self.probe.look()
        flows = (*(each.flow for each in WATCHED), PERSIST)
        return ends, self.probe.behind(flows)

    async def _registry(self) -> Found:
        newest = max(self.probe.newest.values(), key=lambda each: each.ingest_ts, default=None)
        schema_id = None if newest is None else newest.schema_id
        return await check_registry(self._client, self._addresses.registry, schema_id)

    async def _persisted(self) -> Found:
        """Compare what is stored with the log; the store itself answers."""
        behind = self._behind.get(PERSIST.name, 0)
        lags: dict[str, float | None] = {}
        for topic in STORED if behind else ():
            newest = self.probe.newest.get(topic)
            if newest is None:
                continue
            try:
                url, database = self._addresses.clickhouse, self._database
                stored = await stored_watermark(self._client, url, database, topic)
            except _FAILURES as error:
                return Found("degraded", f"answers, but not what it holds: {error}")
            lag_s = None if stored is None else (newest.source_ts - stored) / NS_PER_S
            lags[topic] = None if lag_s is None else max(0.0, lag_s)
        return persist_found(lags, behind)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _timed(name: str, look: Callable[[], Awaitable[Found]]) -> tuple[Found, float | None]:
    began = time.perf_counter()
    try:
        found = await look()
    except _FAILURES as error:
        found = Found("down", f"does not answer: {str(error) or type(error).__name__}")
    took_ms = round((time.perf_counter() - began) * 1e3, 1)
    if found.status == "ok" and took_ms > SLOW_MS[name]:
        found = Found("degraded", f"took {took_ms:,.0f} ms, expected {SLOW_MS[name]:,.0f}")
    return found, took_ms


def overall(checks: Mapping[str, Check]) -> Status:
    """Return the status of the whole: what is essential and down takes it down."""
    if any(each.status == "down" and name.startswith(ESSENTIAL) for name, each in checks.items()):
        return "down"
    worse = any(each.status in {"degraded", "down"} for each in checks.values())
    return "degraded" if worse else "ok"
