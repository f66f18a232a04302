"""A stack with a recorded session, and a gateway over it, shared by the tests of the gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from tests.api.recorded import Gateway
from tests.api.recorded import record
from tests.api.recorded import running_gateway

# The first test that needs it waits for the whole session to be recorded, on a busy machine too.
RECORDING_S = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests over the recorded session the time its recording may take."""
    for item in items:
        if "recorded" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(RECORDING_S))


@pytest.fixture(scope="session")
def recorded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the recorded session; it is filled by `recorded`."""
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="session")
def recorded(recorded_folder: Path) -> Iterator[StackAddresses]:
    """Yield the services of a short synthetic session, options and equities, derived and stored."""
    with EmbeddedStack(recorded_folder) as stack:
        record(stack.addresses, recorded_folder)
        yield stack.addresses


@pytest.fixture(scope="session")
def gateway(recorded: StackAddresses, recorded_folder: Path) -> Iterator[Gateway]:
    """Yield a gateway over the recorded session that asks nobody who they are."""
    with running_gateway(recorded, recorded_folder) as found:
        yield found
