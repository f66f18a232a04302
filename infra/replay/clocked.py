"""A run under a clock: raw records copied in order, flows that follow, commands that are obeyed."""

import time
from pathlib import Path
from typing import Final

import msgspec
import structlog

from connectors.kafka.serde import AvroWire
from flows.common.calendar import NS_PER_S
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import Observer
from infra.replay.commands import CommandInbox
from infra.replay.commands import of_run
from infra.replay.commands import refusal
from infra.replay.generation import Beginning
from infra.replay.generation import Generation
from infra.replay.manifest import RunManifest
from infra.replay.manifest import save_manifest
from infra.replay.status import StatusBoard
from infra.replay.status import status_of
from infra.settings import Settings
from schemas.records import ReplayCommand

log: Final = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.25
# Read again within about ten seconds.
EXACT_SEEK_RECORDS: Final = 200_000


class ClockedRun:
    """
    Execute a run that obeys commands, to its end.

    What is due is written, flows are looked after, commands are taken between two batches, and the
    status is stated. A seek forwards hurries through what lies between; one backwards begins a new
    generation in new topics, and the old ones are deleted. It hurries from the run's beginning to
    the place asked for, or, when more than `EXACT_SEEK_RECORDS` have been read, from `warmup_s`
    before it: then baselines know less than they did.

    Parameters
    ----------
    manifest : RunManifest
        What is known of the run so far.
    job : DrainRequest
        How its flows run.
    settings : Settings
        Name of the live database.
    data_dir : Path
        Where its manifest is kept.
    wire : AvroWire
        Registry headers of the raw topics.
    first_ns : int
        Event time of the first print or quote, ns UTC: reference data before it is hurried
        through.
    """

    def __init__(
        self,
        manifest: RunManifest,
        job: DrainRequest,
        settings: Settings,
        data_dir: Path,
        wire: AvroWire,
        first_ns: int,
    ) -> None:
        self._manifest = manifest
        self._request = manifest.request
        self._job = job
        self._settings = settings
        self._data_dir = data_dir
        self._wire = wire
        self._first_ns = first_ns
        run = self._request.run
        self._board = StatusBoard(job.addresses, run)
        # What was asked between its creation, which a worker states, and now is not lost.
        asked = self._board.newest
        since_ns = asked.source_ts if asked is not None and asked.state == "created" else None
        self._status = status_of(self._request, "created")
        self._inbox = CommandInbox(job.addresses, of_run(run), since_ns)
        self._is_stopped = False
        self._looked_s = 0.0

    def run(self, observe: Observer | None = None) -> RunManifest:
        """
        Execute the run; return what is known of it then.

        Raises
        ------
        InfraError
            A flow keeps failing.
        """
        request = self._request
        shown_ns = max(request.from_ns, self._first_ns)
        self._generation = self._open(
            1, Beginning(request.first_ns, shown_ns, request.speed, request.is_paused)
        )
        try:
            while not self._is_stopped:
                if self._turn(observe):
                    break
            state = "stopped" if self._is_stopped else "finished"
        except BaseException as error:
            self._say(
                "stopped" if isinstance(error, KeyboardInterrupt | SystemExit) else "failed",
                error="" if isinstance(error, KeyboardInterrupt | SystemExit) else str(error),
            )
            raise
        finally:
            self._generation.close()
            self._inbox.close()
        self._say(state)
        self._manifest = msgspec.structs.replace(self._manifest, state=state)
        return self._manifest

    def _open(self, number: int, beginning: Beginning) -> Generation:
        found = Generation(self._request, number, self._job, self._settings, self._wire, beginning)
        self._manifest = msgspec.structs.replace(
            self._manifest,
            state="playing",
            generation=number,
            # Windows that were open before it are not in what it derives.
            complete_from_ns=0 if self._is_whole(beginning) else beginning.shown_ns,
        )
        save_manifest(self._data_dir, self._manifest)
        self._status = msgspec.structs.replace(
            self._status,
            generation=number,
            topic_namespace=found.namespace,
            stored_in=found.database,
            visible_from_ts=beginning.shown_ns or None,
        )
        return found

    def _is_whole(self, beginning: Beginning) -> bool:
        """Return whether a generation begins where the records do."""
        return not self._request.from_ns and beginning.read_ns <= self._first_ns

    def _turn(self, observe: Observer | None) -> bool:
        """Do what is due once; return whether the run has come to its end."""
        generation = self._generation
        for command in self._inbox.take():
            self._obey(command)
        if self._generation is not generation or self._is_stopped:
            return False
        is_busy = generation.turn()
        now_s = time.monotonic()
        if now_s >= self._looked_s + LOOK_EVERY_S:
            self._looked_s = now_s
            is_done = generation.crew.look_after()
            self._tell(observe)
            if generation.player.state == "finished":
                generation.crew.check_moving()
                return is_done
        self._say(generation.player.state)
        if not is_busy:
            self._wait()
        return False

    def _wait(self) -> None:
        idle_s = self._generation.idle_s()
        if idle_s > 0:
            for command in self._inbox.take(idle_s):
                self._obey(command)

    def _tell(self, observe: Observer | None) -> None:
        player = self._generation.player
        progress = self._generation.progress
        self._status = msgspec.structs.replace(
            self._status,
            lag={name: each.lag for name, each in progress.items() if name != "replay"},
        )
        self._manifest = msgspec.structs.replace(
            self._manifest,
            event_ts=player.event_ns or 0,
            records=dict(player.records),
            peak_mib={
                name: round(mib)
                for name, mib in self._generation.crew.usage.peak_mib_by_stage().items()
            },
        )
        if observe is not None:
            for name, each in progress.items():
                observe(name, each)

    def _say(self, state: str, *, error: str | None = None, command: str | None = None) -> None:
        player = self._generation.player
        is_waiting = state == "finished" and not self._generation.crew.is_done
        self._status = msgspec.structs.replace(
            self._status,
            # Finished is a run whose flows have derived everything, not one whose tape has ended.
            state="playing" if is_waiting else state,
            speed=player.speed,
            event_ts=player.event_ns,
            progress=player.progress,
            records=dict(player.records),
            error=self._status.error if error is None else error,
            last_command_id=self._status.last_command_id if command is None else command,
        )
        self._board.publish(self._status)

    def _obey(self, command: ReplayCommand) -> None:
        player = self._generation.player
        request = self._request
        why_not = refusal(command, player.state, request.from_ns, request.to_ns)
        if not why_not:
            try:
                self._carry_out(command)
            except MisconfiguredInfra as error:
                why_not = str(error)
        log.info("replay_command", run=request.run, action=command.action, refused=why_not)
        self._say(self._generation.player.state, error=why_not, command=command.trace_id)

    def _carry_out(self, command: ReplayCommand) -> None:
        generation, now_ns = self._generation, time.monotonic_ns()
        player = generation.player
        generation.end_search()
        if command.action == "pause":
            player.pause(now_ns)
        elif command.action == "resume":
            player.resume(now_ns)
        elif command.action == "speed" and command.speed is not None:
            player.set_speed(command.speed, now_ns)
        elif command.action == "seek" and command.ts is not None:
            self._seek(command.ts, command.trace_id)
        elif command.action == "step" and command.n is not None:
            self._step(command.by or "event", command.n)
        elif command.action == "stop":
            self._is_stopped = True

    def _step(self, by: str, n: int) -> None:
        player = self._generation.player
        if by == "event":
            player.step_events(n)
        elif by == "ms":
            player.step_ms(n)
        elif by == "bar":
            player.step_bars(n)
        else:
            self._generation.step_to_alert(n)

    def _seek(self, ts: int, command_id: str) -> None:
        old = self._generation
        player = old.player
        if player.event_ns is None or ts >= player.event_ns:
            player.step_to(ts)
            return
        # It has taken effect, though what it needs takes seconds to be made.
        self._say("seeking", error="", command=command_id)
        old.close()
        read_ns = max(0, ts - self._request.warmup_s * NS_PER_S)
        if sum(player.records.values()) <= EXACT_SEEK_RECORDS:
            # From the beginning again: what follows is what it would have been without the seek.
            read_ns = self._request.first_ns
        is_paused = player.state == "paused"
        self._generation = self._open(
            old.number + 1,
            Beginning(read_ns, max(ts, self._first_ns), player.speed, is_paused),
        )
        old.delete()
