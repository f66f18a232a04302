"""The session profiles of one trading date."""

from flows.common.eastern import iso_date
from flows.common.sessions import CLOSED
from flows.common.sessions import RTH
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns
from flows.equities.profile.record import SESSION
from flows.equities.profile.record import Span
from flows.equities.profile.rows import Grid
from flows.equities.profile.window import DevelopingWindow
from flows.equities.profile.window import WindowState

DayState = tuple[int, tuple[int, int, int], WindowState, WindowState]


class TradingDay:
    """
    Regular session and whole day, in rows of one height.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01; a session of the exchange.
    """

    def __init__(self, trade_date: int) -> None:
        self.trade_date = trade_date
        self.grid = Grid()
        date = iso_date(trade_date)
        rth = Span(SESSION, f"{date}-rth", *rth_bounds_ns(trade_date))
        full = Span(SESSION, f"{date}-full", *day_bounds_ns(trade_date))
        self.rth = DevelopingWindow(rth, self.grid)
        self.full = DevelopingWindow(full, self.grid)

    def windows_of(self, segment: str) -> tuple[DevelopingWindow, ...]:
        """Return the windows a segment counts to; none between 20:00 and 04:00."""
        if segment == RTH:
            return self.rth, self.full
        return () if segment == CLOSED else (self.full,)

    def state(self) -> DayState:
        """Return the day as plain data."""
        grid = self.grid
        rows = grid.row_e4, grid.lowest, grid.highest
        return self.trade_date, rows, self.rth.state(), self.full.state()

    @classmethod
    def restore(cls, state: DayState) -> "TradingDay":
        """Return the day of a state."""
        day = cls(state[0])
        day.grid.row_e4, day.grid.lowest, day.grid.highest = state[1]
        day.rth.load(state[2])
        day.full.load(state[3])
        return day
