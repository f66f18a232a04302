"""Redpanda, ClickHouse and Redis in containers; imported only where a Docker engine may answer."""

from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from typing import Final

import docker
from docker.errors import DockerException
from testcontainers.community.kafka import RedpandaContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from infra.embedded.stack import StackAddresses

REDPANDA_IMAGE: Final = "redpandadata/redpanda:v24.3.5"
CLICKHOUSE_IMAGE: Final = "clickhouse/clickhouse-server:25.8"
REDIS_IMAGE: Final = "redis:7.4-alpine"
CLICKHOUSE_PORT: Final = 8123
REDIS_PORT: Final = 6379
ENGINE_TIMEOUT_S: Final = 5
START_TIMEOUT_S: Final = 60


def why_no_engine() -> str | None:
    """Return why no Docker engine can be used, or None when one answers."""
    try:
        client = docker.from_env(timeout=ENGINE_TIMEOUT_S)
        try:
            client.ping()
        finally:
            client.close()
    except DockerException as error:
        return str(error)
    return None


@contextmanager
def container_stack() -> Iterator[StackAddresses]:
    """Run the four services in containers for the length of a `with` block."""
    with ExitStack() as running:
        redpanda = RedpandaContainer(REDPANDA_IMAGE)
        redpanda.start(timeout=START_TIMEOUT_S)
        running.callback(redpanda.stop)
        clickhouse = running.enter_context(
            DockerContainer(CLICKHOUSE_IMAGE)
            .with_env("CLICKHOUSE_SKIP_USER_SETUP", "1")
            .with_exposed_ports(CLICKHOUSE_PORT)
            .waiting_for(
                HttpWaitStrategy(CLICKHOUSE_PORT, "/ping").with_startup_timeout(START_TIMEOUT_S)
            )
        )
        redis = running.enter_context(
            DockerContainer(REDIS_IMAGE)
            .with_exposed_ports(REDIS_PORT)
            .waiting_for(
                LogMessageWaitStrategy("Ready to accept connections").with_startup_timeout(
                    START_TIMEOUT_S
                )
            )
        )
        yield StackAddresses(
            kafka=redpanda.get_bootstrap_server(),
            registry=redpanda.get_schema_registry_address(),
            clickhouse=f"http://{_outside(clickhouse, CLICKHOUSE_PORT)}",
            redis=f"redis://{_outside(redis, REDIS_PORT)}/0",
        )


def _outside(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
