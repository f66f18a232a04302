"""Services and parts that the operator's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.stack import StackAddresses
from tests.stack import prepared_stack

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def operator_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator") / "data"


@pytest.fixture(scope="session")
def addresses(operator_data: Path) -> Iterator[StackAddresses]:
    """Yield the addresses of embedded services with topics and tables."""
    with prepared_stack(operator_data) as found:
        yield found
