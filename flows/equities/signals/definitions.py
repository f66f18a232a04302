"""Definitions of strategies: the typed form of `strategies.yaml`."""

import re
from collections import Counter
from typing import Final
from typing import Literal

import msgspec

from flows.equities.orderflow.aggression import PRESETS
from flows.errors import MisconfiguredFlow

EVERY_SYMBOL: Final = "*"
INTERVALS_MS: Final = (1000, 5000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
_SYMBOL: Final = re.compile(r"[A-Z0-9.]{1,8}|\*")
# It becomes a part of signal ids, whose parts are separated by colons.
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        msg = f"{name} is {value}, expected {least:g} to {most:g}"
        raise ValueError(msg)


class PriceAboveSmaParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Parameters of `price_above_sma`.

    Parameters
    ----------
    period : int, default 20
        Closes in the mean, 2 to 1,000.
    interval_ms : int, default 60000
        Length of the bars: 1 s, 5 s, 1, 5, 15, 30 or 60 minutes.
    signal : {"BUY", "SELL", "INFO"}, default "BUY"
        What a cross upwards means.
    """

    period: int = 20
    interval_ms: int = 60_000
    signal: Literal["BUY", "SELL", "INFO"] = "BUY"

    def __post_init__(self) -> None:
        _check("period", self.period, 2, 1000)
        if self.interval_ms not in INTERVALS_MS:
            allowed = ", ".join(map(str, INTERVALS_MS))
            msg = f"interval_ms is {self.interval_ms}, expected one of {allowed}"
            raise ValueError(msg)


class AuctionMarketParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Parameters of `auction_market`.

    Parameters
    ----------
    preset : str, default "strategy-1"
        Aggression preset whose score decides.
    min_score : int, default 70
        Least score to enter in an imbalance, 0 to 100.
    allow_balance : bool, default False
        Whether to enter in balance too.
    balance_score : int, default 80
        Least score to enter in balance, 0 to 100.
    atr_period : int, default 14
        True ranges of 1 m bars, 2 to 200.
    stop_atr, target_atr : float, default 1.5, 3.0
        Average true ranges from the entry to the stop and to the target, above 0 to 100.
    """

    preset: str = "strategy-1"
    min_score: int = 70
    allow_balance: bool = False
    balance_score: int = 80
    atr_period: int = 14
    stop_atr: float = 1.5
    target_atr: float = 3.0

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            msg = f"preset is {self.preset!r}, expected one of {', '.join(PRESETS)}"
            raise ValueError(msg)
        _check("min_score", self.min_score, 0, 100)
        _check("balance_score", self.balance_score, 0, 100)
        _check("atr_period", self.atr_period, 2, 200)
        _check("stop_atr", self.stop_atr, 0.01, 100)
        _check("target_atr", self.target_atr, 0.01, 100)


Params = PriceAboveSmaParams | AuctionMarketParams
_TYPES: Final[dict[str, type[Params]]] = {
    "price_above_sma": PriceAboveSmaParams,
    "auction_market": AuctionMarketParams,
}


class Strategy(msgspec.Struct, frozen=True):
    """
    One row of `strategies.yaml`.

    Parameters
    ----------
    id : str
        Unique; lower case letters, digits, `-` and `_`, at most 40.
    type : str
        `price_above_sma` or `auction_market`.
    symbols : tuple of str
        Root symbols, or `*` for every underlying.
    active : bool
        Whether it is run.
    params : PriceAboveSmaParams | AuctionMarketParams
        As its type takes them.
    """

    id: str
    type: str
    symbols: tuple[str, ...]
    active: bool
    params: Params

    def applies_to(self, underlying_id: str) -> bool:
        """Return whether it is run on an underlying."""
        return self.active and (EVERY_SYMBOL in self.symbols or underlying_id in self.symbols)


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: str
    symbols: tuple[str, ...]
    active: bool
    params: dict[str, object] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    strategies: tuple[_Row, ...]


def _strategy(row: _Row) -> Strategy:
    if _ID.fullmatch(row.id) is None:
        msg = f"strategies.yaml: id {row.id!r}, expected a-z, 0-9, - and _, at most 40"
        raise MisconfiguredFlow(msg)
    kind = _TYPES.get(row.type)
    if kind is None:
        allowed = ", ".join(_TYPES)
        msg = f"strategies.yaml: {row.id}: type is {row.type!r}, expected one of {allowed}"
        raise MisconfiguredFlow(msg)
    wrong = [name for name in row.symbols if _SYMBOL.fullmatch(name) is None]
    if wrong or not row.symbols:
        found = repr(wrong[0]) if wrong else "none"
        msg = f"strategies.yaml: {row.id}: symbols has {found}, expected root symbols or '*'"
        raise MisconfiguredFlow(msg)
    try:
        params = msgspec.convert(row.params, kind)
    except msgspec.ValidationError as error:
        msg = f"strategies.yaml: {row.id}: params: {error}"
        raise MisconfiguredFlow(msg) from error
    return Strategy(row.id, row.type, row.symbols, row.active, params)


def parse_strategies(text: str | bytes) -> tuple[Strategy, ...]:
    """
    Parse the text of a `strategies.yaml`.

    Returns
    -------
    tuple of Strategy
        In the order of the file, inactive ones too.

    Raises
    ------
    MisconfiguredFlow
        A field is missing, unknown or out of range, or an id is used twice; the message names the
        strategy and what it takes.

    Notes
    -----
    Source: equities specification, 13.
    """
    try:
        rows = msgspec.yaml.decode(text, type=_File).strategies
    except msgspec.DecodeError as error:
        msg = f"strategies.yaml: {error}"
        raise MisconfiguredFlow(msg) from error
    twice = [name for name, count in Counter([row.id for row in rows]).items() if count > 1]
    if twice:
        msg = f"strategies.yaml: id {twice[0]!r} is used twice"
        raise MisconfiguredFlow(msg)
    return tuple([_strategy(row) for row in rows])


def aggression_presets(strategies: tuple[Strategy, ...]) -> tuple[str, ...]:
    """Return the aggression presets the active strategies read, sorted."""
    return tuple(
        sorted(
            {
                each.params.preset
                for each in strategies
                if each.active and isinstance(each.params, AuctionMarketParams)
            }
        )
    )
