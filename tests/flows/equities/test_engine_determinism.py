"""Same tape, same bytes: any batch, any crash, any order within the lateness; nothing is lost."""

import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.conditions import policy
from flows.common.sessions import trade_date_and_segment
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from flows.equities.engine import QuoteEvent
from flows.equities.profile.config import ProfileConfig
from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityOrderFlow
from schemas.records import EquityPrint
from schemas.records import EquityProfile
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import HOUR_MS
from tests.flows.equities.events import NAME
from tests.flows.equities.events import an_engine
from tests.flows.equities.events import as_record
from tests.flows.equities.events import bars
from tests.flows.equities.events import busy_tape
from tests.flows.equities.events import cancel_of
from tests.flows.equities.events import correction_of
from tests.flows.equities.events import encoded
from tests.flows.equities.events import finals
from tests.flows.equities.events import only
from tests.flows.equities.events import quoted
from tests.flows.equities.events import run
from tests.flows.equities.events import sold

LENGTH = 60
LATENESS_MS = 2_000
INTERVALS_MS = (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
# How a record came about, which a cancel or another order of arrival may change.
HISTORY = {"source_ts", "ingest_ts", "seq", "revision", "revised_reason"}
# Rows that do not depend on which print came first.
FIXED_ROWS = msgspec.structs.replace(CONFIG, profile=ProfileConfig(row_ticks={NAME: 5}))

seeds = st.integers(0, 1_000_000)


def whole(events: Sequence[Event], batch: int) -> list[bytes]:
    engine = an_engine()
    derived: list[Derived] = []
    for start in range(0, len(events), batch):
        derived += engine.process(events[start : start + batch])
    return encoded([*derived, *engine.finish()])


def shown(record: Derived) -> dict[str, object]:
    """Return what a record says, without how it came about."""
    return {
        name: value for name, value in msgspec.structs.asdict(record).items() if name not in HISTORY
    }


def picture(derived: Sequence[Derived]) -> dict[str, dict[str, object]]:
    """Return the newest bars, minutes, session profiles and joins that hold a print."""
    found: dict[str, dict[str, object]] = {}
    for name, record in finals(derived).items():
        match record:
            case EquityCandle():
                is_kept = record.closed and record.trade_count > 0
            case EquityOrderFlow():
                volume = record.buy_volume + record.sell_volume + record.unknown_volume
                is_kept = record.window == "1m" and volume > 0
            case EquityProfile():
                is_kept = record.window == "session" and record.total_volume > 0
            case EquityJoin():
                is_kept = not record.cancelled
            case _:
                is_kept = False
        if is_kept:
            found[name] = shown(record)
    return found


@pytest.fixture(scope="module")
def rich() -> list[Event]:
    """Return a tape that leads to every kind of record."""
    events = busy_tape(11, 400)
    kinds = {type(record).__name__ for record in run(events)}
    assert kinds == {
        "DarkInference",
        "EquityCandle",
        "EquityJoin",
        "EquityOrderFlow",
        "EquityProfile",
        "EquityState",
        "FlowAlert",
        "Signal",
    }
    return events


@pytest.mark.parametrize("batch", [1, 7, 61, 1_000])
def test_bytes_do_not_depend_on_the_batch_size(rich: list[Event], batch: int) -> None:
    assert whole(rich, batch) == whole(rich, len(rich))


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, LENGTH))
def test_bytes_do_not_depend_on_where_batches_end(seed: int, batch: int) -> None:
    events = busy_tape(seed, LENGTH)
    assert whole(events, batch) == whole(events, len(events))


def assert_goes_on(events: Sequence[Event], cut: int, wanted: list[bytes]) -> None:
    engine = an_engine()
    head = engine.process(events[:cut])
    state = engine.snapshot()
    again = EquitiesEngine.restore(CONFIG, as_record, state)
    assert again.snapshot() == state
    assert again.counters == engine.counters
    tail = [*again.process(events[cut:]), *again.finish()]
    assert encoded([*head, *tail]) == wanted, cut
    # Taking a snapshot does not disturb, and both come to the same end.
    assert encoded([*engine.process(events[cut:]), *engine.finish()]) == encoded(tail)
    assert again.snapshot() == engine.snapshot()


def test_restored_engine_goes_on_byte_for_byte_from_every_point() -> None:
    events = busy_tape(11, 90)
    wanted = whole(events, len(events))
    assert len(wanted) > 300
    for cut in range(len(events) + 1):
        assert_goes_on(events, cut, wanted)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(0, LENGTH))
