"""Put messages that are no records aside from a stretch of merged ones."""

from collections.abc import Sequence

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.merge import Merged
from connectors.kafka.stamps import HEADER_BYTES


def poison_error(value: bytes | None) -> str:
    """Say why a message is no record."""
    if value is None:
        return "no_value: a tombstone carries no record"
    if len(value) <= HEADER_BYTES:
        return f"short_value: {len(value)} bytes, expected a 5-byte header and a body"
    if value[0] != 0:
        return f"bad_magic: first byte is {value[0]:#04x}, expected 0x00"
    return "bad_stamp: the body does not begin with source_ts"


def without_poison(
    merged: Merged, partition: int, topics: Sequence[str], attempts: dict[int, int]
) -> EventBatch:
    """
    Return merged messages as a batch, those that are no records apart.

    Parameters
    ----------
    merged : Merged
        Messages in order.
    partition : int
        Where the log holds them.
    topics : sequence of str
        Inputs by rank.
    attempts : dict
        By position, how often a dead letter that was sent again has been tried.
    """
    good = [at for at, is_bad in enumerate(merged.bad) if not is_bad]
    poison = tuple(
        PoisonRecord(
            topic=topics[merged.ranks[at]],
            partition=partition,
            offset=merged.offsets[at],
            key=merged.keys[at],
            value=merged.values[at],
            error=poison_error(merged.values[at]),
            attempt=attempts.get(at, 1),
        )
        for at, is_bad in enumerate(merged.bad)
        if is_bad
    )
    return EventBatch(
        partition=partition,
        ranks=bytes(merged.ranks[at] for at in good),
        values=[value for at in good if (value := merged.values[at]) is not None],
        late=bytes(merged.late[at] for at in good),
        offsets=[merged.offsets[at] for at in good],
        keys=[merged.keys[at] for at in good],
        attempts={place: attempts[at] for place, at in enumerate(good) if at in attempts},
        poison=poison,
    )
