"""A desk of state, its nodes and their clock."""

from collections.abc import Callable

from flows.equities.alert_draft import AlertDraft
from flows.equities.state.config import LvnConfig
from flows.equities.state.config import StateConfig
from flows.equities.state.lvn import LvnDesk
from flows.equities.state.state import StateDesk
from schemas.records import EquityState
from tests.flows.equities.state.records import DAY_BEFORE
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import WHO
from tests.flows.equities.state.records import Prints
from tests.flows.equities.state.records import a_bar
from tests.flows.equities.state.records import a_print
from tests.flows.equities.state.records import a_profile

STEP_NS = 5 * SECOND_NS
AREA = (100.0, 101.0, 99.0)
Out = list[EquityState | AlertDraft]


class Run:
    """A desk and its clock, driven as the engine does."""

    def __init__(self, config: StateConfig | None = None) -> None:
        self.config = config or StateConfig()
        self.prints = Prints()
        self.out: Out = []
        self.seq = 0
        self.build()

    def build(self) -> None:
        self.lvn = LvnDesk(WHO, LvnConfig())
        self.desk = StateDesk(WHO, self.config, "00000000", self.lvn, self.prints)

    def restart(self) -> None:
        state, lvn = self.desk.state(), self.lvn.state()
        self.build()
        self.desk.load(state)
        self.lvn.load(lvn)
        assert self.desk.state() == state
        assert self.lvn.state() == lvn

    def reach(self, now_ns: int) -> None:
        while min(self.desk.due_ns, self.lvn.due_ns) <= now_ns:
            at_ns = min(self.desk.due_ns, self.lvn.due_ns)
            for stage in (self.desk, self.lvn):
                if stage.due_ns == at_ns:
                    self.out += stage.evaluate(at_ns)
                    assert stage.due_ns > at_ns

    def trade(self, ts: int, price: float, shares: int = 100, **changes: bool) -> None:
        self.reach(ts)
        self.seq += 1
        p = a_print(ts, price, shares, seq=self.seq, **changes)
        self.prints.ledger.append(p)
        self.desk.add(p, ts)

    def states(self) -> list[EquityState]:
        return [each for each in self.out if isinstance(each, EquityState)]


def a_run(config: StateConfig | None = None) -> Run:
    """Return a run in which the session before is known."""
    run = Run(config)
    run.desk.on_profile(a_profile(AREA, day=DAY_BEFORE, closed=True))
    return run


def with_bars(run: Run, close: Callable[[int], float], minutes: int = 61) -> None:
    """Give the run bars of the minutes before the open."""
    for minute in range(minutes):
        start = OPEN_NS - (minutes - minute) * MINUTE_NS
        run.desk.on_bar(a_bar(start, close(minute), high=close(minute) + 0.1))
