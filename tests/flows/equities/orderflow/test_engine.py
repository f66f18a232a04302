"""Order flow of an underlying: what comes out when, what is revised, and how sums hang together."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.common.calendar import eastern_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.orderflow.config import OrderFlowConfig
from flows.equities.orderflow.engine import OrderFlow
from flows.equities.stage import Cause
from flows.errors import MisconfiguredFlow
from schemas.records import EquityOrderFlow
from tests.flows.equities.orderflow.tape import DAY
from tests.flows.equities.orderflow.tape import MINUTE_NS
from tests.flows.equities.orderflow.tape import OPEN_NS
from tests.flows.equities.orderflow.tape import SECOND_NS
from tests.flows.equities.orderflow.tape import TEN_NS
from tests.flows.equities.orderflow.tape import Event
from tests.flows.equities.orderflow.tape import Expected
from tests.flows.equities.orderflow.tape import a_print
from tests.flows.equities.orderflow.tape import a_stage
from tests.flows.equities.orderflow.tape import buckets
from tests.flows.equities.orderflow.tape import content
from tests.flows.equities.orderflow.tape import expected
from tests.flows.equities.orderflow.tape import known_before
from tests.flows.equities.orderflow.tape import latest
from tests.flows.equities.orderflow.tape import on_time
from tests.flows.equities.orderflow.tape import reloaded
from tests.flows.equities.orderflow.tape import seconds
from tests.flows.equities.orderflow.tape import snapshots
from tests.flows.equities.orderflow.tape import tapes
from tests.flows.equities.orderflow.tape import walk


def minutes_of(records: list[EquityOrderFlow]) -> dict[int, EquityOrderFlow]:
    """Return the newest bucket of every minute, by minutes since ten o'clock."""
    newest = latest(buckets(records)).values()
    return {(record.window_start - TEN_NS) // MINUTE_NS: record for record in newest}


def test_second_and_minute_of_one_print() -> None:
    p = a_print(1, TEN_NS + 300_000_000, 250.5)

    first, *rest = walk(a_stage(), on_time(p))
    (bucket,) = buckets(rest)

    assert (first.window, first.interval_ms, first.closed) == ("1s", 1000, True)
    assert first.trace_id == f"orderflow:test:SPY:1000:{TEN_NS}"
    assert (first.window_start, first.window_end) == (TEN_NS, TEN_NS + SECOND_NS)
    assert (first.source_ts, first.ingest_ts, first.seq) == (TEN_NS + SECOND_NS, p.ts + 5, 1)
    assert (bucket.window, bucket.interval_ms, bucket.closed) == ("1m", 60_000, True)
    assert bucket.trace_id == f"orderflow:test:SPY:60000:{TEN_NS}"
    assert (bucket.source_ts, bucket.window_end) == (TEN_NS + MINUTE_NS,) * 2
    for record in (first, bucket):
        assert (record.buy_volume, record.sell_volume, record.delta) == (250.5, 0.0, 250.5)
        assert (record.aggressive_buys, record.aggressive_sells) == (1, 0)
        assert (record.buy_pressure, record.sell_pressure) == (100.0, 0.0)
        assert (record.session, record.revision) == ("rth", 0)
        assert (record.policy_version, record.config_hash) == ("order-flow.policy.v1", "12345678")
        assert [each.preset for each in record.aggression] == ["live-1", "strategy-1"]


def test_pressure_is_even_when_nothing_has_a_direction() -> None:
    (first, *_) = walk(a_stage(), on_time(a_print(1, TEN_NS, 100.0, "unknown")))

    assert (first.unknown_volume, first.delta) == (100.0, 0.0)
    assert (first.buy_pressure, first.sell_pressure) == (50.0, 50.0)
    assert (first.aggressive_buys, first.aggressive_sells) == (0, 0)


def test_print_at_a_boundary_belongs_to_the_second_that_begins() -> None:
    out = walk(a_stage(), on_time(a_print(1, TEN_NS - 1), a_print(2, TEN_NS)))

    assert [(r.window_start, r.buy_volume) for r in snapshots(out)[:2]] == [
        (TEN_NS - SECOND_NS, 100.0),
        (TEN_NS, 100.0),
    ]


@pytest.mark.parametrize("flag", ["volume", "levels"])
def test_print_that_may_not_enter_levels_or_volume_counts_nowhere(flag: str) -> None:
    p = msgspec.structs.replace(a_print(1, TEN_NS), **{flag: False})
    stage = a_stage()

    stage.add(p, p.ts)
    stage.remove(p, Cause(p.ts, 9, 9, "cancel"))

    assert stage.due_ns == NEVER


def test_quiet_tape_comes_out_only_where_something_leaves_a_window() -> None:
    out = walk(a_stage(), on_time(a_print(1, TEN_NS)))

    ends = [(record.window, (record.source_ts - TEN_NS) // SECOND_NS) for record in out]
    # The print, its minute, the pressure without it, the momentum without it.
    assert ends == [("1s", 1), ("1m", 60), ("1s", 61), ("1s", 301)]
    assert [record.aggression[0].cvd_momentum for record in out] == [100.0, 100.0, 100.0, 0.0]
    assert [record.aggression[0].buy_pressure for record in out] == [100.0, 100.0, 50.0, 50.0]


def test_sums_begin_anew_with_a_segment_and_the_day_at_four() -> None:
    stamps = [
        eastern_ns(DAY, 239),
        eastern_ns(DAY, 240),
        OPEN_NS - 1,
        OPEN_NS,
        eastern_ns(DAY, 960),
    ]
    out = walk(a_stage(), on_time(*[a_print(seq, ts) for seq, ts in enumerate(stamps)]))

    found = list(latest(buckets(out)).values())
    assert [(r.session, r.cumulative_delta, r.cumulative_delta_day) for r in found] == [
        ("closed", 100.0, 100.0),
        ("pre", 100.0, 100.0),
        ("pre", 200.0, 200.0),
        ("rth", 100.0, 300.0),
        ("post", 100.0, 400.0),
    ]


def test_momentum_takes_nothing_from_before_the_segment() -> None:
    out = walk(a_stage(), on_time(a_print(1, OPEN_NS - 2 * SECOND_NS, 900.0)))

    turned = [r for r in snapshots(out) if r.window_start == OPEN_NS]
    assert [r.aggression[0].cvd_momentum for r in turned] == [0.0]
    assert turned[0].aggression[0].buy_pressure == 100.0


def test_volume_ratio_waits_for_ten_bars_and_looks_at_sixty() -> None:
    prints = [a_print(at, TEN_NS + at * MINUTE_NS, 100.0) for at in range(9)]
    prints.append(a_print(9, TEN_NS + 9 * MINUTE_NS, 300.0))
    prints += [a_print(at, TEN_NS + at * MINUTE_NS, 120.0) for at in range(10, 75)]
    found = minutes_of(walk(a_stage(), on_time(*prints)))

    ratios = {at: record.aggression[0].volume_ratio for at, record in found.items()}
    assert [ratios[at] for at in range(9)] == [1.0] * 9
    assert ratios[9] == 2.5  # 300 over the mean of nine hundreds and itself
    assert ratios[68] == round(120 / ((300 + 59 * 120) / 60) * 1e6) / 1e6
    assert ratios[69] == 1.0


def test_minute_that_was_cancelled_away_is_no_bar() -> None:
    prints = [a_print(at, TEN_NS + at * MINUTE_NS, 100.0 + at) for at in range(80)]
    cancel = Event(TEN_NS + 70 * MINUTE_NS + SECOND_NS, prints[40], is_cancel=True)
    events = [*on_time(*prints[:71]), cancel, *on_time(*prints[71:])]
    found = minutes_of(walk(a_stage(), events))

    # Minute 69 was revised, minute 79 came after: sixty bars each, of 61 minutes without the 40th.
    for at in (69, 79):
        mean = (sum(100 + each for each in range(at - 60, at + 1)) - 140) / 60
        assert found[at].aggression[0].volume_ratio == round((100 + at) / mean * 1e6) / 1e6


def test_late_print_at_the_very_end_of_its_minute_revises_it() -> None:
    p, late = a_print(1, TEN_NS), a_print(2, TEN_NS + 59 * SECOND_NS)
    out = walk(a_stage(), [*on_time(p), Event(TEN_NS + MINUTE_NS, late)])

    assert [(r.revision, r.buy_volume) for r in buckets(out)] == [(0, 100.0), (1, 200.0)]


def test_late_print_alone_at_the_very_end_of_its_minute_makes_a_bucket() -> None:
    out = walk(a_stage(), [Event(TEN_NS + MINUTE_NS, a_print(1, TEN_NS))])

    assert [(r.revision, r.source_ts - TEN_NS) for r in buckets(out)] == [(0, 61 * SECOND_NS)]


def test_new_trading_date_has_its_own_sums_and_bars() -> None:
    friday = [a_print(at, TEN_NS + at * MINUTE_NS) for at in range(12)]
    monday = a_print(50, eastern_ns(DAY + 4, 600), 500.0)  # Monday is Memorial Day
    out = walk(a_stage(), on_time(*friday, monday))

    record = next(r for r in out if r.window_start == monday.ts)
    assert (record.cumulative_delta, record.cumulative_delta_day) == (500.0, 500.0)
    assert record.aggression[0].volume_ratio == 1.0


def test_late_print_revises_its_minute_at_once_and_the_later_ones_at_the_next_minute() -> None:
    prints = [a_print(at, TEN_NS + at * MINUTE_NS) for at in range(4)]
    late = a_print(9, TEN_NS + MINUTE_NS + 5 * SECOND_NS, 50.0, "sell")
    now = TEN_NS + 3 * MINUTE_NS + 20 * SECOND_NS + 1
    out = walk(a_stage(), [*on_time(*prints), Event(now, late)])

    revised = [
        ((r.window_start - TEN_NS) // MINUTE_NS, r.revision, (r.source_ts - TEN_NS) // SECOND_NS)
        for r in buckets(out)
        if r.source_ts > now
    ]
    assert revised == [(1, 1, 201), (2, 1, 240), (3, 0, 240)]
    assert [minutes_of(out)[at].cumulative_delta for at in range(4)] == [100, 150, 250, 350]
    assert minutes_of(out)[1].sell_volume == 50.0
    shown = [r for r in snapshots(out) if r.source_ts == TEN_NS + 201 * SECOND_NS]
    assert [(r.sell_volume, r.cumulative_delta) for r in shown] == [(0.0, 350.0)]


def test_cancel_within_the_second_and_the_minute_leaves_no_trace() -> None:
    p = a_print(1, TEN_NS)
    stays = a_print(2, TEN_NS + 10)
    out = walk(a_stage(), [*on_time(p, stays), Event(TEN_NS + 20, p, is_cancel=True)])

    assert [r.buy_volume for r in buckets(out)] == [100.0]
    assert [r.aggressive_buys for r in buckets(out)] == [1]


def test_cancelling_the_only_print_before_its_minute_ends_makes_no_bucket() -> None:
    p = a_print(1, TEN_NS)
    out = walk(a_stage(), [*on_time(p), Event(TEN_NS + 20 * SECOND_NS, p, is_cancel=True)])

    assert buckets(out) == []
    assert [r.cumulative_delta for r in snapshots(out)] == [100.0, 0.0]


def test_cancelling_every_print_empties_the_minute() -> None:
    p = a_print(1, TEN_NS)
    cancel = Event(TEN_NS + 90 * SECOND_NS, p, is_cancel=True)
    out = walk(a_stage(), [*on_time(p), cancel])

    assert [(r.revision, r.buy_volume, r.buy_pressure) for r in buckets(out)] == [
        (0, 100.0, 100.0),
        (1, 0.0, 50.0),
    ]
    last = buckets(out)[-1]
    assert (last.seq, last.ingest_ts) == (1_000_001, p.ingest_ts + 7)


def test_late_print_that_is_cancelled_within_the_second_revises_nothing() -> None:
    p = a_print(1, TEN_NS)
    late = a_print(2, TEN_NS + 1)
    now = TEN_NS + 90 * SECOND_NS
    out = walk(a_stage(), [*on_time(p), Event(now, late), Event(now + 5, late, is_cancel=True)])

    assert [r.revision for r in buckets(out)] == [0]


def test_prints_count_until_four_hours_after_their_date() -> None:
    p = a_print(1, TEN_NS)
    end_ns = eastern_ns(DAY, 20 * 60)
    stage = a_stage()
    in_time = Event(end_ns + 4 * 3600 * SECOND_NS, a_print(2, TEN_NS + 1))
    too_late = Event(in_time.now_ns + 1, a_print(3, TEN_NS + 2))
    out = walk(stage, [*on_time(p), in_time, too_late])

    assert [(r.revision, r.buy_volume) for r in buckets(out)] == [(0, 100.0), (1, 200.0)]
    assert stage.counters == {"late_dropped": 1}


def test_late_print_of_yesterday_leaves_the_new_date_alone() -> None:
    evening = eastern_ns(DAY, 20 * 60)
    p, new = a_print(1, evening - SECOND_NS), a_print(2, evening + 5 * SECOND_NS, 7.0)
    late = Event(evening + 6 * SECOND_NS, a_print(3, evening - 5 * SECOND_NS, 40.0))
    out = walk(a_stage(), [*on_time(p, new), late])

    found = list(latest(buckets(out)).values())
    assert [(r.session, r.cumulative_delta, r.cumulative_delta_day) for r in found] == [
        ("post", 140.0, 140.0),
        ("closed", 7.0, 7.0),
    ]
    # Yesterday's momentum gone, the print, its minute gone, its momentum gone.
    shown = [r.cumulative_delta for r in snapshots(out) if r.session == "closed"]
    assert shown == [0.0, 7.0, 7.0, 7.0]


def test_one_preset_gives_one_result() -> None:
    stage = a_stage(OrderFlowConfig(presets=("strategy-1",)))

    out = walk(stage, on_time(a_print(1, TEN_NS)))

    assert {tuple([each.preset for each in r.aggression]) for r in out} == {("strategy-1",)}


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="version 99, expected 1"):
        a_stage().load(msgspec.msgpack.encode((99,)))


@settings(max_examples=60, deadline=None)
@given(tapes())
def test_newest_buckets_are_the_group_by_of_the_prints_that_stand(events: list[Event]) -> None:
    found = latest(buckets(walk(a_stage(), events)))

    prints = known_before(events, NEVER)
    wanted = {p.ts // MINUTE_NS * MINUTE_NS for p in prints}
    assert wanted <= {record.window_start for record in found.values()}
    for record in found.values():
        assert Expected.of(record) == expected(prints, record.window_start, record.window_end)
        assert record.session == trade_date_and_segment(record.window_start)[1]


@settings(max_examples=30, deadline=None)
@given(tapes(most=25, starts=(OPEN_NS,)))
def test_every_second_that_says_something_new_comes_out(events: list[Event]) -> None:
    found = {record.source_ts: record for record in snapshots(walk(a_stage(), events))}

    sums, inputs, segment = (0.0, 0.0), (1.0, 0.0, 50.0, 50.0), ""
    for at_ns in seconds(events):
        want = expected(known_before(events, at_ns), at_ns - SECOND_NS, at_ns)
        session = trade_date_and_segment(at_ns - 1)[1]
        if session != segment:
            sums, segment = (0.0, sums[1]), session
        has_prints = (want.buy, want.sell, want.unknown) != (0.0, 0.0, 0.0)
        is_new = (want.cumulative, want.cumulative_day) != sums or want.inputs != inputs
        assert (at_ns in found) == (has_prints or is_new)
        if at_ns in found:
            assert Expected.of(found.pop(at_ns)) == want
        sums, inputs = (want.cumulative, want.cumulative_day), want.inputs
    assert found == {}


@settings(max_examples=40, deadline=None)
@given(tapes(), st.integers(1, 5))
def test_stage_goes_on_from_its_state_anywhere(events: list[Event], every: int) -> None:
    steps = 0

    def each(stage: OrderFlow) -> OrderFlow:
        nonlocal steps
        steps += 1
        return reloaded(stage) if steps % every == 0 else stage

    assert walk(a_stage(), events, each) == walk(a_stage(), events)


@settings(max_examples=40, deadline=None)
@given(tapes())
def test_newest_buckets_do_not_depend_on_when_prints_arrived(events: list[Event]) -> None:
    stands = sorted(known_before(events, NEVER), key=lambda p: (p.ts, p.seq))
    late = {name: content(r) for name, r in latest(buckets(walk(a_stage(), events))).items()}
    prompt = walk(a_stage(), on_time(*stands))

    assert {name: content(r) for name, r in latest(buckets(prompt)).items()}.items() <= late.items()


@settings(max_examples=40, deadline=None)
@given(tapes())
def test_volume_is_conserved_and_deltas_add_up(events: list[Event]) -> None:
    found = sorted(latest(buckets(walk(a_stage(), events))).values(), key=lambda r: r.window_start)

    total = sum(r.buy_volume + r.sell_volume + r.unknown_volume for r in found)
    assert total == sum(p.micro for p in known_before(events, NEVER)) / 1_000_000
    for record in found:
        assert record.delta == record.buy_volume - record.sell_volume
        assert record.buy_pressure + record.sell_pressure == pytest.approx(100.0, abs=2e-6)
    for before, after in pairwise(found):
        is_same = before.session == after.session
        carried = before.cumulative_delta if is_same else 0.0
        assert after.cumulative_delta == carried + after.delta
        is_day = is_same or "closed" not in {before.session, after.session}
        carried_day = before.cumulative_delta_day if is_day else 0.0
        assert after.cumulative_delta_day == carried_day + after.delta


@settings(max_examples=30, deadline=None)
@given(tapes())
def test_cancelling_everything_leaves_nothing(events: list[Event]) -> None:
    end = max(event.now_ns for event in events)
    rest = [Event(end + 1, p, is_cancel=True) for p in known_before(events, NEVER)]

    for record in latest(buckets(walk(a_stage(), [*events, *rest]))).values():
        assert (record.buy_volume, record.sell_volume, record.unknown_volume) == (0.0, 0.0, 0.0)
        assert (record.aggressive_buys, record.aggressive_sells) == (0, 0)
        assert (record.cumulative_delta, record.cumulative_delta_day) == (0.0, 0.0)
        assert record.aggression[0].score == 0
