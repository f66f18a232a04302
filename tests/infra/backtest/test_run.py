"""A backtest replays each combination once, measures all on one store, and leaves nothing."""

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from infra.backtest import run as backtest_run
from infra.backtest.measure import MeasuredRun
from infra.backtest.measure import MeasureRequest
from infra.backtest.result import BacktestResult
from infra.backtest.run import BacktestRequest
from infra.backtest.run import combinations_asked
from infra.backtest.run import defaults_of
from infra.backtest.run import letters
from infra.backtest.run import run_backtest
from infra.backtest.walk_forward import WalkForwardPlan
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress
from infra.replay.manifest import RunManifest
from infra.replay.manifest import save_manifest
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from infra.settings import ServiceSettings
from infra.settings import Settings
from infra.settings import read_settings
from tests.infra.backtest.report_cases import beats
from tests.infra.backtest.report_cases import empty

ADDRESSES = StackAddresses("kafka", "registry", "http://clickhouse", "redis")


class Machinery:
    """What replays, measures and removes, by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.replayed: list[ReplayRequest] = []
        self.removed: list[str] = []
        self.databases: list[str] = []
        self.measured: list[tuple[str, int]] = []
        self.plan: MeasureRequest | None = None
        self.failing = ""
        self.refusing = ""
        self.mids_asked = (0, 0)
        self.without_mids: frozenset[str] = frozenset()

    def run_replay(
        self,
        request: ReplayRequest,
        settings: Settings,
        addresses: StackAddresses,
        data_dir: Path,
        observe: Observer | None = None,
    ) -> RunManifest:
        self.replayed.append(request)
        if request.run == self.refusing:
            folder_of(data_dir, request.run).mkdir(parents=True)
            msg = "the log holds no raw records"
            raise MisconfiguredInfra(msg)
        save_manifest(data_dir, RunManifest(request=request, state="playing"))
        if request.run == self.failing:
            msg = "the flow keeps failing"
            raise InfraError(msg)
        if observe is not None:
            observe("options", Progress(5, 5))
        ended = RunManifest(request=request, state="finished")
        save_manifest(data_dir, ended)
        return ended

    def remove_run(
        self, run: str, settings: ServiceSettings, addresses: StackAddresses, data_dir: Path
    ) -> None:
        self.removed.append(run)
        (folder_of(data_dir, run) / "run.json").unlink()

    @contextmanager
    def open_tables(self, settings: ServiceSettings, addresses: StackAddresses) -> Iterator[str]:
        yield settings.clickhouse_database

    def measure_runs(
        self, runs: Sequence[MeasuredRun], store: str, request: MeasureRequest
    ) -> BacktestResult:
        self.databases.append(store)
        self.measured = [(each.request.run, each.generation) for each in runs]
        self.plan = request
        found = beats()
        if store in self.without_mids:
            return msgspec.structs.replace(
                found, data=msgspec.structs.replace(found.data, mid_spacing_s=None)
            )
        return found

    def has_mids(self, store: str, from_ns: int, to_ns: int) -> bool:
        self.mids_asked = (from_ns, to_ns)
        return store not in self.without_mids

    def create_tables(self, config: ClickHouseConfig) -> None:
        assert config.database == "islandflow"


@pytest.fixture
def machinery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machinery:
    made = Machinery(tmp_path)
    for name in (
        *("run_replay", "remove_run", "open_tables", "measure_runs"),
        *("has_mids", "create_tables"),
    ):
        monkeypatch.setattr(backtest_run, name, getattr(made, name))
    return made


def settings_of(values: dict[str, str] | None = None) -> Settings:
    return read_settings(values or {}, None)


def backtested(made: Machinery, request: BacktestRequest, observe: Observer | None = None
               ) -> BacktestResult:  # fmt: skip
    return run_backtest(request, settings_of(), ADDRESSES, made.folder, observe)


def asked(**changes: object) -> BacktestRequest:
    first = BacktestRequest(name="may", combinations=({}, {"ALERT_MIN_SCORE": "60"}))
    return msgspec.structs.replace(first, **changes)


def test_each_combination_is_replayed_under_a_name_of_its_own(machinery: Machinery) -> None:
    backtested(machinery, asked(flow="options", from_ns=5, to_ns=9, underlyings=("VST",)))

    assert [each.run for each in machinery.replayed] == ["may-a", "may-b"]
    assert [each.changes for each in machinery.replayed] == [{}, {"ALERT_MIN_SCORE": "60"}]
    assert {each.flows for each in machinery.replayed} == {("options",)}
    assert {(each.from_ns, each.to_ns, each.underlyings) for each in machinery.replayed} == {
        (5, 9, ("VST",))
    }
    assert machinery.measured == [("may-a", 1), ("may-b", 1)]


def test_runs_are_removed_afterwards(machinery: Machinery) -> None:
    backtested(machinery, asked())

    assert machinery.removed == ["may-a", "may-b"]


def test_runs_are_kept_when_asked(machinery: Machinery) -> None:
    backtested(machinery, asked(is_kept=True))

    assert machinery.removed == []
    assert all(each.is_stored for each in machinery.replayed)


def test_runs_that_go_away_are_not_stored(machinery: Machinery) -> None:
    backtested(machinery, asked(from_ns=5, to_ns=9))

    assert [each.is_stored for each in machinery.replayed] == [False, False]
    assert machinery.mids_asked == (5, 9)


def test_reference_is_stored_where_the_live_tables_have_no_mids(machinery: Machinery) -> None:
    machinery.without_mids = frozenset({"islandflow"})

    backtested(machinery, asked())

    assert [each.is_stored for each in machinery.replayed] == [True, False]


def test_runs_without_tables_are_measured_once(
    machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mids of the range, but none of the alerts' underlyings: there is no other place to look."""
    machinery.without_mids = frozenset({"islandflow"})
    monkeypatch.setattr(backtest_run, "has_mids", lambda *_: True)

    found = backtested(machinery, asked())

    assert machinery.databases == ["islandflow"]
    assert found.data.mid_spacing_s is None


