"""The options tape into net premium; wiring only.

Run with `python -m bytewax.run flows.premium.flow:flow -r DIR -s 30 -b 0`.
"""

import threading
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import cast

import bytewax.operators as op
import msgspec
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import Sink

from connectors.errors import RejectedRecord
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.batch import message_of
from connectors.kafka.copartition import partition_count
from connectors.kafka.dlq import dead_letter
from connectors.kafka.partitioner import partition_key
from connectors.kafka.partitioner import partition_of
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import OrderedSource
from connectors.kafka.staged import StagedSource
from connectors.kafka.stopping import stop_on_signals
from flows.errors import RejectedEvent
from flows.premium.config import PremiumConfig
from flows.premium.engine import PremiumEngine
from flows.premium.measures import check_row
from flows.premium.report import Report
from flows.premium.tide import Tide
from infra.addresses import service_addresses
from infra.flow_setup import calm_collector
from infra.flow_setup import sink_config
from infra.flow_setup import source_config
from infra.settings import load_settings
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape

log: Final = structlog.get_logger()

FLOW: Final = "islandflow-premium"
INPUT: Final = "options.tape"
OUTPUT: Final = "options.net-premium"
TIDE_KEY: Final = "tide"

Told = tuple[Sequence[OutRecord], Report]


class Encoder:
    """
    Turn records of net premium into messages.

    Parameters
    ----------
    wire : AvroWire
        Codec of the topic.
    """

    def __init__(self, wire: AvroWire) -> None:
        self._encode = wire.encoder(OUTPUT)

    def message(self, record: OptionsNetPremium, partition: int) -> OutRecord:
        """Return a record as the message for a partition."""
        return message_of(OUTPUT, partition, record, self._encode)


class PremiumStage:
    """
    Decode a partition's tape, run it through the engine, encode what comes out, tell the tide.

    What cannot be decoded or has impossible amounts becomes a dead letter.

    Parameters
    ----------
    wire : AvroWire
        Codecs of tape and net premium.
    config : PremiumConfig
        Cadence, basket and memory.
    state : bytes | None
        The engine's snapshot of the last run.
    """

    def __init__(self, wire: AvroWire, config: PremiumConfig, state: bytes | None) -> None:
        self._decode = wire.decoder(INPUT)
        self._encoder = Encoder(wire)
        self._engine = (
            PremiumEngine(config) if state is None else PremiumEngine.restore(config, state)
        )

    def on_batch(self, values: Sequence[EventBatch]) -> Sequence[Told]:
        """Process batches in order."""
        told: list[Told] = []
        for batch in values:
            rows, poison = self._rows(batch)
            found = self._engine.process(rows)
            if batch.watermark_ns is not None:
                found += self._engine.advance(batch.watermark_ns)
            if batch.is_end:
                found += self._engine.finish()
                log.info("partition_drained", partition=batch.partition, **self._engine.counters)
            out = [dead_letter(each, FLOW) for each in poison]
            out += [self._encoder.message(record, batch.partition) for record in found]
            told.append((out, self._engine.report(batch.partition, is_end=batch.is_end)))
        return told

    def snapshot(self) -> bytes:
        """Return the engine's state."""
        return self._engine.snapshot()

    def _rows(self, batch: EventBatch) -> tuple[list[OptionsTape], list[PoisonRecord]]:
        rows: list[OptionsTape] = []
        poison = list(batch.poison)
        for at, value in enumerate(batch.values):
            try:
                row = cast(OptionsTape, self._decode(value))
                check_row(row)
                rows.append(row)
            except (RejectedRecord, RejectedEvent) as error:
                poison.append(batch.rejected(at, INPUT, error))
        return rows, poison


