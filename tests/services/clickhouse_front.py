"""A ClickHouse front to test against: client, raw server and a database of the test's own."""

import time
from collections.abc import Callable
from collections.abc import Iterator

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client

from infra.embedded.stack import StackAddresses

DEADLINE_S = 20.0
LONG_QUERY = "SELECT sum(cityHash64(number, number * 3)) FROM numbers(1000000000000)"


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not in {DEADLINE_S} s: {what}"
        time.sleep(0.02)


def connect(address: str, database: str = "default") -> Client:
    url = httpx.URL(address)
    return clickhouse_connect.get_client(host=url.host, port=url.port or 0, database=database)


class Server:
    def __init__(self, url: str, database: str) -> None:
        self.url = url
        self.database = database
        self.http = httpx.Client(base_url=url, timeout=60.0)

    def run(self, query: str, **params: str) -> httpx.Response:
        return self.http.post("/", content=query, params={"database": self.database, **params})

    def value(self, query: str, **params: str) -> str:
        answer = self.run(query, **params)
        assert answer.status_code == 200, answer.text
        return answer.text.rstrip("\n")


@pytest.fixture
def server(embedded_stack: StackAddresses, topic_prefix: str) -> Iterator[Server]:
    made = Server(embedded_stack.clickhouse, topic_prefix)
    made.http.post("/", content=f"CREATE DATABASE {topic_prefix}").raise_for_status()
    yield made
    made.http.post("/", content=f"DROP DATABASE {topic_prefix} SYNC").raise_for_status()
    made.http.close()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = connect(server.url, database=server.database)
    yield made
    made.close()


PRINTS = "CREATE TABLE prints (id UInt64, root LowCardinality(String), px Nullable(Float64)) "
MERGE_TREE = PRINTS + "ENGINE = MergeTree ORDER BY id"
