"""Trading halts of an underlying."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_S

HALT: Final = "halt"
RESUME: Final = "resume"
HALT_KINDS: Final = frozenset({HALT, RESUME})
QUIET_NS: Final = 5 * NS_PER_S


class Halts(msgspec.Struct):
    """
    Whether an underlying trades.

    Parameters
    ----------
    is_halted : bool
        Between a halt and its resumption.
    quiet_until : int
        ns UTC; 5 s after the last resumption.

    Notes
    -----
    Nothing is inferred, alerted or entered while it is quiet. Events of kind `luld` move the price
    bands and halt nothing; the pause they may lead to comes as a `halt`. Source: equities
    specification, 2.
    """

    is_halted: bool = False
    quiet_until: int = 0

    def take(self, kind: str, at_ns: int) -> None:
        """Take a `halt` or `resume` event of an instant (ns UTC)."""
        self.is_halted = kind == HALT
        if kind == RESUME:
            self.quiet_until = at_ns + QUIET_NS

    def is_quiet(self, now_ns: int) -> bool:
        """Return whether nothing may be inferred at an instant (ns UTC)."""
        return self.is_halted or now_ns < self.quiet_until
