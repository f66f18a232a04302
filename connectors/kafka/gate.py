"""Let a merge have what has been read up to a mark and hold back the rest; pure."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.reader import Chunk


class _Input:
    def __init__(self, position: int) -> None:
        self.target = position
        self.read = position
        self.held: deque[Chunk] = deque()
        self.taken = 0  # of the first chunk held
        self.count = 0

    def hold(self, chunk: Chunk) -> None:
        self.held.append(chunk)
        self.count += len(chunk.offsets)


class MarkGate:
    """
    Take marks one after the other, and the records in front of each.

    What lies behind the current mark stays outside the merge: there it could neither be released
    nor be waited for, and what it says of event time counts only when its turn comes. In front of
    a mark the merge is as strict as at the end of a log: an input holds back the others until it
    has been read up to the mark, and no longer.

    Parameters
    ----------
    merge : OrderedMerge
        Gets the records; the caller takes them, waiving `reached`.
    topics : sequence of str
        Inputs in rank order, as marks name them.
    positions : sequence of int
        Offsets at which the inputs are resumed, which is up to where former marks have let them
        or farther; a mark that does not name an input leaves it there.
    marks_position : int
        Offset at which the marks are resumed.
    journal : sequence of Mark | None
        Marks known beforehand, in place of any that are read; at least one. See
        `connectors.kafka.journal`.

    Raises
    ------
    RejectedRecord
        A message among the marks is none: how far to read would be a guess.

    Notes
    -----
    Whoever writes the marks of a replay guarantees that records are written in merged order and
    that nothing behind a mark has an event time before its `reached_ns`. Then any cut gives the
    records the same order and the same late flags as the whole log read to its end. Those of a
    journal promise no such thing: there what is behind a mark and earlier than it is late.
    """

    def __init__(
        self,
        merge: OrderedMerge,
        topics: Sequence[str],
        positions: Sequence[int],
        marks_position: int = 0,
        journal: Sequence[Mark] | None = None,
    ) -> None:
        self._merge = merge
        self._topics = tuple(topics)
        self._inputs = [_Input(position) for position in positions]
        self._marks: deque[tuple[int, Mark]] = deque(enumerate(journal or ()))
        self._reads_marks = journal is None
        self._marks_position = marks_position
        self.reached: Sequence[int] = ()
        self._aim()
        self._admit()

    @property
    def marks_position(self) -> int:
        """Offset of the mark that has not been passed yet; part of resume state."""
        return self._marks_position

    @property
    def is_behind_all(self) -> bool:
        """Whether all marks known so far have been passed."""
        return not self._marks

    @property
    def targets(self) -> list[int]:
        """Offset up to which the current mark, or else the last one, lets each input be read."""
        return [each.target for each in self._inputs]

    def waiting(self) -> dict[int, int]:
        """Return how many messages wait by input, in the merge or behind it; marks read last."""
        waiting = {
            rank: self._merge.buffered(rank) + each.count for rank, each in enumerate(self._inputs)
        }
        if self._reads_marks:
            waiting[len(self._inputs)] = len(self._marks)
        return waiting

    def add(self, chunks: Sequence[Chunk], positions: Sequence[int]) -> None:
        """
        Take up what has been read.

        Parameters
        ----------
        chunks : sequence of Chunk
            Of the inputs by rank, and of the marks behind the last rank.
        positions : sequence of int
            Next offset of each input, behind messages that were passed over too.
        """
        for chunk in chunks:
            if chunk.index < len(self._inputs):
                self._inputs[chunk.index].hold(chunk)
                continue
            is_first = not self._marks
            for offset, value in zip(chunk.offsets, chunk.values, strict=True):
                self._marks.append((offset, decode_mark(value or b"")))
            if is_first:
                self._aim()
        for rank, each in enumerate(self._inputs):
            each.read = positions[rank]
        self._admit()

    def passed(self) -> Mark | None:
        """Return the current mark if all in front of it has been read and released; else null."""
        is_passed = self._marks and len(self.reached) == len(self._inputs) and self._merge.is_empty
        return self._marks[0][1] if is_passed else None

    def advance(self) -> None:
        """Leave the mark that has been passed for the next one; after its tick."""
        offset, _ = self._marks.popleft()
        self._marks_position = offset + 1
        self._aim()
        self._admit()

    def open(self) -> bool:
        """
        Let the merge have all that is held back: no mark follows.

        Returns
        -------
        bool
            Whether some of it has missed its turn.
        """
        has_missed = False
        for rank, each in enumerate(self._inputs):
            while each.held:
                has_missed |= self._hand_over(rank, len(each.held[0].offsets))
        return has_missed

    def _aim(self) -> None:
        if not self._marks:
            return
        offsets = self._marks[0][1].offsets
        for topic, each in zip(self._topics, self._inputs, strict=True):
            each.target = max(each.target, offsets.get(topic, 0))

    def _admit(self) -> None:
        if not self._marks:
            self.reached = ()
            return
        for rank, each in enumerate(self._inputs):
            while each.held and each.held[0].offsets[each.taken] < each.target:
                offsets = each.held[0].offsets
                self._hand_over(rank, bisect_left(offsets, each.target, lo=each.taken))
        self.reached = [rank for rank, each in enumerate(self._inputs) if each.read >= each.target]

    def _hand_over(self, rank: int, stop: int) -> bool:
        # Of the first chunk held what is left up to a place in it.
        each = self._inputs[rank]
        chunk = each.held[0]
        part = slice(each.taken, stop)
        each.count -= stop - each.taken
        each.taken = stop
        if stop == len(chunk.offsets):
            each.held.popleft()
            each.taken = 0
        return self._merge.add(rank, chunk.values[part], chunk.keys[part], chunk.offsets[part])
