import io
import json
import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

import fastavro
import httpx
import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client

from infra.embedded.stack import EmbeddedStack
from tests.services.clickhouse_front import DEADLINE_S
from tests.services.clickhouse_front import LONG_QUERY
from tests.services.clickhouse_front import MERGE_TREE
from tests.services.clickhouse_front import PRINTS
from tests.services.clickhouse_front import Server
from tests.services.clickhouse_front import client
from tests.services.clickhouse_front import connect
from tests.services.clickhouse_front import server
from tests.services.clickhouse_front import wait_until

__all__ = ["client", "server"]

WIDE = {
    "type": "record",
    "name": "Wide",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "root", "type": "string"},
        {"name": "iv", "type": ["null", "double"], "default": None},
        {"name": "legs", "type": {"type": "array", "items": "string"}},
        {"name": "weights", "type": {"type": "map", "values": "double"}},
    ],
}


def avro(count: int, first: int = 0) -> bytes:
    out = io.BytesIO()
    rows = (
        {
            "id": i,
            "root": f"R{i % 9}",
            "iv": None if i % 3 else i / 7,
            "legs": [f"L{j}" for j in range(i % 4)],
            "weights": {"a": i * 0.5} if i % 2 else {},
        }
        for i in range(first, first + count)
    )
    fastavro.writer(out, fastavro.parse_schema(WIDE), rows, sync_interval=64_000)
    return out.getvalue()


WIDE_TABLE = (
    "CREATE TABLE wide (id Int64, root String, iv Nullable(Float64), legs Array(String), "
    "weights Map(String, Float64)) ENGINE = ReplacingMergeTree ORDER BY id"
)


def test_avro_containers_with_nested_fields_are_visible_when_acknowledged(server: Server) -> None:
    server.value(WIDE_TABLE)
    query = {"query": f"INSERT INTO {server.database}.wide FORMAT Avro"}
    for part in range(5):
        answer = server.http.post("/", params=query, content=avro(2000, part * 2000))
        assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2000"
        assert server.value("SELECT count() FROM wide") == str((part + 1) * 2000)
    ask = "SELECT id, iv IS NULL, legs, weights FROM wide WHERE id IN (3, 5) ORDER BY id"
    assert server.value(ask) == "3\t0\t['L0','L1','L2']\t{'a':1.5}\n5\t1\t['L0']\t{'a':2.5}"


def test_a_long_insert_streams_through_in_pieces(server: Server) -> None:
    server.value(WIDE_TABLE)
    body = avro(150_000)
    assert len(body) > 3 << 20

    def pieces() -> Iterator[bytes]:
        for begin in range(0, len(body), 70_001):
            yield body[begin : begin + 70_001]

    query = {"query": f"INSERT INTO {server.database}.wide FORMAT Avro"}
    answer = server.http.post("/", params=query, content=pieces())
    assert answer.status_code == 200, answer.text
    assert server.value("SELECT count(), uniqExact(id) FROM wide") == "150000\t150000"


