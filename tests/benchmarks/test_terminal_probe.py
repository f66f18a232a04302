"""The terminal's probe counts a thread's work by frames, and sees through rows that stand still."""

from typing import Any

import pytest

from benchmarks.terminal_probe import LEAST_CELLS
from benchmarks.terminal_probe import LEAST_ROWS
from benchmarks.terminal_probe import percentiles
from benchmarks.terminal_probe import row_doubts
from benchmarks.terminal_probe import slope_per_min
from benchmarks.terminal_probe import work_of

PAGE = {"pid": 1, "tid": 1}
OTHER = {"pid": 1, "tid": 2}


def task(at_us: int, dur_us: int, cpu_us: int, place: dict[str, int] = PAGE) -> dict[str, Any]:
    return {"name": "RunTask", "ts": at_us, "dur": dur_us, "tdur": cpu_us, **place}


def drawn(at_us: int, dur_us: int, place: dict[str, int] = PAGE) -> dict[str, Any]:
    return {"name": "FireAnimationFrame", "ts": at_us, "dur": dur_us, **place}


def test_work_of_a_frame_is_every_task_until_the_next_one_begins() -> None:
    found = work_of(
        [
            task(0, 9_000, 9_000),
            *(task(16_000, 5_000, 4_000), drawn(16_500, 1_000), drawn(18_000, 2_000)),
            task(25_000, 3_000, 3_000),
            *(task(33_000, 6_000, 5_000), drawn(33_100, 4_000)),
            *(task(17_000, 50_000, 50_000, OTHER), drawn(17_000, 50_000, OTHER)),
        ]
    )

    assert found.frames == [8.0]
    assert found.frames_cpu == [7.0]
    assert found.callbacks == [3.0, 4.0]


def test_a_page_that_draws_nothing_has_no_work() -> None:
    assert work_of([task(0, 9_000, 9_000)]).frames == []


def rows(text: str, count: int = LEAST_ROWS) -> list[Any]:
    return [[at, [text] * LEAST_CELLS] for at in range(count)]


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        (rows("a"), rows("b"), None),
        (rows("a"), rows("a"), "0% of rows changed"),
        (rows("a"), rows("b", LEAST_ROWS - 1), "17 filled rows"),
        (rows("a"), rows(""), "0 filled rows"),
        ([], [], "0 filled rows"),
        # A tenth may stand, no more.
        (rows("a", 20), rows("b", 18) + rows("a", 20)[18:], None),
        (rows("a", 20), rows("b", 17) + rows("a", 20)[17:], "85% of rows changed"),
    ],
)
def test_rows_must_be_filled_and_change(
    before: list[Any], after: list[Any], doubt: str | None
) -> None:
    found = row_doubts(before, after)

    assert [each[: len(doubt or "")] for each in found] == ([] if doubt is None else [doubt])


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles([float(each) for each in range(100, 0, -1)]) == {
        "p50": 50.0,
        "p95": 95.0,
        "p99": 99.0,
    }
    assert percentiles([]) is None


def test_slope_is_that_of_the_line_through_all_points() -> None:
    assert slope_per_min([(0.0, 10.0), (30.0, 11.0), (60.0, 12.0)]) == pytest.approx(2.0)
    assert slope_per_min([(0.0, 10.0), (60.0, 12.0)]) is None
