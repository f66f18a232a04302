"""Structures of vendors' tapes: no venue in one file, whole-second stamps in both."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from schemas.records import OptionsPrint
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import run

VST = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"
SPREAD_S = 1_748_009_876  # 2025-05-23 09:17:56 Central


def events_of(path: Path, date: str | None = None) -> list[Event]:
    found: list[Event] = [
        (item.record, False)
        for item in FileFeed(path, date=date).records()
        if isinstance(item, Accepted) and isinstance(item.record, OptionsPrint)
    ]
    found.sort(key=lambda event: event[0].source_ts)
    return found


def structures_of(events: list[Event]) -> list[FlowPacket]:
    return [packet for packet in packets(events) if packet.structure is not None]


def named(found: list[FlowPacket]) -> Counter[str]:
    return Counter(packet.structure.type for packet in found if packet.structure is not None)


def test_vst_spread_filled_in_94_slices_is_one_vertical(real: Callable[[str], Path]) -> None:
    _, derived = run(events_of(real(VST)))
    found = only(derived, FlowPacket)
    (spread,) = [
        packet
        for packet in found
        if packet.structure is not None and packet.start_ts // 10**9 == SPREAD_S
    ]
    structure = spread.structure
    assert structure is not None
    assert (structure.type, structure.variant, structure.direction) == (
        "vertical", "credit", "bearish",
    )  # fmt: skip
    assert (structure.tier, structure.package_side) == (1, "sold")
    assert [(leg.option_contract_id, leg.size, leg.ratio, leg.side) for leg in spread.legs] == [
        ("VST-2025-07-18-155-C", 668, 1, "sold"),
        ("VST-2025-07-18-165-C", 668, 1, "bought"),
    ]
    assert spread.member_count == 2 * 94
    assert spread.features.venue_count >= 5
    absorbed = [packet for packet in found if packet.structure_id == spread.id]
    assert {packet.option_contract_id for packet in absorbed} == {
        leg.option_contract_id for leg in spread.legs
    }


def test_vst_tape_by_type(real: Callable[[str], Path]) -> None:
    found = structures_of(events_of(real(VST)))
    counts = named(found)
    assert counts["vertical"] >= 30
    assert counts["diagonal"] >= 10
    assert counts["strangle"] >= 5
    assert counts["multi_leg"] <= len(found) // 5
    complex_ones = [packet for packet in found if packet.structure and packet.structure.tier == 1]
    assert len(complex_ones) >= 70
    assert len(found) - len(complex_ones) <= 5


@pytest.mark.parametrize(("name", "least"), [("stocks", 15), ("etfs", 30)])
def test_barchart_screen_without_venues(real: Callable[[str], Path], name: str, least: int) -> None:
    path = real(f"barchart_options_flow/{name}.csv")
    found = structures_of(events_of(path, "2026-02-20"))
    assert len(found) >= least
    assert {"vertical", "calendar", "diagonal", "stock_tied"} <= set(named(found))
    for packet in found:
        assert packet.features.venues == ("",)
