"""
What trades between the scenarios: many small orders, some packages, a rare cancel.

A single order's premium is log-normal around $350 (deviation 1.16 of the logarithm), turned into
whole contracts, at least one and at most 40 before the mode's factor: most tickets are of a few
hundred dollars, about one in a thousand is above $10,000. A package is worth at most $9,000 over
all legs, so that none is large by itself.
"""

import math
from typing import Final

import msgspec
import numpy as np

from connectors.feeds.synthetic.choices import CODES
from connectors.feeds.synthetic.choices import COMPLEX_FIRST
from connectors.feeds.synthetic.choices import PLACEMENTS
from connectors.feeds.synthetic.choices import VENUES
from connectors.feeds.synthetic.choices import Floats
from connectors.feeds.synthetic.choices import Ints
from connectors.feeds.synthetic.choices import placed_prices
from connectors.feeds.synthetic.drafts import QuoteDraft
from connectors.feeds.synthetic.drafts import TradeDraft
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.universe import Universe

MEDIAN_PREMIUM: Final = 350.0
PREMIUM_DEVIATION: Final = 1.16
MAX_PACKAGE_PREMIUM: Final = 9_000.0
MAX_SIZE: Final = 40.0
CANCEL_ONE_IN: Final = 20_000
CANCEL_DELAY_NS: Final = 400_000_000
MAX_LEAD_NS: Final = 60_000_000

_MULTIPLIER: Final = 100
_CANCEL_LAST: Final = "C"
_MAX_QUOTE_SIZE: Final = 200
# Dearer contracts than this, in cents, are not the first leg of a package: even one would be large.
_MAX_LEG_CENTS: Final = 2_000
_LEG_CHOICES: Final = 4

Leg = tuple[int, int]


class Moment(msgspec.Struct, frozen=True):
    """
    What a tick draws from.

    Parameters
    ----------
    market, universe : Market, Universe
        Prices and contracts.
    rng : numpy.random.Generator
        Of the tick.
    at_ns, interval_ns : int
        Where it begins and how long it is.
    size_factor : float
        Of the mode.
    """

    market: Market
    universe: Universe
    rng: np.random.Generator
    at_ns: int
    interval_ns: int
    size_factor: float


class _Orders:
    """Prints to come, in columns; a package's legs are neighbours and share stamp and venue."""

    def __init__(self) -> None:
        self.at_ns: list[int] = []
        self.contract: list[int] = []
        self.size: list[int] = []
        self.venue: list[str] = []
        self.code: list[str] = []
        self.price: list[int] = []

    def __len__(self) -> int:
        return len(self.at_ns)


def background(moment: Moment, prints: int) -> tuple[list[QuoteDraft], list[TradeDraft]]:
    """
    Draw the background prints of a tick, each with a quote at most 60 ms before it.

    Parameters
    ----------
    moment : Moment
        The tick.
    prints : int
        How many; a package that is begun is finished, so there may be up to three more.

    Returns
    -------
    tuple of lists
        Quotes and trades, in no particular order. Cancels are due 400 ms after their print, so
        some lie beyond the tick.
    """
    if prints <= 0:
        return [], []
    rng, universe = moment.rng, moment.universe
    codes = CODES.positions(rng.random(prints))
    starts = moment.at_ns + (rng.random(prints) * moment.interval_ns).astype(np.int64)
    picked = universe.pick(rng.random(prints))
    venues = VENUES.positions(rng.random(prints))
    orders = _Orders()
    is_single = codes < COMPLEX_FIRST
    made = _packages(moment, orders, prints, (codes, starts, venues))
    singles = np.flatnonzero(is_single)[: max(0, prints - made)]
    _singles(moment, orders, picked[singles], (codes[singles], starts[singles], venues[singles]))
    quotes = _quotes_before(moment, orders)
    return quotes, _trades(moment, orders)


