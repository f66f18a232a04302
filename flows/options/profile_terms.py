"""Terms the profiles are made of: observable properties scaled to 0..1."""

from math import log10
from typing import Final

import msgspec

from flows.options.profile_inputs import ProfileInputs

ALIGNED_MOVE_BPS: Final = 5.0

# Structures that are short volatility when sold, and those that are when bought.
SHORT_VOL_WHEN_SOLD: Final = frozenset({"straddle", "strangle", "iron_condor", "iron_butterfly"})
SHORT_VOL_WHEN_BOUGHT: Final = frozenset({"condor", "butterfly"})
DIRECTIONAL_STRUCTURES: Final = frozenset(
    {
        "vertical",
        "risk_reversal",
        "synthetic",
        "diagonal",
        "roll",
        "ratio_spread",
        "backspread",
        "ladder",
    }
)
PARITY: Final = {
    "box": 1.0,
    "conversion": 1.0,
    "reversal": 1.0,
    "synthetic": 0.6,
    "butterfly": 0.5,
    "condor": 0.5,
    "calendar": 0.4,
    "vertical": 0.3,
    "multi_leg": 0.3,
}


class SharedTerms(msgspec.Struct, frozen=True, gc=False):
    """
    Terms that several profiles use, each 0 to 1; an unknown input makes its term 0.

    Parameters
    ----------
    mag, size, burst, quality, dirn : float
        Premium, contracts, number of prints, quote quality, one-sidedness.
    short_otm, gamma, tenor : float
        Short-dated out of the money, short-dated at the money, neither.
    iv_shock, move : float
        Range of implied volatility, absolute move of the underlying over 60 s.

    Notes
    -----
    Source: options flow specification, 8.1.
    """

    mag: float
    size: float
    burst: float
    quality: float
    dirn: float
    short_otm: float
    gamma: float
    tenor: float
    iv_shock: float
    move: float


def clamp01(value: float) -> float:
    """Return a number limited to 0..1."""
    if value <= 0.0:
        return 0.0
    return min(value, 1.0)


def magnitude(premium: float, premium_z: float | None) -> float:
    """
    Scale premium to 0..1: 0 at $10,000, 1 at $1,000,000.

    Parameters
    ----------
    premium : float
        $.
    premium_z : float | None
        z_eff of the premium; None without a baseline.

    Notes
    -----
    Source: options flow specification, 8.1 (`mag`).
    """
    if premium <= 10_000.0:
        plain = 0.0
    elif premium >= 1_000_000.0:
        plain = 1.0
    else:
        plain = log10(premium / 10_000.0) / 2.0
    if premium_z is None:
        return plain
    return 0.65 * plain + 0.35 * max(plain, clamp01(premium_z / 4.0))


def shared_terms(inputs: ProfileInputs) -> SharedTerms:
    """Compute the terms several profiles use, once per packet."""
    dte = inputs.dte_days
    otm = inputs.otm_pct
    atm = inputs.atm_proximity
    short_otm = gamma = 0.0
    if dte <= 7 and otm is not None and otm >= 0.02:
        short_otm = 1.0 if otm >= 0.05 else 0.5
    if dte <= 5 and atm is not None:
        if dte <= 2 and atm <= 0.015:
            gamma = 1.0
        elif atm <= 0.03:
            gamma = 0.5
    tenor = 1.0 if dte >= 8 else 0.5
    if short_otm == 1.0 or gamma == 1.0:
        tenor = 0.0
    if inputs.structure_type is None:
        bias = inputs.placement_bias
        dirn = abs(bias) if bias is not None else 0.0
    else:
        position = inputs.package_position
        dirn = min(1.0, 2.0 * abs(position - 0.5)) if position is not None else 0.0
    shock = inputs.iv_shock
    move = inputs.move_60s_bps
    return SharedTerms(
        magnitude(inputs.premium, inputs.premium_z),
        min(1.0, inputs.size / 1800.0),
        clamp01((inputs.count - 1) / 7.0),
        inputs.coverage * (1.0 - inputs.stale),
        dirn,
        short_otm,
        gamma,
        tenor,
        clamp01(shock / 0.10) if shock is not None else 0.0,
        min(1.0, abs(move) / 25.0) if move is not None else 0.0,
    )


def short_vol_side(inputs: ProfileInputs) -> str:
    """
    Return which way a structure's volatility was traded.

    Returns
    -------
    str
        `short`, `long` or `unknown`; `none` when the structure is no volatility position.
    """
    kind = inputs.structure_type
    if kind in SHORT_VOL_WHEN_SOLD:
        shorted, other = "sold", "bought"
    elif kind in SHORT_VOL_WHEN_BOUGHT:
        shorted, other = "bought", "sold"
    else:
        return "none"
    if inputs.package_side == shorted:
        return "short"
    return "long" if inputs.package_side == other else "unknown"


_SOLD: Final = {"short": 1.0, "unknown": 0.4, "long": 0.0, "none": 0.0}
_SHORT_VOL: Final = {"short": 1.0, "unknown": 0.5, "long": 0.0, "none": 0.0}


def sold_term(inputs: ProfileInputs) -> float:
    """Return how clearly premium was sold (8.1 `sold`)."""
    if inputs.structure_type is None:
        return clamp01((inputs.sell_ratio - 0.40) / 0.35)
    return _SOLD[short_vol_side(inputs)]


def short_vol_term(inputs: ProfileInputs) -> float:
    """Return how clearly the position is short volatility (8.1 `short_vol`)."""
    if inputs.structure_type is not None:
        return _SHORT_VOL[short_vol_side(inputs)]
    otm = inputs.otm_pct
    is_overwrite_like = (
        inputs.sell_ratio >= 0.55 and otm is not None and otm >= 0.0 and 7 <= inputs.dte_days <= 90
    )
    return 0.5 if is_overwrite_like else 0.0


def align_term(inputs: ProfileInputs) -> float:
    """Return 1 when the side follows the underlying's move, as a hedge would (8.1 `align`)."""
    move = inputs.move_60s_bps
    bias = inputs.placement_bias
    if inputs.right is None or move is None or not bias or abs(move) < ALIGNED_MOVE_BPS:
        return 0.0
    profits_from_a_fall = (inputs.right == "P") == (bias > 0.0)
    return 1.0 if profits_from_a_fall == (move < 0.0) else 0.0


def vol_tenor_term(dte_days: int) -> float:
    """Return 1 for the expiries volatility sellers favour, .5 around them (8.1 `vol_tenor`)."""
    if 14 <= dte_days <= 60:
        return 1.0
    return 0.5 if 7 <= dte_days <= 90 else 0.0
