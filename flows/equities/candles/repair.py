"""What a late print or a cancel does to bars that are closed."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_S
from flows.common.sessions import day_bounds_ns
from flows.equities.candles.cell import Cell
from flows.equities.candles.day import Day
from flows.equities.candles.rebuild import cell_of
from flows.equities.candles.rebuild import cell_without
from flows.equities.candles.rebuild import price_before
from flows.equities.candles.rebuild import unpriced_from
from flows.equities.candles.record import WIDTHS_NS
from flows.equities.candles.record import CandleWriter
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import PrintWindow
from schemas.records import EquityCandle

BASE: Final = 0


class Change(msgspec.Struct, frozen=True):
    """
    A print that came into a closed second, or went out of it.

    Parameters
    ----------
    p : ObservedPrint
        The print.
    cause : Cause
        The late print itself, or the cancel.
    is_added : bool
        It came; false: it went.
    trade_date : int
        Of the second.
    closed_ns : int
        Where bars that are still open begin, ns UTC.
    """

    p: ObservedPrint
    cause: Cause
    is_added: bool
    trade_date: int
    closed_ns: int


class Repaired(msgspec.Struct, frozen=True):
    """
    What a change leads to.

    Parameters
    ----------
    bars : list of EquityCandle
        Closed bars, revised.
    refills : list of tuple
        Length (place in `INTERVALS_MS`), start and closed parts of bars that are open.
    """

    bars: list[EquityCandle]
    refills: list[tuple[int, int, Cell]]


class Repair:
    """
    Make closed bars anew of the known prints.

    Parameters
    ----------
    writer : CandleWriter
        Makes the records.
    ledger : PrintWindow
        The prints: with one that came, without one that went.
    """

    def __init__(self, writer: CandleWriter, ledger: PrintWindow) -> None:
        self._writer = writer
        self._ledger = ledger

    def revise(self, day: Day, change: Change) -> Repaired:
        """
        Return the bars around a second that changed, and those that carried its price.

        Parameters
        ----------
        day : Day
            Last price and revisions of the trading date; brought up to date.
        change : Change
            What changed.
        """
        p, cause, closed_ns = change.p, change.cause, change.closed_ns
        start = p.ts - p.ts % NS_PER_S
        hour = start - start % WIDTHS_NS[-1]
        columns = self._ledger.window(hour, hour + WIDTHS_NS[-1])
        after = cell_of(columns, start, start + NS_PER_S)
        if change.is_added:
            before = cell_without(columns, start, start + NS_PER_S, p)
        else:
            before = after.copy()
            before.add(p)
        if not before.is_empty:
            day.had_second(start)
        done = Repaired([], [])
        for level, width_ns in enumerate(WIDTHS_NS):
            begin = start - start % width_ns
            if begin + width_ns > closed_ns:
                # Its parts are closed up to here: seconds, bars of the next shorter length.
                until = closed_ns - closed_ns % WIDTHS_NS[level - 1]
                done.refills.append((level, begin, cell_of(columns, begin, until)))
                continue
            cell = cell_of(columns, begin, begin + width_ns)
            carried_e4 = None
            if cell.last_e4 is None and cell.trades:
                carried_e4 = price_before(self._ledger, change.trade_date, begin)
            done.bars.append(self._again(day, (level, begin), cell, cause, carried_e4))
        if before.last_e4 != after.last_e4:
            prices = before.last_e4, after.last_e4
            done.bars.extend(self._carry_on(day, change, start, prices))
        return done

    def _carry_on(
        self, day: Day, change: Change, start: int, prices: tuple[int | None, int | None]
    ) -> list[EquityCandle]:
        """Bring out again the closed bars that carried the price of a second that changed."""
        before_e4, after_e4 = prices
        if before_e4 is None or after_e4 is None:
            earlier_e4 = price_before(self._ledger, change.trade_date, start)
            before_e4 = earlier_e4 if before_e4 is None else before_e4
            after_e4 = earlier_e4 if after_e4 is None else after_e4
            if before_e4 == after_e4:
                return []
        closed_ns = min(change.closed_ns, day_bounds_ns(change.trade_date)[1])
        stretch = unpriced_from(self._ledger, start + NS_PER_S, closed_ns)
        if not stretch.has_price:
            day.last_e4 = after_e4
        bars = []
        for level, width_ns in enumerate(WIDTHS_NS):
            for begin, cell in stretch.bars(width_ns):
                if level == BASE:
                    day.had_second(begin)
                bars.append(self._again(day, (level, begin), cell, change.cause, after_e4))
        return bars

    def _again(
        self, day: Day, which: tuple[int, int], cell: Cell, cause: Cause, carried_e4: int | None
    ) -> EquityCandle:
        level, begin = which
        cell.revision = day.revision(level, begin) + 1
        day.put_revision(level, begin, cell.revision)
        cell.note(cause.ingest_ts, cause.seq)
        cell.seq = cause.seq
        return self._writer.write(level, begin, cell, cause.now_ns, carried_e4, cause.reason)
