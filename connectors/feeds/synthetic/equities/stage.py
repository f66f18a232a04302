"""One stock for a while: where its quote goes, what trades, and what is noteworthy in it."""

import math
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.calendar import NS_PER_MS
from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.drafts import UNLABELLED
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import EventDraft
from connectors.feeds.synthetic.drafts import ReportDraft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.equities.tape import Quote
from connectors.feeds.synthetic.equities.tape import Sizes
from connectors.feeds.synthetic.equities.tape import TapeWriter
from connectors.feeds.synthetic.equities.tape import off_exchange
from connectors.feeds.synthetic.equities.tape import on_exchange
from connectors.feeds.synthetic.equities.tape import price_at
from connectors.feeds.synthetic.equities.tape import report_delay_ns
from connectors.feeds.synthetic.market import quote_around
from connectors.feeds.synthetic.market import spread_bps
from connectors.feeds.synthetic.universe import Listing

# Quotes are fresh for a second; here the next one always comes earlier.
QUOTE_EVERY_MS: Final = 250
# Off-exchange trades this small are beneath notice; exchanges' are mostly round lots, because odd
# ones are no last price.
QUIET_SIZES: Final = Sizes(odd=0.15, one=0.45, lit_most=400, off_most=190)
OFF_SHARE: Final = 0.38

_NOISE_BPS: Final = 0.3
# Between two trades of the background: never more than three in a second.
_LEAST_GAP_S: Final = 0.34
_MEAN_MORE_S: Final = 1.26
_LOT: Final = 100


class Fill(msgspec.Struct, frozen=True):
    """
    One trade of an activity.

    Parameters
    ----------
    at_s : float
        Execution, after the stage's beginning.
    size : int
        Shares.
    place : str
        `bid`, `mid` or `ask` of the quote in force then.
    letter : str
        Condition, empty for none.
    off_exchange, labelled : bool
        Whether a FINRA facility reports it, and whether it belongs to the label.
    cancelled_after_s : float | None
        How long after its publication it is cancelled; None for never.
    """

    at_s: float
    size: int
    place: str
    letter: str = "@"
    off_exchange: bool = True
    labelled: bool = True
    cancelled_after_s: float | None = None


