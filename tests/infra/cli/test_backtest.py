"""`islandflow backtest`: what is refused at once, what is asked for, printed and written."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import structlog
import typer
from typer.testing import CliRunner

from infra.backtest.result import BacktestResult
from infra.backtest.result import Lift
from infra.backtest.run import BacktestRequest
from infra.cli import backtest as module
from infra.cli.backtest import backtest
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings
from tests.infra.backtest.pages import Page
from tests.infra.backtest.report_cases import CASES
from tests.infra.backtest.report_cases import beats
from tests.infra.backtest.report_cases import grid

app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command()(backtest)

MAY_1 = 1_746_072_000_000_000_000  # 2025-05-01 00:00 in New York


class Asked:
    """What reached the backtest, and what it answers."""

    def __init__(self) -> None:
        self.requests: list[BacktestRequest] = []
        self.folders: list[Path] = []
        self.result: BacktestResult = beats()

    @property
    def request(self) -> BacktestRequest:
        (one,) = self.requests
        return one

    def run_backtest(
        self, request: BacktestRequest, settings: object, addresses: object, folder: Path, _: object
    ) -> BacktestResult:
        self.requests.append(request)
        self.folders.append(folder)
        return self.result

    @contextmanager
    def services(self, *_: object) -> Iterator[None]:
        yield None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    load_settings.cache_clear()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    made = Asked()
    monkeypatch.setattr(module, "run_backtest", made.run_backtest)
    monkeypatch.setattr(module, "stored_services", made.services)
    yield made
    structlog.reset_defaults()
    load_settings.cache_clear()


def run(*arguments: str | Path) -> str:
    found = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.stdout


def test_options_become_a_request(asked: Asked, tmp_path: Path) -> None:
    run(
        *("--from", "2025-05-01", "--to", "2025-05-01", "--flow", "equities", "--source", "store"),
        *("--underlying", "spy", "--underlying", "VST", "--workers", "2", "--as", "may", "--keep"),
        *("--set", "CLUSTER_WINDOW_MS=750", "--data", tmp_path),
    )

    request = asked.request
    assert (request.from_ns, request.to_ns) == (MAY_1, MAY_1 + 86_400 * 10**9)
    assert (request.flow, request.source, request.workers) == ("equities", "store", 2)
    assert request.underlyings == ("SPY", "VST")
    assert request.combinations == ({"CLUSTER_WINDOW_MS": "750"},)
    assert request.walk_forward is None
    assert request.is_kept
    assert asked.folders == [tmp_path]


def test_grid_brings_the_reference_and_a_walk_forward(asked: Asked, tmp_path: Path) -> None:
    run(
        *("--grid", "CLUSTER_WINDOW_MS=250,750", "--horizon", "60m", "--train", "4", "--test", "2"),
        *("--data", tmp_path),
    )

    assert asked.request.combinations == (
        {},
        {"CLUSTER_WINDOW_MS": "250"},
        {"CLUSTER_WINDOW_MS": "750"},
    )
    plan = asked.request.walk_forward
    assert plan is not None
    assert (plan.horizon, plan.train, plan.test, plan.step) == ("60m", 4, 2, 2)
    assert plan.objective == "hit_lift"


@pytest.mark.parametrize(("typed", "objective"), [("hits", "hit_lift"), ("bps", "bps_lift")])
def test_objective_says_what_a_grid_is_chosen_by(
    asked: Asked, tmp_path: Path, typed: str, objective: str
) -> None:
    run("--grid", "CLUSTER_WINDOW_MS=250,750", "--objective", typed, "--data", tmp_path)

    assert asked.request.walk_forward is not None
    assert asked.request.walk_forward.objective == objective


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--set", "CLUSTER_WINDOW=750"), "did you mean CLUSTER_WINDOW_MS"),
        (("--grid", "ALERT_MIN_SCOR=1,2"), "did you mean ALERT_MIN_SCORE"),
        (("--set", "ALERT_MIN_SCORE=many"), "ALERT_MIN_SCORE is 'many'"),
        (("--out", "report.pdf"), "expected a name that ends in .html"),
        (("--as", "May"), "cannot name a run"),
        (("--as", "a" * 40), "cannot name a run"),
        (("--from", "yesterday"), "expected a time such as"),
        (("--from", "2025-05-02", "--to", "2025-05-01"), "a time after the start"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    asked: Asked, arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(MisconfiguredInfra, match=words):
        run(*arguments)
    assert asked.requests == []


def test_page_lies_in_the_data_folder_under_the_name(asked: Asked, tmp_path: Path) -> None:
    out = run("--as", "may", "--data", tmp_path)

    path = tmp_path / "backtests" / "may.html"
    assert f"report  {path}" in out
    assert Page(path.read_text()).text(".answer").startswith("Yes:")


def test_page_goes_where_it_is_asked(asked: Asked, tmp_path: Path) -> None:
    path = tmp_path / "new" / "strict.html"

    out = run("--out", path, "--data", tmp_path)

    assert path.is_file()
    assert str(path) in out
    assert not (tmp_path / "backtests").exists()


def test_terminal_gives_the_answer_of_the_page_and_its_groups(asked: Asked, tmp_path: Path) -> None:
    out = run("--as", "may", "--data", tmp_path)

    answer = Page((tmp_path / "backtests" / "may.html").read_text()).text(".answer")
    assert out.startswith(answer)
    assert "Past results." in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(
        line.startswith("all alerts 1,465 55.0% 50.8% +4.2 +1.3 to +7.1 ▲") for line in lines
    )
    at = lines.index("by classifier")
    assert lines[at + 1].startswith("closing unwind likely")
    assert "▲ beats base ▼ below base ● does not beat ○ not evidence" in " ".join(lines)


def test_tables_fit_eighty_characters(asked: Asked, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--data", str(tmp_path)], env={"COLUMNS": "80"})

    lines = [line.rstrip() for line in found.stdout.splitlines()]
    (row,) = [line for line in lines if line.startswith("   large call sell overwrite")]
    assert row.endswith(("▲", "▼", "●", "○"))
    assert max(len(line) for line in lines if not line.startswith("report")) <= 80


def test_walk_forward_by_bps_is_told_in_bps(asked: Asked, tmp_path: Path) -> None:
    result = grid()
    assert result.walk_forward is not None
    walk = msgspec.structs.replace(
        result.walk_forward,
        objective="bps_lift",
        out_of_sample=Lift(n=123, mean=1.25, low=-3.0, high=5.5),
        in_sample=Lift(n=431, mean=2.5),
    )
    asked.result = msgspec.structs.replace(result, walk_forward=walk)

    out = run("--data", tmp_path)

    assert "Walk-forward: +1.2 bps out of sample (−3.0 to +5.5) over 3 folds" in out
    assert "with hindsight +2.5" in out


def test_terminal_compares_combinations(asked: Asked, tmp_path: Path) -> None:
    asked.result = grid()

    out = run("--as", "may", "--data", tmp_path)

    assert "Thresholds compared" in out
    assert "CLUSTER_WINDOW_MS=750, ALERT_MIN_SCORE=60" in out
    assert "Walk-forward: +0.3 points out of sample (−7.7 to +8.3) over 3 folds" in out


@pytest.mark.parametrize("case", CASES)
def test_every_result_can_be_printed(asked: Asked, tmp_path: Path, case: str) -> None:
    asked.result = CASES[case]()

    out = run("--data", tmp_path)

    assert out.startswith(("Yes:", "No:", "Not enough evidence:"))
    assert "None" not in out
    assert "nan" not in out


def test_json_is_the_result_alone(asked: Asked, tmp_path: Path) -> None:
    out = run("--json", "--data", tmp_path)

    assert json.loads(out) == json.loads(json.dumps(beats().as_json()))


def test_page_tells_how_to_repeat_it(asked: Asked, tmp_path: Path) -> None:
    run(
        *("--set", "CLUSTER_WINDOW_MS=750", "--set", "ALERT_MIN_SCORE=60", "--as", "may", "--keep"),
        *("--horizon", "5m", "--json", "--data", tmp_path),
    )

    told = Page((tmp_path / "backtests" / "may.html").read_text()).text("pre")
    assert told.startswith("islandflow backtest ")
    assert told.endswith(f"--as may --keep --data {tmp_path}")
    assert "--set CLUSTER_WINDOW_MS=750 --set ALERT_MIN_SCORE=60 --horizon 5m" in told
    assert "--json" not in told
    assert "--workers" not in told


def test_browser_is_opened_when_asked(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(typer, "launch", shown.append)

    run("--as", "may", "--data", tmp_path)
    assert shown == []
    run("--as", "may", "--open", "--data", tmp_path)
    assert shown == [(tmp_path / "backtests" / "may.html").as_uri()]


def test_help_has_examples() -> None:
    found = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"})

    assert found.exit_code == 0
    assert "islandflow backtest --grid ALERT_MIN_SCORE=25,40,60" in found.output
