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
        One byte a record: index of its input, 1 if it came too late, 1 if it is no record. Of more
        than 256 inputs `ranks` holds the lower byte only; `inputs` says all.
    values, keys, offsets
        As the log holds them.
    order : (n,) int64
        Effective event times, ns UTC, never falling; `NO_STAMP` before an input's first stamp.
    inputs : (n,) uint16
        Index of each record's input.
    """

    ranks: bytes
    late: bytes
    bad: bytes
    values: list[bytes | None]
    keys: list[bytes | None]
    offsets: list[int]
    order: NDArray[np.int64]
    inputs: NDArray[np.uint16]


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


@dataclass(frozen=True, slots=True)
class _Part:
    # What of an input may be released.
    source: _Input
    slices: list[_Slice]
    size: int


def _columns(
    parts: list[_Part], counts: list[int]
) -> tuple[list[bytes | None], list[bytes | None], list[int]]:
    # The first records of each part, as many as counted.
    values: list[bytes | None] = []
    keys: list[bytes | None] = []
    offsets: list[int] = []
    for part, count in zip(parts, counts, strict=True):
        left = count
        for each in part.slices:
            stop = min(each.stop, each.start + left)
            values += each.chunk.values[each.start : stop]
            keys += each.chunk.keys[each.start : stop]
            offsets += each.chunk.offsets[each.start : stop]
            left -= stop - each.start
    return values, keys, offsets


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
    released : (int, int) | None
        Greatest (event time in ns UTC, rank) already released, as `released` said it; null to
        find it from the running maxima, which forget records that were late.
    """

    def __init__(
        self,
        running_max: Sequence[int | None],
        watermark_ns: int | None = None,
        released: tuple[int, int] | None = None,
    ) -> None:
        self._inputs = [
            _Input(rank, NO_STAMP if stamp is None else stamp)
            for rank, stamp in enumerate(running_max)
        ]
        self._watermark_ns = NO_STAMP if watermark_ns is None else watermark_ns
        self._released = released or max((each.released_max, each.rank) for each in self._inputs)
        self.late = 0

    @property
    def released_ns(self) -> int | None:
        """Event time (ns UTC) of the last record released; null before the first."""
        return None if self._released[0] == NO_STAMP else self._released[0]

    @property
    def released(self) -> tuple[int, int] | None:
        """Greatest (event time, rank) released, null before the first; part of resume state."""
        return None if self._released[0] == NO_STAMP else self._released

    @property
    def floor(self) -> tuple[int, int]:
        """
        (Event time in ns UTC, rank) before which nothing comes out any more; `NO_STAMP` at first.

        The rank is 0 where the time is that of a tick.
        """
        return max(self._released, (self._watermark_ns, 0))

    @property
    def floor_ns(self) -> int:
        """Event time of the floor, ns UTC."""
        return max(self._released[0], self._watermark_ns)

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
    ) -> bool:
        """
        Append records of one input, in log order; at least one.

        Returns
        -------
        bool
            Whether they have missed their turn: what has been released or promised already made
            some of them late, or lets them out behind where their stamps belong.
        """
        source = self._inputs[rank]
        stamps, is_bad = read_source_stamps(values)
        effective = np.maximum(np.maximum.accumulate(stamps), source.read_max)
        is_late = (stamps < effective) & ~is_bad
        order = effective
        floor = self.floor_ns
        has_missed = False
        if effective[0] <= floor:
            released_ns, released_rank = self._released
            passed = released_ns + (rank < released_rank) if released_ns != NO_STAMP else NO_STAMP
            turn_ns = max(passed, self._watermark_ns)
            is_late |= (stamps < turn_ns) & ~is_bad
            order = np.maximum(effective, floor)
            has_missed = int(effective[0]) < turn_ns
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
        return has_missed

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
        parts: list[_Part] = []
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
                size = sum([each.stop - each.start for each in found])
                parts.append(_Part(each, found, size))
        return self._release(parts, limit) if parts else None

    def _release(self, parts: list[_Part], limit: int) -> Merged:
        # The columns are laid one input after the other in rank order, so that a stable sort by
        # time alone leaves ties in rank and log order.
        slices = [each for part in parts for each in part.slices]
        order = np.concatenate([each.chunk.order[each.start : each.stop] for each in slices])
        late = np.concatenate([each.chunk.late[each.start : each.stop] for each in slices])
        bad = np.concatenate([each.chunk.bad[each.start : each.stop] for each in slices])
        ranks = np.array([part.source.rank for part in parts], dtype=np.uint16)
        sizes = np.array([part.size for part in parts])
        if len(parts) == 1:
            counts = [min(limit, parts[0].size)]
            order, late, bad = order[:limit], late[:limit], bad[:limit]
            inputs = np.repeat(ranks, counts)
            values, keys, offsets = _columns(parts, counts)
        else:
            picks = np.argsort(order, kind="stable")[:limit]
            group = np.repeat(np.arange(len(parts)), sizes)[picks]
            taken = np.bincount(group, minlength=len(parts))
            order, late, bad, inputs = order[picks], late[picks], bad[picks], ranks[group]
            counts = taken.tolist()
            values, keys, offsets = _columns(parts, counts)
            # What was picked of an input is its beginning, and only that is in the columns.
            left_out = np.cumsum(sizes - taken) - (sizes - taken)
            at = (picks - left_out[group]).tolist()
            values = [values[i] for i in at]
            keys = [keys[i] for i in at]
            offsets = [offsets[i] for i in at]
        self._released = max(self._released, (int(order[-1]), int(inputs[-1])))
        for part, count in zip(parts, counts, strict=True):
            part.source.drop(count)
        return Merged(
            ranks=inputs.astype(np.uint8).tobytes(),
            late=late.tobytes(),
            bad=bad.tobytes(),
            values=values,
            keys=keys,
            offsets=offsets,
            order=order,
            inputs=inputs,
        )

    def pass_by(self, floor: tuple[int, int]) -> None:
        """Take a floor for reached that has been reached by records which are not among these."""
        self._released = max(self._released, floor)

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
