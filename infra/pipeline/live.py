"""The live stack: feed, flows, and a look at how they are doing."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from typing import cast

import structlog

from connectors.errors import ConnectorError
from connectors.errors import TransientConnector
from connectors.kafka.bounded import Start
from connectors.kafka.tail import tail
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PERSIST
from infra.pipeline.catalog import PREMIUM
from infra.pipeline.companion import Companion
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import flow_processes
from infra.pipeline.environment import flow_environment
from infra.pipeline.feed import FileRequest
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.gateway import GatewayPlan
from infra.pipeline.lag import LagMonitor
from infra.pipeline.prepare import prepare
from infra.settings import FeedSettings
from infra.settings import Settings
from redpanda.catalog import DEAD_LETTER_SUFFIX
from schemas.catalog import topics
from schemas.records import FlowAlert

log = structlog.get_logger(__name__)

DERIVING = (OPTIONS, PREMIUM, EQUITIES)
SETTLE_S = 3.0
RATE_WINDOW_S = 5.0
RECENT_ALERTS = 50
FIRST_ALERTS = 5


@dataclass(frozen=True, slots=True)
class Status:
    """
    What the live stack has done.

    Parameters
    ----------
    prints, quotes, packets, alerts, dead_letters : int
        Records in the log, options and equities together.
    equity_prints, joins, inferred : int
        Of the prints those of equities; what they were joined to; records of inferences from them.
    prints_per_s, quotes_per_s : float
        Over the last seconds.
    derive_lag, store_lag : int
        Records the deriving flows, and persist, have not read yet.
    restarts : int
        Times a flow or the gateway was brought back.
    recent : tuple of FlowAlert
        Newest first, one per alert id.
    is_silent : bool
        The broker did not answer in time: counts are those of the look before.
    """

    prints: int = 0
    quotes: int = 0
    packets: int = 0
    alerts: int = 0
    dead_letters: int = 0
    equity_prints: int = 0
    joins: int = 0
    inferred: int = 0
    prints_per_s: float = 0.0
    quotes_per_s: float = 0.0
    derive_lag: int = 0
    store_lag: int = 0
    restarts: int = 0
    recent: tuple[FlowAlert, ...] = ()
    is_silent: bool = False


@dataclass(slots=True)
class _Rates:
    """Rates over a sliding window of looks."""

    looks: deque[tuple[float, int, int]] = field(default_factory=deque)

    def update(self, now_s: float, prints: int, quotes: int) -> tuple[float, float]:
        self.looks.append((now_s, prints, quotes))
        while len(self.looks) > 2 and now_s - self.looks[0][0] > RATE_WINDOW_S:
            self.looks.popleft()
        first = self.looks[0]
        seconds = now_s - first[0]
        if seconds <= 0:
            return 0.0, 0.0
        return (prints - first[1]) / seconds, (quotes - first[2]) / seconds


class LiveStack:
    """
    Feed and flows of `islandflow up`.

    Delivery: feeds publish exactly once per session, flows at least once with deterministic ids.
    Stopping ends the feed first, lets the flows read what it wrote, then stops them; windows that
    are open stay in the flow's state and close after the next start.

    Parameters
    ----------
    settings : Settings
        Thresholds and feed.
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder of state, checkpoints and logs.
    feed_command : Sequence[str]
        `islandflow` arguments that run the feed, see `feed_command`; empty for no feed.
    workers : int
        Processes of each deriving flow.
    gateway : GatewayPlan | None
        How the gateway runs beside them; null for none.
    """

    def __init__(
        self,
        settings: Settings,
        addresses: StackAddresses,
        data_dir: Path,
        *,
        feed_command: Sequence[str],
        workers: int,
        gateway: GatewayPlan | None = None,
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._addresses = addresses
        self._data_dir = data_dir
        self._feed_command = tuple(feed_command)
        self._companions: list[Companion] = []
        request = DrainRequest(
            addresses=addresses,
            data_dir=data_dir,
            workers=workers,
            batch_records=settings.flow.flow_batch_records,
            epoch_s=settings.flow.flow_epoch_s,
            # Equities are aggregated of the feed that runs, not of the one settings name.
            changes={"EQUITIES_INGEST_ADAPTER": feed_command[1]} if feed_command else {},
        )
        self._flows: list[FlowProcesses] = [
            flow_processes(request, each, stop_at_end=False) for each in (*DERIVING, PERSIST)
        ]
        kafka = addresses.kafka
        letters = tuple(name + DEAD_LETTER_SUFFIX for name in topics())
        self._monitors = {
            **{each.name: LagMonitor(kafka, each.group, each.topics) for each in DERIVING},
            "store": LagMonitor(kafka, PERSIST.group, PERSIST.topics),
            "letters": LagMonitor(kafka, OPTIONS.group, letters),
        }
        self._rates = _Rates()
        self._alerts: dict[str, FlowAlert] = {}
        self._stop = threading.Event()
        self._tailer = threading.Thread(target=self._tail_alerts, daemon=True)
        self.status = Status()

    @staticmethod
    def now_s() -> float:
        """Return a clock that only goes forward, s."""
        return time.monotonic()

    def __enter__(self) -> Self:
        prepare(self._settings.services, self._addresses)
        for flow in self._flows:
            flow.start()
        self._tailer.start()
        self._start_companions()
        return self

    def _start_companions(self) -> None:
        commands = {"feed": self._feed_command} if self._feed_command else {}
        if self._has_worker():
            commands["replay-worker"] = ("replay", "worker", "--data", str(self._data_dir))
        logs = self._data_dir / "logs"
        environment = flow_environment(self._addresses, self._data_dir)
        self._companions = [
            Companion(name, command, logs, environment) for name, command in commands.items()
        ]
        if self._gateway is not None:
            changes = {**self._gateway.changes, "REPLAY_ENABLED": str(self._has_worker()).lower()}
            self._companions.append(
                Companion(
                    "gateway",
                    ("gateway", "--data", str(self._data_dir)),
                    logs,
                    flow_environment(self._addresses, self._data_dir, changes),
                    revived=True,
                )
            )

    def _has_worker(self) -> bool:
        """Return whether replays are executed: as set, else with the gateway that asks for them."""
        replay = self._settings.replay
        if "replay_enabled" in replay.model_fields_set:
            return replay.replay_enabled
        return self._gateway is not None

    def look(self) -> Status:
        """
        Look after the flows and return how they are doing.

        Raises
        ------
        InfraError
            A flow or the feed keeps failing; the message carries the end of its log.
        """
        for flow in self._flows:
            flow.poll()
        for companion in self._companions:
            companion.check()
        try:
            self.status = self._counted()
        except TransientConnector as error:
            # A busy machine, or a broker that is coming back: the flows wait for it too.
            log.warning("broker_silent", error=str(error))
            self.status = replace(self.status, is_silent=True)
        return self.status

    def _counted(self) -> Status:
        derive_lag = sum(self._monitors[each.name].progress().lag for each in DERIVING)
        store = self._monitors["store"].progress()
        ends = self._monitors["store"].ends()
        quotes = ends["options.nbbo"] + ends["equities.quotes"]
        prints = ends["options.prints"] + ends["equities.prints"]
        rates = self._rates.update(self.now_s(), prints, quotes)
        recent = sorted(self._alerts.values(), key=lambda alert: -alert.source_ts)
        return Status(
            prints=prints,
            quotes=quotes,
            packets=ends["flow.packets"],
            alerts=ends["flow.alerts"],
            equity_prints=ends["equities.prints"],
            joins=ends["equities.joins"],
            inferred=ends["dark.inferred"],
            dead_letters=sum(self._monitors["letters"].ends().values()),
            prints_per_s=rates[0],
            quotes_per_s=rates[1],
            derive_lag=derive_lag,
            store_lag=store.lag,
            restarts=sum(flow.restarts for flow in self._flows)
            + sum(each.restarts for each in self._companions),
            recent=tuple(recent[:RECENT_ALERTS]),
        )

    def _tail_alerts(self) -> None:
        try:
            for each in tail(
                self._addresses.kafka,
                self._addresses.registry,
                "flow.alerts",
                Start("offset", -FIRST_ALERTS),
                follow=True,
                stop=self._stop,
            ):
                if each.record is not None:
                    alert = cast(FlowAlert, each.record)
                    self._alerts = dict(
                        sorted(
                            {**self._alerts, alert.alert_id: alert}.items(),
                            key=lambda item: -item[1].source_ts,
                        )[:RECENT_ALERTS]
                    )
        except ConnectorError as error:
            log.warning("alert_tail_ended", error=str(error))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for companion in self._companions:
            companion.stop()
        self._companions = []
        if error is None:
            self._settle()
        for flow in self._flows:
            flow.stop()
        self._stop.set()
        self._tailer.join(2)
        for monitor in self._monitors.values():
            monitor.close()

    def _settle(self) -> None:
        """Give the flows a moment to read what the feed wrote last."""
        deadline = self.now_s() + SETTLE_S
        while self.look().derive_lag > 0 and self.now_s() < deadline:
            time.sleep(0.1)


def feed_command(
    settings: FeedSettings, feed: str, path: Path | None, data_dir: Path
) -> tuple[str, ...]:
    """
    Return the `islandflow` arguments that run a feed; none for no feed.

    Parameters
    ----------
    settings : FeedSettings
        What the file feed is told besides its path.
    feed : {"synthetic", "file", "none"}
        Which feed.
    path : Path | None
        File or folder of the file feed; the setting's by default.
    data_dir : Path
        Folder of checkpoints.

    Raises
    ------
    MisconfiguredInfra
        The file feed has no file.
    ConnectorError
        The file cannot be read or is no vendor's.
    """
    if feed == "none":
        return ()
    if feed == "synthetic":
        return ("feed", "synthetic", "--data", str(data_dir))
    chosen = path or (Path(settings.file_feed_path) if settings.file_feed_path else None)
    if chosen is None:
        msg = "the file feed has no file: give --path or set FILE_FEED_PATH"
        raise MisconfiguredInfra(msg)
    date, symbol = settings.file_feed_date or None, settings.file_feed_symbol or None
    FileRequest(files=[chosen], format=settings.file_feed_format, date=date, symbol=symbol).open()
    command = ["feed", "file", "--path", str(chosen), "--data", str(data_dir)]
    command += ["--format", settings.file_feed_format, "--speed", str(settings.file_feed_speed)]
    if date is not None:
        command += ["--date", date]
    if symbol is not None:
        command += ["--symbol", symbol]
    return tuple(command)
