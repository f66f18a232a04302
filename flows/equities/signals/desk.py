"""The strategies of one underlying."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.resume import check_version
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.signals.config import CADENCE_NS
from flows.equities.signals.config import SignalConfig
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.definitions import Strategy
from flows.equities.signals.machine import Machine
from flows.equities.signals.machine import Moment
from flows.equities.signals.record import signal_record
from flows.equities.signals.strategies.auction_market import AuctionMarket
from flows.equities.signals.strategies.price_above_sma import PriceAboveSma
from flows.equities.stage import Desk
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityState
from schemas.records import Signal

STATE_VERSION: Final = 1
SNAPSHOT_MS: Final = 1000

_State = tuple[int, int, int, int, int, int, int, dict[str, bytes]]


def machine_of(strategy: Strategy) -> Machine:
    """Return a flat machine of a strategy."""
    if isinstance(strategy.params, PriceAboveSmaParams):
        return PriceAboveSma(strategy.params)
    return AuctionMarket(strategy.params)


class SignalDesk:
    """
    Run the strategies that apply to one underlying.

    Inputs are closed bars, states and order flow of seconds. Every machine is asked at each second
    while such inputs come, so after all of them at a boundary, and once more before the close while
    a position is held. Each gives at most one signal at a boundary.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    strategies : sequence of Strategy
        All of them; those that do not apply to the underlying are passed over.
    config : SignalConfig
        Close-out and idling.
    config_hash : str
        Of the configuration in force.

    Attributes
    ----------
    may_enter : bool
        Set by the engine before `evaluate`: false while trading is halted and for a moment after.
        Not part of the state.

    Notes
    -----
    Source: equities specification, 13.
    """

    def __init__(
        self,
        who: Desk,
        strategies: Sequence[Strategy],
        config: SignalConfig,
        config_hash: str,
    ) -> None:
        self._underlying = who.underlying_id
        self._config = config
        self._config_hash = config_hash
        self._machines: dict[str, Machine] = {
            each.id: machine_of(each) for each in strategies if each.applies_to(who.underlying_id)
        }
        self.may_enter = True
        self.due_ns = NEVER
        self._trade_date = 0
        self._opens_ns = self._closes_ns = 0
        self._reached_ns = self._input_ns = self._ingest_ts = self._seq = 0

    @property
    def is_idle(self) -> bool:
        """Whether no strategy applies, so that nothing need be told."""
        return not self._machines

    def on_bar(self, bar: EquityCandle) -> None:
        """Take a bar; forming ones are passed over."""
        if self._machines and bar.closed:
            is_today = self._note(bar, bar.window_start)
            for machine in self._machines.values():
                machine.on_bar(bar, is_today=is_today)

    def on_state(self, state: EquityState) -> None:
        """Take a state."""
        if self._machines and self._note(state, state.source_ts - 1):
            for machine in self._machines.values():
                machine.on_state(state)

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Take order flow; only that of seconds counts."""
        if (
            self._machines
            and flow.interval_ms == SNAPSHOT_MS
            and self._note(flow, flow.window_start)
        ):
            for machine in self._machines.values():
                machine.on_flow(flow)

    def evaluate(self, at_ns: int) -> Sequence[Signal]:
        """Ask the strategies at a boundary (ns UTC)."""
        self._reached_ns = max(self._reached_ns, at_ns)
        last_entry_ns = self._closes_ns - self._config.close_out_ns
        moment = Moment(at_ns, self.may_enter, self._opens_ns <= at_ns < last_entry_ns)
        out: list[Signal] = []
        for name, machine in self._machines.items():
            decision = machine.decide(moment)
            if decision is not None:
                stamp = (at_ns, self._ingest_ts, self._seq)
                name_of = (name, self._underlying)
                out.append(signal_record(name_of, decision, stamp, self._config_hash))
        self.due_ns = NEVER
        if at_ns - self._input_ns < self._config.idle_ns:
            self.due_ns = at_ns + CADENCE_NS
        elif last_entry_ns > at_ns and any(each.is_holding for each in self._machines.values()):
            self.due_ns = last_entry_ns
        return out

    def state(self) -> bytes:
        """Return the desk as plain data."""
        state: _State = (
            STATE_VERSION,
            self.due_ns,
            self._trade_date,
            self._reached_ns,
            self._input_ns,
            self._ingest_ts,
            self._seq,
            {name: machine.state() for name, machine in self._machines.items()},
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Take over a state; strategies it does not know begin flat, those that are gone are dropped.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "the signals")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self.due_ns, self._trade_date, self._reached_ns, self._input_ns = found[:5]
        self._ingest_ts, self._seq, machines = found[5:]
        if self._trade_date:
            self._opens_ns, self._closes_ns = rth_bounds_ns(self._trade_date)
        for name, data in machines.items():
            if name in self._machines:
                self._machines[name].load(data)

    def _note(self, record: EquityCandle | EquityState | EquityOrderFlow, of_ns: int) -> bool:
        """Note an input and return whether it is of the present trading date."""
        trade_date = trade_date_and_segment(of_ns)[0]
        if trade_date != self._trade_date:
            if trade_date < self._trade_date <= trade_date_and_segment(record.source_ts)[0]:
                return False
            self._begin(trade_date)
        self._input_ns = max(self._input_ns, record.source_ts)
        self._ingest_ts = max(self._ingest_ts, record.ingest_ts)
        self._seq = record.seq
        if self.due_ns == NEVER or self.due_ns > record.source_ts + CADENCE_NS:
            self.due_ns = boundary_after(max(record.source_ts, self._reached_ns), CADENCE_NS)
        return True

    def _begin(self, trade_date: int) -> None:
        if trade_date < self._trade_date:
            # Event time went back: another file, of an earlier date.
            self._reached_ns = self._input_ns = 0
        self._trade_date = trade_date
        self._opens_ns, self._closes_ns = rth_bounds_ns(trade_date)
        self._ingest_ts = self._seq = 0
        for machine in self._machines.values():
            machine.begin()
