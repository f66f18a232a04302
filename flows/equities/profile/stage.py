"""Volume profiles of one underlying."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_S
from flows.common.resume import check_version
from flows.common.sessions import day_bounds_ns
from flows.equities.observed import ObservedPrint
from flows.equities.profile.composite import Composites
from flows.equities.profile.composite import CompositeState
from flows.equities.profile.config import CADENCE_NS
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.day import DayState
from flows.equities.profile.day import TradingDay
from flows.equities.profile.histogram import OFF_EXCHANGE
from flows.equities.profile.histogram import PLACE_OF
from flows.equities.profile.histogram import TRADES
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.minutes import Minute
from flows.equities.profile.minutes import RollingState
from flows.equities.profile.minutes import RollingWindow
from flows.equities.profile.past import minute_histogram
from flows.equities.profile.record import ProfileMaker
from flows.equities.profile.rows import Grid
from flows.equities.profile.single import SingleMinutes
from flows.equities.profile.single import SingleState
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from flows.equities.stage import PrintWindow
from schemas.records import EquityProfile

STATE_VERSION: Final = 1
# How long after the end of its trading date a print may still come.
LATENESS_NS: Final = 4 * 3600 * NS_PER_S
_NO_MINUTE: Final = -1
_NOTHING: Final[tuple[EquityProfile, ...]] = ()

_State = tuple[int, int, list[DayState], RollingState, CompositeState, SingleState]


class Profiles:
    """
    Gather the volume of an underlying by price.

    **What counts.** Prints with `volume` and `levels`, in the row of their price, by direction and
    venue; other `volume` prints, and prices more than `span_rows` rows from the first of the
    trading date, are `excluded_volume`. Rows and what is excluded add up to the volume of the
    window's candles. Rows have one height a trading date, decided by its first eligible print.

    **When it comes out.** A print is counted in its minute, which is added to the windows at its
    end; every minute what changed comes out, at the end of a window with `closed` true:

    * `session`: the regular session and the whole day, 04:00 to 20:00, as they develop.
    * `rolling`: the last `rolling_min` minutes, under an id of its own each time.
    * `composite`: at the close of a regular session, the last ones together.
    * `minute`: every minute, if asked for.

    A late print or a cancel changes the windows it belongs to; they come out with the next minute,
    a revision higher, closed ones too. A window in which no print ever counted to a row does not
    come out.

    Parameters
    ----------
    desk : Desk
        Source and underlying.
    config : ProfileConfig
        Windows, rows and nodes.
    config_hash : str
        Of the configuration in force.
    ledger : PrintWindow
        Prints of minutes that are no longer kept here.

    Notes
    -----
    Source: equities specification, 9.
    """

    def __init__(
        self, desk: Desk, config: ProfileConfig, config_hash: str, ledger: PrintWindow
    ) -> None:
        self.due_ns = NEVER
        self._config = config
        self._ledger = ledger
        self._ticks = config.row_ticks.get(desk.underlying_id)
        self._maker = ProfileMaker(desk, config, config_hash)
        self._days: dict[int, TradingDay] = {}
        self._rolling = RollingWindow(config.rolling_min)
        self._composites = Composites(config.composites)
        self._single = SingleMinutes(is_on=config.minutes)
        # The minute that is running, taken apart for `add`.
        self._minute = _NO_MINUTE
        self._histogram = Histogram(Grid())
        self._cells = self._histogram.cells
        self._row_e4 = self._lowest = self._highest = 0

    def add(self, p: ObservedPrint, now_ns: int) -> Sequence[EquityProfile]:
        """Count a print; what changes by it comes out at the next minute."""
        if not p.volume:
            return _NOTHING
        if p.ts // CADENCE_NS != self._minute:
            self._count(p, now_ns, 1, (p.ingest_ts, p.seq))
            return _NOTHING
        # What `Histogram.count` does, at half its time.
        histogram = self._histogram
        row = p.at_e4 // self._row_e4
        if p.levels and self._lowest <= row <= self._highest:
            cell = self._cells.get(row)
            if cell is None:
                self._cells[row] = cell = [0, 0, 0, 0, 0]
            micro = p.micro
            cell[PLACE_OF[p.direction]] += micro
            cell[TRADES] += 1
            if p.off_exchange:
                cell[OFF_EXCHANGE] += micro
        else:
            histogram.excluded += p.micro
        histogram.seq = p.seq
        histogram.ingest_ts = max(histogram.ingest_ts, p.ingest_ts)
        return _NOTHING

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[EquityProfile]:
        """Take away exactly what a print added; what changes by it comes out at the next minute."""
        if p.volume and p.trade_date in self._days:
            self._count(p, cause.now_ns, -1, (cause.ingest_ts, cause.seq))
        return _NOTHING

    def evaluate(self, at_ns: int) -> Sequence[EquityProfile]:
        """Return what has changed by a boundary."""
        self._minute = _NO_MINUTE
        rolling = self._rolling
        for number in sorted(rolling.minutes):
            minute = rolling.minutes[number]
            if not minute.is_added:
                histogram = minute.histogram
                for window in minute.day.windows_of(minute.segment):
                    window.merge(histogram)
                self._single.change(number, histogram.ingest_ts, histogram.seq)
                rolling.add(minute)
        out = self._sessions(at_ns)
        rolled = rolling.evaluate(at_ns, self._maker)
        if rolled is not None:
            out.append(rolled)
        out += self._composites.evaluate(at_ns, self._maker)
        out += self._single.evaluate(at_ns, self._maker, self._minute_histogram)
        self.due_ns = self._next_due_ns()
        return out

    def _sessions(self, at_ns: int) -> list[EquityProfile]:
        out = []
        for trade_date, day in sorted(self._days.items()):
            for window in (day.rth, day.full):
                record = window.evaluate(at_ns, self._maker)
                if record is None:
                    continue
                out.append(record)
                if record.closed and window is day.rth:
                    self._composites.closed(trade_date, window.histogram)
        return out

    def _next_due_ns(self) -> int:
        windows = [window for day in self._days.values() for window in (day.rth, day.full)]
        wanted = [self._rolling.due_ns, *[window.due_ns for window in windows]]
        return min((due_ns for due_ns in wanted if due_ns is not None), default=NEVER)

    def _count(self, p: ObservedPrint, now_ns: int, sign: int, by: tuple[int, int]) -> None:
        """Add a print or take it away, in whatever minute and day; `by` is its newest input."""
        due_ns = boundary_after(now_ns, CADENCE_NS)
        self.due_ns = min(self.due_ns, due_ns)
        number = p.ts // CADENCE_NS
        day = self._days.get(p.trade_date) or self._new_day(p.trade_date, now_ns)
        if p.levels and not day.grid.row_e4:
            day.grid.fix(p.at_e4, self._ticks, self._config)
        minute = self._rolling.minutes.get(number)
        if minute is None and self._rolling.holds(number, due_ns):
            minute = Minute(number, day, p.session, Histogram(day.grid))
            self._rolling.minutes[number] = minute
        if minute is not None:
            minute.histogram.count(p, sign)
            minute.histogram.heard(*by)
        if minute is None or minute.is_added:
            for window in day.windows_of(p.session):
                window.histogram.count(p, sign)
                window.histogram.heard(*by)
                window.is_changed = True
            self._single.change(number, *by)
            if minute is not None:
                self._rolling.invalidate()
        elif number == now_ns // CADENCE_NS and day.grid.row_e4:
            self._run(minute)

    def _run(self, minute: Minute) -> None:
        histogram, grid = minute.histogram, minute.day.grid
        self._minute = minute.number
        self._histogram, self._cells = histogram, histogram.cells
        self._row_e4, self._lowest, self._highest = grid.row_e4, grid.lowest, grid.highest

    def _new_day(self, trade_date: int, now_ns: int) -> TradingDay:
        kept = {each.day.trade_date for each in self._rolling.minutes.values()}
        over_ns = now_ns - LATENESS_NS
        self._days = {
            date: day
            for date, day in self._days.items()
            if date in kept or day.full.span.end_ns > over_ns
        }
        self._single.forget(min(day_bounds_ns(date)[0] for date in (*self._days, trade_date)))
        day = self._days[trade_date] = TradingDay(trade_date)
        return day

    def _minute_histogram(self, number: int) -> Histogram:
        minute = self._rolling.minutes.get(number)
        if minute is not None:
            return minute.histogram
        return minute_histogram(self._ledger, number, self._days)

    def state(self) -> bytes:
        """Return everything that is not in the ledger; `load` goes on from it byte for byte."""
        state: _State = (
            STATE_VERSION,
            self.due_ns,
            [day.state() for day in self._days.values()],
            self._rolling.state(),
            self._composites.state(),
            self._single.state(),
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
        check_version(state, STATE_VERSION, "the profiles")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self.due_ns, days, rolling, composites, single = found
        self._days = {each[0]: TradingDay.restore(each) for each in days}
        self._rolling.load(rolling, self._days)
        self._composites.load(composites)
        self._single.load(single)
        self._minute = _NO_MINUTE
