"""Inferences as alerts."""

from typing import Final

from flows.equities.alert_draft import AlertDraft
from flows.equities.dark.confidence import Term
from flows.equities.dark.confidence import block_terms
from flows.equities.dark.confidence import side_terms
from flows.equities.dark.confidence import zone_terms
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import DISTRIBUTION
from flows.equities.dark.event import HIDDEN_LIQUIDITY_ZONE
from flows.equities.dark.event import REJECTED
from flows.equities.dark.event import STEALTH_ACCUMULATION
from flows.equities.dark.event import WITHDRAWN
from flows.equities.dark.text import price_text
from flows.equities.dark.text import shares_text
from flows.equities.observed import MICRO
from schemas.records import DarkInference
from schemas.records import EvidenceRef

_DIRECTIONS: Final = {STEALTH_ACCUMULATION: "bullish", DISTRIBUTION: "bearish"}
_NAMES: Final = {
    ABSORBED_BLOCK: "absorbed block",
    STEALTH_ACCUMULATION: "stealth accumulation",
    DISTRIBUTION: "distribution",
    HIDDEN_LIQUIDITY_ZONE: "hidden liquidity zone",
}
_GONE: Final = frozenset({REJECTED, WITHDRAWN})
_SCORE: Final = 100
_E4: Final = 10_000


def alert_of(inference: DarkInference) -> AlertDraft:
    """
    Return the alert of an inference; one that was rejected or withdrawn retracts its alert.

    Its points are the terms of the confidence times 100, and what rounding to a whole score leaves.
    It has no cooldown of its own: that of its kind has been kept before there was an event.

    Notes
    -----
    Source: equities specification, 7 and 15.
    """
    score = round(_SCORE * inference.confidence)
    return AlertDraft(
        kind=f"dark.{inference.kind}",
        key=inference.trace_id,
        cooldown_s=0.0,
        subject=inference.trace_id,
        state=_state(inference),
        score=score,
        direction=_DIRECTIONS.get(inference.kind, "neutral"),
        headline=_headline(inference),
        why=inference.explanations,
        components=_components(inference, score),
        details=_details(inference),
        refs=(EvidenceRef("dark", inference.trace_id, "inference"), *inference.evidence_refs),
        first_ts=inference.window_start_ts,
        last_ts=inference.window_end_ts,
        ts=inference.source_ts,
        ingest_ts=inference.ingest_ts,
        seq=inference.seq,
        notional=inference.notional,
        shares=int(inference.shares),
        prints=inference.print_count,
        confidence=inference.confidence,
    )


def _state(inference: DarkInference) -> str:
    if inference.status in _GONE:
        return "retracted"
    return "updated" if inference.revision else "open"


def _headline(inference: DarkInference) -> str:
    shares = shares_text(round(inference.shares * MICRO))
    if inference.kind == HIDDEN_LIQUIDITY_ZONE:
        side = "" if inference.zone_side is None else f", {inference.zone_side.replace('_', '-')}"
        low, high = _price(inference.price_low), _price(inference.price_high)
        where = f"between {low} and {high}{side}"
    elif inference.kind == ABSORBED_BLOCK:
        where = f"at {_price(inference.price)}"
    else:
        where = f"in {inference.print_count} prints at {_price(inference.price)}"
    gone = inference.status in _GONE
    said = f"{inference.status.capitalize()}: inferred" if gone else "Inferred"
    name = _NAMES[inference.kind]
    return f"{said} {name}: {inference.underlying_id} {shares} shares off-exchange {where}"


def _components(inference: DarkInference, score: int) -> tuple[tuple[str, float, float], ...]:
    points = [(name, raw, round(_SCORE * value, 4)) for name, raw, value in _terms(inference)]
    left = round(score - sum(point[2] for point in points), 4)
    return tuple(points) if not left else (*points, ("rounding", left, left))


def _terms(inference: DarkInference) -> tuple[Term, ...]:
    limits, measured = inference.thresholds, inference.baseline
    if inference.kind == ABSORBED_BLOCK:
        widest = limits["max_spread_pct"]
        return block_terms(inference.shares, limits["T_block"], inference.spread_pct, widest)
    if inference.kind == HIDDEN_LIQUIDITY_ZONE:
        return zone_terms(
            inference.shares,
            limits["T_zone"],
            int(measured["touches"]),
            measured["hold"],
            measured["off_exchange_share"],
        )
    return side_terms(inference.shares, limits["T_shares"], inference.print_count)


def _details(inference: DarkInference) -> dict[str, str]:
    details = {
        "status": inference.status,
        "label": inference.label,
        "price": _price(inference.price),
        "price_low": _price(inference.price_low),
        "price_high": _price(inference.price_high),
    }
    if inference.zone_side is not None:
        details["zone_side"] = inference.zone_side
    if inference.follow_through_bps is not None:
        details["follow_through_bps"] = f"{inference.follow_through_bps:+.1f}"
    return details


def _price(price: float) -> str:
    return price_text(round(price * _E4))
