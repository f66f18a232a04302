"""Status of runs over `control.replay-status`: stated by who executes them, read by anyone."""

import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from typing import Final
from typing import cast

import msgspec
import structlog

from connectors.errors import RejectedRecord
from connectors.kafka.batch import NS_PER_MS
from connectors.kafka.batch import OutRecord
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from connectors.kafka.tail import TailedRecord
from flows.common.calendar import NS_PER_S
from infra.embedded.stack import StackAddresses
from infra.replay.follow import Follower
from infra.replay.follow import end_of
from infra.replay.manifest import ENDED
from infra.replay.names import namespace_of
from infra.replay.request import ReplayRequest
from schemas.catalog import topics
from schemas.records import ReplayStatus

log: Final = structlog.get_logger(__name__)

STATUS_TOPIC: Final = "control.replay-status"
STATUS_INTERVAL_NS: Final = NS_PER_S
# Who lives states it every second; three are lost before it counts as gone.
ALIVE_NS: Final = 4 * NS_PER_S
KEPT_EFFECTS: Final = 1000

# A worker states that it lives as the status of a run without a name.
WORKER_RUN: Final = ""
WORKER_STATE: Final = "worker"

# A change of one of these is stated at once.
_URGENT: Final = (
    "state",
    "last_command_id",
    "error",
    "generation",
    "speed",
    "matches_live",
    "comparison",
    "digests",
    "topic_namespace",
)


def blank_status(run: str, state: str) -> ReplayStatus:
    """Return a status that says nothing but the state; `StatusBoard` fills in its header."""
    return ReplayStatus(
        source_ts=0,
        ingest_ts=0,
        seq=0,
        trace_id="",
        schema_version=str(topics()[STATUS_TOPIC].schema["version"]),
        run=run,
        state=state,
        replays_from="",
        topic_namespace="",
        stored_in="",
        last_command_id="",
        error="",
        matches_live="unknown",
        generation=1,
        speed=0.0,
        from_ts=0,
        to_ts=0,
        event_ts=None,
        visible_from_ts=None,
        progress=None,
        records={},
        lag={},
        digests={},
        comparison="",
    )


def status_of(request: ReplayRequest, state: str, stored_in: str = "") -> ReplayStatus:
    """
    Return the status of a run that has read nothing yet.

    Parameters
    ----------
    request : ReplayRequest
        The run.
    state : str
        Its state.
    stored_in : str
        ClickHouse database of what it derives, empty for none.
    """
    return msgspec.structs.replace(
        blank_status(request.run, state),
        replays_from=request.source,
        topic_namespace=namespace_of(request.run),
        stored_in=stored_in,
        speed=request.speed,
        from_ts=request.from_ns,
        to_ts=request.to_ns,
        visible_from_ts=request.from_ns or None,
    )


def is_live(status: ReplayStatus, now_ns: int) -> bool:
    """Return whether a process executes the run (or is the worker), by wall time, ns UTC."""
    is_over = status.state in ENDED or status.state == "deleted"
    return not is_over and now_ns - status.source_ts <= ALIVE_NS


def is_due(last: ReplayStatus | None, status: ReplayStatus, now_ns: int) -> bool:
    """
    Return whether a status is to be stated: at once if it is news, else once a second.

    Parameters
    ----------
    last : ReplayStatus | None
        Stated last; null for none.
    status : ReplayStatus
        To be stated now.
    now_ns : int
        Wall time, ns UTC.
    """
    if last is None or now_ns - last.source_ts >= STATUS_INTERVAL_NS:
        return True
    return any(getattr(last, name) != getattr(status, name) for name in _URGENT)


