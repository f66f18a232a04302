"""Which off-exchange prints are looked at."""

from typing import Final

from flows.common.sessions import POST
from flows.common.sessions import PRE
from flows.common.sessions import RTH
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.follow import Quoted
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint

PLACED: Final = frozenset({"AA", "A", "MID", "B", "BB"})
# Spreads are compared in percent times this.
_PCT_STEPS: Final = 10_000


def sessions_of(config: DarkConfig) -> frozenset[str]:
    """Return the sessions in which is inferred."""
    return frozenset({PRE, RTH, POST} if config.is_extended else {RTH})


class Eligibility:
    """
    Gates of the input.

    Parameters
    ----------
    config : DarkConfig
        Sessions, least size and widest spread.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._print_min_micro = config.print_min_shares * MICRO
        self._sessions = sessions_of(config)
        self._max_spread = round(config.max_spread_pct * _PCT_STEPS)

    def has(self, p: ObservedPrint) -> bool:
        """
        Return whether a print is looked at, its quote's width aside.

        It is off-exchange and large enough, may enter levels, has a place in a fresh quote, and
        belongs to a session in which is inferred.
        """
        return (
            p.micro >= self._print_min_micro
            and p.off_exchange
            and p.levels
            and p.session in self._sessions
            and p.nbbo_side in PLACED
        )

    def is_tight(self, quoted: Quoted | None) -> bool:
        """
        Return whether the spread is small enough.

        A print whose quote is not at hand passes: its place says that there was one.
        """
        if quoted is None:
            return True
        mid2_e4, spread_e4, _ = quoted
        return 200 * _PCT_STEPS * spread_e4 <= self._max_spread * mid2_e4
