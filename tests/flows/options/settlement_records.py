"""Alerts, open interest and packets around a session, for the tests of settlement."""

from typing import Any
from typing import Final

from flows.options.settlement import SnapshotDay
from flows.options.settlement import Snapshots
from flows.options.settlement import close_of
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from flows.options.settlement import snapshot_day
from schemas.records import AlertHit
from schemas.records import Confidence
from schemas.records import EvidenceRef
from schemas.records import FlowAlert
from schemas.records import OpenInterest

SESSION: Final = 20_230  # Thursday 2025-05-22
TEN_NS: Final = 1_747_922_400_000_000_000  # 10:00 in New York on that day
CALL: Final = "NVDA-2025-06-20-135-C"
HIGHER: Final = "NVDA-2025-06-20-140-C"
EXPIRING: Final = "NVDA-2025-05-22-135-C"
HOUR_NS: Final = 3600 * 10**9


def an_alert(number: int = 1, **changes: object) -> FlowAlert:
    packet_id = f"pk:{CALL}:test:2025-05-22:prints:{number}"
    opened_ts = TEN_NS + number * 10**9
    fields: dict[str, Any] = {
        "source_ts": opened_ts,
        "ingest_ts": opened_ts + 5,
        "seq": number,
        "trace_id": f"al:sm:{packet_id}",
        "schema_version": "flow.alerts.v1",
        "alert_id": f"al:sm:{packet_id}",
        "revision": 0,
        "state": "open",
        "direction": "bullish",
        "underlying_id": "NVDA",
        "option_contract_id": CALL,
        "structure_type": None,
        "severity": "medium",
        "score": 57,
        "peak_score": 61,
        "components": (),
        "hits": (AlertHit(f"hit:block:{packet_id}", "block", 0.8, "bullish"),),
        "primary_profile_id": "institutional",
        "profile_scores": (),
        "confidence": Confidence(0.64, 0.8, 0.9, 0.2, 0.0, "identity.v1"),
        "headline": "NVDA 20JUN25 135C bought: 400 lots",
        "why": ("400 contracts for $100,000 in 3 prints.", "Score 57 of 100."),
        "first_ts": opened_ts - 10**9,
        "last_ts": opened_ts - 5 * 10**8,
        "packet_count": 1,
        "total_premium": 100_000.0,
        "total_size": 400,
        "suppressed_count": 0,
        "dedupe_key": f"2025-05-22|{CALL}|bullish|{number}",
        "cooldown_key": "NVDA|block|bullish",
        "settlement": None,
        "evidence_refs": (EvidenceRef("flow_packet", packet_id, "member"),),
        "policy_version": "alerts.policy.v1",
        "config_hash": "00000000",
        "kind": "options",
        "details": {},
    }
    return FlowAlert(**{**fields, **changes})


def interest(contract_id: str, oi: int, as_of: int, **changes: object) -> OpenInterest:
    published_ts = close_of(as_of) + 14 * HOUR_NS
    fields: dict[str, Any] = {
        "source_ts": published_ts,
        "ingest_ts": published_ts + 3,
        "seq": oi,
        "trace_id": f"test:{as_of}:oi:{contract_id}",
        "schema_version": "refdata.open-interest.v1",
        "source": "test",
        "option_contract_id": contract_id,
        "underlying_id": "NVDA",
        "oi": oi,
        "as_of_date": as_of,
        "published_ts": published_ts,
    }
    return OpenInterest(**{**fields, **changes})


def snapshots(
    before: dict[str, int] | None, after: dict[str, int] | None, clock_ns: int | None = None
) -> Snapshots:
    """Return open interest around the session; None is a snapshot that is not there."""

    def day(figures: dict[str, int] | None, as_of: int) -> SnapshotDay:
        return snapshot_day([interest(name, oi, as_of) for name, oi in (figures or {}).items()])

    return Snapshots(
        SESSION,
        day(before, session_before(SESSION)),
        day(after, SESSION),
        close_of(session_after(SESSION)) if clock_ns is None else clock_ns,
    )
