"""Alerts by classifier, profile, severity and kind: rates, lifts, calibration."""

import math
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

from flows.options.base_rates import BaseRate
from flows.options.forward_returns import HORIZONS
from flows.options.scorecard import MIN_SAMPLE
from flows.options.scorecard import NO_PROFILE
from flows.options.scorecard import ScoredAlert
from flows.options.scorecard import bucket_name
from flows.options.scorecard import calibration_of
from flows.options.scorecard import rate_of
from flows.options.scorecard import wilson_interval
from infra.backtest.lifts import LIFT_VALUES
from infra.backtest.lifts import is_tested
from infra.backtest.lifts import judged
from infra.backtest.lifts import lift_of
from infra.backtest.measures import Measured
from infra.backtest.result import NOT_EVIDENCE
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.result import Lift
from infra.backtest.result import RunResult
from infra.backtest.result_calibration import CalibrationBin
from infra.backtest.result_calibration import CalibrationResult

ALL: Final = "all"
ALL_ALERTS: Final = "all alerts"
HIT: Final = "hit"

_SEVERITIES: Final = ("high", "medium", "low")
# In order of display. An alert of the equities flow has neither classifier nor profile.
_NAMES: Final[Mapping[str, Callable[[Measured], tuple[str, ...]]]] = {
    ALL: lambda _: (ALL_ALERTS,),
    "classifier": lambda each: each.decision.classifiers,
    "profile": lambda each: (each.decision.profile or NO_PROFILE,),
    "severity": lambda each: (each.decision.severity,),
    "kind": lambda each: (each.decision.kind,),
    "confidence": lambda each: (bucket_name(each.decision.probability),),
}
OPTIONS_DIMENSIONS: Final = (ALL, "classifier", "profile", "severity", "confidence")
EQUITIES_DIMENSIONS: Final = (ALL, "kind", "severity", "confidence")


def names_in(dimension: str, each: Measured) -> tuple[str, ...]:
    """Return the names an alert has in a dimension."""
    return _NAMES[dimension](each)


def counted(dimension: str, measured: Iterable[Measured]) -> dict[str, int]:
    """Return the alerts by their names in a dimension."""
    found = Counter(name for each in measured for name in names_in(dimension, each))
    return {name: found[name] for name in sorted(found, key=lambda name: _order(dimension, name))}


def _order(dimension: str, name: str) -> tuple[int, str]:
    is_ranked = dimension == "severity" and name in _SEVERITIES
    return (_SEVERITIES.index(name) if is_ranked else len(_SEVERITIES), name)


def group_results(
    flow: str,
    alerts: Sequence[Measured],
    hits: Sequence[Measured],
    seed_parts: Sequence[str],
) -> tuple[GroupResult, ...]:
    """
    Measure the groups of a run, not yet judged: that takes all runs together.

    Parameters
    ----------
    flow : str
        `options` or `equities`.
    alerts, hits : sequence of Measured
        Alerts, and classifier hits on their own.
    seed_parts : sequence of str
        Names the resampling is seeded by.
    """
    found = []
    for dimension in OPTIONS_DIMENSIONS if flow == "options" else EQUITIES_DIMENSIONS:
        found += _groups(dimension, dimension, alerts, seed_parts)
    found += _groups(HIT, "classifier", hits, seed_parts)
    if not alerts:
        found.insert(0, _group(ALL, ALL_ALERTS, [], seed_parts))
    return tuple(found)


def _groups(
    dimension: str, names: str, measured: Sequence[Measured], seed_parts: Sequence[str]
) -> list[GroupResult]:
    members: dict[str, list[Measured]] = {name: [] for name in counted(names, measured)}
    for each in measured:
        for name in names_in(names, each):
            members[name].append(each)
    return [_group(dimension, name, part, seed_parts) for name, part in members.items()]


def _group(
    dimension: str, name: str, members: Sequence[Measured], seed_parts: Sequence[str]
) -> GroupResult:
    return GroupResult(
        dimension=dimension,
        name=name,
        alerts=len(members),
        directed=sum(each.decision.sign != 0.0 for each in members),
        sessions=len({each.decision.session for each in members}),
        horizons=tuple([_horizon(members, at, seed_parts) for at in range(len(HORIZONS))]),
    )


