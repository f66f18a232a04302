"""Measure finished replay runs: what they decided, and what came after."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.eastern import iso_date
from flows.options.scorecard import MIN_SAMPLE
from infra.backtest.bootstrap import LEVEL
from infra.backtest.bootstrap import MIN_BLOCKS
from infra.backtest.bootstrap import RESAMPLES
from infra.backtest.caveats import BASE
from infra.backtest.caveats import CORRECTION
from infra.backtest.caveats import INTERVAL
from infra.backtest.caveats import LABEL
from infra.backtest.caveats import caveats_of
from infra.backtest.days import day_results
from infra.backtest.distributions import distributions
from infra.backtest.groups import calibration
from infra.backtest.groups import counted
from infra.backtest.groups import group_results
from infra.backtest.groups import judged_runs
from infra.backtest.market import Market
from infra.backtest.market import read_markets
from infra.backtest.market import spacing_s
from infra.backtest.measures import Measured
from infra.backtest.measures import measure
from infra.backtest.observations import Decisions
from infra.backtest.observations import Flow
from infra.backtest.observations import Observation
from infra.backtest.observations import read_decisions
from infra.backtest.result import SCHEMA_VERSION
from infra.backtest.result import BacktestResult
from infra.backtest.result import Counts
from infra.backtest.result import DataRange
from infra.backtest.result import Method
from infra.backtest.result import RunResult
from infra.backtest.walk_forward import Candidate
from infra.backtest.walk_forward import WalkForwardPlan
from infra.backtest.walk_forward import walk_forward
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.evidence import Store
from infra.replay.names import namespace_of
from infra.replay.request import ReplayRequest

MAX_RUNS: Final = 64


class MeasuredRun(msgspec.Struct, frozen=True, kw_only=True):
    """
    A finished run.

    Parameters
    ----------
    request : ReplayRequest
        What it was asked; decisions before its start (the warm-up) and from its end on are left
        out.
    generation : int
        Which of its generations is measured.
    """

    request: ReplayRequest
    generation: int = 1


class MeasureRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    How runs are measured.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    flow : str
        `options` or `equities`.
    is_with_hits : bool
        Measure classifier hits on their own too, alerted or not.
    walk_forward : WalkForwardPlan | None
        How thresholds are chosen between the runs; null for not at all.
    """

    addresses: StackAddresses
    flow: Flow = "options"
    is_with_hits: bool = False
    walk_forward: WalkForwardPlan | None = None


def measure_runs(
    runs: Sequence[MeasuredRun], store: Store, request: MeasureRequest
) -> BacktestResult:
    """
    Measure runs on the same mids.

    Parameters
    ----------
    runs : sequence of MeasuredRun
        1 to 64 finished ones with different names, the reference first.
    store : Store
        Where mids are read: the live tables where they hold the range, as the way to the next
        close leads behind it; else those of a run.
    request : MeasureRequest
        How.

    Returns
    -------
    BacktestResult
        The same for the same log and tables, byte for byte.

    Raises
    ------
    MisconfiguredInfra
        There are no runs, too many, two of one name, or one that has no topics.
    TransientConnector
        Broker or registry do not answer.
    """
    decided = {
        each.request.run: read_decisions(
            request.addresses,
            namespace_of(each.request.run, each.generation),
            request.flow,
            is_with_hits=request.is_with_hits,
        )
        for each in _checked(runs)
    }
    return measure_decisions([each.request for each in runs], decided, store, request)


def _checked(runs: Sequence[MeasuredRun]) -> Sequence[MeasuredRun]:
    names = {each.request.run for each in runs}
    if not 1 <= len(runs) <= MAX_RUNS or len(names) != len(runs):
        msg = (
            f"{len(runs)} runs with {len(names)} names cannot be measured together, expected 1 to "
            f"{MAX_RUNS}, each with a name of its own"
        )
        raise MisconfiguredInfra(msg)
    return runs


def measure_decisions(
    asked: Sequence[ReplayRequest],
    decided: Mapping[str, Decisions],
    store: Store,
    request: MeasureRequest,
) -> BacktestResult:
    """
    Measure what runs decided, by run; see `measure_runs`.

    Parameters
    ----------
    asked : sequence of ReplayRequest
        The runs, the reference first.
    decided : mapping
        Decisions of each by its name.
    store : Store
        Where mids are read.
    request : MeasureRequest
        How.
    """
    kept = {run.run: _within(decided[run.run], run) for run in asked}
    markets = _markets(kept, store)
    known: dict[tuple[str, int], Measured] = {}
    alerts = {name: measure(each.alerts, markets, known) for name, each in kept.items()}
    hits = {name: measure(each.hits, markets, known) for name, each in kept.items()}
    seed_parts = [request.flow, *sorted(_seed_of(run) for run in asked)]
    results = []
    for at, run in enumerate(asked):
        groups = group_results(request.flow, alerts[run.run], hits[run.run], seed_parts)
        left_out = len(decided[run.run].alerts) - len(kept[run.run].alerts)
        results.append(
            RunResult(
                run=run.run,
                label=run.label,
                source=run.source,
                changes=dict(run.changes),
                config_hashes=_config_hashes(kept[run.run]),
                counts=_counts(alerts[run.run], left_out, decided[run.run].undecodable),
                groups=groups,
                calibration=calibration(alerts[run.run]),
                days=day_results(alerts[run.run]),
                returns=distributions(alerts[run.run], markets) if at == 0 else (),
            )
        )
    judged, overall, grouped = judged_runs(results)
    opens = _opens(kept, markets)
    walk = None
    if request.walk_forward is not None:
        candidates = [
            Candidate(run=run.run, changes=run.changes, alerts=alerts[run.run]) for run in asked
        ]
        walk = walk_forward(candidates, opens, request.walk_forward, seed_parts)
    data = _data_range(asked, kept, opens, markets)
    base_sessions = {day for market in markets.values() for day in market.sessions_with_mids()}
    return BacktestResult(
        schema_version=SCHEMA_VERSION,
        flow=request.flow,
        label=LABEL,
        data=data,
        method=_method(seed_parts, overall, grouped),
        runs=judged,
        walk_forward=walk,
        caveats=caveats_of(request.flow, data, judged, walk, len(base_sessions)),
    )


