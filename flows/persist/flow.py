"""Every topic into its table: `python -m bytewax.run flows.persist.flow:flow`."""

import threading
from collections.abc import Iterable
from typing import Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.sink import ClickHouseSink
from connectors.kafka.namespace import in_namespace
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.stopping import stop_on_signals
from connectors.kafka.topic_source import TopicSource
from connectors.kafka.topic_source import TopicSourceConfig
from infra.addresses import service_addresses
from infra.flow_setup import sink_config
from infra.flow_setup import stored_topics
from infra.settings import load_settings

GROUP: Final = "islandflow-persist"


def persist_dataflow(source: TopicSource, sink: ClickHouseSink) -> Dataflow:
    """
    Wire topics to tables.

    Delivery: at least once, rows idempotent; see `TopicSource` and `ClickHouseSink`.
    """
    flow = Dataflow("persist")
    batches = op.input("topics", flow, source)
    op.output("tables", batches, sink)
    return flow


def flow(names: Iterable[str] = ()) -> Dataflow:
    """
    Build the dataflow from the settings; creates the tables that do not exist.

    Parameters
    ----------
    names : iterable of str
        Topics; all of them by default, and in a replay those it derives.
    """
    settings = load_settings()
    addresses = service_addresses(settings.services)
    namespace = settings.flow.flow_namespace
    selected = tuple(names) or stored_topics(settings.flow)
    clickhouse = ClickHouseConfig(
        url=addresses.clickhouse, database=settings.services.clickhouse_database
    )
    create_tables(clickhouse, selected)
    stop = stop_on_signals(threading.Event())
    source = TopicSourceConfig(
        brokers=addresses.kafka,
        group=in_namespace(namespace, GROUP),
        topics=selected,
        namespace=namespace,
        stop_at_end=settings.flow.flow_stop_at_end,
        batch_rows=settings.flow.persist_batch_rows,
        max_wait_ms=settings.flow.persist_max_wait_ms,
    )
    sink = ClickHouseSink(
        clickhouse,
        sink_config(settings.flow, addresses),
        AvroWire(SchemaRegistry(addresses.registry), selected),
        GROUP,
        stop,
    )
    return persist_dataflow(TopicSource(source, stop), sink)
