"""What is going to trade: single prints, packages and bursts, as orders with their times."""

import math
from collections.abc import Callable
from random import Random
from typing import Final
from typing import TypeAlias

import msgspec

from connectors.feeds.synthetic.choices import ASK_SIDE
from connectors.feeds.synthetic.choices import BID_SIDE
from connectors.feeds.synthetic.choices import VENUES
from connectors.feeds.synthetic.choices import Weighted
from connectors.feeds.synthetic.config import ModeRates
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.universe import MULTIPLIER
from connectors.feeds.synthetic.universe import Contract
from connectors.feeds.synthetic.universe import Universe

NS_PER_MS: Final = 1_000_000
# What one background order may be worth, $ before the mode's factor: it is no signal.
_QUIET_PREMIUM: Final = 8_000.0
_MEDIAN_SIZE: Final = 3.0
_SIZE_DEVIATION: Final = 1.1


class Order(msgspec.Struct, frozen=True, gc=False):
    """
    One print to come.

    Parameters
    ----------
    at_ns : int
        Virtual time, ns UTC.
    contract : Contract
        What trades.
    place : str | float
        A placement (`AA` … `BB`), or the position within the spread, 0 bid to 1 ask.
    size : int
        Contracts.
    venue, code : str
        OPRA participant and condition.
    price_cents : int | None
        The very price, as a cancel repeats it; None takes it from the place.
    """

    at_ns: int
    contract: Contract
    place: str | float
    size: int
    venue: str
    code: str
    price_cents: int | None = None


class Desk:
    """
    Make orders for the state of a moment.

    Parameters
    ----------
    market : Market
        Prices.
    universe : Universe
        Contracts.
    rates : ModeRates
        Factors of the mode.
    rng : Random
        Generator of the tick.
    at_ns : int
        Virtual time of the tick.
    """

    def __init__(
        self, market: Market, universe: Universe, rates: ModeRates, rng: Random, at_ns: int
    ) -> None:
        self.market = market
        self.universe = universe
        self.rates = rates
        self.rng = rng
        self.at_ns = at_ns

    def mid_dollars(self, contract: Contract) -> float:
        """Return the middle of a contract's quote, $ per unit, at least 0.01."""
        bid, ask, _ = self.market.option_quote(contract, self.at_ns)
        return max(0.01, (bid + ask) / 200.0)

    def quiet_size(self, contract: Contract, ratio: int = 1) -> int:
        """Return a background size, held below what would be a signal."""
        draw = _MEDIAN_SIZE * math.exp(_SIZE_DEVIATION * self.rng.gauss(0.0, 1.0))
        most = _QUIET_PREMIUM / (MULTIPLIER * ratio * self.mid_dollars(contract))
        return max(1, int(min(draw, most) * self.rates.size_factor))

    def size_for(self, contract: Contract, premium: float, least: int = 1) -> int:
        """Return how many contracts come to a premium, $ before the mode's factor."""
        wanted = premium * self.rates.premium_factor
        return max(least, round(wanted / (MULTIPLIER * self.mid_dollars(contract))))

    def between(self, low: float, high: float) -> float:
        """Draw uniformly."""
        return low + (high - low) * self.rng.random()


Legs: TypeAlias = list[tuple[Contract, int]]


def package_legs(desk: Desk, first: Contract) -> Legs:
    """
    Return 2 to 4 legs around a contract, with signed ratios.

    Parameters
    ----------
    desk : Desk
        State of the moment.
    first : Contract
        The active contract the package is built on.
    """
    other_right = "P" if first.identity.right == "C" else "C"
    same = desk.universe.siblings(first, first.identity.right)
    other = desk.universe.siblings(first, other_right)
    at, draw = same.index(first), desk.rng.random()
    if draw < 0.20 or len(same) < 2:
        return [(first, 1), (other[min(at, len(other) - 1)], 1)]
    step = 1 if at + 1 < len(same) else -1
    if draw < 0.75 or not 0 < at < len(same) - 1:
        return [(first, 1), (same[at + step], -1)]
    if draw < 0.90:
        return [(same[at - 1], 1), (first, -2), (same[at + 1], 1)]
    wing = min(at + 1, len(other) - 1)
    return [(first, -1), (same[at + 1], 1), (other[at - 1], 1), (other[wing], -1)]


