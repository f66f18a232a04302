"""`islandflow evaluate` measures, explains, writes its files, and fails when a scenario does."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import structlog
import typer
from typer.testing import CliRunner

from infra.cli.evaluate import FILES
from infra.cli.evaluate import evaluate
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings

app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command()(evaluate)


@pytest.fixture(autouse=True)
def _fresh_start() -> Iterator[None]:
    """Read the settings anew, and log as the command line does."""
    load_settings.cache_clear()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    yield
    structlog.reset_defaults()
    load_settings.cache_clear()


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.stdout


def test_one_scenario_is_measured_as_json() -> None:
    code, out = run("--scenario", "call_sweep", "--seeds", "3", "--json")

    found = json.loads(out)
    assert code == 0
    assert found["is_met"] is True
    assert [each["scenario_id"] for each in found["scenarios"]] == ["call_sweep"]
    assert {each["run"] for each in found["outcomes"]} == {"seed 1", "seed 2", "seed 3"}
    assert found["metrics"]["calibration"]["n"] == 3


def test_tables_and_plot_are_written_beside_the_text(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "evaluation"

    code, out = run("--scenario", "box_spread", "--seeds", "2", "--out", str(folder))

    assert code == 0
    assert {path.name for path in folder.iterdir()} == set(FILES)
    text, plain, plot = (folder / name for name in FILES)
    assert "Scenarios: 1 of 1 as expected" in out
    assert [line.split() for line in text.read_text().splitlines()] == [
        line.split() for line in out.splitlines()
    ]
    assert json.loads(plain.read_bytes())["metrics"]["labels"] == 2
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_a_missed_expectation_is_an_exit_code_and_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLASSIFIER_SWEEP_MIN_PREMIUM", "90000000")
    monkeypatch.setenv("CLASSIFIER_SWEEP_MIN_PREMIUM_Z", "20")

    code, out = run("--scenario", "call_sweep", "--seeds", "2")

    assert code == 1
    assert "0 of 1 as expected" in out
    assert "2× large_bullish_call_sweep did not fire" in out


@pytest.mark.parametrize(
    ("scenario_id", "words"),
    [
        ("call_debit_vertical", ["vertical debit", "tier 1", "net delta ratio", "vertical_spread"]),
        ("absorbed_sweep", ["sweep_kind=", "followup at", "no_follow_through_absorbed"]),
        ("cancelled_block", ["retracted revision", "packet"]),
        ("pre_event_ramp", ["event_driven bullish", "days_to_event=3", "ev="]),
    ],
)
def test_the_chain_of_a_run_is_explained(scenario_id: str, words: list[str]) -> None:
    code, out = run("--explain", scenario_id, "--seed", "2")

    assert code == 0
    assert "as expected" in out
    assert [word for word in words if word not in out] == []


def test_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(MisconfiguredInfra, match=r"no scenario frobnicate; there are .*call_sweep"):
        run("--scenario", "frobnicate")


def test_labels_that_are_not_there_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredInfra, match=r"none\.jsonl cannot be read: No such file"):
        run("--labels", str(tmp_path / "none.jsonl"))
