"""The close crosses its mean: once, and never because of a revision."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.signals.definitions import PriceAboveSmaParams
from tests.flows.equities.signals.driver import SMA
from tests.flows.equities.signals.driver import Run
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import a_bar


def test_cross_upwards_is_told_once_and_again_after_a_close_at_the_mean() -> None:
    run = Run(SMA)
    run.bars([100, 100, 100, 101, 102, 103, 102, 101, 100, 102])

    assert run.kinds() == ["entry_long", "entry_long"]
    first, second = run.out
    assert first.source_ts == OPEN_NS + 4 * MINUTE_NS + 2 * SECOND_NS
    assert first.trace_id == f"signal:one:SPY:entry_long:{first.source_ts}"
    assert (first.price, second.price) == (101.0, 102.0)
    assert first.details["sma"] == "100.3333"
    assert (first.stop, first.target, first.atr) == (None, None, None)


def test_a_close_above_the_mean_without_one_below_before_is_no_cross() -> None:
    run = Run(SMA)
    run.bars([100, 101, 102, 103, 104])

    assert run.out == []


def test_bars_outside_the_regular_session_and_of_other_intervals_do_not_count() -> None:
    run = Run(SMA)
    for minute in range(-3, 0):
        run.desk.on_bar(a_bar(OPEN_NS + minute * MINUTE_NS, 100.0))
    for second in range(3):
        run.desk.on_bar(a_bar(OPEN_NS + second * SECOND_NS, 100.0, interval_ms=1000))
    run.bars([101, 101.5])

    assert run.out == []


def test_closes_of_the_session_before_count() -> None:
    run = Run(SMA)
    run.bars([100, 100, 100])
    monday_ns = OPEN_NS + 4 * 24 * 60 * MINUTE_NS
    run.desk.on_bar(a_bar(monday_ns, 101.0))
    run.reach(monday_ns + 2 * MINUTE_NS)

    assert run.kinds() == ["entry_long"]


@pytest.mark.parametrize(
    ("signal", "kind"), [("BUY", "entry_long"), ("SELL", "entry_short"), ("INFO", "info")]
)
def test_parameter_says_what_a_cross_means(signal: str, kind: str) -> None:
    run = Run(msgspec.convert({"period": 3, "signal": signal}, PriceAboveSmaParams))
    run.bars([100, 100, 100, 101])

    assert run.kinds() == [kind]


@pytest.mark.parametrize("revised", [99.0, 101.5, 105.0])
def test_a_revised_bar_never_signals(revised: float) -> None:
    run = Run(SMA)
    run.bars([100, 100, 100])
    bar = a_bar(OPEN_NS + 2 * MINUTE_NS, revised, revision=1, reason="late")
    run.desk.on_bar(bar)
    run.reach(bar.source_ts + 10 * SECOND_NS)

    assert run.out == []


def test_a_bar_that_first_appears_late_never_signals() -> None:
    run = Run(SMA)
    run.bars([100, 100, 100])
    late = a_bar(OPEN_NS + 3 * MINUTE_NS, 101.0, reason="late")
    run.desk.on_bar(late)
    run.reach(late.source_ts + 10 * SECOND_NS)

    assert run.out == []


def test_a_revised_bar_changes_the_mean_of_later_ones() -> None:
    run = Run(SMA)
    run.bars([100, 100, 100])
    run.desk.on_bar(a_bar(OPEN_NS + MINUTE_NS, 110.0, revision=1, reason="correction"))
    run.bars([101], first=3)
    assert run.out == []


def test_a_cross_while_nothing_may_be_entered_passes() -> None:
    run = Run(SMA)
    run.bars([100, 100, 100])
    run.desk.may_enter = False
    run.bars([101], first=3)
    run.desk.may_enter = True
    run.bars([102, 103], first=4)

    assert run.out == []


@given(
    st.lists(st.integers(9_990, 10_010), min_size=1, max_size=60),
    st.integers(2, 6),
)
def test_it_fires_exactly_at_crosses_from_at_or_below(cents: list[int], period: int) -> None:
    run = Run(PriceAboveSmaParams(period=period))
    run.bars([each / 100 for each in cents])
    is_above = [
        cents[n] * period > sum(cents[n - period + 1 : n + 1])
        for n in range(period - 1, len(cents))
    ]
    crosses = [
        OPEN_NS + (n + period) * MINUTE_NS + 2 * SECOND_NS
        for n in range(1, len(is_above))
        if is_above[n] and not is_above[n - 1]
    ]

    assert [signal.source_ts for signal in run.out] == crosses
