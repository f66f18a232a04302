"""What a late print or a cancel brings out again, and under which revision."""

import pytest

from flows.common.calendar import eastern_ns
from flows.equities.candles.cell import Cell
from flows.equities.candles.rebuild import cell_of
from flows.equities.candles.revisions import Revisions
from schemas.records import EquityCandle
from tests.flows.equities.candles.oracle import content
from tests.flows.equities.candles.tape import HOUR
from tests.flows.equities.candles.tape import MS
from tests.flows.equities.candles.tape import SECOND
from tests.flows.equities.candles.tape import TEN
from tests.flows.equities.candles.tape import Event
from tests.flows.equities.candles.tape import Known
from tests.flows.equities.candles.tape import Walk
from tests.flows.equities.candles.tape import a_print
from tests.flows.equities.candles.tape import arriving
from tests.flows.equities.candles.tape import final

THURSDAY = 20_230  # 2025-05-22
NO_PRICE = {"last": False, "high_low": False}
LONG_MS = (300_000, 900_000, 1_800_000, 3_600_000)


def only(records: list[EquityCandle], interval_ms: int, start: int = TEN) -> EquityCandle:
    return final(records)[interval_ms, start]


def test_a_late_print_brings_every_closed_bar_around_it_out_at_once() -> None:
    run = Walk()
    run.take(Event(a_print(1, TEN + 100 * MS, 10.0), TEN + 100 * MS))
    now_ns = TEN + 70 * SECOND + 1
    late = a_print(2, TEN + 200 * MS, 11.0, ingest_ts=now_ns + 9)

    came = run.take(Event(late, now_ns))

    assert [(r.interval_ms, r.revision) for r in came] == [(1_000, 1), (5_000, 2), (60_000, 2)]
    for record in came:
        assert (record.closed, record.revised_reason) == (True, "late")
        assert (record.source_ts, record.ingest_ts, record.seq) == (now_ns, now_ns + 9, 2)
        assert (record.open, record.close, record.volume) == (10.0, 11.0, 200.0)
    shown = len(run.out)
    run.advance(TEN + 75 * SECOND)
    assert [
        (r.interval_ms, r.closed, r.trade_count, r.revised_reason) for r in run.out[shown:]
    ] == [(ms, False, 2, None) for ms in LONG_MS]


def test_a_late_print_for_a_second_without_a_bar_is_its_first_revision() -> None:
    run = Walk()
    run.take(Event(a_print(1, TEN), TEN))
    now_ns = TEN + 10 * SECOND

    came = run.take(Event(a_print(2, TEN + 3 * SECOND), now_ns))

    assert [(r.interval_ms, r.revision, r.revised_reason) for r in came] == [
        (1_000, 0, "late"),
        (5_000, 2, "late"),
    ]


