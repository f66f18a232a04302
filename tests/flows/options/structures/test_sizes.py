import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.structures.sizes import SizeIndex
from flows.options.structures.sizes import exact_ratios
from flows.options.structures.sizes import matching_keys
from flows.options.structures.sizes import rounded_ratios
from flows.options.structures.sizes import size_key
from flows.options.structures.sizes import sizes_match


@pytest.mark.parametrize(
    ("sizes", "ratios"),
    [
        ((50, 50), (1, 1)),
        ((50, 100), (1, 2)),
        ((150, 50), (3, 1)),
        ((20, 30), (2, 3)),
        ((10, 20, 10), (1, 2, 1)),
        ((50, 51), None),
        ((99, 100), None),
        ((100, 102), (1, 1)),
        ((100, 103), None),
        ((1_000, 1_985), (1, 2)),
        ((10, 40), None),
    ],
)
def test_exact_ratios(sizes: tuple[int, ...], ratios: tuple[int, ...] | None) -> None:
    assert exact_ratios(sizes) == ratios


@pytest.mark.parametrize(
    ("sizes", "ratios"), [((10, 14), (1, 1)), ((10, 16), (1, 2)), ((10, 34), (1, 3)),
                          ((10, 36), None)]
)  # fmt: skip
def test_rounded_ratios(sizes: tuple[int, ...], ratios: tuple[int, ...] | None) -> None:
    assert rounded_ratios(sizes) == ratios


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_every_match_lies_in_a_bucket_that_is_looked_at(size: int, base: int) -> None:
    if sizes_match(size, base):
        assert size_key(base) in matching_keys(size)


@given(
    st.integers(1, 30_000),
    st.sampled_from([(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)]),
    st.integers(-2, 2),
)
def test_multiples_are_found(base: int, part: tuple[int, int], percent: int) -> None:
    size = max(1, base * part[0] // part[1] * (100 + percent) // 100)
    index: SizeIndex[str] = SizeIndex()
    index.add(base, "group")
    assert index.matching(size) == (["group"] if sizes_match(size, base) else [])


def test_look_touches_only_sizes_alike_however_many_groups_are_open() -> None:
    index: SizeIndex[int] = SizeIndex()
    for number in range(50_000):
        index.add(200 + number, number)
    index.add(17, -1)
    assert index.matching(17) == [-1]
    assert index.touched == 1


def test_removed_group_is_gone() -> None:
    index: SizeIndex[str] = SizeIndex()
    index.add(10, "a")
    index.add(10, "b")
    index.remove(10, "a")
    assert index.matching(20) == ["b"]
    index.remove(10, "b")
    assert index.matching(10) == []
