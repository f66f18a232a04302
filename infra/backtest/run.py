"""Replay a session once a combination of thresholds, and measure what each decided."""

import shutil
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Final
from typing import Literal

import msgspec

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from infra.backtest.grid import combinations
from infra.backtest.market import has_mids
from infra.backtest.measure import MAX_RUNS
from infra.backtest.measure import MeasuredRun
from infra.backtest.measure import MeasureRequest
from infra.backtest.measure import measure_runs
from infra.backtest.result import BacktestResult
from infra.backtest.walk_forward import WalkForwardPlan
from infra.embedded.stack import StackAddresses
from infra.equities_settings import EQUITIES_VARIABLES
from infra.errors import MisconfiguredInfra
from infra.options_settings import OPTIONS_VARIABLES
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress
from infra.replay.manifest import RunManifest
from infra.replay.manifest import load_manifest
from infra.replay.names import check_run
from infra.replay.names import database_of
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from infra.replay.runner import run_replay
from infra.replay.runs import is_held
from infra.replay.runs import remove_run
from infra.settings import Settings
from infra.settings import variables
from infra.tables import open_tables
from infra.thresholds import changes_of

MEASURE: Final = "measure"


class BacktestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What to replay and measure.

    Parameters
    ----------
    name : str
        Of the backtest; its runs are called `<name>-a`, `<name>-b` and so on.
    flow : {"options", "equities"}
        Whose alerts are measured.
    source : {"log", "store"}
        Where raw records come from.
    from_ns, to_ns : int
        Event time, ns UTC, the second one excluded; 0 for the first record and for the end.
    underlyings : tuple of str
        Only these; empty for all.
    combinations : tuple of dict
        Thresholds of each run, the reference first; 1 to 64.
    walk_forward : WalkForwardPlan | None
        How thresholds are chosen between the runs; null for not at all.
    workers : int
        Processes of the flow.
    is_kept : bool
        The runs stay, with their tables.

    Raises
    ------
    MisconfiguredInfra
        A value is out of range; the message says what it takes.
    """

    name: str
    flow: Literal["options", "equities"] = "options"
    source: Literal["log", "store"] = "log"
    from_ns: int = 0
    to_ns: int = 0
    underlyings: tuple[str, ...] = ()
    combinations: tuple[Mapping[str, str], ...] = ({},)
    walk_forward: WalkForwardPlan | None = None
    workers: int = 1
    is_kept: bool = False

    def __post_init__(self) -> None:
        check_run(self.name)
        if not 1 <= len(self.combinations) <= MAX_RUNS:
            msg = (
                f"there are {len(self.combinations)} combinations with the reference, expected 1 "
                f"to {MAX_RUNS}; leave some values out of the grid"
            )
            raise MisconfiguredInfra(msg)

    def runs(self, *, is_reference_stored: bool = False) -> list[ReplayRequest]:
        """
        Return the runs, the reference first.

        Parameters
        ----------
        is_reference_stored : bool
            The first one gets tables though it is not kept.

        Raises
        ------
        MisconfiguredInfra
            A name or a value is none a run can have.
        """
        return [
            ReplayRequest(
                run=f"{self.name}-{letters(at)}",
                source=self.source,
                from_ns=self.from_ns,
                to_ns=self.to_ns,
                underlyings=self.underlyings,
                flows=(self.flow,),
                workers=self.workers,
                changes=dict(changes),
                # Alerts are read from topics: tables of a run that goes away serve nobody.
                is_stored=self.is_kept or (is_reference_stored and at == 0),
                label=f"backtest {self.name}",
            )
            for at, changes in enumerate(self.combinations)
        ]


def combinations_asked(
    grid: Sequence[str], changes: Sequence[str], settings: Settings
) -> list[dict[str, str]]:
    """
    Return the thresholds of every run, first those that hold without the grid.

    Parameters
    ----------
    grid, changes : sequence of str
        As `combinations` and `changes_of` take them.
    settings : Settings
        What the thresholds are without either.

    Raises
    ------
    MisconfiguredInfra
        As `combinations` and `changes_of`.
    """
    fixed = changes_of(changes)
    if not grid:
        return [fixed]
    found = combinations(grid, fixed)
    same = [
        each
        for each in found
        if all(_is_set(*pair, settings) for pair in each.items() if pair[0] not in fixed)
    ]
    reference = same[0] if same else fixed
    return [reference, *[each for each in found if each != reference]]


def _is_set(name: str, text: str, settings: Settings) -> bool:
    """Return whether a threshold has a value already."""
    options = [each for each in OPTIONS_VARIABLES.variables if each.name == name]
    equities = [each for each in EQUITIES_VARIABLES.variables if each.name == name]
    values = [
        *[(each, getattr(getattr(settings.options, each.group), each.field)) for each in options],
        *[(each, getattr(getattr(settings.equities, each.group), each.field)) for each in equities],
    ]
    return all(variable.read(text) == value for variable, value in values)


def defaults_of(names: Iterable[str]) -> dict[str, str]:
    """Return what thresholds are when nobody sets them, as the list of variables says it."""
    docs = variables()
    return {name: docs[name].rpartition("default ")[2] for name in names if name in docs}


def letters(number: int) -> str:
    """
    Return what tells a run from the others, as columns of a sheet are counted.

    Examples
    --------
    >>> letters(0), letters(25), letters(26), letters(63)
    ('a', 'z', 'aa', 'bl')
    """
    high, low = divmod(number, len(ascii_lowercase))
    return (letters(high - 1) if high else "") + ascii_lowercase[low]


def run_backtest(
    request: BacktestRequest,
    settings: Settings,
    addresses: StackAddresses,
    data_dir: Path,
    observe: Observer | None = None,
) -> BacktestResult:
    """
    Replay every combination and measure all of them on the same mids.

    Whatever happens, runs that are not to be kept are removed at the end.

    Parameters
    ----------
    request : BacktestRequest
        What to replay and measure.
    settings : Settings
        Database, batches and epochs.
    addresses : StackAddresses
        The services, which hold the raw records.
    data_dir : Path
        The data folder; the folders of the runs lie in it.
    observe : Callable[[str, Progress], None] | None
        Told each flow's name and progress a few times a second; `measure` at the end.

    Raises
    ------
    MisconfiguredInfra
        There is nothing to replay, or another run has one of the names.
    InfraError
        A flow keeps failing.
    """
    # Where the live tables have no mids, those of the reference stand in.
    runs = request.runs(is_reference_stored=not _has_mids(request, settings, addresses))
    _refuse_taken(runs, data_dir)
    begun: list[str] = []
    try:
        measured = []
        for at, run in enumerate(runs):
            begun.append(run.run)
            told = _numbered(observe, at, len(runs))
            manifest = run_replay(run, settings, addresses, data_dir, told)
            measured.append(_finished(manifest))
        _tell(observe, 0)
        plan = MeasureRequest(
            addresses=addresses, flow=request.flow, walk_forward=request.walk_forward
        )
        found = _measured(measured, plan, settings, addresses)
        _tell(observe, 1)
        return found
    finally:
        if not request.is_kept:
            for name in begun:
                _clean_up(name, settings, addresses, data_dir)


def _has_mids(request: BacktestRequest, settings: Settings, addresses: StackAddresses) -> bool:
    database = settings.services.clickhouse_database
    create_tables(ClickHouseConfig(url=addresses.clickhouse, database=database))
    with open_tables(settings.services, addresses) as tables:
        return has_mids(tables, request.from_ns, request.to_ns)


def _refuse_taken(runs: Sequence[ReplayRequest], data_dir: Path) -> None:
    """Refuse before hours of work what `run_replay` would refuse in their middle."""
    taken = []
    for run in runs:
        known = load_manifest(data_dir, run.run)
        # One that was cut short goes on when it is asked for in the same words.
        if known is not None and (known.state == "finished" or known.request != run):
            taken.append(run.run)
    if taken:
        msg = (
            f"there are runs {', '.join(taken)} already; take another name with --as, or remove "
            f"them: islandflow runs rm {' '.join(taken)}"
        )
        raise MisconfiguredInfra(msg)


def _clean_up(run: str, settings: Settings, addresses: StackAddresses, data_dir: Path) -> None:
    """Remove a run, or the folder of one that was refused: its name may be another's topics."""
    folder = folder_of(data_dir, run)
    if load_manifest(data_dir, run) is not None:
        remove_run(run, settings.services, addresses, data_dir)
    elif folder.is_dir() and not is_held(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _numbered(observe: Observer | None, at: int, total: int) -> Observer | None:
    """Say which of several runs a stage belongs to."""
    if observe is None or total == 1:
        return observe

    def told(stage: str, progress: Progress) -> None:
        observe(f"{at + 1}/{total} {stage}", progress)

    return told


def _tell(observe: Observer | None, done: int) -> None:
    if observe is not None:
        observe(MEASURE, Progress(done, 1))


def _finished(manifest: RunManifest) -> MeasuredRun:
    if manifest.state != "finished":
        msg = (
            f"run {manifest.request.run} is {manifest.state}, so there is nothing whole to measure"
        )
        raise MisconfiguredInfra(msg)
    return MeasuredRun(request=manifest.request, generation=manifest.generation)


def _measured(
    runs: Sequence[MeasuredRun],
    plan: MeasureRequest,
    settings: Settings,
    addresses: StackAddresses,
) -> BacktestResult:
    """Measure on the live tables' mids, or on those of the reference where there are none."""
    with open_tables(settings.services, addresses) as tables:
        found = measure_runs(runs, tables, plan)
    is_measured = found.data.mid_spacing_s is not None or found.data.first_ts is None
    if is_measured or not runs[0].request.is_stored:
        return found
    own = database_of(settings.services.clickhouse_database, runs[0].request.run)
    services = settings.services.model_copy(update={"clickhouse_database": own})
    with open_tables(services, addresses) as tables:
        return measure_runs(runs, tables, plan)
