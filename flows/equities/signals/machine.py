"""What a strategy is given, and what it gives back."""

from typing import Final
from typing import Protocol

import msgspec

from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityState
from schemas.records import EvidenceRef

ENTRY_LONG: Final = "entry_long"
ENTRY_SHORT: Final = "entry_short"
EXIT: Final = "exit"
INFO: Final = "info"


class Moment(msgspec.Struct, frozen=True, gc=False):
    """
    When a strategy is asked.

    Parameters
    ----------
    at_ns : int
        Boundary, ns UTC.
    may_enter : bool
        No halt, and none until a moment ago.
    is_open : bool
        In the regular session, before its last minutes.
    """

    at_ns: int
    may_enter: bool
    is_open: bool


class Decision(msgspec.Struct, frozen=True):
    """
    A transition of a strategy.

    Parameters
    ----------
    kind : str
        `entry_long`, `entry_short`, `exit` or `info`.
    price_e4 : int
        Price it was decided at, 1/10,000 dollar.
    reason : str
        One sentence.
    details : dict of str to str
        What the strategy adds.
    refs : tuple of EvidenceRef
        What it was decided on.
    stop_e4, target_e4 : int | None
        1/10,000 dollar; null for strategies without.
    atr_e4 : float | None
        Average true range at the entry, 1/10,000 dollar.
    """

    kind: str
    price_e4: int
    reason: str
    details: dict[str, str]
    refs: tuple[EvidenceRef, ...]
    stop_e4: int | None = None
    target_e4: int | None = None
    atr_e4: float | None = None


class Machine(Protocol):
    """A strategy on one underlying: flat, long or short."""

    @property
    def is_holding(self) -> bool:
        """Whether it is long or short and must be asked before the close."""

    def begin(self) -> None:
        """Begin a trading date."""

    def on_bar(self, bar: EquityCandle, *, is_today: bool) -> None:
        """Take a closed bar of any interval or its revision, of the trading date or one before."""

    def on_state(self, state: EquityState) -> None:
        """Take a state."""

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Take order flow of a second."""

    def decide(self, moment: Moment) -> Decision | None:
        """Return the transition at a boundary; null mostly."""

    def state(self) -> bytes:
        """Return the machine as plain data."""

    def load(self, state: bytes) -> None:
        """Take over a state."""
