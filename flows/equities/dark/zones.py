"""Bands of price in which off-exchange volume keeps printing while the lit price turns at them."""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from typing import Protocol

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_MS
from flows.common.resume import check_version
from flows.common.sessions import trade_date_and_segment
from flows.equities.dark.baseline import WindowThresholds
from flows.equities.dark.cells import Cell
from flows.equities.dark.cells import RollingRows
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.eligibility import Eligibility
from flows.equities.dark.eligibility import sessions_of
from flows.equities.dark.entry import entry_of
from flows.equities.dark.event import Event
from flows.equities.dark.event import expiry_ns
from flows.equities.dark.follow import mid_of
from flows.equities.dark.open_zones import OpenZones
from flows.equities.dark.path import PathState
from flows.equities.dark.path import PricePath
from flows.equities.dark.path import row_height
from flows.equities.dark.path import tick_of
from flows.equities.dark.record import Publisher
from flows.equities.dark.zone_finder import ZoneFinder
from flows.equities.join.quote import Quote
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import DarkInference

STATE_VERSION: Final = 1
_NO_DATE: Final = -1

_State = tuple[
    int,
    int,
    int,
    bool,
    int,
    tuple[int, int],
    PathState,
    tuple[list[Cell], Cell, int],
    tuple[list[Event], list[str]],
    list[tuple[str, int]],
]


class ThresholdSource(Protocol):
    """Who knows the thresholds of a half-hour: `DarkDesk`."""

    def window_thresholds(self, at_ns: int) -> WindowThresholds:
        """Return the thresholds of an instant, ns UTC."""


