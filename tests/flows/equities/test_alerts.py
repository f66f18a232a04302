"""Alerts of equities: what is held back, what is a revision, and what the record says."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.equities.alert_draft import AlertDraft
from flows.equities.alerts import AlertDesk
from flows.equities.alerts import severity_of
from flows.errors import MisconfiguredFlow
from schemas.records import AlertComponent
from schemas.records import Confidence
from schemas.records import EvidenceRef
from schemas.records import FlowAlert

S = 1_000_000_000
# 2025-05-23 10:08:25 New York.
START_NS = 1_748_009_305 * S


def a_draft(subject: str, at_s: float = 0, **changes: object) -> AlertDraft:
    ts = START_NS + round(at_s * S)
    plain = AlertDraft(
        kind="dark.absorbed_block",
        key="k",
        cooldown_s=30.0,
        subject=subject,
        state="open",
        score=72,
        direction="neutral",
        headline="A block was absorbed",
        why=("first", "second"),
        components=(("confidence", 0.72, 72.0),),
        details={"label": "Inferred from off-exchange (TRF) prints"},
        refs=(EvidenceRef("dark", subject, "anchor"),),
        first_ts=ts - S,
        last_ts=ts,
        ts=ts,
        ingest_ts=ts + 3,
        seq=17,
        notional=400_000.126,
        shares=4000,
        prints=3,
        confidence=0.72,
    )
    return msgspec.structs.replace(plain, **changes)


def a_desk() -> AlertDesk:
    return AlertDesk("SPY", "12345678")


def test_draft_becomes_a_record_in_which_what_only_options_have_is_empty() -> None:
    found = a_desk().submit(a_draft("d1"))

    ts = START_NS
    assert found == FlowAlert(
        source_ts=ts,
        ingest_ts=ts + 3,
        seq=17,
        trace_id="alert:dark.absorbed_block:SPY:d1",
        schema_version="flow.alerts.v1",
        alert_id="alert:dark.absorbed_block:SPY:d1",
        revision=0,
        state="open",
        direction="neutral",
        underlying_id="SPY",
        option_contract_id=None,
        structure_type=None,
        severity="high",
        score=72,
        peak_score=72,
        components=(AlertComponent("confidence", 0.72, 72.0),),
        hits=(),
        primary_profile_id=None,
        profile_scores=(),
        confidence=Confidence(0.72, 0.72, 0.72, 0.0, 0.0, "uncalibrated.v1"),
        headline="A block was absorbed",
        why=("first", "second"),
        first_ts=ts - S,
        last_ts=ts,
        packet_count=0,
        total_premium=400_000.13,
        total_size=4000,
        suppressed_count=0,
        dedupe_key="SPY|dark.absorbed_block|d1",
        cooldown_key="SPY|dark.absorbed_block|k",
        settlement=None,
        evidence_refs=(EvidenceRef("dark", "d1", "anchor"),),
        policy_version="equities.alerts.v1",
        config_hash="12345678",
        kind="dark.absorbed_block",
        details={"label": "Inferred from off-exchange (TRF) prints"},
    )


@pytest.mark.parametrize(
    ("score", "severity"),
    [(100, "high"), (70, "high"), (69, "medium"), (45, "medium"), (44, "low"), (0, "low")],
)
def test_severity_is_a_matter_of_the_score(score: int, severity: str) -> None:
    assert severity_of(score) == severity


def test_later_draft_of_a_subject_is_a_revision_and_keeps_the_peak() -> None:
    desk = a_desk()
    drafts = [
        a_draft("d1"),
        a_draft("d1", 1, score=90),
        a_draft("d1", 2, state="updated", score=40),
        a_draft("d1", 3, state="retracted", score=0),
    ]

    found = [desk.submit(draft) for draft in drafts]

    assert [(a.revision, a.state, a.score, a.peak_score, a.severity) for a in found if a] == [
        (0, "open", 72, 72, "high"),
        (1, "updated", 90, 90, "high"),
        (2, "updated", 40, 90, "low"),
        (3, "retracted", 0, 90, "low"),
    ]
    assert desk.counters == {"alerts_opened": 1, "alerts_updated": 2, "alerts_retracted": 1}


@pytest.mark.parametrize(
    ("second", "is_held_back"),
    [
        (a_draft("d2", 29.999), True),
        (a_draft("d2", 30), False),
        (a_draft("d2", 1, key="other"), False),
        (a_draft("d2", 1, kind="dark.distribution"), False),
    ],
)
def test_cooldown_holds_back_the_same_kind_and_key(second: AlertDraft, is_held_back: bool) -> None:
    desk = a_desk()
    desk.submit(a_draft("d1"))

    assert (desk.submit(second) is None) == is_held_back


def test_kind_without_cooldown_is_never_held_back() -> None:
    desk = a_desk()

    found = [desk.submit(a_draft(subject, cooldown_s=0.0)) for subject in ("d1", "d2", "d3")]

    assert None not in found


def test_what_was_held_back_stays_so_and_is_counted_in_the_next_revision() -> None:
    desk = a_desk()
    desk.submit(a_draft("d1"))

    assert desk.submit(a_draft("d2", 1)) is None
    assert desk.submit(a_draft("d2", 40, state="updated", score=100)) is None
    assert desk.submit(a_draft("d3", 2)) is None
    again = desk.submit(a_draft("d1", 3, state="updated"))

    assert again is not None
    assert again.suppressed_count == 2
    assert desk.counters["alerts_suppressed"] == 2


def test_held_back_draft_does_not_prolong_the_cooldown() -> None:
    desk = a_desk()
    desk.submit(a_draft("d1"))
    desk.submit(a_draft("d2", 20))

    assert desk.submit(a_draft("d3", 31)) is not None


@pytest.mark.parametrize("state", ["updated", "retracted"])
def test_change_of_an_alert_that_was_never_made_is_dropped(state: str) -> None:
    desk = a_desk()

    assert desk.submit(a_draft("d1", state=state)) is None
    assert desk.counters == {"alerts_unknown_subject": 1}


@pytest.mark.parametrize(
    ("hours", "revision"),
    # 20:00 is 9 h 51 min 35 s away.
    [(9.8, 1), (9.9, None)],
)
def test_subject_is_remembered_over_its_trading_date(hours: float, revision: int | None) -> None:
    desk = a_desk()
    desk.submit(a_draft("d1"))

    found = desk.submit(a_draft("d1", hours * 3600, state="updated"))

    assert (None if found is None else found.revision) == revision


def test_subject_is_remembered_for_an_hour_across_trading_dates() -> None:
    desk = a_desk()
    evening = 9.8 * 3600
    desk.submit(a_draft("d1", evening))

    assert desk.submit(a_draft("d1", evening + 3600, state="updated")) is not None
    assert desk.submit(a_draft("d1", evening + 7201, state="updated")) is None


def test_memory_is_bounded() -> None:
    desk = a_desk()
    for number in range(5000):
        desk.submit(a_draft(f"d{number}", number / 100, cooldown_s=0.0))

    assert len(desk.state()) < 4096 * 80
    assert desk.submit(a_draft("d903", 60, state="updated")) is None
    assert desk.submit(a_draft("d904", 60, state="updated")) is not None


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="version 99, expected 1"):
        a_desk().load(msgspec.msgpack.encode((99,)))


drafts = st.builds(
    lambda subject, key, gap, state, cooldown: (subject, key, gap, state, cooldown),
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(["x", "y"]),
    st.sampled_from([0.0, 1.0, 29.0, 31.0, 4000.0, 40_000.0]),
    st.sampled_from(["open", "open", "updated", "retracted"]),
    st.sampled_from([0.0, 30.0]),
)


@settings(max_examples=100)
@given(st.lists(drafts, max_size=30))
def test_desk_goes_on_from_its_state_anywhere(
    parts: list[tuple[str, str, float, str, float]],
) -> None:
    whole, pieces = a_desk(), a_desk()
    at_s = 0.0
    revisions: dict[str, list[int]] = {}
    for subject, key, gap, state, cooldown_s in parts:
        at_s += gap
        draft = a_draft(subject, at_s, key=key, state=state, cooldown_s=cooldown_s)
        again = a_desk()
        again.load(pieces.state())
        pieces = again
        found = whole.submit(draft)
        assert pieces.submit(draft) == found
        if found is not None:
            assert (found.state == "open") == (found.revision == 0)
            revisions.setdefault(subject, []).append(found.revision)
    for each in revisions.values():
        for before, after in pairwise(each):
            assert after in {before + 1, 0}
    assert whole.state() == pieces.state()
