"""Prices of the synthetic market over virtual time."""

import math
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from connectors.feeds.synthetic.calendar import EASTERN
from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.choices import Floats
from connectors.feeds.synthetic.choices import Ints
from connectors.feeds.synthetic.surface import NS_PER_YEAR
from connectors.feeds.synthetic.surface import theoretical_values
from connectors.feeds.synthetic.surface import two_sided
from connectors.feeds.synthetic.universe import Listing
from connectors.feeds.synthetic.universe import Universe

TRADING_S_PER_YEAR: Final = 252 * 23_400


class Regime(msgspec.Struct, frozen=True):
    """
    How an underlying behaves for a while.

    Parameters
    ----------
    name : str
        One of seven.
    drift_bps_per_min : float
        Of the price.
    turbulence : float
        Multiple of the volatility.
    pull : float
        Share of the distance to its anchor taken back per minute.
    iv_per_min : float
        Relative change of implied volatility.
    off_exchange : float
        Share of the stock's trades that FINRA facilities report, .30 to .58.
    cleanliness : float
        Of the stock's quotes, 1 for tight ones.
    """

    name: str
    drift_bps_per_min: float
    turbulence: float
    pull: float
    iv_per_min: float
    off_exchange: float
    cleanliness: float


REGIMES: Final = (
    Regime("trend_up", 1.5, 1.0, 0.0, -0.001, 0.44, 0.80),
    Regime("trend_down", -1.5, 1.2, 0.0, 0.002, 0.40, 0.70),
    Regime("mean_revert", 0.0, 1.0, 0.30, 0.0, 0.50, 0.85),
    Regime("chase", 4.0, 1.5, 0.0, 0.003, 0.58, 0.60),
    Regime("event_ramp", 0.5, 0.9, 0.0, 0.006, 0.34, 0.75),
    Regime("dealer_gamma", 0.0, 0.5, 0.50, -0.003, 0.30, 0.95),
    Regime("calm", 0.0, 0.6, 0.05, -0.001, 0.38, 1.00),
)
_CALM: Final = len(REGIMES) - 1
_DRIFT: Final = np.array([regime.drift_bps_per_min for regime in REGIMES]) / 1e4
_TURBULENCE: Final = np.array([regime.turbulence for regime in REGIMES])
_PULL: Final = np.array([regime.pull for regime in REGIMES])
_IV_PER_MIN: Final = np.array([regime.iv_per_min for regime in REGIMES])
_OFF_EXCHANGE: Final = np.array([regime.off_exchange for regime in REGIMES])
_CLEANLINESS: Final = np.array([regime.cleanliness for regime in REGIMES])
_MIN_STAY_S: Final = 120
_MAX_STAY_S: Final = 900
# Relative bounds of the walk, so that no session leaves its strikes behind altogether.
_LOWEST: Final = 0.85
_HIGHEST: Final = 1.15
# Noise left while an underlying is led somewhere.
_LED_NOISE: Final = 0.25


def phase_turbulence(at_ns: int) -> float:
    """Return how much livelier a time of day is: open 1.5, midday 0.8, power hour 1.3."""
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    minute = local.hour * 60 + local.minute
    if 570 <= minute < 630:
        return 1.5
    if 900 <= minute < 960:
        return 1.3
    return 0.8 if 690 <= minute < 840 else 1.0


def stock_quote(price: float, volatility: float) -> tuple[int, int]:
    """Return bid and ask of an underlying, cents."""
    half = max(0.5, price * (1.0 + 3.0 * volatility) / 200.0)
    bid = math.floor(100.0 * price - half)
    return bid, max(math.ceil(100.0 * price + half), bid + 1)


def spread_bps(volatility: float, liquidity: float, cleanliness: float, at_ns: int) -> float:
    """
    Return the spread of an underlying's quote, bps of its price.

    Parameters
    ----------
    volatility : float
        Yearly, .28 = 28 %.
    liquidity, cleanliness : float
        0 to 1: of the name, and of its quotes for now.
    at_ns : int
        Virtual time, ns UTC.

    Notes
    -----
    Source: feed specification, 9.8.
    """
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    minute = local.hour * 60 + local.minute
    hour = 3.0 if 570 <= minute < 630 else 2.0 if 900 <= minute < 960 else 0.0
    return 4.0 + 14.0 * volatility + 10.0 * (1.0 - liquidity) + 12.0 * (1.0 - cleanliness) + hour


def quote_around(price: float, wide_bps: float) -> tuple[int, int]:
    """
    Return bid and ask of an underlying, cents, as near to a spread as whole cents allow.

    Parameters
    ----------
    price : float
        Their middle, $.
    wide_bps : float
        The spread; at least one cent comes out.
    """
    width = max(1, round(price * wide_bps / 100.0))
    bid = max(1, math.floor(100.0 * price - width / 2.0 + 0.5))
    return bid, bid + width


