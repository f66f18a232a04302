"""Tables and views of the records: checked-in statements, and what keeps tables up to date."""

import json
from collections.abc import Iterable
from importlib.resources import files

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.migration import expected_columns
from connectors.clickhouse.migration import is_resorted
from connectors.clickhouse.migration import migration
from connectors.clickhouse.migration import projection_of
from connectors.clickhouse.views import view_statement
from connectors.clickhouse.views import views_of
from schemas.catalog import topics as known_topics


def table_statement(table: str) -> str:
    """Return the CREATE TABLE IF NOT EXISTS of a table, as generated from its schema."""
    text = files("schemas").joinpath("clickhouse", f"{table}.sql").read_text(encoding="utf-8")
    return text.strip()


def create_tables(config: ClickHouseConfig, topics: Iterable[str] | None = None) -> list[str]:
    """
    Create the database and the tables of topics, or bring them up to date; return the tables.

    A table an older version made gets the columns it lacks, and its tuples the fields they lack;
    rows that are there take the defaults. The views over these tables are made anew. Safe to call
    any number of times, from any number of processes.

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
        It refuses a statement, or a table cannot be brought up to date without losing rows.
    """
    known = known_topics()
    tables = [known[name].table for name in (known if topics is None else topics)]
    client = ClickHouseHttp(config)
    try:
        client.execute(f"CREATE DATABASE IF NOT EXISTS `{config.database}`", in_database=False)
        for table in tables:
            client.execute(table_statement(table))
        _bring_up_to_date(client, tables)
        for view in views_of(tables):
            client.execute(view_statement(view))
    finally:
        client.close()
    return tables


def _bring_up_to_date(client: ClickHouseHttp, tables: list[str]) -> None:
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in _rows(
        client,
        "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() "
        "ORDER BY table, position",
    ):
        columns.setdefault(table, {})[name] = kind
    keys = dict(
        _rows(
            client, "SELECT name, sorting_key FROM system.tables WHERE database = currentDatabase()"
        )
    )
    # All are looked at before any is changed: a refusal leaves every table as it was.
    changes = [
        migration(table, table_statement(table), columns[table], keys[table]) for table in tables
    ]
    by_time = {
        table
        for (table,) in _rows(
            client,
            "SELECT table FROM system.projections WHERE database = currentDatabase() "
            "AND name = 'by_time'",
        )
    }
    for table, change in zip(tables, changes, strict=True):
        statement = table_statement(table)
        if change is not None:
            # The columns of a projection are those of the table on the day it was made.
            client.execute(f"ALTER TABLE `{table}` DROP PROJECTION IF EXISTS by_time")
            by_time.discard(table)
            client.execute(change)
        if is_resorted(statement, keys[table]):
            _sort_anew(client, table)
            by_time.add(table)
        projection = projection_of(statement)
        if projection is not None and table not in by_time:
            _store_by_time(client, table, projection)


def _store_by_time(client: ClickHouseHttp, table: str, projection: str) -> None:
    """Keep a table's rows in order of time too; those that are there are written so behind."""
    client.execute(
        f"ALTER TABLE `{table}` MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild'"
    )
    client.execute(f"ALTER TABLE `{table}` ADD PROJECTION IF NOT EXISTS {projection}")
    client.execute(f"ALTER TABLE `{table}` MATERIALIZE PROJECTION by_time")


def _sort_anew(client: ClickHouseHttp, table: str) -> None:
    """Write a table's rows into one with the key of today and put that in its place."""
    draft = f"{table}_resorted"
    statement = table_statement(table)
    # An alias is worked out when it is read; there is nothing of it to carry over.
    stored = [name for name, kind in expected_columns(statement).items() if " ALIAS " not in kind]
    columns = ", ".join([f"`{name}`" for name in stored])
    client.execute(f"DROP TABLE IF EXISTS `{draft}` SYNC")
    client.execute(statement.replace(f"IF NOT EXISTS {table}\n", f"`{draft}`\n"))
    client.execute(f"INSERT INTO `{draft}` ({columns}) SELECT {columns} FROM `{table}`")  # noqa: S608 - our own names
    client.execute(f"EXCHANGE TABLES `{table}` AND `{draft}`")
    client.execute(f"DROP TABLE `{draft}` SYNC")


def _rows(client: ClickHouseHttp, query: str) -> list[list[str]]:
    lines = client.execute(f"{query} FORMAT JSONCompactEachRow").splitlines()
    return [json.loads(line) for line in lines if line]
