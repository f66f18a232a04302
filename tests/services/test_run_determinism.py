"""The same file gives the same records at any batch size, speed, worker count, and after a kill."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.cli.command import complaints
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.market_file import SPAN_S
from tests.infra.cli.market_file import market_file
from tests.services.kills import FlowOfRun

PRINTS = 700
PACED = ("--speed", str(SPAN_S / 4))
# Longer than all waits together, so that a run is still publishing when it is ended.
SLOW = ("--speed", str(SPAN_S / 600))
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


def test_killed_flow_is_brought_back_and_interrupted_and_killed_runs_are_completed(
    tmp_path: Path, tape: Path, plain: dict[str, Any]
) -> None:
    data, output = tmp_path / "killed", tmp_path / "output"
    flow = FlowOfRun(data, "options", "options.tape")
    arguments = ("run", tape, "--data", data, "--digest", "--json")
    with running(*arguments, *SLOW, output=output, settings=SHORT_EPOCHS) as process:
        victim = flow.wait_for_pid()
        flow.let_it_get_on()
        flow.kill_ahead_of_its_store(victim)
        flow.wait_for_pid(but=victim)
        flow.let_it_get_on()
        assert interrupted(process) == 130, output.read_text()
        assert processes_of(data) == {}
    with running(*arguments, *SLOW, output=output, settings=SHORT_EPOCHS) as process:
        flow.wait_for_pid()
        flow.let_it_get_on()
        process.kill()
        process.wait()

    result = islandflow(*arguments).json()

    same(result, plain)
    assert result["published"] + result["already_published"] == plain["published"]
    assert 0 < result["published"] < plain["published"]
    assert sum(result["repeats"].values()) > 0  # what was written behind the killed one's snapshot
