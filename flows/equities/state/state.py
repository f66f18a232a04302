"""Balance or imbalance of a session's auction, told every few seconds."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_MINUTE
from flows.common.resume import check_version
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.alert_draft import AlertDraft
from flows.equities.ledger import LAST
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from flows.equities.stage import PrintWindow
from flows.equities.state.config import TABLE_1
from flows.equities.state.config import StateConfig
from flows.equities.state.hysteresis import Held
from flows.equities.state.hysteresis import Hysteresis
from flows.equities.state.hysteresis import Runs
from flows.equities.state.inputs import DayInputs
from flows.equities.state.inputs import InputsState
from flows.equities.state.lvn import LvnDesk
from flows.equities.state.reading import Spot
from flows.equities.state.reading import by_table
from flows.equities.state.reading import by_votes
from flows.equities.state.record import Stamp
from flows.equities.state.record import Told
from flows.equities.state.record import change_draft
from flows.equities.state.record import state_record
from flows.equities.state.votes import Tally
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import EquityState

STATE_VERSION: Final = 1
# From 20:00 of the evening before on, prints belong to a trading date.
_EVENING_NS: Final = 8 * 60 * NS_PER_MINUTE

_State = tuple[
    int, int, bool, int, int, int, int, InputsState, tuple[Held, Runs], Told | None
]  # fmt: skip


class StateDesk:
    """
    Tell the state of one underlying's auction.

    Read are the newest last-eligible price, the value area in force, closed 1 m bars, closed
    minutes of order flow, and the volume of the trailing minutes; all of the trading date, those
    before the open too, so that the first minutes of a session are not blind. Evaluated at the
    boundaries of `cadence_s` after the open up to the close, until no print came for `quiet_min`;
    there is no record while there is no price or no value area.

    A record comes out when anything but its stamps and evidence changed. The state machine begins
    anew with each trading date.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    config : StateConfig
        Preset and thresholds.
    config_hash : str
        Of the configuration in force.
    lvn : LvnDesk
        Low-volume nodes of the same desk. It holds the newest price, which is kept here, and is
        woken when that changes.
    ledger : PrintWindow
        Where the price before a cancelled one is found.

    Notes
    -----
    Source: equities specification, 12.
    """

    def __init__(
        self, who: Desk, config: StateConfig, config_hash: str, lvn: LvnDesk, ledger: PrintWindow
    ) -> None:
        self._who = who
        self._config = config
        self._config_hash = config_hash
        self._lvn = lvn
        self._ledger = ledger
        self._price = lvn.price
        self._cadence_ns = config.cadence_ns
        self.due_ns = NEVER
        self._is_asleep = True
        self._trade_date = 0
        self._opens_ns = self._closes_ns = 0
        self._print_ts = self._seq = self._ingest_ts = 0
        self._inputs = DayInputs(config)
        self._trailing = self._inputs.trailing
        self._machine = Hysteresis(config)
        self._told: Told | None = None

    def add(self, p: ObservedPrint, now_ns: int) -> Sequence[EquityState]:
        """Count a print; nothing comes out."""
        if p.trade_date != self._trade_date and not self._begins(p.trade_date, now_ns):
            return ()
        ts = p.ts
        self._seq = p.seq
        self._ingest_ts = max(self._ingest_ts, p.ingest_ts)
        self._print_ts = max(self._print_ts, ts)
        at_e4 = p.at_e4
        if p.last:
            price = self._price
            if ts > price.ts or (ts == price.ts and p.seq >= price.seq):
                price.ts, price.seq, price.ingest_ts = ts, p.seq, p.ingest_ts
                if at_e4 != price.at_e4:
                    price.at_e4 = at_e4
                    if self._lvn.due_ns == NEVER:
                        self._lvn.wake(now_ns)
        if p.levels and p.volume:
            trailing = self._trailing
            if trailing.starts_ns <= ts < trailing.ends_ns:
                filling = trailing.filling
                filling[at_e4] = filling.get(at_e4, 0) + p.micro
            else:
                trailing.add(ts, at_e4, p.micro)
        if self._is_asleep:
            self._wake(now_ns)
        return ()

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[EquityState]:
        """Take a print away; nothing comes out."""
        if p.trade_date != self._trade_date:
            return ()
        self._seq = cause.seq
        self._ingest_ts = max(self._ingest_ts, cause.ingest_ts)
        if p.levels and p.volume:
            self._trailing.add(p.ts, p.at_e4, -p.micro)
        if p.last and (p.ts, p.seq) == (self._price.ts, self._price.seq):
            self._look_back()
            self._lvn.wake(cause.now_ns)
        return ()

    def on_bar(self, bar: EquityCandle) -> None:
        """Take a bar; only closed ones of a minute of the trading date count."""
        self._inputs.on_bar(bar)

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Take order flow; only closed minutes of the trading date count."""
        self._inputs.on_flow(flow)

    def on_profile(self, profile: EquityProfile) -> None:
        """Take a profile; only those of regular sessions count."""
        self._inputs.on_profile(profile)

    def evaluate(self, at_ns: int) -> Sequence[EquityState | AlertDraft]:
        """Tell the state at a boundary (ns UTC), and its alert when it has just changed."""
        self.due_ns = NEVER
        if at_ns - self._print_ts > self._config.quiet_ns:
            self._is_asleep = True
            return ()
        if at_ns + self._cadence_ns <= self._closes_ns:
            self.due_ns = at_ns + self._cadence_ns
        self._trailing.reach(at_ns)
        levels = self._inputs.levels(at_ns)
        at_e4 = self._price.at_e4
        if levels is None or not at_e4:
            return ()
        return self._tell(Spot(at_ns, at_e4, levels, self._lvn.nearest(at_e4)))

    def state(self) -> bytes:
        """Return the desk as plain data; the low-volume nodes and the price are their desk's."""
        state: _State = (
            STATE_VERSION,
            self.due_ns,
            self._is_asleep,
            self._trade_date,
            self._print_ts,
            self._seq,
            self._ingest_ts,
            self._inputs.state(),
            self._machine.state(),
            self._told,
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Take over a state.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "market state")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self.due_ns, self._is_asleep, self._trade_date = found[:4]
        self._print_ts, self._seq, self._ingest_ts, inputs, machine, self._told = found[4:]
        if self._trade_date:
            self._opens_ns, self._closes_ns = rth_bounds_ns(self._trade_date)
        self._inputs.load(inputs)
        self._machine.load(machine)

    def _begins(self, trade_date: int, now_ns: int) -> bool:
        """Begin the trading date of a print, unless the print is late and its date is over."""
        if trade_date < self._trade_date <= trade_date_and_segment(now_ns)[0]:
            return False
        self._trade_date = trade_date
        self._opens_ns, self._closes_ns = rth_bounds_ns(trade_date)
        self._print_ts = self._seq = self._ingest_ts = 0
        self._inputs.begin(trade_date)
        self._machine = Hysteresis(self._config)
        self._told = None
        self._lvn.begin(trade_date)
        self.due_ns = NEVER
        self._is_asleep = True
        return True

    def _wake(self, now_ns: int) -> None:
        self._is_asleep = False
        boundary_ns = boundary_after(max(now_ns, self._opens_ns), self._cadence_ns)
        if boundary_ns <= self._closes_ns:
            self.due_ns = boundary_ns

    def _look_back(self) -> None:
        """Find the newest price among the prints that are left."""
        start_ns, end_ns = day_bounds_ns(self._trade_date)
        prints = self._ledger.window(start_ns - _EVENING_NS, end_ns)
        places = np.flatnonzero(prints.has(LAST))
        self._price.forget()
        if len(places):
            newest = places[-1]
            self._price.at_e4 = int(prints.at_e4[newest])
            self._price.ts, self._price.seq = int(prints.ts[newest]), int(prints.seq[newest])
            self._price.ingest_ts = int(prints.ingest_ts[newest])

    def _tell(self, spot: Spot) -> Sequence[EquityState | AlertDraft]:
        config, inputs = self._config, self._inputs
        tally: Tally | None = None
        if config.preset == TABLE_1:
            told = by_table(spot, inputs, self._machine.held)
        else:
            told, tally = by_votes(spot, inputs, self._machine, config)
        if told == self._told:
            return ()
        self._told = told
        stamp = Stamp(
            spot.at_ns,
            max(self._ingest_ts, inputs.ingest_ts, spot.levels.ingest_ts),
            self._seq,
            inputs.refs(spot.levels),
        )
        record = state_record(self._who, config.preset, told, stamp, self._config_hash)
        if told.since_ts == spot.at_ns and told.previous_state is not None:
            return (record, change_draft(record, told, tally, config))
        return (record,)
