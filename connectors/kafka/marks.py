"""Marks: how far into its inputs a source may read, said by whoever writes them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.errors import RejectedRecord

# Beside the raw topics of a replay, with their number of partitions.
MARKS_TOPIC: Final = "clock"


class Mark(msgspec.Struct, frozen=True, gc=False):
    """
    A point that the writer of a partition has reached in all its topics at once.

    Parameters
    ----------
    reached_ns : int
        Event time, ns UTC: nothing written behind the mark has an earlier one.
    offsets : mapping
        Next offset of this partition, by topic as the log names it.
    is_end : bool
        Nothing follows.
    rank : int
        In a journal, the input whose record was the last one released at `reached_ns`; 0 where
        that was no record's time. A later one of the same time and an earlier input is late.
    """

    reached_ns: int
    offsets: Mapping[str, int]
    is_end: bool = False
    rank: int = 0


def encode_mark(mark: Mark) -> bytes:
    """Return a mark as the JSON its topic carries."""
    return msgspec.json.encode(mark)


def decode_mark(value: bytes) -> Mark:
    """
    Return the mark a message carries.

    Raises
    ------
    RejectedRecord
        It is none.
    """
    try:
        return msgspec.json.decode(value, type=Mark)
    except msgspec.DecodeError as error:
        msg = f"no mark of a replay: {error}"
        raise RejectedRecord(msg) from error
