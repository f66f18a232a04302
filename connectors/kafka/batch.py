"""What travels from the sources into the dataflows."""

from collections.abc import Callable
from typing import Final
from typing import Protocol
from typing import TypeVar

import msgspec

from connectors.kafka.marks import Mark

NS_PER_MS: Final = 1_000_000


class Keyed(Protocol):
    """A record of a market topic, as far as its message needs to know it."""

    @property
    def underlying_id(self) -> str:
        """Key of the message."""

    @property
    def source_ts(self) -> int:
        """Event time, ns UTC."""


K = TypeVar("K", bound=Keyed)


class PoisonRecord(msgspec.Struct, frozen=True, gc=False):
    """
    A message that is no record at all.

    Parameters
    ----------
    topic, partition, offset
        Where the log holds it.
    key, value
        As the log holds them; a null value is a tombstone.
    error : str
        What is wrong with it.
    attempt : int
        1, or more for a dead letter that was sent again.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    error: str
    attempt: int = 1


class EventBatch(msgspec.Struct, frozen=True):
    """
    A stretch of one partition's records in event-time order, still encoded.

    The columns are parallel. Nothing in them depends on where a batch happens to begin or end.

    Parameters
    ----------
    partition : int
        Partition number, the same in every input topic.
    ranks : bytes
        Index of each record's topic in the source's list, one byte a record.
    values : list of bytes
        Registry header and Avro body.
    late : bytes
        1 where a record came after event time had passed it, else 0; one byte a record.
    offsets : list of int
        Offset of each record in its topic.
    keys : list of bytes or None
        Message keys.
    attempts : dict
        By position in the columns, how often a dead letter that was sent again has been tried.
    poison : tuple of PoisonRecord
        Messages of this stretch that are no records.
    watermark_ns : int | None
        Event time (ns UTC) up to which nothing more is expected; on a quiet tape only.
    is_end : bool
        The input ends behind this batch: what is open now stays open for ever.
    mark : Mark | None
        Where the live source was before something came in after its turn, if that has happened
        since the last batch; see `connectors.kafka.journal`.
    reached : Mark | None
        Where the live source is behind this batch.
    """

    partition: int
    ranks: bytes = b""
    values: list[bytes] = []
    late: bytes = b""
    offsets: list[int] = []
    keys: list[bytes | None] = []
    attempts: dict[int, int] = {}
    poison: tuple[PoisonRecord, ...] = ()
    watermark_ns: int | None = None
    is_end: bool = False
    mark: Mark | None = None
    reached: Mark | None = None

    def rejected(self, at: int, topic: str, error: Exception) -> PoisonRecord:
        """Return the message at a place of the columns, read from a topic, as a dead letter."""
        return PoisonRecord(
            topic=topic,
            partition=self.partition,
            offset=self.offsets[at],
            key=self.keys[at],
            value=self.values[at],
            error=str(error),
            attempt=self.attempts.get(at, 1),
        )


class TopicBatch(msgspec.Struct, frozen=True):
    """
    Messages of one topic in log order within each partition, for a sink that decodes nothing.

    The columns are parallel.

    Parameters
    ----------
    topic : str
        Topic.
    values, keys : list of bytes or None
        As the log holds them; a null value is a tombstone.
    partitions, offsets : list of int
        Where the log holds each message.
    next_offsets : dict
        First offset behind this batch for each partition it touches.
    """

    topic: str
    values: list[bytes | None]
    keys: list[bytes | None]
    partitions: list[int]
    offsets: list[int]
    next_offsets: dict[int, int]


class OutRecord(msgspec.Struct, frozen=True, gc=False):
    """
    A message to write.

    Parameters
    ----------
    topic, partition
        Where it goes; the partition is the one its inputs came from.
    key, value
        As the log will hold them.
    timestamp_ms : int
        Event time in ms UTC, by which the log is searched.
    headers : tuple of (str, bytes)
        Added to those the sink writes itself.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


def message_of(topic: str, partition: int, record: K, encode: Callable[[K], bytes]) -> OutRecord:
    """
    Return a record as the message that goes into its topic.

    Parameters
    ----------
    topic, partition
        Where it goes.
    record : record of a market topic
        Keyed by its underlying, stamped with its event time.
    encode : callable
        Codec of the topic.
    """
    key = record.underlying_id.encode()
    return OutRecord(topic, partition, key, encode(record), record.source_ts // NS_PER_MS)
