"""The services under test: embedded, a real Apache Kafka, and Redpanda where Docker is."""

import hashlib
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.settings import load_settings
from tests.conftest import real_data_path
from tests.infra.cli.command import islandflow
from tests.services.finished_run import FinishedRun
from tests.services.kafka.apache_kafka import ApacheKafka
from tests.services.kafka.apache_kafka import ApacheKafkaUnavailableError
from tests.services.kafka.apache_kafka import find_tools
from tests.services.replay_market import Market

HERE = Path(__file__).parent
VST = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m "not services"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.services)


@pytest.fixture(autouse=True)
def settings_of_its_own() -> Iterator[None]:
    """
    Let each test read the environment it sets.

    A process reads its settings once, so those of a test before would be those of this one.
    """
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the bootstrap address of a real Apache Kafka, or skip where it cannot run."""
    try:
        tools = find_tools()
    except ApacheKafkaUnavailableError as reason:
        pytest.skip(str(reason))
    broker = ApacheKafka(tools, tmp_path_factory.mktemp("apache-kafka"))
    try:
        yield broker.start()
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackAddresses]:
    """Yield the addresses of the embedded services, shared by every test of the session."""
    with EmbeddedStack(tmp_path_factory.mktemp("embedded")) as stack:
        yield stack.addresses


@pytest.fixture
def new_embedded_stack(tmp_path: Path) -> Iterator[Callable[[str], EmbeddedStack]]:
    """
    Return a maker of embedded stacks for tests that stop, kill or restart them.

    A stack made twice under one name lives on the same folder. None is started; all are stopped.
    """
    with ExitStack() as made:

        def make(name: str) -> EmbeddedStack:
            stack = EmbeddedStack(tmp_path / name)
            made.callback(stack.stop)
            return stack

        yield make


@pytest.fixture(scope="session")
def redpanda_stack() -> Iterator[StackAddresses]:
    """Yield the addresses of Redpanda, ClickHouse and Redis in containers, or skip."""
    pytest.importorskip("testcontainers", reason="testcontainers is not installed")
    from tests.services import containers  # noqa: PLC0415 - needs the package checked for above

    reason = containers.why_no_engine()
    if reason is not None:
        pytest.skip(f"no Docker engine answers: {reason}")
    with containers.container_stack() as addresses:
        yield addresses


@pytest.fixture(scope="session", params=["embedded", "apache", "redpanda"])
def stack(request: pytest.FixtureRequest) -> StackAddresses:
    """
    Return the four services' addresses, once for each broker this machine can run.

    Apache Kafka brings no other service, so the embedded ones stand beside it.
    """
    if request.param == "redpanda":
        containers: StackAddresses = request.getfixturevalue("redpanda_stack")
        return containers
    if request.param == "embedded":
        embedded: StackAddresses = request.getfixturevalue("embedded_stack")
        return embedded
    kafka: str = request.getfixturevalue("apache_kafka")
    beside: StackAddresses = request.getfixturevalue("embedded_stack")
    return StackAddresses(
        kafka=kafka, registry=beside.registry, clickhouse=beside.clickhouse, redis=beside.redis
    )


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """Return a prefix for topic, subject, group and table names no other test uses."""
    return f"t{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]}"


@pytest.fixture(scope="session")
def vst_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Run a real day of one underlying; nothing runs on its folder afterwards."""
    path = real_data_path(VST)
    data = tmp_path_factory.mktemp("vst") / "data"
    found = islandflow("run", path, "--data", data, "--digest", "--json")
    return FinishedRun(path, data, found.json())


@pytest.fixture(scope="session")
def market_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackAddresses]:
    """Yield services of their own for `market`, which deletes every topic."""
    with EmbeddedStack(tmp_path_factory.mktemp("market") / "data") as stack:
        yield stack.addresses


@pytest.fixture
def market(market_stack: StackAddresses, tmp_path: Path) -> Iterator[Market]:
    """Yield an empty log of live and of a replay, to be written by hand."""
    found = Market(market_stack, tmp_path)
    yield found
    found.close()
