"""The way from packet to event, hits and alert: cancels, state, determinism."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.errors import FlowError
from flows.errors import MisconfiguredFlow
from flows.options.inference import Inference
from flows.options.inference import Inferred
from flows.options.inference_config import InferenceConfig
from schemas.codec import codec_of
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent
from tests.flows.options.inference_packets import START
from tests.flows.options.inference_packets import S
from tests.flows.options.inference_packets import packet

EMPTY: dict[str, Any] = {
    "count": 0, "total_size": 0, "total_premium": 0.0, "total_notional": 0.0,
    "sweep_kind": "none", "placement_bias": None, "nbbo_coverage_ratio": 0.0,
    "nbbo_missing_ratio": 0.0, "nbbo_aggressive_ratio": None, "nbbo_inside_ratio": None,
    "first_price": None, "last_price": None, "aggressor_method_sizes": {}, "venue_count": 0,
}  # fmt: skip


def encoded(records: list[Inferred]) -> list[bytes]:
    return [codec_of(type(record)).encode(record) for record in records]


def run(packets: list[FlowPacket], inference: Inference | None = None) -> list[Inferred]:
    engine = inference or Inference(InferenceConfig())
    return [record for given_packet in packets for record in engine.on_packet(given_packet)]


def test_event_copies_the_packet_and_names_its_evidence() -> None:
    given_packet = packet(revision=0)
    event = run([given_packet])[0]
    assert isinstance(event, SmartMoneyEvent)
    assert event.event_id == event.trace_id == f"sm:{given_packet.id}"
    assert (event.source_ts, event.ingest_ts, event.seq) == (
        given_packet.source_ts,
        given_packet.ingest_ts,
        given_packet.seq,
    )
    assert event.packet_ids == (given_packet.id,)
    assert event.member_print_ids == given_packet.members
    assert event.primary_profile_id == "institutional_directional"
    assert event.confidence.evidence_quality == pytest.approx(0.88)
    assert event.evidence_grade == "strong"
    assert [(r.kind, r.role) for r in event.evidence_refs] == [
        ("flow_packet", "anchor"),
        *[("option_print", "member")] * 4,
    ]


@pytest.mark.parametrize(("members", "referred"), [(500, 500), (501, 0), (700, 0)])
def test_above_500_prints_the_packet_leads_to_them(members: int, referred: int) -> None:
    event = run([packet(members=members)])[0]
    assert isinstance(event, SmartMoneyEvent)
    assert event.evidence_refs[0].kind == "flow_packet"
    assert len(event.evidence_refs) == 1 + referred
    assert len(event.member_print_ids) == members


def test_caveats_are_published_with_share_penalty_and_reference() -> None:
    event = run([packet(nbbo_stale_ratio=0.4)])[0]
    assert isinstance(event, SmartMoneyEvent)
    stale = event.caveats[0]
    assert (stale.code, stale.share, stale.penalty) == ("stale_quote_context", 0.4, 0.233333)
    assert stale.evidence_refs[0].id == packet().id
    assert event.confidence.penalty == 0.233333


def test_abstained_events_are_published() -> None:
    (event,) = run([packet(total_size=50, total_premium=12_000.0, sweep_kind="none")])
    assert isinstance(event, SmartMoneyEvent)
    assert event.abstained
    assert event.primary_profile_id is None
    assert len(event.profile_scores) == 6


def test_index_underlying_counts_as_one_for_hedges() -> None:
    gamma: dict[str, Any] = {"dte_days": 1, "otm_pct": 0.0, "atm_proximity": 0.005}
    event = run([packet(underlying="SPX", underlying_move_60s_bps=-20.0, **gamma)])[0]
    assert isinstance(event, SmartMoneyEvent)
    hedge = next(s for s in event.profile_scores if s.profile_id == "hedge_reactive")
    assert "index_or_etf_underlying" in hedge.reasons


def test_every_record_survives_its_wire_format() -> None:
    records = run([packet(), packet(1, at_ns=START + S), packet(1, revision=1, **EMPTY)])
    assert {type(r) for r in records} == {SmartMoneyEvent, ClassifierHit, FlowAlert}
    for record in records:
        codec = codec_of(type(record))
        assert codec.decode(codec.encode(record)) == record


def test_cancelled_block_retracts_its_hits_and_its_alert() -> None:
    cancel = packet(revision=1, members=0, reversed_ids=("t:0:0",), **EMPTY)
    records = run([packet(), cancel])[4:]
    event, sweep, spike, alert = records
    assert isinstance(event, SmartMoneyEvent)
    assert (event.revision, event.abstained) == (1, True)
    for hit, name in ((sweep, "large_bullish_call_sweep"), (spike, "unusual_contract_spike")):
        assert isinstance(hit, ClassifierHit)
        assert (hit.classifier_id, hit.revision, hit.retracted) == (name, 1, True)
        assert hit.confidence == 0.0
        assert "1 print was cancelled" in hit.explanations[0]
        assert 4 <= len(hit.explanations) <= 6
    assert isinstance(alert, FlowAlert)
    assert (alert.state, alert.revision, alert.total_size) == ("retracted", 1, 0)
    assert alert.why[0].startswith("Retracted")
    assert alert.details == {"reversed_print_ids": "t:0:0"}


def test_partial_cancel_updates_the_alert_and_retracts_only_what_no_longer_fires() -> None:
    fewer = packet(
        revision=1,
        members=3,
        reversed_ids=("t:0:3",),
        total_size=390,
        count=3,
        total_premium=90_000.0,
    )
    event, sweep, spike, alert = run([packet(), fewer])[4:]
    assert isinstance(sweep, ClassifierHit)
    assert isinstance(spike, ClassifierHit)
    assert isinstance(alert, FlowAlert)
    assert event.revision == sweep.revision == spike.revision == 1
    assert (sweep.classifier_id, sweep.retracted) == ("large_bullish_call_sweep", False)
    assert (spike.classifier_id, spike.retracted) == ("unusual_contract_spike", True)
    assert (alert.state, alert.revision, alert.total_size) == ("updated", 1, 390)
    assert alert.peak_score == 57 > alert.score
    assert [h.classifier_id for h in alert.hits] == ["large_bullish_call_sweep"]


def test_hit_retracted_once_is_not_retracted_again() -> None:
    records = run([packet(), packet(revision=1, **EMPTY), packet(revision=2, **EMPTY)])
    assert [type(r) for r in records[8:]] == [SmartMoneyEvent]


def test_cancel_in_a_merged_alert_keeps_what_the_other_packets_carry() -> None:
    records = run([packet(0), packet(1, at_ns=START + S), packet(0, revision=1, **EMPTY)])
    alert = records[-1]
    assert isinstance(alert, FlowAlert)
    assert (alert.state, alert.revision, alert.packet_count) == ("updated", 2, 1)
    assert (alert.score, alert.total_premium) == (57, 300_000.0)
    assert alert.alert_id == f"al:sm:{packet(0).id}"


def test_retracted_alert_neither_cools_down_nor_absorbs_the_next() -> None:
    again = packet(2, at_ns=START + 2 * S)
    records = run([packet(0), packet(0, revision=1, **EMPTY), again])
    last = records[-1]
    assert isinstance(last, FlowAlert)
    assert (last.alert_id, last.state) == (f"al:sm:{again.id}", "open")


def test_rescored_packet_never_opens_an_alert() -> None:
    weak = packet(total_size=50, total_premium=12_000.0, sweep_kind="none")
    records = run([weak, packet(revision=1)])
    assert not any(isinstance(record, FlowAlert) for record in records)


def test_rescoring_is_remembered_for_the_lookback_only() -> None:
    lookback_ns = InferenceConfig().cancel_lookback_ms * 1_000_000
    for after_ns, forgotten in ((lookback_ns, False), (lookback_ns + 1, True)):
        other = packet(1, at_ns=START + after_ns, strike=300.0)
        records = run([packet(), other, packet(revision=1, **EMPTY)])
        retracted = [r for r in records if isinstance(r, ClassifierHit) and r.retracted]
        assert (retracted == []) is forgotten


def test_quiet_underlyings_are_forgotten() -> None:
    inference = Inference(InferenceConfig())
    hour = 3600 * S
    run([packet(n, underlying=f"U{n}X", at_ns=START + n) for n in range(50)], inference)
    run([packet(99, underlying="LATE", at_ns=START + hour)], inference)
    state = inference.snapshot()
    assert isinstance(state, dict)
    assert [name for name, _ in state["underlyings"]] == ["LATE"]


rows = st.lists(
    st.tuples(
        st.integers(0, 40),  # seconds since the one before
        st.sampled_from(["NVDA", "AMD"]),
        st.sampled_from([175.0, 180.0]),
        st.sampled_from(["C", "P"]),
        st.sampled_from([15_000.0, 60_000.0, 300_000.0, 2_000_000.0]),
        st.sampled_from([100, 900]),
        st.booleans(),  # cancel an earlier packet afterwards
    ),
    min_size=1,
    max_size=25,
)


def packets_of(drawn: list[tuple[int, str, float, str, float, int, bool]]) -> list[FlowPacket]:
    packets: list[FlowPacket] = []
    at_ns = START
    for number, (gap, underlying, strike, right, premium, size, cancels) in enumerate(drawn):
        at_ns += gap * S
        common: dict[str, Any] = {"underlying": underlying, "strike": strike, "right": right}
        packets.append(
            packet(number, at_ns=at_ns, total_premium=premium, total_size=size, **common)
        )
        if cancels:
            packets.append(packet(number, at_ns=at_ns, revision=1, **common, **EMPTY))
    return packets


@given(rows, st.integers(0, 50))
@settings(max_examples=60)
def test_snapshot_at_any_cut_continues_identically(
    drawn: list[tuple[int, str, float, str, float, int, bool]], cut: int
) -> None:
    packets = packets_of(drawn)
    whole = Inference(InferenceConfig())
    expected = encoded(run(packets, whole))
    first = Inference(InferenceConfig())
    records = run(packets[:cut], first)
    stored = msgspec.msgpack.encode(first.snapshot())
    second = Inference(InferenceConfig())
    second.restore(msgspec.msgpack.decode(stored))
    records += run(packets[cut:], second)
    assert encoded(records) == expected
    assert second.counters == whole.counters
    assert msgspec.msgpack.encode(second.snapshot()) == msgspec.msgpack.encode(whole.snapshot())


@given(rows)
@settings(max_examples=40)
def test_underlyings_do_not_influence_each_other(
    drawn: list[tuple[int, str, float, str, float, int, bool]],
) -> None:
    packets = packets_of(drawn)
    together = run(packets)
    for underlying in ("NVDA", "AMD"):
        alone = run([p for p in packets if p.underlying_id == underlying])
        assert alone == [r for r in together if r.underlying_id == underlying]


@given(rows)
@settings(max_examples=40)
def test_ids_and_revisions_are_unique(
    drawn: list[tuple[int, str, float, str, float, int, bool]],
) -> None:
    seen = [(record.trace_id, record.revision) for record in run(packets_of(drawn))]
    assert len(set(seen)) == len(seen)


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(FlowError, match="version 99, expected 2"):
        Inference(InferenceConfig()).restore({"version": 99})


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("min_nbbo_coverage", 1.2, "CLASSIFIER_MIN_NBBO_COVERAGE is 1.2, expected 0 to 1"),
        ("alert_min_score", 101, "ALERT_MIN_SCORE"),
        ("alert_max_per_underlying_per_min", 0, "ALERT_MAX_PER_UNDERLYING_PER_MIN"),
        ("sweep_min_premium", float("nan"), "CLASSIFIER_SWEEP_MIN_PREMIUM"),
    ],
)
def test_thresholds_out_of_range_are_refused_by_name(
    field: str, value: float, variable: str
) -> None:
    with pytest.raises(MisconfiguredFlow, match=variable):
        InferenceConfig(**{field: value})  # type: ignore[arg-type]
