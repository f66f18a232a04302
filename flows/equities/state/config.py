"""Configuration of market state and low-volume nodes."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.errors import MisconfiguredFlow

STATE_POLICY: Final = "state.policy.v1"
HYSTERESIS_1: Final = "hysteresis-1"
TABLE_1: Final = "table-1"
PRESETS: Final = (HYSTERESIS_1, TABLE_1)
SHARE_E4: Final = 10_000
SECONDS_PER_MINUTE: Final = 60
SCALE_E6: Final = 1_000_000

_Bounds = tuple[str, float, float, float]


def _check_bounds(*bounds: _Bounds) -> None:
    for name, value, least, most in bounds:
        if not least <= value <= most:
            msg = f"{name} is {value}, expected {least:g} to {most:g}"
            raise MisconfiguredFlow(msg)


def _check_cadence(name: str, cadence_s: int) -> None:
    if not 1 <= cadence_s <= SECONDS_PER_MINUTE or SECONDS_PER_MINUTE % cadence_s:
        msg = f"{name} is {cadence_s}, expected a divisor of 60 from 1 to 60"
        raise MisconfiguredFlow(msg)


class StateConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How the state of a session's auction is told.

    The numbers of preset `table-1` are part of its name and are not set here.

    Parameters
    ----------
    preset : str, default "hysteresis-1"
        What is published: `hysteresis-1` or `table-1`.
    cadence_s : int, default 5
        Seconds of event time between evaluations, a divisor of 60.
    quiet_min : int, default 60
        Minutes without a print after which nothing is evaluated, 1 to 390.
    developing_min : int, default 30
        Minutes of the session after which its own value area may count, 0 to 390.
    developing_volume_pct : float, default 20
        And the % of the previous session's volume it then needs, 0 to 100.
    atr_period : int, default 14
        Ranges of 1 m bars in the average true range, 2 to 200.
    band_atr : float, default 0.10
        Average true ranges beyond the value area from which location votes, 0 to 10; at least a
        tick.
    weight_location, weight_acceptance, weight_momentum, weight_flow : float
        Weights of the votes, 0 to 1 in steps of 0.0001, together 1. Default .35, .30, .20, .15.
    acceptance_min : int, default 15
        Trailing minutes of volume, 1 to 390.
    acceptance_share : float, default 0.60
        Share of it above less share below the value area that votes, 0 to 1.
    momentum_min : int, default 60
        Minutes of the change and of the returns it is measured in, 3 to 390.
    momentum_ratio : float, default 1
        Change over expected size of the change that votes, 0 to 10.
    flow_min : int, default 15
        Closed minutes of order flow, 1 to 390.
    flow_pct : float, default 10
        Buy % less sell % that votes, 0 to 100.
    coverage_min : float, default 0.5
        Weight of the votes to be had below which the state is unknown, 0 to 1.
    enter_score, leave_score : float, default 0.50, 0.20
        Score to enter an imbalance, and at or below which it is left; 0 ≤ leave < enter ≤ 1.
    enter_evaluations, leave_evaluations : int, default 3, 6
        In a row, 1 to 1,000.
    hold_s : int, default 60
        Seconds a state lasts at least, 0 to 3,600.
    alert_cooldown_s : float, default 60
        Seconds without a second `state.change` of the same state, 0 to 86,400.
    """

    preset: str = HYSTERESIS_1
    cadence_s: int = 5
    quiet_min: int = 60
    developing_min: int = 30
    developing_volume_pct: float = 20.0
    atr_period: int = 14
    band_atr: float = 0.10
    weight_location: float = 0.35
    weight_acceptance: float = 0.30
    weight_momentum: float = 0.20
    weight_flow: float = 0.15
    acceptance_min: int = 15
    acceptance_share: float = 0.60
    momentum_min: int = 60
    momentum_ratio: float = 1.0
    flow_min: int = 15
    flow_pct: float = 10.0
    coverage_min: float = 0.5
    enter_score: float = 0.50
    leave_score: float = 0.20
    enter_evaluations: int = 3
    leave_evaluations: int = 6
    hold_s: int = 60
    alert_cooldown_s: float = 60.0

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            msg = f"STATE_PRESET is {self.preset!r}, expected one of {', '.join(PRESETS)}"
            raise MisconfiguredFlow(msg)
        _check_cadence("STATE_CADENCE_S", self.cadence_s)
        _check_bounds(
            ("STATE_QUIET_MIN", self.quiet_min, 1, 390),
            ("STATE_DEVELOPING_MIN", self.developing_min, 0, 390),
            ("STATE_DEVELOPING_VOLUME_PCT", self.developing_volume_pct, 0, 100),
            ("STATE_ATR_PERIOD", self.atr_period, 2, 200),
            ("STATE_BAND_ATR", self.band_atr, 0, 10),
            ("STATE_WEIGHT_LOCATION", self.weight_location, 0, 1),
            ("STATE_WEIGHT_ACCEPTANCE", self.weight_acceptance, 0, 1),
            ("STATE_WEIGHT_MOMENTUM", self.weight_momentum, 0, 1),
            ("STATE_WEIGHT_FLOW", self.weight_flow, 0, 1),
            ("STATE_ACCEPTANCE_MIN", self.acceptance_min, 1, 390),
            ("STATE_ACCEPTANCE_SHARE", self.acceptance_share, 0, 1),
            ("STATE_MOMENTUM_MIN", self.momentum_min, 3, 390),
            ("STATE_MOMENTUM_RATIO", self.momentum_ratio, 0, 10),
            ("STATE_FLOW_MIN", self.flow_min, 1, 390),
            ("STATE_FLOW_PCT", self.flow_pct, 0, 100),
            ("STATE_COVERAGE_MIN", self.coverage_min, 0, 1),
            ("STATE_ENTER_SCORE", self.enter_score, 0, 1),
            ("STATE_ENTER_EVALUATIONS", self.enter_evaluations, 1, 1000),
            ("STATE_LEAVE_EVALUATIONS", self.leave_evaluations, 1, 1000),
            ("STATE_HOLD_S", self.hold_s, 0, 3600),
            ("STATE_ALERT_COOLDOWN_S", self.alert_cooldown_s, 0, 86_400),
        )
        if not 0 <= self.leave_score < self.enter_score:
            msg = f"STATE_LEAVE_SCORE is {self.leave_score}, expected 0 to below STATE_ENTER_SCORE"
            raise MisconfiguredFlow(msg)
        if sum(self.weights_e4) != SHARE_E4:
            msg = f"STATE_WEIGHT_… add up to {sum(self.weights_e4) / SHARE_E4}, expected 1"
            raise MisconfiguredFlow(msg)

    @property
    def weights_e4(self) -> tuple[int, int, int, int]:
        """Return the weights of location, acceptance, momentum and flow in 1/10,000."""
        return (
            round(self.weight_location * SHARE_E4),
            round(self.weight_acceptance * SHARE_E4),
            round(self.weight_momentum * SHARE_E4),
            round(self.weight_flow * SHARE_E4),
        )

    @property
    def cadence_ns(self) -> int:
        """Return `cadence_s` in ns."""
        return self.cadence_s * NS_PER_S

    @property
    def quiet_ns(self) -> int:
        """Return `quiet_min` in ns."""
        return self.quiet_min * NS_PER_MINUTE


class LvnConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    When a low-volume node is worth an alert.

    Parameters
    ----------
    cadence_s : int, default 2
        Seconds of event time between evaluations, a divisor of 60.
    alert_pct : float, default 0.5
        Distance of the price from a node, in % of the node, that is near; above 0 to 10.
    rearm_factor : float, default 2
        Multiple of `alert_pct` from which on a node may be come near again, 1 to 100.
    cooldown_s : float, default 300
        Seconds without a second alert of the same node, 0 to 86,400.
    composite_sessions : int, default 5
        Sessions of the composite profile whose nodes count, 1 to 100.
    near_score, cross_score : int, default 40, 55
        Score of `lvn.near` and of `lvn.cross`, 0 to 100.
    """

    cadence_s: int = 2
    alert_pct: float = 0.5
    rearm_factor: float = 2.0
    cooldown_s: float = 300.0
    composite_sessions: int = 5
    near_score: int = 40
    cross_score: int = 55

    def __post_init__(self) -> None:
        _check_cadence("LVN_CADENCE_S", self.cadence_s)
        _check_bounds(
            ("LVN_ALERT_PCT", self.alert_pct, 1 / SCALE_E6, 10),
            ("LVN_REARM_FACTOR", self.rearm_factor, 1, 100),
            ("LVN_COOLDOWN_S", self.cooldown_s, 0, 86_400),
            ("LVN_COMPOSITE_SESSIONS", self.composite_sessions, 1, 100),
            ("LVN_NEAR_SCORE", self.near_score, 0, 100),
            ("LVN_CROSS_SCORE", self.cross_score, 0, 100),
        )

    @property
    def cadence_ns(self) -> int:
        """Return `cadence_s` in ns."""
        return self.cadence_s * NS_PER_S
