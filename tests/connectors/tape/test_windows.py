"""Windows tile a table in order, however much stands on one spot."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from connectors.tape.windows import FIRST
from connectors.tape.windows import LAST
from connectors.tape.windows import SLOTS
from connectors.tape.windows import Extent
from connectors.tape.windows import Slot
from connectors.tape.windows import Window
from connectors.tape.windows import windows_of

Row = tuple[int, int, int]  # source_ts, partition, seq


class Rows:
    """Rows in memory, counted as a table counts them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = sorted(rows)
        self.asked = 0

    def within(self, window: Window) -> list[Row]:
        return [
            row
            for row in self.rows
            if all(low <= row[at] <= high for at, (low, high) in enumerate(window.ranges))
        ]

    def extent(self, window: Window) -> Extent | None:
        self.asked += 1
        found = [row[len(window.ranges) - 1] for row in self.within(window)]
        return Extent(len(found), min(found), max(found)) if found else None

    def slots(self, window: Window, step: int) -> list[Slot]:
        self.asked += 1
        first = window.ranges[-1][0]
        counts: dict[int, int] = {}
        for row in self.within(window):
            slot = (row[len(window.ranges) - 1] - first) // step
            counts[slot] = counts.get(slot, 0) + 1
        assert max(counts) <= SLOTS
        return [Slot(first + slot * step, count) for slot, count in sorted(counts.items())]


def cut(rows: Rows, limit: int, first: int = FIRST, last: int = LAST) -> list[list[Row]]:
    found = []
    for window, count in windows_of(rows, Window(((first, last),)), limit):
        part = rows.within(window)
        assert len(part) == count
        found.append(part)
    return found


stamps = st.one_of(
    st.integers(0, 5), st.integers(0, 10**19 // 2), st.sampled_from([FIRST, -1, LAST])
)
tables = st.lists(st.tuples(stamps, st.integers(0, 2), st.integers(-2, 3)), max_size=60)


@given(tables, st.integers(1, 12), stamps, stamps)
def test_every_row_of_the_stretch_is_in_exactly_one_window_and_in_order(
    table: list[Row], limit: int, one: int, other: int
) -> None:
    rows = Rows(table)
    first, last = sorted((one, other))

    parts = cut(rows, limit, first, last)

    assert [row for part in parts for row in part] == rows.within(Window(((first, last),)))


@given(tables, st.integers(1, 12))
def test_no_window_has_more_rows_than_the_limit_but_for_equal_ones(
    table: list[Row], limit: int
) -> None:
    for part in cut(Rows(table), limit):
        assert 0 < len(part) <= limit or len(set(part)) == 1


def test_rows_that_fit_into_one_window_are_counted_once() -> None:
    rows = Rows([(5, 0, 1), (7, 0, 2)])

    assert cut(rows, 2) == [[(5, 0, 1), (7, 0, 2)]]
    assert rows.asked == 1


def test_windows_are_filled_up_and_not_one_for_each_slot() -> None:
    rows = Rows([(at * 1_000_000, 0, at) for at in range(1_000)])

    assert len(cut(rows, 100)) == 10


def test_rows_of_one_instant_are_cut_by_partition_and_sequence() -> None:
    rows = Rows([(5, partition, seq) for partition in range(2) for seq in range(10)])

    assert [len(part) for part in cut(rows, 5)] == [5, 5, 5, 5]


def test_window_keeps_what_lies_between_its_slots() -> None:
    # A row that is stored in a gap after it was counted still has a window.
    rows = Rows([(0, 0, 0), (10, 0, 1), (1_000, 0, 2)])
    windows = [window.ranges[0] for window, _ in windows_of(rows, Window(((-50, 2_000),)), 1)]

    assert windows[0][0] == -50
    assert windows[-1][1] == 2_000
    assert [last + 1 for _, last in windows[:-1]] == [first for first, _ in windows[1:]]
