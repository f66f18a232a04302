"""A desk of signals, its clock, and what it is fed."""

from collections.abc import Sequence

from flows.equities.signals.config import SignalConfig
from flows.equities.signals.definitions import AuctionMarketParams
from flows.equities.signals.definitions import Params
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.definitions import Strategy
from flows.equities.signals.desk import SignalDesk
from schemas.records import EquityState
from schemas.records import Signal
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import WHO
from tests.flows.equities.state.records import a_bar
from tests.flows.equities.state.records import a_flow
from tests.flows.equities.state.records import an_aggression

SMA = PriceAboveSmaParams(period=3)
AUCTION = AuctionMarketParams()
NOON_NS = OPEN_NS + 150 * MINUTE_NS


def a_state(at_ns: int, price: float, state: str, preset: str = "hysteresis-1") -> EquityState:
    return EquityState(
        source_ts=at_ns,
        ingest_ts=at_ns,
        seq=1,
        trace_id=f"state:test:SPY:{preset}:{at_ns}",
        schema_version="equities.state.v1",
        revision=0,
        source="test",
        underlying_id="SPY",
        preset=preset,
        window="session",
        state=state,
        since_ts=at_ns,
        confidence=50,
        poc=100.0,
        vah=101.0,
        val=99.0,
        current_price=price,
        distance_from_poc_pct=0.0,
        in_value_area=True,
        votes={},
        previous_state=None,
        momentum_score=None,
        cvd_pressure=None,
        nearest_lvn=None,
        lvn_distance_pct=None,
        lvn_approach=None,
        evidence_refs=(),
        policy_version="state.policy.v1",
        config_hash="00000000",
    )


class Run:
    """A desk with one strategy and its clock, which only goes forward."""

    def __init__(self, params: Params, config: SignalConfig | None = None) -> None:
        kind = "price_above_sma" if isinstance(params, PriceAboveSmaParams) else "auction_market"
        self.strategies = (Strategy("one", kind, ("*",), active=True, params=params),)
        self.config = config or SignalConfig()
        self.out: list[Signal] = []
        self.build()

    def build(self) -> None:
        self.desk = SignalDesk(WHO, self.strategies, self.config, "00000000")

    def restart(self) -> None:
        state, may_enter = self.desk.state(), self.desk.may_enter
        self.build()
        self.desk.load(state)
        self.desk.may_enter = may_enter
        assert self.desk.state() == state

    def reach(self, now_ns: int) -> None:
        while self.desk.due_ns <= now_ns:
            at_ns = self.desk.due_ns
            self.out += self.desk.evaluate(at_ns)
            assert self.desk.due_ns > at_ns

    def bars(
        self,
        closes: Sequence[float],
        first: int = 0,
        high: float | None = None,
        low: float | None = None,
    ) -> None:
        for minute, close in enumerate(closes, start=first):
            bar = a_bar(OPEN_NS + minute * MINUTE_NS, close, high=high, low=low)
            self.reach(bar.source_ts - 1)
            self.desk.on_bar(bar)
        self.reach(bar.source_ts + SECOND_NS)

    def market(self, at_ns: int, price: float, state: str, score: int, direction: str) -> None:
        self.reach(at_ns - 1)
        self.desk.on_flow(
            a_flow(
                at_ns - SECOND_NS,
                0,
                0,
                interval_ms=1000,
                aggression=(an_aggression(score, direction), an_aggression(0, "SELL", preset="x")),
            )
        )
        self.desk.on_state(a_state(at_ns, price, state))
        self.reach(at_ns + SECOND_NS)

    def kinds(self) -> list[str]:
        return [signal.kind for signal in self.out]


def an_auction(params: AuctionMarketParams = AUCTION, **changes: int) -> Run:
    """Return a run with an average true range of 0.20 at noon."""
    run = Run(params, SignalConfig(**changes))
    for minute in range(120, 149):
        start = OPEN_NS + minute * MINUTE_NS
        run.desk.on_bar(a_bar(start, 100.0, high=100.1, low=99.9))
    run.reach(NOON_NS - MINUTE_NS)
    return run
