"""The real gateway in a process of its own, for benchmarks that ask it."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from infra.embedded.stack import StackAddresses
from infra.pipeline import child
from infra.pipeline.environment import flow_environment

START_S: Final = 120.0
# Clients of the benchmark are no flood.
SETTINGS: Final = {
    "API_AUTH": "disabled",
    "API_DELIVER_POLICY": "all",
    "API_PORT": "0",
    "RATE_LIMIT_REST": "10000000",
    "RATE_LIMIT_LOOKUP": "10000000",
    "WS_MAX_CONNECTIONS": "1024",
}


def is_ready(url: str) -> bool:
    """Tell whether a gateway has read the log and takes requests."""
    try:
        answer = httpx.get(f"{url}/ready", trust_env=False, timeout=30)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


@contextmanager
def gateway(addresses: StackAddresses, folder: Path) -> Iterator[tuple[str, int]]:
    """Run the gateway in a process of its own and yield its URL and process id."""
    process = subprocess.Popen(
        child.command("infra.cli", "gateway", "--data", str(folder), "--json"),
        env=flow_environment(addresses, folder, SETTINGS),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = "" if process.stdout is None else process.stdout.readline()
        url = json.loads(line)["url"]
        deadline_s = time.monotonic() + START_S
        while not is_ready(url):
            if time.monotonic() > deadline_s or process.poll() is not None:
                msg = f"the gateway ended, or was not ready in {START_S:.0f} s"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()
