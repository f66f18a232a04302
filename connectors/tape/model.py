"""The raw records of a session as one stream: what its sources have in common."""

from collections.abc import Iterable
from typing import Final
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.errors import MisconfiguredConnector
from connectors.kafka.stamps import read_source_stamps
from flows.common.calendar import NS_PER_MS

# At equal event time the earlier named goes first, in every flow that reads several of them.
TAPE_TOPICS: Final = (
    "refdata.events",
    "refdata.open-interest",
    "equities.quotes",
    "options.nbbo",
    "equities.prints",
    "options.prints",
)


def tape_topics(asked: Iterable[str]) -> tuple[str, ...]:
    """
    Return raw topics in the order of their ranks, each once.

    Raises
    ------
    MisconfiguredConnector
        There is none, or one is no raw topic.
    """
    names = list(asked)
    unknown = [name for name in names if name not in TAPE_TOPICS]
    if unknown or not names:
        shown = ", ".join(unknown) or "none"
        msg = f"raw topics asked for are {shown}, expected some of {', '.join(TAPE_TOPICS)}"
        raise MisconfiguredConnector(msg)
    return tuple([name for name in TAPE_TOPICS if name in names])


def check_span(from_ns: int, until_ns: int) -> None:
    """
    Check a stretch of event time.

    Raises
    ------
    MisconfiguredConnector
        It begins before 1970, or does not end after it began.
    """
    if from_ns < 0 or (until_ns != 0 and until_ns <= from_ns):
        msg = f"a tape cannot reach from {from_ns} to {until_ns}, expected ns UTC, 0 for no bound"
        raise MisconfiguredConnector(msg)


class TapeChunk(msgspec.Struct, frozen=True, gc=False):
    """
    Records that follow one another on the tape; the columns are parallel.

    Parameters
    ----------
    order_ns : (n,) int64
        Effective event time, ns UTC, never falling: the greatest `source_ts` of topic and
        partition so far. `NO_STAMP` where no record of them had a stamp yet.
    topics : bytes
        One byte a record: index of its topic in `Tape.topics`.
    partitions : list of int
        Partition that has it, or has to take it.
    keys : list of bytes or None
        Message keys.
    values : list of bytes or None
        Message values, ready for the log; what is no record stands where the log has it.
    timestamps_ms : list of int
        Stamps for the log, ms UTC: the record's own `source_ts`; its place on the tape where it
        has none, 0 where that is unknown too.
    """

    order_ns: NDArray[np.int64]
    topics: bytes
    partitions: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    timestamps_ms: list[int]


def stamps_ms(values: list[bytes | None], order_ns: NDArray[np.int64]) -> list[int]:
    """Return the stamps a chunk's messages have in the log, ms UTC, 0 or more."""
    stamps, is_bad = read_source_stamps(values)
    own = np.where(is_bad, order_ns, stamps) // NS_PER_MS
    found: list[int] = np.maximum(own, 0).tolist()
    return found


class Tape(Protocol):
    """
    Raw records of a stretch of event time, in one global order.

    Order: (effective event time, rank of the topic in `TAPE_TOPICS`, partition, order within
    these). It is a function of what the source holds; `limit` only cuts it.
    """

    @property
    def topics(self) -> tuple[str, ...]:
        """Raw topics by rank."""
        ...

    @property
    def total(self) -> int | None:
        """Records altogether, at most, for display; null when that is not cheaply known."""
        ...

    def next(self, limit: int) -> TapeChunk | None:
        """
        Return what comes next, at least one record; null behind the last.

        Parameters
        ----------
        limit : int
            Most records to return, from 1.

        Raises
        ------
        TransientConnector
            The source does not answer.
        MisconfiguredConnector
            It refuses to.
        """
        ...

    def close(self) -> None:
        """Give back the connections."""
        ...
