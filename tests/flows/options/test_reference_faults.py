"""Faults of the reference implementation that the engine must not have (specification, 13)."""

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.derived import Derived
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import calendar_event
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows
from tests.flows.options.engine_events import run
from tests.flows.options.structures.packages import SPREAD
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package
from tests.flows.options.structures.packages import structures
from tests.flows.options.structures.test_templates import TEMPLATES

QUOTE = nbbo(0, 2.0, 2.1)


def test_premium_is_in_dollars_with_the_multiplier_everywhere() -> None:
    events = [QUOTE, printed(1, 2.1, 60), printed(2, 2.1, 60)]
    derived = run(events)[1]
    assert [row.notional for row in only(derived, OptionsTape)] == [12_600.0, 12_600.0]
    assert only(derived, FlowPacket)[0].features.total_premium == 25_200.0
    assert only(derived, SmartMoneyEvent)[0].features.total_premium == 25_200.0


@given(st.lists(st.integers(1, 900), min_size=1, max_size=12), st.sampled_from([1, 10, 100]))
def test_premium_of_a_packet_is_the_sum_of_its_prints_with_their_multiplier(
    sizes: list[int], multiplier: int
) -> None:
    events = [
        QUOTE,
        *(printed(1 + i, 2.1, size, multiplier=multiplier) for i, size in enumerate(sizes)),
    ]
    _, derived = run(events, OptionsConfig(signal=SignalConfig(mode="all")))
    tape = only(derived, OptionsTape)
    assert [row.notional for row in tape] == [round(2.1 * n * multiplier, 2) for n in sizes]
    (packet,) = only(derived, FlowPacket)
    assert packet.features.total_premium == round(sum([row.notional for row in tape]), 2)


def test_true_mid_is_mid_on_every_spread_from_one_to_two_hundred_ticks() -> None:
    events: list[Event] = []
    for ticks in range(1, 201):
        ms = 1_000.0 * ticks
        events += [nbbo(ms, 3.0, 3.0 + ticks / 100), printed(ms + 1, 3.0 + ticks / 200)]
    assert [row.nbbo_side for row in rows(events)] == ["MID"] * 200


def test_quote_with_a_later_stamp_is_ignored_whatever_arrived() -> None:
    events = [nbbo(0, 1.0, 1.1), nbbo(10, 2.0, 2.1), printed(9.999999, 2.1, late=True)]
    assert rows(events)[0].nbbo_bid == 1.0


def test_quote_counts_before_the_trade_of_the_same_nanosecond() -> None:
    events: list[Event] = [equity(5, 139.9, 140.1), nbbo(5, 2.0, 2.1), printed(5, 2.1)]
    row = rows(events)[0]
    assert (row.nbbo_age_ms, row.underlying_age_ms) == (0.0, 0.0)


def names(derived: list[Derived]) -> list[tuple[type[Derived], str]]:
    return [(type(record), record.trace_id) for record in derived]


def fired(events: list[Event]) -> dict[str, str]:
    """Return the direction of each classifier that fires on a tape."""
    return {hit.classifier_id: hit.direction for hit in only(run(events)[1], ClassifierHit)}


def test_ids_are_the_same_on_replay_and_never_collide() -> None:
    quote: dict[str, Any] = {"nbbo_bid": 2.0, "nbbo_ask": 2.1}
    events = [printed(i * 300, 2.1, 400, "S", **quote) for i in range(40)]
    first = run(events)[1]
    again = run(events)[1]
    assert names(first) == names(again)
    distinct = only(first, OptionsTape), only(first, FlowPacket), only(first, SmartMoneyEvent)
    for records in distinct:
        assert len({record.trace_id for record in records}) == len(records)
    assert only(first, ClassifierHit)
    assert only(first, FlowAlert)


def test_ids_do_not_start_again_when_the_process_does() -> None:
    events = [QUOTE, *(printed(i * 700, 2.1, 400, "S") for i in range(30))]
    engine = OptionsEngine(OptionsConfig())
    derived: list[Derived] = []
    for start in (0, 7, 20):
        engine = OptionsEngine.restore(OptionsConfig(), engine.snapshot())
        derived += engine.process(events[start : {0: 7, 7: 20, 20: 31}[start]])
    derived += engine.finish()
    assert names(derived) == names(run(events)[1])
    ids = [record.id for record in only(derived, FlowPacket)]
    assert len(set(ids)) == len(ids) == 30


def test_signal_filter_leaves_the_baselines_as_they_are() -> None:
    events = [QUOTE, *(printed(i * 90, 2.1, 1 + 37 * (i % 5)) for i in range(80))]
    quiet, attentive = (
        run(events, OptionsConfig(signal=SignalConfig(mode=mode)))
        for mode in ("smart-money", "all")
    )
    passed = [sum(row.signal_pass for row in only(found, OptionsTape)) for _, found in
              (quiet, attentive)]  # fmt: skip
    assert passed[0] < passed[1] == 80
    assert len(quiet[0].baselines) == 1
    assert quiet[0].baselines.state() == attentive[0].baselines.state()


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


