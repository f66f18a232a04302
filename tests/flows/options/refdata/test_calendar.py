"""The event calendar looks at an instant and never beyond it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.refdata.calendar import KEPT_NS
from flows.options.refdata.calendar import EventCalendar
from flows.options.refdata.calendar import NextEvent
from schemas.records import MarketEvent

NS = 1_000_000_000
HOUR = 3600 * NS
DAY = 24 * HOUR
UNDERLYINGS = ("XYZ", "ABC")


def ns(text: str) -> int:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))
    return int(at.timestamp()) * NS


START = ns("2025-03-03 09:30:00")


def announced(
    event_id: str,
    event_ts: int,
    announced_ts: int,
    kind: str = "earnings",
    underlying_id: str = "XYZ",
) -> MarketEvent:
    return MarketEvent(
        source_ts=announced_ts,
        ingest_ts=announced_ts,
        seq=1,
        trace_id=f"t:{event_id}:{announced_ts}",
        schema_version="refdata.events.v1",
        source="test",
        event_id=event_id,
        underlying_id=underlying_id,
        kind=kind,
        event_ts=event_ts,
        announced_ts=announced_ts,
        timing="unknown",
    )


def calendar_of(events: Sequence[MarketEvent]) -> EventCalendar:
    calendar = EventCalendar()
    for event in events:
        calendar.add(event)
    return calendar


def oracle(events: Sequence[MarketEvent], underlying_id: str, ts: int) -> tuple[str, int] | None:
    """Return id and instant of the next event by reading the whole list."""
    held: dict[str, MarketEvent] = {}
    for event in sorted(events, key=lambda each: each.announced_ts):
        if event.underlying_id == underlying_id and event.announced_ts <= ts:
            held[event.event_id] = event
    ahead = [(e.event_ts, e.event_id) for e in held.values() if e.event_ts >= ts]
    return (min(ahead)[1], min(ahead)[0]) if ahead else None


def seen(found: NextEvent | None) -> tuple[str, int] | None:
    return None if found is None else (found.event_id, found.event_ts)


def test_event_is_seen_from_its_announcement_to_its_instant() -> None:
    told, held = START, START + 3 * DAY
    calendar = calendar_of([announced("a", held, told)])

    looks = [calendar.next_event("XYZ", ts) for ts in (told - 1, told, held, held + 1)]

    assert [seen(each) for each in looks] == [None, ("a", held), ("a", held), None]


def test_nearest_event_is_next_and_the_smaller_id_of_equal_ones() -> None:
    near, far = START + DAY, START + 9 * DAY
    calendar = calendar_of(
        [announced("z", near, START), announced("b", near, START), announced("a", far, START)]
    )

    assert seen(calendar.next_event("XYZ", START)) == ("b", near)
    assert seen(calendar.next_event("XYZ", near + 1)) == ("a", far)


def test_moved_event_holds_from_the_announcement_of_the_move() -> None:
    first, moved = START + 5 * DAY, START + 12 * DAY
    move_told = START + 2 * DAY
    calendar = calendar_of([announced("a", first, START), announced("a", moved, move_told)])

    assert seen(calendar.next_event("XYZ", move_told - 1)) == ("a", first)
    assert seen(calendar.next_event("XYZ", move_told)) == ("a", moved)
    assert seen(calendar.next_event("XYZ", first + 1)) == ("a", moved)


def test_event_moved_into_the_past_never_comes_back_under_its_old_date() -> None:
    calendar = calendar_of(
        [announced("a", START + 90 * DAY, START), announced("a", START + DAY, START + DAY // 2)]
    )

    looks = [calendar.next_event("XYZ", START + days * DAY) for days in (2, 5, 12, 30)]

    assert looks == [None, None, None, None]


def test_late_look_sees_what_held_at_its_own_instant() -> None:
    told, held = START + HOUR, START + 3 * HOUR
    calendar = calendar_of([announced("a", held, told)])

    looks = [calendar.next_event("XYZ", ts) for ts in (held + 1, held, told, told - 1)]

    assert [seen(each) for each in looks] == [None, ("a", held), ("a", held), None]


@pytest.mark.parametrize("kind", ["halt", "resume", "luld", "status"])
def test_what_happens_now_is_no_date_to_trade_towards(kind: str) -> None:
    calendar = calendar_of([announced("a", START + DAY, START, kind)])

    assert calendar.next_event("XYZ", START) is None
    assert calendar.state() == []


@pytest.mark.parametrize(
    ("look", "held", "days"),
    [
        ("2025-03-07 15:59:00", "2025-03-07 16:00:00", 0),
        ("2025-03-07 19:59:59", "2025-03-08 00:00:00", 1),
        # The clocks go forward on 9 March: 23 hours are still two dates.
        ("2025-03-08 12:00:00", "2025-03-10 08:00:00", 2),
        ("2025-03-07 23:30:00", "2025-03-10 08:00:00", 3),
    ],
)
def test_days_are_dates_of_new_york(look: str, held: str, days: int) -> None:
    calendar = calendar_of([announced("a", ns(held), START)])

    found = calendar.next_event("XYZ", ns(look))

    assert found == NextEvent("a", "earnings", ns(held), days)


def test_day_turns_while_the_event_stays() -> None:
    held = ns("2025-03-06 16:00:00")
    calendar = calendar_of([announced("a", held, START)])
    looks = ["2025-03-04 23:59:59", "2025-03-05 00:00:00", "2025-03-06 00:00:00"]

    found = [calendar.next_event("XYZ", ns(look)) for look in looks]

    assert [each.days for each in found if each is not None] == [2, 1, 0]


# Hours of four days, so that stamps meet often.
hours = st.integers(0, 96).map(lambda hour: START + hour * HOUR)
events_of = st.lists(
    st.builds(
        announced,
        event_id=st.sampled_from(["a", "b", "c"]),
        event_ts=hours,
        announced_ts=hours,
        kind=st.just("earnings"),
        underlying_id=st.sampled_from(UNDERLYINGS),
    ),
    max_size=12,
)
looks_of = st.lists(st.tuples(st.sampled_from(UNDERLYINGS), hours), min_size=1, max_size=20)


@given(events=events_of, looks=looks_of)
def test_every_look_agrees_with_reading_the_whole_list(
    events: list[MarketEvent], looks: list[tuple[str, int]]
) -> None:
    calendar = calendar_of(events)

    for underlying_id, ts in looks:
        found = calendar.next_event(underlying_id, ts)
        assert seen(found) == oracle(events, underlying_id, ts)


@given(events=events_of, looks=looks_of, later=events_of)
def test_what_is_announced_later_never_changes_an_answer(
    events: list[MarketEvent], looks: list[tuple[str, int]], later: list[MarketEvent]
) -> None:
    calendar = calendar_of(events)
    before = [calendar.next_event(underlying_id, ts) for underlying_id, ts in looks]

    newest = max(ts for _, ts in looks)
    for event in later:
        calendar.add(msgspec.structs.replace(event, announced_ts=event.announced_ts + newest))

    assert [calendar.next_event(underlying_id, ts) for underlying_id, ts in looks] == before


@given(events=events_of, looks=looks_of, cut=st.integers(0, 12), at=st.integers(0, 20))
def test_restored_calendar_goes_on_byte_for_byte(
    events: list[MarketEvent], looks: list[tuple[str, int]], cut: int, at: int
) -> None:
    straight, before = EventCalendar(), EventCalendar()
    for event in events[:cut]:
        straight.add(event)
        before.add(event)
    for underlying_id, ts in looks[:at]:
        straight.next_event(underlying_id, ts)
        before.next_event(underlying_id, ts)
    restored = EventCalendar()
    restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(before.state())))

    for event in events[cut:]:
        straight.add(event)
        restored.add(event)
    expected = [straight.next_event(*look) for look in looks[at:]]
    found = [restored.next_event(*look) for look in looks[at:]]

    assert found == expected
    assert msgspec.msgpack.encode(restored.state()) == msgspec.msgpack.encode(straight.state())


def test_a_daily_fetch_of_a_year_leaves_a_week_of_it() -> None:
    calendar = EventCalendar()
    for day in range(365):
        told = START + day * DAY
        quarter = day // 91
        calendar.add(announced(f"q{quarter}", START + (quarter + 1) * 91 * DAY, told))
        calendar.next_event("XYZ", told)

    ((_, kept),) = calendar.state()

    assert sum(len(revisions) for _, revisions in kept) <= 2 * KEPT_NS // DAY + 2
