import msgspec
import pytest

from flows.common.cadence import NEVER
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.stage import Profiles
from flows.equities.stage import Cause
from flows.errors import MisconfiguredFlow
from tests.flows.equities.profile.golden import GOLDEN
from tests.flows.equities.profile.golden import price
from tests.flows.equities.profile.tape import CLOSE_NS
from tests.flows.equities.profile.tape import DAY_END_NS
from tests.flows.equities.profile.tape import DAY_NS
from tests.flows.equities.profile.tape import DAY_START_NS
from tests.flows.equities.profile.tape import DESK
from tests.flows.equities.profile.tape import HOUR_NS
from tests.flows.equities.profile.tape import MINUTE_NS
from tests.flows.equities.profile.tape import OPEN_NS
from tests.flows.equities.profile.tape import SECOND_NS
from tests.flows.equities.profile.tape import Event
from tests.flows.equities.profile.tape import Ledgers
from tests.flows.equities.profile.tape import a_print
from tests.flows.equities.profile.tape import cancelled
from tests.flows.equities.profile.tape import latest
from tests.flows.equities.profile.tape import of_window
from tests.flows.equities.profile.tape import on_time
from tests.flows.equities.profile.tape import walk

RTH = "2025-05-21-rth"
FULL = "2025-05-21-full"
WITH_MINUTES = ProfileConfig(minutes=True)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_profiles_come_out_as_records(name: str) -> None:
    golden = GOLDEN[name]
    prints = [
        a_print(seq, OPEN_NS + seq, price(at), micro=volume * MICRO)
        for seq, (at, volume) in enumerate(enumerate(golden.volumes))
        if volume
    ]

    record = of_window(walk(on_time(prints), ProfileConfig(row_ticks={"XYZ": 5})), RTH)[0]

    assert record.volume == golden.volumes
    assert (record.poc, record.val, record.vah) == (golden.poc, golden.val, golden.vah)
    assert (record.area_volume, record.total_volume) == (golden.area, golden.total)
    assert (record.lvns, record.hvns) == (golden.lvn, golden.hvn)
    assert (record.row_e4, record.first_row) == (500, 2000)


