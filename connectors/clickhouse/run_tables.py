"""Tables of a replay run: a database of its own, in which the raw tables are the live ones."""

from collections.abc import Iterable

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.views import view_statement
from connectors.clickhouse.views import views_of
from schemas.catalog import topics as known_topics


def create_run_tables(
    config: ClickHouseConfig, live_database: str, derived: Iterable[str], raw: Iterable[str]
) -> None:
    """
    Create a run's database: its own tables of derived topics, and the live tables of raw ones.

    A raw table is a `Merge` table over the live one, so that every query, `FINAL` too, reads in
    the run as it does live; nothing can be written through it. Safe to call again.

    Parameters
    ----------
    config : ClickHouseConfig
        Where ClickHouse is; its database is the run's.
    live_database : str
        Where the raw tables are.
    derived, raw : iterable of str
        Topics.

    Raises
    ------
    TransientConnector
        ClickHouse is unreachable or busy.
    MisconfiguredConnector
        It refuses a statement, or a raw table does not exist.
    """
    create_tables(config, derived)
    tables = [known_topics()[name].table for name in raw]
    client = ClickHouseHttp(config)
    try:
        for table in tables:
            # Made anew, so that columns the live table has got since are there.
            client.execute(f"DROP TABLE IF EXISTS `{table}`")
            client.execute(
                f"CREATE TABLE `{table}` AS `{live_database}`.`{table}` "
                f"ENGINE = Merge(`{live_database}`, '^{table}$')"
            )
        for view in views_of(tables):
            client.execute(view_statement(view))
    finally:
        client.close()


def drop_run_tables(config: ClickHouseConfig) -> bool:
    """
    Drop a run's database, if it is there; return whether it was.

    The live tables its raw tables read are not touched.

    Raises
    ------
    TransientConnector
        ClickHouse is unreachable or busy.
    """
    client = ClickHouseHttp(config)
    try:
        was_there = client.execute(
            f"EXISTS DATABASE `{config.database}`", in_database=False
        ).strip()
        client.execute(f"DROP DATABASE IF EXISTS `{config.database}` SYNC", in_database=False)
    finally:
        client.close()
    return was_there == "1"