def package(
    desk: Desk, legs: Legs, at_ns: int, code: str, size: int, position: float
) -> list[Order]:
    """
    Return the prints of one package: one venue, one stamp, ratios kept.

    Parameters
    ----------
    desk : Desk
        State of the moment.
    legs : list of (Contract, signed ratio)
        Legs, bought where positive.
    at_ns : int
        Their stamp.
    code : str
        Condition.
    size : int
        Units of the package.
    position : float
        Where the package trades, 0 sold at the worst to 1 bought at the worst.
    """
    venue = VENUES.draw(desk.rng)
    return [
        Order(
            at_ns=at_ns,
            contract=contract,
            place=position if ratio > 0 else 1.0 - position,
            size=size * abs(ratio),
            venue=venue,
            code=code,
        )
        for contract, ratio in legs
    ]


class Fills(msgspec.Struct, frozen=True):
    """
    How one order is filled.

    Parameters
    ----------
    count, venues : int
        Fills, and on how many venues in turn.
    gap_ms : float
        Between fills.
    code : str
        Condition.
    places : Weighted
        Placements.
    """

    count: int
    venues: int
    gap_ms: float
    code: str
    places: Weighted[str]


def _fills(desk: Desk, contract: Contract, premium: float, how: Fills) -> list[Order]:
    """Return one order's fills in a contract, spread over venues."""
    total = desk.size_for(contract, premium, least=how.count)
    names: list[str] = []
    while len(names) < how.venues:
        venue = VENUES.draw(desk.rng)
        if venue not in names:
            names.append(venue)
    shares = [0.5 + desk.rng.random() for _ in range(how.count)]
    scale = total / sum(shares)
    return [
        Order(
            at_ns=desk.at_ns + int(n * how.gap_ms * NS_PER_MS),
            contract=contract,
            place=how.places.draw(desk.rng),
            size=max(1, round(share * scale)),
            venue=names[n % how.venues],
            code=how.code,
        )
        for n, share in enumerate(shares)
    ]


def _sweep(desk: Desk, underlying: int, right: str) -> list[Order]:
    strike = desk.market.price(underlying) * desk.between(0.99, 1.01)
    contract = desk.universe.nearest(underlying, right, 14.0, strike, desk.at_ns)
    desk.market.push(underlying, desk.between(2.0, 8.0) * (1.0 if right == "C" else -1.0))
    fills = 4 + int(4 * desk.rng.random())
    venues = 3 + int(2 * desk.rng.random())
    premium = desk.between(400_000.0, 900_000.0)
    return _fills(desk, contract, premium, Fills(fills, venues, 5.0, "S", ASK_SIDE))


def _call_sweep(desk: Desk, underlying: int) -> list[Order]:
    return _sweep(desk, underlying, "C")


def _put_sweep(desk: Desk, underlying: int) -> list[Order]:
    return _sweep(desk, underlying, "P")


def _ask_lift(desk: Desk, underlying: int) -> list[Order]:
    right = "C" if desk.rng.random() < 0.6 else "P"
    price = desk.market.price(underlying)
    contract = desk.universe.nearest(underlying, right, 14.0, price * 1.01, desk.at_ns)
    orders: list[Order] = []
    for part in range(3):
        premium = desk.between(150_000.0, 400_000.0)
        found = _fills(desk, contract, premium, Fills(3, 1, 40.0, "I", ASK_SIDE))
        shift = part * int(desk.between(900.0, 1_800.0)) * NS_PER_MS
        orders += [msgspec.structs.replace(each, at_ns=each.at_ns + shift) for each in found]
    return orders


