"""Sale conditions of equities: one letter for each meaning, and what a print may update."""

from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from typing import Literal

import msgspec

from flows.common.sessions import POST
from flows.common.sessions import PRE

CTA_TAPES: Final = ("A", "B")
UTP_TAPE: Final = "C"
AVERAGE_PRICE: Final = "W"
ODD_LOT: Final = "I"

Last = Literal["no", "if_first", "if_newest", "yes"]
# From never to always. Without an earlier last there is none of a later execution either, so
# what holds only for the first is the narrower of the two.
_LAST_ORDER: Final[tuple[Last, ...]] = ("no", "if_first", "if_newest", "yes")


class Update(msgspec.Struct, frozen=True, gc=False):
    """
    What a print may change.

    Parameters
    ----------
    volume : bool
        Counts to volume.
    last : str
        Whether it may set open and close: `yes`, `no`, `if_first` (only when the underlying has no
        earlier last this session) or `if_newest` (only when no last-eligible print of a later
        execution was seen).
    high_low : bool
        May set high and low.
    levels : bool
        May enter profiles, levels and zones.
    direction : bool
        May carry a side.
    baseline : bool
        May enter baselines of size.

    Notes
    -----
    Source: equities specification, 4.
    """

    volume: bool
    last: Last
    high_low: bool
    levels: bool
    direction: bool
    baseline: bool


_ALL: Final = Update(True, "yes", True, True, True, True)
_NOTHING: Final = Update(False, "no", False, False, False, False)
_VOLUME_ONLY: Final = Update(True, "no", False, False, False, False)
_UNDIRECTED: Final = Update(True, "yes", True, True, False, True)
_LEVELS_AT_MOST: Final = Update(True, "yes", True, True, False, False)
_IF_FIRST: Final = Update(True, "if_first", True, False, False, False)
_ODD_LOT: Final = Update(True, "no", False, True, True, False)
_SOLD_LAST: Final = Update(True, "if_newest", True, True, False, True)
_CORRECTED_CLOSE: Final = Update(False, "yes", True, False, False, False)
_FORM_T_OUTSIDE_RTH: Final = _ALL
_FORM_T_ELSE: Final = Update(True, "no", False, True, False, False)
_FORM_T: Final = "T"

_BY_LETTER: Final[Mapping[str, Update]] = MappingProxyType(
    {
        "@": _ALL,  # regular
        "E": _ALL,  # automatic execution
        "Y": _ALL,  # yellow flag
        "8": _ALL,  # rule 611 exempt
        "F": _ALL,  # intermarket sweep
        "A": _UNDIRECTED,  # acquisition
        "D": _UNDIRECTED,  # distribution
        "S": _UNDIRECTED,  # split
        "1": _UNDIRECTED,  # stopped stock
        "B": _LEVELS_AT_MOST,  # bunched
        "W": _VOLUME_ONLY,  # average price
        "G": _IF_FIRST,  # bunched sold
        "C": _VOLUME_ONLY,  # cash settlement
        "N": _VOLUME_ONLY,  # next day settlement
        "R": _VOLUME_ONLY,  # seller settlement
        "H": _VOLUME_ONLY,  # price variation
        "I": _ODD_LOT,
        "K": _UNDIRECTED,  # rule 127 or 155 block
        "L": _SOLD_LAST,
        # Official prices repeat volume that was printed already; counting them counts it twice.
        "M": _NOTHING,  # official close
        "Q": _NOTHING,  # official open
        "O": _LEVELS_AT_MOST,  # opening print
        "5": _LEVELS_AT_MOST,  # reopening print
        "6": _LEVELS_AT_MOST,  # closing print
        "P": _IF_FIRST,  # prior reference price
        "T": _FORM_T_ELSE,  # extended hours; more outside the regular session
        "U": _VOLUME_ONLY,  # extended hours, sold out of sequence
        "V": _VOLUME_ONLY,  # contingent
        "X": _UNDIRECTED,  # cross
        "Z": _IF_FIRST,  # sold, out of sequence
        "4": _IF_FIRST,  # derivatively priced
        "7": _VOLUME_ONLY,  # qualified contingent
        "9": _CORRECTED_CLOSE,  # corrected consolidated close
    }
)
LETTERS: Final = tuple(_BY_LETTER)


def canonical(tape: str | None, letters: Sequence[str]) -> tuple[str, ...]:
    """
    Return conditions in letters that mean one thing each.

    Parameters
    ----------
    tape : str | None
        `A`, `B` (CTA), `C` (UTP); None when the feed does not tell.
    letters : sequence of str
        As the tape sends them, a condition each; a plain string is taken letter by letter.

    Returns
    -------
    tuple[str, ...]
        In the order sent, each once, without blanks. `B` is average price on CTA and becomes `W`,
        and so it does on an unknown tape, the reading that claims less; on UTP it stays bunched.
        Letters that are not known pass through.

    Notes
    -----
    Source: equities specification, 4.

    Examples
    --------
    >>> canonical("A", ["@", "B", " "]), canonical("C", "@FB")
    (('@', 'W'), ('@', 'F', 'B'))
    """
    return _canonical(tape == UTP_TAPE, tuple(letters))


@lru_cache(maxsize=16_384)
def _canonical(is_utp: bool, letters: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for sent in letters:
        letter = sent.strip()
        if letter == "B" and not is_utp:
            letter = AVERAGE_PRICE
        if letter:
            found[letter] = None
    return tuple(found)


@lru_cache(maxsize=16_384)
def policy(conditions: tuple[str, ...], session: str) -> Update:
    """
    Return what a print may update: the AND over its conditions, flag by flag.

    Parameters
    ----------
    conditions : tuple of str
        Canonical letters; none is a regular trade, a letter that is not known restricts nothing.
    session : str
        `pre`, `rth`, `post` or `closed`; decides what extended-hours trades (`T`) may do.

    Notes
    -----
    Of two values of `last` the narrower holds: no, if_first, if_newest, yes. Source: equities
    specification, 4.

    Examples
    --------
    >>> policy(("F", "I"), "rth").direction, policy(("T",), "pre").last, policy(("T",), "rth").last
    (True, 'yes', 'no')
    """
    found = _ALL
    for letter in conditions:
        found = _both(found, _update_of(letter, session))
    return found


def _update_of(letter: str, session: str) -> Update:
    if letter == _FORM_T and session in {PRE, POST}:
        return _FORM_T_OUTSIDE_RTH
    return _BY_LETTER.get(letter, _ALL)


def _both(one: Update, other: Update) -> Update:
    return Update(
        one.volume and other.volume,
        min(one.last, other.last, key=_LAST_ORDER.index),
        one.high_low and other.high_low,
        one.levels and other.levels,
        one.direction and other.direction,
        one.baseline and other.baseline,
    )


@lru_cache(maxsize=16_384)
def unknown_letters(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the conditions that are in no table, so that they can be counted; mostly none."""
    return tuple([letter for letter in conditions if letter not in _BY_LETTER])
