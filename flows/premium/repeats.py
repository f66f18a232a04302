"""Recognise tape rows that are in the log twice."""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

CHUNKS: Final = 16
_NEVER_NS: Final = -(1 << 63)

# (sealed chunks as (first, last ns, digests), digests since the last seal, their first, last ns)
RepeatState = tuple[list[tuple[int, int, bytes]], bytes, int, int]


def _digest(trace_id: str, revision: int) -> int:
    name = f"{trace_id}:{revision}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little")


class RepeatFilter:
    """
    Tell rows of a partition that were counted from rows that were not.

    The options flow resumes from its last snapshot and writes every row behind it again, with the
    same (`trace_id`, `revision`) and the same `source_ts`. So a 64-bit digest of the former is kept
    for the last `rows` rows that were counted, in sixteen sealed and sorted chunks that each know
    the span of stamps they hold, and one that fills: a row in order is known to be new after one
    look, a late one is searched for in the chunks whose span it falls into.

    Parameters
    ----------
    rows : int
        How many of the newest rows are remembered, exact to a sixteenth.
    state : tuple | None
        What `state` returned.
    """

    __slots__ = ("_chunk_rows", "_first_ns", "_last_ns", "_recent", "_sealed", "_sealed_ns")

    def __init__(self, rows: int, state: RepeatState | None = None) -> None:
        self._chunk_rows = max(1, rows // CHUNKS)
        self._sealed: list[tuple[int, int, Sequence[int]]] = []
        self._recent: set[int] = set()
        self._first_ns, self._last_ns = -_NEVER_NS, _NEVER_NS
        if state is not None:
            sealed, recent, self._first_ns, self._last_ns = state
            self._sealed = [(first, last, array("Q", packed)) for first, last, packed in sealed]
            self._recent = set(array("Q", recent))
        self._sealed_ns = max((last for _, last, _ in self._sealed), default=_NEVER_NS)

    def is_new(self, ts: int, trace_id: str, revision: int) -> bool:
        """
        Say whether a row is met for the first time, and remember it.

        Parameters
        ----------
        ts : int
            Its `source_ts`, ns UTC.
        trace_id, revision
            Which row it is.
        """
        digest = _digest(trace_id, revision)
        if digest in self._recent or (ts <= self._sealed_ns and self._is_sealed(ts, digest)):
            return False
        self._recent.add(digest)
        self._first_ns = min(self._first_ns, ts)
        self._last_ns = max(self._last_ns, ts)
        if len(self._recent) >= self._chunk_rows:
            self._seal()
        return True

    def _is_sealed(self, ts: int, digest: int) -> bool:
        for first, last, digests in self._sealed:
            if first <= ts <= last:
                at = bisect_left(digests, digest)
                if at < len(digests) and digests[at] == digest:
                    return True
        return False

    def _seal(self) -> None:
        self._sealed.append((self._first_ns, self._last_ns, array("Q", sorted(self._recent))))
        del self._sealed[:-CHUNKS]
        self._sealed_ns = max(last for _, last, _ in self._sealed)
        self._recent = set()
        self._first_ns, self._last_ns = -_NEVER_NS, _NEVER_NS

    def state(self) -> RepeatState:
        """Return the filter as plain data."""
        return (
            [(first, last, array("Q", digests).tobytes()) for first, last, digests in self._sealed],
            array("Q", sorted(self._recent)).tobytes(),
            self._first_ns,
            self._last_ns,
        )