def test_a_failed_run_leaves_nothing_behind(machinery: Machinery) -> None:
    machinery.failing = "may-b"

    with pytest.raises(InfraError, match="keeps failing"):
        backtested(machinery, asked())
    assert machinery.removed == ["may-a", "may-b"]
    assert machinery.measured == []


def test_a_refused_run_leaves_no_folder_and_takes_no_topics_away(machinery: Machinery) -> None:
    """What has the name but no manifest here may be another folder's run."""
    machinery.refusing = "may-a"

    with pytest.raises(MisconfiguredInfra, match="holds no raw records"):
        backtested(machinery, asked())

    assert machinery.removed == []
    assert not folder_of(machinery.folder, "may-a").exists()


def test_a_taken_name_is_refused_before_anything_runs(machinery: Machinery) -> None:
    backtested(machinery, asked(is_kept=True))
    machinery.replayed.clear()

    with pytest.raises(MisconfiguredInfra, match=r"runs may-a, may-b already.*islandflow runs rm"):
        backtested(machinery, asked())
    assert machinery.replayed == []
    assert machinery.removed == []


def test_runs_cut_short_in_the_same_words_go_on(machinery: Machinery) -> None:
    cut = asked().runs()[0]
    save_manifest(machinery.folder, RunManifest(request=cut, state="stopped"))

    backtested(machinery, asked())

    assert [each.run for each in machinery.replayed] == ["may-a", "may-b"]


def test_mids_are_those_of_the_live_tables(machinery: Machinery) -> None:
    backtested(machinery, asked())

    assert machinery.databases == ["islandflow"]


def test_without_live_mids_those_of_the_reference_are_used(machinery: Machinery) -> None:
    machinery.without_mids = frozenset({"islandflow"})

    found = backtested(machinery, asked())

    assert machinery.databases == ["islandflow", "islandflow_replay_may_a"]
    assert found.data.mid_spacing_s is not None