class Lead(msgspec.Struct, frozen=True):
    """
    A stretch in which an underlying goes somewhere, nearly without noise.

    Parameters
    ----------
    underlying : int
        Which.
    bps_per_s : float
        How fast.
    from_ns, until_ns : int
        Virtual time of the stretch.
    """

    underlying: int
    bps_per_s: float
    from_ns: int
    until_ns: int


class Market:
    """
    Walk of all underlyings and the quotes that follow from it.

    Parameters
    ----------
    names : sequence of Listing
        Underlyings.

    Notes
    -----
    Source: options flow specification, 12. All chance comes from the generators handed in.
    """

    def __init__(self, names: Sequence[Listing]) -> None:
        count = len(names)
        self._start: Floats = np.array([name.price for name in names])
        self._volatility: Floats = np.array([name.volatility for name in names])
        self._liquidity = [name.liquidity for name in names]
        self.prices: Floats = self._start.copy()
        self.base_iv: Floats = self._volatility.copy()
        self._anchor: Floats = self._start.copy()
        self._regime: Ints = np.full(count, _CALM, dtype=np.int64)
        self._until_ns: Ints = np.zeros(count, dtype=np.int64)
        self._leads: list[Lead] = []

    def extend(self, names: Sequence[Listing]) -> None:
        """List further underlyings; those there are go on as they were."""
        fresh = Market(names)
        self._liquidity += fresh._liquidity
        for name in ("_start", "_volatility", "prices", "base_iv", "_anchor", "_regime"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(fresh, name)]))
        self._until_ns = np.concatenate([self._until_ns, fresh._until_ns])

    def lead(self, lead: Lead) -> None:
        """Lead an underlying somewhere."""
        self._leads.append(lead)

    def step(self, rng: np.random.Generator, at_ns: int, seconds: float) -> None:
        """Advance all underlyings to a time."""
        count = len(self.prices)
        draws = rng.random((2, count))
        noise = rng.standard_normal(count)
        turns = self._until_ns <= at_ns
        drawn = (draws[0] * len(REGIMES)).astype(np.int64)
        self._regime = np.where(turns, drawn, self._regime)
        stay_s = _MIN_STAY_S + draws[1] * (_MAX_STAY_S - _MIN_STAY_S)
        self._until_ns = np.where(
            turns, at_ns + (stay_s * NS_PER_S).astype(np.int64), self._until_ns
        )
        self._anchor = np.where(turns, self.prices, self._anchor)
        minutes = seconds / 60.0
        root = math.sqrt(seconds / TRADING_S_PER_YEAR) * phase_turbulence(at_ns)
        drift = _DRIFT[self._regime] * minutes
        drift += _PULL[self._regime] * minutes * (self._anchor / self.prices - 1.0)
        scale = _TURBULENCE[self._regime]
        self._leads = [lead for lead in self._leads if lead.until_ns > at_ns]
        led = [lead for lead in self._leads if lead.from_ns <= at_ns]
        for lead in led:
            drift[lead.underlying] = 0.0
            scale[lead.underlying] = _LED_NOISE
        for lead in led:
            drift[lead.underlying] += lead.bps_per_s * seconds / 1e4
        change = drift + self._volatility * scale * root * noise
        self.prices = np.clip(
            self.prices * np.exp(change), _LOWEST * self._start, _HIGHEST * self._start
        )
        self.base_iv = np.clip(
            self.base_iv * (1.0 + _IV_PER_MIN[self._regime] * minutes),
            0.7 * self._volatility,
            1.5 * self._volatility,
        )

    def stock_quotes(self, at_ns: int) -> list[tuple[int, int]]:
        """Return bid and ask of all underlyings at a time (ns UTC), cents."""
        clean = _CLEANLINESS[self._regime].tolist()
        columns = zip(
            self.prices.tolist(), self._volatility.tolist(), self._liquidity, clean, strict=True
        )
        return [
            quote_around(price, spread_bps(volatility, liquidity, cleanliness, at_ns))
            for price, volatility, liquidity, cleanliness in columns
        ]

    def off_exchange_shares(self) -> list[float]:
        """Return the share of trades reported by FINRA facilities, of all underlyings."""
        shares: list[float] = _OFF_EXCHANGE[self._regime].tolist()
        return shares

    def option_quotes(
        self, universe: Universe, picked: Ints, at_ns: int
    ) -> tuple[Ints, Ints, Ints]:
        """
        Return bid, ask and tick of contracts, in cents.

        Parameters
        ----------
        universe : Universe
            Which contracts there are.
        picked : (n,) int64
            Indices of those to quote.
        at_ns : int
            Virtual time.
        """
        underlying = universe.underlying[picked]
        values = theoretical_values(
            self.prices[underlying],
            universe.strike[picked],
            (universe.expiry_ns[picked] - at_ns) / NS_PER_YEAR,
            self.base_iv[underlying],
            universe.sign[picked],
        )
        return two_sided(values, universe.is_penny[picked])
