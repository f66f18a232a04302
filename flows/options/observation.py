"""Join quality of a packet: how well its members could be observed."""

from collections.abc import Container
from collections.abc import Sequence
from typing import Final

from flows.options.placements import Placed
from flows.options.tape import Member
from schemas.records import JoinQuality

UNMATCHED_COMPLEX_WEIGHT: Final = 0.50
WIDE_UNDERLYING_BPS: Final = 150.0


def _ages(members: Sequence[Member]) -> tuple[float | None, float | None, float | None]:
    ages = [row.nbbo_age_ms for member in members if (row := member.row).nbbo_age_ms is not None]
    underlying = None
    for member in members:
        age_ms = member.row.underlying_age_ms
        if age_ms is not None and (underlying is None or age_ms > underlying):
            underlying = age_ms
    if not ages:
        return None, None, underlying
    ages.sort()
    half = len(ages) // 2
    median = ages[half] if len(ages) & 1 else round((ages[half - 1] + ages[half]) * 5e5) / 1e6
    return median, ages[-1], underlying


def observation(
    members: Sequence[Member],
    placed: Placed,
    unknown_side: float,
    matched: Container[str] = (),
) -> JoinQuality:
    """
    Return the join quality of a packet.

    Parameters
    ----------
    members, placed
        In order of time, at least one, none reversed; and their placements.
    unknown_side : float
        Share of size whose aggressor is unknown.
    matched : Container[str]
        Ids of the complex prints that are in a structure.

    Notes
    -----
    `observation_quality` weighs join quality by condition, a complex print outside a structure
    .50. Zero bids under an ask of at most ten cents are normal quotes. `late_ratio` is the
    share that arrived late. Source: options flow specification, 2, 5.4 and 8.4.
    """
    total = attached = wide = zero_bid = covered = wide_underlying = late = crossed = 0
    score = quality = 0.0
    for member in members:
        row = member.row
        facts = member.facts
        size = row.size
        total += size
        seen = size * row.join_quality
        score += seen
        is_unmatched = facts.complex and row.trace_id not in matched
        quality += seen * (UNMATCHED_COMPLEX_WEIGHT if is_unmatched else facts.weight)
        if row.nbbo_source == "attached":
            attached += size
        state = row.quote_state
        if state != "normal":
            wide += size if state == "wide" else 0
            crossed += state == "crossed"
            if state == "zero_bid" and "zero_bid_quote" in row.condition_caveats:
                zero_bid += size
        spread_bps = row.underlying_spread_bps
        if spread_bps is not None:
            covered += size
            wide_underlying += size if spread_bps > WIDE_UNDERLYING_BPS else 0
        if row.late_arrival:
            late += size
    scale = 1e6 / total
    sizes = placed.sizes
    return JoinQuality(
        round(score * scale) / 1e6,
        round(quality * scale) / 1e6,
        round(placed.placed * scale) / 1e6,
        round(sizes[6] * scale) / 1e6,
        round(sizes[5] * scale) / 1e6,
        round(attached * scale) / 1e6,
        round(wide * scale) / 1e6,
        round(zero_bid * scale) / 1e6,
        unknown_side,
        round(covered * scale) / 1e6,
        round(wide_underlying * scale) / 1e6,
        round(late * scale) / 1e6,
        crossed,
        *_ages(members),
    )
