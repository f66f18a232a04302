"""Tier 2 and ladders through the engine: size matching and the coincidence guard."""

import random

import pytest

from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from flows.options.structures.rates import PacketRates
from schemas.records import FlowPacket
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import packets
from tests.flows.options.structures.packages import ALL
from tests.flows.options.structures.packages import leg_print
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package
from tests.flows.options.structures.packages import structures
from tests.flows.options.structures.packages import types

VERTICAL = legs("+C130 -C140")
S = 1_000_000_000


def simple(spec: str, size: int = 50, **changes: object) -> list[Event]:
    return package(legs(spec), size, code="I", **changes)  # type: ignore[arg-type]


def in_order(*parts: list[Event]) -> list[Event]:
    return sorted((event for part in parts for event in part), key=lambda e: e[0].source_ts)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("+C130 -C140", "vertical"),
        ("+C140 +P140", "straddle"),
        ("+C140 -P140", "synthetic"),
        ("+C140 -C140@far", "calendar"),
        ("+C130 -2C140", "ratio_spread"),
        ("+C120 -C130 -C140 +C150", "condor"),
        ("+C130 -2C140 +C150", "butterfly"),
        ("+C130 -C150 -P130 +P150", "box"),
    ],
)
def test_packets_of_matching_size_are_a_structure(spec: str, name: str) -> None:
    (found,) = structures(simple(spec))
    structure = found.structure
    assert structure is not None
    assert (structure.type, structure.tier, structure.confidence) == (name, 2, 0.6)
    assert found.source_ts == at_ns(1_001)


def test_sure_structure_absorbs_and_comes_before_its_legs() -> None:
    structure, *rest = packets(simple("+C130 -C140", step_ms=200), ALL)
    assert structure.packet_kind == "structure"
    assert {packet.structure_id for packet in rest} == {structure.id}
    assert {packet.source_ts for packet in rest} == {at_ns(1_001)}
    assert all(packet.features_ext == {} for packet in rest)


def test_structure_over_several_exchanges_is_only_context() -> None:
    near, far = VERTICAL
    events = [
        *leg_print(near, 1.0, 50, code="I", exchange="C"),
        *leg_print(far, 0.0, 50, code="I", exchange="N"),
    ]
    structure, *rest = packets(events, ALL)
    assert structure.structure is not None
    assert structure.structure.confidence == 0.45
    assert [packet.structure_id for packet in rest] == [None, None]
    assert [packet.features_ext for packet in rest] == [{"possible_structure": 1.0}] * 2


@pytest.mark.parametrize(
    ("gap_ms", "sizes", "count"),
    [
        (500, (50, 50), 1),
        (500.001, (50, 50), 0),
        (10, (50, 51), 0),
        (10, (9, 9), 0),
        (10, (100, 102), 1),
        (10, (100, 103), 0),
        (10, (30, 90), 1),
        (10, (30, 120), 0),
    ],
)
def test_window_and_sizes_that_match(gap_ms: float, sizes: tuple[int, int], count: int) -> None:
    near, far = VERTICAL
    events = [
        *leg_print(near, 1.0, sizes[0], ms=1, code="I"),
        *leg_print(far, 0.0, sizes[1], ms=1 + gap_ms, code="I"),
    ]
    assert len(structures(events)) == count


@pytest.mark.parametrize("code", ["S", "B", "f"])
def test_sweeps_unpriced_and_complex_prints_are_no_inferred_legs(code: str) -> None:
    near, far = VERTICAL
    events = [*leg_print(near, 1.0, 50, code="I"), *leg_print(far, 0.0, 50, code=code)]
    assert structures(events) == []


@pytest.mark.parametrize("inside", [0.45, 1.0])
def test_score_below_a_fifth_is_no_structure(inside: float) -> None:
    near, far = VERTICAL
    # with 1.0 both legs are bought: no spread
    second = 1.0 if inside == 1.0 else inside
    first = 1.0 if inside == 1.0 else 1 - inside
    events = [*leg_print(near, first, 50, code="I"), *leg_print(far, second, 50, code="I")]
    assert structures(events) == []


def test_largest_template_takes_its_legs_first_and_leftovers_stay_single() -> None:
    events = in_order(simple("+C120 -C130 -C140 +C150", name="a"), simple("+P120", ms=2, name="b"))
    found = packets(events, ALL)
    assert types(events) == ["condor"]
    left = [packet for packet in found if packet.right == "P"]
    assert [packet.structure_id for packet in left] == [None]


def test_two_structures_of_one_size_are_found_one_after_the_other() -> None:
    near, far = VERTICAL
    events = [
        *leg_print(near, 1.0, 50, ms=1, code="I"),
        *leg_print(far, 0.0, 50, ms=1, code="I"),
        *leg_print(legs("+P110@far")[0], 1.0, 50, ms=2, code="I"),
        *leg_print(legs("-P120@far")[0], 0.0, 50, ms=2, code="I"),
    ]
    assert types(events) == ["vertical", "vertical"]


def background(seconds: int, per_s: float, seed: int, sizes: list[int]) -> list[Event]:
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    names = [f"{right}{strike}" for right in "CP" for strike in range(100, 181, 5)]
    events: list[Event] = []
    at = 1.0
    i = 0
    while at < seconds * 1_000:
        leg = legs(f"+{rng.choice(names)}")[0]
        events += leg_print(
            leg, rng.choice([0.0, 0.25, 0.5, 1.0]), rng.choice(sizes), ms=round(at, 3), code="I",
            exchange=rng.choice("CNXAB"), name=f"bg{i}",
        )  # fmt: skip
        at += rng.expovariate(per_s) * 1_000
        i += 1
    return events


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "sizes", [[10, 10, 20, 25, 50, 100], list(range(10, 60)), list(range(100, 900))]
)
def test_independent_prints_of_a_busy_underlying_are_no_structure(
    seed: int, sizes: list[int]
) -> None:
    found = structures(background(40, 20, seed, sizes))
    late = [packet for packet in found if packet.start_ts > at_ns(2_000)]
    assert late == []


