"""The end of a gateway: sockets are told, what waits is sent, 1001, exit code 0."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from infra.embedded.stack import StackAddresses
from tests.api.recorded import Gateway
from tests.api.recorded import running_gateway
from tests.infra.cli.command import islandflow

DEADLINE_S = 60.0


async def until_closed(gateway: Gateway) -> tuple[list[dict[str, Any]], int]:
    """Subscribe, end the gateway, and return the frames that came after and the close code."""
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(f"{gateway.ws_url}/ws/live", max_size=None) as socket,
    ):
        wish = {"op": "subscribe", "id": "a", "channel": "alerts", "depth": 5}
        await socket.send(json.dumps(wish))
        seen: list[dict[str, Any]] = []
        while not any(frame["type"] == "snapshot" for frame in seen):
            seen += json.loads(await socket.recv())
        gateway.process.send_signal(signal.SIGTERM)
        after: list[dict[str, Any]] = []
        try:
            while True:
                after += json.loads(await socket.recv())
        except ConnectionClosed as closed:
            return after, 0 if closed.rcvd is None else closed.rcvd.code


def test_asked_to_end_it_tells_its_sockets_and_ends_well(
    recorded: StackAddresses, tmp_path: Path
) -> None:
    with running_gateway(recorded, tmp_path) as gateway:
        frames, code = asyncio.run(until_closed(gateway))

        assert code == 1001
        notices = [frame for frame in frames if frame["type"] == "notice"]
        assert [each["code"] for each in notices] == ["draining"]
        assert gateway.process.wait(DEADLINE_S) == 0, gateway.log()[-3000:]
        assert "Traceback" not in gateway.log()


def test_a_taken_port_is_one_line_and_no_trace(recorded: StackAddresses, tmp_path: Path) -> None:
    with running_gateway(recorded, tmp_path) as gateway:
        port = gateway.url.rpartition(":")[2]
        found = islandflow(
            *("gateway", "--data", tmp_path, "--port", port),
            settings={
                "API_AUTH": "disabled",
                "KAFKA_BROKERS": recorded.kafka,
                "SCHEMA_REGISTRY_URL": recorded.registry,
                "CLICKHOUSE_URL": recorded.clickhouse,
                "REDIS_URL": recorded.redis,
            },
        )

    assert found.code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in found.err
    assert "Traceback" not in found.err
