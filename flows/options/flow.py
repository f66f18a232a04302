"""Prints and quotes into tape, packets, profiles, hits and alerts; wiring only.

Run with `python -m bytewax.run flows.options.flow:flow -w 2 -r DIR -s 30 -b 0`.
"""

import threading
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import Protocol

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
from connectors.kafka.stopping import stop_on_signals
from connectors.redis.baselines import BaselineStore
from connectors.redis.config import BaselineStoreConfig
from connectors.redis.config import RedisConfig
from connectors.redis.warm_start import WarmStart
from flows.errors import RejectedEvent
from flows.options.admission import admit
from flows.options.config import OptionsConfig
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from infra.addresses import service_addresses
from infra.flow_setup import calm_collector
from infra.flow_setup import sink_config
from infra.flow_setup import source_config
from infra.reference_data import load_definitions
from infra.settings import load_settings
from schemas.catalog import topic_of
from schemas.records import BaselineSnapshot
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

log: Final = structlog.get_logger()

FLOW: Final = "islandflow-options"
# In tie order at equal event time: what was known, what was quoted, then what was traded.
INPUTS: Final = (
    "refdata.events",
    "refdata.open-interest",
    "equities.quotes",
    "options.nbbo",
    "options.prints",
)
OUTPUTS: Final = (
    OptionsTape,
    FlowPacket,
    SmartMoneyEvent,
    ClassifierHit,
    FlowAlert,
    BaselineSnapshot,
)
FLUSH_TIMEOUT_S: Final = 10.0
# Stamped with the time of their announcement, which may lie months before the first print.
REFERENCE: Final = (MarketEvent, OpenInterest)

# Whether the baselines have been warmed or found cold, and the engine's snapshot.
StageState = tuple[bool, bytes]


class SnapshotLoader(Protocol):
    """Where a partition without state finds the baselines it starts from."""

    def load(self, partition: int, first_ts: int) -> Sequence[BaselineSnapshot]:
        """Return what was known before a partition's first print or quote (ns UTC), in order."""
        ...


class BaselineSink(Protocol):
    """Where changed baselines go behind the flow, without anything waiting for it."""

    def is_due(self, partition: int) -> bool:
        """Return whether a partition's changed keys should be offered now."""
        ...

    def offer(self, partition: int, records: Sequence[BaselineSnapshot]) -> None:
        """Take a partition's changed keys over."""
        ...

    def flush(self, timeout_s: float) -> bool:
        """Wait until what was offered is written."""
        ...


class BaselineStores(msgspec.Struct, frozen=True):
    """
    What the flow does with its baselines beside the log.

    Parameters
    ----------
    loader : SnapshotLoader | None
        Asked once by a partition that starts without state; without one it starts cold.
    store : BaselineSink | None
        Written behind.
    """

    loader: SnapshotLoader | None = None
    store: BaselineSink | None = None


NO_STORES: Final = BaselineStores()


