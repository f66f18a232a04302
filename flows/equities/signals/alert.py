"""The alert of a signal."""

from typing import Final

from flows.common.prices import price_e4
from flows.equities.alert_draft import AlertDraft
from flows.equities.signals.machine import ENTRY_LONG
from flows.equities.signals.machine import ENTRY_SHORT
from flows.equities.signals.machine import EXIT
from flows.equities.signals.machine import INFO
from flows.equities.state.price import price_text
from schemas.records import EvidenceRef
from schemas.records import Signal

SIGNAL_SCORE: Final = 60
_DIRECTIONS: Final = {ENTRY_LONG: "bullish", ENTRY_SHORT: "bearish"}
_WORDS: Final = {
    ENTRY_LONG: "long entry",
    ENTRY_SHORT: "short entry",
    EXIT: "exit",
    INFO: "notice",
}


def alert_of(signal: Signal) -> AlertDraft:
    """
    Return the alert of a signal.

    Each signal is an alert of its own, without a cooldown: a strategy repeats nothing. Source:
    equities specification, 15.
    """
    at = price_text(price_e4(signal.price))
    kind = f"signal.{signal.kind}"
    headline = f"{signal.underlying_id} {_WORDS[signal.kind]} of {signal.strategy} at {at}"
    details = {"strategy": signal.strategy, "price": at, **signal.details}
    for name, level in (("stop", signal.stop), ("target", signal.target)):
        if level is not None:
            details[name] = price_text(price_e4(level))
    return AlertDraft(
        kind=kind,
        key=signal.trace_id,
        cooldown_s=0.0,
        subject=f"{signal.strategy}:{signal.source_ts}",
        state="open",
        score=SIGNAL_SCORE,
        direction=_DIRECTIONS.get(signal.kind, "neutral"),
        headline=headline,
        why=(signal.reason,),
        components=((kind, 1.0, float(SIGNAL_SCORE)),),
        details=details,
        refs=(EvidenceRef("signal", signal.trace_id, "anchor"), *signal.evidence_refs),
        first_ts=signal.source_ts,
        last_ts=signal.source_ts,
        ts=signal.source_ts,
        ingest_ts=signal.ingest_ts,
        seq=signal.seq,
        notional=0.0,
        shares=0,
        prints=0,
        confidence=SIGNAL_SCORE / 100,
    )
