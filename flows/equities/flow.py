"""Equity prints and quotes into joins, inferences, candles, profiles, state and signals; wiring.

Run with `python -m bytewax.run flows.equities.flow:flow -w 2 -r DIR -s 30 -b 0`.
"""

import threading
from collections.abc import Sequence
from typing import Any
from typing import Final

import bytewax.operators as op
import msgspec
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.outputs import Sink

from connectors.errors import RejectedRecord
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.copartition import partition_count
from connectors.kafka.dlq import dead_letter
from connectors.kafka.journal import order_marks
from connectors.kafka.journal import progress_marks
from connectors.kafka.outputs import Outputs
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import OrderedSource
from connectors.kafka.staged import StagedSource
from connectors.kafka.stamps import read_source_stamps
from connectors.kafka.stopping import stop_on_signals
from connectors.redis.candle_sink import CandleCacheSink
from connectors.redis.config import CandleCacheConfig
from connectors.redis.config import RedisConfig
from flows.equities.admission import check_print
from flows.equities.admission import check_quote
from flows.equities.config import EquitiesConfig
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from flows.equities.engine import QuoteEvent
from flows.errors import RejectedEvent
from infra.addresses import service_addresses
from infra.flow_setup import calm_collector
from infra.flow_setup import sink_config
from infra.flow_setup import source_config
from infra.reference_data import load_strategies
from infra.settings import load_settings
from schemas.catalog import topic_of
from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import EquityQuote
from schemas.records import EquityState
from schemas.records import FlowAlert
from schemas.records import Signal

log: Final = structlog.get_logger()

FLOW: Final = "islandflow-equities"
# In tie order at equal event time: what was known, what was quoted, then what was traded.
INPUTS: Final = ("refdata.events", "equities.quotes", "equities.prints")
QUOTES: Final = INPUTS.index("equities.quotes")
PRINTS: Final = INPUTS.index("equities.prints")
OUTPUTS: Final = (
    EquityJoin,
    DarkInference,
    EquityCandle,
    EquityProfile,
    EquityOrderFlow,
    EquityState,
    Signal,
    FlowAlert,
)

# Messages for the log, and candles for the cache.
Made = tuple[Sequence[OutRecord], Sequence[EquityCandle]]
# Value, partition, offset and key of a quote that nothing has looked at yet.
QuotePayload = tuple[bytes, int, int, bytes | None]


class EquitiesStage:
    """
    Decode a partition's batches, run them through the engine and encode what it derives.

    A quote is decoded when a print or a follow-up looks at it: of a busy underlying most never
    are. What cannot be decoded or breaks an invariant becomes a dead letter, a quote when that is
    noticed. In front of what is derived go the marks of its order; see `connectors.kafka.journal`.

    Parameters
    ----------
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : EquitiesConfig
        Thresholds.
    state : bytes | None
        The engine's snapshot of the last run.
    """

    def __init__(self, wire: AvroWire, config: EquitiesConfig, state: bytes | None) -> None:
        self._decoders = [wire.decoder(topic) for topic in INPUTS]
        self._outputs = Outputs(wire, OUTPUTS)
        self._poison: list[PoisonRecord] = []
        self._names: dict[bytes, str] = {}
        self._engine = (
            EquitiesEngine(config, self._quote)
            if state is None
            else EquitiesEngine.restore(config, self._quote, state)
        )

    def on_batch(self, values: Sequence[EventBatch]) -> Sequence[Made]:
        """Process batches in order."""
        out: list[OutRecord] = []
        candles: list[EquityCandle] = []
        for batch in values:
            self._poison += batch.poison
            derived = self._engine.process(self._events(batch))
            if batch.watermark_ns is not None:
                derived += self._engine.advance(batch.watermark_ns)
            if batch.is_end:
                derived += self._engine.finish()
                log.info("partition_drained", partition=batch.partition, **self._engine.counters)
            out += order_marks(batch, FLOW)
            made = [dead_letter(each, FLOW) for each in self._poison]
            self._poison.clear()
            made += self._outputs.messages(derived, batch.partition)
            if made:
                out += [*progress_marks(batch, FLOW), *made]
            candles += [record for record in derived if type(record) is EquityCandle]
        return [(out, candles)] if out else []

    def snapshot(self) -> bytes:
        """Return the engine's state."""
        return self._engine.snapshot()

    def _events(self, batch: EventBatch) -> list[Event]:
        events: list[Event] = []
        names, values, keys, offsets = self._names, batch.values, batch.keys, batch.offsets
        stamps = read_source_stamps(values)[0].tolist()
        for at, rank in enumerate(batch.ranks):
            key = keys[at]
            payload: QuotePayload = (values[at], batch.partition, offsets[at], key)
            if rank == QUOTES and key is not None:
                name = names.get(key)
                if name is None:
                    name = names[key] = key.decode(errors="replace")
                events.append(QuoteEvent(stamps[at], name, payload))
                continue
            try:
                record = self._decoders[rank](values[at])
                if rank == PRINTS:
                    check_print(record)
                elif rank == QUOTES:
                    # Without a key nobody knows whose it is until it is decoded.
                    record = QuoteEvent(record.source_ts, record.underlying_id, payload)
                events.append(record)
            except (RejectedRecord, RejectedEvent) as error:
                self._poison.append(batch.rejected(at, INPUTS[rank], error))
        return events

    def _quote(self, payload: QuotePayload) -> EquityQuote | None:
        """Decode a quote something looks at; null, and a dead letter, when it is none."""
        value, partition, offset, key = payload
        try:
            record: EquityQuote = self._decoders[QUOTES](value)
            check_quote(record)
        except (RejectedRecord, RejectedEvent) as error:
            topic = INPUTS[QUOTES]
            self._poison.append(PoisonRecord(topic, partition, offset, key, value, str(error)))
            return None
        return record


