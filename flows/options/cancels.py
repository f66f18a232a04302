"""Cancels: find the print one takes back, and take it back."""

from typing import Final

import msgspec

from flows.options.archive import CancelArchive
from flows.options.clustering import ContractFlow
from flows.options.enrichment import JoinedPrint
from flows.options.kept_log import Found
from flows.options.packets import Packet
from flows.options.packets import PacketBuilder
from flows.options.packing import PacketUnpacker
from flows.options.session_prints import print_digest
from flows.options.structures.packing import unpack_structure
from flows.options.structures.records import StructureBuilder
from flows.options.tape import Member
from schemas.records import FlowPacket
from schemas.records import OptionsTape

UNMATCHED: Final = "cancel_unmatched"
MATCHED: Final = "cancel_matched"
OUT_OF_WINDOW: Final = "cancel_out_of_window"
NS_PER_MS: Final = 1_000_000


class Reversal(msgspec.Struct, frozen=True, gc=False):
    """
    What a cancel did.

    Parameters
    ----------
    outcome : str
        `cancel_matched`, `cancel_out_of_window` or `cancel_unmatched`.
    row : OptionsTape | None
        The original tape row, reversed.
    packet : FlowPacket | None
        The revision of a packet that had been emitted.
    structures : tuple[FlowPacket, ...]
        The revisions of the emitted structures the print is a member of.
    """

    outcome: str
    row: OptionsTape | None = None
    packet: FlowPacket | None = None
    structures: tuple[FlowPacket, ...] = ()


class _Candidate:
    __slots__ = ("index", "kept", "packet")

    def __init__(self, packet: Packet, index: int, kept: Found | None) -> None:
        self.packet = packet
        self.index = index
        self.kept = kept

    @property
    def member(self) -> Member:
        return self.packet.members[self.index]


def choose(code: str, alike: list[int], first: int, last: int, count: int) -> int | None:
    """
    Return the serial of the print a cancel means, by its code.

    Parameters
    ----------
    code : str
        `A`, `C`, `E` or `G`.
    alike : list[int]
        Serials of live prints with the same exchange, price and size, oldest first.
    first, last, count : int
        First and last live serial of the session, and how many are live.

    Notes
    -----
    C is the newest, E the first, G the only one, A the newest that is neither the session's first
    nor its last. Source: options flow specification, 2.
    """
    if not alike:
        return None
    if code == "C":
        return alike[-1]
    if code == "E":
        return alike[0]
    if code == "G":
        return alike[0] if count == 1 else None
    between = [serial for serial in alike if serial not in {first, last}]
    return between[-1] if between else None


class CancelDesk:
    """
    Match cancels and reverse what was counted.

    Session and trailing volume, the tape row, membership of open and waiting packets, and packets
    and structures already emitted, which come out again with revision + 1. The reversed row keeps
    the key of the original (`source_ts` is the print's, not the cancel's). Beyond the look-back
    only volumes are reversed.

    Notes
    -----
    Source: options flow specification, 2.
    """

    def __init__(
        self,
        archive: CancelArchive,
        builder: PacketBuilder,
        structures: StructureBuilder,
        unpacker: PacketUnpacker,
        lookback_ms: int,
    ) -> None:
        self._archive = archive
        self._builder = builder
        self._structures = structures
        self._unpacker = unpacker
        self._lookback_ns = lookback_ms * NS_PER_MS

    def cancel(self, flow: ContractFlow, joined: JoinedPrint) -> Reversal:
        """
        Reverse the print a cancel means, if there is one.

        Parameters
        ----------
        flow : ContractFlow
            Of the contract.
        joined : JoinedPrint
            The cancel.
        """
        record = joined.record
        digest = print_digest(record, joined.at_e4)
        alike = flow.prints.alike(joined.trade_date, digest)
        if not alike:
            return Reversal(UNMATCHED)
        found = self._candidates(flow, joined, digest)
        serial = None
        if record.source_trade_id is not None:
            for key, candidate in found.items():
                other = candidate.member.row.source_trade_id
                if other == record.source_trade_id:
                    serial = key
                elif other is not None:
                    alike.remove(key)
        later = {
            key for key, candidate in found.items()
            if candidate.member.row.source_ts > record.source_ts
        }  # fmt: skip
        if serial is None or serial in later:
            alike = [key for key in alike if key not in later]
            serial = choose(joined.facts.code, alike, *flow.prints.live_range())
        if serial is None:
            return Reversal(UNMATCHED)
        flow.prints.reverse(serial, record.size)
        meant = found.get(serial)
        if meant is None:
            return Reversal(OUT_OF_WINDOW)
        return self._reverse(flow, joined, meant)

    def _candidates(
        self, flow: ContractFlow, joined: JoinedPrint, digest: int
    ) -> dict[int, _Candidate]:
        """Return the live in-window prints with a digest by serial, oldest first."""
        since_ns = joined.record.source_ts - self._lookback_ns
        contract = flow.contract
        packets: list[tuple[Packet, Found | None]] = [(packet, None) for packet in flow.kept]
        packets.extend(
            (self._unpacker.unpack(kept.data, contract), kept)
            for kept in self._archive.with_digest(contract.option_contract_id, digest, since_ns)
        )
        candidates = [
            _Candidate(packet, index, kept)
            for packet, kept in packets
            for index, member in enumerate(packet.members)
            if not member.row.reversed
            and member.row.trade_date == joined.trade_date
            and member.digest == digest
        ]
        candidates.sort(key=lambda candidate: candidate.member.serial)
        return {candidate.member.serial: candidate for candidate in candidates}

    def _reverse(self, flow: ContractFlow, joined: JoinedPrint, candidate: _Candidate) -> Reversal:
        packet = candidate.packet
        row = packet.reverse(candidate.index).row
        flow.trailing.add(row.source_ts, -row.size)
        flow.underlying.trailing.add(row.source_ts, -row.size)
        structures = self._revised_structures(row, joined)
        if candidate.kept is None:
            return Reversal(MATCHED, row, None, structures)
        # A rung that has been released is a copy of the packet in the archive.
        for pending in flow.underlying.ladders.values():
            for rung in [rung for ladder in pending for rung in ladder.packets]:
                if rung.id == packet.id:
                    rung.reverse(candidate.index)
        record = None
        if packet.is_emitted:
            packet.revision += 1
            record = self._builder.record(packet, joined.record)
        self._archive.put_back(candidate.kept, packet)
        return Reversal(MATCHED, row, record, structures)

    def _revised_structures(self, row: OptionsTape, joined: JoinedPrint) -> tuple[FlowPacket, ...]:
        """Take a reversed print out of the emitted structures it is a member of."""
        records = []
        since_ns = joined.record.source_ts - self._lookback_ns
        for kept in self._archive.structures_of(row.trace_id, since_ns):
            structure = unpack_structure(kept.data, self._unpacker)
            mine = [one for one in structure.prints if one.member.row.trace_id == row.trace_id]
            if not mine:
                continue
            for one in mine:
                one.member.row = row
            structure.revision += 1
            self._archive.put_back_structure(kept, structure)
            records.append(self._structures.record(structure, joined.record))
        return tuple(records)
