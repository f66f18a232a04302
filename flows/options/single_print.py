"""Packets of one print: the formulas of `features` and `observation` with n = 1 written out."""

from functools import lru_cache
from typing import Final

from flows.options.conditions import condition_facts
from flows.options.features import RETAIL_CODES
from flows.options.features import RETAIL_SIZE
from flows.options.features import is_block_size
from flows.options.market_context import MarketContext
from flows.options.market_context import baseline_fields
from flows.options.market_context import event_fields
from flows.options.market_context import interest_fields
from flows.options.observation import UNMATCHED_COMPLEX_WEIGHT
from flows.options.observation import WIDE_UNDERLYING_BPS
from flows.options.placements import Seven
from flows.options.tape import Member
from schemas.records import JoinQuality
from schemas.records import PacketFeatures

Shares = tuple[float, float, float, float | None, float | None, float | None, float, float]
Conditions = tuple[int, float, float, float, float, float, float, float, float, float]
# coverage, stale, missing, aggressive, inside, bias, buy share, sell share of one placement.
_PLACEMENT: Final[dict[str, Shares]] = {
    "AA": (1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0),
    "A": (1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0),
    "MID": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    "B": (1.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0),
    "BB": (1.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0),
    "MISSING": (0.0, 0.0, 1.0, None, None, None, 0.0, 0.0),
    "STALE": (0.0, 1.0, 0.0, None, None, None, 0.0, 0.0),
}


_COUNTS: Final[dict[str, Seven]] = {
    "AA": (1, 0, 0, 0, 0, 0, 0),
    "A": (0, 1, 0, 0, 0, 0, 0),
    "MID": (0, 0, 1, 0, 0, 0, 0),
    "B": (0, 0, 0, 1, 0, 0, 0),
    "BB": (0, 0, 0, 0, 1, 0, 0),
    "MISSING": (0, 0, 0, 0, 0, 1, 0),
    "STALE": (0, 0, 0, 0, 0, 0, 1),
}


@lru_cache(maxsize=4096)
def _condition_shares(conditions: tuple[str, ...], is_small: bool, is_matched: bool) -> Conditions:
    # By the conditions and not by their facts, which take longer to hash than all of this.
    facts = condition_facts(conditions)
    special = (
        facts.cross
        or facts.floor
        or facts.late
        or facts.opening
        or (facts.complex and not is_matched)
    )
    return (
        int(facts.iso),
        float(facts.iso),
        float(facts.auction),
        float(facts.cross or facts.floor),
        float(facts.complex),
        float(facts.stock_tied),
        float(facts.late),
        float("unknown_condition" in facts.caveats),
        float(special),
        float(is_small and facts.code in RETAIL_CODES),
    )


def single_features(
    member: Member, context: MarketContext, session_volume: int, *, is_matched: bool = False
) -> PacketFeatures:
    """
    Return what `packet_features` returns for one member.

    Parameters
    ----------
    member, context, session_volume
        As there. A test holds the two to the same result.
    is_matched : bool
        The print is in a structure.
    """
    row = member.row
    facts = member.facts
    size = row.size
    side = row.nbbo_side
    dollars = member.cents / 100
    price = row.price
    prices: tuple[float | None, float | None, float | None, int, float] = (
        (member.at_e4 / 10_000, price, price, size, dollars)
        if facts.eligible_price
        else (None, None, None, 0, 0.0)
    )
    placement = _PLACEMENT[side]
    counts = _COUNTS[side]
    aa, a, mids, b, bb, missing, stale = counts
    probability = row.aggressor_probability
    p_buy = 1.0 - probability if row.aggressor_side == "sell" else probability
    lean = 2.0 * p_buy - 1.0
    expected = round(lean * 1e6) / 1e6
    bias = placement[5]
    delta = row.dollar_delta
    is_block = is_block_size(size, context.outlier_size)
    mid = row.underlying_mid
    before = context.mid_60s_before
    sigma = context.sigma_bps
    values = (
        1, size, dollars, dollars, *prices, 0.0, None, None, None, 1, 0.0, (row.exchange,),
        *counts, aa * size, a * size, mids * size, b * size, bb * size, missing * size,
        stale * size, *placement,
        round(p_buy * 1e6) / 1e6, expected, round(probability * 1e6) / 1e6,
        bias is not None and bias != 0.0 and abs(expected) >= 0.10
        and (bias > 0) != (expected > 0),
        {row.aggressor_method: size},
        *_condition_shares(row.conditions, size <= RETAIL_SIZE, is_matched),
        "iso" if facts.iso else "none", is_block, False,
        "sweep" if facts.iso else "block" if is_block else "single",
        1, 1.0, context.strike_share_60s,
        row.dte_days, row.moneyness, row.otm_pct, row.atm_proximity, row.is_etf,
        row.iv, None if row.iv is None else 0.0, row.delta, delta, row.dollar_gamma_1pct,
        None if delta is None else round(delta * lean * 100) / 100,
        row.nbbo_bid, row.nbbo_ask, row.nbbo_mid, row.nbbo_spread, row.nbbo_bid_size,
        row.nbbo_ask_size, row.nbbo_ts,
        member.underlying_bid, member.underlying_ask, mid, row.underlying_spread_bps,
        member.underlying_ts,
        None if mid is None else 0.0,
        None if before is None or mid is None else round((mid / before - 1.0) * 1e10) / 1e6,
        None if sigma is None else round(sigma * 1e6) / 1e6,
        session_volume,
        *event_fields(context), *interest_fields(row, size, session_volume),
        *baseline_fields(context.baselines),
    )  # fmt: skip
    return PacketFeatures(*values)


def single_observation(member: Member, *, is_matched: bool = False) -> JoinQuality:
    """
    Return what `observation` returns for one member.

    Parameters
    ----------
    member : Member
        The print.
    is_matched : bool
        It is in a structure.
    """
    row = member.row
    facts = member.facts
    state = row.quote_state
    placement = _PLACEMENT[row.nbbo_side]
    quality = row.join_quality
    weight = UNMATCHED_COMPLEX_WEIGHT if facts.complex and not is_matched else facts.weight
    spread_bps = row.underlying_spread_bps
    weak_zero_bid = state == "zero_bid" and "zero_bid_quote" in row.condition_caveats
    return JoinQuality(
        quality,
        round(quality * weight * 1e6) / 1e6,
        placement[0],
        placement[1],
        placement[2],
        1.0 if row.nbbo_source == "attached" else 0.0,
        1.0 if state == "wide" else 0.0,
        1.0 if weak_zero_bid else 0.0,
        1.0 if row.aggressor_side == "unknown" else 0.0,
        0.0 if spread_bps is None else 1.0,
        1.0 if spread_bps is not None and spread_bps > WIDE_UNDERLYING_BPS else 0.0,
        1.0 if row.late_arrival else 0.0,
        1 if state == "crossed" else 0,
        row.nbbo_age_ms,
        row.nbbo_age_ms,
        row.underlying_age_ms,
    )
