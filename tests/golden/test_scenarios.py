"""Every scenario of the specification, twenty seeds each, through the real flow."""

from collections.abc import Sequence

import pytest

from connectors.feeds.synthetic.scenarios import expectation
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.config import OptionsConfig
from infra.evaluation.metrics import CLASSIFIERS
from infra.evaluation.metrics import NEUTRAL_FAMILY
from infra.evaluation.metrics import PROFILES
from infra.evaluation.metrics import measure
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import Evaluation
from infra.evaluation.scenarios import evaluate_scenarios
from schemas.records import ClassifierHit
from schemas.records import FlowAlert

SEEDS = range(1, 21)
# Options flow specification, 12.
SCENARIOS = {
    *("call_sweep", "put_sweep", "ask_lift_accumulation", "far_dated_conviction"),
    *("call_debit_vertical", "ladder_accumulation", "new_position", "call_chase", "put_panic"),
    *("earnings_vol_probe", "pre_event_ramp", "covered_call_overwrite", "cash_secured_put_write"),
    *("short_straddle_harvest", "long_strangle", "box_spread", "conversion"),
    *("reactive_put_wall", "gamma_pinch_call_hedge", "roll_up_out", "closing_unwind"),
    *("absorbed_sweep", "cancelled_block", "single_print_mid", "two_sided_scalp"),
    *("stale_quote_noise", "wide_quote_chop"),
}
NEUTRAL = ("single_print_mid", "two_sided_scalp", "stale_quote_noise", "wide_quote_chop")
# The scenario each classifier is designed for.
DESIGNED = dict(
    zip(
        CLASSIFIERS,
        (
            *("call_sweep", "put_sweep", "covered_call_overwrite", "cash_secured_put_write"),
            *("call_chase", "new_position", "closing_unwind", "gamma_pinch_call_hedge"),
            *("far_dated_conviction", "short_straddle_harvest", "call_debit_vertical"),
            *("roll_up_out", "ladder_accumulation", "absorbed_sweep"),
        ),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate_scenarios(scenario_ids(), SEEDS, OptionsConfig())


def test_the_scenarios_are_those_of_the_specification() -> None:
    assert set(scenario_ids()) == SCENARIOS


@pytest.mark.parametrize("scenario_id", sorted(SCENARIOS))
def test_a_scenario_comes_out_as_expected_for_nineteen_seeds_of_twenty(
    evaluation: Evaluation, scenario_id: str
) -> None:
    (result,) = [each for each in evaluation.scenarios if each.scenario_id == scenario_id]

    assert result.runs == len(SEEDS)
    assert result.passed >= 19, (result.missed_runs, result.misses)


@pytest.mark.parametrize(("classifier", "scenario_id"), DESIGNED.items())
def test_a_classifier_fires_on_its_scenario_for_every_seed(
    evaluation: Evaluation, classifier: str, scenario_id: str
) -> None:
    own = [each for each in evaluation.outcomes if each.scenario_id == scenario_id]

    expected = expectation(scenario_id)
    assert classifier in (*expected.must_fire, *expected.later)
    silent = [each.run for each in own if classifier not in (*each.fired, *each.fired_later)]
    assert silent == []


@pytest.mark.parametrize("scenario_id", NEUTRAL)
def test_neutral_activity_leads_to_no_hit_and_no_alert_anywhere_in_the_run(
    scenario_id: str,
) -> None:
    runs = [scenario_run(scenario_id, seed) for seed in SEEDS]

    derived = OptionsRunner(OptionsConfig()).run([run.items for run in runs])

    found: Sequence[ClassifierHit | FlowAlert] = [
        record
        for records in derived
        for record in records
        if isinstance(record, ClassifierHit | FlowAlert)
    ]
    assert all(label.family == NEUTRAL_FAMILY for run in runs for label in run.labels)
    assert all(records for records in derived)
    assert [each.trace_id for each in found] == []


def test_every_profile_is_recognised_and_seldom_wrongly(evaluation: Evaluation) -> None:
    found = {each.name: each for each in measure(evaluation.outcomes).profiles}

    for name in PROFILES:
        precision, recall = found[name].precision, found[name].recall
        assert precision is not None
        assert recall is not None
        assert min(precision, recall) >= 0.95, found[name]
