"""The memory of ids against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from api.live.seen import Seen

RECORDS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=200)


@given(RECORDS, st.integers(1, 20), st.integers(1, 30))
def test_an_id_is_news_when_it_is_new_or_its_version_greater_than_any_before(
    records: list[tuple[int, int]], batch: int, young: int
) -> None:
    seen = Seen(kept_s=1e9, kept_ids=10**9, young_ids=young)
    newest: dict[int, int] = {}
    for at in range(0, len(records), batch):
        part = records[at : at + batch]
        found = seen.admit(
            [f"id{name}" for name, _ in part],
            [version for _, version in part],
            list(range(at, at + len(part))),
            0.0,
        )
        expected = []
        for name, version in part:
            expected.append(version > newest.get(name, -1))
            newest[name] = max(version, newest.get(name, -1))
        assert found == expected


@given(RECORDS, st.integers(1, 30))
def test_only_the_record_that_was_shown_last_of_an_id_counts_as_shown(
    records: list[tuple[int, int]], young: int
) -> None:
    seen = Seen(kept_s=1e9, kept_ids=10**9, young_ids=young)
    shown: dict[str, tuple[int, int]] = {}
    for offset, (name, version) in enumerate(records):
        if seen.admit([f"id{name}"], [version], [offset], 0.0)[0]:
            shown[f"id{name}"] = (version, offset)
    for offset, (name, version) in enumerate(records):
        expected = shown[f"id{name}"] == (version, offset)
        assert seen.is_shown(f"id{name}", version, offset) == expected
    assert seen.is_shown("never", 0, 0)


def admitted(seen: Seen, first: int, count: int, now_s: float) -> None:
    names = [f"n{at}" for at in range(first, first + count)]
    assert all(seen.admit(names, [0] * count, names_offsets(first, count), now_s))


def names_offsets(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


def test_ids_are_forgotten_only_past_both_bounds() -> None:
    seen = Seen(kept_s=600.0, kept_ids=1000, young_ids=100)
    for at in range(0, 5050, 101):
        admitted(seen, at, 101, now_s=0.0)
    # Many, but all within ten minutes.
    assert len(seen) == 5050
    for at in range(10_000, 12_020, 101):
        admitted(seen, at, 101, now_s=601.0)
    assert 1000 <= len(seen) < 4000
    assert seen.admit(["n12019"], [0], [0], 602.0) == [False]
    assert seen.admit(["n0"], [0], [0], 602.0) == [True]


def test_old_ids_are_remembered_while_they_are_few() -> None:
    seen = Seen(kept_s=600.0, kept_ids=1000, young_ids=100)
    for at in range(0, 505, 101):
        admitted(seen, at, 101, now_s=0.0)
    assert seen.admit(["n3"], [0], [9], 10_000.0) == [False]


def test_a_cleared_memory_knows_nothing() -> None:
    seen = Seen(young_ids=1)
    admitted(seen, 0, 10, 0.0)
    seen.clear()
    assert len(seen) == 0
    assert seen.admit(["n3"], [0], [0], 0.0) == [True]
