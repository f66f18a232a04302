"""Bring log and tables into shape before anything is published."""

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.kafka.admin import apply_topics
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.settings import ServiceSettings
from redpanda.catalog import topic_catalog


def prepare(settings: ServiceSettings, addresses: StackAddresses) -> AvroWire:
    """
    Create topics and tables, register schemas; return the wire of all topics.

    Safe to call any number of times.
    """
    apply_topics(addresses.kafka, topic_catalog())
    create_tables(ClickHouseConfig(url=addresses.clickhouse, database=settings.clickhouse_database))
    return AvroWire(SchemaRegistry(addresses.registry))
