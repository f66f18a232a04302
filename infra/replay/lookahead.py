"""Read a tape one record further than it is handed out."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.kafka.stamps import NO_STAMP
from connectors.tape.model import Tape
from connectors.tape.model import TapeChunk
from infra.errors import InfraError
from infra.replay.clock import UNBOUNDED_NS

READ_AHEAD: Final = 2000

_NO_STAMPS: Final = np.empty(0, np.int64)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """
    Consecutive records of a tape; the columns are parallel.

    Parameters
    ----------
    order_ns : (n,) int64
        Event time of each record's place in the order, ns UTC; what comes before anything has a
        stamp has the first place there is.
    topics : bytes
        Index of each record's topic among the tape's; one byte a record.
    partitions : list of int
        Partition number of each record.
    keys, values : list of bytes or None
        As the log will hold them.
    timestamps_ms : list of int
        Stamps for the log, ms UTC.
    """

    order_ns: NDArray[np.int64] = msgspec.field(default_factory=lambda: _NO_STAMPS)
    topics: bytes = b""
    partitions: list[int] = []
    keys: list[bytes | None] = []
    values: list[bytes | None] = []
    timestamps_ms: list[int] = []

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return len(self.partitions)


class Lookahead:
    """
    A tape whose next record's place in the order is known before it is taken.

    Parameters
    ----------
    tape : Tape
        Records, in order.
    read_ahead : int
        Records asked of the tape at a time.

    Raises
    ------
    InfraError
        The tape is not in order.
    """

    def __init__(self, tape: Tape, read_ahead: int = READ_AHEAD) -> None:
        self._tape = tape
        self._read_ahead = read_ahead
        self._chunk: TapeChunk | None = None
        self._order = _NO_STAMPS
        self._at = 0
        self._last_order_ns = 0
        self._taken = [0] * len(tape.topics)
        self._fetch()

    @property
    def next_order_ns(self) -> int:
        """Return the place in the order (ns UTC) of the next record; `UNBOUNDED_NS` for none."""
        return UNBOUNDED_NS if self._chunk is None else int(self._order[self._at])

    @property
    def is_over(self) -> bool:
        """Return whether all records have been taken."""
        return self._chunk is None

    @property
    def taken(self) -> dict[str, int]:
        """Return how many records have been taken, by topic."""
        return dict(zip(self._tape.topics, self._taken, strict=True))

    @property
    def progress(self) -> float | None:
        """Return the share of the records taken, 0 to 1; null when it is unknown."""
        if self.is_over:
            return 1.0
        total = self._tape.total
        return None if total is None else min(1.0, sum(self._taken) / max(1, total))

    def take(self, until_ns: int, limit: int) -> Stretch:
        """Take at most so many of the records up to an event time (ns UTC), itself included."""
        chunk, begin = self._chunk, self._at
        window = self._order[begin : begin + limit]
        found = int(window.searchsorted(until_ns, side="right"))
        if chunk is None or found == 0:
            return Stretch()
        end = begin + found
        taken = Stretch(
            order_ns=window[:found],
            topics=chunk.topics[begin:end],
            partitions=chunk.partitions[begin:end],
            keys=chunk.keys[begin:end],
            values=chunk.values[begin:end],
            timestamps_ms=chunk.timestamps_ms[begin:end],
        )
        for index in range(len(self._taken)):
            self._taken[index] += taken.topics.count(index)
        self._at = end
        if end == len(self._order):
            self._fetch()
        return taken

    def close(self) -> None:
        """Close the tape."""
        self._tape.close()

    def _fetch(self) -> None:
        while (chunk := self._tape.next(self._read_ahead)) is not None:
            order = chunk.order_ns
            if not len(order):
                continue
            has_place = order != NO_STAMP
            if not has_place.all():
                first_ns = order[has_place][0] if has_place.any() else self._last_order_ns
                order = np.where(has_place, order, max(first_ns, self._last_order_ns))
            steps = np.diff(order, prepend=self._last_order_ns)
            at = int(steps.argmin())
            if steps[at] < 0:
                msg = f"the tape goes back by {-int(steps[at])} ns to {int(order[at])} ns UTC"
                raise InfraError(msg)
            self._chunk, self._order, self._at = chunk, order, 0
            self._last_order_ns = int(order[-1])
            return
        self._chunk, self._order, self._at = None, _NO_STAMPS, 0
