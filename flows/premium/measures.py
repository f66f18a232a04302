"""What a tape row adds to a bucket, in integers, so that sums are exact in any order."""

from array import array
from typing import Final
from typing import TypeAlias

from flows.errors import RejectedEvent
from schemas.records import OptionsTape

Totals: TypeAlias = "array[int]"

# Places in a bucket's totals: calls, then the same for puts, then both together.
ASK: Final = 0
MID: Final = 1
BID: Final = 2
UNPLACED: Final = 3
P_BUY: Final = 4  # cents × 1/10,000
BUY: Final = 5
SELL: Final = 6
DELTA: Final = 7
P_DELTA: Final = 8  # cents × 1/10,000
PUT: Final = 9
EXCLUDED: Final = 18
DELTA_PREMIUM: Final = 19
PRINTS: Final = 20
SIZE: Final = 21
PLACES: Final = 22

P_ONE: Final = 10_000
P_EVEN: Final = 5_000
MAX_PREMIUM: Final = 1e10  # $
MAX_DOLLAR_DELTA: Final = 1e11  # $

_PLACE: Final = {"AA": ASK, "A": ASK, "MID": MID, "B": BID, "BB": BID}


def no_totals() -> Totals:
    """Return totals of nothing."""
    return array("q", bytes(8 * PLACES))


def add_totals(totals: Totals, more: Totals) -> None:
    """Add totals to others, in place."""
    for place, value in enumerate(more):
        if value:
            totals[place] += value


def check_row(row: OptionsTape) -> None:
    """
    Refuse a row whose amounts no market has, before they drown the sums.

    Raises
    ------
    RejectedEvent
        The message names the field, its value and what was expected.
    """
    if not 0.0 <= row.notional < MAX_PREMIUM:
        msg = f"invariant: notional is {row.notional!r}, expected $ from 0 below {MAX_PREMIUM:g}"
        raise RejectedEvent(msg)
    dollar_delta = row.dollar_delta
    if dollar_delta is not None and not -MAX_DOLLAR_DELTA < dollar_delta < MAX_DOLLAR_DELTA:
        msg = f"invariant: dollar_delta is {dollar_delta!r}, expected $ below {MAX_DOLLAR_DELTA:g}"
        raise RejectedEvent(msg)


def buy_e4(row: OptionsTape) -> int:
    """
    Return the probability that a print was a buy, in 1/10,000, half to even.

    Notes
    -----
    p for `buy`, 1 - p for `sell`, .5 for `unknown`. Source: options flow specification, 3.3.
    """
    side = row.aggressor_side
    if side == "unknown":
        return P_EVEN
    stated = round(row.aggressor_probability * P_ONE)
    return stated if side == "buy" else P_ONE - stated


def measure(row: OptionsTape) -> list[tuple[int, int]]:
    """
    Return what a volume-eligible row adds, as (place, amount); a reversed row takes it away.

    Notes
    -----
    Amounts are cents, but for counts and contracts, and for `P_BUY` and `P_DELTA`, which are
    1/10,000 cents. Definitions: `PremiumEngine`.
    """
    sign = -1 if row.reversed else 1
    cents = sign * round(row.notional * 100.0)
    right = 0 if row.right == "C" else PUT
    p_buy = buy_e4(row)
    place = _PLACE.get(row.nbbo_side, UNPLACED)
    side = row.aggressor_side
    if side == "unknown" or row.signal_class != "full" or row.late:
        inferred = EXCLUDED
    else:
        inferred = right + (BUY if side == "buy" else SELL)
    parts = [
        (right + place, cents),
        (right + P_BUY, p_buy * cents),
        (inferred, cents),
        (PRINTS, sign),
        (SIZE, sign * row.size),
    ]
    if row.dollar_delta is not None:
        shares = sign * round(row.dollar_delta * 100.0)
        parts.append((DELTA_PREMIUM, cents))
        parts.append((right + P_DELTA, (2 * p_buy - P_ONE) * shares))
        if place == ASK:
            parts.append((right + DELTA, shares))
        elif place == BID:
            parts.append((right + DELTA, -shares))
    return parts
