"""Results of a backtest made by hand: what a page has to be able to tell."""

from collections.abc import Mapping
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from flows.options.forward_returns import HORIZONS
from infra.backtest.report_sections import Origin
from infra.backtest.result import SCHEMA_VERSION
from infra.backtest.result import BacktestResult
from infra.backtest.result import Combination
from infra.backtest.result import Counts
from infra.backtest.result import DataRange
from infra.backtest.result import Fold
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.result import Lift
from infra.backtest.result import Method
from infra.backtest.result import RunResult
from infra.backtest.result import Verdict
from infra.backtest.result import WalkForward
from infra.backtest.result_calibration import CalibrationBin
from infra.backtest.result_calibration import CalibrationResult
from infra.backtest.result_days import DayHorizon
from infra.backtest.result_days import DayResult
from infra.backtest.result_days import ReturnDistribution
from infra.evaluation.plot import wilson

BASE: Final = 0.508
DAY_NS: Final = 86_400 * 10**9
START_NS: Final = 1_748_007_000_000_000_000  # 2025-05-23 09:30 in New York
_SIZES: Final = (1.0, 1.0, 0.99, 0.9, 0.97, 0.42)


def lift(n: int, mean: float, half: float, *, blocks: int = 24, unit: str = "days") -> Lift:
    """Return a lift as measured: judged by its interval when there is enough of it."""
    if n < 30:
        low, high = (mean - half, mean + half) if n >= 5 else (None, None)
        return Lift(n=n, mean=mean, low=low, high=high, by=unit, blocks=blocks,
                    reason=f"{n} alerts, needs 30")  # fmt: skip
    low, high = mean - half, mean + half
    verdict: Verdict = "beats" if low > 0 else "does_not_beat"
    reason = "" if low > 0 else "the interval holds 0" if high > 0 else "the interval is below 0"
    p = 0.004 if low > 0 or high < 0 else 0.62
    return Lift(n=n, mean=mean, low=low, high=high, by=unit, blocks=blocks, p=p,
                p_holm=min(1, 4 * p),
                is_understated=unit != "days", verdict=verdict, reason=reason)  # fmt: skip


def horizon_result(horizon: str, n: int, hit_rate: float, base: float = BASE,
                   half: float | None = None, unit: str = "days", blocks: int = 24,
                   ) -> HorizonResult:  # fmt: skip
    hits = round(n * hit_rate)
    rate = hits / n if n else None
    low, high = wilson(rate, n) if rate is not None else (None, None)
    measured = Lift(n=0, reason="no alerts")
    in_bps = measured
    if rate is not None:
        width = half if half is not None else 1.1 / n**0.5
        measured = lift(n, rate - base, width, unit=unit, blocks=blocks)
        in_bps = lift(n, 40 * (rate - base), 40 * width, unit=unit, blocks=blocks)
    return HorizonResult(
        horizon=horizon, n=n, known_n=n, hits=hits, hit_rate=rate, wilson_low=low, wilson_high=high,
        mean_bps=None if rate is None else 40 * (rate - base) + 0.4,
        median_bps=None if rate is None else 0.1,
        base_n=n, base_samples=40 * n, base_hit_rate=base if n else None,
        base_mean_bps=0.4 if n else None, hit_lift=measured, bps_lift=in_bps, move_n=0,
        move_mean_bps=None, move_base_bps=None, move_lift=Lift(n=0, reason="no alerts"),
        verdict=measured.verdict, is_evidence=measured.verdict != "not_evidence",
    )  # fmt: skip


def group(dimension: str, name: str, n: int, hit_rate: float, *, unit: str = "days",
          blocks: int = 24) -> GroupResult:  # fmt: skip
    found = [
        horizon_result(horizon, round(n * size), hit_rate + 0.006 * at - 0.012, unit=unit,
                       blocks=blocks)
        for at, (horizon, size) in enumerate(zip(HORIZONS, _SIZES, strict=True))
    ]  # fmt: skip
    return GroupResult(
        dimension=dimension, name=name, alerts=n + n // 5, directed=n, sessions=blocks,
        horizons=tuple(found),
    )  # fmt: skip


