"""Hit rates, base rates and calibration, against counting by hand and by pandas."""

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.options.base_rates import BaseRate
from flows.options.base_rates import base_rates
from flows.options.base_rates import opened_base_rate
from flows.options.forward_returns import HORIZONS
from flows.options.forward_returns import NO_MIDS
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.forward_returns import forward_returns
from flows.options.scorecard import MEASURES
from flows.options.scorecard import ScoredAlert
from flows.options.scorecard import bucket_name
from flows.options.scorecard import calibration_of
from flows.options.scorecard import hits_of
from flows.options.scorecard import rate_of
from flows.options.scorecard import scorecard
from flows.options.scorecard import scored_alert
from flows.options.scorecard import wilson_interval
from flows.options.settlement import OUTCOMES
from flows.options.settlement import snapshot_day
from schemas.records import AlertHit
from schemas.records import AlertSettlement
from schemas.records import Confidence
from schemas.records import FlowAlert
from schemas.records import ForwardReturn
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert
from tests.flows.options.settlement_records import interest

S = 10**9
MINUTE = 60 * S
OPEN = 1_747_920_600 * S
CLOSE = OPEN + 390 * MINUTE
TIMES = SessionTimes(OPEN, CLOSE, CLOSE + 1440 * MINUTE)


def settled_alert(
    outcome: str = "opened",
    direction: str = "bullish",
    bps: float | None = 1.0,
    probability: float = 0.64,
    **changes: object,
) -> FlowAlert:
    settlement = AlertSettlement(
        None, None, None, None, outcome, SESSION, (), (ForwardReturn("60m", bps),)
    )
    confidence = Confidence(probability, 0.8, 0.9, 0.2, 0.0, "identity.v1")
    alert = an_alert(
        state="settled", direction=direction, settlement=settlement, confidence=confidence
    )
    return msgspec.structs.replace(alert, **changes)


@pytest.mark.parametrize(
    ("direction", "bps", "hit"),
    [
        ("bullish", 0.1, True),
        ("bullish", 0.0, False),
        ("bullish", -0.1, False),
        ("bearish", -0.1, True),
        ("bearish", 0.0, False),
        ("bearish", 0.1, False),
        ("bullish", None, None),
        ("neutral", 5.0, None),
        ("mixed", 5.0, None),
        ("unknown", -5.0, None),
    ],
)
def test_hit_is_a_move_in_the_alerts_direction(
    direction: str, bps: float | None, hit: bool | None
) -> None:
    assert hits_of(settled_alert("no_data", direction, bps)).get("60m") is hit


@pytest.mark.parametrize(
    ("outcome", "hit"),
    [
        ("opened", True),
        ("closed", False),
        ("inconclusive", False),
        ("not_applicable", None),
        ("no_data", None),
    ],
)
def test_opened_is_a_hit_among_what_was_judged(outcome: str, hit: bool | None) -> None:
    assert hits_of(settled_alert(outcome)).get("opened") is hit


def test_alert_that_is_not_settled_counts_nowhere() -> None:
    assert hits_of(an_alert()) == {}


@pytest.mark.parametrize(
    ("probability", "name"),
    [
        (0.0, "0.0 to 0.5"),
        (0.5, "0.5 to 0.6"),
        (0.599999, "0.5 to 0.6"),
        (0.9, "0.9 to 1.0"),
        (1.0, "0.9 to 1.0"),
    ],
)
def test_confidence_buckets_begin_at_their_lower_edge(probability: float, name: str) -> None:
    assert bucket_name(probability) == name


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval(hits: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=6e-5)


scored = st.builds(
    ScoredAlert,
    groups=st.just({}),
    probability=st.floats(0.0, 1.0, allow_nan=False),
    hits=st.dictionaries(st.just("60m"), st.booleans()),
    base=st.dictionaries(
        st.just("60m"), st.builds(BaseRate, st.floats(0.0, 1.0), st.integers(1, 500))
    ),
)


