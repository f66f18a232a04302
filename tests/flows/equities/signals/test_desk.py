"""Signals alternate with returns to flat, and go on the same after a restart."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.equities.signals.alert import alert_of
from flows.equities.signals.config import SignalConfig
from flows.equities.signals.definitions import AuctionMarketParams
from flows.equities.signals.definitions import Params
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.desk import SignalDesk
from flows.errors import MisconfiguredFlow
from tests.flows.equities.signals.driver import AUCTION
from tests.flows.equities.signals.driver import NOON_NS
from tests.flows.equities.signals.driver import SMA
from tests.flows.equities.signals.driver import Run
from tests.flows.equities.signals.driver import an_auction
from tests.flows.equities.state.records import CLOSE_NS
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import WHO
from tests.flows.equities.state.records import a_bar


def test_alert_of_a_signal() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    draft = alert_of(run.out[0])

    assert (draft.kind, draft.score, draft.direction) == ("signal.entry_long", 60, "bullish")
    assert draft.key == run.out[0].trace_id
    assert draft.refs[0] == msgspec.structs.replace(
        draft.refs[0], kind="signal", id=run.out[0].trace_id, role="anchor"
    )
    assert (draft.details["stop"], draft.details["target"]) == ("99.70", "100.60")
    assert sum(points for _, _, points in draft.components) == draft.score


def test_a_desk_without_strategies_is_never_due() -> None:
    desk = SignalDesk(WHO, (), SignalConfig(), "00000000")
    desk.on_bar(a_bar(OPEN_NS, 100.0))

    assert desk.is_idle
    assert desk.due_ns == NEVER


Step = tuple[int, int, str, int, str, bool]
steps = st.lists(
    st.tuples(
        st.integers(1, 150),
        st.integers(9_950, 10_080),
        st.sampled_from(["IMBALANCE_UP", "IMBALANCE_DOWN", "BALANCE", "UNKNOWN"]),
        st.sampled_from([0, 70, 80, 100]),
        st.sampled_from(["BUY", "SELL", "NEUTRAL"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)
params = st.sampled_from(
    [AUCTION, AuctionMarketParams(allow_balance=True, atr_period=2), PriceAboveSmaParams(period=2)]
)


def play(run: Run, rows: Sequence[Step], start_ns: int) -> int:
    now_ns = start_ns
    for gap_s, cents, state, score, direction, may_enter in rows:
        now_ns += gap_s * SECOND_NS
        run.desk.may_enter = may_enter
        run.market(now_ns, cents / 100, state, score, direction)
        now_ns += SECOND_NS
        start = now_ns - now_ns % MINUTE_NS - MINUTE_NS
        run.desk.on_bar(a_bar(start, cents / 100, high=cents / 100 + 0.05))
    return now_ns


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([AUCTION, AuctionMarketParams(allow_balance=True, atr_period=2)]), steps)
def test_no_signal_twice_without_a_return_to_flat(of: Params, rows: list[Step]) -> None:
    run = Run(of)
    start_ns = OPEN_NS + 60 * MINUTE_NS
    play(run, rows, start_ns)
    run.reach(CLOSE_NS)

    for before, after in pairwise(["exit", *run.kinds()]):
        assert (before == "exit") != (after == "exit")
    assert not run.out or run.out[-1].kind == "exit"


@settings(max_examples=60, deadline=None)
@given(params, steps, st.integers(0, 40))
def test_state_goes_on_the_same_from_anywhere(of: Params, rows: list[Step], cut: int) -> None:
    whole, cut_up = Run(of), Run(of)
    start_ns = OPEN_NS + 60 * MINUTE_NS
    end_ns = play(whole, rows, start_ns)
    now_ns = play(cut_up, rows[:cut], start_ns)
    cut_up.restart()
    play(cut_up, rows[cut:], now_ns)
    for run in (whole, cut_up):
        run.reach(end_ns + 10 * MINUTE_NS)

    assert cut_up.out == whole.out
    assert cut_up.desk.state() == whole.desk.state()


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="version 9"):
        Run(SMA).desk.load(b"\x91\x09")


def test_a_wrong_setting_is_refused_by_its_variable() -> None:
    with pytest.raises(MisconfiguredFlow, match="SIGNAL_CLOSE_OUT_MIN"):
        SignalConfig(close_out_min=0)