def test_quiet_tape_flushes_the_last_packets_and_only_once() -> None:
    events = [
        QUOTE,
        printed(1, 2.1, 300),
        nbbo(2, 3.0, 3.1, PUT),
        printed(3, 3.1, 170, contract=PUT),
    ]
    engine = OptionsEngine(OptionsConfig())
    at_once = only(engine.process(events), FlowPacket)
    flushed = [
        packet
        for second in range(1, 5)
        for packet in only(engine.advance(at_ns(1_000 * second)), FlowPacket)
    ]
    assert at_once == []
    assert {packet.option_contract_id for packet in flushed} == {CALL, PUT}
    assert flushed == packets(events)


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
    for contracts in (40, 50_000):
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


def test_baselines_survive_a_restart_and_measure_the_same() -> None:
    events = [QUOTE, *(printed(i * 700, 2.1, 100 + 7 * (i % 11)) for i in range(40))]
    burst = printed(60_000, 2.1, 2_500)
    engine = OptionsEngine(OptionsConfig())
    engine.process(events)
    again = OptionsEngine.restore(OptionsConfig(), engine.snapshot())
    found = [
        only([*each.process([burst]), *each.finish()], FlowPacket)[-1].features
        for each in (engine, again)
    ]
    assert found[0] == found[1]
    assert found[0].total_premium_basis == "contract"
    assert found[0].total_premium_z_eff is not None
    assert found[0].total_premium_z_eff > 5.0


@pytest.mark.parametrize(
    ("sizes", "low", "high"),
    [
        ([100] * 30, 5.0, 200.0),  # no deviation at all: floored, not zero and not infinite
        ([100, 110, 90, 105, 95] * 6 + [90_000], 5.0, 200.0),  # one monster hides no second
    ],
)
def test_unusual_size_stands_out_from_a_constant_and_from_a_heavy_tailed_past(
    sizes: list[int], low: float, high: float
) -> None:
    past = [printed(i * 700, 2.1, size) for i, size in enumerate(sizes)]
    first, *_, last = packets([QUOTE, *past, printed(90_000, 2.1, 900)])
    assert first.features.total_size_z_eff is None
    assert last.features.total_size_z_eff is not None
    assert low < last.features.total_size_z_eff < high


def test_two_unrelated_contracts_within_the_window_are_no_structure() -> None:
    quotes = [QUOTE, nbbo(0, 3.0, 3.1, PUT)]
    other_size = [printed(1, 2.1, 300), printed(80, 3.1, 170, contract=PUT)]
    busy = [
        printed(ms, 2.1 if i % 2 else 3.1, 300, contract=CALL if i % 2 else PUT, trace_id=f"b{i}")
        for i, ms in enumerate(range(5_000, 65_000, 600))
    ]
    for events in ([*quotes, *other_size], [*quotes, *busy]):
        found = packets(events)
        assert len(found) >= 2
        late = [packet for packet in found if packet.start_ts > at_ns(30_000) or len(found) == 2]
        assert [packet.structure for packet in late] == [None] * len(late)
        assert all(packet.structure_id is None for packet in late)


@pytest.mark.parametrize("is_bought", [True, False])
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template[0])
def test_legs_keep_side_and_ratio_and_give_debit_or_credit(
    template: tuple[str, tuple[str, ...], tuple[str, ...], bool], is_bought: bool
) -> None:
    chosen = legs(template[0])
    code = "n" if template[3] else "f"
    (found,) = structures(package(chosen[::-1], 30, is_bought=is_bought, code=code))
    assert found.structure is not None
    turn = 1 if is_bought else -1
    assert {(leg.option_contract_id, leg.side, leg.ratio, leg.size) for leg in found.legs} == {
        (leg.contract, "bought" if leg.sign * turn > 0 else "sold", leg.ratio, 30 * leg.ratio)
        for leg in chosen
    }
    # Every leg trades at its touch, so the package pays both spreads.
    paid = sum(
        turn * leg.sign * leg.ratio * (leg.bid + (SPREAD if leg.sign * turn > 0 else 0.0))
        for leg in chosen
    )
    assert found.structure.net_price == pytest.approx(paid, abs=1e-6)
    assert found.structure.direction == (template[1] if is_bought else template[2])[2]


def test_venues_gaps_between_fills_and_strike_concentration_are_computed() -> None:
    fills = [(1, 20, "C"), (4, 50, "N"), (11, 30, "X")]
    (packet,) = packets([QUOTE, *(printed(ms, 2.1, n, exchange=at) for ms, n, at in fills)])
    features = packet.features
    assert (features.venue_count, features.venues) == (3, ("C", "N", "X"))
    assert (features.inter_fill_ms_mean, features.inter_fill_ms_max) == (5.0, 7.0)
    assert (features.strike_count, features.strike_concentration) == (1, 1.0)
    (ladder,) = structures(package(legs("+C130 -2C140 +C150"), 50))
    assert ladder.features.strike_count == 3
    assert ladder.features.strike_concentration == pytest.approx(0.25**2 + 0.5**2 + 0.25**2)


