"""One ClickHouse for the folder, a database for each module that asks, and the recorded session."""

import hashlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.settings import load_settings
from tests.api.evidence.desk import Desk


@pytest.fixture(scope="package")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of an embedded ClickHouse."""
    with EmbeddedStack(tmp_path_factory.mktemp("evidence")) as stack:
        yield stack.addresses.clickhouse


@pytest.fixture(scope="package")
def new_desk(clickhouse: str) -> Iterator[Callable[[str], Desk]]:
    """Return a maker of desks over empty tables of their own."""
    made: list[Desk] = []

    def make(name: str) -> Desk:
        database = f"d{hashlib.sha256(name.encode()).hexdigest()[:10]}"
        create_tables(ClickHouseConfig(url=clickhouse, database=database))
        made.append(Desk(clickhouse, database))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(request: pytest.FixtureRequest, new_desk: Callable[[str], Desk]) -> Desk:
    """Return a desk over tables no other test uses."""
    return new_desk(request.node.nodeid)


@pytest.fixture(scope="package")
def session_desk(recorded: StackAddresses) -> Iterator[Desk]:
    """Yield a desk over the recorded session, which the real flows have derived."""
    found = Desk(recorded.clickhouse, load_settings().services.clickhouse_database)
    yield found
    found.close()
