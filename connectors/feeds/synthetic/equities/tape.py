"""How a stock's trades are reported: where, with which conditions, when, and what goes wrong."""

from collections.abc import Iterator
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.calendar import NS_PER_MS
from connectors.feeds.synthetic.choices import Weighted
from connectors.feeds.synthetic.drafts import ReportDraft
from flows.common.sessions import RTH
from flows.common.sessions import trade_date_and_segment

FINRA: Final = "D"
LATE_ONE_IN: Final = 500
CANCEL_ONE_IN: Final = 20_000
CORRECTION_ONE_IN: Final = 40_000
REPORT_MS: Final = (5.0, 300.0)
LATE_MS: Final = (11_000.0, 60_000.0)
ODD_LOT_BELOW: Final = 100

# Cancels and corrections follow soon enough for the trade's own quote to be looked up again: the
# execution time of a report counts up to 10 s back.
_TAKEN_BACK_MS: Final = (1_000.0, 9_000.0)
_E4_PER_CENT: Final = 100
_HALF_CENT_E4: Final = 50
_TRFS: Final = Weighted([("Q", 0.80), ("N", 0.15), ("B", 0.05)])
_LIT_VENUES: Final = Weighted(
    [
        *(("Q", 24.0), ("P", 16.0), ("Z", 12.0), ("K", 12.0), ("N", 12.0), ("U", 6.0)),
        *(("V", 5.0), ("Y", 4.0), ("J", 3.0), ("H", 2.0), ("B", 2.0), ("X", 1.0), ("M", 1.0)),
    ]
)
_SPECIAL: Final = (("4", 0.00125), ("7", 0.00125), ("V", 0.00125), ("W", 0.00125))
_LETTERS: Final = Weighted([("@", 0.55), ("F", 0.25), *_SPECIAL, ("", 0.195)])
_LIT_PLACES: Final = Weighted([("ask", 0.42), ("bid", 0.42), ("inside", 0.16)])
_OFF_PLACES: Final = Weighted([("mid", 0.35), ("retail", 0.40), ("ask", 0.125), ("bid", 0.125)])
# A retail order is improved by less than .4 of a cent, 1/10,000 dollar.
_IMPROVED_E4: Final = (1, 39)


class Quote(msgspec.Struct, frozen=True, gc=False):
    """
    The market of a stock at a moment.

    Parameters
    ----------
    symbol : str
        Which.
    bid, ask : int
        Cents, bid below ask.
    """

    symbol: str
    bid: int
    ask: int


class Sizes(msgspec.Struct, frozen=True):
    """
    How large trades are.

    Parameters
    ----------
    odd, one : float
        Shares of trades below 100 shares, and of exactly 100.
    lit_most, off_most : int
        Largest trade on an exchange, and off them, shares.
    """

    odd: float
    one: float
    lit_most: int
    off_most: int

    def draw(self, rng: Random, *, off_exchange: bool) -> int:
        """Return shares; above 100 they fall off as the inverse of the size."""
        which, u = rng.random(), rng.random()
        if which < self.odd:
            return 1 + int(u * (ODD_LOT_BELOW - 1))
        most = self.off_most if off_exchange else self.lit_most
        if which < self.odd + self.one or most <= ODD_LOT_BELOW:
            return ODD_LOT_BELOW
        drawn = int(ODD_LOT_BELOW * (most / ODD_LOT_BELOW) ** u)
        # Most larger orders are in round lots.
        return drawn if rng.random() < 0.3 else drawn - drawn % ODD_LOT_BELOW


class TapeWriter:
    """
    Make trade reports.

    Parameters
    ----------
    keys : iterator of int
        Ascending from 1: each names a report that another refers to.
    has_late : bool
        Whether some trades are published much later than they were executed.

    Notes
    -----
    Source: feed specification, 9.8.
    """

    def __init__(self, keys: Iterator[int], *, has_late: bool = True) -> None:
        self._keys = keys
        self._has_late = has_late

    def trade(
        self, rng: Random, quote: Quote, exec_ns: int, off_share: float, sizes: Sizes
    ) -> ReportDraft:
        """
        Draw a trade at or inside the quote in force when it is executed.

        Parameters
        ----------
        rng : Random
            Of the tick.
        quote : Quote
            In force.
        exec_ns : int
            When it trades, ns UTC; a FINRA facility reports it later.
        off_share : float
            Chance that it does.
        sizes : Sizes
            How large it may be.
        """
        is_off = rng.random() < off_share
        size = sizes.draw(rng, off_exchange=is_off)
        letter = _LETTERS.draw(rng)
        price_e4 = _off_price(rng, quote) if is_off else _lit_price(rng, quote)
        if not is_off:
            return on_exchange(rng, quote.symbol, exec_ns, price_e4, size, letter)
        is_late = self._has_late and rng.random() * LATE_ONE_IN < 1.0
        delay_ns = _between_ns(rng, LATE_MS if is_late else REPORT_MS)
        return off_exchange(rng, quote.symbol, (exec_ns, delay_ns), price_e4, size, letter)

    def with_faults(self, rng: Random, trade: ReportDraft, quote: Quote) -> list[ReportDraft]:
        """
        Return a trade with what becomes of it: rarely a cancel, more rarely a correction.

        Parameters
        ----------
        rng : Random
            Of the tick.
        trade : ReportDraft
            As it was reported.
        quote : Quote
            In force when it traded; a corrected price lies in it as well.
        """
        drawn = rng.random() * CORRECTION_ONE_IN
        if drawn >= 1.0 + CORRECTION_ONE_IN / CANCEL_ONE_IN:
            return [trade]
        known = msgspec.structs.replace(trade, key=next(self._keys))
        at_ns = trade.at_ns + _between_ns(rng, _TAKEN_BACK_MS)
        taken = cancel_of(known, at_ns)
        if drawn >= 1.0:
            return [known, taken]
        return [known, taken, _corrected(rng, known, at_ns, quote)]

    def cancelled(self, trade: ReportDraft, at_ns: int) -> tuple[ReportDraft, ReportDraft]:
        """Return a trade, and its cancel at a time (ns UTC)."""
        known = msgspec.structs.replace(trade, key=next(self._keys))
        return known, cancel_of(known, at_ns)