def test_a_bar_without_price_after_a_late_one_carries_its_price() -> None:
    quiet = a_print(2, TEN + 10 * SECOND, **NO_PRICE)
    after = a_print(3, TEN + 40 * SECOND, 20.0)
    run = Walk()
    for p in (a_print(1, TEN, 10.0), quiet, after):
        run.take(Event(p, p.ts))
    now_ns = TEN + 50 * SECOND

    came = run.take(Event(a_print(4, TEN + 5 * SECOND, 15.0), now_ns))

    assert [(r.interval_ms, (r.window_start - TEN) // SECOND, r.close) for r in came] == [
        (1_000, 5, 15.0), (5_000, 5, 15.0), (1_000, 10, 15.0), (5_000, 10, 15.0),
    ]  # fmt: skip
    assert {r.revised_reason for r in came} == {"late"}
    assert only(run.finish(), 1_000, quiet.ts).volume == 100.0


def test_a_cancel_recomputes_open_high_low_close_and_volume_exactly() -> None:
    prints = [a_print(n, TEN + n * MS, price, 10) for n, price in enumerate((10, 12, 9, 11))]
    run = Walk()
    for event in arriving(prints):
        run.take(event)
    now_ns = TEN + 30 * SECOND
    run.advance(now_ns)

    came = run.take(Event(prints[1], now_ns, "cancel"))

    assert [(r.interval_ms, r.revision, r.revised_reason) for r in came] == [
        (1_000, 1, "cancel"),
        (5_000, 2, "cancel"),
    ]
    bar = came[0]
    assert (bar.open, bar.high, bar.low, bar.close) == (10.0, 11.0, 9.0, 11.0)
    assert (bar.volume, bar.trade_count, bar.vwap) == (30.0, 3, 10.0)
    assert (bar.source_ts, bar.ingest_ts, bar.seq) == (now_ns, now_ns + 5, 1_000_001)


def test_a_cancel_of_an_open_second_is_no_revision_and_is_seen_in_forming_bars() -> None:
    first, second = a_print(1, TEN, 10.0), a_print(2, TEN + 1, 12.0)
    run = Walk()
    run.take(Event(first, first.ts))
    run.take(Event(second, second.ts))
    run.advance(TEN + SECOND)

    assert run.take(Event(second, TEN + SECOND + 1, "cancel")) == ()
    out = run.finish()

    five = [(r.closed, r.trade_count, r.high) for r in out if r.interval_ms == 5_000]
    assert five == [(False, 2, 12.0), (False, 1, 10.0), (True, 1, 10.0)]
    second_bar = only(out, 1_000)
    assert (second_bar.revision, second_bar.close, second_bar.seq) == (0, 10.0, 1_000_002)


def test_a_second_emptied_before_it_closes_has_no_bar() -> None:
    p = a_print(1, TEN)
    run = Walk()
    run.take(Event(p, TEN))
    run.take(Event(p, TEN + 1, "cancel"))

    assert run.finish() == []


def test_a_bar_that_is_emptied_has_neither_volume_nor_price() -> None:
    run = Walk()
    p = a_print(2, TEN + 10 * SECOND, 11.0)
    for each in (a_print(1, TEN, 10.0), p):
        run.take(Event(each, each.ts))
    run.advance(TEN + 20 * SECOND)

    bar, _ = run.take(Event(p, TEN + 20 * SECOND, "cancel"))

    assert (bar.volume, bar.trade_count, bar.closed) == (0.0, 0, True)
    assert content(bar)[:5] == (None,) * 5
    assert bar.price_basis == "carried"


def test_the_trade_that_follows_a_corrected_one_is_a_correction() -> None:
    run = Walk()
    p = a_print(1, TEN, 10.0)
    run.take(Event(p, TEN))
    run.advance(TEN + 20 * SECOND)
    now_ns = TEN + 20 * SECOND

    gone = run.take(Event(p, now_ns, "correction"))
    run.resume()
    new = run.take(Event(a_print(2, TEN, 10.5), now_ns))
    other = run.take(Event(a_print(3, TEN + 1, 10.5), now_ns))

    assert [(r.revision, r.revised_reason, r.trade_count) for r in (gone[0], new[0], other[0])] == [
        (1, "correction", 0),
        (2, "correction", 1),
        (3, "late", 2),
    ]


@pytest.mark.parametrize(("over_ns", "dropped"), [(0, 0), (1, 1)])
def test_prints_later_than_four_hours_after_the_date_are_counted_and_in_no_bar(
    over_ns: int, dropped: int
) -> None:
    limit_ns = eastern_ns(THURSDAY, 20 * 60) + 4 * HOUR
    run = Walk()
    run.take(Event(a_print(1, TEN), TEN))

    came = run.take(Event(a_print(2, TEN, shares=150), limit_ns + over_ns))

    assert len(came) == (0 if dropped else 7)
    assert run.bars.counters["late_total"] == 1
    assert run.bars.counters["late_dropped_total"] == dropped
    assert run.bars.counters["late_dropped_shares"] == 150 * dropped


def test_a_cancel_beyond_the_limit_changes_nothing() -> None:
    limit_ns = eastern_ns(THURSDAY, 20 * 60) + 4 * HOUR
    run = Walk()
    p = a_print(1, TEN)
    run.take(Event(p, TEN))

    assert run.take(Event(p, limit_ns + 1, "cancel")) == ()


@pytest.mark.parametrize("revision", [0, 7, 65_533, 65_534, 65_535, 1_000_000])
def test_revisions_are_kept_whatever_their_number(revision: int) -> None:
    revisions = Revisions(5)
    revisions.put(500, 3)
    revisions.put(490, revision)
    revisions.put(520, 1)

    for kept in (revisions, Revisions.restore(revisions.state())):
        assert [kept.get(at) for at in (485, 490, 495, 500, 515, 520, 525)] == [
            -1, revision, -1, 3, -1, 1, -1,
        ]  # fmt: skip


def test_an_open_bar_that_carries_a_price_is_shown_again_when_a_late_print_changes_it() -> None:
    run = Walk()
    for p in (a_print(1, TEN + 50 * SECOND, 10.0), a_print(2, TEN + 61 * SECOND, **NO_PRICE)):
        run.take(Event(p, p.ts))
    run.advance(TEN + 70 * SECOND)
    run.take(Event(a_print(3, TEN + 55 * SECOND, 12.0), TEN + 70 * SECOND))
    run.advance(TEN + 71 * SECOND)

    minute = [r for r in run.out if (r.interval_ms, r.window_start) == (60_000, TEN + 60 * SECOND)]

    assert [(r.revision, r.close, r.source_ts - TEN, r.revised_reason) for r in minute] == [
        (0, 10.0, 62 * SECOND, None),
        (1, 12.0, 71 * SECOND, None),
    ]


def test_bars_that_carry_the_same_price_as_before_do_not_come_out_again() -> None:
    again = a_print(2, TEN + 5 * SECOND, 10.0)
    run = Walk()
    for p in (a_print(1, TEN, 10.0), again, a_print(3, TEN + 10 * SECOND, **NO_PRICE)):
        run.take(Event(p, p.ts))
    run.advance(TEN + 30 * SECOND)

    came = run.take(Event(again, TEN + 30 * SECOND, "cancel"))

    assert {(r.window_start - TEN) // SECOND for r in came} == {5}


def test_every_cancel_of_an_open_second_counts_among_its_inputs() -> None:
    run = Walk()
    prints = [a_print(n, TEN + n, 10.0) for n in range(3)]
    for p in prints:
        run.take(Event(p, p.ts))
    # The later cancel has the lesser number.
    run.take(Event(prints[2], TEN + 10, "cancel"))
    run.take(Event(prints[1], TEN + 10, "cancel"))

    bar = only(run.finish(), 1_000)

    assert (bar.trade_count, bar.seq) == (1, 1_000_002)


@pytest.mark.parametrize("shares", [1, 4_000_000])
def test_sums_of_any_size_are_exact_rebuilt_and_restored(shares: int) -> None:
    known = Known()
    added = Cell()
    for number in range(9):
        p = a_print(number, TEN + number, 740_000.1234 + number, shares + number / 10)
        known.append(p)
        added.add(p)

    rebuilt = cell_of(known.window(TEN, TEN + SECOND), TEN, TEN + SECOND)

    assert rebuilt.state() == added.state()
    assert Cell.restore(added.state()).value == added.value
    assert (added.value >= 1 << 64) == (shares > 1)
