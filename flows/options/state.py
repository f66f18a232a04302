"""Open packets, volumes and paths as plain data, and back."""

from typing import Any

import msgspec

from flows.options.clustering import Clusterer
from flows.options.clustering import ContractFlow
from flows.options.clustering import UnderlyingFlow
from flows.options.enrichment import Contract
from flows.options.packets import Packet
from flows.options.packing import PacketUnpacker
from flows.options.packing import pack_packet
from flows.options.session_prints import SessionPrints
from flows.options.structures.state import load_open
from flows.options.structures.state import pack_open
from flows.options.underlyings import TrailingSize
from flows.options.underlyings import UnderlyingPath


def _place(flow: ContractFlow, packet: Packet | None) -> int:
    return -1 if packet is None else flow.kept.index(packet)


def _at(flow: ContractFlow, place: int) -> Packet | None:
    return None if place < 0 else flow.kept[place]


def pack_flows(
    contracts: dict[str, ContractFlow],
    underlyings: dict[str, UnderlyingFlow],
    clusterer: Clusterer,
) -> list[object]:
    """Return contracts, underlyings and timers as plain data, in the order they came."""
    return [
        [
            (
                name,
                underlying.path.state(),
                underlying.trailing.state(),
                underlying.rates.state(),
            )
            for name, underlying in underlyings.items()
        ],
        [
            (
                name,
                msgspec.structs.astuple(flow.contract),
                flow.seen_ns,
                flow.prints.state(),
                flow.trailing.state(),
                list(flow.chains.items()),
                [pack_packet(packet) for packet in flow.kept],
                _place(flow, flow.open_simple),
                _place(flow, flow.open_complex),
            )
            for name, flow in contracts.items()
        ],
        [
            (deadline, rank, timer_id, due[0].contract.option_contract_id, _place(*due))
            for deadline, rank, timer_id, due in clusterer.timers.pending()
            if isinstance(due, tuple)
        ],
        pack_open(contracts, clusterer.timers),
        clusterer.counts(),
    ]


def load_flows(
    state: Any,  # noqa: ANN401 - decoded data
    contracts: dict[str, ContractFlow],
    underlyings: dict[str, UnderlyingFlow],
    clusterer: Clusterer,
    unpacker: PacketUnpacker,
) -> None:
    """Fill the empty parts of a new engine with what `pack_flows` packed."""
    paths, flows, timers, open_things, counts = state
    clusterer.load_counts(counts)
    for name, path, buckets, rates in paths:
        underlying = underlyings[name] = UnderlyingFlow(name)
        underlying.rates.load(rates)
        underlying.path = UnderlyingPath.restore(path)
        underlying.trailing = TrailingSize(buckets)
    for name, fields, seen_ns, prints, buckets, chains, packets, simple, complex_ in flows:
        contract = Contract(*fields)
        flow = contracts[name] = ContractFlow(contract, underlyings[contract.underlying_id])
        flow.seen_ns = seen_ns
        flow.prints = SessionPrints.restore(prints)
        flow.trailing = TrailingSize(buckets)
        flow.chains = {key: (chain[0], chain[1], chain[2]) for key, chain in chains}
        flow.kept = [unpacker.unpack(packed, contract) for packed in packets]
        flow.open_simple = _at(flow, simple)
        flow.open_complex = _at(flow, complex_)
    for deadline, rank, timer_id, name, place in timers:
        flow = contracts[name]
        clusterer.timers.set(deadline, rank, timer_id, (flow, flow.kept[place]))
    load_open(open_things, contracts, underlyings, clusterer.timers, unpacker)
