"""Structures and open groups as plain data, and back."""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.options.enrichment import Contract
from flows.options.packing import PacketUnpacker
from flows.options.packing import pack_context
from flows.options.packing import pack_member
from flows.options.packing import unpack_context
from flows.options.structures.legs import Print
from flows.options.structures.link import StructureLink
from flows.options.structures.structure import Structure
from flows.options.structures.templates import Fit
from schemas.records import StructureCandidate

_astuple: Final = msgspec.structs.astuple


def pack_head(structure: Structure) -> tuple[object, ...]:
    """Return everything of a structure but its members as plain data."""
    fit = structure.fit
    return (
        structure.key,
        structure.underlying_id,
        structure.tier,
        structure.confidence,
        structure.contracts,
        structure.ratios,
        None if fit is None else _astuple(fit),
        [_astuple(candidate) for candidate in structure.candidates],
        structure.stock_tied,
        structure.start_ns,
        structure.deadline,
        structure.release_ns,
        structure.window_ms,
        _astuple(structure.link),
        structure.side,
        structure.id,
        pack_context(structure.context),
        structure.revision,
    )


def unpack_head(data: Any, prints: Sequence[Print]) -> Structure:  # noqa: ANN401 - decoded data
    """Return the structure that `pack_head` packed, with its members."""
    (
        key, underlying_id, tier, confidence, contracts, ratios, fit, candidates, stock_tied,
        start_ns, deadline, release_ns, window_ms, link, side, structure_id, context, revision,
    ) = data  # fmt: skip
    return Structure(
        key, underlying_id, tier, confidence, list(prints), tuple(contracts), tuple(ratios),
        None if fit is None else Fit(fit[0], fit[1], tuple(fit[2])),
        tuple([StructureCandidate(*candidate) for candidate in candidates]), stock_tied, start_ns,
        deadline, release_ns, window_ms, StructureLink(*link), side, structure_id,
        unpack_context(context), revision,
    )  # fmt: skip


def pack_structure(structure: Structure) -> tuple[object, ...]:
    """Return a structure with its members as plain data."""
    contracts: dict[str, Contract] = {}
    for one in structure.prints:
        contracts[one.contract.option_contract_id] = one.contract
    places = {name: at for at, name in enumerate(contracts)}
    return (
        pack_head(structure),
        [_astuple(contract) for contract in contracts.values()],
        [
            (places[one.contract.option_contract_id], one.packet_id, pack_member(one.member))
            for one in structure.prints
        ],
    )


def unpack_structure(
    data: Any,  # noqa: ANN401 - decoded data
    unpacker: PacketUnpacker,
) -> Structure:
    """Return the structure that `pack_structure` packed."""
    head, fields, members = data
    contracts = [Contract(*each) for each in fields]
    prints = [
        Print(contracts[at], packet_id, unpacker.member(part, contracts[at]))
        for at, packet_id, part in members
    ]
    return unpack_head(head, prints)
