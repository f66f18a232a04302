"""A live session, a flow of which is killed, lived again in three ways: each time the same."""

import json
import os
import signal
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.marks import MARKS_TOPIC
from flows.common.calendar import NS_PER_S
from infra.embedded.stack import EmbeddedStack
from infra.replay.manifest import load_manifest
from infra.replay.names import namespace_of
from infra.replay.player import QUIET_WALL_NS
from tests.infra.cli.command import in_process
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until
from tests.services.ends import has_records

# Long enough a wait for a quiet input that a busy machine makes no record late.
LIVELY = {
    "SYNTHETIC_MARKET_MODE": "active",
    "FLOW_EPOCH_S": "2",
    "FLOW_MAX_IDLE_MS": "5000",
}
# What is derived when a worker is killed, and when the session ends. What the killed one writes
# again is in it, so at least half of it is different records.
KILLED_AFTER = {"options.tape": 200}
ENDED_AFTER = {"options.tape": 800, "equities.joins": 200, "flow.packets": 5}
FLOW = "bytewax.run flows.options.flow:flow"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay") / "data"


@pytest.fixture(scope="module")
def recorded(data: Path) -> Iterator[dict[str, Any]]:
    """Record a live session of two workers, and kill one of them in its middle."""
    output = data.parent / "live"
    killed: list[int] = []
    with running("up", "--data", data, "--workers", "2", output=output, settings=LIVELY) as process:
        wait_until(lambda: has_records(data, KILLED_AFTER), output.read_text)
        for pid, command in processes_of(data).items():
            if FLOW in command and not killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        wait_until(lambda: has_records(data, ENDED_AFTER), output.read_text)
        code = interrupted(process)
    # The commands that follow find the services running.
    with EmbeddedStack(data):
        yield {"code": code, "killed": killed, "output": output.read_text()}


def compared(run: str, data: Path) -> dict[str, Any]:
    found = in_process("replay", "diff", run, "live", "--data", data, "--json")
    assert found.code in {0, 1}, found.err
    answer: dict[str, Any] = json.loads(found.out)
    return answer


def skip_if_live_was_late(answer: dict[str, Any]) -> None:
    """Skip where the copy, which is in the records' own order, has not the late ones live had."""
    if any(" late here, " in note for note in answer["notes"]):
        pytest.skip(f"live had late records on this machine: {answer['notes']}")


def derived(answer: dict[str, Any]) -> dict[str, int]:
    return {each["topic"]: each["identical"] for each in answer["topics"]}


def different(answer: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    topics = answer["topics"]
    return [(each["topic"], each["records"]) for each in topics if each["result"] == "different"]


def check_removal(run: str, data: Path) -> None:
    listed = in_process("runs", "ls", "--data", data, "--json")
    removed = in_process("runs", "rm", run, "--data", data)
    after = in_process("runs", "ls", "--data", data, "--json")
    topics = in_process("topics", "ls", "--data", data, "--json")
    tables = in_process("sql", "SHOW TABLES", "--run", run, "--data", data)

    assert removed.code == 0, removed.err
    assert run in {each["run"] for each in listed.json()}
    assert run not in {each["run"] for each in after.json()}
    assert f"replay.{run}" not in topics.out
    assert tables.code == 1


def test_the_session_was_live_and_a_worker_was_killed(recorded: dict[str, Any]) -> None:
    assert recorded["code"] == 0, recorded["output"]
    assert recorded["killed"]
    assert "restarts=1" in recorded["output"]


@pytest.mark.parametrize(
    ("run", "options"),
    [("from-log", ()), ("from-store", ("--source", "store", "--workers", "2"))],
)
def test_a_replay_derives_what_live_did_and_is_removed_without_trace(
    recorded: dict[str, Any], data: Path, run: str, options: tuple[str, ...]
) -> None:
    assert recorded["code"] == 0, recorded["output"]

    found = islandflow("replay", "--as", run, *options, "--data", data, "--json")

    assert found.code == 0, found.err
    answer = compared(run, data)
    if "store" in options:
        skip_if_live_was_late(answer)
    assert different(answer) == []
    assert derived(answer)["options.tape"] >= 300
    assert derived(answer)["equities.joins"] > 50
    assert derived(answer)["flow.packets"] > 0
    check_removal(run, data)


@pytest.mark.timeout(600)
def test_a_paced_replay_with_pauses_steps_and_seeks_derives_what_live_did(
    recorded: dict[str, Any], data: Path
) -> None:
    assert recorded["code"] == 0, recorded["output"]
    output = data.parent / "paced"

    def control(*words: str) -> dict[str, Any]:
        found = in_process("replay", "control", "paced", *words, "--data", data, "--json")
        assert found.code == 0, found.err
        answer: dict[str, Any] = found.json()
        return answer

    # At first so slow that no wait is long enough for the run to come to its end.
    arguments = ("replay", "--as", "paced", "--speed", "0.1", "--paused", "--data", data)
    with running(*arguments, output=output) as process:
        wait_until(_is_live(data, "paced"), output.read_text)
        stepped = control("step", "event", "5")
        assert (stepped["state"], sum(stepped["records"].values())) >= ("paused", 5)
        control("resume")
        control("pause")
        further = control("step", "event", "1000")
        assert further["event_ts"] > stepped["event_ts"]
        control("seek", str(stepped["event_ts"]))
        wait_until(lambda: control("status")["generation"] == 2, output.read_text)
        control("speed", "20")
        control("resume")
        assert process.wait(400) == 0, output.read_text()

    check_flows_are_not_flooded(data, "paced")
    answer = compared("paced", data)
    skip_if_live_was_late(answer)
    assert different(answer) == []


def check_flows_are_not_flooded(data: Path, run: str) -> None:
    """See that a quiet tape told the flows of event time a few times a second, not thousands."""
    manifest = load_manifest(data, run)
    assert manifest is not None
    topics = in_process("topics", "ls", "--data", data, "--json").json()
    marks = topics[f"{namespace_of(run, manifest.generation)}.{MARKS_TOPIC}"]
    turns = marks["records"] / marks["partitions"]
    quiet = manifest.elapsed_s * NS_PER_S / QUIET_WALL_NS
    # With each record written there may be a mark, and one more before the next is waited for.
    assert 0 < turns <= quiet + 2 * sum(manifest.records.values()) + 10


def _is_live(data: Path, run: str) -> Callable[[], bool]:
    def is_live() -> bool:
        found = in_process("replay", "control", run, "status", "--data", data, "--json")
        return found.code == 0 and found.json()["state"] == "paused"

    return is_live
