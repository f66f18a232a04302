"""What a backtest found, as plain records: the same inputs give the same bytes."""

from typing import Any
from typing import Final
from typing import Literal
from typing import TypeAlias
from typing import cast

import msgspec

from infra.backtest.result_calibration import CalibrationResult
from infra.backtest.result_days import DayResult
from infra.backtest.result_days import ReturnDistribution

SCHEMA_VERSION: Final = "backtest.v1"

Verdict: TypeAlias = Literal["beats", "does_not_beat", "not_evidence"]
BEATS: Final[Verdict] = "beats"
DOES_NOT_BEAT: Final[Verdict] = "does_not_beat"
NOT_EVIDENCE: Final[Verdict] = "not_evidence"


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far alerts went beyond their own base samples.

    Parameters
    ----------
    n : int
        Alerts that have both.
    mean : float | None
        Mean of the differences, shares or bps; null without alerts.
    low, high : float | None
        95 % interval of it; null where fewer than `Method.min_blocks` blocks stand behind it.
    by : str
        What was resampled: `days`, `half-hour blocks of one day`, `half-hour blocks of few days`,
        or `none`.
    blocks : int
        How many of them.
    is_understated : bool
        The interval is narrower than it should be: its blocks hang together.
    p : float | None
        Two-sided, from the bootstrap's spread; null without an interval.
    p_holm : float | None
        The same corrected for all comparisons of its family; null when it was not tested.
    verdict : str
        `beats` only when the whole interval lies above 0 and `p_holm` is at most .05.
    reason : str
        What decided, in a few words; empty for `beats` on five days or more.
    """

    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    by: str = "none"
    blocks: int = 0
    is_understated: bool = False
    p: float | None = None
    p_holm: float | None = None
    verdict: Verdict = NOT_EVIDENCE
    reason: str = ""


class HorizonResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a group's alerts did up to one horizon.

    Parameters
    ----------
    horizon : str
        One of `HORIZONS`.
    n, known_n, hits : int
        Bullish and bearish alerts, those of them with a return, and those that went their way.
    hit_rate, wilson_low, wilson_high : float | None
        Share of hits with its 95 % Wilson interval, which takes alerts for independent.
    mean_bps, median_bps : float | None
        Change of the mid, positive the alert's way.
    base_n, base_samples : int
        Alerts with a return that have base samples, and the samples behind them.
    base_hit_rate, base_mean_bps : float | None
        Means over the alerts of what their own base samples did, the alert's way.
    hit_lift, bps_lift : Lift
        Alert against its own base, paired: shares, and bps.
    move_n : int
        Alerts without a direction that have a return and base samples.
    move_mean_bps, move_base_bps : float | None
        Mean size of the change, whichever way, after them and over their base samples.
    move_lift : Lift
        Their difference, paired, bps.
    verdict : str
        That of `hit_lift`; of `move_lift` in a group without any direction.
    is_evidence : bool
        Whether there is enough to say either way.
    """

    horizon: str
    n: int
    known_n: int
    hits: int
    hit_rate: float | None
    wilson_low: float | None
    wilson_high: float | None
    mean_bps: float | None
    median_bps: float | None
    base_n: int
    base_samples: int
    base_hit_rate: float | None
    base_mean_bps: float | None
    hit_lift: Lift
    bps_lift: Lift
    move_n: int
    move_mean_bps: float | None
    move_base_bps: float | None
    move_lift: Lift
    verdict: Verdict = NOT_EVIDENCE
    is_evidence: bool = False


