"""Where a price lies in its quote."""

from typing import Final

BUY_POSITION_E4: Final = 8_000
SELL_POSITION_E4: Final = 2_000


def place(
    at_e4: int,
    bid_e4: int,
    ask_e4: int,
    buy_position_e4: int = BUY_POSITION_E4,
    sell_position_e4: int = SELL_POSITION_E4,
) -> str:
    """
    Place a price in a two-sided quote that is not crossed: `AA A MID B BB`.

    Parameters
    ----------
    at_e4, bid_e4, ask_e4 : int
        1/10,000 dollar.
    buy_position_e4, sell_position_e4 : int
        Position between bid (0) and ask (10,000) from which a price is at the ask, up to which it
        is at the bid.

    Notes
    -----
    No epsilon: a price at the mid is MID at every spread. Source: options flow specification, 3.2;
    equities specification, 6.

    Examples
    --------
    >>> place(100_800, 100_000, 101_000), place(100_500, 100_000, 101_000)
    ('A', 'MID')
    """
    if at_e4 > ask_e4:
        return "AA"
    if at_e4 < bid_e4:
        return "BB"
    width_e4 = ask_e4 - bid_e4
    if width_e4 == 0:
        return "MID"
    above_bid = 10_000 * (at_e4 - bid_e4)
    if at_e4 == ask_e4 or above_bid >= buy_position_e4 * width_e4:
        return "A"
    if at_e4 == bid_e4 or above_bid <= sell_position_e4 * width_e4:
        return "B"
    return "MID"
