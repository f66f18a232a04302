"""What health says when a dependency goes away, and when it is back."""

import asyncio
import json
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from api.health import Health
from api.health import overall
from infra.settings import read_settings
from tests.api.ops.stands import CountingHub
from tests.api.ops.world import World
from tests.api.ops.world import apart

TRIES = 40


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield services with two seconds of a market in the log and nothing derived."""
    with apart(tmp_path_factory.mktemp("health")) as found:
        yield found


Looking = Callable[[CountingHub], AbstractAsyncContextManager[Health]]


@pytest.fixture
def looking(world: World) -> Looking:
    """Return a maker of health checks over the services."""

    @asynccontextmanager
    async def make(hub: CountingHub) -> AsyncIterator[Health]:
        redis = Redis.from_url(
            world.addresses.redis, socket_timeout=1.0, socket_connect_timeout=1.0
        )
        settings = read_settings({}, None)
        health = Health(settings, world.addresses, world.folder, hub, redis)  # type: ignore[arg-type]
        try:
            yield health
        finally:
            await health.stop()
            await redis.aclose()

    return make


async def until(health: Health, name: str, *statuses: str) -> None:
    """Look until a dependency is one of these; a look is what the background does every 5 s."""
    for _ in range(TRIES):
        await health.look()
        if health.snapshot().dependencies[name].status in statuses:
            return
    pytest.fail(f"{name} is {health.snapshot().dependencies[name]}, expected {statuses}")


def test_all_services_are_found_up_and_what_nobody_derives_is_told(looking: Looking) -> None:
    async def run() -> None:
        hub = CountingHub()
        async with looking(hub) as health:
            await health.look()
            found = health.snapshot().dependencies
            # On a busy machine an answer may be slow, which is told too.
            services = ("kafka", "registry", "redis", "disk")
            assert {found[name].status for name in services} <= {"ok", "degraded"}
            # Nothing persists, so the log is ahead of the tables.
            assert found["clickhouse"].status == "degraded"
            assert "nothing of" in found["clickhouse"].detail
            assert found["feed synthetic"].status == "quiet"
            assert "not a market" in found["feed synthetic"].detail
            assert {name for name in found if name.startswith("flow ")} == {
                "flow options",
                "flow premium",
                "flow equities",
            }
            assert "records" in found["flow options"].detail
            assert hub.published[-1][0] == "health"
            told = json.loads(hub.published[-1][1])
            assert told["kafka"] == found["kafka"].status
            assert told["status"] == health.snapshot().status == "degraded"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "whole", "detail"),
    [
        ("kafka", "down", "does not answer"),
        ("registry", "degraded", "does not answer"),
        ("clickhouse", "down", "does not answer"),
        ("redis", "degraded", "does not answer"),
    ],
)
def test_a_service_that_goes_is_named_and_found_again_without_a_restart(
    looking: Looking, world: World, name: str, whole: str, detail: str
) -> None:
    async def run() -> None:
        async with looking(CountingHub()) as health:
            await health.look()
            before = health.snapshot().dependencies[name]
            assert before.status != "down"
            await asyncio.to_thread(world.parts[name].cut)
            try:
                await until(health, name, "down")
                report = health.snapshot()
                assert report.status == whole
                assert detail in report.dependencies[name].detail
                others = {"kafka", "registry", "clickhouse", "redis"} - {name}
                assert all(report.dependencies[each].status != "down" for each in others)
                assert report.dependencies[name].since > before.since
            finally:
                await asyncio.to_thread(world.parts[name].mend)
            # A service that has just been slow to answer is degraded until it is quick again.
            await until(health, name, "ok", "degraded")
            assert health.snapshot().status == "degraded"

    asyncio.run(run())


def test_while_the_log_is_away_nothing_is_said_of_the_flows(looking: Looking, world: World) -> None:
    async def run() -> None:
        async with looking(CountingHub()) as health:
            await health.look()
            await asyncio.to_thread(world.parts["kafka"].cut)
            try:
                await until(health, "kafka", "down")
                found = health.snapshot().dependencies
                assert found["flow options"].status == "unknown"
            finally:
                await asyncio.to_thread(world.parts["kafka"].mend)
            await until(health, "kafka", "ok")
            assert health.snapshot().dependencies["flow options"].status != "unknown"

    asyncio.run(run())


def test_a_gateway_that_does_not_read_on_is_told(looking: Looking) -> None:
    async def run() -> None:
        hub = CountingHub()
        hub.tail_lag, hub.read = 50, 7
        async with looking(hub) as health:
            await health.look()
            await health.look()
            found = health.snapshot().dependencies["kafka"]
            assert (found.status, "and does not" in found.detail) == ("degraded", True)
            hub.read = 8
            await health.look()
            assert "and does not" not in health.snapshot().dependencies["kafka"].detail

    asyncio.run(run())


@pytest.mark.parametrize(
    ("is_ready", "lag", "is_draining", "why"),
    [
        (True, 0, False, ""),
        (True, 999, False, ""),
        (True, 1000, False, "starting"),
        (False, 0, False, "starting"),
        (True, 0, True, "draining"),
        (False, 5000, True, "draining"),
    ],
)
def test_readiness(looking: Looking, is_ready: bool, lag: int, is_draining: bool, why: str) -> None:
    async def run() -> str:
        hub = CountingHub()
        hub.is_ready, hub.tail_lag = is_ready, lag
        async with looking(hub) as health:
            health.is_draining = is_draining
            return health.unready()

    assert asyncio.run(run()) == why


def test_before_the_first_look_the_whole_is_starting(looking: Looking) -> None:
    async def run() -> str:
        async with looking(CountingHub()) as health:
            return health.snapshot().status

    assert asyncio.run(run()) == "starting"
    assert overall({}) == "ok"
