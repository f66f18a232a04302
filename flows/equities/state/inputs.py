"""What a trading date has shown so far: bars, signed minutes, trailing volume, profiles."""

from flows.common.calendar import NS_PER_MINUTE
from flows.common.sessions import trade_date_and_segment
from flows.equities.state.bars import BarSeries
from flows.equities.state.bars import BarsState
from flows.equities.state.bars import Change
from flows.equities.state.config import SECONDS_PER_MINUTE
from flows.equities.state.config import StateConfig
from flows.equities.state.levels import Levels
from flows.equities.state.levels import SessionLevels
from flows.equities.state.levels import area_in_force
from flows.equities.state.pressure import MinutePressure
from flows.equities.state.pressure import PressureState
from flows.equities.state.trailing import TrailingState
from flows.equities.state.trailing import TrailingVolume
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import EvidenceRef

BAR_MS = 60_000
# A minute's bar is out a little after the minute: the one before is the newest that must be there.
_BAR_LAG_NS = 2 * NS_PER_MINUTE

InputsState = tuple[
    int, int, str, str, TrailingState, BarsState, PressureState, list[Levels]
]  # fmt: skip


class DayInputs:
    """
    The inputs of market state, of one trading date; profiles of the dates before too.

    Parameters
    ----------
    config : StateConfig
        Spans.

    Attributes
    ----------
    ingest_ts : int
        Greatest of the records taken.
    """

    def __init__(self, config: StateConfig) -> None:
        self._config = config
        self._trade_date = 0
        self.ingest_ts = 0
        self._bar_id = self._flow_id = ""
        cells = config.acceptance_min * SECONDS_PER_MINUTE // config.cadence_s
        self.trailing = TrailingVolume(config.cadence_ns, cells)
        self.bars = BarSeries(config.atr_period)
        self.pressure = MinutePressure(config.flow_min)
        self._sessions = SessionLevels()
        self._measured = (-1, -1)
        self._change: Change | None = None
        self._ratio: float | None = None

    def begin(self, trade_date: int) -> None:
        """Begin a trading date (days since 1970-01-01)."""
        self._trade_date = trade_date
        self.ingest_ts = 0
        self._bar_id = self._flow_id = ""
        self.trailing.clear()
        self.bars.clear()
        self.pressure.clear()

    def on_bar(self, bar: EquityCandle) -> None:
        """Take a bar; only closed ones of a minute of the trading date count."""
        if bar.interval_ms == BAR_MS and bar.closed and self._is_today(bar.window_start):
            self.ingest_ts = max(self.ingest_ts, bar.ingest_ts)
            if self.bars.take(bar):
                self._bar_id = bar.trace_id

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Take order flow; only closed minutes of the trading date count."""
        if self._is_today(flow.window_start) and self.pressure.take(flow):
            self.ingest_ts = max(self.ingest_ts, flow.ingest_ts)
            if flow.window_start == self.pressure.newest:
                self._flow_id = flow.trace_id

    def on_profile(self, profile: EquityProfile) -> None:
        """Take a profile; only those of regular sessions count."""
        self._sessions.take(profile)

    def levels(self, at_ns: int) -> Levels | None:
        """Return the value area in force at an instant (ns UTC); null when there is none."""
        needed = (
            self._config.developing_min * NS_PER_MINUTE,
            self._config.developing_volume_pct,
        )  # fmt: skip
        sessions, trade_date = self._sessions, self._trade_date
        developing, previous = sessions.developing(trade_date), sessions.previous(trade_date)
        return area_in_force(developing, previous, at_ns, needed)

    def change(self, at_ns: int) -> Change | None:
        """Return the change of the trailing hour at an instant (ns UTC); null when unknown."""
        self._measure_change(at_ns)
        return self._change

    def momentum(self, at_ns: int) -> float | None:
        """Return that change over its expected size; null when unknown."""
        self._measure_change(at_ns)
        return self._ratio

    def refs(self, levels: Levels) -> tuple[EvidenceRef, ...]:
        """Return profile, newest bar and newest minute of order flow."""
        refs = [EvidenceRef("profile", levels.profile_id, "anchor")]
        if self._bar_id:
            refs.append(EvidenceRef("candle", self._bar_id, "context"))
        if self._flow_id:
            refs.append(EvidenceRef("order_flow", self._flow_id, "context"))
        return tuple(refs)

    def state(self) -> InputsState:
        """Return the inputs as plain data."""
        return (
            self._trade_date,
            self.ingest_ts,
            self._bar_id,
            self._flow_id,
            self.trailing.state(),
            self.bars.state(),
            self.pressure.state(),
            self._sessions.state(),
        )

    def load(self, state: InputsState) -> None:
        """Take over a state."""
        self._trade_date, self.ingest_ts, self._bar_id, self._flow_id = state[:4]
        trailing, bars, pressure, sessions = state[4:]
        self.trailing.load(trailing)
        self.bars.load(bars)
        self.pressure.load(pressure)
        self._sessions.load(sessions)

    def _is_today(self, start_ns: int) -> bool:
        return trade_date_and_segment(start_ns)[0] == self._trade_date

    def _measure_change(self, at_ns: int) -> None:
        """Measure up to the newest bar there can be, once for each."""
        bars = self.bars
        last_ns = at_ns - at_ns % NS_PER_MINUTE - _BAR_LAG_NS
        if bars.starts:
            last_ns = max(last_ns, bars.starts[-1])
        if self._measured != (last_ns, bars.version):
            self._measured = (last_ns, bars.version)
            span_ns = self._config.momentum_min * NS_PER_MINUTE
            self._change = bars.change(last_ns, span_ns, NS_PER_MINUTE)
            self._ratio = None if self._change is None else self._change.ratio
