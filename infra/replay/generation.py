"""One generation of a clocked run: its topics, its tape, its flows."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Final

from connectors.clickhouse.config import ClickHouseConfig
from connectors.kafka.admin import delete_topics
from connectors.kafka.config import SinkConfig
from connectors.kafka.copartition import partition_count
from connectors.kafka.serde import AvroWire
from connectors.tape.log import LogTape
from connectors.tape.log import LogTapeConfig
from connectors.tape.model import Tape
from connectors.tape.store import StoreTape
from connectors.tape.store import StoreTapeConfig
from flows.common.calendar import NS_PER_S
from infra.pipeline.drain import DrainRequest
from infra.pipeline.lag import LagMonitor
from infra.pipeline.lag import Progress
from infra.replay.clock import ReplayClock
from infra.replay.crew import Crew
from infra.replay.estate import open_estate
from infra.replay.estate import run_topics
from infra.replay.names import namespace_of
from infra.replay.player import Player
from infra.replay.request import ReplayRequest
from infra.replay.writer import TapeWriter
from infra.settings import ServiceSettings
from infra.settings import Settings

# Flat out there is nobody to see single records: larger batches cost less each.
FLAT_OUT_RECORDS: Final = 5000
ALERTS: Final = "flow.alerts"
SETTLE_S: Final = 0.02
MAX_IDLE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Beginning:
    """
    Where a generation begins and how it is to go.

    Parameters
    ----------
    read_ns : int
        First event time read, ns UTC; 0 for the first record.
    shown_ns : int
        Event time up to which it is hurried through, ns UTC.
    speed : float
        Multiple of real time, 0 flat out.
    is_paused : bool
        Stand still behind that.
    """

    read_ns: int
    shown_ns: int
    speed: float
    is_paused: bool


def open_tape(
    request: ReplayRequest,
    read_ns: int,
    job: DrainRequest,
    settings: ServiceSettings,
    wire: AvroWire,
) -> Tape:
    """Return the raw records of a run from an event time (ns UTC) on, 0 for all."""
    if request.source == "log":
        return LogTape(
            LogTapeConfig(
                brokers=job.addresses.kafka,
                topics=request.raw_topics,
                from_ns=read_ns,
                until_ns=request.to_ns,
                keys=request.underlyings,
            )
        )
    return StoreTape(
        StoreTapeConfig(
            clickhouse=ClickHouseConfig(
                url=job.addresses.clickhouse, database=settings.clickhouse_database
            ),
            topics=request.raw_topics,
            partitions=partition_count(job.addresses.kafka, request.raw_topics),
            from_ns=read_ns,
            until_ns=request.to_ns,
            keys=request.underlyings,
        ),
        wire.prefix,
    )


class Generation:
    """
    A pass over the tape, into topics of its own.

    Delivery: raw records are copied once, in the order of the tape; flows are at least once with
    deterministic ids.

    Parameters
    ----------
    request : ReplayRequest
        The run.
    number : int
        From 1.
    job : DrainRequest
        How its flows run; scope and folder are filled in.
    settings : Settings
        Name of the live database.
    wire : AvroWire
        Registry headers.
    beginning : Beginning
        Where it begins.
    """

    def __init__(
        self,
        request: ReplayRequest,
        number: int,
        job: DrainRequest,
        settings: Settings,
        wire: AvroWire,
        beginning: Beginning,
    ) -> None:
        self.number = number
        self.beginning = beginning
        self.namespace = namespace_of(request.run, number)
        self._request = request
        self._kafka = job.addresses.kafka
        scope = open_estate(request, number, settings.services, job.addresses)
        self.database = scope.database
        # What is copied is what is read: the bounds were the tape's.
        scope = replace(scope, from_ns=0, until_ns=0, keys=())
        folder = job.data_dir if number == 1 else job.data_dir / f"generation-{number}"
        is_watched = beginning.speed > 0 or beginning.is_paused or request.is_paced
        self.crew = Crew(replace(job, scope=scope, data_dir=folder), is_watched=is_watched)
        self._alerts = LagMonitor(
            self._kafka, f"{self.namespace}.alerts", [f"{self.namespace}.{ALERTS}"]
        )
        tape = open_tape(request, beginning.read_ns, job, settings.services, wire)
        self.writer = TapeWriter(
            SinkConfig(brokers=self._kafka, namespace=self.namespace),
            tape.topics,
            partition_count(self._kafka, [f"{self.namespace}.{tape.topics[0]}"]),
        )
        self._alerts_asked = 0
        self._alerts_wanted: int | None = 0
        self._is_looking = False
        self.player = Player(
            tape,
            ReplayClock(
                beginning.shown_ns,
                time.monotonic_ns(),
                beginning.speed,
                is_paused=beginning.is_paused,
            ),
            batch_size=request.batch_size if is_watched else FLAT_OUT_RECORDS,
            warm_until_ns=beginning.shown_ns,
        )
        self.crew.start()

    def turn(self) -> bool:
        """Write what is due; return whether there may be more at once."""
        if self._is_looking:
            return self._look_for_alerts()
        due = self.player.due(time.monotonic_ns())
        self.writer.write(due)
        self._is_looking = due.is_look
        # Marks are no reason to go on: the clock always has news, thousands of times a second.
        return due.records.count > 0

    def _look_for_alerts(self) -> bool:
        """End the step if what was written so far has raised the alerts that are wanted."""
        if not self.crew.has_read_all():
            return False
        # What a flow has read is processed, and what it derived is on its way into the log.
        time.sleep(SETTLE_S)
        self._is_looking = False
        if self._alerts_wanted is None:
            self._alerts_wanted = self.alerts + self._alerts_asked
            self.player.step_to_alert()
        elif self.alerts >= self._alerts_wanted:
            self.player.end_step(time.monotonic_ns())
        return True

    def step_to_alert(self, n: int) -> None:
        """Go on until the flows raise the n-th alert; only when paused."""
        # Counted from what is written by now, once the flows have read it.
        self._alerts_wanted, self._alerts_asked = None, n
        self._is_looking = True

    def end_search(self) -> None:
        """No longer look for alerts: something else was asked for."""
        self._is_looking = False

    def idle_s(self) -> float:
        """Return the wall time for which there is nothing to do, at most `MAX_IDLE_S`."""
        if self._is_looking:
            return SETTLE_S
        idle_ns = self.player.idle_ns(time.monotonic_ns())
        return MAX_IDLE_S if idle_ns is None else min(idle_ns / NS_PER_S, MAX_IDLE_S)

    @property
    def alerts(self) -> int:
        """Return the alert records the generation's flows have written."""
        return sum(self._alerts.ends().values())

    @property
    def progress(self) -> Mapping[str, Progress]:
        """Return how far the copy, and each flow, has come."""
        written = sum(self.writer.written.values())
        share = self.player.progress
        total = written if not share else max(written, round(written / share))
        return {"replay": Progress(written, total), **self.crew.progress}

    def close(self) -> None:
        """Stop its flows where they are and give back its tape."""
        self.writer.flush()
        self.crew.stop()
        self.player.close()
        self._alerts.close()

    def delete(self) -> None:
        """Delete its topics, once closed: a later generation has taken its place."""
        delete_topics(self._kafka, run_topics(self.namespace, is_clocked=True))
