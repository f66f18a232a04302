"""Faults of the reference implementation that only the whole flow can have (specification, 13)."""

import ast

import msgspec
import pytest

from connectors.errors import TransientConnector
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.config import OptionsConfig
from infra.evaluation.metrics import CLASSIFIERS
from infra.evaluation.metrics import NEUTRAL_FAMILY
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import Evaluation
from infra.evaluation.scenarios import evaluate_scenarios
from infra.settings import read_settings
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import MarketEvent
from schemas.records import OptionsPrint
from schemas.records import SmartMoneyEvent
from tests.conftest import REPOSITORY
from tests.connectors.clickhouse.clickhouse_server import TOO_MANY_QUERIES
from tests.connectors.clickhouse.clickhouse_server import ClickHouseServer
from tests.connectors.clickhouse.test_sink import a_value
from tests.connectors.clickhouse.test_sink import batch
from tests.connectors.clickhouse.test_sink import rows
from tests.connectors.clickhouse.test_sink import writer
from tests.connectors.feeds.synthetic.sample import labelled
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import run

LEGS = {
    "call_debit_vertical": 2,
    "short_straddle_harvest": 2,
    "long_strangle": 2,
    "box_spread": 4,
    "conversion": 2,
    "roll_up_out": 2,
}


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate_scenarios(scenario_ids(), range(1, 4), OptionsConfig())


def test_fourteen_classifiers_are_live(evaluation: Evaluation) -> None:
    found = {
        name for outcome in evaluation.outcomes for name in (*outcome.fired, *outcome.fired_later)
    }
    assert len(CLASSIFIERS) == 14
    assert found == set(CLASSIFIERS)


def test_positive_scenarios_name_their_profile_instead_of_abstaining(
    evaluation: Evaluation,
) -> None:
    wanted = [each for each in evaluation.outcomes if each.truth not in {"abstain", "any"}]
    assert {each.truth for each in wanted} == {
        *("institutional_directional", "retail_whale", "event_driven"),
        *("vol_seller", "arbitrage", "hedge_reactive"),
    }
    assert [each.run for each in wanted if each.predicted is None] == []
    neutral = [each for each in evaluation.outcomes if each.family == NEUTRAL_FAMILY]
    assert all(each.predicted is None and not each.alerts for each in neutral)


def test_cancelled_block_retracts_its_alert_and_hits() -> None:
    (derived,) = OptionsRunner(OptionsConfig()).run([scenario_run("cancelled_block", 1).items])
    states = [each.state for each in derived if isinstance(each, FlowAlert)]
    hits = {each.hit_id: each.retracted for each in derived if isinstance(each, ClassifierHit)}
    assert states[0] == "open"
    assert states[-1] == "retracted"
    assert hits
    assert all(hits.values())


def test_burst_of_100_equal_packets_is_one_alert_and_its_updates() -> None:
    burst = [printed(1 + i * 600, 2.1, 700) for i in range(100)]
    quotes = [nbbo(1_000.0 * i, 2.0, 2.1) for i in range(61)]
    events = sorted([*quotes, *burst], key=lambda event: event[0].source_ts)
    engine, derived = run([equity(0, 139.9, 140.1), *events])
    alerts = only(derived, FlowAlert)
    counters = engine.counters
    assert len({alert.alert_id for alert in alerts}) == counters["alerts_opened"] == 1
    assert alerts[-1].packet_count + alerts[-1].suppressed_count == 100
    assert max(each.points for alert in alerts for each in alert.components
               if each.name == "premium") <= 25.0  # fmt: skip


@pytest.mark.parametrize("scenario_id", ["earnings_vol_probe", "pre_event_ramp"])
def test_event_profile_rests_on_reference_data_alone(scenario_id: str) -> None:
    items = scenario_run(scenario_id, 1).items
    events = [item for item in items if isinstance(item, MarketEvent)]
    assert len(events) == 1
    without = [item for item in items if not isinstance(item, MarketEvent)]
    newest = max(item.source_ts for item in items)
    later = msgspec.structs.replace(events[0], source_ts=newest + 1, announced_ts=newest + 1)
    named = [
        {each.primary_profile_id for each in found if isinstance(each, SmartMoneyEvent)}
        for found in OptionsRunner(OptionsConfig()).run([items, without, [*without, later]])
    ]
    assert "event_driven" in named[0]
    assert "event_driven" not in named[1] | named[2]


@pytest.mark.parametrize("scenario_id", ["call_sweep", "box_spread", "absorbed_sweep"])
def test_live_and_replay_are_one_engine_with_the_same_bytes(scenario_id: str) -> None:
    items = scenario_run(scenario_id, 1).items
    encode = msgspec.msgpack.Encoder().encode
    replay, live = (
        [encode(each) for each in OptionsRunner(OptionsConfig(), limit).run([items])[0]]
        for limit in (1_000, 1)
    )
    assert len(replay) > 4
    assert live == replay


def test_there_is_one_packet_builder() -> None:
    tops = ("api", "connectors", "flows", "infra", "schemas")
    found = [
        str(path.relative_to(REPOSITORY))
        for top in tops
        for path in sorted((REPOSITORY / top).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"OptionsEngine", "PacketBuilder"}
    ]
    assert found == ["flows/options/engine.py", "flows/options/flow.py"]


def test_live_market_emits_whole_packages() -> None:
    records, labels = labelled("firehose", 60)
    prints = {each.trace_id: each for each in records if isinstance(each, OptionsPrint)}
    packages = [label for label in labels if label.scenario_id in LEGS]
    assert {label.scenario_id for label in packages} >= {"box_spread", "conversion", "roll_up_out"}
    for label in packages:
        own = [prints[name] for name in label.print_trace_ids]
        assert len({each.option_contract_id for each in own}) == LEGS[label.scenario_id]
        assert len({(each.source_ts, each.exchange) for each in own}) == 1


def test_failed_insert_is_tried_again_and_else_stops_with_the_rows_in_the_log() -> None:
    values: list[bytes | None] = [a_value(number) for number in range(20)]
    with ClickHouseServer() as server:
        server.script.extend([TOO_MANY_QUERIES] * 3)
        assert writer(server.url).write(batch(values)) == []
        assert rows(server.stored) == list(range(20))
    with pytest.raises(TransientConnector, match="still in the log"):
        writer("http://127.0.0.1:9", retry_s=0.05).write(batch(values))


@pytest.mark.parametrize(("text", "expected"), [("false", False), ("true", True)])
def test_boolean_of_the_environment_is_read_as_a_word(
    text: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOW_STOP_AT_END", text)
    assert read_settings({}, None).flow.flow_stop_at_end is expected
