"""In a replay run derived ids resolve in the run, raw ids in the ordinary tables."""

import msgspec

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.run_tables import create_run_tables
from infra.replay.names import database_of
from schemas.catalog import topics
from tests.api.evidence.chains import Options
from tests.api.evidence.desk import Desk

RUN = "monday"
RAW = ("options.nbbo", "refdata.events", "refdata.open-interest", "equities.quotes")


def run_desk(desk: Desk) -> Desk:
    """Return a desk over the tables of a run beside those of a desk."""
    database = database_of(desk.config.database, RUN)
    raw = (*RAW, "options.prints", "equities.prints")
    derived = [name for name in topics() if name not in raw and not name.startswith("control")]
    config = ClickHouseConfig(url=desk.config.url, database=database)
    create_run_tables(config, desk.config.database, derived, raw)
    return Desk(desk.config.url, database)


def test_chain_of_a_run_is_the_runs_own_over_the_ordinary_quotes(desk: Desk) -> None:
    chain = Options()
    records = chain.records()
    alert = msgspec.structs.replace(records[chain.alert_id], headline="of the run")
    reference = ("OptionsNbbo", "MarketEvent", "OpenInterest")
    raw = [each for each in records.values() if type(each).__name__ in reference]
    derived = [each for each in records.values() if type(each).__name__ not in reference]
    run = run_desk(desk)
    try:
        desk.insert(raw)
        run.insert([*[each for each in derived if each is not records[chain.alert_id]], alert])
    finally:
        run.close()

    found = desk.answer("/evidence", ref=chain.alert_id, run=RUN)

    assert found["alert"]["headline"] == "of the run"
    assert [row["trace_id"] for row in found["prints"]] == chain.print_ids
    assert [row["trace_id"] for row in found["quotes"]] == chain.quote_ids
    assert found["missing"] == []
    live = desk.answer("/evidence", ref=chain.alert_id)
    assert live["missing"] == [{"ref": chain.alert_id, "reason": "not_found"}]
    quote = desk.answer("/evidence", ref=f"option-nbbo:{chain.quote_ids[0]}")
    assert (quote["missing"], len(quote["quotes"])) == ([], 1)


def test_rings_of_a_run_are_not_those_of_live(desk: Desk) -> None:
    chain = Options()
    run_desk(desk).close()
    desk.rings.hold(chain.derived())

    found = desk.answer("/evidence", ref=chain.alert_id, run=RUN, depth=0)

    assert (found["alert"], found["missing"][0]["reason"]) == (None, "not_found")
