"""Rounding: the quick way gives the bits of the plain one."""

import struct

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from flows.common.prices import decimals6


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@given(st.floats(min_value=-1e6, max_value=1e6))
@example(0.0)
@example(-0.0)
@example(-1e-9)
@example(0.1 + 0.2)
def test_six_decimals_are_those_of_round(value: float) -> None:
    assert bits(decimals6(value)) == bits(round(value, 6))


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_halves_are_rounded_as_round_does(millionths: int) -> None:
    value = (millionths + 0.5) / 1e6
    assert bits(decimals6(value)) == bits(round(value, 6))


@pytest.mark.parametrize("value", [5e-7, 1.5e-6, -5e-7, 2.5e-6, 0.9999995])
def test_values_at_the_edge_of_the_quick_way(value: float) -> None:
    assert bits(decimals6(value)) == bits(round(value, 6))
