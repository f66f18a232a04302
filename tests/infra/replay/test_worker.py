"""Runs that are started, watched and removed for others."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from infra.errors import InfraError
from infra.replay.commands import Ask
from infra.replay.commands import command_of
from infra.replay.manifest import RunManifest
from infra.replay.manifest import load_manifest
from infra.replay.manifest import save_manifest
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from infra.replay.status import WORKER_RUN
from infra.replay.worker import MAX_RUNS
from infra.replay.worker import STOP_NS
from infra.replay.worker import SWEEP_NS
from infra.replay.worker import UNUSED_NS
from infra.replay.worker import WORKER_LOG
from infra.replay.worker import ReplayWorker
from infra.replay.worker import WorkerTools
from schemas.records import ReplayStatus

START_NS = 1_800_000_000_000_000_000
S = 1_000_000_000


class FakeProcess:
    def __init__(self) -> None:
        self.code: int | None = None
        self.is_stubborn = False
        self.was_killed = False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        if not self.is_stubborn:
            self.code = 143

    def kill(self) -> None:
        self.was_killed = True
        self.code = -9


class World:
    """Everything a worker touches, and a clock that is set by hand."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.now_ns = START_NS
        self.processes: dict[str, FakeProcess] = {}
        self.stated: list[ReplayStatus] = []
        self.removed: list[str] = []
        self._number = 0
        tools = WorkerTools(
            start=self.start,
            remove=self.remove,
            publish=self.publish,
            newest=self.newest,
            now_ns=lambda: self.now_ns,
        )
        self.worker = ReplayWorker(data_dir, tools)

    def start(self, request: ReplayRequest) -> FakeProcess:
        folder = folder_of(self.data_dir, request.run)
        folder.mkdir(parents=True)
        (folder / WORKER_LOG).write_text("")
        self.processes[request.run] = FakeProcess()
        return self.processes[request.run]

    def remove(self, run: str) -> None:
        self.removed.append(run)
        for path in sorted(folder_of(self.data_dir, run).glob("*")):
            path.unlink()
        folder_of(self.data_dir, run).rmdir()

    def publish(self, status: ReplayStatus) -> None:
        self.stated.append(msgspec.structs.replace(status, source_ts=self.now_ns))

    def newest(self, run: str) -> ReplayStatus | None:
        found = [each for each in self.stated if each.run == run]
        return found[-1] if found else None

    def stands(self, run: str) -> tuple[str, str, str]:
        found = self.newest(run)
        assert found is not None
        return found.state, found.last_command_id, found.error

    def ask(self, run: str, action: str, request: str | None = None) -> str:
        self._number += 1
        ask = Ask(action=action, request=request)
        command = command_of(run, ask, self._number, self.now_ns)
        self.worker.obey(command)
        return command.trace_id

    def create(self, run: str) -> str:
        return self.ask(run, "create", asked(run))

    def say(self, run: str, state: str) -> None:
        known = self.newest(run)
        assert known is not None
        self.publish(msgspec.structs.replace(known, state=state))


def asked(run: str) -> str:
    return msgspec.json.encode(ReplayRequest(run=run)).decode()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_run_is_created_as_a_process_and_said_to_be(world: World) -> None:
    command = world.create("monday")

    assert world.stands("monday") == ("created", command, "")
    assert list(world.processes) == ["monday"]


@pytest.mark.parametrize(
    ("request_json", "message"),
    [
        ("{", "is not one"),
        ('{"run": "monday", "pace": 3}', "unknown field `pace`"),
        ('{"run": "friday"}', "names run friday"),
        ('{"run": "monday", "speed": 5000}', "0.1 to 1000"),
    ],
)
def test_a_bad_request_fails_and_says_why(world: World, request_json: str, message: str) -> None:
    command = world.ask("monday", "create", request_json)

    state, named, why = world.stands("monday")
    assert (state, named, world.processes) == ("failed", command, {})
    assert message in why


def test_a_name_that_is_taken_is_refused_without_touching_its_run(world: World) -> None:
    world.create("monday")
    world.say("monday", "playing")

    command = world.create("monday")

    assert world.stands("monday")[0] == "playing"
    state, named, why = world.stands(WORKER_RUN)
    assert (state, named) == ("worker", command)
    assert "there is a run monday already" in why


def test_a_fifth_run_is_refused_until_one_has_ended(world: World) -> None:
    names = [f"run-{letter}" for letter in "abcde"]
    for name in names:
        world.create(name)
    assert len(world.processes) == MAX_RUNS
    assert "4 runs are live" in world.stands("run-e")[2]

    world.processes["run-a"].code = 0
    world.say("run-a", "finished")
    world.worker.look()
    world.create("run-e")

    assert world.stands("run-e")[0] == "created"