def test_no_alerts_are_measured_once(machinery: Machinery, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def nothing(runs: object, store: str, request: object) -> BacktestResult:
        calls.append(store)
        return empty()

    monkeypatch.setattr(backtest_run, "measure_runs", nothing)
    backtested(machinery, asked())

    assert calls == ["islandflow"]


def test_plan_and_flow_reach_the_measuring(machinery: Machinery) -> None:
    plan = WalkForwardPlan(horizon="60m", train=4, test=2, step=2)
    backtested(machinery, asked(walk_forward=plan, flow="equities"))

    assert machinery.plan is not None
    assert machinery.plan.walk_forward == plan
    assert machinery.plan.flow == "equities"


def test_progress_says_which_run_it_is_of(machinery: Machinery) -> None:
    stages: list[str] = []
    backtested(machinery, asked(), lambda stage, _: stages.append(stage))

    assert stages == ["1/2 options", "2/2 options", "measure", "measure"]


def test_progress_of_a_single_run_is_not_numbered(machinery: Machinery) -> None:
    stages: list[str] = []
    backtested(machinery, asked(combinations=({},)), lambda stage, _: stages.append(stage))

    assert stages == ["options", "measure", "measure"]


@pytest.mark.parametrize("name", ["May", "may-1", "", "may_open"])
def test_a_name_no_run_can_have_is_refused(name: str) -> None:
    with pytest.raises(MisconfiguredInfra, match="cannot name a run"):
        BacktestRequest(name=name)


@pytest.mark.parametrize("count", [0, 65])
def test_number_of_combinations_is_bounded(count: int) -> None:
    with pytest.raises(MisconfiguredInfra, match=f"there are {count} combinations"):
        BacktestRequest(name="may", combinations=({},) * count)


def test_names_of_64_runs_differ() -> None:
    assert len({letters(at) for at in range(64)}) == 64


def test_without_a_grid_there_is_one_run() -> None:
    assert combinations_asked([], ["ALERT_MIN_SCORE=60"], settings_of()) == [
        {"ALERT_MIN_SCORE": "60"}
    ]


def test_reference_is_what_is_set_and_comes_first() -> None:
    found = combinations_asked(["ALERT_MIN_SCORE=60,70"], ["CLUSTER_WINDOW_MS=750"], settings_of())

    assert found[0] == {"CLUSTER_WINDOW_MS": "750"}
    assert [each.get("ALERT_MIN_SCORE") for each in found] == [None, "60", "70"]


@pytest.mark.parametrize("window", ["500", "750"])
def test_combination_that_is_set_already_is_the_reference(window: str) -> None:
    settings = settings_of({"CLUSTER_WINDOW_MS": window})

    found = combinations_asked(["CLUSTER_WINDOW_MS=250,500,750"], [], settings)

    assert [each["CLUSTER_WINDOW_MS"] for each in found] == [
        window,
        *[each for each in ("250", "500", "750") if each != window],
    ]


@pytest.mark.parametrize(
    ("grid", "changes", "words"),
    [
        (["ALERT_MIN_SCOR=1,2"], [], "did you mean ALERT_MIN_SCORE"),
        ([], ["CLUSTER_WINDOW=750"], "did you mean CLUSTER_WINDOW_MS"),
        ([], ["CLUSTER_WINDOW_MS"], "expected NAME=VALUE"),
        (["ALERT_MIN_SCORE=1,2"], ["ALERT_MIN_SCORE=3"], "set twice"),
    ],
)
def test_mistyped_thresholds_are_refused(grid: list[str], changes: list[str], words: str) -> None:
    with pytest.raises(MisconfiguredInfra, match=words):
        combinations_asked(grid, changes, settings_of())


def test_defaults_are_those_of_the_list_of_variables() -> None:
    assert defaults_of(["CLUSTER_WINDOW_MS", "NO_SUCH"]) == {"CLUSTER_WINDOW_MS": "500"}
