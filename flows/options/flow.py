"""Prints and quotes into tape, packets, profiles, hits and alerts; wiring only.

Run with `python -m bytewax.run flows.options.flow:flow -w 2 -r DIR -s 10 -b 0`.
"""

import gc
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final

import bytewax.operators as op
import msgspec
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import Sink

from connectors.errors import RejectedRecord
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.config import SourceConfig
from connectors.kafka.dlq import dead_letter
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import OrderedSource
from connectors.kafka.stopping import stop_on_signals
from flows.errors import RejectedEvent
from flows.options.admission import admit
from flows.options.config import OptionsConfig
from flows.options.engine import Derived
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from infra.addresses import service_addresses
from infra.settings import load_settings
from schemas.catalog import topic_of
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

log: Final = structlog.get_logger()

FLOW: Final = "islandflow-options"
# In tie order at equal event time: what was quoted, then what was traded.
INPUTS: Final = ("equities.quotes", "options.nbbo", "options.prints")
OUTPUTS: Final = (OptionsTape, FlowPacket, SmartMoneyEvent, ClassifierHit, FlowAlert)
NS_PER_MS: Final = 1_000_000
COLLECT_AFTER_OBJECTS: Final = 50_000


class OptionsLogic(StatefulBatchLogic[EventBatch, Sequence[OutRecord], bytes]):
    """
    Decode a partition's batches, run them through the engine and encode what it derives.

    Open windows close at their deadline, on a tick or at the end of the input, never because the
    flow was stopped. What cannot be decoded or breaks an invariant becomes a dead letter.

    Parameters
    ----------
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : OptionsConfig
        Thresholds.
    state : bytes | None
        The engine's snapshot of the last run.
    """

    def __init__(self, wire: AvroWire, config: OptionsConfig, state: bytes | None) -> None:
        self._decoders = [wire.decoder(topic) for topic in INPUTS]
        self._outputs: dict[type[Derived], tuple[str, Callable[[msgspec.Struct], bytes]]] = {}
        for record_type in OUTPUTS:
            topic = topic_of(record_type).name
            self._outputs[record_type] = (topic, wire.encoder(topic))
        self._engine = (
            OptionsEngine(config) if state is None else OptionsEngine.restore(config, state)
        )

    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[Sequence[OutRecord]], bool]:
        """Process batches in order."""
        out: list[OutRecord] = []
        for batch in values:
            events, poison = self._events(batch)
            derived = self._engine.process(events)
            if batch.watermark_ns is not None:
                derived += self._engine.advance(batch.watermark_ns)
            if batch.is_end:
                derived += self._engine.finish()
                log.info("partition_drained", partition=batch.partition, **self._engine.counters)
            out += [dead_letter(each, FLOW) for each in poison]
            out += self._encoded(derived, batch.partition)
        return ([out] if out else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return the engine's state."""
        return self._engine.snapshot()

    def _events(self, batch: EventBatch) -> tuple[list[Event], list[PoisonRecord]]:
        decoders = self._decoders
        events: list[Event] = []
        poison = list(batch.poison)
        for at, (rank, value, late) in enumerate(
            zip(batch.ranks, batch.values, batch.late, strict=True)
        ):
            try:
                record = decoders[rank](value)
                admit(record)
                events.append((record, late == 1))
            except (RejectedRecord, RejectedEvent) as error:
                poison.append(
                    PoisonRecord(
                        topic=INPUTS[rank],
                        partition=batch.partition,
                        offset=batch.offsets[at],
                        key=batch.keys[at],
                        value=value,
                        error=str(error),
                        attempt=batch.attempts.get(at, 1),
                    )
                )
        return events, poison

    def _encoded(self, derived: list[Derived], partition: int) -> list[OutRecord]:
        outputs = self._outputs
        records = []
        for record in derived:
            topic, encode = outputs[type(record)]
            records.append(
                OutRecord(
                    topic,
                    partition,
                    record.underlying_id.encode(),
                    encode(record),
                    record.source_ts // NS_PER_MS,
                )
            )
        return records


def options_dataflow(
    source: Source[tuple[str, EventBatch]],
    wire: AvroWire,
    config: OptionsConfig,
    sink: Sink[Sequence[OutRecord]],
    *,
    ignore_state: bool = False,
) -> Dataflow:
    """
    Wire source, engine and sink.

    State is kept per partition number, so the flow has the same result with any number of
    workers. Delivery: at least once with deterministic ids; see `OrderedSource` and `KafkaSink`.

    Parameters
    ----------
    source, sink
        Where batches come from and records go.
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : OptionsConfig
        Thresholds.
    ignore_state : bool
        Start with an empty engine even if there is resume state.
    """
    flow = Dataflow("options")
    batches = op.input("ordered", flow, source)
    derived = op.stateful_batch(
        "engine",
        batches,
        lambda state: OptionsLogic(wire, config, None if ignore_state else state),
    )
    op.output("topics", op.key_rm("records", derived), sink)
    return flow


def flow() -> Dataflow:
    """Build the dataflow from the settings; registers the schemas of its topics."""
    settings = load_settings()
    addresses = service_addresses(settings.services)
    # The state of thousands of contracts stays alive: a collector that walks it every few hundred
    # records finds nothing and takes a seventh of the time.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 50, 1000)
    stop = stop_on_signals(threading.Event())
    source = SourceConfig(
        brokers=addresses.kafka,
        group=FLOW,
        topics=INPUTS,
        stop_at_end=settings.flow.flow_stop_at_end,
        deliver_policy=settings.flow.compute_deliver_policy,
        ignore_state=settings.flow.compute_consumer_reset,
        batch_records=settings.flow.flow_batch_records,
        max_idle_ms=settings.flow.flow_max_idle_ms,
        tick_ms=settings.flow.flow_tick_ms,
    )
    outputs = [topic_of(record_type).name for record_type in OUTPUTS]
    return options_dataflow(
        OrderedSource(source, stop),
        AvroWire(SchemaRegistry(addresses.registry), [*INPUTS, *outputs]),
        settings.options,
        KafkaSink(SinkConfig(brokers=addresses.kafka), stop),
        ignore_state=settings.flow.compute_consumer_reset,
    )