@given(st.lists(scored, max_size=60))
@settings(deadline=None)
def test_rates_and_calibration_equal_those_of_pandas(alerts: list[ScoredAlert]) -> None:
    alerts = [msgspec.structs.replace(each, base=each.base if each.hits else {}) for each in alerts]
    frame = pd.DataFrame(
        {
            "p": [each.probability for each in alerts],
            "hit": [each.hits.get("60m") for each in alerts],
            "base": [each.base["60m"].rate if each.base else None for each in alerts],
        }
    )
    counted = frame[frame.hit.notna()].astype(float)

    rate = rate_of(alerts, "60m")
    found = calibration_of(alerts, "60m")

    assert (rate.n, rate.hits) == (len(counted), int(counted.hit.sum()))
    assert rate.is_enough == (len(counted) >= 30)
    if counted.empty:
        assert (rate.rate, rate.low, rate.high, rate.base_rate, found.ece) == (None,) * 5
        return
    assert rate.rate is not None
    assert rate.rate == pytest.approx(counted.hit.mean(), abs=1e-6)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low - 1e-6 <= rate.rate <= rate.high + 1e-6
    if counted.base.notna().any():
        assert rate.base_rate == pytest.approx(counted.base.mean(), abs=1e-6)
    else:
        assert rate.base_rate is None
    edges = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, np.nextafter(1.0, 2.0)]
    by = counted.groupby(pd.cut(counted.p, edges, right=False), observed=True)
    distance = (by.p.mean() - by.hit.mean()).abs() * by.size() / len(counted)
    assert found.ece == pytest.approx(distance.sum(), abs=1e-6)
    assert [each.n for each in found.buckets] == by.size().tolist()
    assert [each.mean_probability for each in found.buckets] == pytest.approx(
        by.p.mean().tolist(), abs=1e-6
    )


def test_scorecard_counts_an_alert_once_in_each_of_its_groups() -> None:
    two = (AlertHit("h1", "sweep", 0.7, "bullish"), AlertHit("h2", "block", 0.8, "bullish"))
    alerts = [
        settled_alert(hits=two, severity="high"),
        settled_alert("closed", "bearish", 2.0, 0.93, hits=two[:1], severity="low"),
        settled_alert("no_data", "neutral", hits=(), primary_profile_id=None, severity="medium"),
    ]

    found = scorecard([scored_alert(alert, {}) for alert in alerts])

    assert found.alerts == 3
    named = {(group.dimension, group.name): group.alerts for group in found.groups}
    assert list(named) == [
        ("classifier", "block"),
        ("classifier", "sweep"),
        ("profile", "institutional"),
        ("profile", "none named"),
        ("severity", "high"),
        ("severity", "medium"),
        ("severity", "low"),
        ("confidence", "0.6 to 0.7"),
        ("confidence", "0.9 to 1.0"),
    ]
    assert named["classifier", "sweep"] == 2
    sweep = next(group for group in found.groups if group.name == "sweep")
    assert (sweep.rates["60m"].hits, sweep.rates["60m"].n) == (1, 2)
    assert (sweep.rates["opened"].hits, sweep.rates["opened"].n) == (1, 2)
    assert tuple(found.overall) == tuple(found.calibration) == MEASURES
    assert found.overall["opened"].n == 2


@given(st.permutations(range(len(OUTCOMES) * 3)))
def test_scorecard_does_not_depend_on_order(order: list[int]) -> None:
    alerts = [
        scored_alert(
            settled_alert(OUTCOMES[i % len(OUTCOMES)], bps=i - 7.0, probability=i / 15),
            {"60m": BaseRate(i / 15, i + 1)},
        )
        for i in range(len(OUTCOMES) * 3)
    ]

    assert scorecard([alerts[i] for i in order]) == scorecard(alerts)


def test_base_rate_without_a_hit_beside_it_is_not_counted() -> None:
    base = {"60m": BaseRate(0.5, 10), "5m": BaseRate(0.9, 3)}

    assert scored_alert(settled_alert(), base).base == {"60m": base["60m"]}
    assert scored_alert(settled_alert(direction="neutral"), base).base == {}


def random_path(seed: int) -> MidPath:
    dice = np.random.default_rng(seed)
    ts = OPEN + np.sort(dice.choice(390 * 60, 6000, replace=False)).astype(np.int64) * S
    steps = dice.integers(-1, 2, len(ts))
    return MidPath(ts, np.round(100.0 + np.cumsum(steps) * 0.01, 2))


