"""Commands over `control.replay`: what may be asked, how it is sent, how it is taken."""

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from typing import cast

import msgspec

from connectors.kafka.batch import NS_PER_MS
from connectors.kafka.batch import OutRecord
from connectors.kafka.bounded import Start
from connectors.kafka.config import SinkConfig
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from connectors.kafka.tail import TailedRecord
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.replay.clock import check_speed
from infra.replay.follow import Follower
from infra.replay.follow import end_of
from infra.replay.manifest import ENDED
from infra.replay.names import check_run
from schemas.catalog import topics
from schemas.records import ReplayCommand

COMMANDS_TOPIC: Final = "control.replay"
WORKER_ACTIONS: Final = ("create", "delete")
RUN_ACTIONS: Final = ("pause", "resume", "seek", "step", "speed", "stop")
STEPS: Final = ("event", "ms", "bar", "alert")
MAX_STEPS: Final = 1_000_000_000
MAX_QUEUED: Final = 1000
MAX_KNOWN: Final = 10_000
FULL_WAIT_S: Final = 0.1


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is asked of a run.

    Parameters
    ----------
    action : str
        One of `RUN_ACTIONS`, which the run itself takes, or of `WORKER_ACTIONS`.
    ts : int | None
        Of a seek: event time to go to, ns UTC.
    by : str | None
        Of a step: one of `STEPS`.
    n : int | None
        Of a step: how many, from 1.
    speed : float | None
        Of a change of speed: 0 for flat out, or 0.1 to 1000.
    request : str | None
        Of a creation: `ReplayRequest` as JSON.

    Raises
    ------
    MisconfiguredInfra
        A value is missing, out of range, or of another action.
    """

    action: str
    ts: int | None = None
    by: str | None = None
    n: int | None = None
    speed: float | None = None
    request: str | None = None

    def __post_init__(self) -> None:
        known = (*RUN_ACTIONS, *WORKER_ACTIONS)
        _expect(self.action in known, "action", self.action, ", ".join(known))
        values = {
            "seek": ("ts",),
            "step": ("by", "n"),
            "speed": ("speed",),
            "create": ("request",),
        }
        needed = values.get(self.action, ())
        for name in ("ts", "by", "n", "speed", "request"):
            value = getattr(self, name)
            if name in needed:
                _expect(value is not None, f"{name} of {self.action}", value, "a value")
            else:
                _expect(value is None, f"{name} of {self.action}", value, "none")
        if self.ts is not None:
            _expect(self.ts > 0, "ts", self.ts, "an event time, ns UTC")
        if self.by is not None:
            _expect(self.by in STEPS, "step by", self.by, ", ".join(STEPS))
        if self.n is not None:
            _expect(1 <= self.n <= MAX_STEPS, "n of step", self.n, f"1 to {MAX_STEPS}")
        if self.speed is not None:
            check_speed(self.speed)


def _expect(is_right: bool, what: str, value: object, expected: str) -> None:
    if not is_right:
        msg = f"{what} is {value!r}, expected {expected}"
        raise MisconfiguredInfra(msg)


def trace_id_of(run: str, command_id: str) -> str:
    """Return the id of a command in the log."""
    return f"rc:{run}:{command_id}"


def command_of(run: str, ask: Ask, number: int, now_ns: int, command_id: str = "") -> ReplayCommand:
    """
    Return the command that asks something of a run.

    Parameters
    ----------
    run : str
        The run.
    ask : Ask
        What is asked.
    number : int
        Number of the command among those of its giver.
    now_ns : int
        Wall time, ns UTC.
    command_id : str
        What its giver calls it: sent again under it, it is carried out once. One of its own by
        default.

    Raises
    ------
    MisconfiguredInfra
        No run can have the name.
    """
    check_run(run)
    return ReplayCommand(
        source_ts=now_ns,
        ingest_ts=now_ns,
        seq=number,
        trace_id=trace_id_of(run, command_id or f"{now_ns}:{number}"),
        schema_version=str(topics()[COMMANDS_TOPIC].schema["version"]),
        run=run,
        action=ask.action,
        ts=ask.ts,
        by=ask.by,
        n=ask.n,
        speed=ask.speed,
        request=ask.request,
    )


def refusal(command: ReplayCommand, state: str, from_ns: int, to_ns: int) -> str:
    """
    Say why a run cannot carry out a command now; empty when it can.

    Parameters
    ----------
    command : ReplayCommand
        As it came from the log.
    state : str
        State of the run, as in `ReplayStatus`.
    from_ns, to_ns : int
        Range of the run, ns UTC, the second one excluded; 0 for no bound.
    """
    try:
        Ask(
            action=command.action,
            ts=command.ts,
            by=command.by,
            n=command.n,
            speed=command.speed,
            request=command.request,
        )
    except MisconfiguredInfra as error:
        return str(error)
    if state in ENDED and command.action != "delete":
        return f"{command.action}: the run is {state}"
    if command.action == "step" and state != "paused":
        return f"step: the run is {state}, and only one that is paused can be stepped"
    if command.ts is not None and command.ts < from_ns:
        return f"seek to {command.ts} ns UTC: the run begins at {from_ns}"
    if command.ts is not None and 0 < to_ns <= command.ts:
        return f"seek to {command.ts} ns UTC: the run ends before {to_ns}"
    return ""


class CommandSender:
    """
    Write commands.

    Delivery: a command is in the log when `send` returns; sent twice after a failure it has
    another id and is carried out twice.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.

    Raises
    ------
    TransientConnector
        The registry does not answer.
    """

    def __init__(self, addresses: StackAddresses) -> None:
        registry = SchemaRegistry(addresses.registry)
        try:
            self._encode = AvroWire(registry, [COMMANDS_TOPIC]).encoder(COMMANDS_TOPIC)
        finally:
            registry.close()
        self._producer = BatchProducer(SinkConfig(brokers=addresses.kafka))
        self._number = 0

    def send(self, run: str, ask: Ask, command_id: str = "") -> ReplayCommand:
        """
        Ask something of a run; return the command, whose `trace_id` its effect will name.

        Parameters
        ----------
        run : str
            The run.
        ask : Ask
            What is asked.
        command_id : str
            See `command_of`.

        Raises
        ------
        MisconfiguredInfra
            No run can have the name.
        MisconfiguredConnector
            There is no topic of commands.
        TransientConnector
            The broker did not acknowledge in time.
        """
        command = command_of(run, ask, self._number, time.time_ns(), command_id)
        self._number += 1
        self._producer.write([message_of_command(command, self._encode)])
        return command


def message_of_command(
    command: ReplayCommand, encode: Callable[[ReplayCommand], bytes]
) -> OutRecord:
    """Return a command as the message that goes into its topic."""
    stamp_ms = command.source_ts // NS_PER_MS
    return OutRecord(COMMANDS_TOPIC, 0, command.run.encode(), encode(command), stamp_ms)


def send_command(addresses: StackAddresses, run: str, ask: Ask) -> ReplayCommand:
    """Send one command and return it; raises as `CommandSender` does."""
    return CommandSender(addresses).send(run, ask)


def of_run(run: str) -> Callable[[ReplayCommand], bool]:
    """Return what an inbox of a run wants."""
    return lambda command: command.run == run and command.action not in WORKER_ACTIONS


def for_worker(command: ReplayCommand) -> bool:
    """Return whether a command is the worker's; what an inbox of a worker wants."""
    return command.action in WORKER_ACTIONS


