"""A record with everything readers order, select and send it by; made once, shared by all."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from api.streams import Stream
from schemas.json_form import json_form

# Event time (ns UTC), sequence and trace id: the total order of every stream.
OrderKey = tuple[int, int, str]


class Item(msgspec.Struct, frozen=True, gc=False):
    """
    One record.

    Parameters
    ----------
    record : msgspec.Struct
        As its topic carries it.
    json : bytes
        The record as one JSON object.
    id : str
        What identifies it over its revisions.
    version : int
        `revision` where the schema has one, else `seq`; a greater one replaces.
    order : (int, int, str)
        `source_ts`, `seq`, `trace_id`.
    partition, offset : int
        Where the log holds it; -1 for one read from the store.
    append_ms : float
        When the broker appended it, epoch ms; 0 when unknown.
    """

    record: Any
    json: bytes
    id: str
    version: int
    order: OrderKey
    partition: int = -1
    offset: int = -1
    append_ms: float = 0.0


def item_maker(stream: Stream) -> Callable[..., Item]:
    """Return the function that makes the items of a stream: (record, partition, offset, append)."""
    encode = json_form(stream.topic).encode
    identify = attrgetter(stream.id_field, stream.version_field)
    order = attrgetter("source_ts", "seq", "trace_id")

    def make(record: Any, partition: int = -1, offset: int = -1, append_ms: float = 0.0) -> Item:  # noqa: ANN401 - the topic decides the type
        name, version = identify(record)
        return Item(
            record, encode(record), name, version, order(record), partition, offset, append_ms
        )

    return make
