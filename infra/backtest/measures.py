"""What came after each decision, beside what came at the same times of day without one."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.common.calendar import NS_PER_MINUTE
from flows.options.base_rates import BUCKET_NS
from flows.options.base_rates import GRID_NS
from flows.options.forward_returns import HORIZONS
from flows.options.forward_returns import ReturnTable
from flows.options.forward_returns import SessionTimes
from flows.options.forward_returns import returns_at
from infra.backtest.market import NO_MARKET
from infra.backtest.market import Market
from infra.backtest.observations import Observation

_CLOSES: Final = ("close", "next_close")


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """
    What the mid did up to one horizon, after a decision and over its base samples.

    Parameters
    ----------
    bps : float | None
        Change of the mid after the decision, whichever way; null when it is not known.
    end_ns : int
        Instant it reaches to, ns UTC; 0 when it is not known.
    base_n, base_up, base_down : int
        Base samples with a return, and those that rose and fell.
    base_bps, base_move_bps : float | None
        Their mean change, and the mean size of it; null without samples.
    """

    bps: float | None
    end_ns: int
    base_n: int
    base_up: int
    base_down: int
    base_bps: float | None
    base_move_bps: float | None


class Measured(msgspec.Struct, frozen=True, gc=False):
    """
    A decision with what came after it.

    Parameters
    ----------
    decision : Observation
        The decision.
    outcomes : tuple of Outcome
        One for each of `HORIZONS`.
    is_in_hours : bool
        Whether it fell into regular hours; only then are there base samples.
    block : int
        Number of the half-hour of all time it fell into.
    """

    decision: Observation
    outcomes: tuple[Outcome, ...]
    is_in_hours: bool
    block: int

    def signed_bps(self, at: int) -> float | None:
        """Return the change to a horizon, positive its way; null without direction or return."""
        bps, sign = self.outcomes[at].bps, self.decision.sign
        return None if bps is None or sign == 0.0 else bps * sign

    def is_hit(self, at: int) -> bool | None:
        """Tell whether the mid went its way; null as `signed_bps`. No move is no hit."""
        bps = self.signed_bps(at)
        return None if bps is None else bps > 0.0

    def base_hit_rate(self, at: int) -> float | None:
        """Return the share of base samples that went its way; null without samples or direction."""
        outcome, sign = self.outcomes[at], self.decision.sign
        if not outcome.base_n or sign == 0.0:
            return None
        return (outcome.base_up if sign > 0.0 else outcome.base_down) / outcome.base_n

    def base_signed_bps(self, at: int) -> float | None:
        """Return the mean change over base samples, positive its way; null likewise."""
        bps, sign = self.outcomes[at].base_bps, self.decision.sign
        return None if bps is None or sign == 0.0 else bps * sign

    def hit_lift(self, at: int) -> float | None:
        """Return hit (1 or 0) less own base rate; null unless both are known."""
        hit, base = self.is_hit(at), self.base_hit_rate(at)
        return None if hit is None or base is None else float(hit) - base

    def bps_lift(self, at: int) -> float | None:
        """Return signed change less that of its base samples, bps; null unless both are known."""
        bps, base = self.signed_bps(at), self.base_signed_bps(at)
        return None if bps is None or base is None else bps - base

    def move_lift(self, at: int) -> float | None:
        """
        Return the size of the change less that of its base samples, bps.

        Null unless both are known, and for a decision that has a direction.
        """
        outcome = self.outcomes[at]
        if self.decision.sign != 0.0 or outcome.bps is None or outcome.base_move_bps is None:
            return None
        return abs(outcome.bps) - outcome.base_move_bps


def horizon_index(horizon: str) -> int:
    """Return the place of a horizon in `HORIZONS`."""
    return HORIZONS.index(horizon)


def outlasts_blocks(horizon: str) -> bool:
    """Tell whether returns to a horizon reach over half-hour blocks, which then hang together."""
    return horizon in _CLOSES or int(horizon.removesuffix("m")) * NS_PER_MINUTE >= BUCKET_NS


def measure(
    decisions: Sequence[Observation],
    markets: Mapping[str, Market],
    known: dict[tuple[str, int], Measured] | None = None,
) -> list[Measured]:
    """
    Measure decisions, in their order.

    Parameters
    ----------
    decisions : sequence of Observation
        Decisions.
    markets : mapping
        By underlying; one that is missing has no mids.
    known : dict | None
        Kept from one call to the next over the same markets: runs of a grid decide much alike,
        and what came after an instant does not depend on who decided.

    Notes
    -----
    A return begins with the first mid at or after the emission, see `returns_at`. Base samples
    are every minute of the decision's half-hour of the session, at its second of the minute, over
    its session and the four before it as far as there are mids; its own instant is left out. The
    rates are those of `flows.options.base_rates` over these sessions, with the changes besides.
    """
    seen = {} if known is None else known
    found = []
    for each in decisions:
        key = (each.underlying_id, each.emission_ns)
        if key not in seen:
            market = markets.get(each.underlying_id, NO_MARKET)
            seen[key] = _measured(each, market)
        found.append(msgspec.structs.replace(seen[key], decision=each))
    return found


def _measured(decision: Observation, market: Market) -> Measured:
    block = decision.emission_ns // BUCKET_NS
    times = market.times.get(decision.session)
    if times is None:
        nothing = tuple([Outcome(None, 0, 0, 0, 0, None, None) for _ in HORIZONS])
        return Measured(decision, nothing, False, block)
    emission = np.array([decision.emission_ns], dtype=np.int64)
    own = returns_at(emission, market.path, times)
    base = base_changes(decision, market)
    is_known = [bool(each) for each in own.is_known[0]]
    outcomes = [
        _outcome(
            round(float(own.bps[0, at]), 6) if is_known[at] else None,
            int(own.targets_ns[0, at]) if is_known[at] else 0,
            base[at],
        )
        for at in range(len(HORIZONS))
    ]
    is_in_hours = times.open_ns <= decision.emission_ns < times.close_ns
    return Measured(decision, tuple(outcomes), is_in_hours, block)


def _outcome(bps: float | None, end_ns: int, base: NDArray[np.float64]) -> Outcome:
    n = len(base)
    return Outcome(
        bps=bps,
        end_ns=end_ns,
        base_n=n,
        base_up=int(np.count_nonzero(base > 0.0)),
        base_down=int(np.count_nonzero(base < 0.0)),
        base_bps=round(float(base.mean()), 6) if n else None,
        base_move_bps=round(float(np.abs(base).mean()), 6) if n else None,
    )


def base_changes(decision: Observation, market: Market) -> list[NDArray[np.float64]]:
    """Return the changes (bps) over a decision's base samples, whichever way, by horizon."""
    times = market.times.get(decision.session)
    tables = [] if times is None else _base_tables(decision, market, times)
    return [
        np.concatenate([np.empty(0), *[table.bps[table.is_known[:, at], at] for table in tables]])
        for at in range(len(HORIZONS))
    ]


def _base_tables(decision: Observation, market: Market, own: SessionTimes) -> list[ReturnTable]:
    since_open_ns = decision.emission_ns - own.open_ns
    if not 0 <= since_open_ns < own.close_ns - own.open_ns:
        return []
    first_ns = since_open_ns // BUCKET_NS * BUCKET_NS
    offsets = np.arange(
        first_ns + since_open_ns % GRID_NS, first_ns + BUCKET_NS, GRID_NS, dtype=np.int64
    )
    tables = []
    for times in market.base_sessions(decision.session):
        grid = times.open_ns + offsets
        grid = grid[(grid < times.close_ns) & (grid != decision.emission_ns)]
        tables.append(returns_at(grid, market.path, times))
    return tables