class StockStage:
    """
    Collect what an activity wants of a stock, then make it.

    Parameters
    ----------
    rng : Random
        Of the activity.
    name : Listing
        The stock.
    price : float
        Middle of its quote at the beginning, $.
    at_ns : int
        Beginning, ns UTC.
    label : str
        Given to labelled trades.

    Attributes
    ----------
    seconds : float
        How long it lasts, set by the activity.
    sizes : Sizes
        Of what trades beside it.
    """

    def __init__(self, rng: Random, name: Listing, price: float, at_ns: int, label: str) -> None:
        self.rng = rng
        self.name = name
        self.at_ns = at_ns
        self.seconds = 0.0
        self.sizes = QUIET_SIZES
        self._price = price
        self._label = label
        self._wide_bps = spread_bps(name.volatility, name.liquidity, 1.0, at_ns)
        self._knots: list[tuple[float, float]] = [(0.0, 0.0)]
        self._still: list[tuple[float, float]] = []
        self._hushed: list[tuple[float, float]] = []
        self._fills: list[Fill] = []
        self._events: list[tuple[float, str]] = []

    @property
    def end_ns(self) -> int:
        """End, ns UTC: that of the last quote's time."""
        steps = math.ceil(1_000.0 * self.seconds / QUOTE_EVERY_MS)
        return self.at_ns + steps * QUOTE_EVERY_MS * NS_PER_MS

    @property
    def end_price(self) -> float:
        """Middle of the quote at the end, $."""
        return self._price * (1.0 + self._knots[-1][1] / 1e4)

    def between(self, low: float, high: float) -> float:
        """Draw uniformly."""
        return low + (high - low) * self.rng.random()

    def count(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return low + int(self.rng.random() * (high - low + 1))

    def go(self, to_s: float, bps: float) -> None:
        """Lead the price in a straight line to so much above its beginning by a time."""
        self._knots.append((to_s, bps))

    def hold_still(self, from_s: float, to_s: float) -> None:
        """Keep noise out of the quote for a while."""
        self._still.append((from_s, to_s))

    def hush(self, from_s: float, to_s: float) -> None:
        """Let nothing trade for a while but what the activity asks for."""
        self._hushed.append((from_s, to_s))

    def fill(self, fill: Fill) -> None:
        """Ask for a trade."""
        self._fills.append(fill)

    def tell(self, at_s: float, kind: str) -> None:
        """Announce an event of the stock that happens at once."""
        self._events.append((at_s, kind))

    def drafts(self, writer: TapeWriter) -> tuple[list[Draft], int]:
        """
        Make quotes, trades and events.

        Parameters
        ----------
        writer : TapeWriter
            Makes the reports.

        Returns
        -------
        tuple
            Drafts in no particular order, and how many of them are labelled.
        """
        quotes = self._quotes()
        found: list[Draft] = [
            EventDraft(at_ns, self.name.symbol, kind, at_ns, "unknown")
            for at_ns, kind in ((self._ns(at_s), kind) for at_s, kind in self._events)
        ]
        found += quotes
        found += self._background(writer, quotes)
        labelled = 0
        for fill in sorted(self._fills, key=lambda fill: fill.at_s):
            trade = self._trade(fill, quotes)
            labelled += trade.label != UNLABELLED
            if fill.cancelled_after_s is None:
                found.append(trade)
            else:
                later_ns = round(fill.cancelled_after_s * NS_PER_S)
                found += writer.cancelled(trade, trade.at_ns + later_ns)
        return found, labelled

    def _ns(self, at_s: float) -> int:
        return self.at_ns + round(at_s * 1_000.0) * NS_PER_MS

    def _quotes(self) -> list[StockDraft]:
        found: list[StockDraft] = []
        for at_ns in range(self.at_ns, self.end_ns, QUOTE_EVERY_MS * NS_PER_MS):
            at_s = (at_ns - self.at_ns) / NS_PER_S
            noise_bps = 0.0 if _within(self._still, at_s) else self.rng.gauss(0.0, _NOISE_BPS)
            price = self._price * (1.0 + (self._path_bps(at_s) + noise_bps) / 1e4)
            bid, ask = quote_around(price, self._wide_bps)
            sizes = [_LOT * self.count(1, 12) for _ in range(2)]
            found.append(StockDraft(at_ns, self.name.symbol, bid, ask, sizes[0], sizes[1]))
        return found

    def _path_bps(self, at_s: float) -> float:
        before = self._knots[0]
        for knot in self._knots:
            if knot[0] > at_s:
                share = (at_s - before[0]) / (knot[0] - before[0])
                return before[1] + share * (knot[1] - before[1])
            before = knot
        return before[1]

    def _background(self, writer: TapeWriter, quotes: list[StockDraft]) -> list[ReportDraft]:
        found: list[ReportDraft] = []
        at_s = self._gap_s()
        while at_s < self.seconds:
            if not _within(self._hushed, at_s):
                exec_ns = self._ns(at_s)
                quote = self._in_force(quotes, exec_ns)
                found.append(writer.trade(self.rng, quote, exec_ns, OFF_SHARE, self.sizes))
            at_s += self._gap_s()
        return found

    def _gap_s(self) -> float:
        return _LEAST_GAP_S + self.rng.expovariate(1.0 / _MEAN_MORE_S)

    def _trade(self, fill: Fill, quotes: list[StockDraft]) -> ReportDraft:
        exec_ns, symbol = self._ns(fill.at_s), self.name.symbol
        price_e4 = price_at(fill.place, self._in_force(quotes, exec_ns))
        if fill.off_exchange:
            when = exec_ns, report_delay_ns(self.rng)
            trade = off_exchange(self.rng, symbol, when, price_e4, fill.size, fill.letter)
        else:
            trade = on_exchange(self.rng, symbol, exec_ns, price_e4, fill.size, fill.letter)
        label = self._label if fill.labelled else UNLABELLED
        return msgspec.structs.replace(trade, label=label)

    def _in_force(self, quotes: list[StockDraft], at_ns: int) -> Quote:
        newest = quotes[min((at_ns - self.at_ns) // (QUOTE_EVERY_MS * NS_PER_MS), len(quotes) - 1)]
        return Quote(newest.symbol, newest.bid, newest.ask)


def _within(spans: list[tuple[float, float]], at_s: float) -> bool:
    return any(start <= at_s < end for start, end in spans)
