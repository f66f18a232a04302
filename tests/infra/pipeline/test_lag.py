"""What is said of the flows while the broker does not answer."""

from pathlib import Path

import pytest

from connectors.errors import TransientConnector
from infra.embedded.stack import StackAddresses
from infra.pipeline import lag
from infra.pipeline.lag import LagMonitor
from infra.pipeline.live import LiveStack
from infra.pipeline.live import Status
from infra.ports import free_ports
from infra.settings import load_settings

NEVER_S = 0.2


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an address at which nothing listens, not waited for long."""
    monkeypatch.setattr(lag, "TIMEOUT_S", NEVER_S)
    (port,) = free_ports(1)
    return f"127.0.0.1:{port}"


def test_a_silent_broker_is_an_error_that_names_the_remedy(nobody: str) -> None:
    monitor = LagMonitor(nobody, "islandflow-test", ("options.prints",))
    try:
        with pytest.raises(TransientConnector, match="is the broker up"):
            monitor.progress()
        with pytest.raises(TransientConnector, match="is the broker up"):
            monitor.ends()
    finally:
        monitor.close()


def test_the_live_stack_outlives_a_silent_broker_and_says_so(nobody: str, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    addresses = StackAddresses(nobody, nowhere, nowhere, "redis://127.0.0.1:9/0")
    live = LiveStack(load_settings(), addresses, tmp_path, feed_command=(), workers=1)
    live.status = Status(prints=7)

    found = live.look()

    assert (found.prints, found.is_silent) == (7, True)
