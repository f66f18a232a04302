"""Packets and structures that are through, kept for cancels."""

import zlib
from typing import Any
from typing import Final

from flows.options.config import ClusterConfig
from flows.options.kept_log import Found
from flows.options.kept_log import KeptLog
from flows.options.packets import Packet
from flows.options.packing import first_serial
from flows.options.packing import pack_packet
from flows.options.structures.packing import pack_structure
from flows.options.structures.structure import Structure

BYTES_PER_MB: Final = 1_000_000
NS_PER_MS: Final = 1_000_000


def _name_key(name: str) -> int:
    return zlib.crc32(name.encode())


class CancelArchive:
    """
    Closed packets and emitted structures of the last `cancel_lookback_ms`.

    Bounded by time and by `cancel_archive_mb` of compressed data; what the second bound drops is
    counted in `cut`. Dropping costs O(1) each.
    """

    def __init__(self, config: ClusterConfig) -> None:
        self._lookback_ns = config.cancel_lookback_ms * NS_PER_MS
        self._max_bytes = config.cancel_archive_mb * BYTES_PER_MB
        self._packets = KeptLog()
        self._structures = KeptLog()
        self.cut = 0

    def __len__(self) -> int:
        return self._packets.entries

    def keep(self, packet: Packet) -> None:
        """Keep a packet, and drop what is now too old or too much."""
        name = packet.contract.option_contract_id
        # The digest of a common trade is shared by many contracts; with the contract's it is not.
        salt = _name_key(name) << 31
        keys = tuple([member.digest ^ salt for member in packet.members])
        self._packets.keep(packet.release_ns, name, keys, pack_packet(packet))
        self._trim(packet.release_ns)

    def keep_structure(self, structure: Structure) -> None:
        """Keep an emitted structure, and drop what is now too old or too much."""
        keys = tuple([_name_key(one.member.row.trace_id) for one in structure.prints])
        self._structures.keep(structure.release_ns, structure.id, keys, pack_structure(structure))
        self._trim(structure.release_ns)

    def _trim(self, now_ns: int) -> None:
        packets = self._packets
        structures = self._structures
        packets.drop_before(now_ns - self._lookback_ns)
        structures.drop_before(now_ns - self._lookback_ns)
        while packets.size_bytes + structures.size_bytes > self._max_bytes:
            first, other = packets.oldest_ns, structures.oldest_ns
            older = (
                structures if first is None or (other is not None and other < first) else packets
            )
            self.cut += older.drop_first()

    def with_digest(self, contract_id: str, digest: int, since_ns: int) -> list[Found]:
        """Return the packets of a contract, through since a time, that hold such a print."""
        key = digest ^ _name_key(contract_id) << 31
        return [one for one in self._packets.find(key, since_ns) if one.name == contract_id]

    def structures_of(self, trace_id: str, since_ns: int) -> list[Found]:
        """Return the structures, through since a time, that a print may be a member of."""
        return list(self._structures.find(_name_key(trace_id), since_ns))

    def put_back(self, found: Found, packet: Packet) -> None:
        """Replace a kept packet by a revision of it."""
        self._packets.replace(found, pack_packet(packet))

    def replace(self, packet: Packet) -> None:
        """Replace what is kept of a packet by what it has become."""
        first = packet.members[0]
        name = packet.contract.option_contract_id
        for found in self.with_digest(name, first.digest, packet.start_ns):
            if first_serial(found.data) == first.serial:
                self.put_back(found, packet)

    def put_back_structure(self, found: Found, structure: Structure) -> None:
        """Replace a kept structure by a revision of it."""
        self._structures.replace(found, pack_structure(structure))

    def clear(self) -> None:
        """Forget everything (the log starts again)."""
        self._packets.clear()
        self._structures.clear()

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal archive."""
        return [self.cut, self._packets.state(), self._structures.state()]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Fill an empty archive from `state`."""
        self.cut, packets, structures = state
        self._packets.load(packets)
        self._structures.load(structures)
