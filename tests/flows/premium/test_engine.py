"""Net premium of a partition: what is counted, when it comes out, what a cancel takes back."""

import random
from collections import Counter
from collections import defaultdict
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.errors import MisconfiguredFlow
from flows.errors import RejectedEvent
from flows.premium.config import PremiumConfig
from flows.premium.engine import PremiumEngine
from flows.premium.measures import check_row
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape
from tests.flows.premium.rows import EVENING_NS
from tests.flows.premium.rows import MINUTE_NS
from tests.flows.premium.rows import SECOND_NS
from tests.flows.premium.rows import a_row
from tests.flows.premium.rows import amounts
from tests.flows.premium.rows import cents
from tests.flows.premium.rows import engine_records
from tests.flows.premium.rows import group_by
from tests.flows.premium.rows import latest
from tests.flows.premium.rows import reversal
from tests.flows.premium.rows import rows

DAY_NS = 86_400 * SECOND_NS


def only(records: list[OptionsNetPremium]) -> OptionsNetPremium:
    (record,) = latest(records).values()
    return record


@pytest.mark.parametrize(
    ("placement", "field", "net"),
    [
        ("AA", "call_ask", 100.0),
        ("A", "call_ask", 100.0),
        ("MID", "call_mid", 0.0),
        ("B", "call_bid", -100.0),
        ("BB", "call_bid", -100.0),
        ("STALE", "call_unplaced", 0.0),
        ("MISSING", "call_unplaced", 0.0),
    ],
)
def test_placement_decides_the_part_and_the_net(placement: str, field: str, net: float) -> None:
    record = only(engine_records([a_row(1, nbbo_side=placement)]))

    parts = {
        name: getattr(record, name)
        for name in ("call_ask", "call_mid", "call_bid", "call_unplaced")
    }
    assert parts == {**dict.fromkeys(parts, 0.0), field: 100.0}
    assert (record.call_net, record.put_net, record.directional_net) == (net, 0.0, net)


def test_probability_weighs_a_buy_a_sell_and_an_unknown() -> None:
    tape = [
        a_row(1, right="P", aggressor_side="buy", aggressor_probability=0.7),
        a_row(2, right="P", aggressor_side="sell", aggressor_probability=0.8),
        a_row(3, right="P", aggressor_side="unknown", aggressor_probability=0.5),
    ]

    record = only(engine_records(tape))

    assert (record.put_p_buy, record.put_p_sell, record.put_p_net) == (140.0, 160.0, -20.0)


def test_delta_counts_at_the_touch_and_is_missing_without_greeks() -> None:
    tape = [
        a_row(1, nbbo_side="A", dollar_delta=5000.0),
        a_row(2, nbbo_side="B", dollar_delta=1200.5, aggressor_side="sell"),
        a_row(3, nbbo_side="MID", dollar_delta=900.0, aggressor_side="unknown"),
        a_row(4, nbbo_side="A", dollar_delta=None),
        a_row(5, right="P", nbbo_side="A", dollar_delta=-300.0),
    ]

    record = only(engine_records(tape))

    assert record.call_dollar_delta == 3799.5
    assert record.put_dollar_delta == -300.0
    assert record.net_dollar_delta == 3499.5
    assert record.delta_premium == 400.0
    assert record.call_p_dollar_delta == round(0.24 * 5000 - 0.24 * 1200.5, 2)


@given(rows())
def test_every_bucket_equals_a_plain_group_by(tape: list[OptionsTape]) -> None:
    expected = group_by(tape, lambda row: [row.underlying_id])

    found = latest(engine_records(tape))

    assert found.keys() == expected.keys()
    for name, sums in expected.items():
        for field, value in sums.items():
            assert getattr(found[name], field) == cents(value), (name, field)


