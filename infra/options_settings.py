"""Environment variables of the options pipeline, and the configuration they make."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Final
from typing import get_type_hints

import msgspec

from flows.errors import MisconfiguredFlow
from flows.options.config import OptionsConfig
from infra.errors import MisconfiguredInfra

# Fields that are no group of thresholds are not read from the environment as they stand.
_GROUPS: Final[dict[str, type[msgspec.Struct]]] = {
    group: struct
    for group, struct in get_type_hints(OptionsConfig).items()
    if issubclass(struct, msgspec.Struct)
}

# (variable, group, field): the fields' docstrings say what each does and takes.
_TABLE: Final = (
    ("NBBO_MAX_AGE_MS", "quotes", "max_age_ms"),
    ("NBBO_STALENESS_BASIS", "quotes", "staleness_basis"),
    ("WIDE_SPREAD_PCT", "quotes", "wide_spread_pct"),
    ("OPTIONS_UNDERLYING_MAX_AGE_MS", "quotes", "underlying_max_age_ms"),
    ("SIDE_BUY_POSITION", "quotes", "side_buy_position"),
    ("SIDE_SELL_POSITION", "quotes", "side_sell_position"),
    ("AGGRESSOR_P_FEED", "aggressor", "p_feed"),
    ("AGGRESSOR_P_TRADE_SIZE_VENUE", "aggressor", "p_trade_size_venue"),
    ("AGGRESSOR_P_TRADE_SIZE_NBBO", "aggressor", "p_trade_size_nbbo"),
    ("AGGRESSOR_P_QUOTE_NBBO", "aggressor", "p_quote_touch"),
    ("AGGRESSOR_P_QUOTE_NBBO_NEAR", "aggressor", "p_quote_near"),
    ("AGGRESSOR_P_QUOTE_NBBO_INSIDE", "aggressor", "p_quote_inside"),
    ("AGGRESSOR_P_QUOTE_NBBO_OUTSIDE", "aggressor", "p_quote_outside"),
    ("AGGRESSOR_P_QUOTE_VENUE", "aggressor", "p_quote_venue"),
    ("AGGRESSOR_P_DEPTH", "aggressor", "p_depth"),
    ("AGGRESSOR_P_REVERSE_TICK", "aggressor", "p_reverse_tick"),
    ("AGGRESSOR_CAP_REDUCED", "aggressor", "cap_reduced"),
    ("AGGRESSOR_CAP_QUOTE", "aggressor", "cap_quote"),
    ("RISK_FREE_RATE", "pricing", "risk_free_rate"),
    ("DIVIDEND_YIELD", "pricing", "dividend_yield"),
    ("OPTIONS_SIGNAL_MODE", "signal", "mode"),
    ("OPTIONS_SIGNAL_MIN_NOTIONAL", "signal", "min_notional"),
    ("OPTIONS_SIGNAL_ETF_MIN_NOTIONAL", "signal", "etf_min_notional"),
    ("OPTIONS_SIGNAL_BID_SIDE_MIN_NOTIONAL", "signal", "bid_side_min_notional"),
    ("OPTIONS_SIGNAL_MID_MIN_NOTIONAL", "signal", "mid_min_notional"),
    ("OPTIONS_SIGNAL_MISSING_MIN_NOTIONAL", "signal", "missing_min_notional"),
    ("OPTIONS_SIGNAL_AUTO_KEEP_NOTIONAL", "signal", "auto_keep_notional"),
    ("OPTIONS_SIGNAL_LARGE_SIZE", "signal", "large_size"),
    ("OPTIONS_SIGNAL_RELATIVE_Z", "signal", "relative_z"),
    ("OPTIONS_SIGNAL_NBBO_MAX_AGE_MS", "signal", "nbbo_max_age_ms"),
    ("OPTIONS_SIGNAL_ETF_UNDERLYINGS", "signal", "etf_underlyings"),
    ("CLUSTER_WINDOW_MS", "cluster", "window_ms"),
    ("LEG_GAP_MS", "cluster", "leg_gap_ms"),
    ("SWEEP_MAX_GAP_MS", "cluster", "sweep_max_gap_ms"),
    ("CANCEL_LOOKBACK_MS", "cluster", "cancel_lookback_ms"),
    ("CANCEL_ARCHIVE_MB", "cluster", "cancel_archive_mb"),
    ("ROLLING_TTL_SEC", "cluster", "rolling_ttl_sec"),
    ("CLUSTER_MAX_MEMBERS", "cluster", "max_members"),
    ("LADDER_WINDOW_MS", "cluster", "ladder_window_ms"),
    ("CLASSIFIER_SWEEP_MIN_PREMIUM", "inference", "sweep_min_premium"),
    ("CLASSIFIER_SWEEP_MIN_COUNT", "inference", "sweep_min_count"),
    ("CLASSIFIER_SWEEP_MIN_PREMIUM_Z", "inference", "sweep_min_premium_z"),
    ("CLASSIFIER_SPIKE_MIN_PREMIUM", "inference", "spike_min_premium"),
    ("CLASSIFIER_SPIKE_MIN_SIZE", "inference", "spike_min_size"),
    ("CLASSIFIER_SPIKE_MIN_PREMIUM_Z", "inference", "spike_min_premium_z"),
    ("CLASSIFIER_SPIKE_MIN_SIZE_Z", "inference", "spike_min_size_z"),
    ("CLASSIFIER_ZERO_DTE_MAX_ATM_PCT", "inference", "zero_dte_max_atm_pct"),
    ("CLASSIFIER_ZERO_DTE_MIN_PREMIUM", "inference", "zero_dte_min_premium"),
    ("CLASSIFIER_ZERO_DTE_MIN_SIZE", "inference", "zero_dte_min_size"),
    ("CLASSIFIER_MIN_NBBO_COVERAGE", "inference", "min_nbbo_coverage"),
    ("CLASSIFIER_MIN_AGGRESSOR_RATIO", "inference", "min_aggressor_ratio"),
    ("FOLLOW_THROUGH_SEC", "inference", "follow_through_sec"),
    ("ALERT_MIN_SCORE", "inference", "alert_min_score"),
    ("ALERT_DEDUPE_MS", "inference", "alert_dedupe_ms"),
    ("ALERT_COOLDOWN_MS", "inference", "alert_cooldown_ms"),
    ("ALERT_COOLDOWN_OVERRIDE_POINTS", "inference", "alert_cooldown_override_points"),
    ("ALERT_MAX_PER_UNDERLYING_PER_MIN", "inference", "alert_max_per_underlying_per_min"),
    ("CANCEL_LOOKBACK_MS", "inference", "cancel_lookback_ms"),
    ("ROLLING_WINDOW_SIZE", "baselines", "window"),
    ("ROLLING_UNDERLYING_WINDOW", "baselines", "underlying_window"),
    ("ROLLING_TOD_WINDOW", "baselines", "tod_window"),
    ("ROLLING_SESSIONS", "baselines", "sessions"),
    ("ROLLING_TTL_SEC", "baselines", "ttl_sec"),
    ("CLASSIFIER_Z_MIN_SAMPLES", "baselines", "min_samples"),
    ("CLASSIFIER_Z_MIN_SAMPLES_WIDE", "baselines", "min_samples_wide"),
)


@dataclass(frozen=True, slots=True)
class Variable:
    """
    An environment variable and the configuration field it sets.

    Parameters
    ----------
    default : object
        What holds without it; null leaves the choice to the mode.
    type : object
        What its text is converted to.
    """

    name: str
    group: str
    field: str
    default: object
    type: Any

    @property
    def doc(self) -> str:
        """Return default and place in one line."""
        shown = "by mode" if self.default is None else self.default
        return f"{self.group}.{self.field}, default {shown}"


def _variables() -> tuple[Variable, ...]:
    hints = {group: get_type_hints(struct) for group, struct in _GROUPS.items()}
    defaults = {group: struct() for group, struct in _GROUPS.items()}
    return tuple(
        Variable(name, group, field, getattr(defaults[group], field), hints[group][field])
        for name, group, field in _TABLE
    )


VARIABLES: Final = _variables()
OPTIONS_VARIABLES: Final = {variable.name: variable for variable in VARIABLES}


def _value(variable: Variable, text: str) -> object:
    if variable.field == "etf_underlyings":
        return tuple(part for part in re.split(r"[,\s]+", text) if part)
    try:
        return msgspec.convert(text, variable.type, strict=False)
    except msgspec.ValidationError as error:
        msg = f"{variable.name} is {text!r}: {error}"
        raise MisconfiguredInfra(msg) from None


def options_config(values: Mapping[str, str]) -> OptionsConfig:
    """
    Return the options configuration an environment asks for.

    Parameters
    ----------
    values : Mapping[str, str]
        Environment; an empty value means the default.

    Raises
    ------
    MisconfiguredInfra
        A value is malformed or out of range; the message names the variable.
    """
    chosen: dict[str, dict[str, object]] = {group: {} for group in _GROUPS}
    for variable in VARIABLES:
        text = values.get(variable.name, "")
        if text:
            chosen[variable.group][variable.field] = _value(variable, text)
    try:
        return msgspec.convert(chosen, OptionsConfig)
    except MisconfiguredFlow as error:
        raise MisconfiguredInfra(str(error)) from None
