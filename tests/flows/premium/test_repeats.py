"""A row met twice is known, in order or late, within the rows remembered."""

from hypothesis import given
from hypothesis import strategies as st

from flows.premium.repeats import CHUNKS
from flows.premium.repeats import RepeatFilter

ROWS = 10 * CHUNKS


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1)), max_size=150))
def test_filter_agrees_with_a_set_of_everything(events: list[tuple[int, int]]) -> None:
    repeats = RepeatFilter(ROWS)
    seen: set[tuple[int, int]] = set()
    for name, revision in events:
        # The stamp belongs to the row; stamps are in no order.
        ts = name * 7 % 50
        assert repeats.is_new(ts, f"id:{name}", revision) is ((name, revision) not in seen)
        seen.add((name, revision))


def test_a_repeated_stretch_is_recognised_across_sealed_chunks() -> None:
    repeats = RepeatFilter(ROWS)
    stretch = [(n // 3, f"id:{n}") for n in range(ROWS - 10)]

    first = [repeats.is_new(ts, name, 0) for ts, name in stretch]
    again = [repeats.is_new(ts, name, 0) for ts, name in stretch]

    assert all(first)
    assert not any(again)


def test_what_lies_behind_the_rows_remembered_is_new_again() -> None:
    repeats = RepeatFilter(ROWS)
    for n in range(3 * ROWS):
        repeats.is_new(n, f"id:{n}", 0)

    assert repeats.is_new(0, "id:0", 0)
    assert not repeats.is_new(3 * ROWS - ROWS // 2, f"id:{3 * ROWS - ROWS // 2}", 0)


def test_a_reversal_is_another_row_than_its_original() -> None:
    repeats = RepeatFilter(ROWS)

    assert repeats.is_new(5, "id:1", 0)
    assert repeats.is_new(5, "id:1", 1)
    assert not repeats.is_new(5, "id:1", 1)


def test_state_goes_on_the_same() -> None:
    repeats = RepeatFilter(ROWS)
    for n in range(ROWS):
        repeats.is_new(n, f"id:{n}", 0)
    resumed = RepeatFilter(ROWS, repeats.state())

    assert [resumed.is_new(n, f"id:{n}", 0) for n in range(ROWS + 5)] == [
        *[False] * ROWS,
        *[True] * 5,
    ]
    for n in range(ROWS, ROWS + 5):
        repeats.is_new(n, f"id:{n}", 0)
    assert resumed.state() == repeats.state()
