"""Replay runs behind the gateway: commands, states, and where a run's records are."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from typing import Protocol
from typing import TypeVar

import msgspec
import structlog

from api.operator.replay_models import run_out
from api.problems import Problem
from api.tasks import cancel
from connectors.errors import ConnectorError
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.replay.commands import Ask
from infra.replay.control import EFFECT_WAIT_S
from infra.replay.control import ReplayControl
from infra.replay.request import ReplayRequest
from infra.replay.status import is_live
from infra.replay.status import status_of
from infra.replay.worker import MAX_RUNS
from schemas.records import ReplayStatus

log = structlog.get_logger(__name__)

CHANNEL: Final = "replay-clock"
LOOK_S: Final = 0.25
CONNECT_S: Final = 5.0
MAX_KNOWN: Final = 1000
THREADS: Final = 4
NO_WORKER: Final = "no replay worker is live; start one: islandflow replay worker"

T = TypeVar("T")


class Publishing(Protocol):
    """What the gate needs of the hub."""

    def publish(self, channel: str, payload: bytes) -> None:
        """Send a JSON object to everyone on a channel."""
        ...


class Answer(msgspec.Struct, frozen=True):
    """
    What came of a command.

    Parameters
    ----------
    status : ReplayStatus | None
        Newest status of the run; null for one that has said nothing yet.
    is_in_effect : bool
        The status is what the command made of it.
    """

    status: ReplayStatus | None
    is_in_effect: bool


class ReplayGate:
    """
    Ask things of replay runs.

    Delivery: a command is in the log when the call returns, in effect or not. Under one
    `command_id` it is carried out once, also when two gateways send it.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    hub : Publishing
        Gets the clocks of runs on the channel `replay-clock`.

    Raises
    ------
    Problem
        `replay_unavailable`, `not_found`, `run_state`, `capacity`, `conflict`.
    """

    def __init__(self, addresses: StackAddresses, hub: Publishing) -> None:
        self._addresses = addresses
        self._hub = hub
        self._control: ReplayControl | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None
        self._told: dict[str, int] = {}
        self._created: dict[str, ReplayStatus] = {}
        self._asked: OrderedDict[str, tuple[bytes, asyncio.Task[Answer]]] = OrderedDict()

    async def start(self) -> None:
        """Begin to follow what runs say; where there are no control topics, wait for them."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="replay-gate")
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow no longer; runs go on."""
        await cancel(self._task)
        self._task = None
        control, self._control = self._control, None
        pool, self._pool = self._pool, None
        if control is not None:
            await asyncio.to_thread(control.close)
        if pool is not None:
            pool.shutdown(wait=False)

    @property
    def has_worker(self) -> bool:
        """Return whether runs can be created."""
        return self._control is not None and self._control.has_worker()

    def runs(self) -> list[ReplayStatus]:
        """Return the newest status of every run there is, by name."""
        found = {**self._created, **self._connected().statuses()}
        return [found[run] for run in sorted(found) if found[run].state != "deleted"]

    def status(self, run: str) -> ReplayStatus:
        """Return the newest status of a run."""
        found = self._connected().statuses().get(run) or self._created.get(run)
        if found is None or found.state == "deleted":
            raise Problem("not_found", f"no replay run {run!r}; GET /replay/runs lists them")
        return found

    async def create(self, request: ReplayRequest, command_id: str) -> Answer:
        """Have a worker execute a run; it is there from now on, though it has said nothing yet."""
        self._check_worker()
        now_ns = time.time_ns()
        live = [each.run for each in self.runs() if is_live(each, now_ns)]
        if len(live) >= MAX_RUNS and request.run not in live:
            raise Problem(
                "capacity", f"{MAX_RUNS} runs are live ({', '.join(live)}); stop or delete one"
            )
        asked = msgspec.json.encode(request).decode()
        answer = await self._once(request.run, Ask(action="create", request=asked), command_id)
        if answer.status is not None:
            self._created.pop(request.run, None)
            return answer
        status = msgspec.structs.replace(status_of(request, "created"), source_ts=now_ns)
        self._created[request.run] = status
        return msgspec.structs.replace(answer, status=status)

    async def ask(self, run: str, ask: Ask, command_id: str) -> Answer:
        """
        Ask something of a run that is there, and wait a second for its effect.

        Parameters
        ----------
        run : str
            The run.
        ask : Ask
            What is asked of it.
        command_id : str
            What the client calls it; empty for a command that is not sent again.
        """
        known = command_id and command_id in self._asked
        if not known:
            status = self.status(run)
            if ask.action == "delete":
                self._check_worker()
                self._created.pop(run, None)
            elif not is_live(status, time.time_ns()):
                raise Problem("run_state", f"{ask.action}: {_how_it_is(status)}")
        return await self._once(run, ask, command_id)

    async def _once(self, run: str, ask: Ask, command_id: str) -> Answer:
        """Send a command, or wait for what it did when it was sent before."""
        if not command_id:
            return await self._send(run, ask, "")
        mark = msgspec.json.encode((run, ask))
        before = self._asked.get(command_id)
        if before is not None and before[0] != mark:
            raise Problem("conflict", f"the command_id {command_id!r} was given to another command")
        if before is not None and not _has_failed(before[1]):
            await asyncio.shield(before[1])
            # It may have come into effect since.
            return await self._send(run, ask, command_id)
        task = asyncio.create_task(self._send(run, ask, command_id))
        self._asked[command_id] = (mark, task)
        if len(self._asked) > MAX_KNOWN:
            self._asked.popitem(last=False)
        return await asyncio.shield(task)

    async def _send(self, run: str, ask: Ask, command_id: str) -> Answer:
        control = self._connected()
        try:
            found = await self._in_thread(lambda: control.ask(run, ask, EFFECT_WAIT_S, command_id))
        except InfraError as error:
            raise Problem("run_state", str(error)) from error
        if found is not None:
            return Answer(found, is_in_effect=True)
        return Answer(control.statuses().get(run), is_in_effect=False)

    def _check_worker(self) -> None:
        if not self._connected().has_worker():
            raise Problem("replay_unavailable", NO_WORKER)

    def _connected(self) -> ReplayControl:
        if self._control is None:
            raise Problem("replay_unavailable", "the topics of replay control cannot be read yet")
        return self._control

    def _connect(self) -> ReplayControl:
        return ReplayControl(self._addresses)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _follow(self) -> None:
        while True:
            try:
                if self._control is None:
                    self._control = await self._in_thread(self._connect)
                self._tell(self._control)
            except ConnectorError as error:
                log.warning("replay_control_unreadable", error=str(error))
                lost, self._control = self._control, None
                if lost is not None:
                    await self._in_thread(lost.close)
                await asyncio.sleep(CONNECT_S)
            await asyncio.sleep(LOOK_S)

    def _tell(self, control: ReplayControl) -> None:
        """Publish what runs have said since the last look; what they said before it is history."""
        now_ns = time.time_ns()
        for run, status in control.statuses().items():
            self._created.pop(run, None)
            known = self._told.get(run)
            if known == status.seq:
                continue
            self._told[run] = status.seq
            if known is not None or is_live(status, now_ns):
                payload = run_out(status, now_ns).model_dump_json().encode()
                self._hub.publish(CHANNEL, payload)


def _how_it_is(status: ReplayStatus) -> str:
    why = f": {status.error.splitlines()[-1]}" if status.error else ""
    if is_live(status, status.source_ts):
        return f"the run was {status.state}, and no process executes it any more{why}"
    return f"the run is {status.state}{why}"


def _has_failed(task: asyncio.Task[Answer]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
