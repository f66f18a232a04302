"""When a lift is evidence, and when it beats."""

import msgspec
import pytest

from infra.backtest.lifts import BLOCKS_OF_FEW_DAYS
from infra.backtest.lifts import BLOCKS_OF_ONE_DAY
from infra.backtest.lifts import DAYS
from infra.backtest.lifts import judged
from infra.backtest.lifts import judged_alone
from infra.backtest.lifts import lift_of
from infra.backtest.measures import Measured
from infra.backtest.measures import Outcome
from infra.backtest.measures import horizon_index
from infra.backtest.result import Lift
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import sessions_from

FIVE = horizon_index("5m")
TESTED = Lift(n=90, mean=0.1, low=0.02, high=0.2, by=DAYS, blocks=9, p=0.01)


def alerts(days: int, a_day: int, hits: int = 3, of: int = 4) -> list[Measured]:
    """Return alerts half an hour apart; so many of each few hit, against a base of a half."""
    found: list[Measured] = []
    for session in sessions_from(SESSION, days):
        for number in range(a_day):
            bps = 5.0 if len(found) % of < hits else -5.0
            outcome = Outcome(bps, at(session, 1), 40, 20, 20, 0.0, 3.0)
            made = decision(at(session, number * 390 / a_day), session)
            found.append(Measured(made, (outcome,) * 6, True, made.emission_ns // (1800 * 10**9)))
    return found


@pytest.mark.parametrize(
    ("days", "a_day", "by", "reason", "is_tested"),
    [
        (5, 6, DAYS, "", True),
        (6, 4, DAYS, "24 alerts, needs 30", False),
        (1, 39, BLOCKS_OF_ONE_DAY, "", True),
        (1, 4, "none", "4 alerts, needs 30", False),
        (3, 13, BLOCKS_OF_FEW_DAYS, "", True),
        (4, 10, BLOCKS_OF_FEW_DAYS, "", True),
    ],
)
def test_what_is_resampled_and_whether_it_is_enough(
    days: int, a_day: int, by: str, reason: str, is_tested: bool
) -> None:
    found = lift_of(alerts(days, a_day), "hit_lift", FIVE, ("x",))
    assert (found.by, found.reason, found.n) == (by, reason, days * a_day)
    assert (judged_alone(found).verdict != "not_evidence") is is_tested
    assert (judged_alone(found).p_holm is not None) is is_tested


def test_alerts_of_two_half_hours_are_no_evidence_however_many() -> None:
    crowd = alerts(1, 13)[:2] * 40
    found = judged_alone(lift_of(crowd, "hit_lift", FIVE, ("x",)))
    assert (found.n, found.low, found.p, found.verdict) == (80, None, None, "not_evidence")
    assert found.reason == "2 half-hour blocks, needs 5"


@pytest.mark.parametrize(
    ("hits", "verdict", "reason"),
    [
        (4, "beats", ""),
        (2, "does_not_beat", "the interval holds 0"),
        (0, "does_not_beat", "the interval lies below 0"),
    ],
)
def test_the_verdict_follows_the_interval(hits: int, verdict: str, reason: str) -> None:
    found = judged_alone(lift_of(alerts(8, 13, hits), "hit_lift", FIVE, ("x",)))
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.mean == hits / 4 - 0.5


def test_few_days_and_ways_to_the_next_close_are_marked_as_understated() -> None:
    many = alerts(20, 4)
    marks = [
        lift_of(alerts(19, 4), "hit_lift", FIVE, ("x",)).is_understated,
        lift_of(many, "hit_lift", FIVE, ("x",)).is_understated,
        lift_of(many, "hit_lift", horizon_index("close"), ("x",)).is_understated,
        lift_of(many, "hit_lift", horizon_index("next_close"), ("x",)).is_understated,
    ]
    assert marks == [True, False, False, True]


def test_one_of_many_comparisons_has_to_be_more_certain() -> None:
    weak = msgspec.structs.replace(TESTED, p=0.04)
    assert judged_alone(weak).verdict == "beats"
    first, second = judged([weak, msgspec.structs.replace(TESTED, p=0.5, low=-0.1)])
    assert (first.p_holm, first.verdict) == (0.08, "does_not_beat")
    assert first.reason == "above 0 alone, not among so many comparisons"
    assert second.reason == "the interval holds 0"


def test_what_is_no_evidence_does_not_count_as_a_comparison() -> None:
    weak = msgspec.structs.replace(TESTED, p=0.04)
    untested = [msgspec.structs.replace(TESTED, reason="2 alerts, needs 30")] * 5
    assert judged([weak, *untested, Lift(n=0)])[0].verdict == "beats"


def test_a_certain_find_is_no_find_when_the_interval_holds_zero() -> None:
    assert judged_alone(msgspec.structs.replace(TESTED, low=0.0)).verdict == "does_not_beat"


def test_a_lift_does_not_depend_on_other_names_than_its_own() -> None:
    some = alerts(6, 13)
    assert lift_of(some, "hit_lift", FIVE, ("a",)) == lift_of(some, "hit_lift", FIVE, ("a",))
    assert lift_of(some, "hit_lift", FIVE, ("a",)) != lift_of(some, "hit_lift", FIVE, ("b",))
