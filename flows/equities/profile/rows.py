"""Rows of price: how high they are and which one a price lies in."""

from typing import Final

import msgspec

from flows.equities.profile.config import ProfileConfig

_DOLLAR_E4: Final = 10_000
_CENT_E4: Final = 100
_ONE_E4: Final = 1
_STEPS: Final = (1, 2, 5)
_BPS: Final = 10_000


def tick_e4(at_e4: int) -> int:
    """
    Return the tick at a price, both in 1/10,000 dollar: a cent from $1 up, 1/100 cent below.

    Notes
    -----
    Source: Regulation NMS, rule 612.
    """
    return _CENT_E4 if at_e4 >= _DOLLAR_E4 else _ONE_E4


def row_height_e4(at_e4: int, bps: int) -> int:
    """
    Return the height of a row at a price, in 1/10,000 dollar.

    Parameters
    ----------
    at_e4 : int
        Price in 1/10,000 dollar.
    bps : int
        Share of the price, rounded up to 1, 2 or 5 times a power of ten ticks.

    Notes
    -----
    Source: equities specification, 9.

    Examples
    --------
    >>> row_height_e4(1_450_000, 2), row_height_e4(5_500_000, 2), row_height_e4(140_000, 2)
    (500, 2000, 100)
    """
    tick = tick_e4(at_e4)
    power = 1
    while True:
        for step in _STEPS:
            height = step * power * tick
            if height * _BPS >= at_e4 * bps:
                return height
        power *= 10


class Grid(msgspec.Struct):
    """
    The rows of one trading date, fixed by its first eligible print.

    Parameters
    ----------
    row_e4 : int
        Height of a row in 1/10,000 dollar; 0 before the first eligible print.
    lowest, highest : int
        Rows that are counted; a price beyond is a mistyped one.
    """

    row_e4: int = 0
    lowest: int = 0
    highest: int = -1

    def fix(self, at_e4: int, ticks: int | None, config: ProfileConfig) -> None:
        """Fix the rows by a price; `ticks` is the height asked for, null to follow the price."""
        if ticks is None:
            self.row_e4 = row_height_e4(at_e4, config.row_bps)
        else:
            self.row_e4 = ticks * tick_e4(at_e4)
        row = at_e4 // self.row_e4
        self.lowest = row - config.span_rows
        self.highest = row + config.span_rows

    def row_of(self, at_e4: int) -> int | None:
        """Return the row of a price; null when it is not counted."""
        row_e4 = self.row_e4
        if not row_e4:
            return None
        row = at_e4 // row_e4
        return row if self.lowest <= row <= self.highest else None


def label(row: int, row_e4: int) -> float:
    """
    Return the price a row goes by, its lower edge, in dollars.

    Examples
    --------
    >>> label(2003, 500)
    100.15
    """
    return row * row_e4 / _DOLLAR_E4
