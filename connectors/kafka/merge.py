"""Merge the same partition of several topics into one stream in event-time order; pure."""

from collections import deque
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from connectors.kafka.stamps import NO_STAMP
from connectors.kafka.stamps import read_source_stamps

NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Merged:
    """
    Records in the order they are to be processed; the columns are parallel.

    Parameters
    ----------
    ranks, late, bad : bytes
        One byte a record: index of its input, 1 if it came too late, 1 if it is no record.
    values, keys, offsets
        As the log holds them.
    """

    ranks: bytes
    late: bytes
    bad: bytes
    values: list[bytes | None]
    keys: list[bytes | None]
    offsets: list[int]


@dataclass(slots=True)
class _Chunk:
    # `effective` is the input's running maximum, `order` the same but never below what has been
    # released already; both rise, so a chunk is cut with a binary search.
    effective: NDArray[np.int64]
    order: NDArray[np.int64]
    late: NDArray[np.uint8]
    bad: NDArray[np.uint8]
    values: Sequence[bytes | None]
    keys: Sequence[bytes | None]
    offsets: Sequence[int]
    taken: int = 0


@dataclass(frozen=True, slots=True)
class _Slice:
    chunk: _Chunk
    start: int
    stop: int


class _Input:
    def __init__(self, rank: int, running_max: int) -> None:
        self.rank = rank
        self.read_max = running_max
        self.released_max = running_max
        self.frontier = running_max
        self.has_ended = False
        self.buffered = 0
        self.chunks: deque[_Chunk] = deque()

    def slices(self, bound: int, limit: int) -> Iterator[_Slice]:
        # Of the records ordered at or before `bound`, the first `limit`.
        for chunk in self.chunks:
            if limit <= 0:
                return
            stop = int(np.searchsorted(chunk.order, bound, side="right"))
            size = min(stop - chunk.taken, limit)
            if size <= 0:
                return
            yield _Slice(chunk, chunk.taken, chunk.taken + size)
            limit -= size

    def drop(self, count: int) -> None:
        self.buffered -= count
        while count:
            chunk = self.chunks[0]
            step = min(count, len(chunk.values) - chunk.taken)
            chunk.taken += step
            count -= step
            self.released_max = int(chunk.effective[chunk.taken - 1])
            if chunk.taken == len(chunk.values):
                self.chunks.popleft()


