"""Thresholds of the classifiers and of the alerts."""

from typing import Final

import msgspec

from flows.errors import MisconfiguredFlow

# (field, environment variable, lowest, highest): what each threshold may be.
_RANGES: Final = (
    ("sweep_min_premium", "CLASSIFIER_SWEEP_MIN_PREMIUM", 1.0, 1e12),
    ("sweep_min_count", "CLASSIFIER_SWEEP_MIN_COUNT", 1, 10_000),
    ("sweep_min_premium_z", "CLASSIFIER_SWEEP_MIN_PREMIUM_Z", 0.0, 100.0),
    ("spike_min_premium", "CLASSIFIER_SPIKE_MIN_PREMIUM", 1.0, 1e12),
    ("spike_min_size", "CLASSIFIER_SPIKE_MIN_SIZE", 1, 1_000_000_000),
    ("spike_min_premium_z", "CLASSIFIER_SPIKE_MIN_PREMIUM_Z", 0.0, 100.0),
    ("spike_min_size_z", "CLASSIFIER_SPIKE_MIN_SIZE_Z", 0.0, 100.0),
    ("zero_dte_max_atm_pct", "CLASSIFIER_ZERO_DTE_MAX_ATM_PCT", 0.0, 1.0),
    ("zero_dte_min_premium", "CLASSIFIER_ZERO_DTE_MIN_PREMIUM", 1.0, 1e12),
    ("zero_dte_min_size", "CLASSIFIER_ZERO_DTE_MIN_SIZE", 1, 1_000_000_000),
    ("min_nbbo_coverage", "CLASSIFIER_MIN_NBBO_COVERAGE", 0.0, 1.0),
    ("min_aggressor_ratio", "CLASSIFIER_MIN_AGGRESSOR_RATIO", 0.0, 1.0),
    ("follow_through_sec", "FOLLOW_THROUGH_SEC", 10, 600),
    ("alert_min_score", "ALERT_MIN_SCORE", 0, 100),
    ("alert_dedupe_ms", "ALERT_DEDUPE_MS", 0, 3_600_000),
    ("alert_cooldown_ms", "ALERT_COOLDOWN_MS", 0, 3_600_000),
    ("alert_cooldown_override_points", "ALERT_COOLDOWN_OVERRIDE_POINTS", 0, 100),
    ("alert_max_per_underlying_per_min", "ALERT_MAX_PER_UNDERLYING_PER_MIN", 1, 1000),
    ("cancel_lookback_ms", "CANCEL_LOOKBACK_MS", 0, 86_400_000),
)


class InferenceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Thresholds from a packet to an alert.

    Parameters
    ----------
    sweep_min_premium : float, default 40000
        $, `CLASSIFIER_SWEEP_MIN_PREMIUM`: premium from which a sweep is large; twice as much earns
        another term of confidence.
    sweep_min_count : int, default 3
        Prints, `CLASSIFIER_SWEEP_MIN_COUNT`; one print suffices for an intermarket sweep order of
        at least `sweep_min_premium`.
    sweep_min_premium_z : float, default 2
        `CLASSIFIER_SWEEP_MIN_PREMIUM_Z`: premium against the contract's own history from which a
        sweep counts as large below `sweep_min_premium`.
    spike_min_premium : float, default 20000
        $, `CLASSIFIER_SPIKE_MIN_PREMIUM`.
    spike_min_size : int, default 400
        Contracts, `CLASSIFIER_SPIKE_MIN_SIZE`; wanted together with `spike_min_premium`.
    spike_min_premium_z, spike_min_size_z : float, default 2.5 and 2
        `CLASSIFIER_SPIKE_MIN_PREMIUM_Z`, `CLASSIFIER_SPIKE_MIN_SIZE_Z`: either one makes a packet
        large against its own history.
    zero_dte_max_atm_pct : float, default 0.01
        Largest distance of a same-day strike from the underlying, as a share of it, 0 to 1,
        `CLASSIFIER_ZERO_DTE_MAX_ATM_PCT`.
    zero_dte_min_premium : float, default 20000
        $, `CLASSIFIER_ZERO_DTE_MIN_PREMIUM`: least premium of a same-day trade at the money; twice
        as much earns another term.
    zero_dte_min_size : int, default 400
        Contracts, `CLASSIFIER_ZERO_DTE_MIN_SIZE`; wanted together with `zero_dte_min_premium`.
    min_nbbo_coverage : float, default 0.5
        Share of size with a usable quote, 0 to 1, `CLASSIFIER_MIN_NBBO_COVERAGE`.
    min_aggressor_ratio : float, default 0.55
        Share of aggressive size on one side, 0 to 1, `CLASSIFIER_MIN_AGGRESSOR_RATIO`.
    follow_through_sec : int, default 60
        Seconds of event time after a directional packet until it is judged whether the market
        followed, 10 to 600, `FOLLOW_THROUGH_SEC`.
    alert_min_score : int, default 25
        Points of 100, `ALERT_MIN_SCORE`: below it nothing is alerted.
    alert_dedupe_ms : int, default 60000
        Milliseconds of event time since an alert's last activity within which a like event is
        merged into it, `ALERT_DEDUPE_MS`.
    alert_cooldown_ms : int, default 30000
        Milliseconds of event time after an alert opened during which another of the same
        underlying, pattern and direction is suppressed, `ALERT_COOLDOWN_MS`.
    alert_cooldown_override_points : int, default 10
        Points above the earlier score that break the cooldown, `ALERT_COOLDOWN_OVERRIDE_POINTS`.
    alert_max_per_underlying_per_min : int, default 6
        Alerts opened per underlying and minute of event time; those of high severity always
        pass, `ALERT_MAX_PER_UNDERLYING_PER_MIN`.
    cancel_lookback_ms : int, default 1800000
        Milliseconds of event time a packet's hits and alert are remembered for re-scoring,
        `CANCEL_LOOKBACK_MS`.

    Raises
    ------
    MisconfiguredFlow
        A threshold is out of range; the message names its environment variable.

    Notes
    -----
    Source: options flow specification, 2, 9 and 10.
    """

    sweep_min_premium: float = 40_000.0
    sweep_min_count: int = 3
    sweep_min_premium_z: float = 2.0
    spike_min_premium: float = 20_000.0
    spike_min_size: int = 400
    spike_min_premium_z: float = 2.5
    spike_min_size_z: float = 2.0
    zero_dte_max_atm_pct: float = 0.01
    zero_dte_min_premium: float = 20_000.0
    zero_dte_min_size: int = 400
    min_nbbo_coverage: float = 0.5
    min_aggressor_ratio: float = 0.55
    follow_through_sec: int = 60
    alert_min_score: int = 25
    alert_dedupe_ms: int = 60_000
    alert_cooldown_ms: int = 30_000
    alert_cooldown_override_points: int = 10
    alert_max_per_underlying_per_min: int = 6
    cancel_lookback_ms: int = 1_800_000

    def __post_init__(self) -> None:
        for field, variable, lowest, highest in _RANGES:
            value = getattr(self, field)
            if not lowest <= value <= highest:
                msg = f"{variable} is {value}, expected {lowest:g} to {highest:g}"
                raise MisconfiguredFlow(msg)