def test_an_insert_whose_client_goes_away_inside_the_body_writes_nothing(server: Server) -> None:
    server.value(MERGE_TREE)
    url = httpx.URL(server.url)
    head = (
        f"POST /?query=INSERT%20INTO%20{server.database}.prints%20FORMAT%20CSV HTTP/1.1\r\n"
        "Host: localhost\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(head.encode() + b"1,A,1\n" * 1000)
    assert server.value("SELECT count() FROM prints") == "0"
    running = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%prints%'"
    wait_until(lambda: server.value(running) == "0", "the insert ends")
    assert server.value("SELECT count() FROM prints") == "0"


def test_replacing_final_and_mutations_behave(server: Server) -> None:
    server.value(PRINTS + "ENGINE = ReplacingMergeTree ORDER BY id")
    for version in (1, 2, 3):
        server.value(f"INSERT INTO prints SELECT number, 'R', {version} FROM numbers(10)")  # noqa: S608 - a number
    assert server.value("SELECT count(), sum(px) FROM prints FINAL") == "10\t30"
    server.value("ALTER TABLE prints DELETE WHERE id < 5")
    unfinished = "SELECT count() FROM system.mutations WHERE table = 'prints' AND NOT is_done"
    wait_until(lambda: server.value(unfinished) == "0", "the mutation is done")
    assert server.value("SELECT count() FROM prints FINAL") == "5"


@pytest.mark.parametrize("rows", [0, 3, 200_000])
def test_documents_are_whole_however_many_blocks_they_take(server: Server, rows: int) -> None:
    query = f"SELECT number AS n FROM numbers({rows}) FORMAT "  # noqa: S608 - a number
    assert len(server.run(query + "JSON").json()["data"]) == rows
    assert len(server.run(query + "CSVWithNames").text.splitlines()) == rows + 1
    assert len(server.run(query + "JSONEachRow").text.splitlines()) == rows
    table = pyarrow.parquet.read_table(io.BytesIO(server.run(query + "Parquet").content))
    assert table.num_rows == rows


def test_totals_are_not_lost(server: Server) -> None:
    query = "SELECT number % 2 AS k, count() FROM numbers(100) GROUP BY k WITH TOTALS ORDER BY k"
    assert server.value(query) == "0\t50\n1\t50\n\n0\t100"


def test_an_error_inside_a_streamed_answer_is_not_taken_for_its_end(client: Client) -> None:
    query = "SELECT throwIf(number = 3000000), toString(number) FROM numbers(4000000)"
    with (
        pytest.raises(Exception, match="FUNCTION_THROW_IF"),
        client.query_row_block_stream(query, settings={"max_threads": 1}) as blocks,
    ):
        for _ in blocks:
            pass


def test_an_error_is_an_http_error_when_the_client_waits_for_the_end(server: Server) -> None:
    query = "SELECT throwIf(number = 3000000) FROM numbers(4000000)"
    answer = server.run(query, wait_end_of_query="1", max_threads="1")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (500, "395")


@pytest.mark.parametrize("form", ["TSV", "JSON"])
def test_a_query_ends_when_its_client_goes_away(server: Server, form: str) -> None:
    url = httpx.URL(server.url)
    note = f"/* {server.database} */"
    running = (  # the database's name marks the query
        "SELECT count() FROM system.processes WHERE query NOT LIKE '%processes%' "  # noqa: S608
        f"AND query LIKE '%{server.database}%'"
    )
    body = f"{LONG_QUERY} {note} FORMAT {form}".encode()
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(head.encode() + body)
        wait_until(lambda: server.value(running) == "1", "the query runs")
    wait_until(lambda: server.value(running) == "0", "the query is cancelled")


def test_readers_get_answers_while_inserts_and_slow_queries_run(server: Server) -> None:
    server.value(WIDE_TABLE)
    stop = threading.Event()
    written: list[int] = []

    def insert() -> None:
        query = {"query": f"INSERT INTO {server.database}.wide FORMAT Avro"}
        first = 0
        with httpx.Client(base_url=server.url, timeout=60.0) as http:
            while not stop.is_set():
                answer = http.post("/", params=query, content=avro(5000, first))
                answer.raise_for_status()
                first += 5000
                written.append(first)

    def sleep() -> None:
        with httpx.Client(base_url=server.url, timeout=60.0) as http:
            while not stop.is_set():
                http.post("/", content="SELECT sleep(2)").raise_for_status()

    workers = [threading.Thread(target=work) for work in (insert, sleep, sleep, sleep)]
    for worker in workers:
        worker.start()
    try:
        counts: list[int] = []
        deadline = time.monotonic() + DEADLINE_S
        while (len(written) < 5 or len(counts) < 50) and time.monotonic() < deadline:
            counts.append(int(server.value("SELECT count() FROM wide")))
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert len(counts) >= 50
    assert counts == sorted(counts)
    assert all(count % 5000 == 0 for count in counts)
    assert int(server.value("SELECT count() FROM wide")) == written[-1]


def test_hostile_bytes_do_not_harm_the_server(server: Server) -> None:
    url = httpx.URL(server.url)
    for garbage in (
        b"\x00\xff\xfe" * 100,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /?query=%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        with socket.create_connection((url.host, url.port or 0)) as connection:
            connection.sendall(garbage)
            connection.settimeout(5.0)
            connection.recv(4096)
    answer = server.http.post("/", content=b"SELECT '\xff\xfe'")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "62"
    assert server.value("SELECT 1") == "1"


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_acknowledged_rows_survive_the_end_of_the_process(
    new_embedded_stack: Callable[[str], EmbeddedStack], ending: str
) -> None:
    stack = new_embedded_stack("restart")
    with connect(stack.start().clickhouse) as client:
        client.command("CREATE DATABASE islandflow")
        client.command(f"CREATE TABLE islandflow.{WIDE_TABLE.removeprefix('CREATE TABLE ')}")
        client.command("CREATE TABLE default.plain (a Int8) ENGINE = MergeTree ORDER BY a")
        client.insert("plain", [[1]], column_names=["a"])
        for part in range(3):
            client.raw_insert("islandflow.wide", insert_block=avro(1000, part * 1000), fmt="Avro")
    getattr(stack, ending)()
    with connect(stack.start().clickhouse) as client:
        assert client.command("SELECT engine FROM system.databases WHERE name = 'islandflow'") == (
            "Atomic"
        )
        found = client.query("SELECT count(), sum(id) FROM islandflow.wide").first_row
        assert found == (3000, 4_498_500)
        assert client.command("SELECT count() FROM default.plain") == 1
    stack.stop()
