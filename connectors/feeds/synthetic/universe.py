"""What the synthetic market lists: underlyings and their contracts."""

from bisect import bisect
from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.feeds.synthetic.config import ModeRates
from flows.options.contracts import ContractId
from flows.options.contracts import contract_from_parts
from flows.options.contracts import expiry_instant_ns

EASTERN: Final = ZoneInfo("America/New_York")
EPOCH: Final = date(1970, 1, 1)
NS_PER_S: Final = 1_000_000_000
MIN_LIFE_NS: Final = 2 * 3600 * NS_PER_S
MULTIPLIER: Final = 100

# Symbol, price $, volatility, share of the activity, quotes in cents. ETFs come first.
_NAMES: Final = (
    ("SPY", 590.0, 0.16, 22.0, True),
    ("QQQ", 515.0, 0.20, 14.0, True),
    ("IWM", 220.0, 0.23, 6.0, True),
    ("NVDA", 140.0, 0.48, 12.0, True),
    ("TSLA", 340.0, 0.62, 11.0, True),
    ("AAPL", 235.0, 0.27, 8.0, True),
    ("AMD", 125.0, 0.50, 5.0, True),
    ("META", 640.0, 0.34, 4.0, False),
    ("AMZN", 220.0, 0.31, 5.0, True),
    ("MSFT", 450.0, 0.24, 4.0, True),
    ("PLTR", 115.0, 0.68, 5.0, True),
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
    ("UBER", 90.0, 0.40, 1.2, True),
    ("DIS", 112.0, 0.28, 1.2, True),
    ("BA", 205.0, 0.38, 1.5, False),
    ("AVGO", 235.0, 0.45, 2.0, False),
    ("CRM", 280.0, 0.33, 1.0, False),
    ("MU", 98.0, 0.49, 1.5, True),
    ("ORCL", 160.0, 0.36, 1.0, False),
    ("PYPL", 72.0, 0.39, 1.0, True),
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
_STRIKE_STEPS: Final = ((15.0, 0.5), (60.0, 1.0), (150.0, 2.5), (400.0, 5.0), (1e9, 10.0))


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


class Contract(msgspec.Struct, frozen=True):
    """
    One listed contract.

    Parameters
    ----------
    identity : ContractId
        What it is.
    underlying : int
        Index of its underlying in the universe.
    expiry_ns : int
        When it settles, ns UTC.
    """

    identity: ContractId
    underlying: int
    expiry_ns: int


def listings(rates: ModeRates, seed: int) -> tuple[Listing, ...]:
    """Return the underlyings of a mode; beyond the well-known ones they are made up."""
    known = [Listing(*name) for name in _NAMES[: rates.underlyings]]
    rng = Random(f"listings:{seed}")  # noqa: S311 - a market, not a secret
    for number in range(rates.underlyings - len(known)):
        high, low = divmod(number, len(_LETTERS))
        price = round(12.0 * 40.0 ** rng.random(), 2)
        volatility = round(0.2 + 0.6 * rng.random(), 2)
        symbol = f"Z{_LETTERS[high]}Q{_LETTERS[low]}"
        known.append(Listing(symbol, price, volatility, 0.15 + 0.5 * rng.random(), price < 100))
    return tuple(known)


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
    today = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN).date()
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    wanted = [friday + timedelta(days=days) for days in (0, 7, 14, 35, 70, 98, 126)]
    if symbol in DAILY_EXPIRIES:
        wanted = [today, today + timedelta(days=1), *wanted]
    found: list[int] = []
    for day in sorted(set(wanted)):
        days = (day - EPOCH).days
        if day.weekday() < 5 and expiry_instant_ns(symbol, days) > at_ns + MIN_LIFE_NS:
            found.append(days)
    return found[:count]


