"""Thresholds to try: what is accepted, multiplied out and refused in words."""

import pytest

from infra.backtest.grid import combinations
from infra.errors import MisconfiguredInfra
from infra.thresholds import changes_of


def test_a_grid_is_multiplied_out_with_the_last_variable_fastest() -> None:
    found = combinations(
        ["ALERT_MIN_SCORE=25,40", "CLASSIFIER_SWEEP_MIN_COUNT=3, 5"], {"CLUSTER_WINDOW_MS": "750"}
    )
    fixed = {"CLUSTER_WINDOW_MS": "750"}
    assert found == [
        {**fixed, "ALERT_MIN_SCORE": score, "CLASSIFIER_SWEEP_MIN_COUNT": count}
        for score in ("25", "40")
        for count in ("3", "5")
    ]
    assert combinations(["ALERT_MIN_SCORE=25,40 × CLASSIFIER_SWEEP_MIN_COUNT=3,5"], fixed) == found


def test_no_grid_is_one_combination() -> None:
    assert combinations([], {"ALERT_MIN_SCORE": "40"}) == [{"ALERT_MIN_SCORE": "40"}]
    assert combinations([]) == [{}]


def test_changes_are_read_as_told() -> None:
    assert changes_of(["ALERT_MIN_SCORE= 40", "CLUSTER_WINDOW_MS=750"]) == {
        "ALERT_MIN_SCORE": "40",
        "CLUSTER_WINDOW_MS": "750",
    }
    assert changes_of(["OPTIONS_SIGNAL_ETF_UNDERLYINGS=SPY,QQQ"]) == {
        "OPTIONS_SIGNAL_ETF_UNDERLYINGS": "SPY,QQQ"
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "ALERT_MIN_SCOR=25,40",
            ("ALERT_MIN_SCOR is no threshold", "did you mean ALERT_MIN_SCORE"),
        ),
        (
            "alert_min_score=25,40",
            ("alert_min_score", "did you mean ALERT_MIN_SCORE", "default 25"),
        ),
        ("KAFKA_BROKERS=a,b", ("KAFKA_BROKERS is a setting but no threshold",)),
        ("ALERT_MIN_SCORE=25,high", ("ALERT_MIN_SCORE is 'high'", "Expected `")),
        ("CLUSTER_WINDOW_MS=500,20", ("CLUSTER_WINDOW_MS is 20", "250 to 2000")),
        ("ALERT_MIN_SCORE", ("expected NAME=VALUE,VALUE",)),
        ("=5", ("expected NAME=VALUE,VALUE",)),
        ("ALERT_MIN_SCORE=25,,40", ("empty value",)),
        ("ALERT_MIN_SCORE=25,25", ("one twice",)),
        ("OPTIONS_SIGNAL_ETF_UNDERLYINGS=SPY,QQQ", ("takes a list itself", "--set")),
    ],
)
def test_what_no_grid_is_made_of_is_refused_by_name(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(MisconfiguredInfra) as refused:
        combinations([text])
    for each in words:
        assert each in str(refused.value)


def test_more_than_64_combinations_are_refused_with_their_number() -> None:
    scores = ",".join(str(score) for score in range(20, 53))
    with pytest.raises(MisconfiguredInfra, match=r"66 combinations \(33 of ALERT_MIN_SCORE"):
        combinations([f"ALERT_MIN_SCORE={scores}", "CLASSIFIER_SWEEP_MIN_COUNT=3,5"])
    fewer = ",".join(str(score) for score in range(20, 52))
    assert len(combinations([f"ALERT_MIN_SCORE={fewer}", "CLASSIFIER_SWEEP_MIN_COUNT=3,5"])) == 64


@pytest.mark.parametrize(
    ("texts", "fixed"),
    [
        (["ALERT_MIN_SCORE=25,40", "ALERT_MIN_SCORE=50"], {}),
        (["ALERT_MIN_SCORE=25,40"], {"ALERT_MIN_SCORE": "30"}),
    ],
)
def test_a_variable_may_be_given_once(texts: list[str], fixed: dict[str, str]) -> None:
    with pytest.raises(MisconfiguredInfra, match="ALERT_MIN_SCORE is set twice"):
        combinations(texts, fixed)
    with pytest.raises(MisconfiguredInfra, match="ALERT_MIN_SCORE is set twice"):
        changes_of(["ALERT_MIN_SCORE=25", "ALERT_MIN_SCORE=30"])