def _horizon(members: Sequence[Measured], at: int, seed: Sequence[str]) -> HorizonResult:
    horizon = HORIZONS[at]
    rate = rate_of([scored(each, at) for each in members], horizon)
    changes = [bps for each in members if (bps := each.signed_bps(at)) is not None]
    paired = [each for each in members if each.bps_lift(at) is not None]
    moved = [each for each in members if each.move_lift(at) is not None]
    return HorizonResult(
        horizon=horizon,
        n=sum(each.decision.sign != 0.0 for each in members),
        known_n=rate.n,
        hits=rate.hits,
        hit_rate=rate.rate,
        wilson_low=rate.low,
        wilson_high=rate.high,
        mean_bps=_mean(changes),
        median_bps=round(median(changes), 6) if changes else None,
        base_n=rate.base_n,
        base_samples=rate.base_samples,
        base_hit_rate=rate.base_rate,
        base_mean_bps=_mean([each.base_signed_bps(at) for each in paired]),
        hit_lift=lift_of(members, "hit_lift", at, seed),
        bps_lift=lift_of(members, "bps_lift", at, seed),
        move_n=len(moved),
        move_mean_bps=_mean([abs(each.outcomes[at].bps or 0.0) for each in moved]),
        move_base_bps=_mean([each.outcomes[at].base_move_bps for each in moved]),
        move_lift=lift_of(members, "move_lift", at, seed),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(math.fsum(known) / len(known), 6) if known else None


def scored(each: Measured, at: int) -> ScoredAlert:
    """Return an alert as the scorecard counts it at one horizon."""
    hit, base = each.is_hit(at), each.base_hit_rate(at)
    horizon = HORIZONS[at]
    return ScoredAlert(
        groups={},
        probability=each.decision.probability,
        hits={} if hit is None else {horizon: hit},
        base={}
        if hit is None or base is None
        else {horizon: BaseRate(base, each.outcomes[at].base_n)},
    )


def calibration(alerts: Sequence[Measured]) -> tuple[CalibrationResult, ...]:
    """Compare stated probabilities with hits at each horizon."""
    return tuple([_calibration(alerts, at) for at in range(len(HORIZONS))])


def _calibration(alerts: Sequence[Measured], at: int) -> CalibrationResult:
    horizon = HORIZONS[at]
    known = [one for each in alerts if (one := scored(each, at)).hits]
    found = calibration_of(known, horizon)
    with_base = [one for one in known if one.base]
    return CalibrationResult(
        horizon=horizon,
        n=found.n,
        ece=found.ece,
        brier=_mean([(one.probability - one.hits[horizon]) ** 2 for one in known]),
        brier_base=_mean([(one.base[horizon].rate - one.hits[horizon]) ** 2 for one in with_base]),
        base_n=len(with_base),
        bins=tuple([_bin(each.low, each.high, known, horizon) for each in found.buckets]),
        is_evidence=found.n >= MIN_SAMPLE,
    )


def _bin(low: float, high: float, known: Sequence[ScoredAlert], horizon: str) -> CalibrationBin:
    name = bucket_name(low)
    members = [one for one in known if bucket_name(one.probability) == name]
    hits = sum(one.hits[horizon] for one in members)
    wilson_low, wilson_high = wilson_interval(hits, len(members))
    return CalibrationBin(
        low=low,
        high=high,
        n=len(members),
        mean_probability=_mean([one.probability for one in members]) or 0.0,
        hit_rate=round(hits / len(members), 6),
        wilson_low=wilson_low,
        wilson_high=wilson_high,
    )


def judged_runs(runs: Sequence[RunResult]) -> tuple[tuple[RunResult, ...], int, int]:
    """
    Give every lift of all runs its verdict.

    Two families are corrected apart: whether alerts beat their base rate at all, and which groups
    of them do.

    Returns
    -------
    tuple
        The runs; comparisons made over all alerts; comparisons made over groups.
    """
    families: dict[bool, list[Lift]] = {True: [], False: []}
    for is_overall, horizon in _horizons(runs):
        families[is_overall] += [getattr(horizon, kind) for kind in LIFT_VALUES]
    verdicts = {is_overall: iter(judged(lifts)) for is_overall, lifts in families.items()}
    found = []
    for run in runs:
        groups = []
        for group in run.groups:
            lifts = verdicts[group.dimension == ALL]
            horizons = tuple([_with_verdict(each, lifts) for each in group.horizons])
            groups.append(msgspec.structs.replace(group, horizons=horizons))
        found.append(msgspec.structs.replace(run, groups=tuple(groups)))
    overall, grouped = [
        sum(is_tested(lift) for lift in families[is_overall]) for is_overall in (True, False)
    ]
    return tuple(found), overall, grouped


def _horizons(runs: Iterable[RunResult]) -> Iterator[tuple[bool, HorizonResult]]:
    for run in runs:
        for group in run.groups:
            for horizon in group.horizons:
                yield group.dimension == ALL, horizon


def _with_verdict(horizon: HorizonResult, lifts: Iterator[Lift]) -> HorizonResult:
    hit, bps, move = [next(lifts) for _ in LIFT_VALUES]
    verdict = move.verdict if horizon.n == 0 else hit.verdict
    return msgspec.structs.replace(
        horizon,
        hit_lift=hit,
        bps_lift=bps,
        move_lift=move,
        verdict=verdict,
        is_evidence=verdict != NOT_EVIDENCE,
    )
