"""The stages of one underlying, in order, and what they tell each other."""

from collections.abc import Iterable
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_S
from flows.equities.alert_draft import AlertDraft
from flows.equities.alerts import AlertDesk
from flows.equities.candles.bars import Bars
from flows.equities.config import EquitiesConfig
from flows.equities.dark.alerts import alert_of as dark_alert
from flows.equities.dark.desk import DarkDesk
from flows.equities.dark.zones import ZoneDesk
from flows.equities.derived import Derived
from flows.equities.join.quote import Quote
from flows.equities.join.quotes import QuoteBook
from flows.equities.observed import ObservedPrint
from flows.equities.orderflow.alert import alert_of as flow_alert
from flows.equities.orderflow.engine import OrderFlow
from flows.equities.profile.stage import Profiles
from flows.equities.signals.alert import alert_of as signal_alert
from flows.equities.signals.desk import SignalDesk
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from flows.equities.stage import PrintWindow
from flows.equities.stage import Stage
from flows.equities.state.lvn import LvnDesk
from flows.equities.state.state import StateDesk
from flows.errors import FlowError
from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import EquityState
from schemas.records import Signal

SNAPSHOT: Final = "1s"
_State = tuple[list[bytes], bytes, EquityOrderFlow | None, bool]


class Stages:
    """
    Hand every print to every stage, and what a stage makes to the stages behind it.

    One pass and one clock serve them all, so a stage reads what another made without a topic
    between them: state reads closed bars, profiles and order flow; signals read bars, order flow
    and state; alerts read everything.

    Parameters
    ----------
    desk : Desk
        Source and underlying.
    config : EquitiesConfig
        Thresholds.
    book : QuoteBook
        Quotes of the underlying.
    ledger : PrintWindow
        Its prints that can still be corrected.
    """

    def __init__(
        self, desk: Desk, config: EquitiesConfig, book: QuoteBook, ledger: PrintWindow
    ) -> None:
        made_by = config.config_hash
        self.due_ns = NEVER
        self._bars = Bars(desk, config.candles, made_by, ledger)
        self._flow = OrderFlow(desk, config.orderflow, made_by)
        self._profiles = Profiles(desk, config.profile, made_by, ledger)
        self._dark = DarkDesk(desk, config.dark, made_by, book.at_or_before)
        self._zones = ZoneDesk(desk, config.dark, made_by, self._dark)
        self._lvn = LvnDesk(desk, config.lvn)
        self._state = StateDesk(desk, config.state, made_by, self._lvn, ledger)
        self._signals = SignalDesk(desk, config.strategies, config.signals, made_by)
        # In the order in which they are evaluated at one boundary.
        self._stages: tuple[Stage, ...] = (
            self._bars,
            self._flow,
            self._profiles,
            self._dark,
            self._zones,
            self._state,
            self._lvn,
            self._signals,
        )
        self._corrected = (
            self._bars,
            self._flow,
            self._profiles,
            self._dark,
            self._zones,
            self._state,
        )
        self._alerts = AlertDesk(desk.underlying_id, made_by, desk.source)
        self._flow_before: EquityOrderFlow | None = None
        self._is_quiet = False

    def add(
        self, p: ObservedPrint, quote: Quote | None, now_ns: int, *, is_quiet: bool
    ) -> list[Derived]:
        """
        Count a print and return what comes out at once.

        Parameters
        ----------
        p : ObservedPrint
            The print; the ledger holds it already.
        quote : Quote | None
            Of its join.
        now_ns : int
            Event time, ns UTC.
        is_quiet : bool
            Trading is halted or was a moment ago: nothing is inferred.
        """
        out: list[Derived] = []
        candles = self._bars.add(p, now_ns)
        if candles:
            self._take(candles, out)
        flows = self._flow.add(p, now_ns)
        if flows:
            self._take(flows, out)
        self._profiles.add(p, now_ns)
        if p.off_exchange:
            self._dark.is_halted = is_quiet
            inferred = self._dark.add(p, quote, now_ns)
            if inferred:
                self._take(inferred, out)
        self._zones.add(p, now_ns, quote)
        self._state.add(p, now_ns)
        self._due_after(now_ns)
        return out

    def expect_correction(self, ts: int) -> None:
        """Tell that the next print, of an instant (ns UTC), takes the place of a cancelled one."""
        self._bars.expect_correction(ts)

    def remove(self, p: ObservedPrint, cause: Cause) -> list[Derived]:
        """Take a cancelled print away and return what that changes at once."""
        out: list[Derived] = []
        for stage in self._corrected:
            self._take(stage.remove(p, cause), out)
        self._due_after(cause.now_ns)
        return out

    def evaluate(self, at_ns: int, *, is_quiet: bool) -> list[Derived]:
        """Evaluate the stages that are due at a boundary (ns UTC)."""
        out: list[Derived] = []
        self._is_quiet = is_quiet
        self._dark.is_halted = self._zones.is_halted = is_quiet
        self._signals.may_enter = not is_quiet
        for stage in self._stages:
            if stage.due_ns <= at_ns:
                made = stage.evaluate(at_ns)
                if made:
                    self._take(made, out)
        self.due_ns = min([stage.due_ns for stage in self._stages])
        if self.due_ns <= at_ns:
            # Asked again and again, it would never let event time go on.
            late = [type(stage).__name__ for stage in self._stages if stage.due_ns <= at_ns]
            msg = f"{', '.join(late)} wants boundary {self.due_ns} evaluated after {at_ns}"
            raise FlowError(msg)
        return out

    def _due_after(self, now_ns: int) -> None:
        # Every stage is due at a whole second; which of them are, `evaluate` sees.
        if self.due_ns - now_ns > NS_PER_S:
            self.due_ns = boundary_after(now_ns, NS_PER_S)

    def _take(self, made: Iterable[Derived | AlertDraft], out: list[Derived]) -> None:
        """Pass on what a stage made, in order."""
        for record in made:
            match record:
                case AlertDraft():
                    if not self._is_quiet:
                        self._submit(record, out)
                    continue
                case EquityCandle():
                    if record.closed:
                        self._state.on_bar(record)
                        self._signals.on_bar(record)
                case EquityOrderFlow():
                    self._on_flow(record, out)
                    continue
                case EquityProfile():
                    self._state.on_profile(record)
                    self._lvn.on_profile(record)
                case DarkInference():
                    out.append(record)
                    self._submit(dark_alert(record), out)
                    continue
                case EquityState():
                    self._signals.on_state(record)
                case Signal():
                    out.append(record)
                    self._submit(signal_alert(record), out)
                    continue
            out.append(record)

    def _on_flow(self, flow: EquityOrderFlow, out: list[Derived]) -> None:
        out.append(flow)
        self._signals.on_flow(flow)
        if flow.window != SNAPSHOT:
            self._state.on_flow(flow)
            return
        if not self._is_quiet:
            self._submit(flow_alert(flow, self._flow_before), out)
        self._flow_before = flow

    def _submit(self, draft: AlertDraft | None, out: list[Derived]) -> None:
        if draft is not None:
            alert = self._alerts.submit(draft)
            if alert is not None:
                out.append(alert)

    def state(self) -> bytes:
        """Return the stages' states as bytes; `load` goes on from them byte for byte."""
        state: _State = (
            [stage.state() for stage in self._stages],
            self._alerts.state(),
            self._flow_before,
            self._is_quiet,
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Take over states."""
        stages, alerts, self._flow_before, self._is_quiet = msgspec.msgpack.decode(
            state, type=_State
        )
        for stage, each in zip(self._stages, stages, strict=True):
            stage.load(each)
        self._alerts.load(alerts)
        self.due_ns = min([stage.due_ns for stage in self._stages])