@given(rows())
def test_no_premium_is_lost_or_made(tape: list[OptionsTape]) -> None:
    total = sum(round(row.notional * 100) for row in tape if row.eligible_volume)
    records = latest(engine_records(tape)).values()

    def whole(*fields: str) -> int:
        return sum(round(getattr(record, f) * 100) for record in records for f in fields)

    sides = ("ask", "mid", "bid", "unplaced")
    assert whole(*[f"{right}_{side}" for right in ("call", "put") for side in sides]) == total
    assert whole("call_buy", "call_sell", "put_buy", "put_sell", "excluded") == total
    last = {(r.underlying_id, r.trade_date): r for r in records}
    assert sum(round(record.session_premium * 100) for record in last.values()) == total


@given(rows(), st.data())
def test_cancels_take_back_exactly_what_was_added(
    tape: list[OptionsTape], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(tape), unique_by=lambda row: row.seq))
    names = {row.trace_id for row in chosen}

    found = amounts(engine_records([*tape, *map(reversal, chosen)]))

    kept = amounts(engine_records([row for row in tape if row.trace_id not in names]))
    for name, said in found.items():
        numbers = {k: v for k, v in said.items() if isinstance(v, float)}
        if name in kept:
            assert said == kept[name]
        else:
            assert {v for k, v in numbers.items() if not k.startswith("session_")} == {0.0}
            assert (said["print_count"], said["size"]) == (0, 0)


@given(rows(), st.randoms(use_true_random=False))
def test_final_buckets_do_not_depend_on_the_order_of_arrival(
    tape: list[OptionsTape], dice: random.Random
) -> None:
    shuffled = list(tape)
    dice.shuffle(shuffled)

    assert amounts(engine_records(shuffled)) == amounts(engine_records(tape))


@given(rows(), st.integers(0, 40), st.integers(0, 40))
def test_rows_written_again_are_not_counted_again(
    tape: list[OptionsTape], crash: int, snapshot: int
) -> None:
    with_cancels = [*tape, reversal(tape[0])]
    at = min(crash, len(with_cancels))
    back = max(0, at - snapshot)

    repeated = [*with_cancels[:at], *with_cancels[back:]]

    assert amounts(engine_records(repeated)) == amounts(engine_records(with_cancels))


@given(rows(), st.integers(1, 7))
def test_records_do_not_depend_on_batches(tape: list[OptionsTape], batch: int) -> None:
    assert engine_records(tape, batch=batch) == engine_records(tape)


@given(rows(), st.integers(0, 40))
def test_restored_engine_goes_on_byte_for_byte(tape: list[OptionsTape], cut: int) -> None:
    tape = [*tape, reversal(tape[-1])]
    whole = PremiumEngine(PremiumConfig())
    first = whole.process(tape[:cut])
    state = whole.snapshot()
    resumed = PremiumEngine.restore(PremiumConfig(), state)

    assert resumed.snapshot() == state
    assert resumed.process(tape[cut:]) == whole.process(tape[cut:])
    assert resumed.finish() == whole.finish()
    assert resumed.snapshot() == whole.snapshot()
    assert len(first) <= len(engine_records(tape))


@given(rows())
def test_running_sums_are_prefix_sums_and_start_again_with_the_session(
    tape: list[OptionsTape],
) -> None:
    found = latest(engine_records(tape)).values()
    sessions: defaultdict[tuple[str, int], list[OptionsNetPremium]] = defaultdict(list)
    for record in sorted(found, key=lambda record: record.window_start):
        sessions[record.underlying_id, record.trade_date].append(record)
    for records in sessions.values():
        for name in ("call_net", "put_net", "directional_net", "net_dollar_delta"):
            running = 0
            for record in records:
                running += round(getattr(record, name) * 100)
                assert getattr(record, f"session_{name}") == running / 100


