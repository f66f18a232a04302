"""A bounded log of things that are rarely looked up again, compressed in chunks."""

from array import array
from collections import deque
from collections.abc import Iterator
from typing import Any
from typing import Final

import msgspec
import zstandard

ENTRIES_PER_CHUNK: Final = 128

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode
_compress: Final = zstandard.ZstdCompressor(level=1).compress
_decompress: Final = zstandard.ZstdDecompressor().decompress


class Found(msgspec.Struct, gc=False, frozen=True):
    """
    An entry that was looked up.

    Parameters
    ----------
    at_ns : int
        Time it was kept under, ns UTC.
    name : str
        What it was kept under.
    data : object
        Itself, as plain data.
    chunk : Chunk | None
        Where it lies; None among those not compressed yet.
    place : int
        Its place there.
    """

    at_ns: int
    name: str
    data: Any
    chunk: "Chunk | None"
    place: int


class Chunk(msgspec.Struct, gc=False, eq=False):
    """Compressed entries: how many, the time of the newest, the keys of all, and themselves."""

    count: int
    newest_ns: int
    keys: "array[int]"
    blob: bytes


# Time, name, keys, plain data.
_Entry = tuple[int, str, tuple[int, ...], Any]


class KeptLog:
    """
    Entries in order of time, found by an integer key.

    Keeping one costs a place in a list; every 128th also the compression of those before it, to
    about a third. A look costs one pass over the keys, eight bytes each, and opens only chunks that
    hold the key, so it suits what is looked up once in thousands of entries.
    """

    __slots__ = ("_chunks", "_open", "entries", "size_bytes")

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._open: list[_Entry] = []
        self.entries = 0
        self.size_bytes = 0

    def keep(self, at_ns: int, name: str, keys: tuple[int, ...], data: object) -> None:
        """
        Keep an entry.

        Parameters
        ----------
        at_ns : int
            ns UTC, not much before that of the entry before it.
        name : str
            Returned with it.
        keys : tuple[int, ...]
            What it can be found by, signed 64 bits each.
        data : object
            Plain data.
        """
        self._open.append((at_ns, name, keys, data))
        self.entries += 1
        if len(self._open) >= ENTRIES_PER_CHUNK:
            self._seal()

    def _seal(self) -> None:
        entries = self._open
        keys = array("q", [key for entry in entries for key in entry[2]])
        chunk = Chunk(
            len(entries), max([entry[0] for entry in entries]), keys, _compress(_encode(entries))
        )
        self._chunks.append(chunk)
        self.size_bytes += len(chunk.blob) + 8 * len(keys)
        self._open = []

    def find(self, key: int, since_ns: int) -> Iterator[Found]:
        """Return the entries with a key, of a time or later, oldest first."""
        for chunk in self._chunks:
            if chunk.newest_ns >= since_ns and key in chunk.keys:
                entries = _decode(_decompress(chunk.blob))
                yield from _matching(entries, key, since_ns, chunk)
        yield from _matching(self._open, key, since_ns, None)

    def replace(self, found: Found, data: object) -> None:
        """Put other data in the place of an entry."""
        chunk = found.chunk
        if chunk is None:
            at_ns, name, keys, _ = self._open[found.place]
            self._open[found.place] = (at_ns, name, keys, data)
            return
        entries = _decode(_decompress(chunk.blob))
        entries[found.place][3] = data
        blob = _compress(_encode(entries))
        self.size_bytes += len(blob) - len(chunk.blob)
        chunk.blob = blob

    def drop_before(self, oldest_ns: int) -> None:
        """Drop the chunks whose newest entry is older."""
        while self._chunks and self._chunks[0].newest_ns < oldest_ns:
            self.drop_first()

    def drop_first(self) -> int:
        """Drop the oldest chunk; return how many entries it held, 0 when there is none."""
        if not self._chunks:
            return 0
        chunk = self._chunks.popleft()
        self.size_bytes -= len(chunk.blob) + 8 * len(chunk.keys)
        self.entries -= chunk.count
        return chunk.count

    @property
    def oldest_ns(self) -> int | None:
        """Time of the newest entry of the oldest chunk; None without a chunk."""
        return self._chunks[0].newest_ns if self._chunks else None

    def clear(self) -> None:
        """Forget everything."""
        self._chunks.clear()
        self._open = []
        self.entries = self.size_bytes = 0

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal log."""
        chunks = [(c.count, c.newest_ns, c.keys.tobytes(), c.blob) for c in self._chunks]
        return [chunks, self._open]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Fill an empty log from `state`."""
        chunks, entries = state
        for count, newest_ns, packed, blob in chunks:
            keys = array("q")
            keys.frombytes(packed)
            self._chunks.append(Chunk(count, newest_ns, keys, blob))
            self.entries += count
            self.size_bytes += len(blob) + 8 * len(keys)
        self._open = [(at_ns, name, tuple(keys), data) for at_ns, name, keys, data in entries]
        self.entries += len(self._open)


def _matching(entries: list[Any], key: int, since_ns: int, chunk: Chunk | None) -> Iterator[Found]:
    for place, (at_ns, name, keys, data) in enumerate(entries):
        if at_ns >= since_ns and key in keys:
            yield Found(at_ns, name, data, chunk, place)
