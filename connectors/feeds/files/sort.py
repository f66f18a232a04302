"""Puts a file's items into the order of the log, with bounded memory."""

import heapq
import os
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
MIN_RUN_ROWS: Final = 10_000
_LENGTH_BYTES: Final = 4
_CHUNK_BYTES: Final = 1 << 16

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


class _Runs:
    """Sorted runs in one unnamed file that vanishes when it is closed."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._codecs = _codecs(origin)
        self._file: IO[bytes] | None = None
        self._spans: list[tuple[int, int]] = []

    def spill(self, run: list[Accepted]) -> None:
        """Write a sorted run behind the others."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="islandflow-sort-")  # noqa: SIM115 - closed by `close`
        file, start = self._file, self._file.tell()
        pack = msgspec.msgpack.Encoder().encode
        for item in run:
            row = pack((item.topic, item.line, self._codecs[item.topic].encode(item.record)))
            file.write(len(row).to_bytes(_LENGTH_BYTES, "big") + row)
        file.flush()
        self._spans.append((start, file.tell()))

    def readers(self) -> list[Iterator[Accepted]]:
        """Return one reader per run; they share the file, so a run costs no handle."""
        if self._file is None:
            return []
        handle = self._file.fileno()
        return [self._read(handle, start, end) for start, end in self._spans]

    def _read(self, handle: int, at: int, end: int) -> Iterator[Accepted]:
        unpack = msgspec.msgpack.Decoder(tuple[str, int, bytes]).decode
        origin, codecs = self._origin, self._codecs
        held, place = b"", 0
        while at < end or place < len(held):
            first = place + _LENGTH_BYTES
            stop = first + int.from_bytes(held[place:first], "big")
            if len(held) < first or len(held) < stop:
                chunk = os.pread(handle, min(_CHUNK_BYTES, end - at), at)
                held, place, at = held[place:] + chunk, 0, at + len(chunk)
                continue
            topic, line, body = unpack(held[first:stop])
            place = stop
            yield Accepted(origin, topic, codecs[topic].decode(body), line)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


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
    rejects: list[Reject] = []
    run: list[Accepted] = []
    runs = _Runs(origin)
    try:
        for item in items:
            if isinstance(item, Reject):
                rejects.append(item)
                continue
            run.append(item)
            if len(run) >= run_rows:
                run.sort(key=_key)
                runs.spill(run)
                run = []
        run.sort(key=_key)
        yield from sorted(rejects, key=lambda reject: reject.line)
        spilled = runs.readers()
        if not spilled:
            yield from run
            return
        yield from heapq.merge(*spilled, iter(run), key=_key)
    finally:
        runs.close()