def cancel_of(trade: ReportDraft, at_ns: int) -> ReportDraft:
    """Return the cancel of a report that has a key: the same, but for its time."""
    return msgspec.structs.replace(
        trade, at_ns=at_ns, action="cancel", label="", key=0, ref=trade.key
    )


def _corrected(rng: Random, trade: ReportDraft, at_ns: int, quote: Quote) -> ReportDraft:
    ends_e4 = [at * _E4_PER_CENT for at in (quote.bid, quote.ask)]
    others_e4 = [at_e4 for at_e4 in ends_e4 if at_e4 != trade.price_e4]
    exec_ns = trade.at_ns if trade.exec_ns is None else trade.exec_ns
    return msgspec.structs.replace(
        trade,
        at_ns=at_ns,
        price_e4=others_e4[int(rng.random() * len(others_e4))],
        exec_ns=exec_ns,
        key=0,
        ref=trade.key,
    )


def on_exchange(
    rng: Random, symbol: str, at_ns: int, price_e4: int, size: int, letter: str
) -> ReportDraft:
    """Return a trade on an exchange, published as it is executed; `letter` may be empty."""
    venue = _LIT_VENUES.draw(rng)
    return ReportDraft(at_ns, symbol, price_e4, size, venue, _conditions(letter, size, at_ns))


def off_exchange(
    rng: Random, symbol: str, when: tuple[int, int], price_e4: int, size: int, letter: str
) -> ReportDraft:
    """
    Return a trade reported by a FINRA facility.

    Parameters
    ----------
    rng : Random
        Chooses the facility.
    symbol : str
        Stock.
    when : tuple of int
        Execution, ns UTC, and how long it takes until it is published, ns.
    price_e4, size : int
        1/10,000 dollar, shares.
    letter : str
        Condition, empty for none; those of the size and the session are added.
    """
    exec_ns, delay_ns = when
    at_ns = exec_ns + delay_ns
    return ReportDraft(
        at_ns,
        symbol,
        price_e4,
        size,
        FINRA,
        _conditions(letter, size, at_ns),
        _TRFS.draw(rng),
        exec_ns,
    )


def report_delay_ns(rng: Random) -> int:
    """Draw how long a FINRA facility takes to publish a trade, ns."""
    return _between_ns(rng, REPORT_MS)


def price_at(place: str, quote: Quote) -> int:
    """Return the price at `bid`, `mid` or `ask` of a quote, 1/10,000 dollar."""
    if place == "mid":
        return (quote.bid + quote.ask) * _HALF_CENT_E4
    return (quote.ask if place == "ask" else quote.bid) * _E4_PER_CENT


def _conditions(letter: str, size: int, at_ns: int) -> tuple[str, ...]:
    found = [letter] if letter else []
    if size < ODD_LOT_BELOW:
        found.append("I")
    if trade_date_and_segment(at_ns)[1] != RTH:
        found.append("T")
    return tuple(found)


def _lit_price(rng: Random, quote: Quote) -> int:
    place, u = _LIT_PLACES.draw(rng), rng.random()
    if place == "inside":
        # Whole cents only; a quote one cent wide has none inside.
        cents = min(quote.bid + 1 + int(u * (quote.ask - quote.bid - 1)), quote.ask)
        return cents * _E4_PER_CENT
    return price_at(place, quote)


def _off_price(rng: Random, quote: Quote) -> int:
    place = _OFF_PLACES.draw(rng)
    if place != "retail":
        return price_at(place, quote)
    low, high = _IMPROVED_E4
    better_e4 = low + int(rng.random() * (high - low + 1))
    if rng.random() < 0.5:
        return price_at("ask", quote) - better_e4
    return price_at("bid", quote) + better_e4


def _between_ns(rng: Random, bounds_ms: tuple[float, float]) -> int:
    low, high = bounds_ms
    return round(low * NS_PER_MS) + int(rng.random() * (high - low) * NS_PER_MS)