def test_same_legs_in_a_busy_underlying_are_not_matched() -> None:
    quiet = in_order(background(60, 0.1, 1, [11, 48]), simple("+C130 -C140", ms=58_001.5))
    assert types(quiet)[-1] == "vertical"
    busy = in_order(background(60, 8, 1, [50]), simple("+C130 -C140", ms=58_001.5))
    assert [one for one in structures(busy) if one.start_ts > at_ns(2_000)] == []


def test_rare_size_is_matched_in_a_busy_underlying() -> None:
    events = in_order(background(120, 5, 2, [10, 20, 25]), simple("+C130 -C140", 777, ms=118_001.5))
    (found,) = [one for one in structures(events) if one.start_ts > at_ns(100_000)]
    assert found.structure is not None
    assert 0.55 <= found.structure.confidence < 0.6


def test_rate_decays_by_half_in_five_minutes() -> None:
    rates = PacketRates()
    for i in range(6_000):
        rates.count(1, i * S // 2, 50, None)  # two a second for 3,000 s: ten half-lives
    now = 3_000 * S
    steady = rates.of_sizes((50,), now, 0.5, 0)
    assert steady == pytest.approx(1.0, rel=0.1)
    later = rates.of_sizes((50,), now + 300 * S, 0.5, 0)
    assert later == pytest.approx(steady / 2, rel=0.02)
    assert rates.of_sizes((51,), now, 0.5, 0) < 0.1
    rates.count(2, now, 50, None)
    assert rates.of_sizes((50,), now, 0.5, 1) == 0.0


def rungs(side: float = 1.0, *, strikes: int = 4, step_ms: float = 250.0) -> list[Event]:
    events: list[Event] = []
    for i in range(strikes):
        leg = legs(f"+C{140 + 5 * i}")[0]
        events += leg_print(leg, side, 40 + 13 * i, ms=1 + i * step_ms, code="I", name=f"r{i}")
    return events


@pytest.mark.parametrize(("side", "direction"), [(1.0, "bullish"), (0.0, "bearish")])
def test_strikes_taken_on_one_side_are_a_ladder(side: float, direction: str) -> None:
    (found,) = structures(rungs(side))
    structure = found.structure
    assert structure is not None
    assert (structure.type, structure.direction, structure.confidence) == ("ladder", direction, 0.6)
    assert structure.package_side == ("bought" if side else "sold")
    assert structure.premium_basis == structure.gross_premium
    assert (structure.strikes, found.window_ms) == ((140.0, 145.0, 150.0, 155.0), 2_000)
    assert found.source_ts == at_ns(3_001)


def test_ladder_does_not_absorb() -> None:
    singles = [packet for packet in packets(rungs(), ALL) if packet.structure is None]
    assert len(singles) == 4
    assert {packet.structure_id for packet in singles} == {None}
    assert all(packet.features_ext == {} for packet in singles)


@pytest.mark.parametrize(
    ("strikes", "step_ms", "count"),
    [(3, 1_000, 1), (3, 1_001, 0), (2, 100, 0), (4, 667, 1)],
)
def test_ladder_needs_three_strikes_within_its_window(
    strikes: int, step_ms: float, count: int
) -> None:
    found = structures(rungs(strikes=strikes, step_ms=step_ms))
    assert len(found) == count


def test_mixed_sides_are_no_ladder() -> None:
    events = [*rungs(strikes=2), *leg_print(legs("+C160")[0], 0.0, 77, ms=600, code="I")]
    assert structures(events) == []


def test_leg_of_a_structure_is_no_rung() -> None:
    events = in_order(rungs(strikes=2), simple("+C150 -P150", 300, ms=700))
    assert types(events) == ["synthetic"]


def test_ladder_in_a_busy_underlying_is_noise() -> None:
    busy = background(60, 10, 3, list(range(11, 95)))
    shifted = [
        event
        for i in range(4)
        for event in leg_print(
            legs(f"+C{140 + 5 * i}")[0], 1.0, 301 + 17 * i, ms=57_000.5 + i, code="I", name="L"
        )
    ]
    assert "ladder" not in types(in_order(busy, shifted))
    assert "ladder" in types(shifted)


def test_open_groups_of_other_sizes_are_never_looked_at() -> None:
    engine = OptionsEngine(ALL)
    events: list[Event] = []
    for i in range(3_000):
        leg = legs(f"+C{50 + i / 10:g}")[0]
        events += leg_print(leg, 0.5, 5_000 + i * 700, ms=1 + i / 100, code="I", name=f"{i}")
    engine.process([*events, *leg_print(legs("+P77")[0], 0.5, 50, ms=990, code="I")])
    underlying = engine._underlyings["NVDA"]
    before = underlying.leg_groups.touched
    assert len(engine._clusterer.timers) > 300
    engine.advance(at_ns(1_491))
    assert underlying.leg_groups.touched == before


def test_record_of_an_inferred_structure() -> None:
    (found,) = structures(simple("+C130 -C140", 50))
    assert isinstance(found, FlowPacket)
    assert (found.member_count, found.window_ms, found.chain_length) == (2, 500, 1)
    assert found.features.total_size == 100
    assert found.features.special_print_ratio == 0.0
