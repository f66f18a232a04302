"""What a backtest says: the answer and its numbers, in the words of the command line."""

import msgspec
import pytest

from infra.backtest.result import Lift
from infra.backtest.result import Verdict
from infra.backtest.words import answer
from infra.backtest.words import bps
from infra.backtest.words import lift_interval
from infra.backtest.words import listed
from infra.backtest.words import p_value
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import share_interval
from infra.backtest.words import verdict_words
from tests.infra.backtest.report_cases import beats
from tests.infra.backtest.report_cases import does_not_beat
from tests.infra.backtest.report_cases import empty
from tests.infra.backtest.report_cases import group
from tests.infra.backtest.report_cases import horizon_result
from tests.infra.backtest.report_cases import not_enough
from tests.infra.backtest.report_cases import result
from tests.infra.backtest.report_cases import run_result
from tests.infra.backtest.report_cases import undirected


def test_yes_comes_with_number_hit_rate_base_rate_lift_and_interval() -> None:
    assert answer(beats(), "15m") == (
        "Yes: of 1,465 alerts with a direction in 24 sessions, 55.0% were right 15 minutes later; "
        "the base rate is 50.8%, the lift +4.2 points (95% interval +1.3 to +7.1)."
    )


def test_no_is_said_as_plainly() -> None:
    assert answer(does_not_beat(), "15m").startswith(
        "No: of 614 alerts with a direction in 24 sessions, 51.5% "
    )


def test_no_beside_an_interval_above_0_says_why() -> None:
    found = result([run_result("x-a", 300, 0.6)])
    every = found.runs[0].groups[0]
    above = Lift(
        n=300, mean=0.068, low=0.017, high=0.123, p=0.01, p_holm=0.21, verdict="does_not_beat"
    )
    horizons = [msgspec.structs.replace(each, hit_lift=above) for each in every.horizons]
    changed = msgspec.structs.replace(every, horizons=tuple(horizons))
    run = msgspec.structs.replace(found.runs[0], groups=(changed,))

    said = answer(msgspec.structs.replace(found, runs=(run,)), "15m")

    among = found.method.comparisons_overall
    assert said.startswith("No: ")
    assert said.endswith(
        f"(95% interval +1.7 to +12.3): above 0 by itself, not among {among} comparisons "
        "(corrected p 0.21)."
    )


def test_too_little_says_what_it_lacks() -> None:
    said = answer(not_enough(), "15m")

    assert said.startswith("Not enough evidence: of 18 alerts with a direction in 6 sessions, ")
    assert said.endswith("and that is no evidence: 18 alerts, needs 30.")


def test_no_alerts_is_no_answer() -> None:
    assert answer(empty(), "15m") == "Not enough evidence: there are no alerts in this range."


def test_alerts_without_a_direction_are_answered_by_moves() -> None:
    assert answer(undirected(), "15m") == (
        "Yes: the mid moved 6.4 bps on average 15 minutes later, after 140 alerts without a "
        "direction in 24 sessions; the base is 5.1 bps, the lift +1.3 bps (95% "
        "interval +0.4 to +2.2)."
    )


def test_a_run_without_any_alert_has_none_in_this_range() -> None:
    every = group("all", "all alerts", 0, 0.5)
    run = msgspec.structs.replace(run_result("x-a", 0, 0.5), groups=(every,))

    assert answer(result([run]), "15m") == (
        "Not enough evidence: there are no alerts in this range."
    )


@pytest.mark.parametrize(
    ("n", "known_n", "words"),
    [
        (12, 0, "of 12 alerts with a direction none has a return 15 minutes later."),
        (0, 0, "there are no alerts with a direction in this range."),
    ],
)
def test_alerts_nobody_can_judge_are_no_evidence(n: int, known_n: int, words: str) -> None:
    found = msgspec.structs.replace(horizon_result("15m", 0, 0.0), n=n, known_n=known_n)
    every = msgspec.structs.replace(group("all", "all alerts", n, 0.5), horizons=(found,))
    run = msgspec.structs.replace(run_result("x-a", 40, 0.5), groups=(every,))

    assert answer(result([run]), "15m") == f"Not enough evidence: {words}"


def test_alerts_without_a_base_rate_are_told_apart() -> None:
    found = horizon_result("15m", 100, 0.6)
    fewer = msgspec.structs.replace(found, base_n=80)
    every = msgspec.structs.replace(group("all", "all alerts", 100, 0.6), horizons=(fewer,))
    run = msgspec.structs.replace(run_result("x-a", 100, 0.6), groups=(every,))

    assert "the base rate is 50.8% (for the 80 that have one)" in answer(result([run]), "15m")


def a_lift(verdict: Verdict, low: float, high: float, p_holm: float | None = 0.01) -> Lift:
    mean = (low + high) / 2
    return Lift(n=40, mean=mean, low=low, high=high, p_holm=p_holm, verdict=verdict)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (a_lift("beats", 0.01, 0.05), "▲ beats base"),
        (a_lift("does_not_beat", -0.01, 0.05), "● does not beat"),
        (a_lift("does_not_beat", 0.01, 0.05, 0.2), "● does not beat"),
        (a_lift("does_not_beat", -0.05, -0.01), "▼ below base"),
        (a_lift("does_not_beat", -0.05, -0.01, 0.2), "● does not beat"),
        (a_lift("not_evidence", 0.01, 0.05), "○ not evidence"),
        (a_lift("not_evidence", -0.05, -0.01), "○ not evidence"),
    ],
)
def test_verdicts_have_a_word_and_a_shape_each(found: Lift, words: str) -> None:
    assert verdict_words(found) == words


def test_unknown_stays_unknown() -> None:
    assert share(None) is None
    assert points(None) is None
    assert bps(None) is None
    assert p_value(None) is None
    assert share_interval(None, 0.4) is None
    assert lift_interval(Lift(n=3, mean=0.1)) is None


@pytest.mark.parametrize(
    ("low", "high", "in_bps", "text"),
    [(-0.0614, 0.052, False, "−6.1 to +5.2"), (-3.04, 0.04, True, "−3.0 to 0.0")],
)
def test_intervals_carry_their_signs(low: float, high: float, in_bps: bool, text: str) -> None:
    assert lift_interval(Lift(n=40, mean=0.0, low=low, high=high), in_bps=in_bps) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "< 0.001"), (0.001, "0.001"), (0.0999, "0.100"), (0.25, "0.25")]
)
def test_small_probabilities_are_not_rounded_to_nothing(value: float, text: str) -> None:
    assert p_value(value) == text


def test_long_lists_are_cut_and_counted() -> None:
    names = [f"S{number}" for number in range(30)]

    assert listed(names).endswith("S11 and 18 more")
    assert listed(names[:12]).endswith("S11")
