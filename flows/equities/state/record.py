"""A state as a record, and the alert of its change."""

from typing import Final

import msgspec

from flows.equities.alert_draft import AlertDraft
from flows.equities.stage import Desk
from flows.equities.state.config import STATE_POLICY
from flows.equities.state.config import TABLE_1
from flows.equities.state.config import StateConfig
from flows.equities.state.names import BALANCE
from flows.equities.state.names import DOWN
from flows.equities.state.names import UNKNOWN
from flows.equities.state.names import UP
from flows.equities.state.votes import VOTERS
from flows.equities.state.votes import Tally
from schemas.records import EquityState
from schemas.records import EvidenceRef

STATE_VERSION: Final = "equities.state.v1"
STATE_CHANGE: Final = "state.change"
WINDOW: Final = "session"
_WORDS: Final = {
    BALANCE: "in balance",
    UP: "in an imbalance upwards",
    DOWN: "in an imbalance downwards",
    UNKNOWN: "in no known state",
}
_DIRECTIONS: Final = {UP: "bullish", DOWN: "bearish"}


class Told(msgspec.Struct, frozen=True):
    """
    What a record says, without its stamps and evidence: it comes out when this changed.

    Parameters are fields of `EquityState`.
    """

    state: str
    since_ts: int
    confidence: int
    poc: float
    vah: float
    val: float
    current_price: float
    distance_from_poc_pct: float
    in_value_area: bool
    votes: dict[str, float]
    previous_state: str | None
    momentum_score: float | None
    cvd_pressure: float | None
    nearest_lvn: float | None
    lvn_distance_pct: float | None
    lvn_approach: str | None


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """
    When it became knowable, and the newest of its inputs.

    Parameters
    ----------
    at_ns : int
        Boundary, ns UTC.
    ingest_ts, seq : int
        Greatest `ingest_ts` of the inputs, `seq` of the last print.
    refs : tuple of EvidenceRef
        Profile, newest bar, newest minute of order flow.
    """

    at_ns: int
    ingest_ts: int
    seq: int
    refs: tuple[EvidenceRef, ...]


def state_id(who: Desk, preset: str, at_ns: int) -> str:
    """Return the id of the state at a boundary (ns UTC)."""
    return f"state:{who.source}:{who.underlying_id}:{preset}:{at_ns}"


def state_record(
    who: Desk, preset: str, told: Told, stamp: Stamp, config_hash: str
) -> EquityState:  # fmt: skip
    """Return the record of a state."""
    return EquityState(
        source_ts=stamp.at_ns,
        ingest_ts=stamp.ingest_ts,
        seq=stamp.seq,
        trace_id=state_id(who, preset, stamp.at_ns),
        schema_version=STATE_VERSION,
        revision=0,
        source=who.source,
        underlying_id=who.underlying_id,
        preset=preset,
        window=WINDOW,
        state=told.state,
        since_ts=told.since_ts,
        confidence=told.confidence,
        poc=told.poc,
        vah=told.vah,
        val=told.val,
        current_price=told.current_price,
        distance_from_poc_pct=told.distance_from_poc_pct,
        in_value_area=told.in_value_area,
        votes=told.votes,
        previous_state=told.previous_state,
        momentum_score=told.momentum_score,
        cvd_pressure=told.cvd_pressure,
        nearest_lvn=told.nearest_lvn,
        lvn_distance_pct=told.lvn_distance_pct,
        lvn_approach=told.lvn_approach,
        evidence_refs=stamp.refs,
        policy_version=STATE_POLICY,
        config_hash=config_hash,
    )


def points_of(
    told: Told, tally: Tally | None, config: StateConfig
) -> list[tuple[str, float, float]]:
    """
    Return the terms of a confidence: name, raw value, points; the points add up to it.

    Without a tally (preset `table-1`) the confidence is one term.
    """
    if tally is None or not told.confidence:
        return [("confidence", float(told.confidence), float(told.confidence))]
    sign = {UP: 1, DOWN: -1}.get(told.state, 1 if tally.sum_e4 < 0 else -1)
    terms = [
        (name, float(vote), sign * weight_e4 * vote / 100)
        for name, vote, weight_e4 in zip(VOTERS, tally.votes, config.weights_e4, strict=True)
        if vote is not None
    ]
    if told.state == BALANCE:
        coverage = tally.coverage_e4 / 100
        terms.insert(0, ("coverage", coverage, coverage))
    rest = round(told.confidence - sum([points for _, _, points in terms]), 6)
    return [*terms, ("rounding", rest, rest)] if rest else terms


def change_draft(
    record: EquityState, told: Told, tally: Tally | None, c: StateConfig
) -> AlertDraft:
    """Return the alert of a state that has just begun."""
    name = record.underlying_id
    headline = f"{name} is {_WORDS[told.state]}, confidence {told.confidence}"
    before = told.previous_state or UNKNOWN
    why = [
        f"before: {_WORDS[before]}",
        f"price {told.current_price:.2f}, value area {told.val:.2f} to {told.vah:.2f}, "
        f"point of control {told.poc:.2f}",
    ]
    if told.votes:
        votes = ", ".join([f"{voter} {vote:+.0f}" for voter, vote in told.votes.items()])
        why.append(f"votes: {votes}")
    if record.preset == TABLE_1:
        why.append("rule table-1: opposite evidence raises its confidence")
    return AlertDraft(
        kind=STATE_CHANGE,
        key=told.state,
        cooldown_s=c.alert_cooldown_s,
        subject=f"{record.preset}:{record.source_ts}",
        state="open",
        score=told.confidence,
        direction=_DIRECTIONS.get(told.state, "neutral"),
        headline=headline,
        why=tuple(why),
        components=tuple(points_of(told, tally, c)),
        details={
            "state": told.state,
            "previous_state": before,
            "confidence": str(told.confidence),
            "preset": record.preset,
            "message": headline,
        },
        refs=(EvidenceRef("state", record.trace_id, "anchor"), *record.evidence_refs),
        first_ts=told.since_ts,
        last_ts=record.source_ts,
        ts=record.source_ts,
        ingest_ts=record.ingest_ts,
        seq=record.seq,
        notional=0.0,
        shares=0,
        prints=0,
        confidence=told.confidence / 100,
    )
