"""The kept encodings and decodings give what the plain primitives give."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import _wire
from schemas._wire import DecodedStamps
from schemas._wire import EncodedArrays
from schemas._wire import EncodedMaps
from schemas._wire import decode_long
from schemas._wire import encode_long
from schemas._wire import encode_string


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1), st.binary(max_size=12))
def test_a_stamp_is_the_integer_at_its_place_or_none(value: int, behind: bytes) -> None:
    encoded = encode_long(value)
    data = encoded + behind
    found = DecodedStamps()[data[:9]]
    assert found == (value if len(encoded) == 9 else None)
    assert decode_long(data, 0) == (value, len(encoded))


def test_stamps_are_forgotten_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_wire, "STAMP_LIMIT", 3)
    stamps = DecodedStamps()
    first = 1_748_872_800_000_000_000
    for value in range(first, first + 10):
        assert stamps[encode_long(value)] == value
        assert len(stamps) <= 3


@given(st.dictionaries(st.text(max_size=80), st.floats(allow_nan=False), min_size=1, max_size=70))
def test_a_map_is_its_items_in_their_order(values: dict[str, float]) -> None:
    maps = EncodedMaps()
    swapped = dict(reversed(values.items()))
    for each in (values, swapped, values):
        items = b"".join([encode_string(k) + struct.pack("<d", x) for k, x in each.items()])
        assert maps.encode(each) == encode_long(len(each)) + items + b"\0"


def test_maps_of_equal_keys_keep_their_own_values() -> None:
    maps = EncodedMaps()
    one = maps.encode({"a": 1.0, "b": 2.0})
    two = maps.encode({"a": 3.0, "b": 4.0})
    assert maps.encode({"a": 1.0, "b": 2.0}) == one != two


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=70)), min_size=1, max_size=5))
def test_an_array_is_its_strings(pairs: list[tuple[str, str]]) -> None:
    arrays = EncodedArrays()
    for values in [*pairs, *pairs]:
        items = b"".join([encode_string(value) for value in values])
        assert arrays[values] == b"\x04" + items + b"\0"
