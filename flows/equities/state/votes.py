"""The votes of preset `hysteresis-1`, and what they add up to."""

import msgspec

from flows.equities.state.config import SHARE_E4
from flows.equities.state.config import StateConfig

VOTERS = ("location", "acceptance", "momentum", "flow")


class Readings(msgspec.Struct, frozen=True, gc=False):
    """
    What is known at an instant.

    Parameters
    ----------
    price_e4, vah_e4, val_e4 : int
        Last price and value area, 1/10,000 dollar.
    tick_e4 : int
        Least price step, 1/10,000 dollar.
    range_e4 : float | None
        Average true range, 1/10,000 dollar; null when unknown.
    above, below, total : int
        Micro-shares of the trailing minutes above and below the value area, and all.
    momentum : float | None
        Change over its expected size; null when unknown.
    buy, sell : int
        Micro-shares bought and sold in the trailing minutes.
    """

    price_e4: int
    vah_e4: int
    val_e4: int
    tick_e4: int
    range_e4: float | None
    above: int
    below: int
    total: int
    momentum: float | None
    buy: int
    sell: int


class Tally(msgspec.Struct, frozen=True, gc=False):
    """
    The votes, counted.

    Parameters
    ----------
    votes : tuple of int | None
        -1, 0 or 1 of location, acceptance, momentum and flow; null: cannot be had.
    sum_e4 : int
        Σ weight × vote, weights in 1/10,000.
    coverage_e4 : int
        Σ weight of the votes that could be had.
    """

    votes: tuple[int | None, int | None, int | None, int | None]
    sum_e4: int
    coverage_e4: int

    @property
    def score(self) -> float | None:
        """Return the weighted mean of the votes, -1 to 1; null when there is no vote."""
        return self.sum_e4 / self.coverage_e4 if self.coverage_e4 else None


def location_vote(r: Readings, band_atr: float) -> int | None:
    """Return 1 above the value area and its band, -1 below, 0 within; null without a range."""
    if r.range_e4 is None:
        return None
    band_e4 = max(r.tick_e4, band_atr * r.range_e4)
    if r.price_e4 > r.vah_e4 + band_e4:
        return 1
    return -1 if r.price_e4 < r.val_e4 - band_e4 else 0


def acceptance_vote(r: Readings, share: float) -> int | None:
    """Return on which side of the value area volume trades; null without any."""
    if r.total <= 0:
        return None
    outside = (r.above - r.below) * SHARE_E4
    needed = round(share * SHARE_E4) * r.total
    if outside >= needed:
        return 1
    return -1 if outside <= -needed else 0


def momentum_vote(r: Readings, ratio: float) -> int | None:
    """Return the direction of a change larger than chance; null when it is unknown."""
    if r.momentum is None:
        return None
    if r.momentum >= ratio:
        return 1
    return -1 if r.momentum <= -ratio else 0


def flow_vote(r: Readings, pct: float) -> int | None:
    """Return which side is the aggressor; null when nothing had a side."""
    both = r.buy + r.sell
    if both <= 0:
        return None
    lead = (r.buy - r.sell) * SHARE_E4 * 100
    needed = round(pct * SHARE_E4) * both
    if lead >= needed:
        return 1
    return -1 if lead <= -needed else 0


def tally(votes: tuple[int | None, int | None, int | None, int | None], c: StateConfig) -> Tally:
    """Count votes of location, acceptance, momentum and flow."""
    had = [
        (weight, vote) for weight, vote in zip(c.weights_e4, votes, strict=True) if vote is not None
    ]
    return Tally(
        votes, sum([weight * vote for weight, vote in had]), sum([weight for weight, _ in had])
    )


def take_votes(r: Readings, config: StateConfig) -> Tally:
    """
    Let the readings vote.

    Notes
    -----
    Source: equities specification, 12, preset `hysteresis-1`.
    """
    return tally(
        (
            location_vote(r, config.band_atr),
            acceptance_vote(r, config.acceptance_share),
            momentum_vote(r, config.momentum_ratio),
            flow_vote(r, config.flow_pct),
        ),
        config,
    )
