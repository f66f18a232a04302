"""The table of sale conditions, typed in again from the equities specification, 4."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.conditions import LETTERS
from flows.common.conditions import Update
from flows.common.conditions import canonical
from flows.common.conditions import policy
from flows.common.conditions import unknown_letters

ALL: Final = Update(True, "yes", True, True, True, True)
SESSIONS: Final = ("pre", "rth", "post", "closed")
TAPES: Final = ("A", "B", "C", None)

# letter: vol, last, h/l, lev, dir, base; "ext" is on in pre and post only
TABLE: Final = {
    "@": "y y y y y y",
    "E": "y y y y y y",
    "Y": "y y y y y y",
    "8": "y y y y y y",
    "F": "y y y y y y",
    "A": "y y y y - y",
    "D": "y y y y - y",
    "S": "y y y y - y",
    "1": "y y y y - y",
    "B": "y y y y - -",
    "W": "y - - - - -",
    "G": "y first y - - -",
    "C": "y - - - - -",
    "N": "y - - - - -",
    "R": "y - - - - -",
    "H": "y - - - - -",
    "I": "y - - y y -",
    "K": "y y y y - y",
    "L": "y newest y y - y",
    "M": "- - - - - -",
    "Q": "- - - - - -",
    "O": "y y y y - -",
    "5": "y y y y - -",
    "6": "y y y y - -",
    "P": "y first y - - -",
    "T": "y ext ext y ext ext",
    "U": "y - - - - -",
    "V": "y - - - - -",
    "X": "y y y y - y",
    "Z": "y first y - - -",
    "4": "y first y - - -",
    "7": "y - - - - -",
    "9": "- y y - - -",
}
LASTS: Final = {"-": "no", "first": "if_first", "newest": "if_newest", "y": "yes"}


def expected(letter: str, session: str) -> Update:
    extended = "y" if session in {"pre", "post"} else "-"
    cells = TABLE[letter].replace("ext", extended).split()
    flags = [cell == "y" for cell in cells]
    # The closed set of `last` is checked by equality, so a str is enough here.
    return Update(flags[0], LASTS[cells[1]], *flags[2:])  # type: ignore[arg-type]


def test_table_has_every_letter_of_the_specification_and_no_other() -> None:
    assert sorted(LETTERS) == sorted(TABLE)


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("tape", TAPES)
@pytest.mark.parametrize("letter", TABLE)
def test_each_letter_on_each_tape(letter: str, tape: str | None, session: str) -> None:
    conditions = canonical(tape, [letter])
    meant = "W" if letter == "B" and tape != "C" else letter
    assert conditions == (meant,)
    assert policy(conditions, session) == expected(meant, session)


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("conditions", [(), ("@",), ("?",), ("@", "J"), ("IEX",)])
def test_no_condition_and_unknown_letters_restrict_nothing(
    conditions: tuple[str, ...], session: str
) -> None:
    assert policy(conditions, session) == ALL


@pytest.mark.parametrize(
    ("tape", "letters", "found"),
    [
        ("A", ["B"], ("W",)),
        ("B", ["B", "I"], ("W", "I")),
        ("C", ["B"], ("B",)),
        (None, ["B"], ("W",)),
        ("A", ["B", "W"], ("W",)),
        ("C", ["B", "W"], ("B", "W")),
        ("C", ["@", " ", "", "T", "I"], ("@", "T", "I")),
        ("C", ["I", "@", "I"], ("I", "@")),
        ("C", ["T "], ("T",)),
        ("C", "@FTI", ("@", "F", "T", "I")),
        (None, ["j", "?"], ("j", "?")),
        ("A", [], ()),
    ],
)
def test_canonical_letters_keep_order_once_each_without_blanks(
    tape: str | None, letters: list[str] | str, found: tuple[str, ...]
) -> None:
    assert canonical(tape, letters) == found


@pytest.mark.parametrize(
    ("conditions", "session", "last"),
    [
        (("Z", "L"), "rth", "if_first"),
        (("L", "Z"), "rth", "if_first"),
        (("L", "@"), "rth", "if_newest"),
        (("P", "@"), "rth", "if_first"),
        (("Z", "I"), "rth", "no"),
        (("L", "W"), "rth", "no"),
        (("T", "L"), "pre", "if_newest"),
        (("T", "L"), "rth", "no"),
    ],
)
def test_narrower_of_two_rules_for_the_last_price_holds(
    conditions: tuple[str, ...], session: str, last: str
) -> None:
    assert policy(conditions, session).last == last


def test_official_close_on_a_closing_print_counts_nothing_twice() -> None:
    assert policy(("6", "M"), "post") == Update(False, "no", False, False, False, False)


@given(
    st.lists(st.sampled_from([*TABLE, "?"]), max_size=5),
    st.sampled_from(SESSIONS),
)
def test_several_conditions_are_the_and_of_each(letters: list[str], session: str) -> None:
    found = policy(tuple(letters), session)
    singles = [policy((letter,), session) for letter in letters] or [ALL]
    for flag in ("volume", "high_low", "levels", "direction", "baseline"):
        assert getattr(found, flag) == all(getattr(single, flag) for single in singles)
    order = list(LASTS.values())
    assert found.last == order[min(order.index(single.last) for single in singles)]
    assert found == policy(tuple(reversed(letters)), session)


def test_unknown_letters_are_named_in_order() -> None:
    assert unknown_letters(("@", "J", "F", "?")) == ("J", "?")
    assert unknown_letters(tuple(TABLE)) == ()
