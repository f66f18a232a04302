"""Templates: which named packages the geometry of some legs allows."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.structures.legs import Leg

ONE_SIDED_PCT: Final = 80
LADDER_STRIKES: Final = 3
STOCK_TIED_CODES: Final = frozenset("knopqrs")
UNEQUAL_RATIOS: Final = frozenset({(1, 2), (1, 3), (2, 3)})


class Fit(msgspec.Struct, frozen=True, gc=False):
    """
    A template that the geometry of some legs allows.

    Parameters
    ----------
    type : str
        As in the specification's table.
    variant : str | None
        `guts`, `broken_wing`, the direction of a roll; null otherwise.
    signs : tuple[int, ...]
        +1 or −1 per leg, in the order of the legs, when the package is bought.
    """

    type: str
    variant: str | None
    signs: tuple[int, ...]


def _is_one_sided(legs: Sequence[Leg]) -> bool:
    total = sum([leg.size for leg in legs])
    larger = max(sum([leg.buy_size for leg in legs]), sum([leg.sell_size for leg in legs]))
    return larger * 100 >= ONE_SIDED_PCT * total


def is_ladder(legs: Sequence[Leg]) -> bool:
    """
    Tell whether legs are three or more strikes of one right and expiry, traded on one side.

    Notes
    -----
    At least .80 of the contracts lie on the ask side, or on the bid side. Source: options flow
    specification, 6.3.
    """
    first = legs[0].contract
    return (
        len({leg.contract.strike for leg in legs}) >= LADDER_STRIKES
        and all(
            leg.contract.right == first.right and leg.contract.expiry == first.expiry
            for leg in legs
        )
        and _is_one_sided(legs)
    )


def _two(legs: Sequence[Leg], ratios: tuple[int, ...], *, stock_tied: bool) -> list[Fit]:
    near, far = legs[0].contract, legs[1].contract
    same_right = near.right == far.right
    if ratios != (1, 1):
        is_ratio = same_right and near.expiry == far.expiry and near.strike != far.strike
        if not is_ratio or tuple(sorted(ratios)) not in UNEQUAL_RATIOS:
            return []
        return [Fit("ratio_spread", None, (1, -1) if ratios[0] < ratios[1] else (-1, 1))]
    if near.expiry != far.expiry:
        if not same_right:
            return []
        return [Fit("calendar" if near.strike == far.strike else "diagonal", None, (-1, 1))]
    if same_right:
        if near.strike == far.strike:
            return []
        return [Fit("vertical", None, (1, -1) if near.right == "C" else (-1, 1))]
    if near.strike == far.strike:
        # The call comes first.
        if stock_tied:
            return [Fit("conversion", None, (-1, 1))]
        return [Fit("straddle", None, (1, 1)), Fit("synthetic", None, (1, -1))]
    if near.right == "C":
        return [Fit("strangle", "guts", (1, 1))]
    if stock_tied:
        return [Fit("strangle", None, (1, 1)), Fit("collar", None, (1, -1))]
    return [Fit("strangle", None, (1, 1)), Fit("risk_reversal", None, (-1, 1))]


def _three(legs: Sequence[Leg], ratios: tuple[int, ...]) -> list[Fit]:
    low, middle, high = [leg.contract for leg in legs]
    if (
        ratios != (1, 2, 1)
        or not low.right == middle.right == high.right
        or not low.expiry == middle.expiry == high.expiry
        or not low.strike < middle.strike < high.strike
    ):
        return []
    lower, upper = middle.strike - low.strike, high.strike - middle.strike
    variant = None if abs(lower - upper) < 5e-4 else "broken_wing"
    return [Fit("butterfly", variant, (1, -1, 1))]


def _four(legs: Sequence[Leg], ratios: tuple[int, ...]) -> list[Fit]:
    contracts = [leg.contract for leg in legs]
    if ratios != (1, 1, 1, 1) or len({contract.expiry for contract in contracts}) > 1:
        return []
    calls = [at for at, contract in enumerate(contracts) if contract.right == "C"]
    puts = [at for at, contract in enumerate(contracts) if contract.right == "P"]
    if not calls or not puts:
        strikes = {contract.strike for contract in contracts}
        return [Fit("condor", None, (1, -1, -1, 1))] if len(strikes) == 4 else []
    if len(calls) != 2:
        return []
    lower_call, upper_call = [contracts[at].strike for at in calls]
    lower_put, upper_put = [contracts[at].strike for at in puts]
    if lower_call == upper_call or lower_put == upper_put:
        return []
    signs = [0, 0, 0, 0]
    signs[calls[0]], signs[calls[1]] = 1, -1
    signs[puts[0]], signs[puts[1]] = -1, 1
    if lower_put == lower_call and upper_put == upper_call:
        name = "box"
    elif upper_put == lower_call:
        name = "iron_butterfly"
    elif upper_put < lower_call:
        name = "iron_condor"
    else:
        return []
    return [Fit(name, None, (signs[0], signs[1], signs[2], signs[3]))]


def fits(
    legs: Sequence[Leg], ratios: tuple[int, ...] | None, *, stock_tied: bool, with_ladder: bool
) -> list[Fit]:
    """
    Return the templates legs fit, in the order of the specification's table.

    Parameters
    ----------
    legs : Sequence[Leg]
        In leg order, distinct contracts.
    ratios : tuple[int, ...] | None
        Of their sizes; null when they are in none.
    stock_tied : bool
        The package has a stock leg.
    with_ladder : bool
        Whether a ladder is among the templates.

    Notes
    -----
    `conversion` stands for conversion and reversal, `ratio_spread` for ratio spread and backspread:
    which of the two it is depends on the package's side. Source: options flow specification, 6.3.
    """
    found: list[Fit] = []
    count = len(legs)
    if count == 1:
        return [Fit("stock_tied", None, (1,))] if stock_tied else []
    if ratios is not None:
        if count == 2:
            found = _two(legs, ratios, stock_tied=stock_tied)
        elif count == 3:
            found = _three(legs, ratios)
        elif count == 4:
            found = _four(legs, ratios)
    if with_ladder and count >= LADDER_STRIKES and is_ladder(legs):
        found.append(Fit("ladder", None, (1,) * count))
    return found