class CommandInbox:
    """
    Commands as they come.

    Delivery: each command id once while the inbox lives, in the order of the log. A queue that is
    full holds the reader back; nothing is lost.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    wants : callable
        Which commands are kept: `of_run(run)` or `for_worker`.
    since_ns : int | None
        Wall time (ns UTC) from which commands are read; by default those sent from now on.

    Raises
    ------
    MisconfiguredConnector
        There is no topic of commands.
    TransientConnector
        The broker does not answer.
    """

    def __init__(
        self,
        addresses: StackAddresses,
        wants: Callable[[ReplayCommand], bool],
        since_ns: int | None = None,
    ) -> None:
        self._wants = wants
        self._queue: queue.Queue[ReplayCommand] = queue.Queue(MAX_QUEUED)
        self._known: OrderedDict[str, None] = OrderedDict()
        if since_ns is None:
            start = end_of(addresses.kafka, COMMANDS_TOPIC)
        else:
            start = Start("time", since_ns // NS_PER_MS)
        self._stop = threading.Event()
        self._follower = Follower(addresses, COMMANDS_TOPIC, start, self._receive, self._stop)

    def take(self, timeout_s: float = 0.0) -> list[ReplayCommand]:
        """
        Return the commands that have come, at once if there are any, else after a time.

        Raises
        ------
        ConnectorError
            The topic cannot be read any more.
        """
        found: list[ReplayCommand] = []
        try:
            found.append(
                self._queue.get(timeout=timeout_s) if timeout_s else self._queue.get(False)
            )
            while True:
                found.append(self._queue.get_nowait())
        except queue.Empty:
            if not found:
                self._follower.check()
        return found

    def close(self) -> None:
        """End the reader."""
        self._follower.close()

    def _receive(self, tailed: TailedRecord) -> None:
        command = cast(ReplayCommand, tailed.record)
        if not self._wants(command) or command.trace_id in self._known:
            return
        self._known[command.trace_id] = None
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        is_queued = False
        while not is_queued and not self._stop.is_set():
            try:
                self._queue.put(command, timeout=FULL_WAIT_S)
                is_queued = True
            except queue.Full:
                continue
