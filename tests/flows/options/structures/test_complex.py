"""Tier 1 through the engine: groups, slices, absorption, release."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.config import ClusterConfig
from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.enrichment import Event
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.structures.packages import ALL
from tests.flows.options.structures.packages import leg_packets
from tests.flows.options.structures.packages import leg_print
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package
from tests.flows.options.structures.packages import structures
from tests.flows.options.structures.packages import types

VERTICAL = legs("+C130 -C140")


def in_order(*parts: list[Event]) -> list[Event]:
    return sorted((event for part in parts for event in part), key=lambda e: e[0].source_ts)


def test_slices_on_several_exchanges_are_one_structure() -> None:
    slices = [
        package(VERTICAL, 10, ms=1, exchange="N", name="a"),
        package(VERTICAL, 30, ms=120, exchange="C", name="b"),
        package(VERTICAL, 20, ms=501, exchange="X", name="c"),
    ]
    (found,) = structures(in_order(*slices))
    assert found.structure is not None
    assert [(leg.size, leg.ratio) for leg in found.legs] == [(60, 1), (60, 1)]
    assert (found.member_count, found.features.venue_count) == (6, 3)
    assert (found.start_ts, found.end_ts) == (at_ns(1), at_ns(501))
    assert found.source_ts == at_ns(601)


def test_slice_after_the_window_is_another_structure() -> None:
    events = in_order(
        package(VERTICAL, 10, ms=1, name="a"), package(VERTICAL, 10, ms=501.001, name="b")
    )
    assert [found.member_count for found in structures(events)] == [2, 2]


def test_bought_and_sold_slices_do_not_merge_but_unknown_ones_do() -> None:
    opposite = in_order(
        package(VERTICAL, 10, ms=1, name="a"),
        package(VERTICAL, 20, ms=150, is_bought=False, name="b"),
    )
    sides = [found.structure.package_side for found in structures(opposite) if found.structure]
    assert sides == ["bought", "sold"]
    unsure = in_order(
        package(VERTICAL, 10, ms=1, name="a"),
        package(VERTICAL, 20, ms=150, inside=0.5, name="b"),
    )
    assert [found.member_count for found in structures(unsure)] == [4]


def test_other_ratios_or_contracts_do_not_merge() -> None:
    events = in_order(
        package(VERTICAL, 10, ms=1, name="a"),
        package(legs("+C130 -2C140"), 10, ms=150, name="b"),
        package(legs("+C130 -C150"), 10, ms=300, name="c"),
    )
    assert Counter(types(events)) == {"vertical": 2, "ratio_spread": 1}


def test_child_fills_of_a_leg_add_up() -> None:
    near, far = VERTICAL
    events = [
        *leg_print(near, 1.0, 6, name="a"),
        *leg_print(near, 1.0, 4, name="b"),
        *leg_print(far, 0.0, 10, name="c"),
    ]
    (found,) = structures(events)
    assert [leg.size for leg in found.legs] == [10, 10]


@pytest.mark.parametrize(("gap_ms", "count"), [(100, 1), (100.001, 0)])
def test_leg_gap_bounds_a_group(gap_ms: float, count: int) -> None:
    assert len(structures(package(VERTICAL, step_ms=gap_ms))) == count


def test_group_is_of_one_exchange() -> None:
    near, far = VERTICAL
    events = [*leg_print(near, 1.0, 10, exchange="C"), *leg_print(far, 0.0, 10, exchange="N")]
    assert structures(events) == []


def test_shared_stamps_split_a_group() -> None:
    both = in_order(
        package(VERTICAL, 10, ms=1, name="a"), package(legs("+P140 -P130"), 7, ms=41, name="b")
    )
    assert types(both) == ["vertical", "vertical"]
    # within a millisecond it is one stamp
    four = in_order(
        package(VERTICAL, 10, ms=1, name="a"), package(legs("+P150 -P130"), 10, ms=1.9, name="b")
    )
    assert types(four) == ["multi_leg"]


def test_whole_second_stamps_are_partitioned_by_size() -> None:
    vertical = package(VERTICAL, 8, ms=1_000, name="a")
    condor = package(legs("-P110 +P120 +C150 -C160"), 25, ms=1_000, name="b")
    one_by_two = package(legs("+P140 -2P130"), 6, ms=1_000, name="c")
    lone = leg_print(legs("+P105")[0], 0.5, 3, ms=1_000, name="d")
    events = [*vertical, *condor, *one_by_two, *lone]
    found = structures(events)
    assert Counter(types(events)) == {"vertical": 1, "iron_condor": 1, "ratio_spread": 1}
    held = {name for one in found for name in one.members}
    assert not any("P-105" in name or "105-P" in name for name in held)


def test_whole_second_partition_does_not_depend_on_the_order_of_the_rows() -> None:
    events = [
        *package(VERTICAL, 8, ms=1_000, name="a"),
        *package(legs("+P140 -2P130"), 6, ms=1_000, name="c"),
    ]
    quotes = [event for event in events if not hasattr(event[0], "exchange")]
    prints = [event for event in events if hasattr(event[0], "exchange")]
    assert Counter(types([*quotes, *prints])) == Counter(types([*quotes, *reversed(prints)]))


def test_structure_absorbs_its_legs() -> None:
    found = packets(package(VERTICAL), ALL)
    structure, *rest = found
    assert structure.packet_kind == "structure"
    assert [packet.structure_id for packet in rest] == [structure.id, structure.id]
    assert [packet.source_ts for packet in rest] == [structure.source_ts] * 2
    assert {leg.packet_id for leg in structure.legs} == {packet.id for packet in rest}
    assert (structure.option_contract_id, structure.strike, structure.expiry) == (None, None, None)
    assert structure.features.total_premium == sum(p.features.total_premium for p in rest)
    kinds = {ref.kind for ref in structure.evidence_refs}
    assert kinds == {"option_print", "flow_packet"}


def test_packet_with_half_of_its_size_unmatched_is_not_absorbed() -> None:
    near, _ = VERTICAL
    alone = leg_print(near, 0.5, 50, ms=300, exchange="N", name="x")
    found = {
        packet.option_contract_id: packet
        for packet in leg_packets(in_order(package(VERTICAL, 50), alone))
    }
    half = found[near.contract]
    assert half.structure_id is None
    assert half.features.special_print_ratio == 0.5
    more = leg_print(near, 0.5, 49, ms=300, exchange="N", name="x")
    found = {
        packet.option_contract_id: packet
        for packet in leg_packets(in_order(package(VERTICAL, 50), more))
    }
    assert found[near.contract].structure_id is not None


def test_leg_waits_for_the_structures_of_its_members() -> None:
    near, _ = VERTICAL
    early = leg_print(near, 0.5, 10, ms=1, exchange="N", name="x")
    found = packets(in_order(early, package(VERTICAL, ms=401)), ALL)
    assert [packet.packet_kind for packet in found] == ["structure", "contract", "contract"]
    # the packet of the first leg closed at 501, its structure at 401 + 500 + 100
    assert {packet.source_ts for packet in found} == {at_ns(1_001)}


def test_legs_too_small_by_themselves_come_with_their_structure() -> None:
    size = 11  # 13.4 * 1,100 + 3 * 1,100 dollars
    found = packets(package(VERTICAL, size), OptionsConfig())
    assert [packet.packet_kind for packet in found] == ["structure", "contract", "contract"]
    assert min(packet.features.total_premium for packet in found) < 10_000
    assert packets(package(VERTICAL, 2), OptionsConfig()) == []


def test_too_small_structure_explains_nothing() -> None:
    near, far = VERTICAL
    config = OptionsConfig(signal=SignalConfig(min_notional=20_000))
    events = in_order(
        package(VERTICAL, 5), leg_print(near, 0.5, 20, ms=200, exchange="N", name="x")
    )
    (found,) = packets(events, config)
    assert (found.structure_id, found.features.special_print_ratio) == (None, 1.0)
    assert far.contract != found.option_contract_id


@pytest.mark.parametrize("code", ["j", "l", "m"])
def test_part_of_a_package_is_less_sure(code: str) -> None:
    (found,) = structures(package(VERTICAL, code=code))
    assert found.structure is not None
    assert found.structure.confidence == 0.75


def test_prices_beyond_the_market_by_design_have_no_side() -> None:
    (found,) = structures(package(VERTICAL, code="t"))
    assert found.structure is not None
    assert (found.structure.type, found.structure.package_side) == ("vertical", "unknown")


def test_late_print_joins_no_group() -> None:
    near, far = VERTICAL
    events = leg_print(near, 1.0, 50)
    late, _ = leg_print(far, 0.0, 50)[1]
    assert structures([*events, (late, True)]) == []


def test_contract_with_unknown_deliverable_is_in_no_group() -> None:
    events = [
        printed(1, 2.0, 50, "f", "NVDA1-2025-06-20-130-C", exchange="C"),
        printed(1, 1.0, 50, "f", "NVDA1-2025-06-20-140-C", exchange="C"),
    ]
    assert structures(events) == []


def test_feed_without_venues_still_has_packages() -> None:
    assert types(package(VERTICAL, exchange="")) == ["vertical"]


def test_full_structure_opens_another() -> None:
    config = OptionsConfig(signal=SignalConfig(mode="all"), cluster=ClusterConfig(max_members=4))
    slices = [package(VERTICAL, 10, ms=1 + 110 * i, name=f"{i}") for i in range(3)]
    assert [found.member_count for found in structures(in_order(*slices), config)] == [4, 2]


def test_group_is_cut_at_the_end_of_the_session() -> None:
    close_ms = 6 * 3_600_000
    events = package(VERTICAL, ms=close_ms - 1, step_ms=2)
    assert structures(events) == []


def test_id_is_a_hash_of_the_sorted_members() -> None:
    (found,) = structures(package(VERTICAL))
    assert found.id.startswith("st:NVDA:")
    assert len(found.id) == len("st:NVDA:") + 16
    (again,) = structures(package(tuple(reversed(VERTICAL))))
    assert again.id == found.id


def test_strike_fields_are_those_of_the_largest_leg_and_dte_the_earliest() -> None:
    (found,) = structures(package(legs("-C150 +C120@far")))
    f = found.features
    assert (f.dte_days, f.strike_count) == (18, 2)
    assert f.moneyness == pytest.approx(120 / 140)
    assert f.strike_concentration == 0.5
    assert (f.vwap, f.first_price, f.nbbo_mid, f.delta) == (None, None, None, None)


prints = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 40.0, 99.0, 130.0, 600.0, 1_500.0]),
        st.sampled_from(["I", "f", "g", "j", "n", "S"]),
        st.sampled_from(["C130", "C140", "C150", "P130", "P140", "C140@far"]),
        st.sampled_from([5, 10, 10, 20, 30]),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.sampled_from("CN"),
    ),
    max_size=30,
)


def tape(drawn: list[tuple[float, str, str, int, float, str]]) -> list[Event]:
    events: list[Event] = []
    for i, (ms, code, name, size, position, venue) in enumerate(sorted(drawn)):
        leg = legs(f"+{name}")[0]
        events += leg_print(leg, position, size, ms=ms, code=code, exchange=venue, name=f"{i}")
    return events


@given(prints)
def test_print_is_in_at_most_one_absorbing_structure(
    drawn: list[tuple[float, str, str, int, float, str]],
) -> None:
    found = packets(tape(drawn), ALL)
    absorbed = Counter(
        name
        for packet in found
        if packet.structure is not None and packet.structure.type != "ladder"
        for name in packet.members
    )
    assert not absorbed or max(absorbed.values()) == 1
    ids = {packet.id for packet in found if packet.structure is not None}
    known: set[str] = set()
    for packet in found:
        if packet.structure is not None:
            known.add(packet.id)
            held = sum(leg.size for leg in packet.legs)
            assert held == packet.features.total_size
            structure = packet.structure
            assert sum(leg.premium for leg in packet.legs) == pytest.approx(structure.gross_premium)
        elif packet.structure_id is not None:
            # a leg never comes before the structure it points to
            assert packet.structure_id in known
    assert ids == known


def test_simple_prints_are_in_no_complex_group() -> None:
    events = [nbbo(0, 1.9, 2.1), printed(1, 2.0, 9), printed(1, 2.0, 9, contract=CALL)]
    assert structures(events) == []