@pytest.mark.parametrize(("price", "fires"), [(2.1, False), (2.0, True)])
def test_overwrite_needs_calls_sold(price: float, fires: bool) -> None:
    tape = [equity(0, 139.9, 140.1), QUOTE, printed(1, price, 900)]
    assert ("large_call_sell_overwrite" in fired(tape)) is fires


@pytest.mark.parametrize(
    ("code", "venues", "price", "fires"),
    [
        ("I", "CCCCC", 2.1, False),  # one venue
        ("S", "CNXAC", 2.0, False),  # intermarket sweep, but sold
        ("I", "CNXAC", 2.1, True),
        ("S", "CCCCC", 2.1, True),  # the code says it swept, whichever venue reports
    ],
)
def test_sweep_needs_venues_and_the_ask(code: str, venues: str, price: float, fires: bool) -> None:
    burst = [printed(1 + 5 * i, price, 400, code, exchange=at) for i, at in enumerate(venues)]
    found = fired([equity(0, 139.9, 140.1), QUOTE, *burst])
    assert ("large_bullish_call_sweep" in found) is fires


@pytest.mark.parametrize(
    ("expiry", "classifier"),
    [("2025-06-02", "zero_dte_gamma_punch"), ("2025-12-19", "far_dated_conviction")],
)
@pytest.mark.parametrize(
    ("right", "price", "direction"),
    [("C", 2.1, "bullish"), ("C", 2.0, "bearish"), ("P", 2.1, "bearish"), ("P", 2.0, "bullish")],
)
def test_direction_of_zero_dte_and_far_dated_flow_is_by_right_and_side(
    expiry: str, classifier: str, right: str, price: float, direction: str
) -> None:
    contract = f"NVDA-{expiry}-140-{right}"
    quotes = [equity(0, 139.9, 140.1), nbbo(0, 2.0, 2.1, contract)]
    found = fired([*quotes, printed(1, price, 900, contract=contract)])
    assert found[classifier] == direction


@pytest.mark.parametrize(("stale", "costs"), [(1, False), (12, True)])
def test_one_stale_print_in_twenty_costs_nothing(stale: int, costs: bool) -> None:
    old: dict[str, Any] = {"nbbo_bid": 2.0, "nbbo_ask": 2.1, "nbbo_ts": at_ns(0)}
    fresh = {**old, "nbbo_ts": at_ns(5_000)}
    burst = [
        printed(5_000 + i, 2.1, 40, **(old if i < stale else fresh), exchange="CNXA"[i % 4])
        for i in range(20)
    ]
    derived = run([equity(4_999, 139.9, 140.1), *burst])[1]
    assert only(derived, FlowPacket)[0].features.nbbo_stale_count == stale
    assert (only(derived, SmartMoneyEvent)[0].confidence.penalty > 0.0) is costs


def test_penalty_lowers_the_probability_and_does_not_force_abstention() -> None:
    old: dict[str, Any] = {"nbbo_bid": 2.0, "nbbo_ask": 2.1, "nbbo_ts": at_ns(0)}
    fresh = {**old, "nbbo_ts": at_ns(5_000)}
    events = []
    for stale in (0, 3):
        burst = [
            printed(
                5_000 + i, 2.1, 150, "S", **(old if i < stale else fresh), exchange="CNXA"[i % 4]
            )
            for i in range(20)
        ]
        derived = run([equity(4_999, 139.9, 140.1), *burst])[1]
        events.append(only(derived, SmartMoneyEvent)[0])
    clean, tainted = (event.confidence for event in events)
    assert clean.penalty == 0.0 < tainted.penalty
    assert tainted.probability < clean.probability
    assert [event.primary_profile_id for event in events] == ["institutional_directional"] * 2


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


def test_event_dates_come_from_reference_data_once_announced_and_from_nothing_else() -> None:
    def days(*known: Event, conditions: tuple[str, ...] = ("I",)) -> int | None:
        tape = [QUOTE, printed(1_000, 2.1, 300, conditions=conditions, raw_conditions=conditions)]
        events = sorted([*known, *tape], key=lambda event: event[0].source_ts)
        return packets(events)[0].features.days_to_event

    assert days(calendar_event(0, 3)) == 3
    assert days(calendar_event(1_000.001, 3)) is None
    assert days(conditions=("I", "EARNINGS", "event:earnings:3")) is None


def test_evidence_ids_are_typed_and_resolve() -> None:
    derived = run([QUOTE, printed(1, 2.1, 300, "S"), printed(2, 2.1, 300, "S")])[1]
    known = {
        "option_print": {row.trace_id for row in only(derived, OptionsTape)},
        "option_nbbo": {f"t:1:q:{CALL}:0"},
    }
    refs = only(derived, FlowPacket)[0].evidence_refs
    assert [ref.role for ref in refs] == ["anchor", "member", "context"]
    assert all(ref.id in known[ref.kind] for ref in refs)
