"""
Likely openings: more contracts traded than were open, or a large share of them.

Idea: open-interest arithmetic. A closing side needs a position that exists, so trading beyond the
open interest of the session before proves openings by somebody; that this packet is one of them is
only likely, and is settled by the next snapshot. Source: options flow specification, 9, row 6,
and 11. Cap .90. Thresholds: 100 contracts and $10,000, both fixed.
"""

from typing import Final

from flows.options.classifiers.position import Position
from flows.options.classifiers.position import open_interest_words
from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import premium_clause
from flows.options.classifiers.wording import sided_prints_clause
from flows.options.classifiers.wording import size_clause
from schemas.records import ConfidenceTerm
from schemas.records import PacketFeatures

NEW_POSITION: Final = "new_position_likely"
CAP: Final = 0.90
MIN_SIZE: Final = 100
MIN_OI_SHARE: Final = 0.25
STRONG_SIDE: Final = 0.70

_BASE: Final = ConfidenceTerm("base", 0.45)
_SIZE_ABOVE: Final = ConfidenceTerm("size_above_oi", 0.20)
_VOLUME_ABOVE: Final = ConfidenceTerm("volume_above_oi", 0.10)
_VOLUME_TWICE: Final = ConfidenceTerm("volume_twice_oi", 0.10)
_NONE_OPEN: Final = ConfidenceTerm("oi_zero", 0.05)
_NOT_SHORT_DATED: Final = ConfidenceTerm("dte_7", 0.05)
_STRONG_SIDE: Final = ConfidenceTerm("strongly_one_sided", 0.05)


def _is_opening(position: Position) -> bool:
    size, oi = position.size, position.oi
    if size < MIN_SIZE or position.premium < MIN_UNUSUAL_PREMIUM:
        return False
    return size > oi or (position.volume > oi and size >= MIN_OI_SHARE * oi)


def _proof(position: Position) -> str:
    """Return what the open interest proves, and what it only makes likely."""
    opened = counted(position.opening_sides, "side")
    return (
        f"Proven: {open_interest_words(position)} means that at least {opened} of today's trades "
        "opened positions. Only likely: that this packet is among them."
    )


def detect_opening(position: Position, features: PacketFeatures, penalty: float) -> Verdict | None:
    """
    Find a trade that likely opened a position.

    Parameters
    ----------
    position : Position
        The trade beside its open interest.
    features : PacketFeatures
        Of its packet.
    penalty : float
        Of the best profile, 0 to 1.

    Returns
    -------
    Verdict | None
        `new_position_likely`, with the direction of right and side.

    Notes
    -----
    Gate: 100 contracts and $10,000; more than the open interest, or a quarter of it when the
    session's volume exceeds it, or none was open. Terms: size above it, volume above it, volume
    twice it, none open, a week to expiry, 70 % of aggressive size on one side. Source: options
    flow specification, 9, row 6.
    """
    if not _is_opening(position):
        return None
    size, volume, oi = position.size, position.volume, position.oi
    terms = [_BASE]
    if size > oi:
        terms.append(_SIZE_ABOVE)
    if volume > oi:
        terms.append(_VOLUME_ABOVE)
    if volume >= 2 * oi:
        terms.append(_VOLUME_TWICE)
    if oi == 0:
        terms.append(_NONE_OPEN)
    if position.dte_days >= 7:
        terms.append(_NOT_SHORT_DATED)
    if position.one_sidedness >= STRONG_SIDE:
        terms.append(_STRONG_SIDE)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    share = "none open before" if oi == 0 else f"{size / oi:.1f} times the open interest"
    return Verdict(
        NEW_POSITION,
        position.direction,
        *settled,
        sided_prints_clause(features, position.side),
        f"{premium_clause(position.premium, MIN_UNUSUAL_PREMIUM)}, and "
        f"{size_clause(size, MIN_SIZE)}; {share}.",
        extra=(_proof(position),),
    )