def _packages(
    moment: Moment, orders: _Orders, prints: int, columns: tuple[Ints, Ints, Ints]
) -> int:
    """Draw the packages among a tick's orders until all prints are used; return how many were."""
    codes, starts, venues = columns
    rng, universe = moment.rng, moment.universe
    at = np.flatnonzero(codes >= COMPLEX_FIRST)
    choices = universe.pick(rng.random(_LEG_CHOICES * len(at))).reshape(len(at), _LEG_CHOICES)
    firsts = _affordable(moment, choices)
    draws = rng.random((3, len(at)))
    normals = rng.standard_normal(len(at))
    packages = [
        package_legs(universe, first, draw)
        for first, draw in zip(firsts.tolist(), draws[0].tolist(), strict=True)
    ]
    flat = np.array([leg for legs in packages for leg, _ in legs], dtype=np.int64)
    bids, asks, _ = (
        column.tolist() for column in moment.market.option_quotes(universe, flat, moment.at_ns)
    )
    begin = 0
    for n, legs in enumerate(packages):
        order = int(at[n])
        # The orders before this one are singles, but for the packages drawn already.
        if order - n + len(orders) >= prints:
            break
        quotes = list(
            zip(bids[begin : begin + len(legs)], asks[begin : begin + len(legs)], strict=True)
        )
        begin += len(legs)
        size = _package_size(moment, legs, quotes, float(normals[n]))
        if size == 0:
            continue
        position = 0.25 + 0.5 * float(draws[1][n])
        for (leg, ratio), (bid, ask) in zip(legs, quotes, strict=True):
            place = position if ratio > 0 else 1.0 - position
            orders.at_ns.append(int(starts[order]))
            orders.contract.append(leg)
            orders.size.append(size * abs(ratio))
            orders.venue.append(VENUES.values[int(venues[order])])
            orders.code.append(CODES.values[int(codes[order])])
            orders.price.append(max(1, bid + round(place * (ask - bid))))
    return len(orders)


def _affordable(moment: Moment, choices: Ints) -> Ints:
    """Return the first choice of each row that is cheap enough, else the cheapest."""
    if not len(choices):
        return np.zeros(0, dtype=np.int64)
    _, asks, _ = moment.market.option_quotes(moment.universe, choices.ravel(), moment.at_ns)
    asks = asks.reshape(choices.shape)
    fits = asks <= _MAX_LEG_CENTS
    column = np.where(fits.any(axis=1), fits.argmax(axis=1), asks.argmin(axis=1))
    found: Ints = choices[np.arange(len(choices)), column]
    return found


def package_legs(universe: Universe, first: int, draw: float) -> list[Leg]:
    """
    Return 2 to 4 legs around a contract: index and signed ratio.

    Parameters
    ----------
    universe : Universe
        Which contracts there are.
    first : int
        The contract the package is built on.
    draw : float
        Uniform from [0, 1): straddle .20, vertical .55, butterfly .15, box .10.
    """
    chain, length = int(universe.chain_first[first]), int(universe.chain_length[first])
    mirror = int(universe.mirror_first[first])
    at = first - chain
    if draw < 0.20 or length < 2:
        return [(first, 1), (mirror + at, 1)]
    step = 1 if at + 1 < length else -1
    if draw < 0.75 or not 0 < at < length - 1:
        return [(first, 1), (first + step, -1)]
    if draw < 0.90:
        return [(first - 1, 1), (first, -2), (first + 1, 1)]
    low, high = (first, first + 1) if universe.sign[first] > 0 else (first + 1, first)
    far_low, far_high = mirror + (low - chain), mirror + (high - chain)
    return [(low, 1), (high, -1), (far_low, -1), (far_high, 1)]


def _package_size(
    moment: Moment, legs: list[Leg], quotes: list[tuple[int, int]], normal: float
) -> int:
    """Return how many packages trade, 0 where a single one is large."""
    dollars = sum(
        abs(ratio) * max(1, bid + ask) / 200.0 * _MULTIPLIER
        for (_, ratio), (bid, ask) in zip(legs, quotes, strict=True)
    )
    ratios = sum(abs(ratio) for _, ratio in legs)
    wanted = ratios * MEDIAN_PREMIUM * math.exp(PREMIUM_DEVIATION * normal) / dollars
    # Below the bound, since a package may trade above its middle.
    most = 0.9 * MAX_PACKAGE_PREMIUM / dollars
    if most < 1.0:
        return 0
    return max(1, math.floor(min(min(wanted, MAX_SIZE) * moment.size_factor + 0.5, most)))


