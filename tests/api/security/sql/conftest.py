"""A ClickHouse with two tables one may read, one may not, and the endpoint over it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import problems
from api.rest import sql
from api.security.auth import Security
from api.security.middleware import Guard
from api.store import Store
from infra.embedded.stack import EmbeddedStack
from infra.gateway_settings import GatewaySettings
from tests.api.security.gates import HOST
from tests.services.clickhouse_front import wait_until

DATABASE = "islandflow"
TABLES = [
    "CREATE DATABASE islandflow",
    "CREATE DATABASE other",
    "CREATE TABLE islandflow.prints (id UInt64 COMMENT 'sequence', root LowCardinality(String), "
    "px Nullable(Float64), ts DateTime64(9), cost Decimal(18, 4)) "
    "ENGINE = ReplacingMergeTree ORDER BY id",
    "CREATE TABLE islandflow.operator_documents (body String) ENGINE = MergeTree ORDER BY body",
    "CREATE VIEW islandflow.ticks AS SELECT id, px FROM islandflow.prints WHERE px IS NOT NULL",
    "CREATE TABLE other.secrets (s String) ENGINE = MergeTree ORDER BY s",
    "INSERT INTO islandflow.operator_documents SELECT 'watched by nobody else'",
    "INSERT INTO other.secrets SELECT 'of another database'",
    "INSERT INTO islandflow.prints SELECT 9007199254740990 + number, "
    "['VST', 'SPY'][number % 2 + 1], if(number = 3, nan, if(number = 4, NULL, number / 4)), "
    "toDateTime64(1763650800, 9) + number, 1.5 FROM numbers(6)",
]


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of the tables' HTTP interface."""
    with EmbeddedStack(tmp_path_factory.mktemp("sql")) as stack:
        url = stack.addresses.clickhouse
        for statement in TABLES:
            httpx.post(url, content=statement, timeout=60).raise_for_status()
        yield url


def sql_application(clickhouse: str, folder: Path, sql_timeout_s: float) -> FastAPI:
    """Return the endpoint behind the gate, without authentication."""
    settings = GatewaySettings.model_validate(
        {
            "api_auth": "disabled",
            "sql_timeout_s": sql_timeout_s,
            "rate_limit_lookup": 10**9,
            "rate_limit_rest": 10**9,
        }
    )
    security = Security(settings, folder, FakeAsyncRedis())
    app = FastAPI()
    app.state.services = SimpleNamespace(
        security=security,
        store=Store(clickhouse, DATABASE),
        settings=SimpleNamespace(gateway=settings),
    )
    app.include_router(sql.router)
    problems.install(app)
    app.add_middleware(Guard, security=security)
    return app


@pytest.fixture(scope="session")
def console(clickhouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Yield a client of the endpoint; its statements end after three seconds."""
    app = sql_application(clickhouse, tmp_path_factory.mktemp("gate"), 3.0)
    with TestClient(app, base_url=f"http://{HOST}") as client:
        yield client


@pytest.fixture
def listening(clickhouse: str, tmp_path: Path) -> Iterator[str]:
    """Yield the address of the endpoint on a port; its statements take as long as they take."""
    app = sql_application(clickhouse, tmp_path, 300.0)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the server listens")
    (listener,) = server.servers
    port = listener.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)
