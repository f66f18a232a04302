"""Tables of the records, created from the checked-in statements."""

from collections.abc import Iterable
from importlib.resources import files

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp
from schemas.catalog import topics as known_topics


def table_statement(table: str) -> str:
    """Return the CREATE TABLE IF NOT EXISTS of a table, as generated from its schema."""
    text = files("schemas").joinpath("clickhouse", f"{table}.sql").read_text(encoding="utf-8")
    return text.strip()


def create_tables(config: ClickHouseConfig, topics: Iterable[str] | None = None) -> list[str]:
    """
    Create the database and the tables of topics where they do not exist; return the tables.

    Parameters
    ----------
    config : ClickHouseConfig
        Where ClickHouse is.
    topics : iterable of str, optional
        Topics; all of them by default.

    Raises
    ------
    TransientConnector
        ClickHouse is unreachable or busy.
    MisconfiguredConnector
        It refuses a statement.
    """
    known = known_topics()
    tables = [known[name].table for name in (known if topics is None else topics)]
    client = ClickHouseHttp(config)
    try:
        client.execute(f"CREATE DATABASE IF NOT EXISTS `{config.database}`", in_database=False)
        for table in tables:
            client.execute(table_statement(table))
    finally:
        client.close()
    return tables
