"""Tier 1: packages of complex prints."""

from collections.abc import Mapping
from typing import Final

from flows.options.config import OptionsConfig
from flows.options.open_flows import ComplexGroup
from flows.options.open_flows import ContractFlow
from flows.options.open_flows import Due
from flows.options.open_flows import OpenStructure
from flows.options.open_flows import UnderlyingFlow
from flows.options.packets import Packet
from flows.options.structures.closing import StructureCloser
from flows.options.structures.contest import decide
from flows.options.structures.legs import Print
from flows.options.structures.legs import legs_of
from flows.options.structures.link import StructureLink
from flows.options.structures.packages import Package
from flows.options.structures.packages import by_stamp
from flows.options.structures.packages import explain
from flows.options.structures.packages import is_ladder_package
from flows.options.structures.structure import COMPLEX_TIER
from flows.options.structures.structure import Structure
from flows.options.structures.structure import complex_confidence
from flows.options.structures.structure import package_side
from flows.options.structures.templates import fits
from flows.options.tape import Member
from flows.options.timers import RANK_COMPLEX_GROUP
from flows.options.timers import RANK_PACKET
from flows.options.timers import TimerHeap
from flows.options.windows import window_end
from schemas.records import FlowPacket

NS_PER_MS: Final = 1_000_000


class ComplexDesk:
    """
    Group complex prints, name the packages in a group and merge the slices of one package.

    A group takes the prints of one underlying and exchange up to `leg_gap_ms` after its first. Its
    packages become slices of an open structure, or open one: that takes slices whose first print
    lies within `window_ms` of its own first member, and closes `leg_gap_ms` later, when the last
    of them has been evaluated.

    Parameters
    ----------
    config : OptionsConfig
        Gap and window.
    timers : TimerHeap[Due]
        Of the partition.
    closer : StructureCloser
        Emits.

    Notes
    -----
    Late prints and contracts whose deliverable is not known are in no group. Source: options flow
    specification, 6.1.
    """

    def __init__(
        self, config: OptionsConfig, timers: TimerHeap[Due], closer: StructureCloser
    ) -> None:
        cluster = config.cluster
        self._gap_ns = cluster.leg_gap_ms * NS_PER_MS
        self._window_ms = cluster.window_ms
        self._max_members = cluster.max_members
        self._timers = timers
        self._closer = closer

    def add(self, flow: ContractFlow, packet: Packet, member: Member) -> None:
        """
        Put a complex print into its group.

        Parameters
        ----------
        flow : ContractFlow
            Of its contract.
        packet : Packet
            That holds it.
        member : Member
            The print.
        """
        row = member.row
        underlying = flow.underlying
        one = Print(flow.contract, packet.id, member)
        group = underlying.complex_groups.get(row.exchange)
        if group is not None and row.source_ts <= group.deadline:
            group.prints.append((packet, one))
            return
        deadline = window_end(row.source_ts, self._gap_ns, row.root)
        group = ComplexGroup(underlying, row.exchange, deadline)
        group.prints.append((packet, one))
        underlying.complex_groups[row.exchange] = group
        self._timers.set(deadline, RANK_COMPLEX_GROUP, group.id, group)

    def evaluate(self, group: ComplexGroup) -> None:
        """Find the packages of a group and add them to their structures."""
        groups = group.underlying.complex_groups
        if groups.get(group.exchange) is group:
            del groups[group.exchange]
        live = [(packet, one) for packet, one in group.prints if not one.member.row.reversed]
        packets = {one.member.row.trace_id: packet for packet, one in live}
        for part in by_stamp([one for _, one in live]):
            for package in explain(part):
                self._attach(group.underlying, package, packets)

    def _attach(
        self, underlying: UnderlyingFlow, package: Package, packets: Mapping[str, Packet]
    ) -> None:
        start_ns = package.prints[0].member.row.source_ts
        side = package_side(package)
        structure = self._open_for(underlying, package, start_ns, side)
        if structure is None:
            structure = self._open(underlying, package, start_ns, side)
        else:
            structure.add(package, side, complex_confidence(package))
        if not is_ladder_package(package):
            for one in package.prints:
                trace_id = one.member.row.trace_id
                packets[trace_id].link(trace_id, structure.link)

    def _open_for(
        self, underlying: UnderlyingFlow, package: Package, start_ns: int, side: str
    ) -> Structure | None:
        found = [
            structure
            for structure in underlying.structures
            if structure.start_ns <= start_ns <= structure.deadline
            and len(structure.prints) + len(package.prints) <= self._max_members
            and structure.takes(package, side)
        ]
        return min(found, key=lambda one: (one.start_ns, one.key)) if found else None

    def _open(
        self, underlying: UnderlyingFlow, package: Package, start_ns: int, side: str
    ) -> Structure:
        first = package.prints[0].member.row
        deadline = window_end(start_ns, self._window_ms * NS_PER_MS, first.root)
        closes_ns = deadline + self._gap_ns
        decision = package.decision
        structure = Structure(
            first.trace_id, underlying.underlying_id, COMPLEX_TIER, complex_confidence(package),
            list(package.prints), package.contracts, package.ratios, decision.fit,
            decision.candidates, package.stock_tied, start_ns, deadline, closes_ns,
            self._window_ms, StructureLink("", absorbs=True, closes_ns=closes_ns), side,
        )  # fmt: skip
        underlying.structures.append(structure)
        opened = OpenStructure(underlying, structure)
        self._timers.set(closes_ns, RANK_PACKET, opened.id, opened)
        return structure

    def close(self, opened: OpenStructure, now_ns: int) -> FlowPacket | None:
        """Close a structure: its slices together decide what it is."""
        structure = opened.structure
        underlying = opened.underlying
        underlying.structures = [one for one in underlying.structures if one is not structure]
        legs = legs_of(structure.live_prints())
        if tuple([leg.contract.option_contract_id for leg in legs]) == structure.contracts:
            found = fits(legs, structure.ratios, stock_tied=structure.stock_tied, with_ladder=True)
            decision = decide(legs, found, is_inferred=False)
            structure.fit = decision.fit
            structure.candidates = decision.candidates
        return self._closer.close(underlying, structure, now_ns)
