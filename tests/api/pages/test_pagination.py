"""Cursors that only the gateway makes, and where a page is cut."""

from typing import Final
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.items import Item
from api.pagination import Cursor
from api.pagination import Place
from api.pagination import cut
from api.pagination import decode_cursor
from api.pagination import encode_cursor
from api.pagination import is_behind
from api.pagination import is_settled
from api.pagination import place_of
from api.problems import Problem

SECRET: Final = b"s" * 32
LONG: Final = st.integers(-(2**63), 2**63 - 1)
CURSOR: Final = Cursor("options", "before", (1_763_650_800_123_456_789, 8812, "x:1"), "abc")


@given(LONG, LONG, st.text(max_size=80), st.sampled_from(("before", "after")))
def test_cursor_comes_back_as_it_was(
    ts: int, seq: int, trace_id: str, direction: Literal["before", "after"]
) -> None:
    cursor = Cursor("flow", direction, (ts, seq, trace_id), "wish")
    expected = msgspec.structs.replace(cursor, order=(0, 0, ""))

    assert decode_cursor(encode_cursor(cursor, SECRET), SECRET, expected) == cursor


@given(st.data())
def test_cursor_with_any_character_changed_is_invalid(data: st.DataObject) -> None:
    text = encode_cursor(CURSOR, SECRET)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda each: each != text[at]))

    with pytest.raises(Problem) as refused:
        decode_cursor(text[:at] + other + text[at + 1 :], SECRET, CURSOR)

    assert (refused.value.code, refused.value.status) == ("cursor_invalid", 400)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_text_that_is_no_cursor_is_invalid(text: str) -> None:
    with pytest.raises(Problem) as refused:
        decode_cursor(text, SECRET, CURSOR)

    assert refused.value.code == "cursor_invalid"


def test_cursor_of_another_gateway_is_invalid() -> None:
    with pytest.raises(Problem) as refused:
        decode_cursor(encode_cursor(CURSOR, b"t" * 32), SECRET, CURSOR)

    assert refused.value.code == "cursor_invalid"


@pytest.mark.parametrize("change", [{"stream": "flow"}, {"direction": "after"}, {"wish": "other"}])
def test_cursor_of_another_wish_does_not_fit(change: dict[str, str]) -> None:
    text = encode_cursor(CURSOR, SECRET)

    with pytest.raises(Problem) as refused:
        decode_cursor(text, SECRET, msgspec.structs.replace(CURSOR, **change))

    assert (refused.value.code, refused.value.status) == ("cursor_mismatch", 400)


def items_at(*places: tuple[int, int]) -> list[Item]:
    return [
        Item(None, b"{}", str(number), 1, (ts, seq, str(number)))
        for number, (ts, seq) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("places", "limit", "shown", "more"),
    [
        ([(3, 1), (2, 1), (1, 1)], 2, 2, True),
        ([(3, 1), (2, 1), (1, 1)], 3, 3, False),
        ([(3, 1), (2, 1), (2, 1), (1, 1)], 2, 3, True),
        ([(3, 1), (2, 1), (2, 1)], 2, 3, False),
        ([(3, 1), (2, 2), (2, 1)], 2, 2, True),
        ([(2, 1), (2, 1), (2, 1)], 1, 3, False),
        ([], 5, 0, False),
    ],
)
def test_page_is_cut_behind_a_tie(
    places: list[tuple[int, int]], limit: int, shown: int, more: bool
) -> None:
    page, has_more = cut(items_at(*places), limit)

    assert (len(page), has_more) == (shown, more)


def test_page_is_settled_only_when_a_further_place_is_known() -> None:
    assert not is_settled(items_at((3, 1), (2, 1)), 2)
    assert not is_settled(items_at((3, 1), (2, 1), (2, 1)), 2)
    assert is_settled(items_at((3, 1), (2, 1), (2, 1), (1, 1)), 2)


@pytest.mark.parametrize(
    ("place", "is_before", "is_after"),
    [
        (Place(5), False, False),
        (Place(6), True, False),
        (Place(5, 2), False, False),
        (Place(5, 3), True, False),
        (Place(5, 1), False, True),
        (Place(5, 2, "b"), False, False),
        (Place(5, 2, "c"), True, False),
        (Place(5, 2, "a"), False, True),
    ],
)
def test_what_lies_behind_a_place_excludes_the_place(
    place: Place, is_before: bool, is_after: bool
) -> None:
    assert is_behind((5, 2, "b"), place, "before") is is_before
    assert is_behind((5, 2, "b"), place, "after") is is_after


def test_sequence_without_its_time_is_refused() -> None:
    assert place_of(None, None, "before") is None
    with pytest.raises(Problem, match="before_seq"):
        place_of(None, 7, "before")
