"""What trades in the stocks with options, tick by tick."""

import math
from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.drafts import ReportDraft
from connectors.feeds.synthetic.equities.tape import Quote
from connectors.feeds.synthetic.equities.tape import Sizes
from connectors.feeds.synthetic.equities.tape import TapeWriter
from connectors.feeds.synthetic.universe import Listing

# Stocks that trade in each tick at least, and mean trades per tick of the most liquid one.
LEAST_STOCKS: Final = {"realistic": 2, "active": 5, "firehose": 10}
MEAN_TRADES: Final = {"realistic": 0.8, "active": 1.2, "firehose": 1.6}
MOST_TRADES: Final = 3
# Off-exchange orders are small enough that a minute of them is rarely noteworthy by itself; those
# of exchanges may be larger.
SIZES: Final = Sizes(odd=0.35, one=0.30, lit_most=5_000, off_most=600)


class StockTick(msgspec.Struct, frozen=True):
    """
    Where a tick's trades happen.

    Parameters
    ----------
    at_ns, interval_ns : int
        Where it begins, ns UTC, and how long it is.
    quotes : sequence of Quote
        In force from its beginning to its end, one a stock.
    off_shares : sequence of float
        Chance that a trade is off exchange, one a stock.
    """

    at_ns: int
    interval_ns: int
    quotes: Sequence[Quote]
    off_shares: Sequence[float]


class StockBackground:
    """
    Draw the trades of a tick.

    Parameters
    ----------
    mode : str
        How many.
    names : sequence of Listing
        Stocks.
    writer : TapeWriter
        Makes the reports.

    Notes
    -----
    Source: feed specification, 9.8: zero to three trades a stock and tick, whatever the tick's
    length, and at least so many stocks that trade.
    """

    def __init__(self, mode: str, names: Sequence[Listing], writer: TapeWriter) -> None:
        self._least = min(LEAST_STOCKS[mode], len(names))
        self._limits = [_limits(MEAN_TRADES[mode] * name.liquidity) for name in names]
        self._weights = [name.weight for name in names]
        self._writer = writer

    def trades(self, rng: Random, tick: StockTick) -> list[ReportDraft]:
        """
        Return the trades of a tick and what becomes of them, in no particular order.

        Parameters
        ----------
        rng : Random
            Of the tick.
        tick : StockTick
            Its quotes.
        """
        found: list[ReportDraft] = []
        for index, count in enumerate(self.counts(rng)):
            quote, off_share = tick.quotes[index], tick.off_shares[index]
            for _ in range(count):
                exec_ns = tick.at_ns + int(rng.random() * tick.interval_ns)
                trade = self._writer.trade(rng, quote, exec_ns, off_share, SIZES)
                found += self._writer.with_faults(rng, trade, quote)
        return found

    def counts(self, rng: Random) -> list[int]:
        """Draw how often each stock trades in a tick."""
        found = [sum(u >= limit for limit in limits) for limits, u in self._draws(rng)]
        missing = self._least - sum(count > 0 for count in found)
        if missing > 0:
            # The busier a stock, the likelier it is the one that trades after all.
            order = [rng.random() ** (1.0 / weight) for weight in self._weights]
            quiet = [index for index, count in enumerate(found) if not count]
            for index in sorted(quiet, key=lambda index: -order[index])[:missing]:
                found[index] = 1
        return found

    def _draws(self, rng: Random) -> list[tuple[tuple[float, ...], float]]:
        return [(limits, rng.random()) for limits in self._limits]


def _limits(mean: float) -> tuple[float, ...]:
    """Return from which uniform draw on there is one trade, two, and three or more (Poisson)."""
    found, chance, total = [], math.exp(-mean), 0.0
    for count in range(MOST_TRADES):
        total += chance
        found.append(total)
        chance *= mean / (count + 1)
    return tuple(found)
