"""Confusion, precision, recall and calibration against figures worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.evaluation.match import ABSTAIN
from infra.evaluation.match import ANY
from infra.evaluation.match import Outcome
from infra.evaluation.metrics import BUCKET_EDGES
from infra.evaluation.metrics import CLASSIFIERS
from infra.evaluation.metrics import PROFILES
from infra.evaluation.metrics import calibration
from infra.evaluation.metrics import measure
from infra.evaluation.metrics import rates

INSTITUTION, RETAIL = PROFILES[:2]
SWEEP, SPIKE = CLASSIFIERS[0], CLASSIFIERS[4]


def outcome(
    truth: str,
    predicted: str | None,
    probability: float = 0.6,
    *,
    family: str = "institutional",
    expected: tuple[str, ...] = (),
    fired: tuple[str, ...] = (),
    later: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(
        scenario_id="s",
        family=family,
        label_id="l",
        run="seed 1",
        truth=truth,
        expected_direction="bullish",
        expected_range=None,
        expected_classifiers=expected,
        predicted=predicted,
        direction="bullish",
        probability=probability,
        event_id=None,
        fired=fired,
        fired_later=later,
        alerts=(),
    )


def test_precision_and_recall_of_a_profile() -> None:
    found = measure(
        [
            outcome(INSTITUTION, INSTITUTION),
            outcome(INSTITUTION, INSTITUTION),
            outcome(INSTITUTION, RETAIL),
            outcome(INSTITUTION, None),
            outcome(RETAIL, INSTITUTION, family="retail"),
            outcome(ABSTAIN, None, family="neutral"),
        ]
    )

    by_name = {each.name: each for each in found.profiles}
    institution = by_name[INSTITUTION]
    assert (institution.expected, institution.found, institution.right) == (4, 3, 2)
    assert institution.precision == pytest.approx(2 / 3)
    assert institution.recall == pytest.approx(2 / 4)
    assert institution.f1 == pytest.approx(4 / 7)
    assert (by_name[RETAIL].precision, by_name[RETAIL].recall) == (0.0, 0.0)
    assert (by_name[ABSTAIN].precision, by_name[ABSTAIN].recall) == (0.5, 1.0)


def test_a_label_that_demands_nothing_counts_in_the_confusion_table_alone() -> None:
    found = measure([outcome(ANY, INSTITUTION), outcome(INSTITUTION, INSTITUTION)])

    assert found.profiles[0].found == 1
    assert found.calibration.n == 1
    assert [(row.truth, row.counts[INSTITUTION]) for row in found.confusion] == [
        (ANY, 1),
        (INSTITUTION, 1),
    ]


def test_confusion_rows_hold_every_label_once() -> None:
    outcomes = [
        outcome(INSTITUTION, RETAIL),
        outcome(INSTITUTION, None),
        outcome(ABSTAIN, None, family="neutral"),
    ]

    found = measure(outcomes)

    assert sum(sum(row.counts.values()) for row in found.confusion) == len(outcomes)
    first = found.confusion[0]
    assert (first.family, first.truth) == ("institutional", INSTITUTION)
    assert (first.counts[RETAIL], first.counts[ABSTAIN]) == (1, 1)


def test_a_classifier_that_fires_later_counts_and_one_on_the_neutral_family_is_told_apart() -> None:
    found = measure(
        [
            outcome(INSTITUTION, INSTITUTION, expected=(SWEEP,), fired=(SWEEP, SPIKE)),
            outcome(INSTITUTION, INSTITUTION, expected=(SWEEP,), later=(SWEEP,)),
            outcome(ABSTAIN, None, family="neutral", fired=(SPIKE,)),
        ]
    )

    by_name = {each.name: each for each in found.classifiers}
    assert (by_name[SWEEP].precision, by_name[SWEEP].recall) == (1.0, 1.0)
    assert (by_name[SPIKE].precision, by_name[SPIKE].recall) == (0.0, None)
    assert (by_name[SWEEP].on_neutral, by_name[SPIKE].on_neutral) == (0, 1)


def test_abstention_is_counted_per_family_beside_what_was_wanted() -> None:
    found = measure(
        [
            outcome(INSTITUTION, None),
            outcome(INSTITUTION, INSTITUTION),
            outcome(ABSTAIN, None, family="neutral"),
        ]
    )

    assert found.abstention_rate == pytest.approx(2 / 3)
    assert [(each.family, each.n, each.abstained, each.wanted) for each in found.abstention] == [
        ("institutional", 2, 1, 0),
        ("neutral", 1, 1, 1),
    ]


def test_nothing_measured_is_undefined_and_never_zero() -> None:
    found = measure([])

    assert found.abstention_rate is None
    assert (found.calibration.brier, found.calibration.ece) == (None, None)
    assert {each.precision for each in found.profiles} == {None}
    assert {each.stated for each in found.calibration.buckets} == {None}


def test_brier_score_and_calibration_error_by_hand() -> None:
    found = calibration([0.9, 0.85, 0.6, 0.45], [True, False, True, False])

    assert found.brier == pytest.approx((0.01 + 0.7225 + 0.16 + 0.2025) / 4)
    # Buckets: .45 alone, .6 alone, .85 and .9 together.
    assert found.ece == pytest.approx((0.45 + 0.4 + 2 * abs(0.875 - 0.5)) / 4)
    assert [bucket.n for bucket in found.buckets] == [1, 1, 0, 0, 2]
    assert found.buckets[4].stated == pytest.approx(0.875)
    assert found.buckets[4].observed == 0.5


@pytest.mark.parametrize(("stated", "bucket"), [(0.42, 0), (0.52, 1), (0.72, 3), (1.0, 4)])
def test_a_bucket_holds_its_lower_edge(stated: float, bucket: int) -> None:
    found = calibration([stated], [True])

    assert [each.n for each in found.buckets].index(1) == bucket


named = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60)


@given(named)
def test_buckets_share_out_every_case_and_keep_the_mean(found: list[tuple[float, bool]]) -> None:
    stated, right = zip(*found, strict=True)

    result = calibration(stated, right)

    assert len(result.buckets) == len(BUCKET_EDGES) - 1
    assert sum(bucket.n for bucket in result.buckets) == result.n == len(found)
    total = math.fsum((each.stated or 0.0) * each.n for each in result.buckets)
    assert total == pytest.approx(math.fsum(stated))
    hits = math.fsum((each.observed or 0.0) * each.n for each in result.buckets)
    assert hits == pytest.approx(sum(right))
    assert result.ece is not None
    assert 0.0 <= result.ece <= 1.0


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_counts_of_a_class_never_contradict_each_other(
    labels: list[tuple[bool, bool, bool]],
) -> None:
    expected, found, neutral = zip(*labels, strict=True) if labels else ((), (), ())

    result = rates("x", expected, found, neutral)

    assert result.right <= min(result.expected, result.found)
    assert result.on_neutral <= result.found
    if result.precision and result.recall:
        harmonic = 2 / (1 / result.precision + 1 / result.recall)
        assert result.f1 == pytest.approx(harmonic)
