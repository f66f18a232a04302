"""Intervals by blocks: their distribution functions, their coverage, their determinism."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from infra.backtest.bootstrap import block_bootstrap
from infra.backtest.bootstrap import holm
from infra.backtest.bootstrap import seed_of
from infra.backtest.bootstrap import student_quantile
from infra.backtest.bootstrap import two_sided_p


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 31, 250])
@pytest.mark.parametrize("t", [0.0, 0.3, -1.7, 2.5, 6.0])
def test_probabilities_are_those_of_student(t: float, freedom: int) -> None:
    assert two_sided_p(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), abs=1e-12)


@pytest.mark.parametrize("freedom", [4, 7, 19, 100])
def test_quantiles_are_those_of_student(freedom: int) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-9)


def test_fewer_than_five_blocks_give_no_interval() -> None:
    values = np.arange(40.0)
    assert block_bootstrap(values, np.arange(40) % 4, 1) is None
    found = block_bootstrap(values, np.arange(40) % 5, 1)
    assert found is not None
    assert found.blocks == 5


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    generator = np.random.default_rng(5)
    values, blocks = generator.normal(size=90), np.repeat(np.arange(9), 10)
    first = block_bootstrap(values, blocks, 7)
    assert first == block_bootstrap(values, blocks, 7)
    assert first != block_bootstrap(values, blocks, 8)


def test_names_of_blocks_do_not_matter_when_their_order_stays() -> None:
    values = np.random.default_rng(6).normal(size=60)
    blocks = np.repeat(np.arange(6), 10)
    assert block_bootstrap(values, blocks, 3) == block_bootstrap(values, blocks * 17 + 20_230, 3)


@pytest.mark.parametrize("blocks", [5, 8, 20])
def test_intervals_hold_the_truth_about_as_often_as_they_say(blocks: int) -> None:
    trials, truth = 400, 0.3
    generator = np.random.default_rng(blocks)
    covered = 0
    for trial in range(trials):
        of_block = np.repeat(generator.normal(truth, 1.0, blocks), 10)
        values = of_block + generator.normal(0.0, 1.0, 10 * blocks)
        found = block_bootstrap(values, np.repeat(np.arange(blocks), 10), trial)
        assert found is not None
        covered += found.low <= truth <= found.high
    # 95 % are 380; the plain percentiles of five blocks hold it 329 times.
    assert 355 <= covered <= 399


def test_values_that_do_not_differ_leave_no_doubt() -> None:
    blocks = np.repeat(np.arange(6), 5)
    sure = block_bootstrap(np.full(30, 0.25), blocks, 1)
    nothing = block_bootstrap(np.zeros(30), blocks, 1)
    assert sure is not None
    assert nothing is not None
    assert (sure.low, sure.high, sure.p) == (0.25, 0.25, 0.0)
    assert (nothing.low, nothing.high, nothing.p) == (0.0, 0.0, 1.0)


def test_correction_is_that_of_holm() -> None:
    # Four comparisons, the smallest times 4, the next times 3 …, never falling again.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_correction_never_makes_a_comparison_more_certain(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= c <= 1.0 for p, c in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    in_order = [corrected[place] for place in order]
    assert in_order == sorted(in_order)
    if len(p_values) == 1:
        assert corrected == p_values


def test_seeds_depend_on_every_name_and_where_it_ends() -> None:
    # printf 'monday\x1f15m' | sha256sum, its first eight bytes.
    seeds = {seed_of("a", "bc"), seed_of("ab", "c"), seed_of("abc"), seed_of("a", "b", "c")}
    assert len(seeds) == 4
    assert seed_of("monday", "15m") == 15_463_028_541_742_894_157
