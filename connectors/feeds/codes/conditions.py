"""Sale conditions of options: vendors' ids, mnemonics and words to OPRA letters."""

from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from flows.options.conditions import KNOWN_CONDITIONS

# A cancel of a stopped trade (CSTP) has no OPRA letter; it is published as any other cancel.
_CANCEL: Final = "A"
_ALPHABET: Final = "abcdefghijklmnopqrst"

# Theta and Cboe ids, one numbering. Source: feeds specification, 12.
NUMBERED_CONDITIONS: Final = MappingProxyType(
    {
        "0": "",
        "2": "B",
        "5": "F",
        "6": "F",
        "7": "H",
        "13": "D",
        "18": "I",
        "21": "J",
        "34": "ADJT",
        "35": "f",
        "36": "f",
        "37": "n",
        "38": "f",
        "39": "STPD",
        "40": "A",
        "41": "C",
        "42": "E",
        "43": "G",
        "44": _CANCEL,
        "95": "S",
        "106": "SPIM",
        "107": "BNMT",
        "108": "XMPT",
        "118": "v",
        "145": "",
        "146": "",
        "147": "u",
        "148": "v",
        **{str(125 + at): letter for at, letter in enumerate(_ALPHABET)},
    }
)
NUMBERED_AGGRESSORS: Final = MappingProxyType({"145": "buy", "146": "sell"})
NO_EXTENDED_CONDITION: Final = "255"

# Mnemonics and words. Source: options flow specification, 2.
WORD_CONDITIONS: Final = MappingProxyType(
    {
        "CANC": "A",
        "CNCL": "C",
        "CNCO": "E",
        "CNOL": "G",
        "CSTP": _CANCEL,
        "OSEQ": "B",
        "LATE": "D",
        "OPEN": "F",
        "OPNL": "H",
        "AUTO": "I",
        "REOP": "J",
        "ISOI": "S",
        "SLAN": "a",
        "SLAI": "b",
        "SLCN": "c",
        "SLCI": "d",
        "SCLI": "d",
        "SLFT": "e",
        "MLET": "f",
        "MLAT": "g",
        "MLCT": "h",
        "MLFT": "i",
        "MESL": "j",
        "TLAT": "k",
        "MASL": "l",
        "MFSL": "m",
        "TLET": "n",
        "TLCT": "o",
        "TLFT": "p",
        "TESL": "q",
        "TASL": "r",
        "TFSL": "s",
        "CBMO": "t",
        "MCTP": "u",
        "EXHT": "v",
        "SPRD": "f",
        "STDL": "f",
        "CMBO": "f",
        "BWRT": "n",
        "SWEEP": "S",
        "ISO": "S",
        "AUCTION": "a",
        "CROSS": "c",
        "COMPLEX": "f",
        "SPREAD": "f",
        "OPENING": "H",
        "FILL": "I",
        "REGULAR": "I",
    }
)


class Conditions(msgspec.Struct, frozen=True):
    """
    Conditions of one print.

    Parameters
    ----------
    letters : tuple[str, ...]
        Normalised OPRA letters; unknown ones as the vendor wrote them.
    raw : tuple[str, ...]
        As received.
    unknown : tuple[str, ...]
        Those among `letters` that the policy does not know, to be counted.
    vendor_aggressor : str | None
        `buy` or `sell` where the code says so.
    """

    letters: tuple[str, ...]
    raw: tuple[str, ...]
    unknown: tuple[str, ...]
    vendor_aggressor: str | None = None


NO_CONDITIONS: Final = Conditions((), (), ())


def _of(letters: list[str], raw: tuple[str, ...], vendor_aggressor: str | None) -> Conditions:
    kept = tuple(letter for letter in letters if letter)
    return Conditions(
        letters=kept,
        raw=raw,
        unknown=tuple(letter for letter in kept if letter not in KNOWN_CONDITIONS),
        vendor_aggressor=vendor_aggressor,
    )


@lru_cache(maxsize=4096)
def numbered_conditions(raw: tuple[str, ...]) -> Conditions:
    """
    Read condition ids of ThetaData or Cboe DataShop.

    Parameters
    ----------
    raw : tuple[str, ...]
        Ids as text. An unmapped one becomes `nx:<id>`.
    """
    letters = [NUMBERED_CONDITIONS.get(code, f"nx:{code}") for code in raw]
    sides = [NUMBERED_AGGRESSORS[code] for code in raw if code in NUMBERED_AGGRESSORS]
    return _of(letters, raw, sides[0] if sides else None)


@lru_cache(maxsize=4096)
def worded_conditions(raw: tuple[str, ...]) -> Conditions:
    """
    Read mnemonics (`AUTO`, `MLET`) or words (`Spread`) in any case.

    Parameters
    ----------
    raw : tuple[str, ...]
        As received; unknown ones keep their name.
    """
    return _of([WORD_CONDITIONS.get(word.upper(), word) for word in raw], raw, None)