class ZoneDesk:
    """
    Infer hidden liquidity zones of one underlying.

    `add` takes every print of the underlying; for off-exchange ones the quote of the join may be
    given, without it the gate on the spread is left open. Off-exchange shares are those of eligible
    prints (as for blocks); all shares are those of every print of the session that may enter
    levels, small ones too. The height of rows is fixed by the first such print of a trading date.
    A print that comes late counts in its cell, but does not move the lit price; a cancelled lit
    print takes its shares away, but the path that was seen stands.

    While `is_halted`, nothing opens and nothing is revised; counting goes on.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    config : DarkConfig
        Thresholds.
    config_hash : str
        Copied to the records.
    thresholds : ThresholdSource
        The `DarkDesk` of the same prints; asked for T_zone, and not kept in the state.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(
        self, who: Desk, config: DarkConfig, config_hash: str, thresholds: ThresholdSource
    ) -> None:
        self.due_ns = NEVER
        self.is_halted = False
        self.counters: Counter[str] = Counter()
        self._config = config
        self._thresholds = thresholds
        self._cadence_ns = config.zone_evaluate_ms * NS_PER_MS
        self._floor_micro = config.zone_min_shares * MICRO
        self._sessions = sessions_of(config)
        self._eligibility = Eligibility(config)
        self._finder = ZoneFinder(config)
        self._zones = OpenZones(
            who.underlying_id, config, Publisher(who, config, config_hash)
        )  # fmt: skip
        self._trade_date = _NO_DATE
        self._expires_ns = 0
        self._lit_ns = 0
        self._path = self._path_of(1, 1)
        self._rows = self._no_rows()

    def add(
        self, p: ObservedPrint, now_ns: int, quote: Quote | None = None
    ) -> Sequence[DarkInference]:
        """
        Take in a print; nothing comes out before the next boundary.

        Parameters
        ----------
        p : ObservedPrint
            Of any venue.
        now_ns : int
            Event time, ns UTC.
        quote : Quote | None
            Of the join of an off-exchange print.
        """
        if p.session not in self._sessions:
            return ()
        if p.trade_date != self._trade_date and not self._begin(p):
            return ()
        at_e4 = p.at_e4
        path = self._path
        if p.levels:
            rows = self._rows
            row = at_e4 // path.row_e4
            ts = p.ts
            if rows.start_ns <= ts < rows.end_ns or rows.open(ts):
                traded = rows.traded
                traded[row] = traded.get(row, 0) + p.micro
            elif not rows.add_late(ts, row, p.micro):
                self.counters["late_for_zones_total"] += 1
                return ()
            if p.off_exchange and self._is_eligible(p, quote):
                rows.keep(row, entry_of(p))
        if p.last and not p.off_exchange and not path.calm_low_e4 <= at_e4 <= path.calm_high_e4:
            self._move(p)
        elif p.ts > self._lit_ns:
            self._lit_ns = p.ts
        if self.due_ns > now_ns + self._cadence_ns:
            self.due_ns = boundary_after(now_ns, self._cadence_ns)
        return ()

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[DarkInference]:
        """
        Take a cancelled print out of the rows, and judge again the zones it was evidence of.

        A zone is judged by what its newest record claims; touches stay as they were.
        """
        if p.session not in self._sessions or not p.levels:
            return ()
        if p.trade_date == self._trade_date:
            row = p.at_e4 // self._path.row_e4
            self._rows.remove(p.ts, row, p.micro, p.trace_id)
        if not self._eligibility.has(p):
            return ()
        return self._zones.remove(p, cause)

    def evaluate(self, at_ns: int) -> Sequence[DarkInference]:
        """Open, revise and end zones at a boundary (ns UTC)."""
        rows, zones = self._rows, self._zones
        rows.advance(at_ns)
        out: list[DarkInference] = []
        if len(zones):
            out = zones.end_traded_through(at_ns, self._path)
            zones.end_empty(rows)
        most = max(rows.shares.values(), default=0)
        if most >= self._floor_micro and not self.is_halted and self._is_in_session(at_ns):
            thresholds = self._thresholds.window_thresholds(at_ns - 1)
            if most >= thresholds.zone_micro:
                groups = self._finder.groups(rows, self._path, thresholds.zone_micro, at_ns)
                limits = self._expires_ns, thresholds
                out += zones.take(groups, rows, self._path, at_ns, limits)
        # Without as many shares as the floor nothing can qualify before another print.
        goes_on = most >= self._floor_micro or len(zones) or rows.traded
        self.due_ns = boundary_after(at_ns, self._cadence_ns) if goes_on else NEVER
        return out

    def state(self) -> bytes:
        """Return everything as bytes; `load` goes on from it byte for byte."""
        state: _State = (
            STATE_VERSION,
            self.due_ns,
            self._trade_date,
            self.is_halted,
            self._lit_ns,
            (self._path.row_e4, self._path.tick_e4),
            self._path.state(),
            self._rows.state(),
            self._zones.state(),
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
        check_version(state, STATE_VERSION, "hidden liquidity zones")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self.due_ns, self._trade_date, self.is_halted, self._lit_ns, *rest = found
        (row_e4, tick_e4), path, rows, zones, counters = rest
        self._expires_ns = 0 if self._trade_date == _NO_DATE else expiry_ns(self._trade_date)
        self._path = self._path_of(row_e4, tick_e4)
        self._path.load(path)
        self._rows = self._no_rows()
        self._rows.load(rows)
        self._zones.load(zones)
        self.counters = Counter(dict(counters))

    def _begin(self, p: ObservedPrint) -> bool:
        """Begin the trading date of a print; False when that is over."""
        if p.trade_date < self._trade_date or not p.levels:
            return False
        self._trade_date = p.trade_date
        self._expires_ns = expiry_ns(p.trade_date)
        self._path = self._path_of(
            row_height(p.at_e4, self._config.zone_band_bps), tick_of(p.at_e4)
        )
        self._rows = self._no_rows()
        self._zones.close()
        self._lit_ns = 0
        return True

    def _move(self, p: ObservedPrint) -> None:
        if p.ts < self._lit_ns:
            return
        self._lit_ns = p.ts
        self._path.move(p.ts, p.at_e4)
        if len(self._zones):
            self._zones.watch(p.ts, self._path)

    def _is_eligible(self, p: ObservedPrint, quote: Quote | None) -> bool:
        eligibility = self._eligibility
        return eligibility.has(p) and eligibility.is_tight(mid_of(quote))

    def _is_in_session(self, at_ns: int) -> bool:
        trade_date, session = trade_date_and_segment(at_ns - 1)
        return trade_date == self._trade_date and session in self._sessions

    def _path_of(self, row_e4: int, tick_e4: int) -> PricePath:
        config = self._config
        return PricePath(
            row_e4, tick_e4, config.touch_away_ms * NS_PER_MS, config.touch_hold_ms * NS_PER_MS
        )

    def _no_rows(self) -> RollingRows:
        return RollingRows(self._config.zone_window_ms * NS_PER_MS, self._cadence_ns)
