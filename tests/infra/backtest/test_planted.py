"""Whether what is planted is found, and what is not there is not."""

import math

import msgspec
import numpy as np

from infra.backtest.lifts import BLOCKS_OF_ONE_DAY
from infra.backtest.lifts import DAYS
from infra.backtest.lifts import judged_alone
from infra.backtest.lifts import lift_of
from infra.backtest.measures import Measured
from infra.backtest.measures import horizon_index
from infra.backtest.measures import measure
from infra.backtest.observations import Observation
from infra.backtest.result import BEATS
from infra.backtest.result import Lift
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import drifted
from tests.infra.backtest.markets import market_of
from tests.infra.backtest.markets import sessions_from
from tests.infra.backtest.markets import walk

FIVE = horizon_index("5m")
TRIALS = 60


def measured(seed: int, days: int, bps_a_minute: float, a_day: int = 12) -> list[Measured]:
    """Return decisions at random times and ways, the mid going their way as steeply as said."""
    generator = np.random.default_rng(1000 + seed)
    sessions = sessions_from(SESSION, days)
    paths = walk(seed, sessions, every_s=20)
    made: list[Observation] = []
    for session in sessions:
        minutes = np.sort(generator.uniform(1.0, 380.0, a_day))
        ways = generator.choice(["bullish", "bearish"], a_day)
        own = [
            decision(at(session, float(minute)), session, direction=str(way))
            for minute, way in zip(minutes, ways, strict=True)
        ]
        paths[session] = drifted(paths[session], own, bps_a_minute)
        made += own
    return measure(made, {"NVDA": market_of(paths)})


def verdict_of(alerts: list[Measured], kind: str, seed: int) -> Lift:
    return judged_alone(lift_of(alerts, kind, FIVE, (str(seed),)))


def most_false_finds(trials: int, share: float) -> int:
    """Return how many finds are still chance: five deviations above the mean of a binomial."""
    return math.ceil(trials * share + 5 * math.sqrt(trials * share * (1 - share)))


def test_a_planted_drift_is_found() -> None:
    for seed in range(10):
        alerts = measured(seed, days=8, bps_a_minute=1.5)
        found = verdict_of(alerts, "bps_lift", seed)
        assert (found.verdict, found.by, found.blocks) == (BEATS, DAYS, 8)
        # 7.5 bps in five minutes, less what the half-hour's own base has of it.
        assert found.mean is not None
        assert 3.0 < found.mean < 9.0
        assert verdict_of(alerts, "hit_lift", seed).verdict == BEATS


def test_no_drift_is_not_found() -> None:
    lifts = [
        verdict_of(measured(seed, 6, 0.0, a_day=6), "bps_lift", seed) for seed in range(TRIALS)
    ]
    # A find is one of the two tails of 5 %.
    assert sum(each.verdict == BEATS for each in lifts) <= most_false_finds(TRIALS, 0.025)
    means = [each.mean or 0.0 for each in lifts]
    spread = float(np.std(means)) / math.sqrt(TRIALS)
    assert abs(float(np.mean(means))) < 4 * spread


def test_shuffled_directions_score_at_the_base_rate() -> None:
    lifts = []
    for seed in range(TRIALS):
        alerts = measured(seed, 6, 2.0, a_day=6)
        order = np.random.default_rng(seed).permutation(len(alerts))
        shuffled = [
            msgspec.structs.replace(
                each,
                decision=msgspec.structs.replace(
                    each.decision, direction=alerts[place].decision.direction
                ),
            )
            for each, place in zip(alerts, order, strict=True)
        ]
        lifts.append(verdict_of(shuffled, "hit_lift", seed))
    assert sum(each.verdict == BEATS for each in lifts) <= most_false_finds(TRIALS, 0.025)
    means = [each.mean or 0.0 for each in lifts]
    assert abs(float(np.mean(means))) < 4 * float(np.std(means)) / math.sqrt(TRIALS)


def test_one_day_is_resampled_by_half_hours_and_says_so() -> None:
    alerts = measured(3, days=1, bps_a_minute=2.0, a_day=60)
    found = verdict_of(alerts, "bps_lift", 3)
    assert (found.by, found.is_understated) == (BLOCKS_OF_ONE_DAY, True)
    assert found.blocks == 13
    assert (found.verdict, found.reason) == (BEATS, "of one day only")
    hour = judged_alone(lift_of(alerts, "bps_lift", horizon_index("60m"), ("x",)))
    assert (hour.verdict, hour.p_holm) == ("not_evidence", None)
    assert hour.reason == "outcomes outlast the half-hour blocks; needs 5 days"
