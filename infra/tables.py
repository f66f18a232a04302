"""Read the tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.clickhouse.client import ClickHouseClient
from infra.embedded.stack import StackAddresses
from infra.settings import ServiceSettings


@contextmanager
def open_tables(settings: ServiceSettings, addresses: StackAddresses) -> Iterator[ClickHouseClient]:
    """Open a connection to the tables for the length of a block."""
    client = ClickHouseClient(addresses.clickhouse, settings.clickhouse_database)
    try:
        yield client
    finally:
        client.close()
