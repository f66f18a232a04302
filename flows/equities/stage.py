"""What every stage is given, and what it offers."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from flows.equities.alert_draft import AlertDraft
from flows.equities.derived import Derived
from flows.equities.ledger import Columns


class Desk(msgspec.Struct, frozen=True):
    """
    The prints that are added up together.

    Parameters
    ----------
    source : str
        Feed of the prints; sources are never mixed.
    underlying_id : str
        Root symbol.
    """

    source: str
    underlying_id: str


class Cause(msgspec.Struct, frozen=True, gc=False):
    """
    The cancel that takes a print away.

    Parameters
    ----------
    now_ns : int
        Event time, ns UTC.
    ingest_ts, seq : int
        Of the cancel.
    reason : str
        `cancel` or `correction`.
    """

    now_ns: int
    ingest_ts: int
    seq: int
    reason: str


class PrintWindow(Protocol):
    """The prints that are still known."""

    def window(self, start_ns: int, end_ns: int) -> Columns:
        """Return the live prints of a stretch of time in order of (`source_ts`, `seq`)."""


class Stage(Protocol):
    """What evaluates at boundaries and can be put away."""

    @property
    def due_ns(self) -> int:
        """Return the next boundary at which it wants to be evaluated, ns UTC."""

    def evaluate(self, at_ns: int) -> Sequence[Derived | AlertDraft]:
        """Return what a boundary brings about."""

    def state(self) -> bytes:
        """Return everything it knows."""

    def load(self, state: bytes) -> None:
        """Take over a state."""
