"""Prices of the synthetic market over virtual time."""

import math
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.surface import NS_PER_YEAR
from connectors.feeds.synthetic.surface import theoretical_value
from connectors.feeds.synthetic.surface import two_sided
from connectors.feeds.synthetic.universe import EASTERN
from connectors.feeds.synthetic.universe import NS_PER_S
from connectors.feeds.synthetic.universe import Contract
from connectors.feeds.synthetic.universe import Listing

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
    """

    name: str
    drift_bps_per_min: float
    turbulence: float
    pull: float
    iv_per_min: float


REGIMES: Final = (
    Regime("trend_up", 1.5, 1.0, 0.0, -0.001),
    Regime("trend_down", -1.5, 1.2, 0.0, 0.002),
    Regime("mean_revert", 0.0, 1.0, 0.30, 0.0),
    Regime("chase", 4.0, 1.5, 0.0, 0.003),
    Regime("event_ramp", 0.5, 0.9, 0.0, 0.006),
    Regime("dealer_gamma", 0.0, 0.5, 0.50, -0.003),
    Regime("calm", 0.0, 0.6, 0.05, -0.001),
)
_MIN_STAY_S: Final = 120
_MAX_STAY_S: Final = 900
# Relative bounds of the walk, so that no session leaves its strikes behind altogether.
_LOWEST: Final = 0.85
_HIGHEST: Final = 1.15


def phase_turbulence(at_ns: int) -> float:
    """Return how much livelier a time of day is: open 1.5, midday 0.8, power hour 1.3."""
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN)
    minute = local.hour * 60 + local.minute
    if 570 <= minute < 630:
        return 1.5
    if 900 <= minute < 960:
        return 1.3
    return 0.8 if 690 <= minute < 840 else 1.0


class _Walk:
    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.price = listing.price
        self.anchor = listing.price
        self.base_iv = listing.volatility
        self.regime = REGIMES[-1]
        self.until_ns = 0


class Market:
    """
    Walk of all underlyings and the option quotes that follow from it.

    Parameters
    ----------
    names : sequence of Listing
        Underlyings.

    Notes
    -----
    Source: options flow specification, 12. All chance comes from the generators handed in.
    """

    def __init__(self, names: Sequence[Listing]) -> None:
        self._walks = [_Walk(name) for name in names]

    def prices(self) -> list[float]:
        """Return the prices of the underlyings, $."""
        return [walk.price for walk in self._walks]

    def price(self, underlying: int) -> float:
        """Return the price of one underlying, $."""
        return self._walks[underlying].price

    def push(self, underlying: int, bps: float) -> None:
        """Move an underlying, as a burst in its options goes with."""
        walk = self._walks[underlying]
        self._set(walk, walk.price * (1.0 + bps / 10_000.0))

    @staticmethod
    def _set(walk: _Walk, price: float) -> None:
        start = walk.listing.price
        walk.price = max(_LOWEST * start, min(_HIGHEST * start, price))

    def step(self, rng: Random, at_ns: int, seconds: float) -> None:
        """Advance all underlyings to a time."""
        minutes, phase = seconds / 60.0, phase_turbulence(at_ns)
        root = math.sqrt(seconds / TRADING_S_PER_YEAR)
        for walk in self._walks:
            if at_ns >= walk.until_ns:
                walk.regime = REGIMES[int(rng.random() * len(REGIMES))]
                stay = _MIN_STAY_S + rng.random() * (_MAX_STAY_S - _MIN_STAY_S)
                walk.until_ns = at_ns + int(stay * NS_PER_S)
                walk.anchor = walk.price
            regime = walk.regime
            deviation = walk.listing.volatility * regime.turbulence * phase * root
            change = regime.drift_bps_per_min * minutes / 10_000.0 + deviation * rng.gauss(0.0, 1.0)
            change += regime.pull * minutes * (walk.anchor / walk.price - 1.0)
            self._set(walk, walk.price * math.exp(change))
            base = walk.listing.volatility
            iv = walk.base_iv * (1.0 + regime.iv_per_min * minutes)
            walk.base_iv = max(0.7 * base, min(1.5 * base, iv))

    def stock_quote(self, underlying: int) -> tuple[float, float]:
        """Return bid and ask of an underlying, $."""
        walk = self._walks[underlying]
        width_bps = 1.0 + 3.0 * walk.listing.volatility
        half = max(0.005, walk.price * width_bps / 20_000.0)
        bid = math.floor((walk.price - half) * 100.0) / 100.0
        return bid, max(math.ceil((walk.price + half) * 100.0) / 100.0, bid + 0.01)

    def option_quote(self, contract: Contract, at_ns: int) -> tuple[int, int, int]:
        """Return bid, ask and tick of a contract, in cents."""
        walk, identity = self._walks[contract.underlying], contract.identity
        years = (contract.expiry_ns - at_ns) / NS_PER_YEAR
        value = theoretical_value(walk.price, identity.strike, years, walk.base_iv, identity.right)
        share = 0.012 if walk.listing.is_penny else 0.025
        return two_sided(value, is_penny=walk.listing.is_penny, spread_share=share)
