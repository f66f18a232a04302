"""The bars of one underlying: open ones, forming states, closes and revisions."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_S
from flows.common.resume import check_version
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.candles.cell import NOT_YET
from flows.equities.candles.cell import Cell
from flows.equities.candles.config import INTERVALS_MS
from flows.equities.candles.config import CandleConfig
from flows.equities.candles.day import Day
from flows.equities.candles.open_bar import OpenBar
from flows.equities.candles.open_bar import State
from flows.equities.candles.rebuild import cell_of
from flows.equities.candles.record import CLOSED
from flows.equities.candles.record import FORMING
from flows.equities.candles.record import LATE
from flows.equities.candles.record import WIDTHS_NS
from flows.equities.candles.record import CandleWriter
from flows.equities.candles.repair import BASE
from flows.equities.candles.repair import Change
from flows.equities.candles.repair import Repair
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from flows.equities.stage import PrintWindow
from schemas.records import EquityCandle

STATE_VERSION: Final = 1
CORRECTION: Final = "correction"
LONGER: Final = tuple(range(1, len(WIDTHS_NS)))
LONGEST_NS: Final = WIDTHS_NS[-1]
FIVE: Final = 1
EVERY_LENGTH: Final = (1 << len(WIDTHS_NS)) - 1


class Bars:
    """
    Make bars of 1 s, 5 s, 1, 5, 15, 30 min and 1 h of an underlying's prints.

    **Windows** are aligned to UTC. Prints are added to their second only; when a second closes, it
    is merged into the bar of five around it, that one when it closes into its minute, and so on, so
    longer bars are merges by construction. A bar closes at
    the first whole second at which event time is `lateness_ms` past its end, so several seconds are
    open at once and the order of arrival within that time does not matter. A window without prints
    has no bar.

    **Prices.** Open and close are the first and last print that may set the last price, in order
    of (`source_ts`, `seq`); high and low those of prints that may set them, widened to contain open
    and close. Without a `last` print: open and close are the last print that may set high and low
    (`high_low`); without that too: all four are the trading date's close before the window
    (`carried`), null before its first price.

    **Forming** bars of 5 s and more come out at their cadence when they changed. `seq` and
    `ingest_ts` are the greatest of the prints in them.

    **Revisions.** A print for a bar that is closed (`late`), and a print taken away (`cancel`,
    `correction`), bring the bars around it that are closed out again at once, made anew of the
    known prints; those still open come out at their cadence. Where that changes the price that
    later bars without one carry, these come out again as well. A bar that loses its last print
    comes out with zero volume and count and with null prices.

    Parameters
    ----------
    desk : Desk
        Whose prints.
    config : CandleConfig
        Lateness and cadences.
    config_hash : str
        Of the configuration in force.
    ledger : PrintWindow
        Where known prints are found; contains a print that is added, not one that is removed.

    Attributes
    ----------
    due_ns : int
        When `evaluate` is to be called next, `NEVER` when nothing is open.
    counters : Counter
        `late_total`, `late_dropped_total` and `late_dropped_shares` (whole shares): prints later
        than the limit appear in no bar.

    Notes
    -----
    Source: equities specification, 2, 3 and 8.
    """

    def __init__(
        self, desk: Desk, config: CandleConfig, config_hash: str, ledger: PrintWindow
    ) -> None:
        self._writer = CandleWriter(desk, config_hash)
        self._ledger = ledger
        self._repair = Repair(self._writer, ledger)
        # Bars end at whole seconds and so do evaluations: the lateness counts in whole seconds.
        self._late_ns = -(-config.lateness_ns // NS_PER_S) * NS_PER_S
        self._limit_ns = config.late_limit_ns
        self._cadences = tuple(config.forming_ns(interval_ms) for interval_ms in INTERVALS_MS)
        self._cadence_ns = min(self._cadences)
        self._seconds: dict[int, Cell] = {}
        self._open: list[dict[int, OpenBar]] = [{} for _ in WIDTHS_NS]
        # Lengths, as bits, whose bars got prints since they were last looked at.
        self._changed = 0
        # Until the next print nothing is to be looked at that `due_ns` does not know of.
        self._is_calm = True
        self._days: dict[int, Day] = {}
        self._corrected_ts = NOT_YET
        self._dropped_micro = 0
        self.due_ns = NEVER
        self.counters: Counter[str] = Counter()

    def add(self, p: ObservedPrint, now_ns: int) -> Sequence[EquityCandle]:
        """
        Count a print and return the closed bars it changed: none unless it is late.

        Parameters
        ----------
        p : ObservedPrint
            The print.
        now_ns : int
            Event time, ns UTC; not before the print.
        """
        if not p.volume and not p.last and not p.high_low:
            return ()
        ts = p.ts
        cell = self._seconds.get(ts - ts % NS_PER_S)
        if cell is None:
            start = ts - ts % NS_PER_S
            if start + NS_PER_S <= self._closed_before(now_ns):
                return self._add_late(p, now_ns)
            cell = self._open_second(start, now_ns)
        if self._is_calm:
            self._wake(now_ns)
        cell.add(p)
        return ()

    def expect_correction(self, ts: int) -> None:
        """Learn that the next print, of an instant (ns UTC), takes the place of a cancelled one."""
        self._corrected_ts = ts

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[EquityCandle]:
        """
        Take a print away, as it was added, and return the closed bars that changed.

        Parameters
        ----------
        p : ObservedPrint
            The print.
        cause : Cause
            What takes it away.
        """
        if not p.volume and not p.last and not p.high_low:
            return ()
        if cause.reason == CORRECTION:
            self._corrected_ts = p.ts
        start = p.ts - p.ts % NS_PER_S
        if start + NS_PER_S <= self._closed_before(cause.now_ns):
            if self._is_beyond_limit(p.ts, cause.now_ns):
                return ()
            return self._revise(p, cause, is_added=False)
        cell = cell_of(self._ledger.window(start, start + NS_PER_S), start, start + NS_PER_S)
        known = self._seconds.get(start)
        if known is None:
            known = self._open_second(start, cause.now_ns)
        cell.note(known.ingest_ts, known.seq)
        cell.note(cause.ingest_ts, cause.seq)
        self._seconds[start] = cell
        self._wake(cause.now_ns)
        return ()

    def evaluate(self, at_ns: int) -> Sequence[EquityCandle]:
        """
        Return what closes and what is to be shown forming at a boundary.

        Parameters
        ----------
        at_ns : int
            `due_ns`: every print before it was added, none at or after it.

        Returns
        -------
        Sequence[EquityCandle]
            Shortest bars first, each length in order of time.
        """
        out: list[EquityCandle] = []
        closed_ns = self._closed_before(at_ns)
        for start in sorted(self._seconds):
            if start + NS_PER_S > closed_ns:
                break
            self._close_second(start, out)
        wholes: dict[tuple[int, int], Cell] = {}
        changed = self._changed
        for level in LONGER:
            opened = self._open[level]
            if not opened:
                continue
            is_shown = changed >> level & 1 and at_ns % self._cadences[level] == 0
            for begin in sorted(opened) if len(opened) > 1 else tuple(opened):
                if begin + WIDTHS_NS[level] <= closed_ns:
                    self._close(level, begin, out)
                elif is_shown:
                    self._form(level, begin, at_ns, wholes, out)
            if is_shown:
                self._changed &= ~(1 << level)
        self._is_calm = True
        self.due_ns = self._next_due(at_ns)
        return out

    def _closed_before(self, at_ns: int) -> int:
        """Return the instant up to which windows are closed."""
        return at_ns - at_ns % NS_PER_S - self._late_ns

    def _wake(self, now_ns: int) -> None:
        self._is_calm = False
        self._changed = EVERY_LENGTH
        self.due_ns = min(self.due_ns, boundary_after(now_ns, self._cadence_ns))

    def _next_due(self, at_ns: int) -> int:
        late_ns = self._late_ns
        due = min(self._seconds) + NS_PER_S + late_ns if self._seconds else NEVER
        for level in LONGER:
            opened = self._open[level]
            if opened:
                close_ns = min(opened) + WIDTHS_NS[level] + late_ns
                if close_ns < due:  # noqa: PLR1730 - six times at every boundary
                    due = close_ns
                if self._changed >> level & 1:
                    due = min(due, boundary_after(at_ns, self._cadences[level]))
        return due

    def _day(self, trade_date: int, now_ns: int) -> Day:
        day = self._days.get(trade_date)
        if day is None:
            # Its last bars may still be open at the limit itself.
            kept_ns = now_ns - LONGEST_NS
            for old in [old for old in self._days if kept_ns > self._limit_of(old)]:
                del self._days[old]
            day = self._days[trade_date] = Day()
        return day

    def _limit_of(self, trade_date: int) -> int:
        return day_bounds_ns(trade_date)[1] + self._limit_ns

    def _is_beyond_limit(self, ts: int, now_ns: int) -> bool:
        return now_ns > self._limit_of(trade_date_and_segment(ts)[0])

    def _open_second(self, start: int, now_ns: int) -> Cell:
        cell = self._seconds[start] = Cell()
        # Where a bar of five seconds is open, so are the longer ones around it.
        if start - start % WIDTHS_NS[FIVE] not in self._open[FIVE]:
            for level in LONGER:
                self._open[level].setdefault(start - start % WIDTHS_NS[level], OpenBar())
            self._day(trade_date_and_segment(start)[0], now_ns)
        self.due_ns = min(self.due_ns, start + NS_PER_S + self._late_ns)
        return cell

    def _close_second(self, start: int, out: list[EquityCandle]) -> None:
        cell = self._seconds.pop(start)
        self._open[FIVE][start - start % WIDTHS_NS[FIVE]].cell.merge(cell)
        if cell.is_empty:
            return
        carried_e4 = self._carried(start, cell)
        if cell.last_e4 is not None:
            self._days[trade_date_and_segment(start)[0]].last_e4 = cell.last_e4
        cell.revision = 0
        at_ns = start + NS_PER_S
        out.append(self._writer.write(BASE, start, cell, at_ns, carried_e4, CLOSED))

    def _close(self, level: int, begin: int, out: list[EquityCandle]) -> None:
        cell = self._open[level].pop(begin).cell
        if level < LONGER[-1]:
            around = self._open[level + 1]
            around[begin - begin % WIDTHS_NS[level + 1]].cell.merge(cell)
        if cell.is_empty and cell.revision == NOT_YET:
            return
        cell.revision += 1
        day = self._days[trade_date_and_segment(begin)[0]]
        day.put_revision(level, begin, cell.revision)
        at_ns = begin + WIDTHS_NS[level]
        carried_e4 = self._carried(begin, cell)
        out.append(self._writer.write(level, begin, cell, at_ns, carried_e4, CLOSED))

    def _form(
        self,
        level: int,
        begin: int,
        at_ns: int,
        wholes: dict[tuple[int, int], Cell],
        out: list[EquityCandle],
    ) -> None:
        """Show an open bar with its open parts, unless it shows nothing new."""
        whole = self._whole(level, begin, wholes)
        if whole.is_empty and whole.revision == NOT_YET:
            return
        carried_e4 = self._carried(begin, whole)
        bar = self._open[level][begin]
        if bar.shows(whole, carried_e4):
            return
        whole.revision += 1
        bar.show(whole, carried_e4)
        out.append(self._writer.write(level, begin, whole, at_ns, carried_e4, FORMING))

    def _whole(self, level: int, begin: int, wholes: dict[tuple[int, int], Cell]) -> Cell:
        """Return the closed parts of a bar merged with those that are still open."""
        known = wholes.get((level, begin))
        if known is not None:
            return known
        whole = self._open[level][begin].cell.copy()
        end = begin + WIDTHS_NS[level]
        if level == FIVE:
            for start, cell in self._seconds.items():
                if begin <= start < end:
                    whole.merge(cell)
        else:
            for start in self._open[level - 1]:
                if begin <= start < end:
                    whole.merge(self._whole(level - 1, start, wholes))
        wholes[level, begin] = whole
        return whole

    def _carried(self, begin: int, cell: Cell) -> int | None:
        """Return the close before an open window; null where its prints have a price."""
        if cell.last_e4 is not None or cell.trades == 0:
            return None
        trade_date = trade_date_and_segment(begin)[0]
        for start in sorted(self._seconds, reverse=True):
            if start < begin and trade_date_and_segment(start)[0] == trade_date:
                last_e4 = self._seconds[start].last_e4
                if last_e4 is not None:
                    return last_e4
        return self._days[trade_date].last_e4

    def _add_late(self, p: ObservedPrint, now_ns: int) -> Sequence[EquityCandle]:
        self.counters["late_total"] += 1
        if self._is_beyond_limit(p.ts, now_ns):
            self._dropped_micro += p.micro
            self.counters["late_dropped_total"] += 1
            self.counters["late_dropped_shares"] = self._dropped_micro // MICRO
            return ()
        # The trade that follows a corrected one counts at the same instant.
        reason = CORRECTION if p.ts == self._corrected_ts else LATE
        return self._revise(p, Cause(now_ns, p.ingest_ts, p.seq, reason), is_added=True)

    def _revise(self, p: ObservedPrint, cause: Cause, *, is_added: bool) -> list[EquityCandle]:
        now_ns = cause.now_ns
        trade_date = trade_date_and_segment(p.ts)[0]
        change = Change(p, cause, is_added, trade_date, self._closed_before(now_ns))
        done = self._repair.revise(self._day(trade_date, now_ns), change)
        for level, begin, cell in done.refills:
            self._open[level].setdefault(begin, OpenBar()).refill(cell, cause)
        if any(self._open):
            self._wake(now_ns)
            self.due_ns = min(self.due_ns, self._next_due(now_ns))
        return done.bars

    def state(self) -> bytes:
        """Return the state; `load` goes on from it byte for byte."""
        state: State = (
            STATE_VERSION,
            self.due_ns,
            self._is_calm,
            self._changed,
            [(start, cell.state()) for start, cell in self._seconds.items()],
            [[(begin, bar.state()) for begin, bar in level.items()] for level in self._open],
            [(trade_date, day.state()) for trade_date, day in self._days.items()],
            self._corrected_ts,
            self._dropped_micro,
            sorted(self.counters.items()),
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Go on from a state.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "the candles")
        held = msgspec.msgpack.decode(state, type=State)
        _, self.due_ns, self._is_calm, self._changed, seconds, opened, days = held[:7]
        self._seconds = {start: Cell.restore(cell) for start, cell in seconds}
        self._open = [{begin: OpenBar.restore(bar) for begin, bar in level} for level in opened]
        self._days = {trade_date: Day.restore(day) for trade_date, day in days}
        self._corrected_ts, self._dropped_micro = held[7], held[8]
        self.counters = Counter(dict(held[9]))