def equities_dataflow(
    source: FixedPartitionedSource[tuple[str, EventBatch], Any],
    wire: AvroWire,
    config: EquitiesConfig,
    sink: Sink[Any],
    *,
    cache: Sink[Any] | None = None,
    ignore_state: bool = False,
) -> Dataflow:
    """
    Wire source, engine, sink and cache.

    State is kept per partition number, so the flow has the same result with any number of
    workers. Delivery: at least once with deterministic ids; see `OrderedSource`, `StagedSource`
    and `KafkaSink`. The cache is at most once and holds nothing the log does not.

    Parameters
    ----------
    source, sink
        Where batches come from, and where (key, records) go.
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : EquitiesConfig
        Thresholds.
    cache : Sink | None
        Where (key, candles) go, or nowhere.
    ignore_state : bool
        Start with an empty engine even if there is resume state.
    """

    def stage(state: bytes | None) -> EquitiesStage:
        return EquitiesStage(wire, config, None if ignore_state else state)

    flow = Dataflow("equities")
    made = op.input("ordered", flow, StagedSource(source, stage))
    op.output("topics", op.map("records", made, lambda item: (item[0], item[1][0])), sink)
    if cache is not None:
        candles = op.map("candles", made, lambda item: (item[0], item[1][1]))
        op.output("cache", candles, cache)
    return flow


def flow() -> Dataflow:
    """Build the dataflow from the settings; registers the schemas of its topics."""
    settings = load_settings()
    addresses = service_addresses(settings.services)
    calm_collector()
    stop = stop_on_signals(threading.Event())
    source = source_config(
        settings.flow, addresses, FLOW, INPUTS, settings.flow.compute_deliver_policy
    )
    outputs = [topic_of(record_type).name for record_type in OUTPUTS]
    strategies = load_strategies(settings.feed.strategies_path)
    config = msgspec.structs.replace(settings.equities, strategies=strategies)
    cached = CandleCacheConfig(
        redis=RedisConfig(url=addresses.redis),
        kept=settings.flow.candle_cache_bars,
        ttl_s=settings.flow.candle_cache_ttl_sec,
    )
    partitions = partition_count(addresses.kafka, source.topics)
    return equities_dataflow(
        OrderedSource(source, stop),
        AvroWire(SchemaRegistry(addresses.registry), [*INPUTS, *outputs]),
        config,
        KafkaSink(sink_config(settings.flow, addresses), stop, partitions),
        # The cache is the live market's.
        cache=None if settings.flow.flow_namespace else CandleCacheSink(cached),
        ignore_state=settings.flow.compute_consumer_reset,
    )
