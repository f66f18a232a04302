"""Volume by row of what gives bars only."""

from flows.errors import RejectedEvent


def bar_rows(
    low_e4: int, high_e4: int, close_e4: int, volume_micro: int, row_e4: int
) -> dict[int, int]:
    """
    Spread the volume of a bar over the rows it went through.

    Parameters
    ----------
    low_e4, high_e4, close_e4 : int
        Prices in 1/10,000 dollar.
    volume_micro : int
        Micro-shares.
    row_e4 : int
        Height of a row in 1/10,000 dollar.

    Returns
    -------
    dict of int to int
        Row → micro-shares, in order of price; rows that get nothing are left out. The sum is the
        bar's volume exactly.

    Raises
    ------
    RejectedEvent
        The close lies outside the bar, or the volume is negative.

    Notes
    -----
    Every row gets the same; the remainder goes out one by one from the close's row outward, the
    lower of two at the same distance first. Where a trade of the bar was inside it is unknown, so
    all of it is of unknown direction. Source: equities specification, 9.

    Examples
    --------
    >>> bar_rows(100_000, 100_250, 100_150, 8, 100)
    {1000: 2, 1001: 3, 1002: 3}
    """
    if not low_e4 <= close_e4 <= high_e4 or volume_micro < 0:
        msg = (
            f"invariant: bar low {low_e4}, close {close_e4}, high {high_e4}, volume "
            f"{volume_micro}, expected low ≤ close ≤ high and no negative volume"
        )
        raise RejectedEvent(msg)
    first, last = low_e4 // row_e4, high_e4 // row_e4
    middle = close_e4 // row_e4
    each, rest = divmod(volume_micro, last - first + 1)
    outward = sorted(range(first, last + 1), key=lambda row: (abs(row - middle), row))
    favoured = frozenset(outward[:rest])
    shares = {row: each + (row in favoured) for row in range(first, last + 1)}
    return {row: micro for row, micro in shares.items() if micro}
