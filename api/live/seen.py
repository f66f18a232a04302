"""Which ids a channel has had, so that what is sent again upstream is shown once."""

import threading
from collections.abc import Sequence
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEPT_S: Final = 600.0
KEPT_IDS: Final = 200_000
YOUNG_IDS: Final = 16_384
MERGED: Final = 8  # so many segments of one size become one of the next

_UNKNOWN: Final = (-(2**63), -1)


class _Segment:
    """Ids of one stretch of time as sorted hashes, with version and offset of each: 24 bytes."""

    def __init__(
        self,
        hashes: NDArray[np.int64],
        versions: NDArray[np.int64],
        offsets: NDArray[np.int64],
        newest_s: float,
        level: int,
    ) -> None:
        order = np.argsort(hashes, kind="stable")
        self.hashes = hashes[order]
        self.versions = versions[order]
        self.offsets = offsets[order]
        self.newest_s = newest_s
        self.level = level

    def find(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return where each hash would be last, and whether it is there."""
        at = np.searchsorted(self.hashes, wanted, side="right") - 1
        return at, self.hashes[at] == wanted


class Seen:
    """
    The newest version of each id, over at least ten minutes and 200,000 ids.

    The youngest ids are kept as they are; older ones as 64-bit hashes, because ten minutes of a
    full feed are three million ids. Two of those share a hash with a chance below one in a million.

    Thread-safe.

    Parameters
    ----------
    kept_s : float
        Seconds an id is remembered at least.
    kept_ids : int
        Ids that are remembered at least.
    young_ids : int
        Ids kept as they are.
    """

    def __init__(
        self, kept_s: float = KEPT_S, kept_ids: int = KEPT_IDS, young_ids: int = YOUNG_IDS
    ) -> None:
        self._kept_s = kept_s
        self._kept_ids = kept_ids
        self._young_ids = young_ids
        self._young: dict[str, tuple[int, int]] = {}
        self._old: list[_Segment] = []  # oldest first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._young) + sum(each.hashes.size for each in self._old)

    def admit(
        self, ids: Sequence[str], versions: Sequence[int], offsets: Sequence[int], now_s: float
    ) -> list[bool]:
        """
        Remember records and return which of them are news.

        A record is news when its id is new or its version greater than any before.

        Parameters
        ----------
        ids, versions, offsets : sequences
            Id, version and log offset of each record, in log order.
        now_s : float
            Time of a clock that only goes forward.
        """
        with self._lock:
            before = self._before(ids)
            young = self._young
            news = []
            for at, (name, version, offset) in enumerate(zip(ids, versions, offsets, strict=True)):
                known = young.get(name)
                last = known[0] if known is not None else before[at][0] if before else None
                is_news = last is None or version > last
                news.append(is_news)
                if is_news:
                    young[name] = (version, offset)
            if len(young) > self._young_ids:
                self._freeze(now_s)
            return news

    def is_shown(self, name: str, version: int, offset: int) -> bool:
        """
        Return whether the record at an offset is the one of its id that was shown.

        Not when it was a repetition, or when a greater version has replaced it. An id of which
        nothing is remembered counts as shown.
        """
        with self._lock:
            known = self._young.get(name)
            if known is None:
                before = self._before([name])
                known = before[0] if before else _UNKNOWN
        if known == _UNKNOWN:
            return True
        return version > known[0] or (version == known[0] and offset == known[1])

    def clear(self) -> None:
        """Forget everything; the log is another one."""
        with self._lock:
            self._young = {}
            self._old = []

    def _before(self, ids: Sequence[str]) -> list[tuple[int, int]]:
        # (version, offset) as the old segments know them; empty when there are none.
        if not self._old:
            return []
        wanted = np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids))
        versions = np.full(len(ids), _UNKNOWN[0], dtype=np.int64)
        offsets = np.full(len(ids), _UNKNOWN[1], dtype=np.int64)
        for segment in self._old:
            at, is_here = segment.find(wanted)
            if is_here.any():
                versions[is_here] = segment.versions[at[is_here]]
                offsets[is_here] = segment.offsets[at[is_here]]
        return list(zip(versions.tolist(), offsets.tolist(), strict=True))

    def _freeze(self, now_s: float) -> None:
        young, self._young = self._young, {}
        count = len(young)
        values = np.fromiter(
            (part for pair in young.values() for part in pair), dtype=np.int64, count=2 * count
        ).reshape(count, 2)
        hashes = np.fromiter(map(hash, young), dtype=np.int64, count=count)
        self._old.append(_Segment(hashes, values[:, 0], values[:, 1], now_s, 0))
        self._merge()
        total = sum(each.hashes.size for each in self._old)
        while self._old:
            oldest = self._old[0]
            rest = total - oldest.hashes.size
            if rest < self._kept_ids or oldest.newest_s > now_s - self._kept_s:
                break
            self._old.pop(0)
            total = rest

    def _merge(self) -> None:
        same = self._old[-MERGED:]
        if len(same) < MERGED or any(each.level != 0 for each in same):
            return
        self._old[-MERGED:] = [
            _Segment(
                np.concatenate([each.hashes for each in same]),
                np.concatenate([each.versions for each in same]),
                np.concatenate([each.offsets for each in same]),
                same[-1].newest_s,
                1,
            )
        ]


def numbered(count: int) -> list[int]:
    """Return offsets for records that have none."""
    return list(repeat(-1, count))