def _singles(
    moment: Moment, orders: _Orders, picked: Ints, columns: tuple[Ints, Ints, Ints]
) -> None:
    codes, starts, venues = columns
    rng, count = moment.rng, len(picked)
    bid, ask, tick = moment.market.option_quotes(moment.universe, picked, moment.at_ns)
    place = PLACEMENTS.positions(rng.random(count))
    price = placed_prices(place, bid, ask, tick, rng.random(count))
    premium = MEDIAN_PREMIUM * np.exp(PREMIUM_DEVIATION * rng.standard_normal(count))
    dollars = _MULTIPLIER * np.maximum(1, bid + ask) / 200.0
    size = np.rint(np.minimum(premium / dollars, MAX_SIZE) * moment.size_factor)
    orders.at_ns += starts.tolist()
    orders.contract += picked.tolist()
    orders.size += np.maximum(1, size).astype(np.int64).tolist()
    orders.venue += [VENUES.values[at] for at in venues.tolist()]
    orders.code += [CODES.values[at] for at in codes.tolist()]
    orders.price += price.tolist()


def _quotes_before(moment: Moment, orders: _Orders) -> list[QuoteDraft]:
    lead = (moment.rng.random(len(orders)) * MAX_LEAD_NS).astype(np.int64)
    at_ns = np.maximum(moment.at_ns, np.array(orders.at_ns, dtype=np.int64) - lead)
    return quotes(moment, np.array(orders.contract, dtype=np.int64), at_ns)


def ambient(moment: Moment, count: int) -> list[QuoteDraft]:
    """Draw quotes of a tick that no print follows."""
    rng = moment.rng
    picked = moment.universe.pick(rng.random(count))
    at_ns = moment.at_ns + (rng.random(count) * moment.interval_ns).astype(np.int64)
    return quotes(moment, picked, at_ns)


def quotes(moment: Moment, picked: Ints, at_ns: Ints) -> list[QuoteDraft]:
    """
    Quote contracts at times of a tick; within a tick a contract's bid and ask stay as they are.

    Parameters
    ----------
    moment : Moment
        The tick.
    picked, at_ns : (n,) int64
        Indices of contracts, and when.
    """
    rng, count = moment.rng, len(picked)
    bid, ask, _ = moment.market.option_quotes(moment.universe, picked, moment.at_ns)
    draws: Floats = rng.random(count)
    bid_size = 1 + (_MAX_QUOTE_SIZE * draws * draws).astype(np.int64)
    ask_size = 1 + (_MAX_QUOTE_SIZE * (1.0 - draws) ** 2).astype(np.int64)
    venues = VENUES.positions(rng.random(2 * count)).tolist()
    contracts, names = moment.universe.contracts, VENUES.values
    return [
        QuoteDraft(when, contracts[at], low, high, low_size, high_size, names[one], names[two])
        for when, at, low, high, low_size, high_size, one, two in zip(
            at_ns.tolist(),
            picked.tolist(),
            bid.tolist(),
            ask.tolist(),
            bid_size.tolist(),
            ask_size.tolist(),
            venues[:count],
            venues[count:],
            strict=True,
        )
    ]


def _trades(moment: Moment, orders: _Orders) -> list[TradeDraft]:
    contracts = moment.universe.contracts
    trades = [
        TradeDraft(when, contracts[at], price, size, venue, code)
        for when, at, price, size, venue, code in zip(
            orders.at_ns,
            orders.contract,
            orders.price,
            orders.size,
            orders.venue,
            orders.code,
            strict=True,
        )
    ]
    cancelled = np.flatnonzero(moment.rng.random(len(trades)) * CANCEL_ONE_IN < 1.0)
    return trades + [cancel_of(trades[at], CANCEL_DELAY_NS) for at in cancelled.tolist()]


def cancel_of(trade: TradeDraft, delay_ns: int) -> TradeDraft:
    """Return the cancel of a contract's newest trade: same contract, price, size and venue."""
    return msgspec.structs.replace(trade, at_ns=trade.at_ns + delay_ns, code=_CANCEL_LAST, label="")
