"""An imbalance that aggression agrees with is entered, and left."""

import pytest

from flows.common.cadence import NEVER
from flows.equities.signals.definitions import AuctionMarketParams
from tests.flows.equities.signals.driver import AUCTION
from tests.flows.equities.signals.driver import NOON_NS
from tests.flows.equities.signals.driver import Run
from tests.flows.equities.signals.driver import a_state
from tests.flows.equities.signals.driver import an_auction
from tests.flows.equities.state.records import CLOSE_NS
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import a_bar
from tests.flows.equities.state.records import a_flow
from tests.flows.equities.state.records import an_aggression


@pytest.mark.parametrize(
    ("state", "score", "direction", "kinds"),
    [
        ("IMBALANCE_UP", 70, "BUY", ["entry_long"]),
        ("IMBALANCE_UP", 69, "BUY", []),
        ("IMBALANCE_UP", 100, "SELL", []),
        ("IMBALANCE_UP", 100, "NEUTRAL", []),
        ("IMBALANCE_DOWN", 70, "SELL", ["entry_short"]),
        ("IMBALANCE_DOWN", 70, "BUY", []),
        ("BALANCE", 100, "BUY", []),
        ("UNKNOWN", 100, "BUY", []),
    ],
)
def test_entry_needs_an_imbalance_that_aggression_agrees_with(
    state: str, score: int, direction: str, kinds: list[str]
) -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, state, score, direction)

    assert run.kinds() == kinds


@pytest.mark.parametrize(("score", "kinds"), [(79, []), (80, ["entry_short"])])
def test_balance_is_entered_only_where_allowed(score: int, kinds: list[str]) -> None:
    run = an_auction(AuctionMarketParams(allow_balance=True))
    run.market(NOON_NS, 100.0, "BALANCE", score, "SELL")

    assert run.kinds() == kinds


def test_conflicting_aggression_enters_nothing() -> None:
    run = an_auction()
    conflict = (an_aggression(90, "BUY", conflict=True),)
    run.desk.on_flow(
        a_flow(NOON_NS - SECOND_NS, 0, 0, interval_ms=1000, aggression=conflict)
    )  # fmt: skip
    run.desk.on_state(a_state(NOON_NS, 100.0, "IMBALANCE_UP"))
    run.reach(NOON_NS + 5 * SECOND_NS)

    assert run.out == []


def test_another_preset_of_state_enters_nothing() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "BALANCE", 90, "BUY")
    run.desk.on_state(a_state(NOON_NS + SECOND_NS, 100.0, "IMBALANCE_UP", "table-1"))
    run.reach(NOON_NS + 5 * SECOND_NS)

    assert run.out == []


@pytest.mark.parametrize(
    ("state", "direction", "stop", "target"),
    [("IMBALANCE_UP", "BUY", 99.7, 100.6), ("IMBALANCE_DOWN", "SELL", 100.3, 99.4)],
)
def test_stop_and_target_lie_ranges_away(
    state: str, direction: str, stop: float, target: float
) -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, state, 80, direction)

    (signal,) = run.out
    assert (signal.price, signal.stop, signal.target, signal.atr) == (100.0, stop, target, 0.2)
    assert {ref.kind for ref in signal.evidence_refs} == {"state", "order_flow"}
    assert signal.details["score"] == "80"


def test_without_a_range_nothing_is_entered() -> None:
    run = Run(AUCTION)
    run.bars([100.0] * 14, high=100.1, low=99.9)
    run.market(OPEN_NS + 20 * MINUTE_NS, 100.0, "IMBALANCE_UP", 80, "BUY")

    assert run.out == []


@pytest.mark.parametrize(
    ("price", "exits"),
    [(99.71, []), (99.7, ["stop"]), (99.0, ["stop"]), (100.59, []), (100.6, ["target"])],
)
def test_position_is_left_at_stop_and_target(price: float, exits: list[str]) -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.market(NOON_NS + 10 * SECOND_NS, price, "IMBALANCE_UP", 80, "BUY")

    assert [signal.details["exit"] for signal in run.out[1:]] == exits
    assert all(signal.price == price for signal in run.out[1:])


def test_a_bar_with_stop_and_target_counts_as_the_stop() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.bars([100.2], first=151, high=101.0, low=99.0)

    assert (run.out[1].kind, run.out[1].reason, run.out[1].price) == ("exit", "stop", 100.2)
    assert run.out[1].stop == 99.7


def test_extremes_from_before_the_entry_and_of_revised_bars_do_not_count() -> None:
    run = an_auction()
    run.market(NOON_NS + 30 * SECOND_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.bars([100.0], first=150, high=101.0, low=99.0)
    run.bars([100.0], first=151)
    revised = a_bar(OPEN_NS + 151 * MINUTE_NS, 100.0, low=90.0, revision=1, reason="late")
    run.desk.on_bar(revised)
    run.reach(revised.source_ts + 5 * SECOND_NS)

    assert run.kinds() == ["entry_long"]


def test_opposite_entry_leaves_first_and_enters_at_the_next_second() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.market(NOON_NS + 60 * SECOND_NS, 100.1, "IMBALANCE_DOWN", 80, "SELL")

    assert run.kinds() == ["entry_long", "exit", "entry_short"]
    assert run.out[1].reason == "opposite entry"
    assert run.out[2].source_ts - run.out[1].source_ts == SECOND_NS


def test_the_same_side_needs_its_condition_to_fail_before_it_is_entered_again() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.market(NOON_NS + 10 * SECOND_NS, 100.6, "IMBALANCE_UP", 80, "BUY")
    run.market(NOON_NS + 20 * SECOND_NS, 100.7, "IMBALANCE_UP", 90, "BUY")
    assert run.kinds() == ["entry_long", "exit"]

    run.market(NOON_NS + 30 * SECOND_NS, 100.7, "IMBALANCE_UP", 60, "BUY")
    run.market(NOON_NS + 40 * SECOND_NS, 100.7, "IMBALANCE_UP", 80, "BUY")
    assert run.kinds() == ["entry_long", "exit", "entry_long"]


def test_position_is_left_five_minutes_before_the_close_even_when_all_is_quiet() -> None:
    run = an_auction()
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    run.reach(CLOSE_NS)

    exit_ = run.out[-1]
    assert (exit_.kind, exit_.reason) == ("exit", "close of the session")
    assert exit_.source_ts == CLOSE_NS - 5 * MINUTE_NS
    assert run.desk.due_ns == NEVER


def test_nothing_is_entered_in_the_last_five_minutes() -> None:
    run = an_auction(idle_s=3600)
    run.market(CLOSE_NS - 5 * MINUTE_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    assert run.out == []


def test_entry_waits_while_trading_is_halted_and_an_exit_does_not() -> None:
    run = an_auction()
    run.desk.may_enter = False
    run.market(NOON_NS, 100.0, "IMBALANCE_UP", 80, "BUY")
    assert run.out == []
    run.desk.may_enter = True
    run.reach(NOON_NS + 10 * SECOND_NS)
    assert run.kinds() == ["entry_long"]

    run.desk.may_enter = False
    run.market(NOON_NS + 20 * SECOND_NS, 99.0, "IMBALANCE_UP", 80, "BUY")
    assert run.kinds() == ["entry_long", "exit"]
