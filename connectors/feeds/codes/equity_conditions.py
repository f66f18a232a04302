"""Sale conditions of equities: vendors' ids and bits to the letters of the equities policy."""

from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from flows.common.conditions import LETTERS
from flows.common.conditions import canonical

SUSPICIOUS: Final = "suspicious"
NO_EXTENDED_CONDITION: Final = "255"

# Theta and Cboe stock ids, one numbering. Source: feeds specification, 12.
STOCK_CONDITIONS: Final = MappingProxyType(
    {
        "0": "",
        "32": "",
        NO_EXTENDED_CONDITION: "",
        "1": "T",
        "2": "Z",
        "3": "W",
        "4": "W",
        "6": "O",
        "7": "O",
        "8": "P",
        "9": "N",
        "10": "B",
        "11": "C",
        "12": "R",
        "13": "L",
        "14": "K",
        "15": "G",
        "22": "A",
        "29": "K",
        "30": "D",
        "31": "S",
        "45": "X",
        "51": "M",
        "55": "1",
        "62": "O",
        "65": "U",
        "66": "Q",
        "79": "Y",
        "95": "F",
        "96": "4",
        "97": "5",
        "98": "6",
        "104": "H",
        "105": "V",
        "108": "8",
        "115": "I",
        "117": "9",
        "124": "7",
    }
)
MASSIVE_CONDITIONS: Final = MappingProxyType(
    {
        0: "@",
        1: "A",
        2: "W",
        3: "E",
        4: "B",
        5: "G",
        7: "C",
        8: "6",
        9: "X",
        10: "4",
        11: "D",
        12: "T",
        13: "U",
        14: "F",
        15: "M",
        16: "Q",
        20: "N",
        21: "H",
        22: "P",
        23: "K",
        25: "O",
        27: "1",
        28: "5",
        29: "R",
        30: "L",
        33: "Z",
        34: "S",
        36: "Y",
        37: "I",
        38: "9",
        41: "8",
        52: "V",
        53: "7",
    }
)
LEAN_CONDITIONS: Final = MappingProxyType(
    {
        0x1: "@",
        0x2: "C",
        0x4: "N",
        0x8: "R",
        0x10: "Y",
        0x20: "F",
        0x40: "O",
        0x80: "6",
        0x100: "5",
        0x200: "4",
        0x400: "T",
        0x800: "L",
        0x1000: "1",
        0x2000: "T",
        0x4000: "Z",
        0x8000: "S",
        0x10000: "A",
        0x20000: "B",
        0x40000: "V",
        0x80000: "D",
        0x100000: "W",
        0x200000: "X",
        0x400000: "H",
        0x800000: "K",
        0x1000000: "M",
        0x2000000: "P",
        0x4000000: "Q",
        0x10000000: "E",
        0x20000000: "8",
        0x80000000: "I",
    }
)
# Extended hours and out of sequence are one condition of the tape.
_LEAN_EXTENDED_AND_LATE: Final = 0x2000 | 0x4000
_EXTENDED_SOLD: Final = "U"
# Quote bits: trading range, market maker closed, volatility pause, not firm, price bands.
LEAN_NOT_FIRM: Final = 0x40 | 0x100 | 0x200 | 0x400 | 0x40000 | 0x80000

# Ids and bits tell bunched and average price apart, as the letters of this tape do.
_UNAMBIGUOUS_TAPE: Final = "C"
_KNOWN: Final = frozenset(LETTERS)


class SaleConditions(msgspec.Struct, frozen=True):
    """
    Conditions of one print.

    Parameters
    ----------
    letters : tuple[str, ...]
        Canonical letters, each once; unknown codes as `nx:<id>`, `lean:<hex>` or the letter sent.
    raw : tuple[str, ...]
        As received.
    unknown : tuple[str, ...]
        Those among `letters` that the policy does not know, to be counted.
    """

    letters: tuple[str, ...]
    raw: tuple[str, ...]
    unknown: tuple[str, ...]


NO_SALE_CONDITIONS: Final = SaleConditions((), (), ())


def _of(tape: str | None, letters: list[str], raw: tuple[str, ...]) -> SaleConditions:
    found = canonical(tape, letters)
    unknown = tuple(letter for letter in found if letter not in _KNOWN)
    return SaleConditions(found, raw, unknown)


@lru_cache(maxsize=4096)
def stock_conditions(raw: tuple[str, ...]) -> SaleConditions:
    """
    Read condition ids of ThetaData or Cboe DataShop for stocks.

    Parameters
    ----------
    raw : tuple[str, ...]
        Ids as text. An unmapped one becomes `nx:<id>`.
    """
    letters = [STOCK_CONDITIONS.get(code, f"nx:{code}") for code in raw]
    return _of(_UNAMBIGUOUS_TAPE, letters, raw)


@lru_cache(maxsize=4096)
def massive_conditions(raw: tuple[int, ...]) -> SaleConditions:
    """
    Read condition ids of Massive (formerly Polygon) for stocks.

    Parameters
    ----------
    raw : tuple[int, ...]
        Ids. An unmapped one becomes `nx:<id>`.
    """
    letters = [MASSIVE_CONDITIONS.get(code, f"nx:{code}") for code in raw]
    return _of(_UNAMBIGUOUS_TAPE, letters, tuple(str(code) for code in raw))


@lru_cache(maxsize=4096)
def lettered_conditions(tape: str | None, text: str) -> SaleConditions:
    """
    Read the four positions of a tape: TAQ's `"4 B"` or `"FTI"`, letters of Alpaca and IBKR.

    Parameters
    ----------
    tape : str | None
        `A`, `B` or `C`; None when the feed does not tell.
    text : str
        Each character that is not blank is a letter.
    """
    letters = [letter for letter in text if not letter.isspace()]
    return _of(tape, letters, tuple(letters))


@lru_cache(maxsize=4096)
def lean_conditions(sent: str, *, is_suspicious: bool = False) -> SaleConditions:
    """
    Read the bit field of LEAN trade ticks.

    Parameters
    ----------
    sent : str
        Hexadecimal digits; empty or 0 is no condition. An unmapped bit becomes `lean:<hex>`.
    is_suspicious : bool
        LEAN's own doubt; it goes to `raw` as `suspicious`.

    Raises
    ------
    ValueError
        It is no hexadecimal number.
    """
    bits = int(sent, 16) if sent else 0
    is_late = bits & _LEAN_EXTENDED_AND_LATE == _LEAN_EXTENDED_AND_LATE
    letters = [_EXTENDED_SOLD] if is_late else []
    rest = bits & ~_LEAN_EXTENDED_AND_LATE if is_late else bits
    while rest > 0:
        bit = rest & -rest
        letters.append(LEAN_CONDITIONS.get(bit, f"lean:{bit:x}"))
        rest ^= bit
    raw = (sent,) if sent else ()
    return _of(_UNAMBIGUOUS_TAPE, letters, (*raw, SUSPICIOUS) if is_suspicious else raw)