def test_a_run_whose_process_dies_has_failed_with_the_end_of_its_log(world: World) -> None:
    world.create("monday")
    log = folder_of(world.data_dir, "monday") / WORKER_LOG
    log.write_text("early\n" * 1000 + "error: nothing to replay\n")
    world.processes["monday"].code = 1

    world.worker.look()

    state, _, why = world.stands("monday")
    assert (state, why.splitlines()[-1]) == ("failed", "error: nothing to replay")
    assert len(why) < 2000
    manifest = load_manifest(world.data_dir, "monday")
    assert manifest is not None
    assert (manifest.state, manifest.error) == ("failed", why)


def test_a_run_that_said_how_it_ended_is_not_contradicted(world: World) -> None:
    world.create("monday")
    request = ReplayRequest(run="monday")
    save_manifest(world.data_dir, RunManifest(request=request, state="finished"))
    world.say("monday", "finished")
    world.processes["monday"].code = 0
    before = len([each for each in world.stated if each.run == "monday"])

    world.worker.look()

    assert len([each for each in world.stated if each.run == "monday"]) == before


def test_until_its_process_speaks_the_worker_says_that_a_run_lives(world: World) -> None:
    world.create("monday")
    world.now_ns += S
    world.worker.look()
    assert [each.source_ts for each in world.stated if each.run == "monday"] == [
        START_NS,
        START_NS + S,
    ]
    world.say("monday", "playing")
    world.now_ns += S

    world.worker.look()

    assert world.stands("monday")[0] == "playing"


def test_a_deleted_run_is_stopped_and_then_removed(world: World) -> None:
    world.create("monday")
    command = world.ask("monday", "delete")
    assert world.removed == []

    world.worker.look()

    assert world.removed == ["monday"]
    assert world.stands("monday") == ("deleted", command, "")


def test_a_run_that_does_not_stop_is_killed(world: World) -> None:
    world.create("monday")
    world.processes["monday"].is_stubborn = True
    world.ask("monday", "delete")
    world.now_ns += STOP_NS
    world.worker.look()
    assert not world.processes["monday"].was_killed

    world.now_ns += 1
    world.worker.look()
    world.worker.look()

    assert (world.processes["monday"].was_killed, world.removed) == (True, ["monday"])


def test_a_run_that_somebody_else_executes_is_not_deleted(world: World) -> None:
    world.create("monday")
    world.say("monday", "playing")
    other = World(world.data_dir)
    other.stated = world.stated

    command = other.ask("monday", "delete")

    assert other.removed == []
    assert other.stands("monday")[0] == "playing"
    assert other.stands(WORKER_RUN)[1] == command


def ended(world: World, run: str, *, is_ours: bool = True) -> None:
    save_manifest(
        world.data_dir,
        RunManifest(
            request=ReplayRequest(run=run),
            state="finished",
            created_ns=START_NS - S,
            ended_ns=START_NS,
        ),
    )
    if is_ours:
        (folder_of(world.data_dir, run) / WORKER_LOG).write_text("")


def test_runs_of_a_worker_are_deleted_a_day_after_their_last_use(world: World) -> None:
    ended(world, "monday")
    ended(world, "by-hand", is_ours=False)
    world.now_ns = START_NS + UNUSED_NS - 1
    world.worker.look()
    assert world.removed == []

    world.now_ns += SWEEP_NS
    world.worker.look()

    assert world.removed == ["monday"]
    assert world.stands("monday")[0] == "deleted"


def test_a_run_whose_worker_was_killed_has_failed(world: World) -> None:
    save_manifest(world.data_dir, RunManifest(request=ReplayRequest(run="monday"), state="playing"))
    (folder_of(world.data_dir, "monday") / WORKER_LOG).write_text("")

    world.worker.look()

    assert world.stands("monday") == ("failed", "", "the worker that ran it is gone")
    manifest = load_manifest(world.data_dir, "monday")
    assert manifest is not None
    assert manifest.state == "failed"


def test_a_worker_that_ends_stops_its_runs_and_says_so(world: World) -> None:
    world.create("monday")
    world.worker.look()
    assert world.stands(WORKER_RUN)[0] == "worker"

    world.worker.stop(lambda _: None)

    assert world.stands("monday")[0] == "stopped"
    assert world.stands(WORKER_RUN)[0] == "stopped"


def test_a_run_that_cannot_be_removed_is_left_and_the_worker_lives_on(world: World) -> None:
    ended(world, "monday")
    world.now_ns += UNUSED_NS

    def refuse(run: str) -> None:
        msg = f"cannot drop {run}"
        raise InfraError(msg)

    world.worker.tools = dataclasses.replace(world.worker.tools, remove=refuse)
    world.worker.look()

    assert folder_of(world.data_dir, "monday").exists()
