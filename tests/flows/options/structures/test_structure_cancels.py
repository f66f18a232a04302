"""Cancels reach the structures a print is a member of."""

from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from schemas.records import OptionsPrint
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import printed
from tests.flows.options.structures.packages import ALL
from tests.flows.options.structures.packages import leg_print
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package

VERTICAL = legs("+C130 -C140")


def cancel(original: Event, ms: float, name: str = "x") -> Event:
    record = original[0]
    assert isinstance(record, OptionsPrint)
    return printed(
        ms, record.price, record.size, "C", record.option_contract_id,
        exchange=record.exchange, trace_id=f"cancel{name}",
    )  # fmt: skip


def found_in(events: list[Event]) -> list[FlowPacket]:
    engine = OptionsEngine(ALL)
    derived = [*engine.process(events), *engine.finish()]
    return only(derived, FlowPacket)


def revisions(events: list[Event]) -> list[FlowPacket]:
    return [packet for packet in found_in(events) if packet.packet_kind == "structure"]


def test_slice_taken_back_leaves_a_smaller_structure() -> None:
    first, second = package(VERTICAL, 10, name="a"), package(VERTICAL, 30, ms=200, name="b")
    events = [*first, *second, cancel(first[2], 5_000), cancel(first[4], 6_000, "y")]
    whole, broken, rest = revisions(events)
    assert [one.revision for one in (whole, broken, rest)] == [0, 1, 2]
    assert {one.id for one in (whole, broken, rest)} == {whole.id}
    assert [leg.size for leg in rest.legs] == [30, 30]
    assert rest.structure is not None
    assert (rest.structure.type, rest.structure.package_side) == ("vertical", "bought")
    assert rest.reversed_print_ids == (first[2][0].trace_id, first[4][0].trace_id)
    assert rest.source_ts == events[-1][0].source_ts
    assert rest.member_count == 2


def test_template_that_no_longer_fits_is_multi_leg() -> None:
    events = package(VERTICAL, 10)
    _, revised = revisions([*events, cancel(events[2], 5_000)])
    assert revised.structure is not None
    assert (revised.structure.type, revised.structure.direction) == ("multi_leg", "unknown")
    assert [leg.side for leg in revised.legs] == ["unknown"]
    assert revised.structure.net_premium is None


def test_structure_of_nothing_is_revised_to_nothing() -> None:
    events = package(VERTICAL, 10)
    *_, last = revisions([*events, cancel(events[2], 5_000), cancel(events[4], 5_000, "y")])
    assert (last.revision, last.member_count, last.legs, last.members) == (2, 0, (), ())
    assert last.structure is not None
    assert (last.structure.gross_premium, last.features.total_premium) == (0.0, 0.0)


def test_cancel_before_the_group_is_evaluated_leaves_no_structure() -> None:
    events = package(VERTICAL, 10)
    assert revisions([*events, cancel(events[2], 50)]) == []


def test_cancel_before_the_close_counts_before_the_first_record() -> None:
    first, second = package(VERTICAL, 10, name="a"), package(VERTICAL, 30, ms=200, name="b")
    (found,) = revisions([*first, *second, cancel(first[2], 400), cancel(first[4], 400, "y")])
    assert (found.revision, [leg.size for leg in found.legs]) == (0, [30, 30])
    assert len(found.reversed_print_ids) == 2


def test_leg_that_waits_is_revised_with_its_emitted_structure() -> None:
    # the second leg's packet opens 90 ms after the structure and is released 90 ms after it
    events = package(VERTICAL, 10, step_ms=90)
    taken = cancel(events[4], 650)
    found = found_in([*events, taken])
    assert [(one.packet_kind, one.revision) for one in found] == [
        ("structure", 0), ("contract", 0), ("structure", 1),
    ]  # fmt: skip


def test_emitted_leg_is_revised_beside_its_structure() -> None:
    events = package(VERTICAL, 10)
    extra = leg_print(VERTICAL[0], 1.0, 7, ms=200, exchange="N", name="z")
    found = found_in([*events, *extra, cancel(events[2], 5_000)])
    leg = [one for one in found if one.packet_kind == "contract"][-1]
    assert leg.revision == 1
    # only the unmatched print is left of it
    assert leg.structure_id is None
    assert leg.features.special_print_ratio == 1.0


def test_inferred_structure_and_its_leg_are_both_revised() -> None:
    events = package(VERTICAL, 50, code="I")
    found = found_in([*events, cancel(events[2], 5_000)])
    assert [(one.packet_kind, one.revision) for one in found] == [
        ("structure", 0), ("contract", 0), ("contract", 0), ("contract", 1), ("structure", 1),
    ]  # fmt: skip


def rungs() -> list[Event]:
    return [
        event
        for i in range(4)
        for event in leg_print(
            legs(f"+C{140 + 5 * i}")[0], 1.0, 40 + 13 * i, ms=1 + 10 * i, code="I", name=f"r{i}"
        )
    ]


def test_rung_taken_back_after_its_release_is_not_in_the_ladder() -> None:
    events = rungs()
    (found,) = revisions([*events, cancel(events[1], 2_000)])
    assert (found.revision, len(found.legs)) == (0, 3)


def test_ladder_is_revised() -> None:
    events = rungs()
    _, four = revisions([*events, cancel(events[1], 5_000)])
    assert four.revision == 1
    assert four.structure is not None
    assert (four.structure.type, len(four.legs)) == ("multi_leg", 3)
