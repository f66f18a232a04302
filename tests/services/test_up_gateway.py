"""The live stack serves: a gateway that lives and is brought back, or none."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.infra.cli.command import interrupted
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until

LIVELY = {"SYNTHETIC_MARKET_MODE": "active", "FLOW_EPOCH_S": "1"}
ADDRESS = re.compile(r"open the terminal at (http://\S+)")
GATEWAY = "infra.cli gateway"
WORKER = "replay worker"


def ask(url: str, path: str) -> Any:  # noqa: ANN401 - whatever the route answers
    """Return what a route answers, null while it does not."""
    try:
        found = httpx.get(url + path, timeout=10, trust_env=False)
    except httpx.TransportError:
        return None
    return found.json() if found.status_code == httpx.codes.OK else None


def pids_of(data: Path, command: str) -> list[int]:
    return [pid for pid, line in processes_of(data).items() if command in line]


@pytest.mark.timeout(300)
def test_up_serves_what_it_derives_and_brings_its_gateway_back(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "output"
    with running("up", "--data", data, output=output, settings=LIVELY) as process:
        wait_until(lambda: ADDRESS.search(output.read_text()) is not None, output.read_text)
        (url,) = ADDRESS.findall(output.read_text())

        def has_alert() -> bool:
            found = ask(url, "/flow/alerts?limit=1")
            return found is not None and bool(found["data"])

        wait_until(has_alert, output.read_text)
        told = ask(url, "/config/ui")
        (killed,) = pids_of(data, GATEWAY)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: pids_of(data, GATEWAY) not in ([], [killed]), output.read_text)
        wait_until(has_alert, output.read_text)
        wait_until(lambda: "restarts 1" in output.read_text(), output.read_text)
        workers = pids_of(data, WORKER)
        code = interrupted(process)

    text = output.read_text()
    assert code == 0, text
    assert (told["auth"], told["replay_enabled"], told["feeds"]) == (
        "disabled",
        True,
        ["synthetic"],
    )
    assert len(workers) == 1
    assert "islandflow auth set-password" in text
    assert processes_of(data) == {}


def test_without_a_gateway_nothing_is_served_and_no_worker_runs(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "output"
    with running(
        *("up", "--no-gateway", "--feed", "none", "--data", data), output=output
    ) as process:
        wait_until(lambda: "prints 0 " in output.read_text(), output.read_text)
        found = pids_of(data, GATEWAY) + pids_of(data, WORKER)
        code = interrupted(process)

    assert (code, found) == (0, [])
    assert "terminal" not in output.read_text()


def test_addresses_are_told_as_json_by_the_gateway_itself(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "output"
    (data / "kafka").mkdir(parents=True)
    with running(
        *("gateway", "--data", data, "--port", "0", "--json"),
        output=output,
        settings={"API_AUTH": "disabled"},
    ) as process:
        wait_until(lambda: '"url"' in output.read_text(), output.read_text)
        (line,) = [each for each in output.read_text().splitlines() if '"url"' in each]
        found = json.loads(line)
        wait_until(lambda: ask(found["url"], "/config/ui") is not None, output.read_text)
        assert process.poll() is None
        code = interrupted(process)

    assert code == 0
