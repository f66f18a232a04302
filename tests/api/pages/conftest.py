"""One ClickHouse for the folder, and the pages over it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from infra.embedded.stack import EmbeddedStack
from tests.api.pages.market import Pages
from tests.api.pages.market import Tables

DATABASE = "pages"


@pytest.fixture(scope="package")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """Yield empty tables of an embedded ClickHouse, shared by the tests of the folder."""
    with EmbeddedStack(tmp_path_factory.mktemp("pages")) as stack:
        url = stack.addresses.clickhouse
        create_tables(ClickHouseConfig(url=url, database=DATABASE))
        with closing(Tables(url, DATABASE)) as found:
            yield found


@pytest.fixture
def pages(tables: Tables, tmp_path: Path) -> Pages:
    """Return the pages over the folder's tables, with no ring."""
    return Pages(tables, tmp_path)
