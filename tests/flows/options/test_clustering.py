from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.config import ClusterConfig
from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows
from tests.flows.options.engine_events import run

ALL = OptionsConfig(signal=SignalConfig(mode="all"))


def members(events: list[Event], config: OptionsConfig = ALL) -> list[list[str]]:
    return [[name.rsplit(":", 1)[1] for name in p.members] for p in packets(events, config)]


def test_prints_up_to_the_end_of_the_window_join() -> None:
    events = [printed(0), printed(500), printed(500.001), printed(2_000)]
    assert members(events) == [["0", "500"], ["500.001"], ["2000"]]


def test_complex_and_simple_prints_form_separate_packets() -> None:
    events = [
        printed(0, code="I"),
        printed(1, code="f"),
        printed(2, code="I"),
        printed(3, code="g"),
    ]
    assert sorted(members(events)) == [["0", "2"], ["1", "3"]]


def test_contracts_do_not_mix() -> None:
    assert members([printed(0), printed(1, contract=PUT)]) == [["0"], ["1"]]


def test_late_print_is_its_own_packet_and_is_not_known_before_it_came() -> None:
    events = [printed(0), printed(900), printed(10, late=True), printed(2_000)]
    found = packets(events, ALL)
    assert sorted(len(packet.members) for packet in found) == [1, 1, 1, 1]
    late = next(packet for packet in found if packet.late_arrival)
    assert late.start_ts == at_ns(10)
    assert late.source_ts == at_ns(900)
    assert late.join_quality.late_ratio == 1.0


@pytest.mark.parametrize(
    ("events", "release_ms"),
    [
        ([printed(0, size=9)], 500),
        ([printed(0, size=10)], 1_000),
        ([printed(0, size=10, code="S")], 500),
        ([printed(0, size=10, code="f")], 600),
        ([printed(0, size=5), printed(1, size=5)], 1_000),
        ([nbbo(0, 1.9, 2.0), printed(0, size=9), printed(9, size=9, exchange="N")], 500),
    ],
)
def test_release_time(events: list[Event], release_ms: int) -> None:
    packet = packets(events, ALL)[0]
    assert packet.source_ts == at_ns(release_ms)


def test_timer_waits_for_events_of_its_own_time() -> None:
    engine = OptionsEngine(ALL)
    assert len(engine.process([printed(0, size=9), printed(500, contract=PUT, size=9)])) == 2
    assert engine.advance(at_ns(500)) == []
    assert [p.source_ts for p in only(engine.advance(at_ns(500) + 1), FlowPacket)] == [at_ns(500)]


def test_quiet_tape_is_flushed_by_ticks_with_the_same_content() -> None:
    events = [printed(0, size=90), printed(3, size=90)]
    by_event = run([*events, printed(60_000, contract=PUT)], ALL)[1]
    engine = OptionsEngine(ALL)
    by_tick = engine.process(events)
    for ms in range(0, 2_000, 7):
        by_tick += engine.advance(at_ns(ms))
    assert only(by_tick, FlowPacket) == only(by_event, FlowPacket)[:1]


def test_packet_never_reaches_over_the_end_of_the_session() -> None:
    close_ms = 6 * 3_600_000
    events = [printed(close_ms - 100), printed(close_ms - 0.000001), printed(close_ms)]
    assert [len(packet.members) for packet in packets(events, ALL)] == [2, 1]
    assert packets(events, ALL)[0].source_ts > at_ns(close_ms - 1)


def test_packet_rolls_over_when_it_is_full() -> None:
    config = OptionsConfig(signal=SignalConfig(mode="all"), cluster=ClusterConfig(max_members=3))
    assert [len(names) for names in members([printed(i) for i in range(8)], config)] == [3, 3, 2]


def test_emission_needs_a_signal_print_or_the_base_premium() -> None:
    small: dict[str, Any] = {"price": 0.5, "size": 99}  # $4,950 each
    assert packets([printed(0, **small), printed(1, **small)]) == []
    many = packets([printed(i, **small) for i in range(3)])
    assert (many[0].signal_member_count, many[0].features.total_premium) == (0, 14_850.0)
    one = packets([nbbo(0, 0.9, 1.0), printed(0, 1.0, 100), printed(1, 0.5, 1)])
    assert (one[0].signal_member_count, one[0].member_count) == (1, 2)


def test_chain_links_packets_of_one_side_at_most_two_seconds_apart() -> None:
    quoted = [printed(ms, 2.0, nbbo_bid=1.9, nbbo_ask=2.0) for ms in (0, 2_000, 4_000, 6_001)]
    found = packets(quoted, ALL)
    assert [p.chain_length for p in found] == [1, 2, 3, 1]
    assert found[1].continues == found[0].id
    assert found[3].continues is None