class GroupResult(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that share a name in a dimension; an alert of two classifiers counts for both."""

    dimension: str
    name: str
    alerts: int
    directed: int
    sessions: int
    horizons: tuple[HorizonResult, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a run decided.

    Parameters
    ----------
    alerts : int
        Opening revisions that are measured.
    directed, undirected : int
        Bullish or bearish; and neutral, mixed or unknown ones, which are in no hit rate.
    retracted : int
        Taken back later. They count all the same: at emission nobody knew.
    outside_hours : int
        Emitted outside regular hours, which have no base rate.
    without_mids : int
        Without a return to any horizon.
    before_start : int
        Left out because they belong to the warm-up or to what lies behind the end.
    undecodable : int
        Messages left out.
    by_classifier, by_profile, by_severity, by_kind, by_direction : dict
        Alerts by name.
    """

    alerts: int
    directed: int
    undirected: int
    retracted: int
    outside_hours: int
    without_mids: int
    before_start: int
    undecodable: int
    by_classifier: dict[str, int]
    by_profile: dict[str, int]
    by_severity: dict[str, int]
    by_kind: dict[str, int]
    by_direction: dict[str, int]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    One run: what it changed, decided and hit.

    Parameters
    ----------
    run, label, source : str
        As asked.
    changes : dict
        Thresholds that differ.
    config_hashes : tuple of str
        Of the thresholds its alerts were made by.
    counts : Counts
        What it decided.
    groups : tuple of GroupResult
        All alerts first, then by dimension.
    calibration : tuple of CalibrationResult
        One a horizon.
    days : tuple of DayResult
        One a session with a decision, by date.
    returns : tuple of ReturnDistribution
        One a horizon; of the reference run only.
    """

    run: str
    label: str
    source: str
    changes: dict[str, str]
    config_hashes: tuple[str, ...]
    counts: Counts
    groups: tuple[GroupResult, ...]
    calibration: tuple[CalibrationResult, ...]
    days: tuple[DayResult, ...] = ()
    returns: tuple[ReturnDistribution, ...] = ()


class Fold(msgspec.Struct, frozen=True, kw_only=True):
    """
    One step of a walk-forward; dates are ISO text.

    Parameters
    ----------
    number : int
        From 1.
    train_from, train_to, embargo, test_from, test_to : str
        Sessions, both ends included; the embargo is the one in between.
    purged : int
        Training alerts of the chosen run left out because their outcome reaches into the embargo
        or beyond; of the reference run when none is chosen.
    run : str | None
        The combination chosen; null when none had enough alerts.
    changes : dict
        Its thresholds.
    train_n, test_n : int
        Its alerts with a lift.
    train_mean, test_mean : float | None
        Their mean lift.
    """

    number: int
    train_from: str
    train_to: str
    embargo: str
    test_from: str
    test_to: str
    purged: int
    run: str | None
    changes: dict[str, str]
    train_n: int
    train_mean: float | None
    test_n: int
    test_mean: float | None


class Combination(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a grid over all sessions: alerts with a lift, and their mean lift."""

    run: str
    changes: dict[str, str]
    n: int
    mean: float | None


class WalkForward(msgspec.Struct, frozen=True, kw_only=True):
    """
    Thresholds chosen on the past and tried on what came after.

    Parameters
    ----------
    objective : str
        `hit_lift` or `bps_lift`.
    horizon : str
        One of `HORIZONS`.
    min_alerts : int
        Alerts a combination needs on the training sessions to be chosen.
    train, test, step : int
        Sessions: first training block, test block, distance between folds.
    sessions : int
        Those there are.
    note : str
        Why there are no folds; empty when there are.
    folds : tuple of Fold
        In order of time.
    out_of_sample : Lift
        The chosen combinations over all test sessions together.
    in_sample : Lift
        The combination that looks best over all sessions, with hindsight.
    in_sample_run : str | None
        That combination; null when none had enough alerts.
    optimism : float | None
        How much better hindsight looks than what was chosen beforehand; null when one is unknown.
    combinations : tuple of Combination
        In grid order.
    """

    objective: str
    horizon: str
    min_alerts: int
    train: int
    test: int
    step: int
    sessions: int
    note: str
    folds: tuple[Fold, ...]
    out_of_sample: Lift
    in_sample: Lift
    in_sample_run: str | None
    optimism: float | None
    combinations: tuple[Combination, ...]


class DataRange(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the results rest on.

    Parameters
    ----------
    from_ns, to_ns : int | None
        Asked for, ns UTC, the second excluded; null for open.
    first_ts, last_ts : int | None
        First and last decision measured, ns UTC; null without any.
    sessions : tuple of str
        Those from the first to the last decision that have mids.
    underlyings : tuple of str
        Those with a decision.
    mid_spacing_s : float | None
        Median distance of neighbouring mids within a session; null without mids.
    mids_from_prints : tuple of str
        Underlyings whose mids come from what option prints carried, as there are no quotes.
    """

    from_ns: int | None
    to_ns: int | None
    first_ts: int | None
    last_ts: int | None
    sessions: tuple[str, ...]
    underlyings: tuple[str, ...]
    mid_spacing_s: float | None
    mids_from_prints: tuple[str, ...] = ()


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """How intervals and base rates were made, in sentences and figures."""

    level: float
    resamples: int
    seed_of: str
    base: str
    interval: str
    correction: str
    min_alerts: int
    min_blocks: int
    comparisons_overall: int
    comparisons_groups: int


class BacktestResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    A backtest of one or more runs; all of it describes the past.

    Parameters
    ----------
    schema_version : str
        Of this record.
    flow : str
        `options` or `equities`.
    label : str
        The sentence that belongs above every figure.
    data : DataRange
        What it rests on.
    method : Method
        How it was measured.
    runs : tuple of RunResult
        In the order asked for; the first is the reference.
    walk_forward : WalkForward | None
        Null when not asked for.
    caveats : tuple of str
        What a reader has to know before believing any of it, gravest first.
    """

    schema_version: str
    flow: str
    label: str
    data: DataRange
    method: Method
    runs: tuple[RunResult, ...]
    walk_forward: WalkForward | None
    caveats: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data, the one object `--json` prints."""
        return cast(dict[str, Any], msgspec.to_builtins(self))
