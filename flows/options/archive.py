"""Packets that are through, kept for cancels."""

from collections import deque
from typing import Any
from typing import Final

import msgspec

from flows.options.config import ClusterConfig
from flows.options.packets import Packet
from flows.options.packing import pack_packet

BYTES_PER_MB: Final = 1_000_000
NS_PER_MS: Final = 1_000_000

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class Kept(msgspec.Struct, gc=False):
    """One packet: when it was through, digests of its members, and itself encoded."""

    through_ns: int
    digests: tuple[int, ...]
    blob: bytes

    def packed(self) -> Any:  # noqa: ANN401 - decoded data
        """Return the packet as plain data."""
        return _decode(self.blob)


class CancelArchive:
    """
    Closed packets of the last `cancel_lookback_ms`, one encoded blob each.

    Bounded by time and by `cancel_archive_mb`; what the second bound drops is counted in `cut`.
    Dropping costs O(1) a packet: one queue over all contracts, oldest first.
    """

    def __init__(self, config: ClusterConfig) -> None:
        self._lookback_ns = config.cancel_lookback_ms * NS_PER_MS
        self._max_bytes = config.cancel_archive_mb * BYTES_PER_MB
        self._kept: dict[str, deque[Kept]] = {}
        self._queue: deque[str] = deque()
        self._bytes = 0
        self.cut = 0

    def __len__(self) -> int:
        return len(self._queue)

    def keep(self, packet: Packet) -> None:
        """Keep a packet, and drop what is now too old or too much."""
        digests = tuple([member.digest for member in packet.members])
        self._append(
            packet.contract.option_contract_id,
            Kept(packet.release_ns, digests, _encode(pack_packet(packet))),
        )
        queue = self._queue
        oldest = packet.release_ns - self._lookback_ns
        while self._kept[queue[0]][0].through_ns < oldest:
            self._drop_first()
        while self._bytes > self._max_bytes and queue:
            self._drop_first()
            self.cut += 1

    def _append(self, contract_id: str, kept: Kept) -> None:
        shelf = self._kept.get(contract_id)
        if shelf is None:
            shelf = self._kept[contract_id] = deque()
        shelf.append(kept)
        self._queue.append(contract_id)
        self._bytes += len(kept.blob)

    def _drop_first(self) -> None:
        contract_id = self._queue.popleft()
        shelf = self._kept[contract_id]
        self._bytes -= len(shelf.popleft().blob)
        if not shelf:
            del self._kept[contract_id]

    def with_digest(self, contract_id: str, digest: int, since_ns: int) -> list[Kept]:
        """Return the packets of a contract, through since a time, that hold such a print."""
        return [
            kept
            for kept in self._kept.get(contract_id, ())
            if digest in kept.digests and kept.through_ns >= since_ns
        ]

    def put_back(self, kept: Kept, packet: Packet) -> None:
        """Replace a kept packet by a revision of it."""
        blob = _encode(pack_packet(packet))
        self._bytes += len(blob) - len(kept.blob)
        kept.blob = blob

    def clear(self) -> None:
        """Forget everything (the log starts again)."""
        self._kept.clear()
        self._queue.clear()
        self._bytes = 0

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal archive."""
        taken: dict[str, int] = {}
        rows: list[object] = [self.cut]
        for contract_id in self._queue:
            at = taken.get(contract_id, 0)
            taken[contract_id] = at + 1
            kept = self._kept[contract_id][at]
            rows.append((contract_id, kept.through_ns, kept.digests, kept.blob))
        return rows

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Fill an empty archive from `state`."""
        self.cut = state[0]
        for contract_id, through_ns, digests, blob in state[1:]:
            self._append(contract_id, Kept(through_ns, tuple(digests), blob))
