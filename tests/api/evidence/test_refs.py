"""Typed references map one to one to kinds and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.evidence.refs import Ref
from api.evidence.refs import parse_ref
from api.evidence.refs import ref_of
from api.problems import Problem
from infra.evidence_kinds import KINDS

# The specification's own table: what stands as it is, and what gets a type in front.
SPECIFIED = [
    ("al:sm:pk:X:f:prints:1", "alert", "al:sm:pk:X:f:prints:1"),
    ("alert:trading.halt:X:ev:1", "alert", "alert:trading.halt:X:ev:1"),
    ("hit:block:pk:X", "classifier_hit", "hit:block:pk:X"),
    ("sm:pk:X", "smart_money", "sm:pk:X"),
    ("pk:X:f:prints:1", "flow_packet", "pk:X:f:prints:1"),
    ("st:X:5bb9", "flow_packet", "st:X:5bb9"),
    ("np:X:17", "net_premium", "np:X:17"),
    ("join:f:reports:1", "equity_join", "join:f:reports:1"),
    ("dark:absorbed_block:f:reports:1", "dark", "dark:absorbed_block:f:reports:1"),
    ("signal:auction-1:X:entry:5", "signal", "signal:auction-1:X:entry:5"),
    ("state:f:X:hysteresis-1:5", "state", "state:f:X:hysteresis-1:5"),
    ("order:1", "order", "order:1"),
    ("level:f:X:lvn:13.79", "level", "level:f:X:lvn:13.79"),
    ("print:f:s:prints:1", "option_print", "f:s:prints:1"),
    ("option-nbbo:f:s:nbbo:1", "option_nbbo", "f:s:nbbo:1"),
    ("equity-print:f:s:reports:1", "equity_print", "f:s:reports:1"),
    ("equity-quote:f:s:quotes:1", "equity_quote", "f:s:quotes:1"),
    ("news:alpaca:1", "news", "alpaca:1"),
    ("event:f:s:events:1", "event", "f:s:events:1"),
    ("calendar:earnings-X", "event_calendar", "earnings-X"),
    ("oi:X-2025-12-19-100-C@2025-11-19", "oi_snapshot", "X-2025-12-19-100-C@2025-11-19"),
    ("baseline:bs:X:2025-11-19", "baseline_snapshot", "bs:X:2025-11-19"),
    ("order-flow:orderflow:f:X:1000:5", "order_flow", "orderflow:f:X:1000:5"),
    ("profile:f:X:rolling:60-5", "profile", "profile:f:X:rolling:60-5"),
    ("candle:f:X:60000:5", "candle", "candle:f:X:60000:5"),
]


@pytest.mark.parametrize(("text", "kind", "identifier"), SPECIFIED)
def test_reference_names_kind_and_id_and_back(text: str, kind: str, identifier: str) -> None:
    assert parse_ref(text) == Ref(kind, identifier)
    assert ref_of(kind, identifier) == text


def test_every_kind_of_evidence_has_a_form() -> None:
    assert {kind for _, kind, _ in SPECIFIED} >= set(KINDS)


@pytest.mark.parametrize(
    "text",
    ["", "f:s:prints:1", "print:", "al:", "orderflow:f:X:1000:5", "prints:1", "a\nb", "x" * 600],
)
def test_untyped_id_is_refused_by_the_name_of_its_parameter(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_ref(text, "refs")

    assert caught.value.code == "parameter_invalid"
    assert caught.value.errors[0][0] == "refs"


@given(
    st.sampled_from([kind for kind, spec in KINDS.items() if spec.ref]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
)
def test_any_id_of_a_kind_with_a_type_in_front_comes_back(kind: str, identifier: str) -> None:
    assert parse_ref(ref_of(kind, identifier)) == Ref(kind, identifier)
