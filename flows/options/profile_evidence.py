"""How good the evidence is: grade, caveats as shares, and the penalties they cost."""

from typing import Final

import msgspec

from flows.common.prices import decimals6
from flows.options.profile_inputs import ProfileInputs

THIN_PREMIUM: Final = 10_000.0
STRONG_QUALITY: Final = 0.82
USABLE_QUALITY: Final = 0.55
POOR_QUALITY: Final = 0.20


class CaveatShare(msgspec.Struct, frozen=True, gc=False):
    """
    A weakness found in a packet.

    Parameters
    ----------
    code : str
        Caveat code, e.g. `stale_quote_context`.
    share : float
        Share of size it touches, 0 to 1.
    penalty : float
        What it costs, 0 to 1.
    """

    code: str
    share: float
    penalty: float


class Penalties(msgspec.Struct, frozen=True, gc=False):
    """
    The caveats of a packet and what they cost together.

    Parameters
    ----------
    caveats : tuple[CaveatShare, ...]
        Those with a share above zero, in the specification's order.
    general : float
        Penalty of every profile but arbitrage, 0 to 1.
    arbitrage : float
        Penalty of the arbitrage profile: an unknown or conflicting side does not weaken it.
    """

    caveats: tuple[CaveatShare, ...]
    general: float
    arbitrage: float


# (code, weight, tolerance, leaves arbitrage alone), in the order the shares are listed; those that
# are facts of yes or no come last.
_RULES: Final = (
    ("stale_quote_context", 0.70, 0.10, False),
    ("missing_quote_context", 0.70, 0.10, False),
    ("wide_quote_context", 0.50, 0.25, False),
    ("inside_market_context", 0.45, 0.60, False),
    ("wide_underlying_context", 0.30, 0.25, False),
    ("special_print_context", 0.40, 0.20, False),
    ("unknown_side_context", 0.25, 0.50, True),
    ("thin_premium", 0.80, 0.0, False),
    ("conflicting_side_evidence", 0.35, 0.0, True),
    ("possible_structure", 0.20, 0.0, True),
    ("adjusted_unresolved", 0.0, 0.0, False),
)
_CLEAN: Final = Penalties((), 0.0, 0.0)


def evidence_grade(quality: float) -> str:
    """Return `strong`, `usable`, `thin` or `poor` for an evidence quality of 0 to 1."""
    if quality >= STRONG_QUALITY:
        return "strong"
    if quality >= USABLE_QUALITY:
        return "usable"
    return "thin" if quality > POOR_QUALITY else "poor"


def share_penalty(share: float, weight: float, tolerance: float) -> float:
    """
    Return what a caveat of a size share costs.

    Parameters
    ----------
    share, weight, tolerance : float
        0 to 1; up to the tolerance a caveat costs nothing.

    Notes
    -----
    Source: options flow specification, 8.4.
    """
    if share <= tolerance:
        return 0.0
    return weight * min(1.0, (share - tolerance) / (1.0 - tolerance))


def _thin_share(premium: float) -> float:
    return max(0.5, (THIN_PREMIUM - premium) / THIN_PREMIUM)


def penalties(inputs: ProfileInputs) -> Penalties:
    """
    Find the caveats of a packet or structure and combine their penalties.

    Returns
    -------
    Penalties
        Independent caveats combine as 1 - Π(1 - penalty), so one bad print in ten costs nothing.

    Notes
    -----
    Source: options flow specification, 8.4.
    """
    single_leg = inputs.structure_type is None
    flags = (
        inputs.side_conflict,
        inputs.leg_of_context_structure,
        inputs.adjusted_unresolved,
    )
    shares = (
        inputs.stale,
        inputs.missing,
        inputs.wide,
        inputs.mid_share if single_leg else 0.0,
        inputs.wide_underlying,
        inputs.special,
        inputs.unknown_side if single_leg else 0.0,
        _thin_share(inputs.premium) if inputs.premium < THIN_PREMIUM else 0.0,
        *(map(float, flags) if True in flags else ()),
    )
    if not any(shares):
        return _CLEAN
    found: list[CaveatShare] = []
    kept = kept_arbitrage = 1.0
    for rule, share in zip(_RULES, shares, strict=False):
        if share <= 0.0:
            continue
        code, weight, tolerance, spares_arbitrage = rule
        penalty = share_penalty(share, weight, tolerance)
        if penalty:
            kept *= 1.0 - penalty
            if not spares_arbitrage:
                kept_arbitrage *= 1.0 - penalty
        found.append(CaveatShare(code, decimals6(share), decimals6(penalty)))
    if not found:
        return _CLEAN
    return Penalties(tuple(found), 1.0 - kept, 1.0 - kept_arbitrage)
