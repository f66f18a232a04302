"""Records go through the flow that runs live, each input for itself."""

import msgspec
import pytest

from flows.options.config import OptionsConfig
from flows.options.engine import OptionsEngine
from infra.evaluation.run import OptionsRunner
from infra.evaluation.run import RefusedRecord
from infra.evaluation.scenarios import outcomes_of
from infra.evaluation.scenarios import summarise
from schemas.records import ClassifierHit
from schemas.records import EquityPrint
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import tape
from tests.infra.evaluation.sweep import BID
from tests.infra.evaluation.sweep import SWEEP
from tests.infra.evaluation.sweep import sweep_run

KINDS = (OptionsTape, FlowPacket, SmartMoneyEvent, ClassifierHit, FlowAlert)


@pytest.fixture(scope="module")
def runner() -> OptionsRunner:
    return OptionsRunner(OptionsConfig())


def test_a_sweep_is_recognised_from_prints_to_alert(runner: OptionsRunner) -> None:
    run = sweep_run()

    (derived,) = runner.run([run.items])

    kinds = {type(record) for record in derived}
    assert kinds == set(KINDS)
    (outcome,) = outcomes_of(run, derived, "by hand", lambda _: SWEEP)
    assert outcome.misses == ()
    assert [each.state for each in outcome.alerts] == ["open"]


def test_the_same_sweep_at_the_bid_is_a_miss_that_says_why(runner: OptionsRunner) -> None:
    run = sweep_run(price=BID)

    (derived,) = runner.run([run.items])

    (outcome,) = outcomes_of(run, derived, "by hand", lambda _: SWEEP)
    assert "large_bullish_call_sweep did not fire" in outcome.misses
    result = summarise("call_sweep", [outcome])
    assert (result.runs, result.passed, result.is_met) == (1, 0, False)
    assert result.missed_runs == ("by hand",)


def test_a_run_is_what_the_engine_derives_of_the_records_in_order(runner: OptionsRunner) -> None:
    run = sweep_run()
    engine = OptionsEngine(OptionsConfig())

    events = [(item, False) for item in run.items if not isinstance(item, EquityPrint)]
    direct = [*engine.process(events), *engine.finish()]

    assert runner.run([run.items]) == [[each for each in direct if type(each) in KINDS]]


def test_inputs_do_not_touch_each_other(runner: OptionsRunner) -> None:
    runs = [sweep_run(size=400).items, sweep_run(size=300).items, tape(40), ()]

    together = runner.run(runs)

    assert together == [runner.run([items])[0] for items in runs]
    assert [bool(records) for records in together] == [True, True, True, False]


def test_underlyings_of_one_input_are_on_their_own_partitions(runner: OptionsRunner) -> None:
    both = [*sweep_run("NVDA").items, *sweep_run("SPY").items]

    (derived,) = runner.run([both])

    alone = runner.run([sweep_run("NVDA").items, sweep_run("SPY").items])
    assert sorted(map(msgspec.json.encode, derived)) == sorted(
        msgspec.json.encode(record) for records in alone for record in records
    )


@pytest.mark.parametrize("limit", [1, 7])
def test_batch_size_changes_nothing(runner: OptionsRunner, limit: int) -> None:
    small = OptionsRunner(OptionsConfig(), batch_records=limit)

    assert small.run([tape(60)]) == runner.run([tape(60)])


def test_a_record_the_flow_refuses_is_an_error(runner: OptionsRunner) -> None:
    with pytest.raises(RefusedRecord, match=r"options\.prints: .*size is 0"):
        runner.run([[a_print(size=0)]])
