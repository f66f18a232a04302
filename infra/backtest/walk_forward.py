"""Choose thresholds on past sessions and try them on later ones, with a gap between."""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final
from typing import Literal

import msgspec

from flows.common.eastern import iso_date
from flows.options.forward_returns import HORIZONS
from flows.options.scorecard import MIN_SAMPLE
from infra.backtest.lifts import LIFT_VALUES
from infra.backtest.lifts import judged_alone
from infra.backtest.lifts import lift_of
from infra.backtest.measures import Measured
from infra.backtest.measures import horizon_index
from infra.backtest.result import Combination
from infra.backtest.result import Fold
from infra.backtest.result import Lift
from infra.backtest.result import WalkForward
from infra.errors import MisconfiguredInfra

EMBARGO_SESSIONS: Final = 1
MAX_SESSIONS: Final = 10_000


class WalkForwardPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How thresholds are chosen and tried.

    Parameters
    ----------
    objective : {"hit_lift", "bps_lift"}
        What is made largest: its mean over the training alerts.
    horizon : str, default "15m"
        One of `HORIZONS`.
    min_alerts : int, default 30
        Alerts with a lift a combination needs on the training sessions, 1 or more.
    train : int, default 20
        Sessions of the first training block, 1 or more; later blocks begin with the same session
        and are longer.
    test : int, default 5
        Sessions of a test block, 1 or more; the last may be shorter.
    step : int, default 5
        Sessions from one test block to the next, not less than `test`, so that no session is
        tested twice.

    Raises
    ------
    MisconfiguredInfra
        A value is out of range; the message says what it takes.

    Notes
    -----
    Source: levels specification, 15, and equities specification, 14.
    """

    objective: Literal["hit_lift", "bps_lift"] = "hit_lift"
    horizon: str = "15m"
    min_alerts: int = MIN_SAMPLE
    train: int = 20
    test: int = 5
    step: int = 5

    def __post_init__(self) -> None:
        _expect(self.objective in LIFT_VALUES, "objective", self.objective, "hit_lift or bps_lift")
        _expect(self.horizon in HORIZONS, "horizon", self.horizon, f"one of {', '.join(HORIZONS)}")
        _expect(self.min_alerts >= 1, "least number of alerts", self.min_alerts, "1 or more")
        for name in ("train", "test"):
            value = getattr(self, name)
            _expect(1 <= value <= MAX_SESSIONS, f"{name} block", value, "1 session or more")
        _expect(
            self.test <= self.step <= MAX_SESSIONS,
            "step",
            self.step,
            f"{self.test} sessions (the test block) or more",
        )

    @property
    def least_sessions(self) -> int:
        """Return the sessions one fold takes: training, embargo and one of test."""
        return self.train + EMBARGO_SESSIONS + 1


def _expect(is_right: bool, what: str, value: object, expected: str) -> None:
    if not is_right:
        msg = f"the {what} of a walk-forward is {value!r}, expected {expected}"
        raise MisconfiguredInfra(msg)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """
    One combination of thresholds with what its alerts did.

    Parameters
    ----------
    run : str
        Its run.
    changes : mapping
        Its thresholds.
    alerts : sequence of Measured
        By (emission, id).
    """

    run: str
    changes: Mapping[str, str]
    alerts: Sequence[Measured]


class _Scores:
    """Mean lift of candidates over sets of sessions."""

    def __init__(self, plan: WalkForwardPlan) -> None:
        self._value_of = LIFT_VALUES[plan.objective]
        self._at = horizon_index(plan.horizon)
        self._min_alerts = plan.min_alerts

    def mean(self, alerts: Sequence[Measured]) -> tuple[int, float | None]:
        values = [value for each in alerts if (value := self._value_of(each, self._at)) is not None]
        return len(values), math.fsum(values) / len(values) if values else None

    def best(self, blocks: Sequence[Sequence[Measured]]) -> int | None:
        """Return the place of the best block with enough alerts; of equals, the first."""
        chosen: int | None = None
        most = -math.inf
        for place, alerts in enumerate(blocks):
            n, mean = self.mean(alerts)
            if mean is not None and n >= self._min_alerts and mean > most:
                chosen, most = place, mean
        return chosen

    def ends_before(self, each: Measured, limit_ns: int) -> bool:
        """Tell whether an alert's outcome is known before an instant; one without any is."""
        return each.outcomes[self._at].end_ns < limit_ns