class OrderedMerge:
    """
    Order records by (effective event time, rank of their input, offset).

    The effective event time of a record is the greatest `source_ts` of its input up to and
    including it: a record out of order within its topic keeps its place in the log and is late.
    A record is released when no open input can still bring an earlier one, so the order depends
    on the inputs' content alone, never on how they were cut into batches. Only a caller that
    waives an input gives that up for it: what then arrives behind released time is late.

    Parameters
    ----------
    running_max : sequence of int or None
        Greatest `source_ts` (ns UTC) already released per input, in rank order; null for none.
    watermark_ns : int | None
        Last tick already sent.
    """

    def __init__(self, running_max: Sequence[int | None], watermark_ns: int | None = None) -> None:
        self._inputs = [
            _Input(rank, NO_STAMP if stamp is None else stamp)
            for rank, stamp in enumerate(running_max)
        ]
        self._watermark_ns = NO_STAMP if watermark_ns is None else watermark_ns
        self._released = max((each.released_max, each.rank) for each in self._inputs)
        self.late = 0

    @property
    def released_ns(self) -> int | None:
        """Event time (ns UTC) of the last record released; null before the first."""
        return None if self._released[0] == NO_STAMP else self._released[0]

    @property
    def watermark_ns(self) -> int | None:
        """Last tick sent, ns UTC."""
        return None if self._watermark_ns == NO_STAMP else self._watermark_ns

    def running_max(self, rank: int) -> int | None:
        """Return the greatest `source_ts` (ns UTC) released of an input; part of resume state."""
        stamp = self._inputs[rank].released_max
        return None if stamp == NO_STAMP else stamp

    def buffered(self, rank: int) -> int:
        """Return how many records of an input wait to be released."""
        return self._inputs[rank].buffered

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be released."""
        return not any(each.buffered for each in self._inputs)

    @property
    def has_ended(self) -> bool:
        """Whether every input has ended."""
        return all(each.has_ended for each in self._inputs)

    def end(self, rank: int) -> None:
        """Declare that an input brings nothing more; it holds back no other from now on."""
        self._inputs[rank].has_ended = True

    def add(
        self,
        rank: int,
        values: Sequence[bytes | None],
        keys: Sequence[bytes | None],
        offsets: Sequence[int],
    ) -> None:
        """Append records of one input, in log order; at least one."""
        source = self._inputs[rank]
        stamps, is_bad = read_source_stamps(values)
        effective = np.maximum(np.maximum.accumulate(stamps), source.read_max)
        is_late = (stamps < effective) & ~is_bad
        order = effective
        floor = max(self._released[0], self._watermark_ns)
        if effective[0] <= floor:
            released_ns, released_rank = self._released
            passed = released_ns + (rank < released_rank) if released_ns != NO_STAMP else NO_STAMP
            is_late |= (stamps < max(passed, self._watermark_ns)) & ~is_bad
            order = np.maximum(effective, floor)
        self.late += int(np.count_nonzero(is_late))
        source.read_max = int(effective[-1])
        source.frontier = int(order[-1])
        source.buffered += len(values)
        source.chunks.append(
            _Chunk(
                effective=effective,
                order=order,
                late=is_late.view(np.uint8),
                bad=is_bad.view(np.uint8),
                values=values,
                keys=keys,
                offsets=offsets,
            )
        )

    def span_ns(self, ranks: Collection[int]) -> tuple[int, int]:
        """Return first and last event time (ns UTC) that waits to be released in some inputs."""
        chunks = [self._inputs[rank].chunks[-1] for rank in ranks]
        return min(int(c.order[0]) for c in chunks), max(int(c.order[-1]) for c in chunks)

    def holding(self) -> list[int]:
        """Return the inputs that hold back others: open, and with nothing left to release."""
        return [each.rank for each in self._inputs if not each.has_ended and not each.buffered]

    def take(
        self, limit: int, waived: Collection[int] = (), until_ns: int = NEVER
    ) -> Merged | None:
        """
        Release records in order.

        Parameters
        ----------
        limit : int
            Most records to release.
        waived : collection of int
            Inputs that are not waited for.
        until_ns : int
            Event time (ns UTC) behind which nothing is released.

        Returns
        -------
        Merged | None
            Null when nothing can be released yet.
        """
        slices: list[_Slice] = []
        ranks: list[tuple[int, int]] = []
        bounds = [
            (each.frontier, each.rank)
            for each in self._inputs
            if not each.has_ended and each.rank not in waived
        ]
        bound_ns, bound_rank = min(bounds, default=(NEVER, len(self._inputs)))
        for each in self._inputs:
            is_first = each.rank <= bound_rank
            if not each.buffered or (bound_ns == NO_STAMP and not is_first):
                continue
            last_ns = bound_ns if is_first else bound_ns - 1
            found = list(each.slices(min(last_ns, until_ns), limit))
            if found:
                slices += found
                ranks.append((each.rank, sum(part.stop - part.start for part in found)))
        if not slices:
            return None
        return self._release(slices, ranks, limit)

    def _release(self, slices: list[_Slice], ranks: list[tuple[int, int]], limit: int) -> Merged:
        # The columns are laid one input after the other in rank order, so that a stable sort by
        # time alone leaves ties in rank and log order.
        order = np.concatenate([part.chunk.order[part.start : part.stop] for part in slices])
        late = np.concatenate([part.chunk.late[part.start : part.stop] for part in slices])
        bad = np.concatenate([part.chunk.bad[part.start : part.stop] for part in slices])
        rank = np.repeat(
            np.array([each for each, _ in ranks], dtype=np.uint8), [count for _, count in ranks]
        )
        values: list[bytes | None] = []
        keys: list[bytes | None] = []
        offsets: list[int] = []
        for part in slices:
            values += part.chunk.values[part.start : part.stop]
            keys += part.chunk.keys[part.start : part.stop]
            offsets += part.chunk.offsets[part.start : part.stop]
        if len(ranks) == 1:
            chosen = slice(0, limit)
            last = min(limit, len(values)) - 1
            values, keys, offsets = values[chosen], keys[chosen], offsets[chosen]
            counts = {ranks[0][0]: last + 1}
            released = (int(order[last]), ranks[0][0])
            rank, late, bad = rank[chosen], late[chosen], bad[chosen]
        else:
            picks = np.argsort(order, kind="stable")[:limit]
            released = (int(order[picks[-1]]), int(rank[picks[-1]]))
            rank, late, bad = rank[picks], late[picks], bad[picks]
            found = np.bincount(rank, minlength=len(self._inputs)).tolist()
            counts = {each: found[each] for each, _ in ranks}
            at = picks.tolist()
            values = [values[i] for i in at]
            keys = [keys[i] for i in at]
            offsets = [offsets[i] for i in at]
        for each, count in counts.items():
            self._inputs[each].drop(count)
        self._released = max(self._released, released)
        return Merged(
            ranks=rank.tobytes(),
            late=late.tobytes(),
            bad=bad.tobytes(),
            values=values,
            keys=keys,
            offsets=offsets,
        )

    def tick(self, watermark_ns: int) -> bool:
        """
        Promise that nothing earlier than a time is expected; what comes all the same is late.

        Returns
        -------
        bool
            False when that says nothing new, or records still wait to be released.
        """
        if not self.is_empty or watermark_ns <= max(self._watermark_ns, self._released[0]):
            return False
        self._watermark_ns = watermark_ns
        return True