@pytest.mark.parametrize("direction", ["bullish", "bearish"])
@pytest.mark.parametrize(("bucket", "second"), [(0, 0), (7, 59), (12, 17)])
def test_base_rate_is_the_share_of_the_half_hours_other_minutes(
    direction: str, bucket: int, second: int
) -> None:
    path = random_path(3)
    sign = 1 if direction == "bullish" else -1
    emission = OPEN + (30 * bucket + 11) * MINUTE + second * S

    expected = {}
    minutes = [30 * bucket + minute for minute in range(30) if minute != 11]
    samples = [
        forward_returns(OPEN + m * MINUTE + second * S, path, TIMES).returns for m in minutes
    ]
    for at, name in enumerate(HORIZONS):
        known = [each[at].bps for each in samples if each[at].bps is not None]
        if known:
            hits = sum(bps * sign > 0 for bps in known if bps is not None)
            expected[name] = BaseRate(hits / len(known), len(known))

    assert expected
    assert base_rates(emission, direction, path, TIMES, [TIMES]) == expected


def test_base_rates_count_the_samples_of_all_sessions() -> None:
    day = 1440 * MINUTE
    first, second = random_path(1), random_path(2)
    both = MidPath(
        np.concatenate([first.ts, second.ts + day]), np.concatenate([first.mids, second.mids])
    )
    today = SessionTimes(OPEN, CLOSE, None)
    later = SessionTimes(OPEN + day, CLOSE + day, None)
    emission = OPEN + 95 * MINUTE

    found = base_rates(emission, "bullish", both, today, [today, later])
    parts = [base_rates(emission, "bullish", both, today, [each]) for each in (today, later)]

    assert {name: rate.samples for name, rate in found.items()} == {
        name: parts[0][name].samples + parts[1][name].samples for name in parts[0]
    }
    assert found["15m"].samples in {58, 59}
    for name, rate in found.items():
        hits = sum(part[name].rate * part[name].samples for part in parts)
        assert rate.rate * rate.samples == pytest.approx(hits)


def test_price_renewed_once_a_minute_is_sampled_where_the_alert_saw_it() -> None:
    # The price of each minute is shown from its fifth second on and rises every time.
    ts = OPEN + np.arange(390 * 60, dtype=np.int64) * S
    minutes = (np.arange(390 * 60, dtype=np.float64) - 5.0) // 60.0
    path = MidPath(ts, 100.0 + minutes * 0.01)

    found = base_rates(OPEN + 10 * MINUTE + 30 * S, "bullish", path, TIMES, [TIMES])

    assert found["1m"] == BaseRate(1.0, 29)


@pytest.mark.parametrize(
    ("emission", "direction"),
    [(OPEN - 1, "bullish"), (CLOSE, "bullish"), (OPEN, "neutral"), (OPEN, "unknown")],
)
def test_no_base_rate_outside_hours_or_without_a_direction(emission: int, direction: str) -> None:
    assert base_rates(emission, direction, random_path(1), TIMES, [TIMES]) == {}


def test_no_base_rate_without_mids_or_sessions() -> None:
    assert base_rates(OPEN, "bullish", NO_MIDS, TIMES, [TIMES]) == {}
    assert base_rates(OPEN, "bullish", random_path(1), TIMES, []) == {}


def test_open_interest_base_rate_is_of_other_contracts_that_traded_as_much() -> None:
    names = [f"NVDA-2025-06-20-{strike}-C" for strike in range(100, 106)]
    before = snapshot_day([interest(name, 100, SESSION - 1) for name in names])
    after_oi = (150, 125, 124, 50, 900, 900)
    after = snapshot_day(
        [interest(name, oi, SESSION) for name, oi in zip(names, after_oi, strict=True)]
    )
    volumes = (100, 500, 100, 100, 99, 1000)
    traded = {**dict(zip(names, volumes, strict=True)), "NVDA-2025-06-20-200-C": 5000}

    found = opened_base_rate(100, [names[5]], traded, before, after)

    assert found == BaseRate(2 / 4, 4)
    assert opened_base_rate(100_000, [], traded, before, after) is None