def strikes(price: float, count: int) -> list[float]:
    """Return strikes around a price, ascending."""
    step = next(step for limit, step in _STRIKE_STEPS if price < limit)
    middle = round(price / step)
    first = max(1, middle - (count - 1) // 2)
    return [round((first + at) * step, 3) for at in range(count)]


class Universe:
    """
    Contracts around the prices of a moment.

    Parameters
    ----------
    names : sequence of Listing
        Underlyings.
    rates : ModeRates
        How many contracts there are in all.
    prices : sequence of float
        Prices of the underlyings, $.
    at_ns : int
        Virtual time.

    Attributes
    ----------
    contracts : list[Contract]
        All of them.
    chains : list[dict]
        For each underlying, by (expiry, right) the indices of its contracts, ascending strikes.
    valid_until_ns : int
        When the first contract settles and the universe has to be made anew.
    """

    def __init__(
        self, names: Sequence[Listing], rates: ModeRates, prices: Sequence[float], at_ns: int
    ) -> None:
        self.contracts: list[Contract] = []
        self.chains: list[dict[tuple[int, str], list[int]]] = []
        weights: list[float] = []
        base, extra = divmod(rates.contracts // 2, rates.underlyings)
        for index, (name, price) in enumerate(zip(names, prices, strict=True)):
            self.chains.append({})
            self._list(name, index, price, at_ns, base + (index < extra))
            mine = [i for chain in self.chains[index].values() for i in chain]
            parts = [self._activity(i, price, at_ns) for i in mine]
            total = sum(parts)
            weights += [name.weight * part / total for part in parts]
        self._cumulative = list(accumulate(weights))
        self.valid_until_ns = min(contract.expiry_ns for contract in self.contracts)

    def _list(self, name: Listing, index: int, price: float, at_ns: int, pairs: int) -> None:
        dates = expiries(name.symbol, at_ns, 3 if pairs <= 10 else 6)
        for order, days in enumerate(dates):
            count = pairs // len(dates) + (order < pairs % len(dates))
            for right in "CP":
                chain: list[int] = []
                for strike in strikes(price, count):
                    identity = contract_from_parts(name.symbol, days, strike, right)
                    settles = expiry_instant_ns(identity.root, days)
                    chain.append(len(self.contracts))
                    self.contracts.append(Contract(identity, index, settles))
                self.chains[index][days, right] = chain

    def _activity(self, index: int, price: float, at_ns: int) -> float:
        contract = self.contracts[index]
        days = (contract.expiry_ns - at_ns) / (86_400 * NS_PER_S)
        distance = abs(contract.identity.strike / price - 1.0)
        return 1.0 / ((1.0 + days / 10.0) * (1.0 + 20.0 * distance))

    def pick(self, draw: float) -> Contract:
        """Return an active contract for a uniform draw from [0, 1)."""
        at = bisect(self._cumulative, draw * self._cumulative[-1])
        return self.contracts[min(at, len(self.contracts) - 1)]

    def nearest(
        self, underlying: int, right: str, days_out: float, strike: float, at_ns: int
    ) -> Contract:
        """
        Return the listed contract of an underlying nearest to what is wanted.

        Parameters
        ----------
        underlying : int
            Index.
        right : str
            `C` or `P`.
        days_out : float
            Wanted days to expiry.
        strike : float
            Wanted strike, $.
        at_ns : int
            Virtual time.
        """
        today = at_ns / (86_400 * NS_PER_S)
        chain = min(
            (key for key in self.chains[underlying] if key[1] == right),
            key=lambda key: (abs(key[0] - today - days_out), key[0]),
        )
        listed = [self.contracts[i] for i in self.chains[underlying][chain]]
        return min(listed, key=lambda c: (abs(c.identity.strike - strike), c.identity.strike))

    def siblings(self, contract: Contract, right: str) -> list[Contract]:
        """Return the contracts of one right with the same underlying and expiry, by strike."""
        chain = self.chains[contract.underlying][contract.identity.expiry, right]
        return [self.contracts[i] for i in chain]
