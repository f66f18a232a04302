"""Sequence numbers of idempotent producers in one partition."""

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import SEQUENCE_MODULUS
from infra.embedded.kafka.batches import BatchHeader
from infra.embedded.kafka.batches import RejectedBatch

REMEMBERED_BATCHES: Final = 5
UNKNOWN_OFFSET: Final = -1

RememberedBatch = tuple[int, int, int]
"""First sequence, last sequence, base offset."""


class ProducerSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """What is written to disk of one producer; batches oldest first."""

    producer_id: int
    epoch: int
    batches: list[RememberedBatch]


class _Producer:
    __slots__ = ("batches", "epoch", "seen_s")

    def __init__(self, epoch: int, seen_s: float) -> None:
        self.epoch = epoch
        self.seen_s = seen_s
        self.batches: deque[RememberedBatch] = deque(maxlen=REMEMBERED_BATCHES)


class ProducerTable:
    """
    Recognise batches that were already appended.

    Delivery: with it a producer that retries after a lost answer appends exactly once, also over
    a restart of the broker, because the table is rebuilt from the batch headers in the log.

    Notes
    -----
    Source: Apache Kafka KIP-98 and KIP-360: the last five batches of a producer are remembered;
    a producer the partition has not seen may start at any sequence; a new epoch starts at 0.
    """

    def __init__(self) -> None:
        self._producers: dict[int, _Producer] = {}

    def __len__(self) -> int:
        return len(self._producers)

    def duplicate_offset(self, header: BatchHeader) -> int | None:
        """
        Return the offset the batch already has, or None when it is new and in sequence.

        Raises
        ------
        RejectedBatch
            The epoch is older than the producer's, the sequence leaves a gap, or the batch is a
            repetition of one too old to be remembered.
        """
        producer = self._producers.get(header.producer_id)
        if producer is None:
            return None
        sequence = header.base_sequence
        if header.producer_epoch < producer.epoch:
            msg = (
                f"producer {header.producer_id} epoch {header.producer_epoch} "
                f"is older than {producer.epoch}"
            )
            raise RejectedBatch(ErrorCode.invalid_producer_epoch, msg)
        if header.producer_epoch > producer.epoch:
            if sequence != 0:
                msg = f"producer {header.producer_id} starts an epoch at {sequence}, expected 0"
                raise RejectedBatch(ErrorCode.out_of_order_sequence_number, msg)
            return None
        for first, last, offset in producer.batches:
            if first == sequence and last == header.last_sequence:
                return offset
        expected = (producer.batches[-1][1] + 1) % SEQUENCE_MODULUS
        if sequence == expected:
            return None
        if (expected - sequence) % SEQUENCE_MODULUS < SEQUENCE_MODULUS // 2:
            msg = f"producer {header.producer_id} repeats sequence {sequence}, expected {expected}"
            raise RejectedBatch(ErrorCode.duplicate_sequence_number, msg)
        msg = f"producer {header.producer_id} sent sequence {sequence}, expected {expected}"
        raise RejectedBatch(ErrorCode.out_of_order_sequence_number, msg)

    def record(self, header: BatchHeader, now_s: float) -> None:
        """Remember an appended batch; `header` carries the offset it got, `now_s` is monotonic."""
        producer = self._producers.get(header.producer_id)
        if producer is None or producer.epoch != header.producer_epoch:
            producer = self._producers[header.producer_id] = _Producer(header.producer_epoch, now_s)
        producer.seen_s = now_s
        producer.batches.append((header.base_sequence, header.last_sequence, header.base_offset))

    def forget_before(self, seen_s: float) -> None:
        """Drop producers that have not appended since `seen_s`."""
        for producer_id in [k for k, v in self._producers.items() if v.seen_s < seen_s]:
            del self._producers[producer_id]

    def snapshot(self) -> list[ProducerSnapshot]:
        """Return what `restore` needs."""
        return [
            ProducerSnapshot(producer_id, producer.epoch, list(producer.batches))
            for producer_id, producer in self._producers.items()
        ]

    def restore(self, snapshots: Iterable[ProducerSnapshot], now_s: float) -> None:
        """Replace the table by a snapshot."""
        self._producers.clear()
        for snapshot in snapshots:
            producer = _Producer(snapshot.epoch, now_s)
            producer.batches.extend(snapshot.batches)
            if producer.batches:
                self._producers[snapshot.producer_id] = producer
