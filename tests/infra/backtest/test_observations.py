"""Which revision of a decision counts, and from when."""

import itertools

import msgspec
import pytest

from infra.backtest.observations import Flow
from infra.backtest.observations import alert_observations
from infra.backtest.observations import hit_observations
from infra.backtest.observations import is_measured
from schemas.records import AlertHit
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert
from tests.services.every_field import filled

S = 10**9
FIRST = an_alert(1)
UPDATED = msgspec.structs.replace(
    FIRST, source_ts=FIRST.source_ts + 600 * S, revision=1, state="updated", score=90
)
SETTLED = msgspec.structs.replace(
    FIRST, source_ts=FIRST.source_ts + 10**15, revision=2, state="settled"
)
OTHER = an_alert(2, primary_profile_id=None, direction="neutral")


def test_an_alert_counts_once_when_it_opened_in_any_order_of_the_log() -> None:
    log = [FIRST, FIRST, UPDATED, SETTLED, OTHER]
    found = {alert_observations(order, "options") for order in itertools.permutations(log)}
    assert len(found) == 1
    first, second = found.pop()
    assert (first.id, first.emission_ns, first.score) == (FIRST.alert_id, FIRST.source_ts, 57)
    assert (second.id, second.profile, second.sign) == (OTHER.alert_id, None, 0.0)
    assert first.session == SESSION


def test_an_alert_whose_opening_the_log_forgot_counts_later_and_never_earlier() -> None:
    (found,) = alert_observations([UPDATED], "options")
    assert found.emission_ns == UPDATED.source_ts


def test_a_settlement_opens_nothing() -> None:
    assert alert_observations([SETTLED], "options") == ()


def test_an_alert_taken_back_later_counts_and_says_so() -> None:
    gone = msgspec.structs.replace(UPDATED, state="retracted")
    (found,) = alert_observations([FIRST, gone], "options")
    assert (found.emission_ns, found.is_retracted) == (FIRST.source_ts, True)


def test_an_alert_counts_once_for_each_classifier() -> None:
    names = ("unusual_contract_spike", "block", "block")
    hits = tuple([AlertHit(f"hit:{n}", name, 0.8, "bullish") for n, name in enumerate(names)])
    (found,) = alert_observations([msgspec.structs.replace(FIRST, hits=hits)], "options")
    assert found.classifiers == ("block", "unusual_contract_spike")


@pytest.mark.parametrize(
    ("kind", "flow"),
    [
        ("options", "options"),
        ("", "options"),
        ("dark.block", "equities"),
        ("lvn.near", "equities"),
        ("lvn.cross", "equities"),
        ("state.change", "equities"),
        ("flow.aggressive", "equities"),
        ("signal.entry", "equities"),
        ("trading.halt", None),
        ("trading.resume", None),
        ("order.rejected", None),
        ("arb.opportunity", None),
    ],
)
def test_each_kind_belongs_to_one_flow_or_none(kind: str, flow: str | None) -> None:
    flows: tuple[Flow, ...] = ("options", "equities")
    assert [name for name in flows if is_measured(kind, name)] == ([flow] if flow else [])


def test_alerts_of_the_other_flow_are_left_out() -> None:
    dark = msgspec.structs.replace(OTHER, kind="dark.block")
    assert [each.id for each in alert_observations([FIRST, dark], "options")] == [FIRST.alert_id]
    assert [each.kind for each in alert_observations([FIRST, dark], "equities")] == ["dark.block"]


def test_a_hit_counts_from_its_first_revision() -> None:
    made = filled(ClassifierHit, 1)
    assert isinstance(made, ClassifierHit)
    hit = msgspec.structs.replace(
        made, source_ts=FIRST.source_ts, revision=0, retracted=False, confidence=0.4
    )
    gone = msgspec.structs.replace(hit, source_ts=hit.source_ts + S, revision=1, retracted=True)
    (found,) = hit_observations([gone, hit])
    assert (found.emission_ns, found.probability, found.is_retracted) == (hit.source_ts, 0.4, True)
    assert found.classifiers == (hit.classifier_id,)


def test_an_evening_decision_belongs_to_the_next_session() -> None:
    evening: FlowAlert = msgspec.structs.replace(FIRST, source_ts=FIRST.source_ts + 11 * 3600 * S)
    (found,) = alert_observations([evening], "options")
    assert found.session == SESSION + 1