def _seed_of(run: ReplayRequest) -> str:
    """Return what a run asks, so that another name of it gives the same intervals."""
    return " ".join([f"{name}={value}" for name, value in sorted(run.changes.items())]) or "as set"


def _within(decided: Decisions, run: ReplayRequest) -> Decisions:
    def kept(all_of_them: Sequence[Observation]) -> tuple[Observation, ...]:
        return tuple(
            [
                each
                for each in all_of_them
                if run.from_ns <= each.emission_ns
                and (run.to_ns == 0 or each.emission_ns < run.to_ns)
            ]
        )

    return Decisions(kept(decided.alerts), kept(decided.hits), decided.undecodable)


def _markets(kept: Mapping[str, Decisions], store: Store) -> dict[str, Market]:
    sessions: dict[str, set[int]] = {}
    for decisions in kept.values():
        for each in (*decisions.alerts, *decisions.hits):
            sessions.setdefault(each.underlying_id, set()).add(each.session)
    return read_markets(store, sessions)


def _config_hashes(decisions: Decisions) -> tuple[str, ...]:
    return tuple(sorted({each.config_hash for each in (*decisions.alerts, *decisions.hits)}))


def _counts(alerts: Sequence[Measured], left_out: int, undecodable: int) -> Counts:
    directed = sum(each.decision.sign != 0.0 for each in alerts)
    directions = sorted({each.decision.direction for each in alerts})
    return Counts(
        alerts=len(alerts),
        directed=directed,
        undirected=len(alerts) - directed,
        retracted=sum(each.decision.is_retracted for each in alerts),
        outside_hours=sum(not each.is_in_hours for each in alerts),
        without_mids=sum(all(one.bps is None for one in each.outcomes) for each in alerts),
        before_start=left_out,
        undecodable=undecodable,
        by_classifier=counted("classifier", alerts),
        by_profile=counted("profile", alerts),
        by_severity=counted("severity", alerts),
        by_kind=counted("kind", alerts),
        by_direction={
            name: sum(each.decision.direction == name for each in alerts) for name in directions
        },
    )


def _opens(kept: Mapping[str, Decisions], markets: Mapping[str, Market]) -> dict[int, int]:
    """Return the open of each session from the first to the last decision that has mids."""
    decided = [
        each.session for decisions in kept.values() for each in (*decisions.alerts, *decisions.hits)
    ]
    if not decided:
        return {}
    first, last = min(decided), max(decided)
    found = {
        day: market.times[day].open_ns
        for market in markets.values()
        for day in market.sessions_with_mids()
        if first <= day <= last
    }
    return dict(sorted(found.items()))


def _data_range(
    asked: Sequence[ReplayRequest],
    kept: Mapping[str, Decisions],
    opens: Mapping[int, int],
    markets: Mapping[str, Market],
) -> DataRange:
    emitted = [
        each.emission_ns
        for decisions in kept.values()
        for each in (*decisions.alerts, *decisions.hits)
    ]
    starts = [run.from_ns for run in asked]
    ends = [run.to_ns for run in asked]
    return DataRange(
        from_ns=min(starts) if all(starts) else None,
        to_ns=max(ends) if all(ends) else None,
        first_ts=min(emitted, default=None),
        last_ts=max(emitted, default=None),
        sessions=tuple([iso_date(day) for day in opens]),
        underlyings=tuple(sorted(markets)),
        mid_spacing_s=spacing_s(markets[name] for name in sorted(markets)),
        mids_from_prints=tuple([name for name in sorted(markets) if markets[name].is_from_prints]),
    )


def _method(seed_parts: Sequence[str], overall: int, grouped: int) -> Method:
    return Method(
        level=LEVEL,
        resamples=RESAMPLES,
        seed_of=", ".join(seed_parts),
        base=BASE,
        interval=INTERVAL,
        correction=CORRECTION,
        min_alerts=MIN_SAMPLE,
        min_blocks=MIN_BLOCKS,
        comparisons_overall=overall,
        comparisons_groups=grouped,
    )
