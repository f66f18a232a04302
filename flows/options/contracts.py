"""Option contracts: symbols, contract ids, underlyings, expiry instants."""

import re
from datetime import date
from datetime import timedelta
from decimal import Decimal
from decimal import InvalidOperation
from functools import lru_cache
from typing import Final
from typing import Literal

import msgspec

from flows.common.calendar import EPOCH
from flows.common.calendar import FIRST_CALENDAR_YEAR
from flows.common.calendar import LAST_CALENDAR_YEAR
from flows.common.calendar import eastern_ns
from flows.common.calendar import last_session_at_or_before
from flows.errors import RejectedEvent
from flows.options.sessions import settlement_ns
from flows.options.sessions import trade_date_and_session

__all__ = [
    "AM_SETTLED_ROOTS",
    "INDEX_UNDERLYINGS",
    "ContractId",
    "RejectedContract",
    "contract_from_parts",
    "contract_id",
    "eastern_ns",
    "expiry_instant_ns",
    "is_root",
    "osi_symbol",
    "parse_contract",
    "session_before",
    "trade_date_and_session",
    "underlying_of",
    "underlying_of_symbol",
]

AM_SETTLED_ROOTS: Final = frozenset({"SPX", "NDX", "RUT", "VIX", "VIXW"})
INDEX_UNDERLYINGS: Final = frozenset({"SPX", "NDX", "RUT", "VIX", "XSP", "DJX", "OEX", "MRUT"})
UNDERLYING_ALIASES: Final = {
    "SPXW": "SPX",
    "NDXP": "NDX",
    "RUTW": "RUT",
    "VIXW": "VIX",
    "XEO": "OEX",
    "BRKB": "BRK.B",
    "BFB": "BF.B",
}
MAX_STRIKE_E3: Final = 999_999_999

_ROOT: Final = re.compile(r"[A-Z0-9]{1,6}")
_OSI_TAIL: Final = 15
_RIGHTS: Final = {"C": "C", "P": "P", "CALL": "C", "PUT": "P"}


class RejectedContract(RejectedEvent):
    """A symbol names no option contract; the record that carries it belongs in the dead letters."""


class ContractId(msgspec.Struct, frozen=True):
    """
    One listed option contract, parsed once.

    Parameters
    ----------
    option_contract_id : str
        `ROOT-YYYY-MM-DD-STRIKE-C|P`.
    underlying_id : str
        Root symbol of the underlying.
    root : str
        Option root as listed.
    expiry : int
        Days since 1970-01-01.
    strike : float
        $.
    right : str
        `C` or `P`.
    adjusted : bool
        The deliverable is not 100 shares (root ends in a digit).
    flex : bool
        FLEX contract (root begins with a digit).
    """

    option_contract_id: str
    underlying_id: str
    root: str
    expiry: int
    strike: float
    right: str
    adjusted: bool
    flex: bool


def _reject(symbol: object, why: str) -> RejectedContract:
    msg = (
        f"bad_symbol {symbol!r}: {why}; expected an OSI symbol such as 'SPY   251219C00650000' "
        "or ROOT-YYYY-MM-DD-STRIKE-C|P"
    )
    return RejectedContract(msg)


def is_root(text: str) -> bool:
    """Tell whether a text can be an option root: 1 to 6 of A-Z and 0-9, with a letter."""
    return _ROOT.fullmatch(text) is not None and not text.isdigit()


def underlying_of(root: str) -> str:
    """
    Return the underlying of an option root.

    Notes
    -----
    Source: options flow specification, 1.2: digits of adjusted and FLEX roots are dropped, weekly
    index roots and share classes are mapped, otherwise the root is the underlying.
    """
    bare = root.strip("0123456789") or root
    return UNDERLYING_ALIASES.get(bare, bare)


def _listed(symbol: str) -> str:
    return symbol.strip().upper().lstrip("^$").replace(".", "").replace("/", "")


def underlying_of_symbol(symbol: str) -> str:
    """
    Return the underlying of a listed stock symbol, which share classes write with a dot.

    Examples
    --------
    >>> underlying_of_symbol("BRK.B"), underlying_of_symbol("MOG.A")
    ('BRK.B', 'MOGA')
    """
    listed = _listed(symbol)
    return UNDERLYING_ALIASES.get(listed, listed)


def contract_id(root: str, expiry_days: int, strike: float, right: str) -> str:
    """
    Return the id of a contract from checked parts.

    Parameters
    ----------
    root : str
        Option root.
    expiry_days : int
        Days since 1970-01-01.
    strike : float
        $, a multiple of 0.001.
    right : str
        `C` or `P`.
    """
    return _render(root, expiry_days, round(strike * 1000), right)


def _render(root: str, expiry_days: int, strike_e3: int, right: str) -> str:
    whole, thousandths = divmod(strike_e3, 1000)
    text = f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".") if thousandths else str(whole)
    return f"{root}-{(EPOCH + timedelta(days=expiry_days)).isoformat()}-{text}-{right}"


