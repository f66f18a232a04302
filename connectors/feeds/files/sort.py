"""Puts a file's items into the order of the log, with bounded memory."""

import heapq
import tempfile
from collections.abc import Iterable
from collections.abc import Iterator
from typing import IO
from typing import Any
from typing import Final
from typing import TypeAlias

import msgspec

from connectors.feeds.base.items import TOPIC_RANK
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.items import Reject
from schemas.catalog import topics
from schemas.codec import RecordCodec
from schemas.codec import codec_of

RUN_ROWS: Final = 200_000
_LENGTH_BYTES: Final = 4

# source_ts, topic rank, sequence, line
_Key: TypeAlias = tuple[int, int, int, int]


def _key(item: Accepted) -> _Key:
    record = item.record
    return record.source_ts, TOPIC_RANK[item.topic], record.seq, item.line


def _codecs(origin: Origin) -> dict[str, RecordCodec[Any]]:
    types: dict[str, type[msgspec.Struct]] = {
        name: topics()[name].record_type for name in origin.topics
    }
    return {name: codec_of(record_type) for name, record_type in types.items()}


def _spill(run: list[Accepted], codecs: dict[str, RecordCodec[Any]]) -> IO[bytes]:
    """Write a sorted run to an unnamed file that vanishes when it is closed."""
    file = tempfile.TemporaryFile(prefix="islandflow-sort-")  # noqa: SIM115 - read, then closed, by the caller
    pack = msgspec.msgpack.Encoder().encode
    for item in run:
        row = pack((item.topic, item.line, codecs[item.topic].encode(item.record)))
        file.write(len(row).to_bytes(_LENGTH_BYTES, "big") + row)
    file.seek(0)
    return file


def _unspill(
    file: IO[bytes], origin: Origin, codecs: dict[str, RecordCodec[Any]]
) -> Iterator[Accepted]:
    unpack = msgspec.msgpack.Decoder(tuple[str, int, bytes]).decode
    while length := file.read(_LENGTH_BYTES):
        topic, line, body = unpack(file.read(int.from_bytes(length, "big")))
        yield Accepted(origin, topic, codecs[topic].decode(body), line)


def sorted_items(
    items: Iterable[FeedItem], origin: Origin, *, run_rows: int = RUN_ROWS
) -> Iterator[FeedItem]:
    """
    Sort the items of one file.

    Parameters
    ----------
    items : Iterable of FeedItem
        In file order.
    origin : Origin
        Their origin.
    run_rows : int
        Records held in memory; what is beyond goes to sorted runs in temporary files.

    Yields
    ------
    FeedItem
        Rejects first, by line; then records by (`source_ts`, quotes before trades, sequence,
        line).

    Notes
    -----
    Source: feeds specification, 10. Everything is read before the first item is handed on, so a
    file that fails while being read has published nothing.
    """
    codecs = _codecs(origin)
    rejects: list[Reject] = []
    run: list[Accepted] = []
    spilled: list[IO[bytes]] = []
    try:
        for item in items:
            if isinstance(item, Reject):
                rejects.append(item)
                continue
            run.append(item)
            if len(run) >= run_rows:
                run.sort(key=_key)
                spilled.append(_spill(run, codecs))
                run = []
        run.sort(key=_key)
        yield from sorted(rejects, key=lambda reject: reject.line)
        if not spilled:
            yield from run
            return
        runs = [*(_unspill(file, origin, codecs) for file in spilled), iter(run)]
        yield from heapq.merge(*runs, key=_key)
    finally:
        for file in spilled:
            file.close()
