"""Alerts session by session, so that one good day cannot pass for many."""

import math
from collections.abc import Callable
from collections.abc import Sequence

from flows.common.eastern import iso_date
from flows.options.forward_returns import HORIZONS
from infra.backtest.measures import Measured
from infra.backtest.result_days import DayHorizon
from infra.backtest.result_days import DayResult


def day_results(alerts: Sequence[Measured]) -> tuple[DayResult, ...]:
    """Return what the alerts of each session did, by date; a session without alerts is missing."""
    members: dict[int, list[Measured]] = {}
    for each in alerts:
        members.setdefault(each.decision.session, []).append(each)
    return tuple([_day(session, members[session]) for session in sorted(members)])


def _day(session: int, members: Sequence[Measured]) -> DayResult:
    return DayResult(
        session=iso_date(session),
        alerts=len(members),
        directed=sum(each.decision.sign != 0.0 for each in members),
        horizons=tuple([_horizon(members, at) for at in range(len(HORIZONS))]),
    )


def _horizon(members: Sequence[Measured], at: int) -> DayHorizon:
    known = [each for each in members if each.is_hit(at) is not None]
    paired = [each for each in known if each.base_hit_rate(at) is not None]
    hits = sum(each.is_hit(at) is True for each in known)
    return DayHorizon(
        horizon=HORIZONS[at],
        known_n=len(known),
        hits=hits,
        hit_rate=round(hits / len(known), 6) if known else None,
        mean_bps=_mean(known, lambda each: each.signed_bps(at)),
        base_n=len(paired),
        base_hit_rate=_mean(paired, lambda each: each.base_hit_rate(at)),
        lift=_mean(paired, lambda each: each.hit_lift(at)),
    )


def _mean(members: Sequence[Measured], value: Callable[[Measured], float | None]) -> float | None:
    values = [found for each in members if (found := value(each)) is not None]
    return round(math.fsum(values) / len(values), 6) if values else None
