"""Tier 2: structures inferred from simple packets of matching size."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import msgspec

from flows.options.config import OptionsConfig
from flows.options.open_flows import MAX_GROUP_LEGS
from flows.options.open_flows import ContractFlow
from flows.options.open_flows import Due
from flows.options.open_flows import LegGroup
from flows.options.packets import Packet
from flows.options.structures.closing import StructureCloser
from flows.options.structures.contest import decide
from flows.options.structures.legs import Leg
from flows.options.structures.legs import Print
from flows.options.structures.legs import leg_order
from flows.options.structures.legs import legs_of
from flows.options.structures.link import StructureLink
from flows.options.structures.packages import MAX_TEMPLATE_LEGS
from flows.options.structures.sizes import exact_ratios
from flows.options.structures.sizes import matching_keys
from flows.options.structures.structure import ABSORBS_FROM
from flows.options.structures.structure import CONTEXT_FROM
from flows.options.structures.structure import INFERRED_TIER
from flows.options.structures.structure import Structure
from flows.options.structures.templates import fits
from flows.options.timers import RANK_LEG_GROUP
from flows.options.timers import TimerHeap
from schemas.records import FlowPacket

NS_PER_MS: Final = 1_000_000
MAX_COINCIDENCES: Final = 0.20
ONE_EXCHANGE: Final = 0.60
SEVERAL_EXCHANGES: Final = 0.45


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A packet as a possible leg."""

    packet: Packet
    prints: tuple[Print, ...]
    leg: Leg


def packet_prints(packet: Packet) -> tuple[Print, ...]:
    """Return the live members of a packet as a structure holds them."""
    return tuple([Print(packet.contract, packet.id, member) for member in packet.live_members()])


def _candidates(group: LegGroup) -> list[Candidate]:
    """Return the packets of a group, one a contract: those of the base size first, then by time."""
    found: list[Candidate] = []
    contracts: set[str] = set()
    for _, packet in group.packets:
        name = packet.contract.option_contract_id
        prints = packet_prints(packet)
        if prints and name not in contracts:
            contracts.add(name)
            found.append(Candidate(packet, prints, legs_of(prints)[0]))
    found.sort(key=lambda one: (one.leg.size != group.base, one.packet.start_ns, one.packet.id))
    return found


def _is_one_exchange(prints: Sequence[Print]) -> bool:
    exchange = prints[0].member.row.exchange
    return exchange != "" and all(one.member.row.exchange == exchange for one in prints)


class LegDesk:
    """
    Gather simple packets by size and look for templates among them.

    A packet joins the open group of its underlying whose base size it matches and whose first
    packet started within `window_ms` before it, at most eight a group; else it opens one. A look
    for a group touches the buckets of matching sizes only, whatever else is open.

    Parameters
    ----------
    config : OptionsConfig
        The window.
    timers : TimerHeap[Due]
        Of the partition.
    closer : StructureCloser
        Emits.

    Notes
    -----
    Source: options flow specification, 6.1 and 6.2.
    """

    def __init__(
        self, config: OptionsConfig, timers: TimerHeap[Due], closer: StructureCloser
    ) -> None:
        self._window_ms = config.cluster.window_ms
        self._window_ns = self._window_ms * NS_PER_MS
        self._timers = timers
        self._closer = closer

    def offer(self, flow: ContractFlow, packet: Packet, size: int) -> int:
        """
        Put a closed packet into its group.

        Parameters
        ----------
        flow : ContractFlow
            Of its contract.
        packet : Packet
            Simple, no sweep, not late, at least ten contracts.
        size : int
            Live contracts.

        Returns
        -------
        int
            When the group is evaluated and the packet released, ns UTC.
        """
        underlying = flow.underlying
        start_ns = packet.start_ns
        earliest = start_ns - self._window_ns
        found: LegGroup | None = None
        for group in underlying.leg_groups.matching(size):
            if (
                earliest <= group.first_ns <= start_ns
                and len(group.packets) < MAX_GROUP_LEGS
                and (found is None or (group.first_ns, group.id) < (found.first_ns, found.id))
            ):
                found = group
        if found is not None:
            found.packets.append((flow, packet))
            return found.deadline
        deadline = max(packet.deadline, start_ns + 2 * self._window_ns)
        group = LegGroup(underlying, size, start_ns, deadline)
        group.packets.append((flow, packet))
        underlying.leg_groups.add(size, group)
        self._timers.set(deadline, RANK_LEG_GROUP, packet.id, group)
        return deadline

    def evaluate(self, group: LegGroup) -> list[FlowPacket]:
        """
        Find the structures of a group and link its packets to them.

        Returns
        -------
        list[FlowPacket]
            Records of the structures that are emitted; the packets are still to be released.
        """
        group.underlying.leg_groups.remove(group.base, group)
        if len(group.packets) < 2:
            return []
        records: list[FlowPacket] = []
        left: list[Candidate] | None = None
        keys = matching_keys(group.base)
        for count in range(min(MAX_TEMPLATE_LEGS, len(group.packets)), 1, -1):
            chance = group.underlying.rates.of_sizes(
                keys, group.deadline, self._window_ms / 1_000, count
            )
            if chance >= MAX_COINCIDENCES:
                break
            if left is None:
                left = _candidates(group)
            while len(left) >= count:
                found = self._first(group, left, count, chance)
                if found is None:
                    break
                structure, taken = found
                left = [one for one in left if one not in taken]
                record = self._closer.close(group.underlying, structure, group.deadline)
                if record is not None:
                    records.append(record)
                    for one in taken:
                        for part in one.prints:
                            one.packet.link(part.member.row.trace_id, structure.link)
        return records

    def _first(
        self, group: LegGroup, left: Sequence[Candidate], count: int, chance: float
    ) -> tuple[Structure, tuple[Candidate, ...]] | None:
        for chosen in combinations(left, count):
            legs = sorted([one.leg for one in chosen], key=leg_order)
            ratios = exact_ratios([leg.size for leg in legs])
            if ratios is None:
                continue
            found = fits(legs, ratios, stock_tied=False, with_ladder=False)
            decision = decide(legs, found, is_inferred=True)
            if decision.fit is None:
                continue
            prints = [part for one in chosen for part in one.prints]
            base = ONE_EXCHANGE if _is_one_exchange(prints) else SEVERAL_EXCHANGES
            confidence = round(base * (1.0 - chance) * 1e6) / 1e6
            if confidence < CONTEXT_FROM:
                continue
            contracts = tuple([leg.contract.option_contract_id for leg in legs])
            deadline = group.deadline
            link = StructureLink("", absorbs=confidence >= ABSORBS_FROM, closes_ns=deadline)
            structure = Structure(
                prints[0].member.row.trace_id, group.underlying.underlying_id, INFERRED_TIER,
                confidence, prints, contracts, ratios, decision.fit, decision.candidates, False,
                group.first_ns, deadline, deadline, self._window_ms, link,
            )  # fmt: skip
            return structure, chosen
        return None
