"""A tape in memory, and what its records are compared by."""

from collections.abc import Sequence

import numpy as np

from connectors.tape.model import TapeChunk
from infra.replay.clock import ReplayClock
from infra.replay.player import Due
from infra.replay.player import Player

START_NS = 1_748_007_000_000_000_000
TOPICS = ("equities.quotes", "options.prints")
MS = 1_000_000
S = 1_000_000_000


class MemoryTape:
    """Hands out records numbered in their values, in chunks of a size of its own."""

    topics = TOPICS

    def __init__(self, order_ns: Sequence[int], chunk: int = 3, total: int | None = None) -> None:
        self._order = list(order_ns)
        self._chunk = chunk
        self._at = 0
        self.total = total
        self.is_closed = False

    def next(self, limit: int) -> TapeChunk | None:
        begin = self._at
        self._at = min(begin + min(limit, self._chunk), len(self._order))
        numbers = range(begin, self._at)
        if not numbers:
            return None
        return TapeChunk(
            order_ns=np.array(self._order[begin : self._at], np.int64),
            topics=bytes(number % 2 for number in numbers),
            partitions=[number % 4 for number in numbers],
            keys=[f"key{number}".encode() for number in numbers],
            values=[str(number).encode() for number in numbers],
            timestamps_ms=[self._order[number] // MS for number in numbers],
        )

    def close(self) -> None:
        self.is_closed = True


def numbers_of(due: Due) -> list[int]:
    return [int(value or b"") for value in due.records.values]


def a_player(
    offsets: list[int],
    speed: float = 1.0,
    *,
    is_paused: bool = False,
    batch_size: int = 200,
    warm_until: int = 0,
    chunk: int = 3,
) -> Player:
    """Return a player of records so many ns after the start, which is the clock's too."""
    clock = ReplayClock(START_NS, 0, speed, is_paused=is_paused)
    tape = MemoryTape([START_NS + each for each in offsets], chunk, total=len(offsets))
    warm_until_ns = START_NS + warm_until if warm_until else 0
    return Player(tape, clock, batch_size=batch_size, warm_until_ns=warm_until_ns)


def after(event_ns: int | None) -> int:
    assert event_ns is not None
    return event_ns - START_NS


def state_of(player: Player) -> str:
    return player.state


def drained(player: Player, wall_ns: int) -> list[int]:
    """Take what is due at a wall time until nothing is."""
    found: list[int] = []
    while True:
        due = player.due(wall_ns)
        found += numbers_of(due)
        is_done = due.is_end or player.state in {"paused", "playing"}
        if due.records.count == 0 and is_done:
            return found