def test_print_is_counted_by_direction_and_venue() -> None:
    prints = [
        a_print(1, OPEN_NS, 100.00),
        a_print(2, OPEN_NS, 100.00, direction="sell", micro=MICRO // 2),
        a_print(3, OPEN_NS, 100.02, direction="unknown", off_exchange=True),
        a_print(4, OPEN_NS, 100.06),
    ]

    record = of_window(walk(on_time(prints)), RTH)[0]

    assert list(record.volume) == [100.5, 100, 0, 100]
    assert list(record.buy) == [100, 0, 0, 100]
    assert list(record.sell) == [0.5, 0, 0, 0]
    assert list(record.unknown) == [0, 100, 0, 0]
    assert list(record.off_exchange) == [0, 100, 0, 0]
    assert list(record.trades) == [2, 1, 0, 1]
    assert (record.seq, record.ingest_ts) == (4, OPEN_NS + 5)
    assert record.trace_id == "profile:test:XYZ:session:2025-05-21-rth"


def test_what_has_no_level_is_excluded_and_what_has_no_volume_is_nothing() -> None:
    prints = [
        a_print(1),
        a_print(2, levels=False),
        a_print(3, volume=False),
        a_print(4, price=9_000.0),  # mistyped: far beyond the rows of the date
    ]

    record = of_window(walk(on_time(prints)), RTH)[0]

    assert (record.total_volume, record.excluded_volume) == (100, 200)


def test_rows_are_those_of_the_first_eligible_print_of_the_date() -> None:
    prints = [
        a_print(1, DAY_START_NS, 600.0, levels=False),
        a_print(2, DAY_START_NS + 1, 100.0),
        a_print(3, OPEN_NS, 101.0),
        a_print(4, OPEN_NS + DAY_NS, 101.0),
    ]

    found = latest(walk(on_time(prints)))

    assert found[f"profile:test:XYZ:session:{RTH}"].row_e4 == 200
    assert found["profile:test:XYZ:session:2025-05-22-rth"].row_e4 == 500


def test_session_develops_each_minute_it_changes_and_closes_at_its_end() -> None:
    prints = [a_print(seq, OPEN_NS + at * SECOND_NS) for seq, at in enumerate((5, 59, 60, 300))]

    records = of_window(walk(on_time(prints)), RTH)

    assert [(each.source_ts - OPEN_NS) // MINUTE_NS for each in records] == [1, 2, 6, 390]
    assert [each.total_volume for each in records] == [200, 300, 400, 400]
    assert [each.closed for each in records] == [False, False, False, True]
    assert [each.revision for each in records] == [0, 1, 2, 3]
    assert {(each.window_start, each.window_end) for each in records} == {(OPEN_NS, CLOSE_NS)}


def test_sessions_take_the_segments_that_are_theirs() -> None:
    stamps = (DAY_START_NS, OPEN_NS - 1, OPEN_NS, CLOSE_NS - 1, CLOSE_NS, DAY_END_NS - 1)
    prints = [a_print(seq, at) for seq, at in enumerate((*stamps, DAY_END_NS))]

    found = latest(walk(on_time(prints)))

    assert found[f"profile:test:XYZ:session:{RTH}"].total_volume == 200
    assert found[f"profile:test:XYZ:session:{FULL}"].total_volume == 600
    assert found[f"profile:test:XYZ:session:{FULL}"].source_ts == DAY_END_NS
    assert "profile:test:XYZ:session:2025-05-22-full" not in found


def test_quiet_tape_is_left_alone_until_something_ends() -> None:
    stage = Profiles(DESK, ProfileConfig(), "abcd1234", Ledgers())
    stage.add(a_print(1, OPEN_NS + 1), OPEN_NS + 1)
    due = []
    while stage.due_ns != NEVER:
        due.append(stage.due_ns)
        stage.evaluate(stage.due_ns)

    assert [(at_ns - OPEN_NS) // MINUTE_NS for at_ns in due] == [1, 61, 390, 630]


def test_late_print_comes_out_with_the_next_minute_in_a_closed_session() -> None:
    late = a_print(2, OPEN_NS + HOUR_NS, 100.02)
    events = [*on_time([a_print(1)]), Event(late, DAY_END_NS + HOUR_NS + SECOND_NS)]

    records = of_window(walk(events), RTH)

    assert [(each.total_volume, each.closed) for each in records] == [
        (100, False), (100, True), (200, True)
    ]  # fmt: skip
    assert records[-1].source_ts == DAY_END_NS + HOUR_NS + MINUTE_NS


def test_session_known_by_a_late_print_alone_comes_out_closed() -> None:
    events = [*on_time([a_print(1, CLOSE_NS + 1)]), Event(a_print(2), CLOSE_NS + HOUR_NS)]

    records = of_window(walk(events), RTH)

    assert [(each.total_volume, each.closed, each.revision) for each in records] == [(100, True, 0)]


def test_cancel_takes_the_print_out_of_every_window() -> None:
    prints = [a_print(seq, OPEN_NS + seq * MINUTE_NS, 100 + seq / 50) for seq in range(3)]
    events = [*on_time(prints), cancelled(prints[0], OPEN_NS + 5 * MINUTE_NS)]

    records = walk(events)

    record = of_window(records, RTH)[-1]
    assert (record.first_row, record.volume) == (5001, (100, 100))
    assert record.seq == 1_003
    rolling = of_window(records, f"60-{OPEN_NS + 6 * MINUTE_NS}")[0]
    assert list(rolling.volume) == [100, 100]
    assert of_window(records, FULL)[-1].total_volume == 200


def test_cancel_of_the_last_print_empties_the_session() -> None:
    p = a_print(1)
    records = of_window(walk([*on_time([p]), cancelled(p, OPEN_NS + HOUR_NS)]), RTH)

    assert [each.total_volume for each in records] == [100, 0, 0]
    assert (records[-1].poc, records[-1].volume, records[-1].lvns) == (None, (), ())
    assert records[-1].closed


def test_print_cancelled_within_its_minute_says_nothing_new() -> None:
    kept, taken = a_print(1), a_print(2, OPEN_NS + MINUTE_NS)
    events = [*on_time([kept, taken]), cancelled(taken, OPEN_NS + MINUTE_NS + SECOND_NS)]

    records = of_window(walk(events), RTH)

    assert [each.source_ts for each in records] == [OPEN_NS + MINUTE_NS, CLOSE_NS]


def test_cancel_of_what_was_never_added_changes_nothing() -> None:
    stage = Profiles(DESK, ProfileConfig(), "abcd1234", Ledgers())
    stage.remove(a_print(1), Cause(OPEN_NS, OPEN_NS, 1, "cancel"))

    assert stage.due_ns == NEVER


def test_rolling_window_holds_an_hour_under_an_id_of_its_own() -> None:
    prints = [a_print(seq, OPEN_NS + at * MINUTE_NS) for seq, at in enumerate((0, 30, 59, 60, 61))]

    records = [each for each in walk(on_time(prints)) if each.window == "rolling"]

    minutes = [((each.source_ts - OPEN_NS) // MINUTE_NS, each.total_volume) for each in records]
    # The hour that ends at minute 61 says what the one before it did.
    assert minutes == [
        (1, 100), (31, 200), (60, 300), (62, 400), (91, 300), (120, 200), (121, 100)
    ]  # fmt: skip
    assert all(each.trace_id.endswith(f"rolling:60-{each.source_ts}") for each in records)
    assert all(each.window_end - each.window_start == HOUR_NS for each in records)
    assert all(each.revision == 0 and each.closed for each in records)


def test_rolling_window_over_two_dates_has_the_coarser_rows() -> None:
    # After 20:00 prints belong to the next date, whose rows follow its own first print.
    prints = [
        a_print(1, DAY_END_NS - SECOND_NS, 100.0),
        a_print(2, DAY_END_NS - SECOND_NS, 100.04),
        a_print(3, DAY_END_NS, 100.06),
    ]

    records = walk(on_time(prints), until_ns=DAY_END_NS + 2 * HOUR_NS)

    found = {each.source_ts: each for each in records if each.window == "rolling"}
    both = found[DAY_END_NS + MINUTE_NS]
    assert (both.row_e4, both.first_row, both.volume) == (500, 2000, (200, 100))
    alone = found[DAY_END_NS + HOUR_NS]
    assert (alone.row_e4, alone.volume) == (500, (100,))


def test_late_print_changes_the_rolling_window_that_still_holds_it() -> None:
    early = a_print(1, OPEN_NS)
    events = [
        *on_time([early]),
        Event(a_print(2, OPEN_NS + MINUTE_NS), OPEN_NS + 10 * MINUTE_NS),
        Event(a_print(3, OPEN_NS - 2 * HOUR_NS), OPEN_NS + 20 * MINUTE_NS),
    ]

    records = [each for each in walk(events) if each.window == "rolling"]

    assert [((r.source_ts - OPEN_NS) // MINUTE_NS, r.total_volume) for r in records] == [
        (1, 100), (11, 200), (61, 100)
    ]  # fmt: skip


def sessions_of(days: int, price_of: float = 100.0) -> list[ObservedPrint]:
    """Return prints of trading dates in a row from Wednesday, 21 May on."""
    dates = (0, 1, 2, 6, 7, 8, 9)[:days]
    return [
        a_print(seq, OPEN_NS + day * DAY_NS, price_of + seq / 50) for seq, day in enumerate(dates)
    ]


def test_composite_adds_the_last_closed_sessions_up() -> None:
    config = ProfileConfig(composites=(3, 5))

    records = [each for each in walk(on_time(sessions_of(7)), config) if each.window == "composite"]

    assert [(each.trace_id.split(":")[-1], each.total_volume) for each in records] == [
        ("3-2025-05-22", 200),
        ("3-2025-05-23", 300),
        ("3-2025-05-27", 300),  # Monday is a holiday
        ("5-2025-05-27", 400),
        ("3-2025-05-28", 300),
        ("5-2025-05-28", 500),
        ("3-2025-05-29", 300),
        ("5-2025-05-29", 500),
        ("3-2025-05-30", 300),
        ("5-2025-05-30", 500),
    ]
    assert all(each.source_ts == each.window_end and each.closed for each in records)
    assert records[0].window_start == OPEN_NS


def test_composite_has_the_coarsest_rows() -> None:
    prints = [
        a_print(1, OPEN_NS, 100.00),
        a_print(2, OPEN_NS, 100.04),
        a_print(3, OPEN_NS + DAY_NS, 100.06),
    ]

    record = of_window(walk(on_time(prints)), "5-2025-05-22")[0]

    assert (record.row_e4, record.first_row, record.volume) == (500, 2000, (200, 100))


def test_late_print_revises_the_composite_of_its_session() -> None:
    prints = sessions_of(2)
    late = a_print(9, OPEN_NS + DAY_NS + 1)
    events = [*on_time(prints), Event(late, CLOSE_NS + DAY_NS + HOUR_NS)]

    records = of_window(walk(events), "5-2025-05-22")

    assert [(each.revision, each.total_volume) for each in records] == [(0, 200), (1, 300)]


def test_minutes_come_out_when_asked_for_and_again_when_changed() -> None:
    first = a_print(1, OPEN_NS + 1)
    events = [
        *on_time([first, a_print(2, OPEN_NS + 2)]),
        Event(a_print(3, OPEN_NS + 3, 100.02), OPEN_NS + MINUTE_NS),
        cancelled(first, OPEN_NS + 3 * HOUR_NS),
    ]

    records = of_window(walk(events, WITH_MINUTES), f"minute:{OPEN_NS}")

    assert [(each.revision, each.volume, each.closed) for each in records] == [
        (0, (200,), True), (1, (200, 100), True), (2, (100, 100), True)
    ]  # fmt: skip
    assert not [each for each in walk(events) if each.window == "minute"]


def test_minute_taken_from_the_ledger_is_the_minute_that_was_kept() -> None:
    prints = [
        a_print(1, OPEN_NS, 100.0),
        a_print(2, OPEN_NS, 100.02, direction="sell", off_exchange=True),
        a_print(3, OPEN_NS, 100.04, direction="unknown"),
        a_print(4, OPEN_NS, levels=False),
        a_print(5, OPEN_NS, volume=False),
    ]
    more = a_print(6, OPEN_NS + 1)
    events = [*on_time(prints), Event(more, OPEN_NS + 3 * HOUR_NS)]

    before, after = of_window(walk(events, WITH_MINUTES), f"minute:{OPEN_NS}")

    assert list(after.volume) == [200, 100, 100]
    assert (after.sell, after.unknown, after.off_exchange) == (
        before.sell, before.unknown, before.off_exchange
    )  # fmt: skip
    assert list(after.trades) == [2, 1, 1]
    assert after.excluded_volume == before.excluded_volume == 100


def test_state_of_another_version_is_refused() -> None:
    stage = Profiles(DESK, ProfileConfig(), "abcd1234", Ledgers())

    with pytest.raises(MisconfiguredFlow, match="has version 99, expected 1"):
        stage.load(msgspec.msgpack.encode((99,)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rolling_min": 0}, "PROFILE_ROLLING_MIN is 0, expected 1 to 960"),
        ({"nodes": "best"}, "PROFILE_NODES is 'best', expected prominence or mean_ratio"),
        ({"row_ticks": {"SPY": 0}}, "PROFILE_ROW_TICKS of SPY is 0, expected 1 to 100000"),
        ({"composites": (5, 1)}, "PROFILE_COMPOSITES is 1, expected 2 to 250"),
        ({"mean_low_pct": 150}, "PROFILE_MEAN_LOW_PCT is 150, expected 1 to 149"),
        ({"span_rows": 10_001}, "PROFILE_SPAN_ROWS is 10001, expected 64 to 10000"),
    ],
)
def test_setting_out_of_range_is_refused_by_its_name(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(MisconfiguredFlow, match=message):
        ProfileConfig(**changes)  # type: ignore[arg-type]