def test_restored_engine_goes_on_byte_for_byte(seed: int, cut: int) -> None:
    events = busy_tape(seed, LENGTH)
    assert_goes_on(events, cut, whole(events, len(events)))


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_engine_restored_after_each_event_gives_the_same_bytes(seed: int) -> None:
    events = busy_tape(seed, 25)
    engine, derived = an_engine(), list[Derived]()
    for event in events:
        derived += engine.process([event])
        engine = EquitiesEngine.restore(CONFIG, as_record, engine.snapshot())
    assert encoded([*derived, *engine.finish()]) == whole(events, len(events))


def calm_tape(seed: int, count: int = 80) -> list[Event]:
    """Return quotes with a print each, at a side that the quote alone decides."""
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    events: list[Event] = []
    ms, mid = 0.0, 100.5
    for n in range(count):
        ms += rng.choice([1, 20, 400, 900, 4_000, 31_000])
        mid = round(mid + rng.choice([-0.02, 0, 0, 0.02]), 2)
        events += [
            quoted(ms, mid - 0.05, mid + 0.05),
            sold(
                n,
                ms,
                round(mid + rng.choice([-0.06, -0.05, 0.05, 0.06]), 2),
                rng.choice([1, 0.25, 100, 300, 1_000]),
                tuple(rng.choice(["", "", "I", "W", "F", "M"])),
                exchange=rng.choice("DDQ"),
            ),
        ]
    return events


def prints_of(events: Sequence[Event]) -> list[EquityPrint]:
    return [event for event in events if isinstance(event, EquityPrint)]


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_cancelled_prints_leave_what_a_tape_without_them_leads_to(seed: int) -> None:
    tape = calm_tape(seed)
    rng = random.Random(seed + 1)  # noqa: S311 - a test's tape, not a secret
    gone = {p.trace_id for p in rng.sample(prints_of(tape), rng.randint(1, 30))}
    events: list[Event] = []
    waiting: list[EquityPrint] = []
    for number, event in enumerate(tape):
        events.append(event)
        if isinstance(event, EquityPrint) and event.trace_id in gone:
            waiting.append(event)
        # Each at once, or behind any later event, or never.
        if waiting and rng.random() < 0.4:
            p = waiting.pop(rng.randrange(len(waiting)))
            cancel = cancel_of(p, 1_000 + number, 0)
            events.append(msgspec.structs.replace(cancel, source_ts=event.source_ts))
    cancelled = {event.ref_trace_id for event in prints_of(events)} - {None}
    never = [e for e in tape if isinstance(e, QuoteEvent) or e.trace_id not in cancelled]

    made = run(events, FIXED_ROWS)

    assert picture(made) == picture(run(never, FIXED_ROWS))
    assert len(only(made, EquityJoin)) == sum(
        (1 + (p.trace_id in cancelled)) * p.off_exchange_flag for p in prints_of(tape)
    )
    for inferred in finals(only(made, DarkInference)).values():
        evidence = {ref.id.removeprefix("join:") for ref in inferred.evidence_refs}
        assert inferred.status == "withdrawn" or not evidence & cancelled


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_order_of_arrival_within_the_lateness_changes_no_bar_and_no_total(seed: int) -> None:
    tape = calm_tape(seed)
    rng = random.Random(seed + 1)  # noqa: S311 - a test's tape, not a secret
    span_ns = LATENESS_MS * 1_000_000
    # Event time never gets further ahead of what is still to come than the lateness.
    order = sorted(tape, key=lambda event: event.source_ts + rng.randrange(span_ns))

    straight, shuffled = run(tape, FIXED_ROWS), run(order, FIXED_ROWS)

    for interval_ms in INTERVALS_MS:
        assert final_bars(shuffled, interval_ms) == final_bars(straight, interval_ms)
    assert totals(shuffled) == totals(straight)


def final_bars(derived: Sequence[Derived], interval_ms: int) -> list[dict[str, object]]:
    found = finals(only(derived, EquityCandle)).values()
    return [
        shown(bar)
        for bar in sorted(found, key=lambda bar: bar.window_start)
        if bar.interval_ms == interval_ms
    ]