class TideLogic(StatefulBatchLogic[Report, Sequence[OutRecord], bytes]):
    """
    Bring the partitions' reports together; see `Tide`.

    Parameters
    ----------
    wire : AvroWire
        Codec of net premium.
    tide : Tide
        New, or of the last run.
    partitions : int
        How many partitions the topic has.
    """

    def __init__(self, wire: AvroWire, tide: Tide, partitions: int) -> None:
        self._encoder = Encoder(wire)
        self._tide = tide
        self._partitions = partitions

    def on_batch(self, values: list[Report]) -> tuple[Iterable[Sequence[OutRecord]], bool]:
        """Take reports."""
        out = [
            self._encoder.message(
                record, partition_of(record.underlying_id.encode(), self._partitions)
            )
            for report in values
            for record in self._tide.take(report)
        ]
        return ([out] if out else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return the tide's state."""
        return self._tide.snapshot()


class PremiumRun(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a run of the flow behaves.

    Parameters
    ----------
    partitions : int
        How many partitions tape and net premium have.
    stop_at_end : bool
        The input ends; then the tide waits for every partition.
    ignore_state : bool
        Start empty even if there is resume state.
    """

    partitions: int
    stop_at_end: bool
    ignore_state: bool = False


def premium_dataflow(
    source: FixedPartitionedSource[tuple[str, EventBatch], Any],
    wire: AvroWire,
    config: PremiumConfig,
    sink: Sink[Any],
    run: PremiumRun,
) -> Dataflow:
    """
    Wire source, engines, tide and sink.

    The engines' state is kept per partition number and the tide's under one key, and both are
    functions of the tape alone, so the flow has the same result with any number of workers.
    Delivery: at least once with deterministic ids; see `OrderedSource`, `StagedSource` and
    `KafkaSink`.

    Parameters
    ----------
    source, sink
        Where batches come from, and where (key, records) go.
    wire : AvroWire
        Codecs of tape and net premium.
    config : PremiumConfig
        Cadence, basket and memory.
    run : PremiumRun
        Number of partitions, and whether the input ends.
    """

    def new_tide(state: bytes | None) -> TideLogic:
        count, waits = run.partitions, run.stop_at_end
        if state is None or run.ignore_state:
            tide = Tide(config, count, waits_for_all=waits)
        else:
            tide = Tide.restore(config, count, state, waits_for_all=waits)
        return TideLogic(wire, tide, count)

    def stage(state: bytes | None) -> PremiumStage:
        return PremiumStage(wire, config, None if run.ignore_state else state)

    flow = Dataflow("premium")
    told = op.input("ordered", flow, StagedSource(source, stage))
    reports = op.map("report", told, lambda item: (TIDE_KEY, item[1][1]))
    tide = op.stateful_batch("tide", reports, new_tide)
    records = op.map("records", told, lambda item: (item[0], item[1][0]))
    # Any worker may write them: what a record is and where it goes, it says itself.
    tides = op.map("tide_records", tide, lambda item: (partition_key(0), item[1]))
    op.output("topic", op.merge("all", records, tides), sink)
    return flow


def flow() -> Dataflow:
    """
    Build the dataflow from the settings; registers the schemas of its topics.

    Without resume state it starts at the first row kept, whatever COMPUTE_DELIVER_POLICY says: a
    session that is entered in its middle has wrong sums.
    """
    settings = load_settings()
    addresses = service_addresses(settings.services)
    calm_collector()
    stop = stop_on_signals(threading.Event())
    source = source_config(settings.flow, addresses, FLOW, (INPUT,), "all")
    partitions = partition_count(addresses.kafka, source.topics)
    run = PremiumRun(
        partitions=partitions,
        stop_at_end=settings.flow.flow_stop_at_end,
        ignore_state=settings.flow.compute_consumer_reset,
    )
    return premium_dataflow(
        OrderedSource(source, stop),
        AvroWire(SchemaRegistry(addresses.registry), [INPUT, OUTPUT]),
        settings.premium,
        KafkaSink(sink_config(settings.flow, addresses), stop, partitions),
        run,
    )
