"""Contract definitions: what an option root delivers, from a date on."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Final
from typing import Literal

import msgspec

from flows.common.calendar import EPOCH
from flows.errors import MisconfiguredFlow
from flows.options.contracts import is_root

MAX_MULTIPLIER: Final = 1_000_000
MAX_DIVIDEND_YIELD: Final = 1.0

Settlement = Literal["am", "pm"]


class ContractDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Terms of the contracts of one root, from a trade date on until the next definition.

    Parameters
    ----------
    root : str
        Option root as listed, `AAPL1`.
    effective_from : date
        First trade date it holds for.
    multiplier : int, default 100
        $ of premium a contract for each $ of price, 1 to 1,000,000.
    deliverable : float | None
        Shares of the underlying (index units) behind one contract. Null means it delivers
        something else too, cash or another security: then greeks, moneyness and direction stay
        null. Left out, it is the multiplier.
    tick : float | None
        Least price step in $; null is unknown.
    settlement : "am" | "pm" | None
        Morning or closing settlement; null leaves it to the root.
    alias : str | None
        Underlying, where it is not what the root says.
    dividend_yield : float, default 0
        Continuous yield of the underlying, 0.013 = 1.3 % a year, 0 to 1.

    Raises
    ------
    MisconfiguredFlow
        A value is out of range.

    Notes
    -----
    Source: options flow specification, 11.
    """

    root: str
    effective_from: date
    multiplier: int = 100
    deliverable: float | msgspec.UnsetType | None = msgspec.UNSET
    tick: float | None = None
    settlement: Settlement | None = None
    alias: str | None = None
    dividend_yield: float = 0.0

    def __post_init__(self) -> None:
        shares, tick = self.deliverable, self.tick
        for holds, name, value, takes in (
            (is_root(self.root), "root", self.root, "1 to 6 of A-Z and 0-9 with a letter"),
            (1990 <= self.effective_from.year <= 2099, "effective_from", self.effective_from,
             "a date from 1990 to 2099"),
            (1 <= self.multiplier <= MAX_MULTIPLIER, "multiplier", self.multiplier,
             "1 to 1,000,000"),
            (not isinstance(shares, float) or (isfinite(shares) and shares > 0), "deliverable",
             shares, "shares above 0, or null when it is not shares alone"),
            (tick is None or (isfinite(tick) and tick > 0), "tick", tick, "$ above 0"),
            (self.alias is None or self.alias == self.alias.strip().upper() != "", "alias",
             self.alias, "an underlying in capitals"),
            (0.0 <= self.dividend_yield <= MAX_DIVIDEND_YIELD, "dividend_yield",
             self.dividend_yield, "0 to 1, as a fraction"),
        ):  # fmt: skip
            if not holds:
                msg = f"{name} is {value!s}, expected {takes}"
                raise MisconfiguredFlow(msg)

    @property
    def effective_days(self) -> int:
        """First trade date, in days since 1970-01-01."""
        return (self.effective_from - EPOCH).days

    @property
    def spot_ratio(self) -> float | None:
        """
        Units of the underlying behind each $ of price, 1.0 for a standard contract.

        An option on 150 shares with multiplier 100 is worth what one on 1.5 shares is: strike
        stands against 1.5 × spot. Null when the deliverable is not shares alone.
        """
        if self.deliverable is None:
            return None
        if isinstance(self.deliverable, msgspec.UnsetType):
            return 1.0
        return self.deliverable / self.multiplier


class ContractDefinitions:
    """
    All definitions, resolved as of a trade date.

    Parameters
    ----------
    definitions : iterable of ContractDefinition
        In any order.

    Raises
    ------
    MisconfiguredFlow
        A root is defined twice from one date.
    """

    __slots__ = ("_dates", "_of_root", "content_hash")

    content_hash: str
    """8 hex digits over what is defined, whatever the order; part of `config_hash`."""

    def __init__(self, definitions: Iterable[ContractDefinition] = ()) -> None:
        ordered = sorted(definitions, key=lambda each: (each.root, each.effective_from))
        self._of_root: dict[str, list[ContractDefinition]] = {}
        self._dates: dict[str, list[int]] = {}
        for definition in ordered:
            dates = self._dates.setdefault(definition.root, [])
            if dates and dates[-1] == definition.effective_days:
                msg = (
                    f"root {definition.root} is defined twice from {definition.effective_from}; "
                    "keep one"
                )
                raise MisconfiguredFlow(msg)
            dates.append(definition.effective_days)
            self._of_root.setdefault(definition.root, []).append(definition)
        content = msgspec.json.encode(ordered, order="deterministic")
        self.content_hash = hashlib.blake2b(content, digest_size=4).hexdigest()

    def __bool__(self) -> bool:
        """Tell whether anything is defined."""
        return bool(self._of_root)

    def resolve(self, root: str, trade_date: int) -> ContractDefinition | None:
        """
        Return the terms of a root on a date.

        Parameters
        ----------
        root : str
            Option root as listed.
        trade_date : int
            Days since 1970-01-01.

        Returns
        -------
        ContractDefinition | None
            The newest that is in force by then; None before the first and for other roots.
        """
        dates = self._dates.get(root)
        if dates is None:
            return None
        at = bisect_right(dates, trade_date)
        return self._of_root[root][at - 1] if at else None

    def next_change(self, root: str, trade_date: int) -> int | None:
        """Return the first date after `trade_date` on which other terms hold; None for never."""
        dates = self._dates.get(root, [])
        at = bisect_right(dates, trade_date)
        return dates[at] if at < len(dates) else None

    def alias(self, root: str, trade_date: int) -> str | None:
        """Return the underlying a root is defined to have on a date; None leaves it to the root."""
        definition = self.resolve(root, trade_date)
        return None if definition is None else definition.alias


NO_DEFINITIONS: Final = ContractDefinitions()


def decode_definitions(content: bytes, name: str) -> ContractDefinitions:
    """
    Read a list of definitions.

    Parameters
    ----------
    content : bytes
        JSON, a list of objects with the fields of `ContractDefinition`; `root` and
        `effective_from` (YYYY-MM-DD) must be there.
    name : str
        What the content is called in messages: the file.

    Raises
    ------
    MisconfiguredFlow
        It is no such list; the message names the file, the entry (from 1) and the remedy.

    Examples
    --------
    >>> rows = b'[{"root": "XYZ1", "effective_from": "2025-03-03", "deliverable": 150}]'
    >>> definitions = decode_definitions(rows, "contracts.json")
    >>> definition = definitions.resolve("XYZ1", 20150)
    >>> definition.spot_ratio
    1.5
    """
    try:
        rows = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = f"{name}: {error}; expected a JSON list of contract definitions"
        raise MisconfiguredFlow(msg) from None
    definitions: list[ContractDefinition] = []
    for number, row in enumerate(rows, start=1):
        try:
            definitions.append(msgspec.json.decode(row, type=ContractDefinition))
        except (msgspec.MsgspecError, MisconfiguredFlow, UnicodeDecodeError) as error:
            fields = ", ".join(ContractDefinition.__struct_fields__)
            msg = f"{name}, entry {number}: {error}; correct that entry (fields: {fields})"
            raise MisconfiguredFlow(msg) from None
    try:
        return ContractDefinitions(definitions)
    except MisconfiguredFlow as error:
        msg = f"{name}: {error}"
        raise MisconfiguredFlow(msg) from None
