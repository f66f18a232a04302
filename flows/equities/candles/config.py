"""Configuration of the candles."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MS
from flows.common.calendar import NS_PER_S
from flows.errors import MisconfiguredFlow

CANDLE_POLICY: Final = "candles.policy.v1"
BASE_MS: Final = 1_000
# Merged of 1 s bars; each is a whole number of the one before it.
LONGER_MS: Final = (5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
INTERVALS_MS: Final = (BASE_MS, *LONGER_MS)
MAX_FAST_MS: Final = 60_000
_HOUR_NS: Final = 3_600 * NS_PER_S
_S_PER_MS: Final = 1_000


class CandleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    When bars come out and until when they can change.

    Parameters
    ----------
    lateness_ms : int, default 2000
        Event time a bar stays open after its end, 0 to 60,000 (`CANDLE_LATENESS_MS`). A print
        within it goes to its own bar; a later one is a revision.
    forming_fast_ms : int, default 1000
        Event time between two forming states of bars up to `fast_to_ms`, whole seconds, 1,000 to
        60,000 (`CANDLE_FORMING_FAST_MS`).
    forming_slow_ms : int, default 5000
        The same for longer bars, a multiple of `forming_fast_ms`, to 3,600,000
        (`CANDLE_FORMING_SLOW_MS`).
    fast_to_ms : int, default 60000
        Longest bar that forms at the fast cadence, 0 for none (`CANDLE_FORMING_FAST_TO_MS`).
    late_limit_h : int, default 4
        Hours after the end of a trading date (20:00 New York) in which its bars may still be
        revised, 0 to 4: prints are not known for longer (`CANDLE_LATE_LIMIT_H`).

    Notes
    -----
    Source: equities specification, 2, 8 and 16.
    """

    lateness_ms: int = 2_000
    forming_fast_ms: int = 1_000
    forming_slow_ms: int = 5_000
    fast_to_ms: int = 60_000
    late_limit_h: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.lateness_ms <= 60_000:
            msg = f"CANDLE_LATENESS_MS is {self.lateness_ms}, expected 0 to 60000"
            raise MisconfiguredFlow(msg)
        fast, slow = self.forming_fast_ms, self.forming_slow_ms
        if not _S_PER_MS <= fast <= MAX_FAST_MS or fast % _S_PER_MS:
            msg = f"CANDLE_FORMING_FAST_MS is {fast}, expected whole seconds of 1000 to 60000"
            raise MisconfiguredFlow(msg)
        if not fast <= slow <= LONGER_MS[-1] or slow % fast:
            msg = (
                f"CANDLE_FORMING_SLOW_MS is {slow}, expected a multiple of CANDLE_FORMING_FAST_MS "
                f"({fast}) up to {LONGER_MS[-1]}"
            )
            raise MisconfiguredFlow(msg)
        if not 0 <= self.fast_to_ms <= LONGER_MS[-1]:
            msg = f"CANDLE_FORMING_FAST_TO_MS is {self.fast_to_ms}, expected 0 to {LONGER_MS[-1]}"
            raise MisconfiguredFlow(msg)
        if not 0 <= self.late_limit_h <= 4:
            msg = f"CANDLE_LATE_LIMIT_H is {self.late_limit_h}, expected 0 to 4"
            raise MisconfiguredFlow(msg)

    @property
    def lateness_ns(self) -> int:
        """Return `lateness_ms` in ns."""
        return self.lateness_ms * NS_PER_MS

    @property
    def late_limit_ns(self) -> int:
        """Return `late_limit_h` in ns."""
        return self.late_limit_h * _HOUR_NS

    def forming_ns(self, interval_ms: int) -> int:
        """Return the cadence of the forming states of bars of a length, ns."""
        is_fast = interval_ms <= self.fast_to_ms
        return (self.forming_fast_ms if is_fast else self.forming_slow_ms) * NS_PER_MS