def groups(n: int, hit_rate: float, *, unit: str = "days", blocks: int = 24) -> list[GroupResult]:
    shares: Sequence[tuple[str, str, float, float]] = (
        ("all", "all alerts", 1.0, 0.0),
        ("classifier", "closing_unwind_likely", 0.04, -0.05),
        ("classifier", "large_bearish_put_sweep", 0.21, -0.02),
        ("classifier", "large_bullish_call_sweep", 0.34, 0.03),
        ("classifier", "large_call_sell_overwrite", 0.02, 0.22),
        ("classifier", "no_follow_through_absorbed", 0.25, -0.21),
        ("classifier", "unusual_contract_spike", 0.3, 0.01),
        ("profile", "institutional_directional", 0.5, 0.01),
        ("profile", "none named", 0.3, -0.01),
        ("profile", "vol_seller", 0.03, 0.1),
        ("severity", "high", 0.15, 0.02),
        ("severity", "medium", 0.35, 0.0),
        ("severity", "low", 0.5, -0.01),
        ("kind", "smart_money", 0.7, 0.0),
        ("kind", "classifier", 0.3, 0.01),
    )
    return [
        group(dimension, name, round(part * n), min(1.0, hit_rate + more), unit=unit, blocks=blocks)
        for dimension, name, part, more in shares
    ]


def calibration(horizon: str, n: int, hit_rate: float) -> CalibrationResult:
    edges = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    parts = (0.03, 0.22, 0.34, 0.25, 0.13, 0.03)
    bins = []
    for (low, high), part in zip(pairwise(edges), parts, strict=True):
        count = round(n * part)
        if count:
            share = round(count * hit_rate) / count
            bounds = wilson(share, count)
            middle = 0.45 if low == 0.0 else (low + high) / 2
            bins.append(CalibrationBin(low=low, high=high, n=count, mean_probability=middle,
                                       hit_rate=share, wilson_low=bounds[0],
                                       wilson_high=bounds[1]))  # fmt: skip
    total = sum(each.n for each in bins)
    return CalibrationResult(
        horizon=horizon, n=total, ece=0.164 if total else None, brier=0.281 if total else None,
        brier_base=0.2499 if total else None, base_n=total, bins=tuple(bins),
        is_evidence=total >= 30,
    )  # fmt: skip


def distribution(horizon: str, n: int, hit_rate: float) -> ReturnDistribution:
    if not n:
        return ReturnDistribution(horizon=horizon, n=0, base_n=0, base_samples=0)
    hits = round(n * hit_rate)
    far, outer = hits // 3, (n - hits) // 4
    return ReturnDistribution(
        horizon=horizon, n=n, base_n=n, base_samples=30 * n,
        edges=(-40.0, -20.0, 0.0, 20.0, 40.0), counts=(outer, n - hits - outer, hits - far, far),
        base_shares=(0.2, 0.32, 0.3, 0.18), p05=-52.0, p25=-11.5, p50=1.5, p75=14.0, p95=61.0,
    )  # fmt: skip


