"""The same file gives the same records at any batch size, speed, worker count, and after a kill."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.infra.cli.command import complaints
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until
from tests.infra.cli.market_file import SPAN_S
from tests.infra.cli.market_file import market_file

PRINTS = 700
PACED = ("--speed", str(SPAN_S / 4))
# Slow enough that a run is still publishing when it is ended, on a busy machine too.
SLOW = ("--speed", str(SPAN_S / 40))
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
    assert complaints(found.err) == ""
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
    """Wait until the options flow has written its recovery store, and tape rows after that."""
    store = (data / "recovery" / "options", "part-*")
    log = (data / "kafka", "topics/options.tape-*/*/*.log")
    before = written(*store)
    wait_until(lambda: written(*store) != before, "the recovery store is written")
    rows = written(*log)
    wait_until(lambda: written(*log) != rows, "more tape rows are written")


def written(folder: Path, pattern: str) -> dict[str, tuple[int, int]]:
    """Return size and time of the files of a pattern; one that vanishes meanwhile is left out."""
    found = {}
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            state = path.stat()
            found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found


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


def test_killed_flow_is_brought_back_and_the_interrupted_run_completed(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    data, output = tmp_path / "killed", tmp_path / "output"
    arguments = ("run", tape, "--data", data, "--digest", "--json")
    with running(*arguments, *SLOW, output=output, settings=SHORT_EPOCHS) as process:
        wait_until(lambda: bool(flow_pids(data, "options")), "the flow runs")
        (victim,) = flow_pids(data, "options")
        let_it_get_on(data)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: bool(flow_pids(data, "options") - {victim}), "the flow is back")
        let_it_get_on(data)
        assert interrupted(process) == 130, output.read_text()
        assert processes_of(data) == {}

    result = islandflow(*arguments).json()

    same(result, plain)
    assert 0 < result["published"] < plain["published"]
    assert sum(result["repeats"].values()) > 0  # what was written behind the killed one's snapshot


def test_killed_run_is_completed_by_the_next(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    data, output = tmp_path / "killed", tmp_path / "output"
    arguments = ("run", tape, "--data", data, "--digest", "--json")
    with running(*arguments, *SLOW, output=output, settings=SHORT_EPOCHS) as process:
        wait_until(lambda: bool(flow_pids(data, "options")), "the flow runs")
        let_it_get_on(data)
        process.kill()
        process.wait()

    result = islandflow(*arguments).json()

    same(result, plain)
    assert result["published"] + result["already_published"] == plain["published"]
