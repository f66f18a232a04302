"""What an underlying's mid did after a decision: returns to fixed horizons, without look-ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.errors import RejectedEvent
from schemas.records import ForwardReturn

HORIZON_MINUTES: Final = (1, 5, 15, 60)
HORIZONS: Final = (*[f"{minutes}m" for minutes in HORIZON_MINUTES], "close", "next_close")

# A mid stands for an instant when it lies within a quarter of the horizon, at most a minute.
MAX_TOLERANCE_NS: Final = 60 * NS_PER_S
CLOSE_TOLERANCE_NS: Final = 300 * NS_PER_S
TOLERANCE_SHARE: Final = 4

_INTRADAY: Final = len(HORIZON_MINUTES)
_HORIZON_NS: Final = np.array(HORIZON_MINUTES, dtype=np.int64) * NS_PER_MINUTE
_TOLERANCES_NS: Final = np.minimum(_HORIZON_NS // TOLERANCE_SHARE, MAX_TOLERANCE_NS)
_ENTRY_NS: Final = np.concatenate([_TOLERANCES_NS, [MAX_TOLERANCE_NS, MAX_TOLERANCE_NS]])
_EXIT_NS: Final = np.concatenate([_TOLERANCES_NS, [CLOSE_TOLERANCE_NS, CLOSE_TOLERANCE_NS]])


@dataclass(frozen=True, slots=True)
class MidPath:
    """
    Mids of one underlying over any number of sessions.

    Parameters
    ----------
    ts : (n,) int64
        ns UTC, ascending.
    mids : (n,) float64
        $, above 0.

    Raises
    ------
    RejectedEvent
        The columns differ in length, times step back, or a mid is no price.
    """

    ts: NDArray[np.int64]
    mids: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.ts.shape != self.mids.shape or self.ts.ndim != 1:
            msg = f"mids have shapes {self.ts.shape} and {self.mids.shape}, expected (n,) and (n,)"
            raise RejectedEvent(msg)
        if np.any(np.diff(self.ts) < 0):
            msg = "mids step back in time, expected ascending stamps"
            raise RejectedEvent(msg)
        if not np.all(np.isfinite(self.mids) & (self.mids > 0.0)):
            msg = "a mid is not a price, expected finite and above 0"
            raise RejectedEvent(msg)


NO_MIDS: Final = MidPath(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))


def mid_path(ts: Sequence[int], mids: Sequence[float]) -> MidPath:
    """Build a path from columns; raises as `MidPath` does."""
    return MidPath(np.asarray(ts, dtype=np.int64), np.asarray(mids, dtype=np.float64))


class SessionTimes(msgspec.Struct, frozen=True, gc=False):
    """
    When a session opened and closed, and when the next one closed.

    Parameters
    ----------
    open_ns, close_ns : int
        ns UTC.
    next_close_ns : int | None
        ns UTC; null when prices on both sides are not comparable (a split between them), then
        there is no return to the next close.
    """

    open_ns: int
    close_ns: int
    next_close_ns: int | None


@dataclass(frozen=True, slots=True)
class ReturnTable:
    """
    Returns of n emissions to the horizons in the order of `HORIZONS`.

    Parameters
    ----------
    bps : (n, 6) float64
        Change of the mid in basis points; 0 where it is not known.
    is_known : (n, 6) bool
        Whether there is a mid at both ends.
    targets_ns : (n, 6) int64
        The instants the returns reach to; meaningless where not known.
    """

    bps: NDArray[np.float64]
    is_known: NDArray[np.bool_]
    targets_ns: NDArray[np.int64]


class ForwardReturns(msgspec.Struct, frozen=True, gc=False):
    """
    Returns after one emission.

    Parameters
    ----------
    returns : tuple of ForwardReturn
        One for each of `HORIZONS`; null where no mid stands for one of its ends.
    known_ts : int | None
        Instant of the last horizon that is known, ns UTC; null when none is.
    """

    returns: tuple[ForwardReturn, ...]
    known_ts: int | None


NO_RETURNS: Final = ForwardReturns(tuple([ForwardReturn(name, None) for name in HORIZONS]), None)


def returns_at(emissions: NDArray[np.int64], path: MidPath, times: SessionTimes) -> ReturnTable:
    """
    Measure the mid's change from each emission to each horizon.

    Parameters
    ----------
    emissions : (n,) int64
        Instants of decision in one session, ns UTC, in any order.
    path : MidPath
        Mids of the underlying; those before an emission or after a horizon never matter.
    times : SessionTimes
        Of the emissions' session.

    Notes
    -----
    It begins with the first mid at or after the emission (what one could have traded on, never
    one before) and ends with the last mid at or before the horizon. Both must lie within a
    quarter of the horizon and at most 60 s; for the closes the first within 60 s, the last within
    300 s. Horizons behind the session's close are unknown, and so is every return whose two ends
    are one and the same mid. Source: options flow specification, 10.
    """
    n = len(emissions)
    targets = np.zeros((n, len(HORIZONS)), dtype=np.int64)
    is_asked = np.ones_like(targets, dtype=np.bool_)
    targets[:, :_INTRADAY] = emissions[:, None] + _HORIZON_NS
    targets[:, _INTRADAY] = times.close_ns
    is_asked[:, : _INTRADAY + 1] = targets[:, : _INTRADAY + 1] <= times.close_ns
    if times.next_close_ns is None:
        is_asked[:, _INTRADAY + 1] = False
    else:
        targets[:, _INTRADAY + 1] = times.next_close_ns
    if not len(path.ts):
        return ReturnTable(np.zeros(targets.shape), np.zeros_like(is_asked), targets)
    entry = np.searchsorted(path.ts, emissions, side="left")
    leave = np.searchsorted(path.ts, targets, side="right") - 1
    # Clamped for the look-up only: what lies outside is told apart by its index.
    entry_at = np.minimum(entry, len(path.ts) - 1)
    leave_at = np.maximum(leave, 0)
    delay = path.ts[entry_at] - emissions
    age = targets - path.ts[leave_at]
    is_known = (
        is_asked
        & (leave > entry[:, None])
        & (delay[:, None] <= _ENTRY_NS)
        & (age >= 0)
        & (age <= _EXIT_NS)
    )
    change = (path.mids[leave_at] / path.mids[entry_at][:, None] - 1.0) * 1e4
    return ReturnTable(np.where(is_known, change, 0.0), is_known, targets)


def forward_returns(emission_ns: int, path: MidPath, times: SessionTimes) -> ForwardReturns:
    """
    Measure the mid's change after one emission; see `returns_at`.

    Parameters
    ----------
    emission_ns : int
        When the decision became known, ns UTC.
    path : MidPath
        Mids of the underlying.
    times : SessionTimes
        Of the emission's session.
    """
    table = returns_at(np.array([emission_ns], dtype=np.int64), path, times)
    known = [bool(each) for each in table.is_known[0]]
    values = [round(float(each), 6) for each in table.bps[0]]
    returns = [
        ForwardReturn(name, value if is_known else None)
        for name, value, is_known in zip(HORIZONS, values, known, strict=True)
    ]
    reached = [int(t) for t, is_known in zip(table.targets_ns[0], known, strict=True) if is_known]
    return ForwardReturns(tuple(returns), max(reached) if reached else None)
