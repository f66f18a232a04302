"""Thresholds of the options flow, from the quote join to the packet."""

import hashlib
import json
import math
from typing import Final
from typing import Literal

import msgspec

from flows.errors import MisconfiguredFlow
from flows.options.baselines.config import BaselineConfig
from flows.options.conditions import CONDITION_POLICY
from flows.options.inference_config import InferenceConfig

AGGRESSOR_POLICY: Final = "aggressor.policy.v1"
SIGNAL_POLICY: Final = "signal.policy.v1"
CLUSTER_POLICY: Final = "clustering.policy.v1"
TAPE_POLICY: Final = f"{CONDITION_POLICY}+{AGGRESSOR_POLICY}+{SIGNAL_POLICY}"
PACKET_POLICY: Final = f"{TAPE_POLICY}+{CLUSTER_POLICY}"

ETF_UNDERLYINGS: Final = (
    "SPY", "QQQ", "IWM", "DIA", "TLT", "GLD", "SLV", "XLF",
    "XLE", "XLV", "XLI", "XLP", "XLU", "XLY", "SMH", "ARKK",
)  # fmt: skip

SignalMode = Literal["smart-money", "balanced", "all"]


def _check(variable: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        msg = f"{variable} is {value}, expected {low:g} to {high:g}"
        raise MisconfiguredFlow(msg)


class QuoteConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What makes a quote usable, and where a price lies in it.

    Parameters
    ----------
    max_age_ms : float, default 1000
        Age from which an option quote is stale, 1 to 600,000 ms (`NBBO_MAX_AGE_MS`).
    staleness_basis : {"quote", "stream"}, default "quote"
        Age of the quote itself, or of the newest quote of any contract of the underlying
        (`NBBO_STALENESS_BASIS`). Snapshots and attached quotes always use their own age.
    wide_spread_pct : float, default 0.08
        Spread over mid from which a quote is wide, 0 to 2 (`WIDE_SPREAD_PCT`).
    underlying_max_age_ms : float, default 5000
        Age up to which a quote of the underlying is used, 1 to 600,000 ms
        (`OPTIONS_UNDERLYING_MAX_AGE_MS`).
    side_buy_position, side_sell_position : float, default 0.80 and 0.20
        Position between bid (0) and ask (1) from which a price is on the ask side, and up to
        which on the bid side; resolved to 1/10,000 (`SIDE_BUY_POSITION`, `SIDE_SELL_POSITION`).
    """

    max_age_ms: float = 1000.0
    staleness_basis: Literal["quote", "stream"] = "quote"
    wide_spread_pct: float = 0.08
    underlying_max_age_ms: float = 5000.0
    side_buy_position: float = 0.80
    side_sell_position: float = 0.20

    def __post_init__(self) -> None:
        _check("NBBO_MAX_AGE_MS", self.max_age_ms, 1, 600_000)
        _check("WIDE_SPREAD_PCT", self.wide_spread_pct, 0, 2)
        _check("OPTIONS_UNDERLYING_MAX_AGE_MS", self.underlying_max_age_ms, 1, 600_000)
        _check("SIDE_BUY_POSITION", self.side_buy_position, 0.5001, 1)
        _check("SIDE_SELL_POSITION", self.side_sell_position, 0, 0.4999)
        if self.staleness_basis not in {"quote", "stream"}:
            msg = f"NBBO_STALENESS_BASIS is {self.staleness_basis!r}, expected quote or stream"
            raise MisconfiguredFlow(msg)


class AggressorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Probability that each rule of the aggressor stack names the right side, 0.5 to 1.

    Parameters
    ----------
    p_feed : float, default 0.95
        The vendor says (`AGGRESSOR_P_FEED`).
    p_trade_size_venue, p_trade_size_nbbo : float, default 0.80 and 0.70
        The size equals one side's size (`AGGRESSOR_P_TRADE_SIZE_VENUE`, `..._TRADE_SIZE_NBBO`).
    p_quote_touch : float, default 0.62
        At bid or ask (`AGGRESSOR_P_QUOTE_NBBO`).
    p_quote_near, p_quote_inside, p_quote_outside : float, default 0.58, 0.55 and 0.55
        Within a fifth of the touch, nearer the mid, through the quote
        (`AGGRESSOR_P_QUOTE_NBBO_NEAR`, `..._INSIDE`, `..._OUTSIDE`).
    p_quote_venue : float, default 0.58
        By the executing venue's own quote (`AGGRESSOR_P_QUOTE_VENUE`).
    p_depth : float, default 0.55
        At the mid, by the sizes of the NBBO (`AGGRESSOR_P_DEPTH`).
    p_reverse_tick : float, default 0.54
        By the next different price inside the packet (`AGGRESSOR_P_REVERSE_TICK`).
    cap_reduced, cap_quote : float, default 0.58 and 0.55
        Cap for conditions of reduced weight (`AGGRESSOR_CAP_REDUCED`), and for very wide and zero
        bid quotes (`AGGRESSOR_CAP_QUOTE`).
    """

    p_feed: float = 0.95
    p_trade_size_venue: float = 0.80
    p_trade_size_nbbo: float = 0.70
    p_quote_touch: float = 0.62
    p_quote_near: float = 0.58
    p_quote_inside: float = 0.55
    p_quote_outside: float = 0.55
    p_quote_venue: float = 0.58
    p_depth: float = 0.55
    p_reverse_tick: float = 0.54
    cap_reduced: float = 0.58
    cap_quote: float = 0.55

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            name = field.upper()
            known = {"P_QUOTE_TOUCH": "P_QUOTE_NBBO"}.get(name, name)
            for place in ("NEAR", "INSIDE", "OUTSIDE"):
                known = known.replace(f"P_QUOTE_{place}", f"P_QUOTE_NBBO_{place}")
            _check(f"AGGRESSOR_{known}", getattr(self, field), 0.5, 1)


class PricingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Inputs of the option model that no feed carries.

    Parameters
    ----------
    risk_free_rate : float, default 0.04
        Continuous, per year, -0.1 to 0.5 (`RISK_FREE_RATE`).
    dividend_yield : float, default 0
        Continuous, per year, of every underlying without reference data, -0.1 to 0.5
        (`DIVIDEND_YIELD`).
    """

    risk_free_rate: float = 0.04
    dividend_yield: float = 0.0

    def __post_init__(self) -> None:
        _check("RISK_FREE_RATE", self.risk_free_rate, -0.1, 0.5)
        _check("DIVIDEND_YIELD", self.dividend_yield, -0.1, 0.5)


class SignalThresholds(msgspec.Struct, frozen=True):
    """Premium thresholds in $ that a mode of the signal filter ends up with."""

    base: float
    etf: float
    side: float
    mid: float
    missing: float
    auto_keep: float
    large_size: int
    relative_z: float


_SMART_MONEY: Final = SignalThresholds(10_000, 50_000, 25_000, 20_000, 50_000, 100_000, 500, 3.0)
_BALANCED: Final = SignalThresholds(5_000, 25_000, 15_000, 12_500, 25_000, 75_000, 500, 3.0)


class SignalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What the signal filter keeps. A null threshold takes its mode's default; $ unless said.

    Parameters
    ----------
    mode : {"smart-money", "balanced", "all"}, default "smart-money"
        `OPTIONS_SIGNAL_MODE`. `all` keeps everything and has the thresholds of `smart-money` where
        one is needed (emission of packets).
    min_notional, etf_min_notional : float | None
        `OPTIONS_SIGNAL_MIN_NOTIONAL` (10,000 or 5,000), `..._ETF_MIN_NOTIONAL` (50,000 or 25,000).
    bid_side_min_notional : float | None
        Bid side, and intermarket sweeps: `..._BID_SIDE_MIN_NOTIONAL` (25,000 or 15,000).
    mid_min_notional, missing_min_notional : float | None
        `..._MID_MIN_NOTIONAL` (20,000 or 12,500), `..._MISSING_MIN_NOTIONAL` (50,000 or 25,000).
    auto_keep_notional : float | None
        Kept whatever else holds: `..._AUTO_KEEP_NOTIONAL` (100,000 or 75,000).
    large_size : int | None
        Contracts: `..._LARGE_SIZE` (500).
    relative_z : float | None
        z of the print's premium that keeps it, 0 is off: `..._RELATIVE_Z` (3).
    nbbo_max_age_ms : float, default 1500
        Quote age up to which the filter trusts a placement: `..._NBBO_MAX_AGE_MS`.
    etf_underlyings : tuple[str, ...]
        `..._ETF_UNDERLYINGS`, comma-separated.
    """

    mode: SignalMode = "smart-money"
    min_notional: float | None = None
    etf_min_notional: float | None = None
    bid_side_min_notional: float | None = None
    mid_min_notional: float | None = None
    missing_min_notional: float | None = None
    auto_keep_notional: float | None = None
    large_size: int | None = None
    relative_z: float | None = None
    nbbo_max_age_ms: float = 1500.0
    etf_underlyings: tuple[str, ...] = ETF_UNDERLYINGS

    def __post_init__(self) -> None:
        if self.mode not in {"smart-money", "balanced", "all"}:
            msg = f"OPTIONS_SIGNAL_MODE is {self.mode!r}, expected smart-money, balanced or all"
            raise MisconfiguredFlow(msg)
        for field in self.__struct_fields__[1:-1]:
            value = getattr(self, field)
            if value is not None:
                _check(f"OPTIONS_SIGNAL_{field.upper()}", value, 0, 1e12)

    def thresholds(self) -> SignalThresholds:
        """Return the thresholds in force: the mode's, where none was given."""
        mode = _BALANCED if self.mode == "balanced" else _SMART_MONEY

        def given(value: float | None, default: float) -> float:
            return default if value is None else value

        return SignalThresholds(
            base=given(self.min_notional, mode.base),
            etf=given(self.etf_min_notional, mode.etf),
            side=given(self.bid_side_min_notional, mode.side),
            mid=given(self.mid_min_notional, mode.mid),
            missing=given(self.missing_min_notional, mode.missing),
            auto_keep=given(self.auto_keep_notional, mode.auto_keep),
            large_size=mode.large_size if self.large_size is None else self.large_size,
            relative_z=given(self.relative_z, mode.relative_z),
        )


class ClusterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Bounds of packets and of what is remembered for cancels.

    Parameters
    ----------
    window_ms : int, default 500
        Event time from a packet's first print to its close, 250 to 2000 (`CLUSTER_WINDOW_MS`).
    leg_gap_ms : int, default 100
        Event time from the close of a complex packet to its release, 0 to 2000 (`LEG_GAP_MS`).
    sweep_max_gap_ms : int, default 250
        Largest gap between two fills of one sweep, 1 to 2000 (`SWEEP_MAX_GAP_MS`).
    cancel_lookback_ms : int, default 1800000
        Event time for which the members of closed packets are kept, 0 to 86,400,000
        (`CANCEL_LOOKBACK_MS`).
    cancel_archive_mb : int, default 64
        Megabytes those members may take per partition, 1 to 4096; beyond it the oldest go early
        and are counted (`CANCEL_ARCHIVE_MB`).
    rolling_ttl_sec : int, default 86400
        Event time after which an idle contract is forgotten when the trade date changes, 3600 to
        2,592,000 (`ROLLING_TTL_SEC`).
    max_members : int, default 2000
        Prints of one packet; the next print opens another, 1 to 2000 (`CLUSTER_MAX_MEMBERS`).
    ladder_window_ms : int, default 2000
        Event time over which packets of one side at several strikes start to be a ladder, 250 to
        10,000 (`LADDER_WINDOW_MS`).
    """

    window_ms: int = 500
    leg_gap_ms: int = 100
    sweep_max_gap_ms: int = 250
    cancel_lookback_ms: int = 1_800_000
    cancel_archive_mb: int = 64
    rolling_ttl_sec: int = 86_400
    max_members: int = 2000
    ladder_window_ms: int = 2000

    def __post_init__(self) -> None:
        _check("CLUSTER_WINDOW_MS", self.window_ms, 250, 2000)
        _check("LEG_GAP_MS", self.leg_gap_ms, 0, 2000)
        _check("SWEEP_MAX_GAP_MS", self.sweep_max_gap_ms, 1, 2000)
        _check("CANCEL_LOOKBACK_MS", self.cancel_lookback_ms, 0, 86_400_000)
        _check("CANCEL_ARCHIVE_MB", self.cancel_archive_mb, 1, 4096)
        _check("ROLLING_TTL_SEC", self.rolling_ttl_sec, 3600, 2_592_000)
        _check("CLUSTER_MAX_MEMBERS", self.max_members, 1, 2000)
        _check("LADDER_WINDOW_MS", self.ladder_window_ms, 250, 10_000)


class OptionsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Everything the options engine is told.

    Parameters
    ----------
    quotes, aggressor, pricing, signal, cluster, inference, baselines
        One part per stage.
    definitions_hash : str
        Of the contract definitions in use; empty without any.
    """

    quotes: QuoteConfig = QuoteConfig()
    aggressor: AggressorConfig = AggressorConfig()
    pricing: PricingConfig = PricingConfig()
    signal: SignalConfig = SignalConfig()
    cluster: ClusterConfig = ClusterConfig()
    inference: InferenceConfig = InferenceConfig()
    baselines: BaselineConfig = BaselineConfig()
    definitions_hash: str = ""

    @property
    def config_hash(self) -> str:
        """
        Return 8 hex digits over the effective thresholds.

        Notes
        -----
        BLAKE2b over canonical JSON: a threshold left to its mode and the same threshold given
        explicitly hash alike.
        """
        parts = msgspec.to_builtins(self)
        parts["signal"] = {
            "mode": self.signal.mode,
            "nbbo_max_age_ms": self.signal.nbbo_max_age_ms,
            "etf_underlyings": sorted(self.signal.etf_underlyings),
            **msgspec.structs.asdict(self.signal.thresholds()),
        }
        text = json.dumps(_numbers_alike(parts), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _numbers_alike(value: object) -> object:
    """Write 500 and 500.0 the same way: a threshold has one hash however it was typed."""
    if isinstance(value, dict):
        return {key: _numbers_alike(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers_alike(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
