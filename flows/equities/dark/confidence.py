"""Confidence of an inference as a sum of terms; pure arithmetic of the specification."""

from typing import TypeAlias

from flows.common.prices import round6

# name, measured value, what it adds
Term: TypeAlias = tuple[str, float, float]


def confidence_of(terms: tuple[Term, ...]) -> float:
    """Return the confidence, 0 to 1, to six decimals."""
    return min(1.0, round6(sum(term[2] for term in terms)))


def block_terms(
    shares: float, t_block: float, spread_pct: float | None, max_spread_pct: float
) -> tuple[Term, ...]:
    """
    Return the terms of an absorbed block.

    Parameters
    ----------
    shares, t_block : float
        Size of the print and its threshold.
    spread_pct : float | None
        Spread in percent of the mid; null when the quote is not known, which counts as half.
    max_spread_pct : float
        Spread at which the term vanishes.

    Notes
    -----
    Source: equities specification, 7.
    """
    size = shares / (2.0 * t_block)
    tightness = 0.5 if spread_pct is None else 1.0 - spread_pct / max_spread_pct
    return (
        ("base", 1.0, 0.35),
        ("size", round6(size), 0.45 * min(1.0, size)),
        ("spread", round6(tightness), 0.20 * tightness),
    )


def side_terms(shares: float, t_shares: float, prints: int) -> tuple[Term, ...]:
    """
    Return the terms of accumulation or distribution.

    Notes
    -----
    Source: equities specification, 7.
    """
    size = shares / (2.0 * t_shares)
    return (
        ("base", 1.0, 0.30),
        ("shares", round6(size), 0.40 * min(1.0, size)),
        ("prints", float(prints), 0.30 * min(1.0, prints / 8.0)),
    )


def zone_terms(
    shares: float, t_zone: float, touches: int, hold: float, share: float
) -> tuple[Term, ...]:
    """
    Return the terms of a hidden liquidity zone.

    Parameters
    ----------
    shares, t_zone : float
        Off-exchange shares in the band and their threshold.
    touches : int
        Returns of the lit price.
    hold : float
        Share of touches that turned back, 0 to 1.
    share : float
        Off-exchange share of the band's shares, 0 to 1.

    Notes
    -----
    Source: equities specification, 7.
    """
    size = shares / (3.0 * t_zone)
    return (
        ("base", 1.0, 0.20),
        ("shares", round6(size), 0.30 * min(1.0, size)),
        ("touches", float(touches), 0.20 * min(1.0, touches / 5.0)),
        ("hold", hold, 0.20 * hold),
        ("off_exchange_share", share, 0.10 * share),
    )


def zone_side(from_above: int, touches: int) -> str:
    """
    Return `support`, `resistance` or `two_sided`.

    Two thirds of the touches have to come from the same side. Source: equities specification, 7.
    """
    if 3 * from_above >= 2 * touches:
        return "support"
    if 3 * (touches - from_above) >= 2 * touches:
        return "resistance"
    return "two_sided"


def share_held(held: int, decided: int) -> float:
    """Return the share of decided touches that turned back, to two decimals; 0 without any."""
    return round(held / decided, 2) if decided else 0.0
