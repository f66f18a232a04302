"""What the synthetic market lists: underlyings and the contracts of its background."""

import math
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

import msgspec
import numpy as np

from connectors.feeds.synthetic.calendar import EPOCH
from connectors.feeds.synthetic.calendar import NS_PER_DAY
from connectors.feeds.synthetic.calendar import trade_date
from connectors.feeds.synthetic.choices import Floats
from connectors.feeds.synthetic.choices import Ints
from connectors.feeds.synthetic.config import ModeRates
from flows.options.contracts import ContractId
from flows.options.contracts import contract_from_parts
from flows.options.contracts import expiry_instant_ns

# Background contracts are listed while they live at least this long.
MIN_LIFE_NS: Final = 2 * 3600 * 1_000_000_000

# Symbol, price $, volatility, share of the activity, quotes in cents.
_NAMES: Final = (
    ("SPY", 590.0, 0.16, 22.0, True),
    ("QQQ", 515.0, 0.20, 14.0, True),
    ("IWM", 220.0, 0.23, 6.0, True),
    ("NVDA", 140.0, 0.48, 12.0, True),
    ("TSLA", 340.0, 0.62, 11.0, True),
    ("AAPL", 235.0, 0.27, 8.0, True),
    ("AMD", 125.0, 0.50, 5.0, True),
    ("AMZN", 220.0, 0.31, 5.0, True),
    ("PLTR", 115.0, 0.68, 5.0, True),
    ("UBER", 90.0, 0.40, 1.2, True),
    ("DIS", 112.0, 0.28, 1.2, True),
    ("PYPL", 72.0, 0.39, 1.0, True),
    ("META", 640.0, 0.34, 4.0, False),
    ("MSFT", 450.0, 0.24, 4.0, True),
    ("COIN", 260.0, 0.75, 3.0, False),
    ("GOOGL", 175.0, 0.30, 3.0, True),
    ("NFLX", 1150.0, 0.33, 2.0, False),
    ("SMCI", 42.0, 0.85, 2.0, True),
    ("MSTR", 380.0, 0.80, 3.0, False),
    ("BAC", 44.0, 0.26, 2.0, True),
    ("JPM", 265.0, 0.24, 1.5, False),
    ("XLF", 50.0, 0.18, 1.5, True),
    ("GLD", 305.0, 0.17, 1.5, True),
    ("TLT", 86.0, 0.15, 2.0, True),
    ("SMH", 245.0, 0.33, 1.5, True),
    ("INTC", 21.0, 0.52, 2.0, True),
    ("BA", 205.0, 0.38, 1.5, False),
    ("AVGO", 235.0, 0.45, 2.0, False),
    ("CRM", 280.0, 0.33, 1.0, False),
    ("MU", 98.0, 0.49, 1.5, True),
    ("ORCL", 160.0, 0.36, 1.0, False),
    ("SNOW", 205.0, 0.47, 1.0, False),
    ("SHOP", 108.0, 0.51, 1.0, True),
    ("HOOD", 64.0, 0.70, 1.5, True),
    ("SOFI", 13.5, 0.62, 1.2, True),
    ("F", 10.5, 0.32, 1.0, True),
    ("WMT", 97.0, 0.22, 1.0, True),
    ("XOM", 104.0, 0.25, 1.0, True),
    ("CVX", 138.0, 0.25, 0.8, False),
    ("UNH", 300.0, 0.42, 1.2, False),
)
DAILY_EXPIRIES: Final = frozenset({"SPY", "QQQ", "IWM"})
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STRIKE_STEPS: Final = ((20.0, 0.5), (150.0, 1.0), (400.0, 2.5), (1e9, 5.0))
# The underlyings with this share of the activity and more are as liquid as any.
_LIQUID_LOG: Final = math.log1p(12.0)
_FRIDAYS: Final = (0, 7, 14, 35, 70, 98, 126)


class Listing(msgspec.Struct, frozen=True):
    """
    One underlying of the universe.

    Parameters
    ----------
    symbol : str
        Underlying.
    price : float
        Where its walk begins, $.
    volatility : float
        Yearly.
    weight : float
        Share of the activity.
    is_penny : bool
        Options quote in cents at every price.
    """

    symbol: str
    price: float
    volatility: float
    weight: float
    is_penny: bool

    @property
    def liquidity(self) -> float:
        """How much its stock trades beside the busiest, above 0 to 1."""
        return min(1.0, 0.35 + 0.65 * math.log1p(self.weight) / _LIQUID_LOG)


KNOWN: Final = tuple(Listing(*name) for name in _NAMES)


def listings(rates: ModeRates, seed: int) -> tuple[Listing, ...]:
    """Return the underlyings of a mode; beyond the well-known ones they are made up."""
    found = list(KNOWN[: rates.underlyings])
    rng = Random(f"listings:{seed}")  # noqa: S311 - a market, not a secret
    for number in range(rates.underlyings - len(found)):
        high, low = divmod(number, len(_LETTERS))
        price = round(12.0 * 40.0 ** rng.random(), 2)
        volatility = round(0.2 + 0.6 * rng.random(), 2)
        symbol = f"Z{_LETTERS[high]}Q{_LETTERS[low]}"
        found.append(Listing(symbol, price, volatility, 0.15 + 0.5 * rng.random(), price < 100))
    return tuple(found)


