"""Expiry wheel: which keys have been idle too long, found without looking at the others."""

from functools import lru_cache
from typing import Final

from flows.common.calendar import last_session_at_or_before

SECONDS_PER_DAY: Final = 86_400


@lru_cache(maxsize=1024)
def sessions_before(trade_date: int, sessions: int) -> int:
    """Return the date of the session so many sessions before a date; all in days since 1970."""
    for _ in range(sessions):
        trade_date = last_session_at_or_before(trade_date - 1)
    return trade_date


class SessionWheel:
    """
    Keys by the session they were last seen in.

    A key is entered once for each session it trades in and looked at once when that session runs
    out, so its cost does not depend on how many keys there are. Entries of keys seen again later
    are stale; the caller knows by the key's own date.

    Parameters
    ----------
    ttl_sec : int
        Idle time in seconds of session days: a key lives for ttl_sec // 86400 whole sessions in
        which it does not trade, and goes when the next one begins.
    """

    __slots__ = ("_slots", "_spared")

    def __init__(self, ttl_sec: int) -> None:
        self._spared = ttl_sec // SECONDS_PER_DAY
        self._slots: dict[int, list[str]] = {}

    def enter(self, trade_date: int, key: str) -> None:
        """Note that a key was seen in a session for the first time."""
        slot = self._slots.get(trade_date)
        if slot is None:
            self._slots[trade_date] = [key]
        else:
            slot.append(key)

    def expired(self, trade_date: int) -> list[tuple[int, str]]:
        """
        Remove and return the entries that have run out when a session begins.

        Returns
        -------
        list[tuple[int, str]]
            Session of the entry and key, oldest session first.
        """
        limit = sessions_before(trade_date, self._spared + 1)
        # As many slots as sessions are spared, whatever the number of keys.
        out = sorted(date for date in self._slots if date <= limit)
        return [(date, key) for date in out for key in self._slots.pop(date)]
