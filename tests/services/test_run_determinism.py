"""The same file gives the same records at any batch size, speed, worker count, and after a kill."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.infra.cli.command import DEADLINE_S
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until
from tests.infra.cli.market_file import SPAN_S
from tests.infra.cli.market_file import market_file

PRINTS = 700
PACED_S = 5
PACED = ("--speed", str(SPAN_S / PACED_S))
SHORT_EPOCHS = {"FLOW_EPOCH_S": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("determinism")


@pytest.fixture(scope="module")
def tape(folder: Path) -> Path:
    return market_file(folder / "hour.csv", PRINTS)


@pytest.fixture(scope="module")
def plain(folder: Path, tape: Path) -> dict[str, Any]:
    """Return what an undisturbed run with one worker and large batches came to."""
    found = islandflow("run", tape, "--data", folder / "plain", "--digest", "--json")
    assert found.err == ""
    result: dict[str, Any] = found.json()
    return result


def same(result: dict[str, Any], plain: dict[str, Any]) -> None:
    assert result["digests"] == plain["digests"]
    assert result["topics"] == plain["topics"]
    assert result["tables"] == plain["tables"]
    assert result["alerts"] == plain["alerts"]


def flow_pids(data: Path, name: str) -> set[int]:
    return {pid for pid, line in processes_of(data).items() if f"flows.{name}.flow:flow" in line}


def let_it_get_on(data: Path) -> None:
    """Wait until the options flow has closed an epoch and written records of the next."""
    store, tape_log = data / "recovery" / "options", data / "kafka"
    before = written(store, "part-*")
    wait_until(lambda: written(store, "part-*") != before, "an epoch is closed")
    snapshot = written(tape_log, "topics/options.tape-*/*/*.log")
    wait_until(
        lambda: written(tape_log, "topics/options.tape-*/*/*.log") != snapshot, "more of the tape"
    )


def written(folder: Path, pattern: str) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.glob(pattern)
    )


def test_run_derives_every_kind_of_record(plain: dict[str, Any]) -> None:
    topics = plain["topics"]

    assert topics["options.prints"] == plain["published"] >= PRINTS
    assert plain["tables"]["options_tape"] == plain["published"]
    assert sum(plain["placements"].values()) == plain["published"]
    assert plain["dead_letters"] == 0
    assert min(topics[name] for name in topics if name.startswith("flow.")) > 0
    assert topics["options.tape"] > plain["tables"]["options_tape"]  # cancels revise rows
    assert len({alert["underlying_id"] for alert in plain["alerts"]}) > 2


def test_second_run_on_the_same_folder_adds_nothing(
    folder: Path, tape: Path, plain: dict[str, Any]
) -> None:
    again = islandflow("run", tape, "--data", folder / "plain", "--digest", "--json").json()

    same(again, plain)
    assert (again["published"], again["already_published"]) == (0, plain["published"])


def test_two_workers_and_odd_batches_give_the_same_records(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    found = islandflow(
        *("run", tape, "--data", tmp_path / "two", "--digest", "--json"),
        *("--workers", "2", "--batch", "7"),
    )

    same(found.json(), plain)


def test_paced_run_with_batches_of_one_gives_the_same_records(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    found = islandflow(
        *("run", tape, "--data", tmp_path / "paced", "--digest", "--json"), *PACED, "--batch", "1"
    )

    same(found.json(), plain)


def test_killed_flow_is_brought_back_and_nothing_is_missing(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    data, output = tmp_path / "killed", tmp_path / "output"
    arguments = ("run", tape, "--data", data, "--digest", "--json", *PACED)
    with running(*arguments, output=output, settings=SHORT_EPOCHS) as process:
        killed: set[int] = set()
        for _ in range(2):
            wait_until(lambda: bool(flow_pids(data, "options") - killed), "the flow runs")
            (victim,) = flow_pids(data, "options") - killed
            killed.add(victim)
            let_it_get_on(data)
            os.kill(victim, signal.SIGKILL)
        assert process.wait(DEADLINE_S) == 0, output.read_text()
    result = json.loads(output.read_text().splitlines()[-1])

    same(result, plain)
    assert result["flow_restarts"] >= 1
    assert sum(result["repeats"].values()) > 0  # what was written behind the last snapshot


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_run_ended_in_the_middle_is_completed_by_the_next(
    tmp_path: Path, tape: Path, plain: dict[str, Any], number: signal.Signals
) -> None:
    data, output = tmp_path / "ended", tmp_path / "output"
    arguments = ("run", tape, "--data", data, "--digest", "--json")
    with running(*arguments, *PACED, output=output, settings=SHORT_EPOCHS) as process:
        wait_until(lambda: bool(flow_pids(data, "options")), "the flow runs")
        let_it_get_on(data)
        if number is signal.SIGINT:
            assert interrupted(process) == 130
            assert processes_of(data) == {}
        else:
            process.kill()
            process.wait()

    result = islandflow(*arguments).json()

    same(result, plain)
    assert 0 < result["published"] < plain["published"]
    assert result["published"] + result["already_published"] == plain["published"]
