"""What the equities engine makes of labelled activity: as expected for 19 seeds in 20."""

from collections.abc import Sequence

import pytest

from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.equities.catalog import stock_expectation
from connectors.feeds.synthetic.equities.catalog import stock_scenario_ids
from connectors.feeds.synthetic.equities.run import stock_scenario_run
from connectors.feeds.synthetic.scenarios import ScenarioRun
from flows.equities.config import EquitiesConfig
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import QuoteEvent
from schemas.records import DarkInference
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from tests.connectors.feeds.synthetic.sample import only

SEEDS = range(1, 21)
NEEDED = 19


def as_pushed(payload: object) -> EquityQuote | None:
    return payload if isinstance(payload, EquityQuote) else None


def inferred(records: Sequence[RawRecord]) -> list[DarkInference]:
    engine = EquitiesEngine(EquitiesConfig(), as_pushed)
    events: list[QuoteEvent | EquityPrint | MarketEvent] = []
    for each in records:
        if isinstance(each, EquityQuote):
            events.append(QuoteEvent(each.source_ts, each.underlying_id, each))
        elif isinstance(each, EquityPrint | MarketEvent):
            events.append(each)
    derived = [*engine.process(events), *engine.finish()]
    return [each for each in derived if isinstance(each, DarkInference)]


def is_as_expected(run: ScenarioRun, found: list[DarkInference]) -> bool:
    (label,) = run.labels
    expected = stock_expectation(label.scenario_id)
    newest = {each.trace_id: each for each in found}
    if {each.kind for each in newest.values()} != set(expected.kinds):
        return False
    if expected.status is not None and [each.status for each in newest.values()] != [
        expected.status
    ]:
        return False
    if label.direction in {"support", "resistance"} and {
        each.zone_side for each in newest.values()
    } != {label.direction}:
        return False
    cancels = [each for each in only(run.items, EquityPrint) if each.action == "cancel"]
    if not expected.is_taken_back:
        return not cancels
    return any(
        each.source_ts == cancel.source_ts and each.revision > 0
        for each in found
        for cancel in cancels
    )


@pytest.mark.parametrize("scenario_id", stock_scenario_ids())
def test_scenario_comes_out_as_expected(scenario_id: str) -> None:
    runs = {seed: stock_scenario_run(scenario_id, seed) for seed in SEEDS}

    missed = [seed for seed, run in runs.items() if not is_as_expected(run, inferred(run.items))]

    allowed = 0 if stock_expectation(scenario_id).is_noise else len(SEEDS) - NEEDED
    assert len(missed) <= allowed, missed


def test_halted_block_is_inferred_where_nobody_tells_of_the_halt() -> None:
    run = stock_scenario_run("halt", 1)

    found = inferred([each for each in run.items if not isinstance(each, MarketEvent)])

    assert {each.kind for each in found} == {"absorbed_block"}