def folds_of(sessions: Sequence[int], plan: WalkForwardPlan) -> Iterator[tuple[int, int, int]]:
    """
    Yield (end of training = place of the embargo, first test, end of test) as places of sessions.

    Examples
    --------
    >>> list(folds_of(range(8), WalkForwardPlan(train=3, test=2, step=2)))
    [(3, 4, 6), (5, 6, 8)]
    """
    end = plan.train
    while end + EMBARGO_SESSIONS < len(sessions):
        first = end + EMBARGO_SESSIONS
        yield end, first, min(first + plan.test, len(sessions))
        end += plan.step


def walk_forward(
    candidates: Sequence[Candidate],
    opens: Mapping[int, int],
    plan: WalkForwardPlan,
    seed_parts: Sequence[str],
) -> WalkForward:
    """
    Choose on the training sessions, try on the test sessions, fold by fold.

    Parameters
    ----------
    candidates : sequence of Candidate
        In grid order, which decides between equals.
    opens : mapping
        Open (ns UTC) of every session with data, ascending by session (days since 1970-01-01).
    plan : WalkForwardPlan
        How.
    seed_parts : sequence of str
        Names the resampling is seeded by.

    Notes
    -----
    Purge: a training alert whose outcome is known only at or after the open of the embargo is
    left out, and base samples never lie in a later session than their alert, so no price of the
    embargo or the test sessions takes part in the choice. Fewer sessions than one fold takes give
    a note and no folds. Source: levels specification, 15.
    """
    sessions = list(opens)
    scores = _Scores(plan)
    folds: list[Fold] = []
    tested: list[Measured] = []
    for number, bounds in enumerate(folds_of(sessions, plan), start=1):
        fold, alerts = _fold(number, bounds, candidates, opens, scores)
        folds.append(fold)
        tested += alerts
    best = scores.best([each.alerts for each in candidates])
    at = horizon_index(plan.horizon)
    out_of_sample = judged_alone(lift_of(tested, plan.objective, at, seed_parts))
    in_sample = Lift(n=0, reason="no combination has enough alerts")
    if best is not None:
        hindsight = lift_of(candidates[best].alerts, plan.objective, at, seed_parts)
        # Chosen with hindsight among all, so it is shown and never judged.
        in_sample = msgspec.structs.replace(hindsight, reason="chosen with hindsight")
    return WalkForward(
        objective=plan.objective,
        horizon=plan.horizon,
        min_alerts=plan.min_alerts,
        train=plan.train,
        test=plan.test,
        step=plan.step,
        sessions=len(sessions),
        note=_note(len(sessions), plan),
        folds=tuple(folds),
        out_of_sample=out_of_sample,
        in_sample=in_sample,
        in_sample_run=None if best is None else candidates[best].run,
        optimism=_difference(in_sample.mean, out_of_sample.mean),
        combinations=tuple([_combination(each, scores) for each in candidates]),
    )


def _fold(
    number: int,
    bounds: tuple[int, int, int],
    candidates: Sequence[Candidate],
    opens: Mapping[int, int],
    scores: _Scores,
) -> tuple[Fold, list[Measured]]:
    sessions = list(opens)
    end, first, last = bounds
    training = frozenset(sessions[:end])
    testing = frozenset(sessions[first:last])
    limit_ns = opens[sessions[end]]
    seen = [[one for one in each.alerts if one.decision.session in training] for each in candidates]
    kept = [[one for one in alerts if scores.ends_before(one, limit_ns)] for alerts in seen]
    place = scores.best(kept)
    shown = 0 if place is None else place
    train_n, train_mean = scores.mean(kept[shown])
    chosen = None if place is None else candidates[place]
    alerts = [one for one in (chosen.alerts if chosen else ()) if one.decision.session in testing]
    test_n, test_mean = scores.mean(alerts)
    fold = Fold(
        number=number,
        train_from=iso_date(sessions[0]),
        train_to=iso_date(sessions[end - 1]),
        embargo=iso_date(sessions[end]),
        test_from=iso_date(sessions[first]),
        test_to=iso_date(sessions[last - 1]),
        purged=len(seen[shown]) - len(kept[shown]),
        run=chosen.run if chosen else None,
        changes=dict(chosen.changes) if chosen else {},
        train_n=train_n,
        train_mean=_rounded(train_mean),
        test_n=test_n,
        test_mean=_rounded(test_mean),
    )
    return fold, alerts


def _combination(candidate: Candidate, scores: _Scores) -> Combination:
    n, mean = scores.mean(candidate.alerts)
    changes = dict(candidate.changes)
    return Combination(run=candidate.run, changes=changes, n=n, mean=_rounded(mean))


def _note(sessions: int, plan: WalkForwardPlan) -> str:
    if sessions >= plan.least_sessions:
        return ""
    there = f"there is {sessions}" if sessions == 1 else f"there are {sessions}"
    return f"needs at least {plan.least_sessions} sessions, {there}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else round(one - other, 6)
