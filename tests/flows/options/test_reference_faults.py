"""Faults of the reference implementation that the engine must not have (specification, 13)."""

import sys
from types import FrameType
from typing import Any

import pytest

from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows
from tests.flows.options.engine_events import run

QUOTE = nbbo(0, 2.0, 2.1)


def test_premium_is_in_dollars_with_the_multiplier_everywhere() -> None:
    events = [QUOTE, printed(1, 2.1, 60), printed(2, 2.1, 60)]
    derived = run(events)[1]
    assert [row.notional for row in only(derived, OptionsTape)] == [12_600.0, 12_600.0]
    assert only(derived, FlowPacket)[0].features.total_premium == 25_200.0
    assert only(derived, SmartMoneyEvent)[0].features.total_premium == 25_200.0


@pytest.mark.parametrize("cents", [1, 2])
def test_true_mid_on_a_narrow_spread_is_mid(cents: int) -> None:
    row = rows([nbbo(0, 3.0, 3.0 + cents / 100), printed(1, 3.0 + cents / 200)])[0]
    assert row.nbbo_side == "MID"


def test_quote_with_a_later_stamp_is_ignored_whatever_arrived() -> None:
    events = [nbbo(0, 1.0, 1.1), nbbo(10, 2.0, 2.1), printed(9.999999, 2.1, late=True)]
    assert rows(events)[0].nbbo_bid == 1.0


def test_quote_counts_before_the_trade_of_the_same_nanosecond() -> None:
    events: list[Event] = [equity(5, 139.9, 140.1), nbbo(5, 2.0, 2.1), printed(5, 2.1)]
    row = rows(events)[0]
    assert (row.nbbo_age_ms, row.underlying_age_ms) == (0.0, 0.0)


def test_ids_are_the_same_on_replay_and_never_collide() -> None:
    quote: dict[str, Any] = {"nbbo_bid": 2.0, "nbbo_ask": 2.1}
    events = [printed(i * 300, 2.1, 400, "S", **quote) for i in range(40)]
    first = run(events)[1]
    again = run(events)[1]
    names = [(type(record), record.trace_id) for record in first]
    assert names == [(type(record), record.trace_id) for record in again]
    distinct = only(first, OptionsTape), only(first, FlowPacket), only(first, SmartMoneyEvent)
    for records in distinct:
        assert len({record.trace_id for record in records}) == len(records)
    assert only(first, ClassifierHit)
    assert only(first, FlowAlert)


def test_signal_filter_gates_attention_never_what_is_clustered() -> None:
    events = [QUOTE, *(printed(i * 90, 2.1, 1 + 37 * (i % 3)) for i in range(30))]
    everything = packets(events, OptionsConfig(signal=SignalConfig(mode="all")))
    attention = packets(events)
    assert attention
    for packet in attention:
        twin = next(other for other in everything if other.id == packet.id)
        assert twin.members == packet.members
        assert twin.features == packet.features


def test_single_packet_then_silence_is_emitted_by_ticks_alone() -> None:
    engine = OptionsEngine(OptionsConfig())
    assert len(engine.process([QUOTE, printed(1, 2.1, 300)])) == 1
    assert only(engine.advance(at_ns(1_001)), FlowPacket) == []
    assert len(only(engine.advance(at_ns(1_002)), FlowPacket)) == 1
    assert engine.advance(at_ns(99_000)) == []


def _calls_of(engine: OptionsEngine, events: list[Event]) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        engine.process(events)
    finally:
        sys.setprofile(None)
    return calls


def test_work_per_print_does_not_grow_with_the_number_of_contracts() -> None:
    work = []
    for contracts in (40, 5_000):
        engine = OptionsEngine(OptionsConfig())
        open_windows = [
            printed(i / 100, 0.5, 1, contract=f"NVDA-2025-07-18-{100 + i // 2}-{'CP'[i % 2]}")
            for i in range(contracts)
        ]
        engine.process(open_windows)
        assert engine.counters["pending_timers"] == contracts
        probes = [printed(60 + i / 10, 2.1, 1, trace_id=f"probe{i}") for i in range(200)]
        work.append(_calls_of(engine, probes))
    assert work[1] <= 1.05 * work[0]


def test_cancelled_block_is_taken_back_everywhere() -> None:
    quoted = [equity(0, 139.9, 140.1), QUOTE]
    block = printed(1, 2.1, 2_500, "S")
    cancel = printed(5_000, 2.1, 2_500, "G")
    derived = run([*quoted, block, cancel, printed(6_000, 2.1, 1)])[1]
    assert [alert.state for alert in only(derived, FlowAlert)] == ["open", "retracted"]
    assert [hit.retracted for hit in only(derived, ClassifierHit)][-1] is True
    assert only(derived, OptionsTape)[-1].session_volume == 1


def test_unmatched_cancel_changes_nothing_but_its_counter() -> None:
    events = [QUOTE, printed(1, 2.1, 300)]
    engine, derived = run([*events, printed(5_000, 2.2, 300, "C")])
    assert engine.counters["cancel_unmatched"] == 1
    assert only(derived, FlowPacket) == packets(events)


def test_evidence_ids_are_typed_and_resolve() -> None:
    derived = run([QUOTE, printed(1, 2.1, 300, "S"), printed(2, 2.1, 300, "S")])[1]
    known = {
        "option_print": {row.trace_id for row in only(derived, OptionsTape)},
        "option_nbbo": {f"t:1:q:{CALL}:0"},
    }
    refs = only(derived, FlowPacket)[0].evidence_refs
    assert [ref.role for ref in refs] == ["anchor", "member", "context"]
    assert all(ref.id in known[ref.kind] for ref in refs)
