"""What is asked often and changes slowly: answered again only after a few seconds."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from time import monotonic
from typing import Final
from typing import Generic
from typing import TypeVar

from api.store import Store

REFRESH_S: Final = 5.0
MAX_HELD: Final = 64

T = TypeVar("T")


class Held(Generic[T]):
    """
    Keep answers for some seconds; who comes while one is made waits for the same.

    Parameters
    ----------
    refresh_s : float
        How long an answer counts.
    """

    def __init__(self, refresh_s: float = REFRESH_S) -> None:
        self._refresh_s = refresh_s
        self._held: dict[str, tuple[float, T]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of a key, made anew when it is too old."""
        held = self._held.get(key)
        if held is not None and monotonic() - held[0] < self._refresh_s:
            return held[1]
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._held.get(key)
            if held is not None and monotonic() - held[0] < self._refresh_s:
                return held[1]
            made = await make()
            if len(self._held) >= MAX_HELD:
                oldest = min(self._held, key=lambda each: self._held[each][0])
                del self._held[oldest]
                self._locks.pop(oldest, None)
            self._held[key] = monotonic(), made
            return made


class MarketClock:
    """The newest event time of each database's tables; what it was counts for some seconds."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, int]] = {}

    def known(self, database: str = "") -> int | None:
        """Return it, ns UTC; null when it has to be read again."""
        held = self._known.get(database)
        return held[1] if held is not None and monotonic() - held[0] < REFRESH_S else None

    def keep(self, database: str, at_ns: int) -> None:
        """Take what was read."""
        if len(self._known) >= MAX_HELD:
            self._known.clear()
        self._known[database] = monotonic(), at_ns

    async def read(self, store: Store, database: str = "") -> int:
        """Return it, read where it is not known; 0 when the tables are empty."""
        known = self.known(database)
        if known is None:
            rows = await store.rows("market_clock", {}, database=database)
            known = int(rows[0]["at"] or 0)
            self.keep(database, known)
        return known
