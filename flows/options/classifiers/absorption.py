"""
Absorbed flow: large and directional, and the market did not go along.

Idea: an order that carries information or pressure moves the underlying, or is repeated; when
neither happens and the option gives back what was paid, somebody absorbed it. Source: options flow
specification, 9, row 14 and "14 in full". Cap .85. Thresholds: `CLASSIFIER_SWEEP_MIN_PREMIUM`
(least premium; twice as much earns a term), `FOLLOW_THROUGH_SEC`.
"""

import math
from typing import Final

import msgspec

from flows.common.eastern import eastern_time
from flows.common.eastern import eastern_window
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import premium_clause
from flows.options.inference_config import InferenceConfig
from schemas.records import ConfidenceTerm

NO_FOLLOW_THROUGH: Final = "no_follow_through_absorbed"
CAP: Final = 0.85
MAX_UNDERLYING_AGE_MS: Final = 5000.0
MIN_SIGMA_BPS: Final = 2.0
# Shares of the usual move: up to the first nothing followed, from the second it went against.
FOLLOWED_SIGMAS: Final = 0.25
AGAINST_SIGMAS: Final = -0.5
MIN_SPREAD: Final = 0.01
REPEATED_SIZE: Final = 0.5

_NS_PER_S: Final = 1_000_000_000
DIRECTION_SIGNS: Final = {"bullish": 1.0, "bearish": -1.0}
SIDE_SIGNS: Final = {"bought": 1.0, "sold": -1.0}

_BASE: Final = ConfidenceTerm("base", 0.45)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.15)
_AGAINST: Final = ConfidenceTerm("underlying_against", 0.15)
_GIVEN_BACK: Final = ConfidenceTerm("option_gave_back_a_spread", 0.10)
_OPPOSED: Final = ConfidenceTerm("opposite_packet", 0.05)
_OPTION_UNKNOWN: Final = ConfidenceTerm("option_move_unknown", -0.10)


class FollowUpMarket(msgspec.Struct, frozen=True, gc=False):
    """
    The market at the moment of judgement.

    Parameters
    ----------
    underlying_mid : float | None
        $; None when it has no quote.
    underlying_age_ms : float | None
        Age of that quote.
    option_bid, option_ask, option_mid : float | None
        $ of the contract's fresh two-sided quote; None without one.
    """

    underlying_mid: float | None
    underlying_age_ms: float | None
    option_bid: float | None
    option_ask: float | None
    option_mid: float | None


class Watched(msgspec.Struct, gc=False, array_like=True):
    """
    A packet that waits for its judgement.

    Parameters
    ----------
    packet_id, underlying_id, event_id, profile_id, option_contract_id, hit_ids
        What its hit refers to; the contract is None for a structure.
    key : str
        The contract, or all legs: what later packets have in common with it.
    direction, side : str
        `bullish` or `bearish`; `bought`, `sold` or `unknown`.
    size, premium : int, float
        Contracts, $.
    vwap, mid : float | None, float
        Average price paid and the underlying at the last print, $.
    sigma_bps : float
        Standard deviation of the underlying's changes over a second.
    penalty : float
        Of the best profile, 0 to 1.
    start_ts, end_ts, ingest_ts, seq, revision, config_hash
        Of the packet; sequence and receipt of the newest input.
    label, lines, caveat
        Words written while the packet was at hand.
    same_side_size, opposite_size : int
        Largest later packet of the same and of the other side, contracts; noted in place.
    """

    packet_id: str
    underlying_id: str
    key: str
    event_id: str
    profile_id: str | None
    option_contract_id: str | None
    hit_ids: tuple[str, ...]
    direction: str
    side: str
    size: int
    premium: float
    vwap: float | None
    mid: float
    sigma_bps: float
    penalty: float
    start_ts: int
    end_ts: int
    ingest_ts: int
    seq: int
    revision: int
    config_hash: str
    label: str
    lines: tuple[str, str]
    caveat: str
    same_side_size: int = 0
    opposite_size: int = 0


class Moves(msgspec.Struct, frozen=True, gc=False):
    """
    What the market did since a packet ended.

    Parameters
    ----------
    underlying_bps : float
        m_u: basis points in the flow's direction.
    usual_bps : float
        σ_N: one standard deviation over the time that passed.
    option_spreads : float | None
        m_c: move of the option's mid from the average price, in spreads, in favour of the packet's
        side; None without a fresh quote, a side or a single contract.
    """

    underlying_bps: float
    usual_bps: float
    option_spreads: float | None


