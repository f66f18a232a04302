"""Pending follow-ups: bound, cancels, snapshot and restore."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import FlowError
from flows.options.followup import FollowUps
from schemas.records import ClassifierHit
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.inference_packets import START
from tests.flows.options.inference_packets import S
from tests.flows.options.inference_packets import packet
from tests.flows.options.test_followup import CONFIG
from tests.flows.options.test_followup import FLAT
from tests.flows.options.test_followup import TIMER
from tests.flows.options.test_followup import later
from tests.flows.options.test_followup import sweep
from tests.flows.options.test_followup import watch


def test_the_oldest_of_257_is_dropped_and_counted() -> None:
    followups = FollowUps(CONFIG)
    for number in range(257):
        assert watch(followups, sweep(number)) is not None
    assert len(followups) == 256
    assert followups.counters["follow_ups_dropped"] == 1
    assert followups.judge(sweep(0).id, TIMER, FLAT) is None
    assert followups.judge(sweep(1).id, TIMER, FLAT) is not None
    other = packet(900, underlying="AMD")
    assert watch(followups, other) is not None
    assert followups.counters["follow_ups_dropped"] == 1


def test_a_rescored_packet_replaces_what_is_pending_and_sets_no_timer() -> None:
    followups = FollowUps(CONFIG)
    watch(followups, sweep())
    later(followups, sweep(1, START + S, total_size=700))
    smaller = packet(revision=1, total_size=1500, total_premium=281_000.0)
    assert watch(followups, smaller) is None
    assert len(followups) == 1
    hit = followups.judge(sweep().id, TIMER, FLAT)
    assert hit is not None
    assert hit.revision == 1
    assert "$281,000" in hit.explanations[1]
    assert "700 contracts" in hit.explanations[1]


def test_a_rescored_packet_that_no_longer_qualifies_is_forgotten() -> None:
    followups = FollowUps(CONFIG)
    watch(followups, sweep())
    assert watch(followups, packet(revision=1, total_premium=30_000.0)) is None
    assert len(followups) == 0
    assert watch(followups, packet(revision=2)) is None
    assert len(followups) == 0


STEPS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["watch", "packet", "judge"]),
        st.sampled_from([{}, SOLD, TWO_SIDED, {"total_size": 700}]),
    ),
    max_size=24,
)


def play(
    followups: FollowUps, steps: list[tuple[int, str, dict[str, Any]]]
) -> list[ClassifierHit | None]:
    hits: list[ClassifierHit | None] = []
    for number, action, features in steps:
        given_packet = sweep(number, START + number * S, **features)
        if action == "watch":
            watch(followups, given_packet)
        elif action == "packet":
            later(followups, given_packet)
        else:
            hits.append(followups.judge(given_packet.id, TIMER + number * S, FLAT))
    return hits


@given(STEPS, STEPS)
def test_restored_follow_ups_go_on_byte_for_byte(
    before: list[tuple[int, str, dict[str, Any]]], after: list[tuple[int, str, dict[str, Any]]]
) -> None:
    original = FollowUps(CONFIG)
    play(original, before)
    restored = FollowUps(CONFIG)
    restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(original.state())))
    assert play(original, after) == play(restored, after)
    assert msgspec.msgpack.encode(original.state()) == msgspec.msgpack.encode(restored.state())


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(FlowError, match="follow-ups"):
        FollowUps(CONFIG).load([])