def _block(desk: Desk, underlying: int) -> list[Order]:
    right = "C" if desk.rng.random() < 0.5 else "P"
    contract = desk.universe.nearest(
        underlying, right, 40.0, desk.market.price(underlying), desk.at_ns
    )
    places = ASK_SIDE if desk.rng.random() < 0.6 else BID_SIDE
    premium = desk.between(200_000.0, 700_000.0)
    return _fills(desk, contract, premium, Fills(1, 1, 0.0, "a", places))


def _call_chase(desk: Desk, underlying: int) -> list[Order]:
    strike = desk.market.price(underlying) * 1.05
    contract = desk.universe.nearest(underlying, "C", 1.0, strike, desk.at_ns)
    desk.market.push(underlying, desk.between(1.0, 5.0))
    fills = 6 + int(5 * desk.rng.random())
    premium = fills * desk.between(5_000.0, 12_000.0)
    return _fills(desk, contract, premium, Fills(fills, 4, 45.0, "I", ASK_SIDE))


def _put_panic(desk: Desk, underlying: int) -> list[Order]:
    strike = desk.market.price(underlying) * 0.95
    contract = desk.universe.nearest(underlying, "P", 2.0, strike, desk.at_ns)
    desk.market.push(underlying, -desk.between(4.0, 14.0))
    premium = desk.between(350_000.0, 700_000.0)
    return _fills(desk, contract, premium, Fills(7, 4, 50.0, "I", ASK_SIDE))


def _write(desk: Desk, underlying: int) -> list[Order]:
    right, strike = ("C", 1.06) if desk.rng.random() < 0.5 else ("P", 0.96)
    price = desk.market.price(underlying) * strike
    contract = desk.universe.nearest(underlying, right, 35.0, price, desk.at_ns)
    premium = desk.between(150_000.0, 400_000.0)
    return _fills(desk, contract, premium, Fills(4, 1, 30.0, "I", BID_SIDE))


def _straddle(desk: Desk, underlying: int) -> list[Order]:
    price = desk.market.price(underlying)
    call, put = (
        desk.universe.nearest(underlying, right, 30.0, price, desk.at_ns) for right in "CP"
    )
    position = 0.2 if desk.rng.random() < 0.6 else 0.8
    size = desk.size_for(call, desk.between(60_000.0, 200_000.0))
    return package(desk, [(call, 1), (put, 1)], desk.at_ns, "f", size, position)


def _vertical(desk: Desk, underlying: int) -> list[Order]:
    price = desk.market.price(underlying)
    near = desk.universe.nearest(underlying, "C", 21.0, price, desk.at_ns)
    far = desk.universe.siblings(near, "C")[-1]
    if far == near:
        return _block(desk, underlying)
    size = desk.size_for(near, desk.between(150_000.0, 400_000.0))
    return package(desk, [(near, 1), (far, -1)], desk.at_ns, "f", size, 0.8)


def _zero_day_punch(desk: Desk, underlying: int) -> list[Order]:
    right = "C" if desk.rng.random() < 0.5 else "P"
    price = desk.market.price(underlying)
    contract = desk.universe.nearest(underlying, right, 0.0, price, desk.at_ns)
    desk.market.push(underlying, desk.between(6.0, 15.0) * (1.0 if right == "C" else -1.0))
    premium = desk.between(80_000.0, 200_000.0)
    return _fills(desk, contract, premium, Fills(6, 3, 20.0, "I", ASK_SIDE))


BURSTS: Final[Weighted[Callable[[Desk, int], list[Order]]]] = Weighted(
    [
        (_call_sweep, 3.0),
        (_put_sweep, 2.5),
        (_ask_lift, 1.5),
        (_block, 1.5),
        (_call_chase, 1.5),
        (_put_panic, 1.0),
        (_write, 1.5),
        (_straddle, 1.0),
        (_vertical, 1.0),
        (_zero_day_punch, 1.5),
    ]
)
"""Unlabelled activity that shows life; the labelled scenarios are a matter of their own."""
