"""A short session of the synthetic market in a log and its tables, and a gateway over them."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Final

import httpx

from benchmarks.market import START_NS
from benchmarks.market import record_session
from benchmarks.served import is_ready
from connectors.feeds.synthetic.config import SyntheticConfig
from infra.embedded.stack import StackAddresses
from tests.infra.cli.command import command
from tests.infra.cli.command import environment

DEADLINE_S: Final = 120.0
SECONDS: Final = 100
SEED: Final = 7
# So many requests as tests make in a minute are a flood to the gateway's own limits.
UNLIMITED: Final = {
    "RATE_LIMIT_REST": "10000000",
    "RATE_LIMIT_LOOKUP": "10000000",
    "RATE_LIMIT_WS": "10000000",
}


def record(addresses: StackAddresses, data_dir: Path) -> None:
    """Publish the session and let every flow derive and store it."""
    market = SyntheticConfig(seed=SEED, mode="active", equities_mode="active", start_ts=START_NS)
    record_session(addresses, data_dir, market, SECONDS)


@dataclass(frozen=True)
class Gateway:
    """
    A gateway in a process of its own.

    Attributes
    ----------
    url, ws_url : str
        Where it answers.
    addresses : StackAddresses
        The services it reads.
    data_dir : Path
        Their folder.
    process : Popen
        It; nobody but who started it ends it.
    """

    url: str
    ws_url: str
    addresses: StackAddresses
    data_dir: Path
    process: "subprocess.Popen[str]" = field(repr=False)
    log_path: Path = field(repr=False, default=Path())

    def get(self, path: str, **query: object) -> httpx.Response:
        """Ask it for a path."""
        given = {name: str(value) for name, value in query.items()}
        return httpx.get(f"{self.url}{path}", params=given or None, timeout=30, trust_env=False)

    def log(self) -> str:
        """Return what it has logged."""
        return self.log_path.read_text(errors="replace")


@contextmanager
def running_gateway(
    addresses: StackAddresses,
    data_dir: Path,
    settings: Mapping[str, str] | None = None,
    *,
    ready: bool = True,
    port: int = 0,
) -> Iterator[Gateway]:
    """
    Run `islandflow gateway`; it is gone at the end, whatever happened.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder of the secret key.
    settings : Mapping[str, str] | None
        Settings of the gateway; without them it asks nobody who they are and reads the whole log.
    ready : bool
        Wait until it has read the log.
    port : int
        Where it listens; 0 takes a free one.
    """
    log_path = data_dir / "logs" / f"gateway-{time.monotonic_ns()}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    chosen = {
        **UNLIMITED,
        "API_AUTH": "disabled",
        "API_DELIVER_POLICY": "all",
        "KAFKA_BROKERS": addresses.kafka,
        "SCHEMA_REGISTRY_URL": addresses.registry,
        "CLICKHOUSE_URL": addresses.clickhouse,
        "REDIS_URL": addresses.redis,
        **(settings or {}),
    }
    with log_path.open("wb") as log_file:
        process = subprocess.Popen(
            command("gateway", "--data", data_dir, "--port", str(port), "--json"),
            env=environment(chosen),
            stdout=subprocess.PIPE,
            stderr=log_file,
            text=True,
        )
    try:
        url = _told(process, log_path)
        ws_url = url.replace("http", "ws", 1)
        found = Gateway(url, ws_url, addresses, data_dir, process, log_path)
        if ready:
            wait_until_ready(found)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _told(process: "subprocess.Popen[str]", log_path: Path) -> str:
    """Return the URL of the line the gateway prints when it answers."""
    assert process.stdout is not None
    watchdog = threading.Timer(DEADLINE_S, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    assert line, f"the gateway ended before it answered: {log_path.read_text()[-3000:]}"
    url: str = json.loads(line)["url"]
    return url


def wait_until_ready(gateway: Gateway) -> None:
    """Wait until the gateway takes requests."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_ready(gateway.url):
        assert gateway.process.poll() is None, gateway.log()[-3000:]
        assert time.monotonic() < deadline, gateway.log()[-3000:]
        time.sleep(0.05)