class OptionsStage:
    """
    Decode a partition's batches, run them through the engine and encode what it derives.

    In front of it go the marks of the order it was derived in; see `connectors.kafka.journal`.
    Open windows close at their deadline, on a tick or at the end of the input, never because the
    flow was stopped. What cannot be decoded or breaks an invariant becomes a dead letter. A
    partition that starts without state warms its baselines at its first print or quote; one with
    state goes on from that state alone.

    Parameters
    ----------
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : OptionsConfig
        Thresholds.
    state : StageState | None
        What `snapshot` returned in the last run.
    stores : BaselineStores
        Baselines beside the log.
    definitions : ContractDefinitions
        What contracts deliver, where it is not the usual.
    """

    def __init__(
        self,
        wire: AvroWire,
        config: OptionsConfig,
        state: StageState | None,
        stores: BaselineStores = NO_STORES,
        definitions: ContractDefinitions = NO_DEFINITIONS,
    ) -> None:
        self._decoders = [wire.decoder(topic) for topic in INPUTS]
        self._outputs = Outputs(wire, OUTPUTS)
        self._config_hash = config.config_hash
        self._stores = stores
        self._is_settled = state is not None and state[0]
        self._engine = (
            OptionsEngine(config, definitions)
            if state is None
            else OptionsEngine.restore(config, state[1], definitions)
        )

    def on_batch(self, values: Sequence[EventBatch]) -> Sequence[Sequence[OutRecord]]:
        """Process batches in order."""
        out: list[OutRecord] = []
        for batch in values:
            events, poison = self._events(batch)
            if not self._is_settled:
                self._warm(batch.partition, events)
            derived = self._engine.process(events)
            if batch.watermark_ns is not None:
                derived += self._engine.advance(batch.watermark_ns)
            if batch.is_end:
                derived += self._engine.finish()
                log.info("partition_drained", partition=batch.partition, **self._engine.counters)
            out += order_marks(batch, FLOW)
            made = [dead_letter(each, FLOW) for each in poison]
            made += self._outputs.messages(derived, batch.partition)
            if made:
                out += [*progress_marks(batch, FLOW), *made]
            self._store_changed(batch)
        return [out] if out else []

    def snapshot(self) -> StageState:
        """Return the engine's state, and whether its baselines are still to be warmed."""
        return self._is_settled, self._engine.snapshot()

    def _warm(self, partition: int, events: list[Event]) -> None:
        """Take over the newest baselines older than the first market event of the partition."""
        first_ts = next(
            (record.source_ts for record, _ in events if not isinstance(record, REFERENCE)), None
        )
        if first_ts is None:
            return
        self._is_settled = True
        loader = self._stores.loader
        if loader is None:
            return
        try:
            self._engine.baselines.warm(loader.load(partition, first_ts))
        except RejectedEvent as error:
            log.warning("baselines_not_readable", partition=partition, error=str(error))

    def _store_changed(self, batch: EventBatch) -> None:
        store = self._stores.store
        if store is not None and (batch.is_end or store.is_due(batch.partition)):
            store.offer(batch.partition, self._engine.baselines.changed(self._config_hash))
            if batch.is_end:
                store.flush(FLUSH_TIMEOUT_S)

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
                poison.append(batch.rejected(at, INPUTS[rank], error))
        return events, poison


def options_dataflow(
    source: FixedPartitionedSource[tuple[str, EventBatch], Any],
    wire: AvroWire,
    config: OptionsConfig,
    sink: Sink[Any],
    *,
    ignore_state: bool = False,
    stores: BaselineStores = NO_STORES,
    definitions: ContractDefinitions = NO_DEFINITIONS,
) -> Dataflow:
    """
    Wire source, engine and sink.

    State is kept per partition number, so the flow has the same result with any number of
    workers. Delivery: at least once with deterministic ids; see `OrderedSource`, `StagedSource`
    and `KafkaSink`.

    Parameters
    ----------
    source, sink
        Where batches come from, and where (key, records) go.
    wire : AvroWire
        Codecs of the inputs and outputs.
    config : OptionsConfig
        Thresholds.
    ignore_state : bool
        Start with an empty engine even if there is resume state.
    stores : BaselineStores
        Where baselines come from and go to beside the log; by default nowhere.
    definitions : ContractDefinitions
        What contracts deliver, where it is not the usual.
    """

    def stage(state: StageState | None) -> OptionsStage:
        return OptionsStage(wire, config, None if ignore_state else state, stores, definitions)

    flow = Dataflow("options")
    derived = op.input("ordered", flow, StagedSource(source, stage))
    op.output("topics", derived, sink)
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
    # What a replay learns is not what the live flow goes on from.
    store = (
        None
        if settings.flow.flow_namespace
        else BaselineStore(
            BaselineStoreConfig(
                redis=RedisConfig(url=addresses.redis), ttl_s=settings.options.baselines.ttl_sec
            )
        )
    )
    partitions = partition_count(addresses.kafka, source.topics)
    loader = WarmStart(
        settings.flow.baseline_snapshot,
        partitions,
        store,
        addresses.clickhouse,
        settings.services.clickhouse_database,
    )
    outputs = [topic_of(record_type).name for record_type in OUTPUTS]
    definitions = load_definitions(settings.flow.refdata_contracts_path)
    config = msgspec.structs.replace(
        settings.options, definitions_hash=definitions.content_hash if definitions else ""
    )
    return options_dataflow(
        OrderedSource(source, stop),
        AvroWire(SchemaRegistry(addresses.registry), [*INPUTS, *outputs]),
        config,
        KafkaSink(sink_config(settings.flow, addresses), stop, partitions),
        ignore_state=settings.flow.compute_consumer_reset,
        stores=BaselineStores(loader, store),
        definitions=definitions,
    )
