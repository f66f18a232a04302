"""A whole gateway while one service after the other goes away and comes back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect

from tests.api.ops.world import World
from tests.api.ops.world import apart
from tests.api.recorded import Gateway
from tests.api.recorded import running_gateway

DEADLINE_S = 120.0
SERVICES = ("kafka", "registry", "clickhouse", "redis")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with apart(tmp_path_factory.mktemp("dependencies")) as found:
        yield found


@pytest.fixture(scope="module")
def gateway(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    with running_gateway(world.addresses, folder) as found:
        yield found


def health(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = gateway.get("/health").json()
    return found


def wait_for(gateway: Gateway, name: str, *, down: bool) -> dict[str, Any]:
    """Wait until health says that a service is down, or no more, and return all it says."""
    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        found = health(gateway)
        # Before its first round the gateway has looked at nothing, and says so.
        looked_at = found["dependencies"].get(name)
        if looked_at is not None and (looked_at["status"] == "down") == down:
            return found
        assert time.monotonic() < deadline_s, found
        time.sleep(0.1)


async def prints(socket: ClientConnection, wanted: set[str]) -> list[str]:
    """Read frames until all the wanted equity prints have come; return those of them that did."""
    seen: list[str] = []
    while not wanted <= set(seen):
        for frame in json.loads(await socket.recv()):
            if frame["type"] == "events":
                seen += [item["trace_id"] for item in frame["items"]]
    return [each for each in seen if each in wanted]


@asynccontextmanager
async def following(gateway: Gateway) -> AsyncIterator[ClientConnection]:
    """Open a socket that gets the prints of stocks from now on."""
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(f"{gateway.ws_url}/ws/live", max_size=None) as socket,
    ):
        wish = {"op": "subscribe", "id": "a", "channel": "equities", "depth": 0}
        await socket.send(json.dumps(wish))
        while "snapshot" not in [each["type"] for each in json.loads(await socket.recv())]:
            pass
        yield socket


async def frames_while(gateway: Gateway, world: World, name: str) -> None:
    """Take a service away, publish, and wait until every print has come to a socket, once."""
    async with following(gateway) as socket:
        await asyncio.to_thread(world.parts[name].cut)
        try:
            await asyncio.to_thread(wait_for, gateway, name, down=True)
            sent = await asyncio.to_thread(world.publish, 3)
            assert sorted(await prints(socket, sent)) == sorted(sent)
        finally:
            await asyncio.to_thread(world.parts[name].mend)


@pytest.mark.parametrize("name", ["clickhouse", "redis", "registry"])
def test_frames_go_on_while_a_service_they_do_not_need_is_away(
    gateway: Gateway, world: World, name: str
) -> None:
    asyncio.run(frames_while(gateway, world, name))
    wait_for(gateway, name, down=False)


def test_the_log_is_followed_again_when_it_is_back(gateway: Gateway, world: World) -> None:
    async def run() -> None:
        async with following(gateway) as socket:
            await asyncio.to_thread(world.parts["kafka"].cut)
            try:
                found = await asyncio.to_thread(wait_for, gateway, "kafka", down=True)
                assert found["status"] == "down"
            finally:
                await asyncio.to_thread(world.parts["kafka"].mend)
            sent = await asyncio.to_thread(world.publish, 3)
            assert sorted(await prints(socket, sent)) == sorted(sent)

    asyncio.run(run())
    wait_for(gateway, "kafka", down=False)


@pytest.mark.parametrize(
    ("name", "path"),
    [("clickhouse", "/sql/schema"), ("clickhouse", "/export/equities")],
)
def test_what_needs_a_service_that_is_away_says_so_and_works_when_it_is_back(
    gateway: Gateway, world: World, name: str, path: str
) -> None:
    world.parts[name].cut()
    try:
        away = gateway.get(path)
        ready = gateway.get("/ready")
    finally:
        world.parts[name].mend()
    back = gateway.get(path)

    assert (away.status_code, away.json()["code"]) == (503, "dependency_down")
    assert ready.status_code == 200
    assert back.status_code == 200


def test_health_is_503_while_the_log_is_away(gateway: Gateway, world: World) -> None:
    world.parts["kafka"].cut()
    try:
        wait_for(gateway, "kafka", down=True)
        found = gateway.get("/health")
    finally:
        world.parts["kafka"].mend()

    assert (found.status_code, found.json()["status"]) == (503, "down")
    wait_for(gateway, "kafka", down=False)
    assert gateway.get("/health").status_code == 200
