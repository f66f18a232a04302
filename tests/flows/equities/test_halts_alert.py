"""Alerts of halts and resumptions."""

import pytest

from flows.equities.alerts import AlertDesk
from flows.equities.halts_alert import halt_alert
from flows.errors import RejectedEvent
from schemas.records import EvidenceRef
from schemas.records import MarketEvent

# 2025-05-23 10:08:25 New York.
AT_NS = 1_748_009_305_000_000_000


def an_event(kind: str) -> MarketEvent:
    return MarketEvent(
        source_ts=AT_NS + 9,
        ingest_ts=AT_NS + 12,
        seq=4,
        trace_id="test:events:4",
        schema_version="refdata.events.v1",
        source="test",
        event_id="halt-SPY-1",
        underlying_id="SPY",
        kind=kind,
        event_ts=AT_NS,
        announced_ts=AT_NS + 9,
        timing="unknown",
    )


@pytest.mark.parametrize(
    ("kind", "score", "severity", "headline"),
    [
        ("halt", 70, "high", "Trading in SPY halted at 10:08:25.000 ET"),
        ("resume", 50, "medium", "Trading in SPY resumed at 10:08:25.000 ET"),
    ],
)
def test_halt_and_resumption_are_alerts(
    kind: str, score: int, severity: str, headline: str
) -> None:
    found = AlertDesk("SPY", "12345678").submit(halt_alert(an_event(kind)))

    assert found is not None
    assert found.alert_id == f"alert:trading.{kind}:SPY:halt-SPY-1"
    assert (found.kind, found.score, found.severity) == (f"trading.{kind}", score, severity)
    assert (found.headline, found.source_ts, found.seq) == (headline, AT_NS + 9, 4)
    assert found.evidence_refs == (EvidenceRef("event", "test:events:4", "anchor"),)
    assert sum(part.points for part in found.components) == score


@pytest.mark.parametrize("kind", ["luld", "earnings"])
def test_other_events_are_no_halts(kind: str) -> None:
    with pytest.raises(RejectedEvent, match=f"is of kind '{kind}', expected halt or resume"):
        halt_alert(an_event(kind))