def moves_since(pending: Watched, now_ns: int, market: FollowUpMarket) -> Moves | None:
    """
    Measure the market since a packet's end.

    Parameters
    ----------
    pending : Watched
        The packet.
    now_ns : int
        The timer's deadline, ns UTC.
    market : FollowUpMarket
        As of then.

    Returns
    -------
    Moves | None
        None when the underlying has no quote of the last five seconds.
    """
    mid, age_ms = market.underlying_mid, market.underlying_age_ms
    if mid is None or age_ms is None or age_ms > MAX_UNDERLYING_AGE_MS:
        return None
    seconds = max(0, now_ns - pending.end_ts) / _NS_PER_S
    bid, ask, option_mid = market.option_bid, market.option_ask, market.option_mid
    side_sign = SIDE_SIGNS.get(pending.side)
    spreads: float | None = None
    if (
        bid is not None
        and ask is not None
        and option_mid is not None
        and side_sign is not None
        and pending.vwap is not None
        and pending.option_contract_id is not None
    ):
        spreads = side_sign * (option_mid - pending.vwap) / max(ask - bid, MIN_SPREAD)
    return Moves(
        DIRECTION_SIGNS[pending.direction] * (mid / pending.mid - 1.0) * 1e4,
        max(MIN_SIGMA_BPS, pending.sigma_bps * math.sqrt(seconds)),
        spreads,
    )


def is_absorbed(pending: Watched, moves: Moves) -> bool:
    """Tell whether neither underlying, nor option, nor further packets went along."""
    spreads = moves.option_spreads
    return (
        moves.underlying_bps <= FOLLOWED_SIGMAS * moves.usual_bps
        and (spreads is None or spreads <= 0.0)
        and pending.same_side_size < REPEATED_SIZE * pending.size
    )


def absorption_terms(
    pending: Watched, moves: Moves, config: InferenceConfig
) -> list[ConfidenceTerm]:
    """Return base and terms of an absorbed packet; its penalty and cap are the caller's."""
    terms = [_BASE]
    if pending.premium >= 2.0 * config.sweep_min_premium:
        terms.append(_TWICE_PREMIUM)
    if moves.underlying_bps <= AGAINST_SIGMAS * moves.usual_bps:
        terms.append(_AGAINST)
    if moves.option_spreads is None:
        terms.append(_OPTION_UNKNOWN)
    elif moves.option_spreads <= -1.0:
        terms.append(_GIVEN_BACK)
    if pending.opposite_size >= REPEATED_SIZE * pending.size:
        terms.append(_OPPOSED)
    return terms


def _repetition(pending: Watched) -> str:
    repeated = counted(pending.same_side_size, "contract")
    opposed = counted(pending.opposite_size, "contract")
    return (
        f"since then the largest packet of its side had {repeated}, less than half its size, and "
        f"the largest of the other side {opposed}"
    )


def _market_line(pending: Watched, moves: Moves, now_ns: int, market: FollowUpMarket) -> str:
    spreads = moves.option_spreads
    if spreads is None:
        option = "the option's move is unknown"
    else:
        option = (
            f"option mid ${market.option_mid:.2f} against an average price of "
            f"${pending.vwap:.2f}, {spreads:+.1f} spreads in favour of the trade"
        )
    return (
        f"Underlying mid ${pending.mid:.2f} to ${market.underlying_mid:.2f} by "
        f"{eastern_time(now_ns)} ET: {moves.underlying_bps:+.1f} bps in the flow's direction, "
        f"where {moves.usual_bps:.1f} bps are usual; {option}."
    )


def explanations(
    pending: Watched, moves: Moves, now_ns: int, market: FollowUpMarket, config: InferenceConfig
) -> tuple[str, ...]:
    """Return the sentences of the hit."""
    seconds = (now_ns - pending.end_ts) / _NS_PER_S
    side = "side unclear" if pending.side == "unknown" else pending.side
    happened = (
        f"{pending.label}: {counted(pending.size, 'contract')} {side}, {pending.direction}, "
        f"{eastern_window(pending.start_ts, pending.end_ts)}; {seconds:.0f} s later the market "
        "had not followed."
    )
    thresholds = (
        f"{premium_clause(pending.premium, config.sweep_min_premium)}; {_repetition(pending)}."
    )
    market_line = _market_line(pending, moves, now_ns, market)
    lines = (happened, thresholds, *pending.lines, market_line)
    return (*lines, pending.caveat) if pending.caveat else lines