class StatusBoard:
    """
    State how one run is doing.

    Delivery: at least once; a status is in the log when `publish` returns. The number of a status
    goes on from the newest one in the log, so who takes a run over never numbers one twice.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    run : str
        The run, or `WORKER_RUN`.
    now_ns : callable
        Wall time, ns UTC.

    Raises
    ------
    MisconfiguredConnector
        There is no topic of states.
    TransientConnector
        Broker or registry do not answer.
    """

    def __init__(
        self, addresses: StackAddresses, run: str, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._run = run
        self._now_ns = now_ns
        with closing(SchemaRegistry(addresses.registry)) as registry:
            self._encode = AvroWire(registry, [STATUS_TOPIC]).encoder(STATUS_TOPIC)
        self._producer = BatchProducer(SinkConfig(brokers=addresses.kafka))
        self._found = newest_status(addresses, run)
        self._seq = 0 if self._found is None else self._found.seq + 1
        self._last: ReplayStatus | None = None

    @property
    def newest(self) -> ReplayStatus | None:
        """Return the newest status of the run, stated here or found in the log; null for none."""
        return self._last or self._found

    def publish(self, status: ReplayStatus) -> bool:
        """
        State a status if it is news, or if the last one is a second old; return whether it was.

        Parameters
        ----------
        status : ReplayStatus
            Its run and header are filled in.

        Raises
        ------
        TransientConnector
            The broker did not acknowledge in time.
        """
        now_ns = self._now_ns()
        if not is_due(self._last, status, now_ns):
            return False
        stated = msgspec.structs.replace(
            status,
            source_ts=now_ns,
            ingest_ts=now_ns,
            seq=self._seq,
            trace_id=f"rs:{self._run}:{self._seq}",
            run=self._run,
        )
        key, stamp_ms = self._run.encode(), now_ns // NS_PER_MS
        self._producer.write([OutRecord(STATUS_TOPIC, 0, key, self._encode(stated), stamp_ms)])
        self._seq += 1
        self._last = stated
        return True


def all_statuses(addresses: StackAddresses) -> dict[str, ReplayStatus]:
    """
    Return the newest status of every run and of the worker (`WORKER_RUN`), by run.

    Raises
    ------
    MisconfiguredConnector
        There is no topic of states.
    TransientConnector
        Broker or registry do not answer.
    """
    newest: dict[bytes, bytes] = {}
    # Only what is newest is decoded: a run that was watched for a day has many.
    for each in read_log(addresses.kafka, STATUS_TOPIC, BEGINNING):
        if each.key is not None and each.value is not None:
            newest[each.key] = each.value
    found = {}
    with closing(SchemaRegistry(addresses.registry)) as registry:
        decode = AvroWire(registry, [STATUS_TOPIC]).decoder(STATUS_TOPIC)
        for key in sorted(newest):
            try:
                status: ReplayStatus = decode(newest[key])
            except RejectedRecord as error:
                log.warning("control_record_rejected", topic=STATUS_TOPIC, error=str(error))
                continue
            found[status.run] = status
    return found


def newest_status(addresses: StackAddresses, run: str) -> ReplayStatus | None:
    """Return the newest status of a run, null for none; raises as `all_statuses` does."""
    return all_statuses(addresses).get(run)


class StatusWatch:
    """
    The newest status of every run, followed in the background.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.

    Raises
    ------
    MisconfiguredConnector
        There is no topic of states.
    TransientConnector
        Broker or registry do not answer.
    """

    def __init__(self, addresses: StackAddresses) -> None:
        self._news = threading.Condition()
        self._effects: dict[str, ReplayStatus] = {}
        start = end_of(addresses.kafka, STATUS_TOPIC)
        self._newest = all_statuses(addresses)
        self._follower = Follower(addresses, STATUS_TOPIC, start, self._receive, threading.Event())

    def statuses(self) -> Mapping[str, ReplayStatus]:
        """
        Return the newest status by run, in order of names; the worker's is `WORKER_RUN`'s.

        Raises
        ------
        ConnectorError
            The topic cannot be read any more.
        """
        self._follower.check()
        with self._news:
            return dict(sorted(self._newest.items()))

    def wait_for_effect(self, command_id: str, timeout_s: float = 1.0) -> ReplayStatus | None:
        """
        Return the status that first names a command; null when none did in time.

        A command that was refused has taken effect too: the status says why in `error`.

        Parameters
        ----------
        command_id : str
            Command that was sent after this watch began.
        timeout_s : float
            Longest wall time to wait.
        """
        with self._news:
            self._news.wait_for(lambda: command_id in self._effects, timeout_s)
            return self._effects.get(command_id)

    def close(self) -> None:
        """End the reader."""
        self._follower.close()

    def _receive(self, tailed: TailedRecord) -> None:
        status = cast(ReplayStatus, tailed.record)
        with self._news:
            known = self._newest.get(status.run)
            if known is None or status.seq >= known.seq:
                self._newest[status.run] = status
            if status.last_command_id:
                self._effects.setdefault(status.last_command_id, status)
                if len(self._effects) > KEPT_EFFECTS:
                    del self._effects[next(iter(self._effects))]
            self._news.notify_all()


def plain(status: ReplayStatus) -> dict[str, Any]:
    """Return a status as JSON has it, null where it is unknown."""
    return cast(dict[str, Any], msgspec.to_builtins(status))