def expiries(symbol: str, at_ns: int, count: int) -> list[int]:
    """
    Return expiry dates of a symbol, nearest first, in days since 1970-01-01.

    Parameters
    ----------
    symbol : str
        Underlying; some have expiries on each weekday, the others on Fridays.
    at_ns : int
        Virtual time; a date that settles within two hours is left out.
    count : int
        How many.
    """
    today = trade_date(at_ns)
    weekday = (EPOCH + timedelta(days=today)).weekday()
    friday = today + (4 - weekday) % 7
    wanted = [friday + days for days in _FRIDAYS]
    if symbol in DAILY_EXPIRIES:
        wanted = [today, today + 1, *wanted]
    found = [
        days
        for days in sorted(set(wanted))
        if (EPOCH + timedelta(days=days)).weekday() < 5
        and expiry_instant_ns(symbol, days) > at_ns + MIN_LIFE_NS
    ]
    return found[:count]


def strike_step(price: float) -> float:
    """Return the distance of listed strikes for an underlying's price, $."""
    return next(step for limit, step in _STRIKE_STEPS if price < limit)


def strikes(price: float, count: int) -> list[float]:
    """Return strikes around a price, ascending."""
    step = strike_step(price)
    middle = round(price / step)
    first = max(1, middle - (count - 1) // 2)
    return [round((first + at) * step, 3) for at in range(count)]


class Universe:
    """
    Contracts around the prices of a moment, in columns.

    Chains lie one after the other: all strikes of an underlying, expiry and right ascending, first
    the calls, then the puts of the same strikes.

    Parameters
    ----------
    names : sequence of Listing
        Underlyings.
    rates : ModeRates
        How many contracts there are in all.
    prices : (u,) float64
        Prices of the underlyings, $.
    at_ns : int
        Virtual time.

    Attributes
    ----------
    contracts : list of ContractId
        All of them.
    underlying, chain_first, chain_length, mirror_first : (n,) int64
        Index of the underlying; where the contract's chain begins, how many strikes it has, and
        where the chain of the other right begins.
    strike, sign : (n,) float64
        $; +1 call, -1 put.
    expiry_ns : (n,) int64
        When it settles, ns UTC.
    valid_until_ns : int
        When the first contract settles and the universe has to be made anew.
    """

    def __init__(
        self, names: Sequence[Listing], rates: ModeRates, prices: Floats, at_ns: int
    ) -> None:
        self.contracts: list[ContractId] = []
        chains: list[tuple[int, int, int, int, int]] = []
        base, extra = divmod(rates.contracts // 2, rates.underlyings)
        for index, (name, price) in enumerate(zip(names, prices.tolist(), strict=True)):
            pairs = base + (index < extra)
            dates = expiries(name.symbol, at_ns, 3 if pairs <= 10 else 6)
            for order, days in enumerate(dates):
                count = pairs // len(dates) + (order < pairs % len(dates))
                chains += self._list(name.symbol, index, days, strikes(price, count))
        columns = np.array(chains, dtype=np.int64)
        self.underlying: Ints = columns[:, 0]
        self.chain_first: Ints = columns[:, 1]
        self.chain_length: Ints = columns[:, 2]
        self.mirror_first: Ints = columns[:, 3]
        self.expiry_ns: Ints = columns[:, 4]
        self.strike: Floats = np.array([contract.strike for contract in self.contracts])
        self.sign: Floats = np.array([1.0 if c.right == "C" else -1.0 for c in self.contracts])
        self.is_penny = np.array([name.is_penny for name in names])[self.underlying]
        self.valid_until_ns = int(self.expiry_ns.min())
        self.weigh(names, prices, at_ns)

    def weigh(self, names: Sequence[Listing], prices: Floats, at_ns: int) -> None:
        """Share the activity anew, by the underlyings' weights and prices at a time (ns UTC)."""
        self._cumulative = np.cumsum(self._weights(names, prices, at_ns))

    def _list(
        self, symbol: str, index: int, days: int, strike_list: list[float]
    ) -> list[tuple[int, int, int, int, int]]:
        rows: list[tuple[int, int, int, int, int]] = []
        first, count = len(self.contracts), len(strike_list)
        for right, mine, other in (("C", first, first + count), ("P", first + count, first)):
            made = [contract_from_parts(symbol, days, strike, right) for strike in strike_list]
            self.contracts += made
            rows += [
                (index, mine, count, other, expiry_instant_ns(each.root, days)) for each in made
            ]
        return rows

    def _weights(self, names: Sequence[Listing], prices: Floats, at_ns: int) -> Floats:
        days = (self.expiry_ns - at_ns) / NS_PER_DAY
        distance = np.abs(self.strike / prices[self.underlying] - 1.0)
        activity = 1.0 / ((1.0 + days / 10.0) * (1.0 + 20.0 * distance))
        totals = np.bincount(self.underlying, weights=activity)
        shares = np.array([name.weight for name in names]) / totals
        weights: Floats = activity * shares[self.underlying]
        return weights

    def pick(self, uniform: Floats) -> Ints:
        """Return indices of contracts by activity for uniform draws from [0, 1)."""
        found = np.searchsorted(self._cumulative, uniform * self._cumulative[-1], side="right")
        picked: Ints = np.minimum(found, len(self.contracts) - 1)
        return picked
