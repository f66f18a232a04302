"""Configuration of the synthetic market."""

from types import MappingProxyType
from typing import Final

import msgspec

from connectors.errors import MisconfiguredConnector

LAST_START_NS: Final = 4_000_000_000_000_000_000


class ModeRates(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a mode emits (options flow specification, 12).

    Parameters
    ----------
    prints_per_s, quotes_per_s : float
        Means; quotes include the one before each print.
    surge_prints : int
        Extra prints within the last second of each minute.
    underlyings, contracts : int
        How many are listed for the background; scenarios list what they need besides.
    bursts_per_min : float
        Scenarios played.
    size_factor, premium_factor : float
        Of background sizes and scenario contracts, and of scenario premium.
    """

    prints_per_s: float
    quotes_per_s: float
    surge_prints: int
    underlyings: int
    contracts: int
    bursts_per_min: float
    size_factor: float
    premium_factor: float


MODES: Final = MappingProxyType(
    {
        "realistic": ModeRates(
            prints_per_s=6,
            quotes_per_s=20,
            surge_prints=0,
            underlyings=12,
            contracts=240,
            bursts_per_min=6,
            size_factor=1.0,
            premium_factor=1.0,
        ),
        "active": ModeRates(
            prints_per_s=40,
            quotes_per_s=150,
            surge_prints=0,
            underlyings=40,
            contracts=1600,
            bursts_per_min=20,
            size_factor=1.5,
            premium_factor=1.45,
        ),
        "firehose": ModeRates(
            prints_per_s=2000,
            quotes_per_s=6000,
            surge_prints=10_000,
            underlyings=300,
            contracts=20_000,
            bursts_per_min=60,
            size_factor=1.9,
            premium_factor=1.85,
        ),
    }
)


class MarketModes(msgspec.Struct, frozen=True):
    """
    Modes of the two sides of the market.

    Parameters
    ----------
    options : str
        Of options, and of which stocks there are.
    equities : str | None
        Of trades in stocks; None for a market in which they are quoted only.
    """

    options: str
    equities: str | None


class SyntheticConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One synthetic session.

    Parameters
    ----------
    seed : int
        Of every random choice, at least 0.
    mode : str, default realistic
        `realistic`, `active` or `firehose` (`SYNTHETIC_MARKET_MODE`, or `SYNTHETIC_OPTIONS_MODE`
        where that is set).
    start_ts : int
        Virtual time of the first tick, ns UTC.
    emit_interval_ms : int, default 1000
        Virtual time of one tick, 10 to 60,000 (`EMIT_INTERVAL_MS`).
    scenarios : bool, default True
        Whether labelled scenarios are played; without them there is background only.
    equities_mode : str | None, default None
        How lively stocks trade, one of the modes; None for a market in which they are quoted only
        (`SYNTHETIC_EQUITIES_MODE`). Option records are the same either way.
    """

    seed: int
    start_ts: int
    mode: str = "realistic"
    emit_interval_ms: int = 1000
    scenarios: bool = True
    equities_mode: str | None = None

    def __post_init__(self) -> None:
        if self.seed < 0:
            msg = f"SYNTHETIC_SEED is {self.seed}, expected 0 or more"
            raise MisconfiguredConnector(msg)
        if self.mode not in MODES:
            msg = f"SYNTHETIC_MARKET_MODE is {self.mode!r}, expected one of {', '.join(MODES)}"
            raise MisconfiguredConnector(msg)
        if self.equities_mode is not None and self.equities_mode not in MODES:
            modes = ", ".join(MODES)
            msg = f"SYNTHETIC_EQUITIES_MODE is {self.equities_mode!r}, expected one of {modes}"
            raise MisconfiguredConnector(msg)
        if not 10 <= self.emit_interval_ms <= 60_000:
            msg = f"EMIT_INTERVAL_MS is {self.emit_interval_ms}, expected 10 to 60000"
            raise MisconfiguredConnector(msg)
        if not 0 < self.start_ts < LAST_START_NS:
            msg = f"start_ts is {self.start_ts}, expected ns since 1970"
            raise MisconfiguredConnector(msg)

    @property
    def rates(self) -> ModeRates:
        """Rates of the mode."""
        return MODES[self.mode]
