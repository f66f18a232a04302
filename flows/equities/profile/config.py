"""Configuration of volume profiles."""

from typing import Final
from typing import Literal

import msgspec

from flows.errors import MisconfiguredFlow

PROFILE_POLICY: Final = "profile.policy.v1"
# Minutes are what every window is made of, and what profiles come out by.
CADENCE_NS: Final = 60_000_000_000

PROMINENCE: Final = "prominence"
MEAN_RATIO: Final = "mean_ratio"
_MAX_ROLLING_MIN: Final = 960
_MAX_ROW_TICKS: Final = 100_000
_MAX_COMPOSITE: Final = 250
# 20,000 rows are what fits a message of one megabyte.
_MAX_SPAN_ROWS: Final = 10_000


class ProfileConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How volume is gathered by price.

    Parameters
    ----------
    rolling_min : int, default 60
        Minutes of the rolling window, 1 to 960.
    composites : tuple of int, default (5, 20)
        Closed regular sessions added up to one profile, 2 to 250 each; none for no composite.
    minutes : bool, default False
        Whether every minute gets a profile of its own.
    nodes : str, default `prominence`
        How low and high volume nodes are found: `prominence` or `mean_ratio`.
    row_ticks : dict of str to int, default empty
        Height of a row in ticks by root symbol, 1 to 100,000; others follow the price.
    row_bps : int, default 2
        Least height of a row in 1/10,000 of the price, 1 to 1000, where `row_ticks` has none.
    value_area_pct : int, default 70
        Share of the volume the value area holds, 1 to 100.
    prominence_pct : int, default 20
        Least prominence of a node in percent of the greatest row, 1 to 100.
    mean_low_pct, mean_high_pct : int, default 30 and 150
        A row is a low (high) node of `mean_ratio` below (above) so many percent of the mean row;
        1 to 1000, low below high.
    span_rows : int, default 8192
        Rows a price may lie away from the first one of the trading date, 64 to 10,000; what lies
        beyond is a mistyped price and counts as excluded.
    """

    rolling_min: int = 60
    composites: tuple[int, ...] = (5, 20)
    minutes: bool = False
    nodes: Literal["prominence", "mean_ratio"] = PROMINENCE
    row_ticks: dict[str, int] = {}
    row_bps: int = 2
    value_area_pct: int = 70
    prominence_pct: int = 20
    mean_low_pct: int = 30
    mean_high_pct: int = 150
    span_rows: int = 8192

    def __post_init__(self) -> None:
        _check("PROFILE_ROLLING_MIN", self.rolling_min, 1, _MAX_ROLLING_MIN)
        for sessions in self.composites:
            _check("PROFILE_COMPOSITES", sessions, 2, _MAX_COMPOSITE)
        if self.nodes not in {PROMINENCE, MEAN_RATIO}:
            msg = f"PROFILE_NODES is {self.nodes!r}, expected {PROMINENCE} or {MEAN_RATIO}"
            raise MisconfiguredFlow(msg)
        for symbol, ticks in self.row_ticks.items():
            _check(f"PROFILE_ROW_TICKS of {symbol}", ticks, 1, _MAX_ROW_TICKS)
        _check("PROFILE_ROW_BPS", self.row_bps, 1, 1000)
        _check("PROFILE_VALUE_AREA_PCT", self.value_area_pct, 1, 100)
        _check("PROFILE_PROMINENCE_PCT", self.prominence_pct, 1, 100)
        _check("PROFILE_MEAN_HIGH_PCT", self.mean_high_pct, 1, 1000)
        _check("PROFILE_MEAN_LOW_PCT", self.mean_low_pct, 1, self.mean_high_pct - 1)
        _check("PROFILE_SPAN_ROWS", self.span_rows, 64, _MAX_SPAN_ROWS)


def _check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        msg = f"{name} is {value}, expected {least} to {most}"
        raise MisconfiguredFlow(msg)