def test_other_side_or_no_side_does_not_continue_a_chain() -> None:
    quote: dict[str, Any] = {"nbbo_bid": 1.9, "nbbo_ask": 2.0}
    events = [
        printed(0, 2.0, **quote), printed(600, 1.9, **quote), printed(1_200, 1.95, **quote),
        printed(1_800, 2.0, **quote), printed(1_800, 2.0, code="f", **quote),
    ]  # fmt: skip
    found = {packet.start_ts: packet for packet in packets(events[:4], ALL)}
    assert [found[at_ns(ms)].chain_length for ms in (0, 600, 1_200, 1_800)] == [1, 1, 1, 2]
    assert {p.chain_length for p in packets(events[3:], ALL)} == {1}


def test_evidence_is_typed_and_leads_to_prints_and_quote() -> None:
    packet = packets([nbbo(0, 1.9, 2.0), printed(1), printed(2)], ALL)[0]
    assert packet.evidence_refs == (
        EvidenceRef("option_print", f"t:1:p:{CALL}:1", "anchor"),
        EvidenceRef("option_print", f"t:1:p:{CALL}:2", "member"),
        EvidenceRef("option_nbbo", f"t:1:q:{CALL}:0", "context"),
    )
    assert packet.id == packet.trace_id == f"pk:{CALL}:t:1:p:{CALL}:1"
    big = packets([printed(i / 10) for i in range(600)], ALL)[0]
    assert (len(big.members), len(big.evidence_refs)) == (600, 500)


def test_record_header_says_when_it_became_knowable() -> None:
    packet = packets([printed(1), printed(2)], ALL)[0]
    assert (packet.start_ts, packet.end_ts) == (at_ns(1), at_ns(2))
    assert (packet.ingest_ts, packet.seq) == (at_ns(2) + 9, 20)
    assert (packet.window_ms, packet.packet_kind, packet.right, packet.strike) == (
        500, "contract", "C", 140.0,
    )  # fmt: skip


def test_multiplier_of_the_contract_counts() -> None:
    mini = printed(0, 2.5, 40, multiplier=10)
    assert rows([mini])[0].notional == 1_000.0
    assert packets([mini], ALL)[0].features.total_premium == 1_000.0


prints = st.lists(
    st.tuples(
        st.floats(0, 3_000),
        st.sampled_from([0.01, 0.05, 1.0, 2.5, 3.333, 12.3456]),
        st.integers(1, 900),
        st.sampled_from(["I", "S", "a", "f", "B", "H", "c", "", "zz", "u"]),
        st.sampled_from([CALL, PUT]),
        st.sampled_from([10, 100]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def tape(drawn: list[tuple[float, float, int, str, str, int, bool]]) -> list[Event]:
    return [
        printed(ms, price, size, code, contract, multiplier=multiplier, late=late and i > 0,
                trace_id=f"p{i}")
        for i, (ms, price, size, code, contract, multiplier, late) in enumerate(
            sorted(drawn, key=lambda one: one[0])
        )
    ]  # fmt: skip


@given(prints)
def test_every_eligible_print_is_in_exactly_one_packet(
    drawn: list[tuple[float, float, int, str, str, int, bool]],
) -> None:
    derived = run(tape(drawn), ALL)[1]
    held = Counter(
        name
        for packet in only(derived, FlowPacket)
        if packet.structure is None
        for name in packet.members
    )
    eligible = Counter(
        row.trace_id
        for row in only(derived, OptionsTape)
        if row.eligible_volume and row.signal_pass
    )
    assert held == eligible


@given(prints)
def test_packet_premium_is_the_sum_of_its_prints(
    drawn: list[tuple[float, float, int, str, str, int, bool]],
) -> None:
    derived = run(tape(drawn), ALL)[1]
    notional = {row.trace_id: row.notional for row in only(derived, OptionsTape)}
    for packet in only(derived, FlowPacket):
        cents = sum(round(notional[name] * 100) for name in packet.members)
        assert packet.features.total_premium == cents / 100
        assert packet.features.total_notional == packet.features.total_premium


@given(prints)
def test_nothing_is_emitted_before_what_it_rests_on(
    drawn: list[tuple[float, float, int, str, str, int, bool]],
) -> None:
    engine = OptionsEngine(ALL)
    clock = 0
    for event in tape(drawn):
        clock = max(clock, event[0].source_ts)
        for record in engine.process([event]):
            if isinstance(record, FlowPacket):
                assert record.end_ts <= record.source_ts < clock


def test_session_volume_counts_eligible_prints_of_the_day() -> None:
    events = [printed(0, size=10), printed(1, size=5, code="u"), printed(2, size=7)]
    assert [row.session_volume for row in rows(events)] == [10, 10, 17]
    next_day = printed(86_400_000, size=3)
    assert rows([*events, next_day])[-1].session_volume == 3


def test_engine_takes_an_older_file_after_finish() -> None:
    monday = [nbbo(0, 1.9, 2.0), printed(1), printed(700)]
    friday_ms = -3 * 86_400_000
    friday = [nbbo(friday_ms, 1.9, 2.0), printed(friday_ms + 1), printed(friday_ms + 2)]
    engine, _ = run(monday, ALL)
    again = [*engine.process(friday), *engine.finish()]
    fresh = run(friday, ALL)[1]
    assert [r for r in again if isinstance(r, OptionsTape | FlowPacket)] == [
        r for r in fresh if isinstance(r, OptionsTape | FlowPacket)
    ]
