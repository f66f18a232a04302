"""What the structure desks have open as plain data, and back."""

from collections.abc import Mapping
from typing import Any

import msgspec

from flows.options.enrichment import Contract
from flows.options.open_flows import ComplexGroup
from flows.options.open_flows import ContractFlow
from flows.options.open_flows import Due
from flows.options.open_flows import Ladder
from flows.options.open_flows import LegGroup
from flows.options.open_flows import OpenStructure
from flows.options.open_flows import UnderlyingFlow
from flows.options.packets import Packet
from flows.options.packing import PacketUnpacker
from flows.options.packing import pack_packet
from flows.options.structures.legs import Print
from flows.options.structures.packing import pack_head
from flows.options.structures.packing import unpack_head
from flows.options.tape import Member
from flows.options.timers import RANK_COMPLEX_GROUP
from flows.options.timers import RANK_LEG_GROUP
from flows.options.timers import RANK_PACKET
from flows.options.timers import RANK_RELEASE
from flows.options.timers import TimerHeap

Open = ComplexGroup | LegGroup | Ladder | OpenStructure


class _Places:
    """Where packets and members stand among the kept packets of their contracts."""

    def __init__(self, contracts: Mapping[str, ContractFlow]) -> None:
        self._packets = {
            id(packet): (name, at)
            for name, flow in contracts.items()
            for at, packet in enumerate(flow.kept)
        }
        self._members = {
            id(member): (name, at, index)
            for name, flow in contracts.items()
            for at, packet in enumerate(flow.kept)
            for index, member in enumerate(packet.members)
        }

    def packet(self, packet: Packet) -> tuple[str, int] | None:
        return self._packets.get(id(packet))

    def member(self, member: Member) -> tuple[str, int, int]:
        return self._members[id(member)]


def pack_open(
    contracts: Mapping[str, ContractFlow], timers: TimerHeap[Due]
) -> list[tuple[object, ...]]:
    """
    Return open groups, ladders and structures as plain data, in the order they will be due.

    Parameters
    ----------
    contracts : Mapping[str, ContractFlow]
        Whose kept packets hold the members.
    timers : TimerHeap[Due]
        Each open thing has one.
    """
    open_things = [due for _, _, _, due in timers.pending() if not isinstance(due, tuple)]
    if not open_things:
        return []
    places = _Places(contracts)
    return [_pack(thing, places) for thing in open_things]


def _pack(thing: Open, places: _Places) -> tuple[object, ...]:
    if isinstance(thing, ComplexGroup):
        return (
            "complex", thing.underlying.underlying_id, thing.deadline, thing.exchange,
            [places.member(one.member) for _, one in thing.prints],
        )  # fmt: skip
    if isinstance(thing, OpenStructure):
        return (
            "structure", thing.underlying.underlying_id, thing.structure.release_ns,
            pack_head(thing.structure),
            [places.member(one.member) for one in thing.structure.prints],
        )  # fmt: skip
    if isinstance(thing, LegGroup):
        return (
            "legs", thing.underlying.underlying_id, thing.deadline, thing.base, thing.first_ns,
            [places.packet(packet) for _, packet in thing.packets],
        )  # fmt: skip
    return (
        "ladder", thing.underlying.underlying_id, thing.deadline, thing.side, thing.first_ns,
        [_pack_rung(packet, places) for packet in thing.packets],
    )  # fmt: skip


def _pack_rung(packet: Packet, places: _Places) -> tuple[object, ...]:
    # Once a rung has been released, the ladder is the only one to hold it.
    place = places.packet(packet)
    if place is not None:
        return place
    return (msgspec.structs.astuple(packet.contract), pack_packet(packet))


def load_open(
    state: Any,  # noqa: ANN401 - decoded data
    contracts: Mapping[str, ContractFlow],
    underlyings: Mapping[str, UnderlyingFlow],
    timers: TimerHeap[Due],
    unpacker: PacketUnpacker,
) -> None:
    """
    Bring back what `pack_open` packed, with its timers.

    Parameters
    ----------
    state
        Decoded plain data.
    contracts, underlyings
        With their kept packets.
    timers : TimerHeap[Due]
        Of the partition.
    unpacker : PacketUnpacker
        For the rungs of ladders that have been released.
    """
    for kind, underlying_id, deadline, *data in state:
        underlying = underlyings[underlying_id]
        if kind == "complex":
            _load_complex(underlying, deadline, data, contracts, timers)
        elif kind == "structure":
            _load_structure(underlying, deadline, data, contracts, timers)
        elif kind == "legs":
            _load_legs(underlying, deadline, data, contracts, timers)
        else:
            _load_ladder(underlying, deadline, data, (contracts, unpacker), timers)


def _print_at(
    contracts: Mapping[str, ContractFlow], place: tuple[str, int, int]
) -> tuple[Packet, Print]:
    name, at, index = place
    flow = contracts[name]
    packet = flow.kept[at]
    return packet, Print(flow.contract, packet.id, packet.members[index])


def _load_complex(
    underlying: UnderlyingFlow,
    deadline: int,
    data: Any,  # noqa: ANN401 - decoded data
    contracts: Mapping[str, ContractFlow],
    timers: TimerHeap[Due],
) -> None:
    exchange, places = data
    group = ComplexGroup(underlying, exchange, deadline)
    group.prints = [_print_at(contracts, place) for place in places]
    underlying.complex_groups[exchange] = group
    timers.set(deadline, RANK_COMPLEX_GROUP, group.id, group)


def _load_structure(
    underlying: UnderlyingFlow,
    deadline: int,
    data: Any,  # noqa: ANN401 - decoded data
    contracts: Mapping[str, ContractFlow],
    timers: TimerHeap[Due],
) -> None:
    head, places = data
    found = [_print_at(contracts, place) for place in places]
    structure = unpack_head(head, [one for _, one in found])
    if structure.fit is None or structure.fit.type != "ladder":
        for packet, one in found:
            packet.link(one.member.row.trace_id, structure.link)
    underlying.structures.append(structure)
    opened = OpenStructure(underlying, structure)
    timers.set(deadline, RANK_PACKET, opened.id, opened)


def _load_legs(
    underlying: UnderlyingFlow,
    deadline: int,
    data: Any,  # noqa: ANN401 - decoded data
    contracts: Mapping[str, ContractFlow],
    timers: TimerHeap[Due],
) -> None:
    base, first_ns, places = data
    group = LegGroup(underlying, base, first_ns, deadline)
    group.packets = [(contracts[name], contracts[name].kept[at]) for name, at in places]
    underlying.leg_groups.add(base, group)
    timers.set(deadline, RANK_LEG_GROUP, group.id, group)


def _load_ladder(
    underlying: UnderlyingFlow,
    deadline: int,
    data: Any,  # noqa: ANN401 - decoded data
    source: tuple[Mapping[str, ContractFlow], PacketUnpacker],
    timers: TimerHeap[Due],
) -> None:
    (right, expiry, side), first_ns, rungs = data
    contracts, unpacker = source
    ladder = Ladder(underlying, (right, expiry, side), first_ns, deadline)
    for where, what in rungs:
        if isinstance(where, str):
            ladder.packets.append(contracts[where].kept[what])
        else:
            ladder.packets.append(unpacker.unpack(what, Contract(*where)))
    underlying.ladders.setdefault(ladder.side, []).append(ladder)
    timers.set(deadline, RANK_RELEASE, ladder.id, ladder)
