"""Bars of prints that are known already: what late prints and cancels leave behind."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.common.calendar import NS_PER_S
from flows.common.calendar import last_session_at_or_before
from flows.common.sessions import day_bounds_ns
from flows.equities.candles.cell import Cell
from flows.equities.ledger import HIGH_LOW
from flows.equities.ledger import LAST
from flows.equities.ledger import ODD_LOT
from flows.equities.ledger import OFF_EXCHANGE
from flows.equities.ledger import VOLUME
from flows.equities.ledger import Columns
from flows.equities.observed import ObservedPrint
from flows.equities.stage import PrintWindow

# A price is looked for in a minute, then in an hour, then in the whole trading date.
_NEAR_NS: Final = (60 * NS_PER_S, 3_600 * NS_PER_S)
_PRICED: Final = LAST | HIGH_LOW
_INT64: Final = 1 << 62


def _exact_value(at_e4: NDArray[np.int64], micro: NDArray[np.int64], weight: int) -> int:
    """Return Σ price × size, in 64 bits where it fits."""
    if int(at_e4.max()) * weight < _INT64:
        return int(at_e4 @ micro)
    return sum(a * b for a, b in zip(at_e4.tolist(), micro.tolist(), strict=True))


def cell_of(columns: Columns, begin: int, end: int) -> Cell:
    """
    Return the sums of the prints with `begin` ≤ ts < `end`, equal to adding them one by one.

    Parameters
    ----------
    columns : Columns
        In order of (`source_ts`, `seq`), with every print of the window.
    begin, end : int
        ns UTC.
    """
    cell = Cell()
    first, last = (int(place) for place in np.searchsorted(columns.ts, (begin, end)))
    span = slice(first, last)
    flags = columns.flags[span]
    kept = (flags & (VOLUME | _PRICED)) != 0
    if not kept.any():
        return cell
    ts, seq, micro = columns.ts[span], columns.seq[span], columns.micro[span]
    at_e4 = columns.at_e4[span]
    counted = (flags & VOLUME) != 0
    cell.trades = int(counted.sum())
    cell.volume = int(micro[counted].sum())
    cell.off_exchange = int(micro[counted & ((flags & OFF_EXCHANGE) != 0)].sum())
    cell.odd_lot = int(micro[counted & ((flags & ODD_LOT) != 0)].sum())
    cell.ingest_ts = int(columns.ingest_ts[span][kept].max())
    cell.seq = int(seq[kept].max())
    ranged = np.flatnonzero(flags & HIGH_LOW)
    if ranged.size:
        prices, sizes, newest = at_e4[ranged], micro[ranged], ranged[-1]
        cell.weight = int(sizes.sum())
        cell.value = _exact_value(prices, sizes, cell.weight)
        cell.high, cell.low = int(prices.max()), int(prices.min())
        cell.high_low_ts, cell.high_low_seq = int(ts[newest]), int(seq[newest])
        cell.high_low_e4 = int(at_e4[newest])
    lasts = np.flatnonzero(flags & LAST)
    if lasts.size:
        oldest, newest = lasts[0], lasts[-1]
        cell.open_ts, cell.open_seq = int(ts[oldest]), int(seq[oldest])
        cell.open_e4 = int(at_e4[oldest])
        cell.close_ts, cell.close_seq = int(ts[newest]), int(seq[newest])
        cell.close_e4 = int(at_e4[newest])
    return cell


def cell_without(columns: Columns, begin: int, end: int, p: ObservedPrint) -> Cell:
    """Return the sums of a window as if a print that is in the columns were not."""
    same = (columns.ts == p.ts) & (columns.seq == p.seq) & (columns.at_e4 == p.at_e4)
    others = np.ones(len(same), dtype=np.bool_)
    others[np.flatnonzero(same)[:1]] = False
    rest = Columns(*(getattr(columns, name)[others] for name in Columns.__struct_fields__))
    return cell_of(rest, begin, end)


def _day_start_ns(trade_date: int) -> int:
    """Return the end of the trading date before, from which on prints belong to this one."""
    return day_bounds_ns(last_session_at_or_before(trade_date - 1))[1]


def price_before(ledger: PrintWindow, trade_date: int, at_ns: int) -> int | None:
    """
    Return the close of the last second before an instant that had a price, 1/10,000 dollar.

    Parameters
    ----------
    ledger : PrintWindow
        Where prints are found.
    trade_date : int
        Nothing is carried over from the date before.
    at_ns : int
        Start of a second, ns UTC.

    Returns
    -------
    int | None
        Null when the trading date has no price before.
    """
    day = _day_start_ns(trade_date)
    for back_ns in (*_NEAR_NS, at_ns - day):
        columns = ledger.window(max(day, at_ns - back_ns), at_ns)
        priced = columns.ts[(columns.flags & _PRICED) != 0]
        if priced.size:
            newest = int(priced[-1])
            second = newest - newest % NS_PER_S
            return cell_of(columns, second, second + NS_PER_S).last_e4
    return None


class Unpriced(msgspec.Struct, frozen=True):
    """
    The prints from an instant up to the next price: their bars carry the price before them.

    Parameters
    ----------
    columns : Columns
        They and what follows.
    begin, end : int
        The stretch: from an instant to the start of the second with the next price, or to where
        bars are still open.
    has_price : bool
        It ends at a price.
    """

    columns: Columns
    begin: int
    end: int
    has_price: bool

    def bars(self, width_ns: int) -> Iterator[tuple[int, Cell]]:
        """Yield start and sums of the bars of a length that lie in the stretch, in order."""
        ts = self.columns.ts
        counted = ts[(ts < self.end) & ((self.columns.flags & VOLUME) != 0)]
        for begin in np.unique(counted - counted % width_ns).tolist():
            if begin >= self.begin and begin + width_ns <= self.end:
                yield begin, cell_of(self.columns, begin, begin + width_ns)


def unpriced_from(ledger: PrintWindow, begin: int, end: int) -> Unpriced:
    """Return the prints from an instant up to the next price, at most up to `end` (ns UTC)."""
    for ahead_ns in (*_NEAR_NS, end - begin):
        until = min(end, begin + ahead_ns)
        columns = ledger.window(begin, until)
        priced = columns.ts[(columns.flags & _PRICED) != 0]
        if priced.size:
            until = int(priced[0]) - int(priced[0]) % NS_PER_S
        if priced.size or until == end:
            break
    return Unpriced(columns, begin, until, bool(priced.size))
