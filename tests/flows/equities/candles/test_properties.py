"""What holds for the bars of any tape, in any order of arrival, with any cancels."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.equities.candles.config import INTERVALS_MS
from flows.equities.observed import ObservedPrint
from schemas.records import EquityCandle
from tests.flows.equities.candles.oracle import Bar
from tests.flows.equities.candles.oracle import bars_of
from tests.flows.equities.candles.oracle import content
from tests.flows.equities.candles.tape import MS
from tests.flows.equities.candles.tape import Event
from tests.flows.equities.candles.tape import Walk
from tests.flows.equities.candles.tape import arriving
from tests.flows.equities.candles.tape import final
from tests.flows.equities.candles.tape import walk
from tests.flows.equities.candles.tapes import busy_minutes
from tests.flows.equities.candles.tapes import events
from tests.flows.equities.candles.tapes import prints
from tests.flows.equities.candles.tapes import survivors
from tests.flows.equities.candles.tapes import within_lateness

EMPTIED = Bar(None, None, None, None, None, 0.0, 0.0, 0.0, 0, "carried", "")


def expected(left: list[ObservedPrint]) -> dict[tuple[int, int], Bar]:
    return {
        (interval_ms, start): bar
        for interval_ms in INTERVALS_MS
        for start, bar in bars_of(left, interval_ms).items()
    }


def split(records: Iterable[EquityCandle]) -> tuple[dict[tuple[int, int], Bar], list[EquityCandle]]:
    """Return the content of the final bars that have prints, and those that were emptied."""
    last = final(records)
    assert all(record.closed for record in last.values())
    full = {key: record for key, record in last.items() if content(record)[:-1] != EMPTIED[:-1]}
    return (
        {key: content(record) for key, record in full.items()},
        [record for key, record in last.items() if key not in full],
    )


@settings(deadline=None)
@given(prints())
def test_bars_of_every_length_follow_the_rules_for_their_prints(made: list[ObservedPrint]) -> None:
    full, emptied = split(walk(arriving(made)))

    assert full == expected(made)
    assert emptied == []


@settings(max_examples=300, deadline=None)
@given(events())
def test_after_late_prints_and_cancels_bars_are_those_of_the_prints_that_are_left(
    tape: list[Event],
) -> None:
    full, emptied = split(walk(tape))

    assert full == expected(survivors(tape))
    assert all(
        record.revised_reason in {"cancel", "correction", None} or record.revision > 0
        for record in emptied
    )


@settings(deadline=None)
@given(events())
def test_low_is_at_most_open_and_close_and_those_at_most_high(tape: list[Event]) -> None:
    for record in walk(tape):
        prices = (record.open, record.high, record.low, record.close)
        if None in prices:
            assert prices == (None,) * 4
            assert record.price_basis == "carried"
            continue
        assert record.low <= min(record.open, record.close)  # type: ignore[operator,type-var]
        assert record.high >= max(record.open, record.close)  # type: ignore[operator,type-var]


@settings(deadline=None)
@given(events())
def test_longer_bars_add_up_the_seconds_in_them(tape: list[Event]) -> None:
    last = final(walk(tape))
    seconds = [record for (interval_ms, _), record in last.items() if interval_ms == 1000]
    for interval_ms in INTERVALS_MS[1:]:
        width = interval_ms * MS
        inside = defaultdict(list)
        for record in seconds:
            inside[record.window_start - record.window_start % width].append(record)
        longer = {start: bar for (length, start), bar in last.items() if length == interval_ms}
        assert {start for start, bars in inside.items() if any(b.trade_count for b in bars)} <= set(
            longer
        )
        for start, bar in longer.items():
            parts = sorted(inside[start], key=lambda record: record.window_start)
            for name in ("volume", "off_exchange_volume", "odd_lot_volume", "trade_count"):
                assert getattr(bar, name) == sum(getattr(part, name) for part in parts)
            priced = [part for part in parts if part.price_basis == "last"]
            ranged = [part for part in parts if part.price_basis != "carried"]
            if priced:
                assert (bar.open, bar.close) == (priced[0].open, priced[-1].close)
            if ranged:
                assert bar.high == max(part.high for part in ranged if part.high is not None)
                assert bar.low == min(part.low for part in ranged if part.low is not None)


@settings(deadline=None)
@given(st.data())
def test_the_order_of_arrival_within_the_lateness_changes_nothing_but_the_number_of_revisions(
    data: st.DataObject,
) -> None:
    made = data.draw(prints())
    shuffled, _ = data.draw(within_lateness(made))

    def bars(tape: list[Event]) -> dict[tuple[int, int], EquityCandle]:
        return {
            key: msgspec.structs.replace(record, revision=0)
            for key, record in final(walk(tape)).items()
        }

    assert bars(shuffled) == bars(arriving(made))


@settings(deadline=None)
@given(prints(), st.sampled_from((4_000, 70_000, 4_000_000)))
def test_cancelling_every_print_empties_every_bar(made: list[ObservedPrint], wait_ms: int) -> None:
    run = Walk()
    for event in arriving(made):
        run.take(event)
    end = made[-1].ts + wait_ms * MS
    run.advance(end)
    shown = {(record.interval_ms, record.window_start) for record in run.out}
    for number, p in enumerate(made):
        run.take(Event(p, end + number, "cancel"))

    last = final(run.finish())

    assert set(last) == shown
    for record in last.values():
        assert content(record)[:-1] == EMPTIED[:-1]
        assert record.closed


@settings(deadline=None)
@given(events(), st.sets(st.integers(0, 100)))
def test_going_on_from_a_state_changes_no_byte(tape: list[Event], stops: set[int]) -> None:
    run = Walk()
    for number, event in enumerate(tape):
        if number in stops:
            run.resume()
        run.take(event)
        if number in stops:
            run.resume()
    run.resume()

    assert msgspec.msgpack.encode(run.finish()) == msgspec.msgpack.encode(walk(tape))


@settings(deadline=None)
@given(events())
def test_a_state_in_between_two_boundaries_is_enough(tape: list[Event]) -> None:
    run = Walk()
    for event in tape:
        while run.bars.due_ns <= event.now_ns:
            run.advance(run.bars.due_ns)
            run.resume()
        run.take(event)
    while run.bars.due_ns != NEVER:
        run.advance(run.bars.due_ns)
        run.resume()

    assert run.out == walk(tape)


@settings(deadline=None)
@given(events())
def test_a_forming_bar_holds_exactly_the_prints_before_its_boundary(tape: list[Event]) -> None:
    came: list[Event] = []
    run = Walk()
    seen = 0

    def check() -> None:
        nonlocal seen
        fresh = [record for record in run.out[seen:] if not record.closed]
        seen = len(run.out)
        left = survivors(came)
        for record in fresh:
            bars = bars_of(left, record.interval_ms)
            bar = bars.get(record.window_start)
            if bar is None:
                assert content(record)[:-1] == EMPTIED[:-1]
            else:
                assert content(record) == bar

    for event in tape:
        while run.bars.due_ns <= event.now_ns:
            run.advance(run.bars.due_ns)
            check()
        run.take(event)
        came.append(event)
    while run.bars.due_ns != NEVER:
        run.advance(run.bars.due_ns)
        check()


@pytest.mark.parametrize("seed", [1, 2])
def test_bars_of_a_busy_minutes_follow_the_rules_for_their_prints(seed: int) -> None:
    tape = busy_minutes(seed)

    full, _ = split(walk(tape))

    assert full == expected(survivors(tape))
