"""The log in memory orders as the log does, and its registry as a registry."""

import pytest
from bytewax import operators as op
from bytewax.dataflow import Dataflow

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.memory.log import memory_log
from connectors.memory.log import ordered_batches
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import Keyed
from connectors.memory.run import MemorySink
from connectors.memory.run import MemorySource
from connectors.memory.run import run_in_process
from schemas.catalog import topic_of
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import tape

TOPICS = ("equities.quotes", "options.nbbo", "options.prints")
PARTITIONS = 4


@pytest.fixture(scope="module")
def wire() -> AvroWire:
    return AvroWire(MemoryRegistry())


def test_one_schema_has_one_id_and_an_unknown_id_no_schema() -> None:
    registry = MemoryRegistry()

    first, second = registry.register("a", '"int"'), registry.register("b", '"long"')

    assert registry.register("c", '"int"') == first != second
    assert registry.schema(second) == '"long"'
    assert (registry.schema(0), registry.schema(3)) == (None, None)


def test_a_record_goes_to_the_partition_of_its_underlying(wire: AvroWire) -> None:
    log = memory_log(wire, TOPICS, [a_print()], PARTITIONS)

    place = partition_of(b"NVDA", PARTITIONS)
    assert [len(part) for part in log["options.prints"]] == [
        int(number == place) for number in range(PARTITIONS)
    ]


def test_a_record_of_another_topic_is_refused(wire: AvroWire) -> None:
    with pytest.raises(KeyError, match=r"options\.prints"):
        memory_log(wire, TOPICS[:2], [a_print()], PARTITIONS)


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_batches_hold_every_record_once_in_event_time_order_and_then_end(
    wire: AvroWire, limit: int
) -> None:
    events = [event for event in tape(60) if event.underlying_id == "NVDA"]
    log = memory_log(wire, TOPICS, events, PARTITIONS)

    batches = ordered_batches(log, TOPICS, partition_of(b"NVDA", PARTITIONS), limit)

    assert [batch.is_end for batch in batches] == [False] * (len(batches) - 1) + [True]
    assert max(len(batch.values) for batch in batches) <= limit
    found: list[tuple[EquityQuote | OptionsNbbo | OptionsPrint, int]] = [
        (wire.decoder(TOPICS[rank])(value), late)
        for batch in batches
        for rank, value, late in zip(batch.ranks, batch.values, batch.late, strict=True)
    ]
    assert sorted(event.trace_id for event, _ in found) == sorted(e.trace_id for e in events)
    in_time = [
        (event.source_ts, TOPICS.index(topic_of(type(event)).name))
        for event, late in found
        if not late
    ]
    assert in_time == sorted(in_time)


def test_what_a_dataflow_writes_comes_back_in_order() -> None:
    items = [(f"{number % 2}", EventBatch(partition=number)) for number in range(5)]
    out: list[OutRecord] = []
    flow = Dataflow("copy")
    read = op.input("in", flow, MemorySource(items))

    def record_of(item: tuple[str, EventBatch]) -> Keyed:
        return item[0], [OutRecord("t", item[1].partition, None, None, 0)]

    op.output("out", op.map("record", read, record_of), MemorySink(out))

    run_in_process(flow)

    assert [record.partition for record in out] == [0, 1, 2, 3, 4]
