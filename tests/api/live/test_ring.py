"""Rings against a plain list: order, floor, budget, revisions, what resumed sockets get."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from api.live.ring import Budget
from api.live.ring import Held
from tests.api.live.records import HUGE
from tests.api.live.records import a_record
from tests.api.live.records import a_ring
from tests.api.live.records import held

BASE = a_record("equities.candles", 0)
NO_FLOOR = (0, 0, "")


def bar(name: str, revision: int, ts: int, offset: int, recv_ms: float = 0.0) -> Held:
    record = msgspec.structs.replace(
        BASE, trace_id=name, revision=revision, source_ts=ts, seq=ts % 7
    )
    return held(record, offset, partition=0, recv_ms=recv_ms)


# (id, event time) of records as they come; a repeated id is a greater revision.
ARRIVALS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), max_size=60)


def arrived(arrivals: Sequence[tuple[int, int]]) -> list[Held]:
    revisions: dict[int, int] = {}
    made = []
    for offset, (name, ts) in enumerate(arrivals):
        revisions[name] = revisions.get(name, -1) + 1
        made.append(bar(f"c:{name:02d}", revisions[name], ts, offset))
    return made


@given(ARRIVALS, st.integers(1, 9))
def test_newest_is_the_latest_version_of_each_id_in_descending_order(
    arrivals: list[tuple[int, int]], batch: int
) -> None:
    made = arrived(arrivals)
    ring = a_ring("equity-candles")
    for at in range(0, len(made), batch):
        ring.add(made[at : at + batch], 0.0)
    latest = {each.id: each for each in made}
    expected = sorted((each.order for each in latest.values()), reverse=True)
    assert [item.order for item in ring.newest(100)] == expected
    assert [item.order for item in ring.newest(3)] == expected[:3]
    if expected:
        before = expected[len(expected) // 2]
        found = [item.order for item in ring.newest(100, None, before)]
        assert found == [order for order in expected if order < before]
        even = [item.order for item in ring.newest(100, lambda record: record.source_ts % 2 == 0)]
        assert even == [order for order in expected if order[0] % 2 == 0]
    for name, each in latest.items():
        found_item = ring.get(name)
        assert found_item is not None
        assert found_item.version == each.version
        assert ring.holds(name)


@given(ARRIVALS, st.integers(1, 9), st.integers(1, 8))
def test_what_is_above_the_floor_is_all_there_and_nothing_else_is_shown(
    arrivals: list[tuple[int, int]], batch: int, depth: int
) -> None:
    made = arrived(arrivals)
    ring = a_ring("equity-candles", depth, Budget(0, 0, 60.0))
    for at in range(0, len(made), batch):
        ring.add(made[at : at + batch], 0.0)
    latest = {each.id: each for each in made}
    floor = ring.floor or NO_FLOOR
    expected = sorted(
        (each.order for each in latest.values() if ring.floor is None or each.order > floor),
        reverse=True,
    )
    assert [item.order for item in ring.newest(100)] == expected
    assert len(ring) <= depth


@given(ARRIVALS, st.integers(1, 9), st.integers(1, 8), st.integers(0, 60))
def test_what_is_resumed_from_a_ring_is_complete_or_refused(
    arrivals: list[tuple[int, int]], batch: int, depth: int, since: int
) -> None:
    made = arrived(arrivals)
    ring = a_ring("equity-candles", depth, Budget(0, 0, 60.0))
    ring.begin({0: 0}, None)
    for at in range(0, len(made), batch):
        ring.add(made[at : at + batch], 0.0)
    found = ring.after({0: since})
    if found is None:
        return
    latest = {each.id: each for each in made}
    expected = sorted(each.offset for each in latest.values() if each.offset >= since)
    assert [each.offset for each in found] == expected


def test_a_ring_that_begins_later_does_not_resume_what_came_before() -> None:
    ring = a_ring("equity-candles")
    ring.begin({0: 10, 1: 3}, None)
    ring.add([bar("c:1", 0, 5, 10)], 0.0)
    assert ring.after({0: 9, 1: 3}) is None
    assert ring.after({0: 10}) is None
    found = ring.after({0: 10, 1: 3})
    assert found is not None
    assert [each.offset for each in found] == [10]


def test_the_budget_lets_the_old_go_but_keeps_the_depth_and_the_last_minute() -> None:
    cost = bar("c:0", 0, 0, 0).cost
    budget = Budget(10 * cost, HUGE, 60.0)
    ring = a_ring("equity-candles", 3, budget)
    old = [bar(f"c:{at}", 0, at, at, recv_ms=0.0) for at in range(20)]
    young = [bar(f"c:{at}", 0, at, at, recv_ms=50_000.0) for at in range(20, 40)]
    ring.add(old, 0.0)
    assert len(ring) == 20  # all of them are young at that moment
    ring.add(young, 50_000.0)
    assert len(ring) == 40
    ring.trim(61_000.0)
    assert [item.order[0] for item in ring.newest(99)] == list(range(39, 19, -1))
    ring.trim(200_000.0)
    assert len(ring) == 10
    assert budget.used == 10 * cost
    assert ring.floor == (29, 29 % 7, "c:29")


def test_past_the_most_even_young_records_go_but_never_the_depth() -> None:
    cost = bar("c:0", 0, 0, 0).cost
    ring = a_ring("equity-candles", 4, Budget(cost, 6 * cost, 60.0))
    ring.add([bar(f"c:{at}", 0, at, at) for at in range(20)], 0.0)
    assert len(ring) == 6
    deep = a_ring("equity-candles", 4, Budget(0, 0, 60.0))
    deep.add([bar(f"c:{at}", 0, at, at) for at in range(20)], 0.0)
    assert len(deep) == 4


def test_a_cleared_ring_gives_its_budget_back() -> None:
    budget = Budget(HUGE, HUGE, 60.0)
    ring = a_ring("equity-candles", 4, budget)
    ring.add([bar("c:1", 0, 1, 0), bar("c:1", 1, 2, 1)], 0.0)
    assert budget.used == bar("c:1", 0, 1, 0).cost
    ring.clear()
    assert budget.used == 0
    assert ring.newest(9) == []
    assert ring.floor is None


def test_json_is_made_once_and_only_when_wanted() -> None:
    ring = a_ring("equity-candles")
    one = bar("c:1", 0, 1, 0)
    ring.add([one], 0.0)
    assert one.item is None
    assert ring.newest_held(9) == [one]
    assert one.item is None
    assert ring.newest(9)[0] is ring.get("c:1")


def test_records_beyond_the_depth_give_their_json_back() -> None:
    ring = a_ring("equity-candles", 3)
    made = [bar(f"c:{at}", 0, at, at) for at in range(10)]
    ring.add(made, 0.0)
    assert len(ring.newest(10)) == 10
    ring.trim(0.0)
    assert [each.item is None for each in made] == [True] * 7 + [False] * 3
    ring.add([bar(f"c:{at}", 0, at, at) for at in range(10, 12)], 0.0)
    ring.trim(0.0)
    assert [each.item is None for each in made] == [True] * 9 + [False]
    assert ring.newest(10)[9].record is made[2].record