def _build(symbol: object, root: str, expiry: date, strike_e3: int, right: str) -> ContractId:
    if _ROOT.fullmatch(root) is None:
        raise _reject(symbol, f"root {root!r} is not 1 to 6 of A-Z and 0-9")
    if root.isdigit():
        raise _reject(symbol, f"root {root!r} has no letter")
    if not FIRST_CALENDAR_YEAR <= expiry.year <= LAST_CALENDAR_YEAR:
        raise _reject(symbol, f"expiry year {expiry.year} is outside 1990 to 2099")
    if not 0 < strike_e3 <= MAX_STRIKE_E3:
        raise _reject(symbol, f"strike {strike_e3 / 1000} is not above 0 and below 1,000,000")
    expiry_days = (expiry - EPOCH).days
    return ContractId(
        option_contract_id=_render(root, expiry_days, strike_e3, right),
        underlying_id=underlying_of(root),
        root=root,
        expiry=expiry_days,
        strike=strike_e3 / 1000,
        right=right,
        adjusted=root[-1].isdigit(),
        flex=root[0].isdigit(),
    )


def _strike_e3(symbol: object, strike: float | str | Decimal) -> int:
    try:
        thousandths = Decimal(str(strike)) * 1000
    except InvalidOperation:
        raise _reject(symbol, f"strike {strike!r} is not a number") from None
    if not thousandths.is_finite() or thousandths != thousandths.to_integral_value():
        raise _reject(symbol, f"strike {strike!r} has more than 3 decimals or is not finite")
    return int(thousandths)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _calendar_date(symbol: str, year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _reject(symbol, f"expiry {year}-{month}-{day} is no date") from None


@lru_cache(maxsize=131072)
def parse_contract(symbol: str) -> ContractId:
    """
    Parse an option symbol.

    Parameters
    ----------
    symbol : str
        OSI, padded to 21 characters or not, with or without a prefix `O:` or `.`; or our own id.

    Raises
    ------
    RejectedContract
        The symbol names no contract.

    Notes
    -----
    Source: options flow specification, 1.2.

    Examples
    --------
    >>> parse_contract("SPY   251219C00650000").option_contract_id
    'SPY-2025-12-19-650-C'
    >>> parse_contract("XSP-2026-01-16-612.5-P").strike
    612.5
    """
    text = symbol.strip().removeprefix("O:").removeprefix(".")
    parts = text.rsplit("-", 5)
    if len(parts) == 6:
        root, year, month, day, strike, right = parts
        shaped = (len(year), len(month), len(day)) == (4, 2, 2) and _is_digits(year + month + day)
        if not shaped or right not in {"C", "P"} or not _is_digits(strike.replace(".", "", 1)):
            raise _reject(symbol, "it is not of the form ROOT-YYYY-MM-DD-STRIKE-C|P")
        expiry = _calendar_date(symbol, year, month, day)
        return _build(symbol, root, expiry, _strike_e3(symbol, strike), right)
    text = text.replace(" ", "")
    root, tail = text[:-_OSI_TAIL], text[-_OSI_TAIL:]
    right = tail[6:7]
    if right not in {"C", "P"} or not _is_digits(tail[:6] + tail[7:]) or len(tail) != _OSI_TAIL:
        raise _reject(symbol, "it does not end in yymmdd, C or P, and 8 digits")
    expiry = _calendar_date(symbol, "20" + tail[:2], tail[2:4], tail[4:6])
    return _build(symbol, root, expiry, int(tail[7:]), right)


@lru_cache(maxsize=131072)
def contract_from_parts(
    root: str, expiry_days: int, strike: float | str | Decimal, right: str
) -> ContractId:
    """
    Build a contract from the columns of a vendor row.

    Parameters
    ----------
    root : str
        Option root; a leading `^` or `$` and the dot of a share class are dropped (`BRK.B`).
    expiry_days : int
        Days since 1970-01-01.
    strike : float | str | Decimal
        $, at most 3 decimals.
    right : str
        `C`, `P`, `CALL` or `PUT` in any case.

    Raises
    ------
    RejectedContract
        A part is not what it should be.
    """
    symbol = (root, expiry_days, strike, right)
    listed = _listed(root)
    side = _RIGHTS.get(right.strip().upper())
    if side is None:
        raise _reject(symbol, f"right {right!r} is neither call nor put")
    try:
        expiry = EPOCH + timedelta(days=expiry_days)
    except OverflowError:
        raise _reject(symbol, f"expiry {expiry_days} days is no date") from None
    return _build(symbol, listed, expiry, _strike_e3(symbol, strike), side)


def osi_symbol(contract: ContractId) -> str:
    """
    Return the padded 21-character OSI symbol.

    Raises
    ------
    RejectedContract
        The strike has more than five digits before the point.
    """
    strike_e3 = round(contract.strike * 1000)
    if strike_e3 > 99_999_999:
        raise _reject(contract.option_contract_id, "the strike does not fit an OSI symbol")
    expiry = EPOCH + timedelta(days=contract.expiry)
    return f"{contract.root:<6}{expiry:%y%m%d}{contract.right}{strike_e3:08d}"


def expiry_instant_ns(
    contract_root: str, expiry_days: int, settlement: Literal["am", "pm"] | None = None
) -> int:
    """
    Return the instant a contract stops being worth time, ns UTC.

    Parameters
    ----------
    contract_root : str
        Option root; `AM_SETTLED_ROOTS` settle at 09:30 Eastern, the others at the session close.
    expiry_days : int
        Days since 1970-01-01.
    settlement : "am" | "pm" | None
        What a contract definition says; it wins over the root.

    Notes
    -----
    Source: options flow specification, 1.2.
    """
    at_open = contract_root in AM_SETTLED_ROOTS if settlement is None else settlement == "am"
    return settlement_ns(expiry_days, at_open=at_open)


@lru_cache(maxsize=4096)
def session_before(trade_date: int) -> int:
    """Return the exchange session before a date, both in days since 1970-01-01."""
    return last_session_at_or_before(trade_date - 1)
