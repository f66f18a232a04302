"""The replay worker: a service that starts, watches and removes runs others ask for."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Final
from typing import Protocol

import msgspec
import structlog

from flows.common.calendar import NS_PER_DAY
from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.pipeline import child
from infra.pipeline.environment import flow_environment
from infra.replay.commands import CommandInbox
from infra.replay.commands import for_worker
from infra.replay.manifest import ENDED
from infra.replay.manifest import RunManifest
from infra.replay.manifest import all_manifests
from infra.replay.manifest import load_manifest
from infra.replay.manifest import save_manifest
from infra.replay.names import check_run
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from infra.replay.status import STATUS_INTERVAL_NS
from infra.replay.status import WORKER_RUN
from infra.replay.status import WORKER_STATE
from infra.replay.status import StatusBoard
from infra.replay.status import StatusWatch
from infra.replay.status import blank_status
from infra.replay.status import is_live
from infra.replay.status import newest_status
from infra.replay.status import status_of
from schemas.records import ReplayCommand
from schemas.records import ReplayStatus

log: Final = structlog.get_logger(__name__)

MAX_RUNS: Final = 4
UNUSED_NS: Final = NS_PER_DAY
SWEEP_NS: Final = NS_PER_MINUTE
STOP_NS: Final = 30 * NS_PER_S
LOOK_S: Final = 0.2
LOG_TAIL_BYTES: Final = 1500

# What a run's process says; only a run that a worker started has it, and only such are swept.
WORKER_LOG: Final = "worker.log"


class RunProcess(Protocol):
    """A process that executes a run; `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """Return its exit code, null while it lives."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTools:
    """
    What a worker does things with.

    Parameters
    ----------
    start : callable
        Starts the process of a run.
    remove : callable
        Removes topics, tables and folder of a run; can be repeated.
    publish : callable
        States a status, of a run or of the worker.
    newest : callable
        Returns the newest status of a run, null for none.
    now_ns : callable
        Wall time, ns UTC.
    """

    start: Callable[[ReplayRequest], RunProcess]
    remove: Callable[[str], object]
    publish: Callable[[ReplayStatus], object]
    newest: Callable[[str], ReplayStatus | None]
    now_ns: Callable[[], int] = time.time_ns


@dataclass(slots=True)
class _Child:
    """A run that has a process; `delete_by` is the command that wants it gone."""

    request: ReplayRequest
    process: RunProcess
    started_ns: int
    delete_by: str = ""
    asked_ns: int = 0


@dataclass(slots=True)
class ReplayWorker:
    """
    Starts, watches and removes runs.

    A run is a process; when the worker ends, they end. A command that cannot be carried out is
    answered by a status that names it and says why in `error`: that of the run, `failed`, if it
    was to be created, else the worker's own, so that a run that exists is not touched.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    tools : WorkerTools
        What it does things with.
    """

    data_dir: Path
    tools: WorkerTools
    _children: dict[str, _Child] = field(default_factory=dict)
    _swept_ns: int = 0

    def obey(self, command: ReplayCommand) -> None:
        """Carry out a `create` or `delete`."""
        try:
            check_run(command.run)
            if command.action == "create":
                self._create(command)
            elif command.action == "delete":
                self._delete(command)
        except InfraError as error:
            self._refuse(command, str(error))

    def look(self) -> None:
        """See to the processes, say that the worker lives, and now and then sweep."""
        for run, each in list(self._children.items()):
            self._look_after(run, each)
        self.tools.publish(blank_status(WORKER_RUN, WORKER_STATE))
        now_ns = self.tools.now_ns()
        if now_ns - self._swept_ns >= SWEEP_NS:
            self._swept_ns = now_ns
            try:
                self._sweep(now_ns)
            except InfraError as error:
                log.warning("runs_not_swept", error=str(error))

    def stop(self, wait: Callable[[float], object] = time.sleep) -> None:
        """Stop every run, and say that the worker is gone."""
        for each in self._children.values():
            self._ask_to_end(each)
        while self._children:
            for run, each in list(self._children.items()):
                self._look_after(run, each)
            if self._children:
                wait(LOOK_S)
        self.tools.publish(blank_status(WORKER_RUN, "stopped"))

    def _create(self, command: ReplayCommand) -> None:
        request = _request_of(command)
        if self._is_there(command.run):
            msg = f"there is a run {command.run} already; take another name, or delete it"
            raise MisconfiguredInfra(msg)
        if len(self._children) >= MAX_RUNS:
            names = ", ".join(self._children)
            msg = f"{MAX_RUNS} runs are live ({names}), and no more may be; stop or delete one"
            raise MisconfiguredInfra(msg)
        status = status_of(request, "created")
        self.tools.publish(msgspec.structs.replace(status, last_command_id=command.trace_id))
        process = self.tools.start(request)
        self._children[command.run] = _Child(request, process, self.tools.now_ns())
        log.info("run_started", run=command.run)

    def _delete(self, command: ReplayCommand) -> None:
        each = self._children.get(command.run)
        if each is not None:
            each.delete_by = each.delete_by or command.trace_id
            self._ask_to_end(each)
            return
        newest = self.tools.newest(command.run)
        if newest is not None and is_live(newest, self.tools.now_ns()):
            msg = f"run {command.run} is executed by a process of its own; stop it first"
            raise MisconfiguredInfra(msg)
        self._remove(command.run, command.trace_id)

    def _refuse(self, command: ReplayCommand, why: str) -> None:
        log.warning("replay_command_refused", run=command.run, why=why)
        run = command.run
        known = self.tools.newest(run)
        is_live_run = known is not None and is_live(known, self.tools.now_ns())
        if command.action == "create" and not is_live_run and not self._is_there(run):
            answer = blank_status(run, "failed")
        else:
            # A run that exists is not touched by what is refused in its name.
            answer = blank_status(WORKER_RUN, WORKER_STATE)
        self.tools.publish(
            msgspec.structs.replace(answer, last_command_id=command.trace_id, error=why)
        )

    def _is_there(self, run: str) -> bool:
        return run in self._children or folder_of(self.data_dir, run).exists()

    def _ask_to_end(self, each: _Child) -> None:
        if each.asked_ns == 0:
            each.asked_ns = self.tools.now_ns()
            each.process.terminate()

    def _look_after(self, run: str, each: _Child) -> None:
        code = each.process.poll()
        if code is None:
            if each.asked_ns and self.tools.now_ns() - each.asked_ns > STOP_NS:
                log.warning("run_killed", run=run)
                each.process.kill()
            self._speak_for(run)
            return
        del self._children[run]
        if each.delete_by:
            self._remove(run, each.delete_by)
            return
        self._note_end(run, each, code)

    def _speak_for(self, run: str) -> None:
        # Until its process has started, which takes seconds, only the worker knows that it lives.
        newest = self.tools.newest(run)
        if newest is None or newest.state != "created":
            return
        if self.tools.now_ns() - newest.source_ts >= STATUS_INTERVAL_NS:
            self.tools.publish(newest)

    def _note_end(self, run: str, each: _Child, code: int) -> None:
        manifest = load_manifest(self.data_dir, run)
        if manifest is None or manifest.state not in ENDED:
            error = self._log_tail(run) or f"its process ended with exit code {code}"
            manifest = msgspec.structs.replace(
                manifest or RunManifest(request=each.request, created_ns=each.started_ns),
                state="stopped" if each.asked_ns else "failed",
                ended_ns=self.tools.now_ns(),
                error="" if each.asked_ns else error,
            )
            save_manifest(self.data_dir, manifest)
        newest = self.tools.newest(run)
        if newest is None or newest.state not in ENDED:
            self.tools.publish(_ended_status(newest or status_of(each.request, ""), manifest))

    def _log_tail(self, run: str) -> str:
        path = folder_of(self.data_dir, run) / WORKER_LOG
        if not path.is_file():
            return ""
        return path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()

    def _remove(self, run: str, command_id: str) -> None:
        self.tools.remove(run)
        known = self.tools.newest(run) or blank_status(run, "deleted")
        gone = msgspec.structs.replace(
            known, state="deleted", last_command_id=command_id or known.last_command_id, error=""
        )
        self.tools.publish(gone)
        log.info("run_deleted", run=run)

    def _sweep(self, now_ns: int) -> None:
        for manifest in all_manifests(self.data_dir):
            run = manifest.request.run
            is_ours = (folder_of(self.data_dir, run) / WORKER_LOG).is_file()
            if not is_ours or run in self._children:
                continue
            newest = self.tools.newest(run)
            if newest is not None and is_live(newest, now_ns):
                continue
            if manifest.state not in ENDED:
                self._note_orphan(manifest, newest, now_ns)
                continue
            stated_ns = 0 if newest is None else newest.source_ts
            if now_ns - max(manifest.created_ns, manifest.ended_ns, stated_ns) >= UNUSED_NS:
                self._remove(run, "")

    def _note_orphan(self, manifest: RunManifest, newest: ReplayStatus | None, now_ns: int) -> None:
        failed = msgspec.structs.replace(
            manifest, state="failed", ended_ns=now_ns, error="the worker that ran it is gone"
        )
        save_manifest(self.data_dir, failed)
        known = newest or status_of(manifest.request, "")
        self.tools.publish(_ended_status(known, failed))


def _request_of(command: ReplayCommand) -> ReplayRequest:
    try:
        request = msgspec.json.decode(command.request or "", type=ReplayRequest)
    except msgspec.DecodeError as error:
        msg = f"the request of run {command.run} is not one: {error}"
        raise MisconfiguredInfra(msg) from error
    if request.run != command.run:
        msg = f"the request names run {request.run}, its command {command.run}"
        raise MisconfiguredInfra(msg)
    return request


def _ended_status(known: ReplayStatus, manifest: RunManifest) -> ReplayStatus:
    return msgspec.structs.replace(
        known,
        state=manifest.state,
        error=manifest.error,
        generation=manifest.generation,
        event_ts=manifest.event_ts or known.event_ts,
        records=dict(manifest.records) or known.records,
    )


def start_run(
    request: ReplayRequest, addresses: StackAddresses, data_dir: Path
) -> "subprocess.Popen[bytes]":
    """Start a run in a process that ends with this one; what it says goes to `WORKER_LOG`."""
    path = folder_of(data_dir, request.run) / WORKER_LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = msgspec.json.encode(request).decode()
    command = child.command("infra.cli", "replay", "--data", str(data_dir), "--request", asked)
    with path.open("ab") as said:
        return subprocess.Popen(
            command,
            env=flow_environment(addresses, data_dir),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def run_worker(
    addresses: StackAddresses,
    data_dir: Path,
    remove_run: Callable[[str], object],
    stop: threading.Event,
) -> None:
    """
    Serve until told to stop; runs that live then are stopped.

    Delivery: a command is taken once; one sent while no worker lives is not taken at all.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    data_dir : Path
        The data folder; the runs' own lie in it.
    remove_run : callable
        Removes topics, tables and folder of a run.
    stop : threading.Event
        Ends the service.

    Raises
    ------
    MisconfiguredInfra
        Another worker is live.
    TransientConnector
        Broker or registry do not answer.
    """
    other = newest_status(addresses, WORKER_RUN)
    if other is not None and is_live(other, time.time_ns()):
        msg = "a replay worker is live already; one serves all, stop it first"
        raise MisconfiguredInfra(msg)
    own = StatusBoard(addresses, WORKER_RUN)
    watch = StatusWatch(addresses)

    def publish(status: ReplayStatus) -> None:
        board = own if status.run == WORKER_RUN else StatusBoard(addresses, status.run)
        board.publish(status)

    tools = WorkerTools(
        start=lambda request: start_run(request, addresses, data_dir),
        remove=remove_run,
        publish=publish,
        newest=lambda run: watch.statuses().get(run),
    )
    worker = ReplayWorker(data_dir, tools)
    with closing(watch), closing(CommandInbox(addresses, for_worker)) as inbox:
        try:
            while not stop.is_set():
                worker.look()
                for command in inbox.take(LOOK_S):
                    worker.obey(command)
        finally:
            worker.stop()
