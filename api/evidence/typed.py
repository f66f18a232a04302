"""What somebody types to find a symbol or a contract."""

import re
from datetime import date
from typing import Final

import msgspec

MAX_TYPED: Final = 40
_OCC: Final = re.compile(r"^([A-Z0-9.]{1,6}) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})$")
_DASHED: Final = re.compile(r"^([A-Z0-9.]{1,6})-(\d{4})-(\d{2})-(\d{2})-(\d+(?:\.\d+)?)-([CP])$")
_SYMBOL: Final = re.compile(r"^[A-Z][A-Z0-9.]{0,5}$")
_STRIKE: Final = re.compile(r"^\$?(\d{1,6}(?:\.\d{1,4})?)(C|P|CALLS?|PUTS?)?$")
_RIGHT: Final = re.compile(r"^(C|P|CALLS?|PUTS?)$")
_DATE: Final = re.compile(r"^(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?$|^(\d{4})-(\d{2})-(\d{2})$")


class Typed(msgspec.Struct, frozen=True):
    """
    What was meant.

    Parameters
    ----------
    prefix : str
        Begin of a root symbol, or the symbol of contracts.
    strike : float
        Dollars; 0 when not said.
    right : str
        C, P, or empty when not said.
    year, month, day : int
        Of the expiry; 0 when not said.
    """

    prefix: str
    strike: float = 0.0
    right: str = ""
    year: int = 0
    month: int = 0
    day: int = 0

    @property
    def is_contract(self) -> bool:
        """Whether more than a symbol was said."""
        return bool(self.strike or self.right or self.month)


def parse_typed(text: str) -> Typed | None:
    """
    Read a symbol or contract in any of the ways people write them.

    Parameters
    ----------
    text : str
        E.g. `nv`, `NVDA 500C 12/19`, OCC `NVDA  251219C00500000`, `NVDA-2025-12-19-500-C`.

    Returns
    -------
    Typed | None
        Null when it is none of these.

    Examples
    --------
    >>> parse_typed("nvda 500c 12/19")
    Typed(prefix='NVDA', strike=500.0, right='C', year=0, month=12, day=19)
    >>> parse_typed("NVDA251219C00500000")
    Typed(prefix='NVDA', strike=500.0, right='C', year=2025, month=12, day=19)
    """
    plain = text.strip().upper()
    occ = _OCC.match(plain)
    if occ is not None:
        root, year, month, day, right, strike = occ.groups()
        return _dated(Typed(root, int(strike) / 1000, right), 2000 + int(year), month, day)
    dashed = _DASHED.match(plain)
    if dashed is not None:
        root, year, month, day, strike, right = dashed.groups()
        return _dated(Typed(root, float(strike), right), int(year), month, day)
    words = plain.split()
    if not words or len(plain) > MAX_TYPED or not _SYMBOL.match(words[0]):
        return None
    found: Typed | None = Typed(words[0])
    for word in words[1:]:
        found = None if found is None else _with(found, word)
    return found


def _with(typed: Typed, word: str) -> Typed | None:
    strike, right, day = _STRIKE.match(word), _RIGHT.match(word), _DATE.match(word)
    if right is not None and not typed.right:
        return msgspec.structs.replace(typed, right=word[0])
    if strike is not None and not typed.strike:
        said = strike[2]
        return msgspec.structs.replace(
            typed, strike=float(strike[1]), right=said[0] if said else typed.right
        )
    if day is not None and not typed.month:
        if day[4]:
            return _dated(typed, int(day[4]), day[5], day[6])
        year = int(day[3] or 0)
        return _dated(typed, year + 2000 if 0 < year < 100 else year, day[1], day[2])
    return None


def _dated(typed: Typed, year: int, month: str, day: str) -> Typed | None:
    try:
        # A leap year, where none was said: the day has to exist in some year.
        date(year or 2000, int(month), int(day))
    except ValueError:
        return None
    return msgspec.structs.replace(typed, year=year, month=int(month), day=int(day))