def day(session: str, n: int, hit_rate: float) -> DayResult:
    found = [
        DayHorizon(
            horizon=horizon, known_n=count, hits=round(count * hit_rate),
            hit_rate=round(count * hit_rate) / count if count else None,
            mean_bps=2.5 if count else None, base_n=count, base_hit_rate=BASE if count else None,
            lift=round(count * hit_rate) / count - BASE if count else None,
        )
        for horizon, size in zip(HORIZONS, _SIZES, strict=True)
        for count in [round(n * size)]
    ]  # fmt: skip
    return DayResult(session=session, alerts=n + n // 5, directed=n, horizons=tuple(found))


def day_names(days: int) -> list[str]:
    return [f"2025-05-{number:02d}" for number in range(1, days + 1)]


def run_result(run: str, n: int, hit_rate: float, changes: Mapping[str, str] | None = None,
               *, unit: str = "days", blocks: int = 24) -> RunResult:  # fmt: skip
    undirected = n // 5
    counts = Counts(
        alerts=n + undirected, directed=n, undirected=undirected, retracted=n // 100,
        outside_hours=0, without_mids=n // 60, before_start=3, undecodable=0,
        by_classifier={"large_bullish_call_sweep": n // 3, "unusual_contract_spike": n // 3},
        by_profile={"institutional_directional": n // 2, "none named": n // 3},
        by_severity={"high": n // 7, "medium": n // 3, "low": n // 2},
        by_kind={"smart_money": n}, by_direction={"bullish": n // 2, "bearish": n - n // 2},
    )  # fmt: skip
    return RunResult(
        run=run, label="", source="log", changes=dict(changes or {}),
        config_hashes=("9f2c41aa70be",), counts=counts,
        groups=tuple(groups(n, hit_rate, unit=unit, blocks=blocks)) if n else (),
        calibration=tuple(calibration(each, n, hit_rate) for each in HORIZONS),
        days=tuple(
            day(name, n // blocks, hit_rate + (0.08 if at % 2 else -0.08))
            for at, name in enumerate(day_names(blocks if unit == "days" else 1))
        ) if n else (),
        returns=tuple(distribution(each, n, hit_rate) for each in HORIZONS),
    )  # fmt: skip


def result(runs: Sequence[RunResult], *, days: int = 24, walk: WalkForward | None = None,
           caveats: Sequence[str] = ()) -> BacktestResult:  # fmt: skip
    has_alerts = any(run.counts.alerts for run in runs)
    dates = day_names(days)
    return BacktestResult(
        schema_version=SCHEMA_VERSION, flow="options",
        label="Results of the past; no forecast of what comes.",
        data=DataRange(
            from_ns=START_NS, to_ns=None, first_ts=START_NS if has_alerts else None,
            last_ts=START_NS + (days - 1) * DAY_NS + 20_000 * 10**9 if has_alerts else None,
            sessions=tuple(dates) if has_alerts else (),
            underlyings=("NVDA", "SPY", "VST") if has_alerts else (),
            mid_spacing_s=1.2 if has_alerts else None,
        ),
        method=Method(
            level=0.95, resamples=2000, seed_of="the names of the runs",
            base="The same underlying at the same time of day, within 15 minutes, on the sessions "
            "measured, sampled every minute and without the alert's own window.",
            interval="Whole days are drawn anew, with all their alerts; on one day, half hours.",
            correction="p-values are corrected after Holm, for all alerts and for groups apart.",
            min_alerts=30, min_blocks=5, comparisons_overall=6, comparisons_groups=84,
        ),
        runs=tuple(runs), walk_forward=walk, caveats=tuple(caveats),
    )  # fmt: skip


CAVEATS: Final = (
    "Costs and spreads are not counted: the mid moved so far, nobody traded at it.",
    "Alerts of one underlying on one day move together; days are what the interval counts.",
    "The sessions are those that were recorded, not a sample of all there were.",
)
ORIGIN: Final = Origin(
    name="may-open",
    horizon="15m",
    command=("islandflow", "backtest", "--from", "2025-05-01", "--to", "2025-05-25",
             "--set", "ALERT_MIN_SCORE=40", "--as", "may-open"),
    versions={"python": "3.11.2", "islandflow": "0.1.0", "bytewax": "0.21.1", "numpy": "2.4.1"},
    defaults={"ALERT_MIN_SCORE": "35", "CLUSTER_WINDOW_MS": "500"},
)  # fmt: skip


def beats() -> BacktestResult:
    return result(
        [run_result("may-open-a", 1480, 0.55, {"ALERT_MIN_SCORE": "40"})], caveats=CAVEATS
    )


def does_not_beat() -> BacktestResult:
    return result([run_result("may-open-a", 620, 0.515)], caveats=CAVEATS)


def not_enough() -> BacktestResult:
    return result([run_result("may-open-a", 18, 0.61)], days=6, caveats=CAVEATS[:1])


def one_session() -> BacktestResult:
    run = run_result("vst-a", 93, 0.56, unit="half-hour blocks of one day", blocks=12)
    return result(
        [run], days=1, caveats=("There is one session: another day may differ.", *CAVEATS)
    )


def empty() -> BacktestResult:
    return result([run_result("may-open-a", 0, 0.0)], days=0)


def undirected() -> BacktestResult:
    def moved(found: HorizonResult) -> HorizonResult:
        return msgspec.structs.replace(
            horizon_result(found.horizon, 0, 0.0), move_n=140, move_mean_bps=6.4,
            move_base_bps=5.1, move_lift=lift(140, 1.3, 0.9), verdict="beats", is_evidence=True,
        )  # fmt: skip

    run = run_result("dark-a", 140, 0.5)
    changed = [
        msgspec.structs.replace(
            each, directed=0, horizons=tuple(moved(found) for found in each.horizons)
        )
        for each in run.groups[:1]
    ]
    without = msgspec.structs.replace(
        run, groups=tuple(changed), calibration=(),
        days=tuple(day(name, 0, 0.0) for name in day_names(24)),
        returns=tuple(distribution(each, 0, 0.0) for each in HORIZONS),
    )  # fmt: skip
    return result([without])


def grid() -> BacktestResult:
    combinations: Sequence[tuple[str, dict[str, str], int, float]] = (
        ("may-open-a", {}, 620, 0.515),
        ("may-open-b", {"CLUSTER_WINDOW_MS": "500", "ALERT_MIN_SCORE": "40"}, 431, 0.531),
        ("may-open-c", {"CLUSTER_WINDOW_MS": "750", "ALERT_MIN_SCORE": "35"}, 588, 0.502),
        ("may-open-d", {"CLUSTER_WINDOW_MS": "750", "ALERT_MIN_SCORE": "60"}, 21, 0.66),
    )
    runs = [run_result(run, n, rate, changes) for run, changes, n, rate in combinations]
    folds = [
        Fold(number=1, train_from="2025-05-01", train_to="2025-05-10", embargo="2025-05-11",
             test_from="2025-05-12", test_to="2025-05-16", purged=7, run="may-open-b",
             changes=combinations[1][1], train_n=204, train_mean=0.031, test_n=96,
             test_mean=-0.008),
        Fold(number=2, train_from="2025-05-01", train_to="2025-05-15", embargo="2025-05-16",
             test_from="2025-05-17", test_to="2025-05-21", purged=4, run="may-open-b",
             changes=combinations[1][1], train_n=300, train_mean=0.022, test_n=27,
             test_mean=0.04),
        Fold(number=3, train_from="2025-05-01", train_to="2025-05-18", embargo="2025-05-19",
             test_from="2025-05-20", test_to="2025-05-24", purged=0, run=None, changes={},
             train_n=0, train_mean=None, test_n=0, test_mean=None),
    ]  # fmt: skip
    walk = WalkForward(
        objective="hit_lift", horizon="15m", min_alerts=30, train=10, test=5, step=5, sessions=24,
        note="", folds=tuple(folds), out_of_sample=lift(123, 0.003, 0.08),
        in_sample=lift(431, 0.023, 0.05), in_sample_run="may-open-b", optimism=0.02,
        combinations=tuple(
            Combination(run=run, changes=changes, n=n, mean=rate - BASE)
            for run, changes, n, rate in combinations
        ),
    )  # fmt: skip
    return result(runs, walk=walk, caveats=CAVEATS)


CASES: Final = {
    "beats": beats,
    "does-not-beat": does_not_beat,
    "not-enough": not_enough,
    "one-session": one_session,
    "grid": grid,
    "undirected": undirected,
    "empty": empty,
}