def test_a_bucket_that_keeps_changing_comes_out_once_a_second_and_once_closed() -> None:
    tape = [a_row(n, EVENING_NS + n * SECOND_NS // 10) for n in range(35)]

    records = engine_records([*tape, a_row(99, EVENING_NS + 5 * MINUTE_NS, underlying_id="SPY")])

    first = [record for record in records if record.underlying_id == "NVDA"]
    assert [record.source_ts - EVENING_NS for record in first] == [
        *(n * SECOND_NS for n in (1, 2, 3, 4)),
        MINUTE_NS,
    ]
    assert [record.print_count for record in first] == [10, 20, 30, 35, 35]
    assert [record.forming for record in first] == [True, True, True, True, False]
    assert [record.revision for record in first] == [0, 1, 2, 3, 4]


def test_tick_closes_a_bucket_on_a_quiet_tape() -> None:
    engine = PremiumEngine(PremiumConfig())

    assert engine.process([a_row(1)]) == []
    (forming,) = engine.advance(EVENING_NS + SECOND_NS)
    assert engine.advance(EVENING_NS + MINUTE_NS - 1) == []
    (closed,) = engine.advance(EVENING_NS + MINUTE_NS)

    assert (forming.forming, closed.forming) == (True, False)
    assert closed.source_ts == EVENING_NS + MINUTE_NS


def test_a_late_row_counts_in_its_own_minute_and_in_the_running_sums_behind() -> None:
    minutes = [a_row(n, EVENING_NS + n % 2 * MINUTE_NS) for n in range(2)]
    late = a_row(7, EVENING_NS + SECOND_NS, notional=50.0)

    records = engine_records([*minutes, late])

    again = records[-3:]
    assert [(r.window_start - EVENING_NS) // MINUTE_NS for r in again] == [0, 1, 1]
    assert [(r.call_ask, r.session_call_net) for r in again[:2]] == [(150.0, 150.0), (100.0, 250.0)]
    assert not again[0].forming
    assert again[0].source_ts == EVENING_NS + MINUTE_NS + SECOND_NS


def test_a_reversal_reaches_back_into_a_closed_minute() -> None:
    row = a_row(1)
    later = a_row(2, EVENING_NS + MINUTE_NS)

    found = latest(engine_records([row, later, reversal(row)]))

    first, second = found.values()
    assert (first.print_count, first.call_ask, first.size) == (0, 0.0, 0)
    assert (second.session_call_net, second.session_premium) == (100.0, 100.0)


def test_a_row_of_a_session_closed_long_ago_is_counted_apart_and_changes_nothing() -> None:
    engine = PremiumEngine(PremiumConfig())
    days = [a_row(n, EVENING_NS + n * 5 * DAY_NS) for n in range(5)]
    records = engine.process(days)

    records += engine.process([a_row(9, EVENING_NS)])
    records += engine.finish()

    assert engine.counters["too_old"] == 1
    assert {record.print_count for record in latest(records).values()} == {1}


def test_an_earlier_file_may_follow_behind_the_end() -> None:
    engine = PremiumEngine(PremiumConfig())
    engine.process([a_row(1)])
    engine.finish()

    earlier = EVENING_NS - 400 * DAY_NS
    assert engine.process([a_row(2, earlier)]) == []
    forming, closed = engine.finish()

    start = earlier // MINUTE_NS * MINUTE_NS
    assert [forming.window_start, closed.window_start] == [start, start]
    assert forming.source_ts == earlier // SECOND_NS * SECOND_NS + SECOND_NS


@pytest.mark.parametrize(
    "changes",
    [{"notional": float("nan")}, {"notional": 1e10}, {"notional": -1.0}, {"dollar_delta": 1e11}],
)
def test_amounts_no_market_has_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(RejectedEvent, match=next(iter(changes))):
        check_row(msgspec.structs.replace(a_row(1), **changes))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"emit_ms": 99}, "NET_PREMIUM_EMIT_MS"),
        ({"emit_ms": 7000}, "NET_PREMIUM_EMIT_MS"),
        ({"basket": ("spy",)}, "NET_PREMIUM_BASKET"),
        ({"repeat_rows": 10}, "NET_PREMIUM_REPEAT_ROWS"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_variable(changes: dict[str, object], name: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=name):
        msgspec.convert(changes, PremiumConfig)


@settings(max_examples=20)
@given(rows(most=60))
def test_no_bucket_comes_out_twice_at_one_time(tape: list[OptionsTape]) -> None:
    records = engine_records(tape)

    at = Counter((record.trace_id, record.source_ts) for record in records)
    assert set(at.values()) <= {1}
    assert all(a.source_ts <= b.source_ts for a, b in pairwise(records))