def totals(derived: Sequence[Derived]) -> dict[str, tuple[object, ...]]:
    found = finals(only(derived, EquityProfile))
    return {
        name: (each.total_volume, each.excluded_volume, each.first_row, each.volume, each.trades)
        for name, each in found.items()
        if each.window == "session"
    }


def shares(values: Sequence[float]) -> int:
    """Return a sum in 1/1,000,000 share: exact."""
    return sum(round(value * 1_000_000) for value in values)


def corrected_tape(seed: int) -> tuple[list[Event], int, int, int]:
    """
    Return prints of some days, late, cancelled or corrected, and the micro-shares that stay.

    Those that count to volume, those of them that may enter levels, and those of these that lie in
    a session: a tape of six days ends on a Saturday. Each day's tape is from 04:30 to 20:00; what
    was printed on a day before can no longer be cancelled.
    """
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    events: list[Event] = []
    alive: dict[str, EquityPrint] = {}
    stays: list[EquityPrint] = []
    ms, evening_ms = 0.0, 9.9 * HOUR_MS
    for n in range(0, 160, 2):
        ms += rng.choice([0, 0.5, 300, 2_500, 60_000, 1_200_000, 4 * HOUR_MS])
        if ms > evening_ms:
            ms, evening_ms = evening_ms + 8.6 * HOUR_MS, evening_ms + 24 * HOUR_MS
            stays += alive.values()
            alive.clear()
        step = rng.random()
        if step < 0.05 and stays:
            events.append(cancel_of(rng.choice(stays), n, ms))
        elif step < 0.15 and alive:
            events.append(cancel_of(alive.pop(rng.choice(sorted(alive))), n, ms))
        elif step < 0.25 and alive:
            wrong = alive.pop(rng.choice(sorted(alive)))
            pair = correction_of(wrong, n, ms, size=rng.choice([0.5, 77, 1_000]))
            events += pair
            alive[pair[1].trace_id] = pair[1]
        else:
            late_ms = rng.choice([0, 0, 0, 3_000, 700_000])
            p = sold(
                n,
                ms - late_ms,
                100.0 + rng.randint(-30, 30) / 100,
                rng.choice([0.000001, 1, 100, 2_500]),
                tuple(rng.choice(["", "", "I", "W", "Z", "M", "T", "FI"])),
                exchange=rng.choice("DQ"),
            )
            events.append(p)
            alive[p.trace_id] = p
    stays += alive.values()
    counted = [p for p in stays if policy(p.conditions, p.session).volume]
    in_levels = [p for p in counted if policy(p.conditions, p.session).levels]
    in_session = [p for p in in_levels if p.session != "closed"]
    kinds = (counted, in_levels, in_session)
    volume, levels, sessions = (shares([p.size for p in kind]) for kind in kinds)
    return events, volume, levels, sessions


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_bars_rows_and_buckets_hold_every_eligible_share(seed: int) -> None:
    events, wanted, in_levels, in_session = corrected_tape(seed)
    made = run(events, EquitiesConfig())

    for interval_ms in INTERVALS_MS:
        volume = [bar.volume for bar in bars(made, interval_ms)]
        assert shares(volume) == wanted, interval_ms
    profiles = finals(only(made, EquityProfile)).values()
    days = [each for each in profiles if each.trace_id.endswith("-full")]
    for full in days:
        assert shares(full.volume) == shares([full.total_volume])
        parts = shares(full.buy) + shares(full.sell) + shares(full.unknown)
        assert parts == shares(full.volume)
    assert shares([full.total_volume for full in days]) == in_session
    assert shares([full.excluded_volume for full in days]) <= wanted - in_levels
    flows = [each for each in finals(only(made, EquityOrderFlow)).values() if each.window == "1m"]
    assert in_levels == sum(
        shares([each.buy_volume, each.sell_volume, each.unknown_volume]) for each in flows
    )


def test_rows_and_what_is_excluded_are_what_the_bars_hold() -> None:
    for seed in range(20):
        made = run(corrected_tape(seed)[0], EquitiesConfig())
        volume: Counter[int] = Counter()
        for bar in bars(made, 3_600_000):
            volume[trade_date_and_segment(bar.window_start)[0]] += shares([bar.volume])
        for each in finals(only(made, EquityProfile)).values():
            if each.trace_id.endswith("-full"):
                trade_date = trade_date_and_segment(each.window_start)[0]
                whole_day = shares([each.total_volume, each.excluded_volume])
                assert whole_day == volume[trade_date]
