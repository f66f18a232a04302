"""Halts and resumptions of trading as alerts."""

from typing import Final

from flows.common.eastern import eastern_time
from flows.equities.alert_draft import AlertDraft
from flows.errors import RejectedEvent
from schemas.records import EvidenceRef
from schemas.records import MarketEvent

HALT: Final = "halt"
RESUME: Final = "resume"
HALT_SCORE: Final = 70
RESUME_SCORE: Final = 50

_SCORES: Final = {HALT: HALT_SCORE, RESUME: RESUME_SCORE}
_WORDS: Final = {HALT: "halted", RESUME: "resumed"}


def halt_alert(event: MarketEvent) -> AlertDraft:
    """
    Return the alert of a halt or a resumption.

    Parameters
    ----------
    event : MarketEvent
        Of kind `halt` or `resume`.

    Returns
    -------
    AlertDraft
        `trading.halt` (score 70) or `trading.resume` (50); the event id is its subject and key,
        so a repeated announcement is a revision.

    Raises
    ------
    RejectedEvent
        The event is of another kind.

    Notes
    -----
    Source: equities specification, 15.
    """
    kind = event.kind
    if kind not in _SCORES:
        msg = f"event {event.trace_id} is of kind {kind!r}, expected halt or resume"
        raise RejectedEvent(msg)
    score = _SCORES[kind]
    at = eastern_time(event.event_ts)
    return AlertDraft(
        kind=f"trading.{kind}",
        key=event.event_id,
        cooldown_s=0.0,
        subject=event.event_id,
        state="open",
        score=score,
        direction="neutral",
        headline=f"Trading in {event.underlying_id} {_WORDS[kind]} at {at} ET",
        why=(f"Announced by {event.source} at {eastern_time(event.announced_ts)} ET",),
        components=((kind, 1.0, float(score)),),
        details={
            "event_id": event.event_id,
            "event_ts": str(event.event_ts),
            "announced_ts": str(event.announced_ts),
        },
        refs=(EvidenceRef("event", event.trace_id, "anchor"),),
        first_ts=event.event_ts,
        last_ts=event.event_ts,
        ts=event.source_ts,
        ingest_ts=event.ingest_ts,
        seq=event.seq,
        notional=0.0,
        shares=0,
        prints=0,
        confidence=1.0,
    )
