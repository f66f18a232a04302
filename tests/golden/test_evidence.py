"""Every reference of every record of every scenario leads to a record that is there."""

from collections.abc import Iterable
from datetime import date
from datetime import timedelta

import msgspec
import pytest

from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.config import OptionsConfig
from infra.evaluation.run import OptionsRunner
from infra.evaluation.views import DerivedRecord
from schemas.records import ClassifierHit
from schemas.records import EvidenceRef
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def runner() -> OptionsRunner:
    return OptionsRunner(OptionsConfig())


def known_ids(records: Iterable[msgspec.Struct]) -> set[tuple[str, str]]:
    found = set()
    for record in records:
        match record:
            case OptionsTape():
                found.add(("option_print", record.trace_id))
            case OptionsNbbo():
                found.add(("option_nbbo", record.trace_id))
            case FlowPacket():
                found.add(("flow_packet", record.id))
            case SmartMoneyEvent():
                found.add(("smart_money", record.event_id))
            case ClassifierHit():
                found.add(("classifier_hit", record.hit_id))
            case FlowAlert():
                found.add(("alert", record.alert_id))
            case MarketEvent():
                found.add(("event_calendar", record.event_id))
            case OpenInterest():
                day = EPOCH + timedelta(days=record.as_of_date)
                found.add(("oi_snapshot", f"{record.option_contract_id}@{day.isoformat()}"))
    return found


def references(record: DerivedRecord) -> tuple[EvidenceRef, ...]:
    return () if isinstance(record, OptionsTape) else record.evidence_refs


@pytest.mark.parametrize("scenario_id", scenario_ids())
def test_every_reference_of_a_scenario_resolves(runner: OptionsRunner, scenario_id: str) -> None:
    run = scenario_run(scenario_id, 1)
    (derived,) = runner.run([run.items])
    known = known_ids([*run.items, *derived])

    loose = [
        (type(record).__name__, ref.kind, ref.id)
        for record in derived
        for ref in references(record)
        if (ref.kind, ref.id) not in known
    ]

    assert loose == []


@pytest.mark.parametrize("scenario_id", ["call_sweep", "short_straddle_harvest", "box_spread"])
def test_an_alert_leads_to_every_labelled_print(runner: OptionsRunner, scenario_id: str) -> None:
    run = scenario_run(scenario_id, 1)
    (derived,) = runner.run([run.items])

    alerts = [record for record in derived if isinstance(record, FlowAlert)]
    reached = {ref.id for alert in alerts for ref in alert.evidence_refs}
    assert alerts
    assert set(run.labels[0].print_trace_ids) <= reached
