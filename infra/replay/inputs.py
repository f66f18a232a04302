"""What a run has to read: how many raw records of which topic, and of which kind of feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import cast

from connectors.kafka.bounded import read_log
from connectors.kafka.bounds import is_reference
from connectors.kafka.serde import AvroWire
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.span import log_span
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.lag import LagMonitor
from infra.replay.request import ReplayRequest
from infra.settings import ServiceSettings
from infra.tables import open_tables
from schemas.catalog import topics
from schemas.records import EquityPrint

COUNT_GROUP = "islandflow-replay"
PRINTS = "equities.prints"
LOOKED_AT = 100
_UNTIL = "source_ts < {until:Int64}"
_BETWEEN = f"source_ts >= {{from:Int64}} AND {_UNTIL}"


@dataclass(frozen=True, slots=True)
class RunInputs:
    """
    What a run reads.

    Parameters
    ----------
    records : dict
        Raw records by topic, between its first time and its end; of all underlyings.
    first_ns : int
        Event time of the first print or quote to be read, ns UTC; of a run without a clock, which
        has no use for it, only the first that was asked for, 0 for none.
    equities_adapter : str
        Whose equity prints are aggregated, as `EQUITIES_INGEST_ADAPTER` names it.
    """

    records: dict[str, int]
    first_ns: int
    equities_adapter: str


def run_inputs(
    request: ReplayRequest, settings: ServiceSettings, addresses: StackAddresses, wire: AvroWire
) -> RunInputs:
    """
    Look at what there is to replay.

    Raises
    ------
    MisconfiguredInfra
        There is nothing.
    """
    begins: Mapping[str, int] = {}
    if request.source == "log":
        records = _in_log(request, addresses)
        if request.is_clocked:
            begins = _begins_in_log(request, addresses)
        source = _source_in_log(addresses, wire) if records[PRINTS] else ""
    else:
        records, begins, source = _in_store(request, settings, addresses)
    records = {name: count if name in request.raw_topics else 0 for name, count in records.items()}
    # Reference data alone gives nothing to derive.
    if not any(count for name, count in records.items() if not is_reference(name)):
        raise MisconfiguredInfra(_nothing(request))
    firsts = [
        first_ns
        for name, first_ns in begins.items()
        if name in request.raw_topics and not is_reference(name)
    ]
    adapter = "synthetic" if source.startswith("synthetic") else "file"
    return RunInputs(records, max([request.first_ns, *sorted(firsts)[:1]]), adapter)


def _in_log(request: ReplayRequest, addresses: StackAddresses) -> dict[str, int]:
    monitor = LagMonitor(
        addresses.kafka, COUNT_GROUP, TAPE_TOPICS, from_ns=request.first_ns, until_ns=request.to_ns
    )
    try:
        return monitor.ends()
    finally:
        monitor.close()


def _begins_in_log(request: ReplayRequest, addresses: StackAddresses) -> dict[str, int]:
    spans = log_span(addresses.kafka, request.raw_topics)
    return {each.topic: each.first_ns for each in spans if each.first_ns is not None}


def _source_in_log(addresses: StackAddresses, wire: AvroWire) -> str:
    decode = wire.decoder(PRINTS)
    for message in islice(read_log(addresses.kafka, PRINTS), LOOKED_AT):
        if message.value is not None:
            return cast(EquityPrint, decode(message.value)).source
    return ""


def _in_store(
    request: ReplayRequest, settings: ServiceSettings, addresses: StackAddresses
) -> tuple[dict[str, int], dict[str, int], str]:
    """Return the records between the bounds and the first event time of all, by topic."""
    bounds = {"from": request.first_ns, "until": request.to_ns or 2**63 - 1}
    records, begins, source = {}, {}, ""
    with open_tables(settings, addresses) as tables:
        for name in TAPE_TOPICS:
            table = topics()[name].table
            between = _UNTIL if is_reference(name) else _BETWEEN
            sql = f"SELECT countIf({between}) AS n, minOrNull(source_ts) AS first FROM {table}"  # noqa: S608 - our own names
            (found,) = tables.rows(sql, bounds)
            records[name] = int(found["n"])
            if found["first"] is not None:
                begins[name] = int(found["first"])
        if records[PRINTS]:
            sql = f"SELECT any(source) AS source FROM equities_prints WHERE {_BETWEEN}"  # noqa: S608 - our own text
            source = str(tables.rows(sql, bounds)[0]["source"])
    return records, begins, source


def _nothing(request: ReplayRequest) -> str:
    where = {"log": "the log", "store": "ClickHouse"}[request.source]
    asked = "of that time " if request.from_ns or request.to_ns else ""
    other = {"log": "--source store reads ClickHouse", "store": "--source log reads the log"}
    return (
        f"{where} holds no raw records {asked}to replay; fill the folder first (islandflow run "
        f"FILE or up), name it with --data, or try the other place: {other[request.source]}"
    )
