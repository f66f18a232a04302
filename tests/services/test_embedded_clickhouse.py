import gzip
import io
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import fastavro
import httpx
import lz4.frame  # type: ignore[import-untyped]
import pyarrow.parquet
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.embedded.stack import EmbeddedStack
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


def test_an_unmodified_client_creates_inserts_and_queries(client: Client) -> None:
    assert client.ping()
    assert client.server_version == client.command("SELECT version()")
    client.command(MERGE_TREE)
    rows = [[1, "SPX", 4.5], [2, "VST", None]]
    summary = client.insert("prints", rows, column_names=["id", "root", "px"])
    assert summary.written_rows == 2
    found = client.query("SELECT * FROM prints ORDER BY id")
    assert [list(row) for row in found.result_rows] == rows
    assert found.summary["read_rows"] == "2"
    assert client.command("SELECT count() FROM prints") == 2
    client.raw_insert("prints", insert_block=b"3,NVDA,\\N\n", fmt="CSV")
    assert client.raw_query("SELECT root FROM prints WHERE id = 3 FORMAT TSV") == b"NVDA\n"
    assert client.query("SELECT * FROM prints LIMIT 0").column_names == ("id", "root", "px")


def test_nested_and_zoned_types_come_back_as_written(client: Client) -> None:
    query = """
        SELECT [1, 2] AS a, map('k', 0.5) AS m, tuple(1, 'x') AS t, toLowCardinality('v') AS l,
               toDateTime64('2025-05-23 09:08:25.123456789', 9, 'America/New_York') AS ts,
               CAST(NULL AS Nullable(Int8)) AS n
    """
    (row,) = client.query(query).result_rows
    assert (row[0], row[1], row[2], row[3], row[5]) == ([1, 2], {"k": 0.5}, (1, "x"), "v", None)
    assert row[4].isoformat() == "2025-05-23T09:08:25.123456-04:00"


@pytest.mark.parametrize("text", ["plain", "it's", "back\\slash", "tab\tline\nend", "日本 ‘q’", ""])
def test_bound_parameters_arrive_unchanged(client: Client, text: str) -> None:
    found = client.query(
        "SELECT {value:String} AS v, {n:Int64}", parameters={"value": text, "n": -7}
    )
    assert found.first_row == (text, -7)


def test_long_parameters_travel_in_a_form(client: Client) -> None:
    text = "x" * 40_000
    found = client.query("SELECT length({value:String})", parameters={"value": text})
    assert found.first_row == (40_000,)


def test_every_row_of_a_long_result_streams_to_the_client(client: Client) -> None:
    query = "SELECT number, toString(number) FROM numbers(1500000)"
    with client.query_row_block_stream(query) as blocks:
        counts = [len(block) for block in blocks]
    assert sum(counts) == 1_500_000
    assert len(counts) > 10


def test_settings_of_one_request_do_not_reach_the_next(server: Server) -> None:
    ask = "SELECT getSetting('max_block_size'), currentDatabase()"
    assert server.value(ask, max_block_size="17") == f"17\t{server.database}"
    assert server.http.post("/", content=ask).text.split() == ["65409", "default"]
    assert server.run("SET max_block_size = 19").status_code == 200
    assert server.value(ask).startswith("65409")


def test_a_session_id_keeps_what_the_client_set(server: Server) -> None:
    ask = "SELECT getSetting('max_block_size'), currentDatabase()"
    session = {"session_id": server.database, "database": ""}
    server.run("SET max_block_size = 19", **session)
    server.run(f"USE {server.database}", **session)
    assert server.value(ask, **session) == f"19\t{server.database}"
    assert server.value(ask, session_id="another").startswith("65409")


@pytest.mark.parametrize("readonly", ["1", "2"])
@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO prints VALUES (2, 'X', 1)",
        "INSERT INTO prints FORMAT CSV\n2,X,1\n",
        "INSERT INTO prints SELECT 2, 'X', 1",
        "CREATE TABLE other (a Int8) ENGINE = Memory",
        "DROP TABLE prints",
        "TRUNCATE TABLE prints",
        "ALTER TABLE prints DELETE WHERE 1",
        "OPTIMIZE TABLE prints FINAL",
        "CREATE DATABASE more",
        "SELECT 1 SETTINGS readonly = 0",
        "INSERT INTO prints SETTINGS readonly = 0 VALUES (2, 'X', 1)",
        "SET readonly = 0",
        "SYSTEM STOP MERGES",
        "INSERT INTO FUNCTION file('{path}', 'CSV', 'a Int8') VALUES (1)",
        "INSERT INTO FUNCTION file('{path}', 'CSV', 'a Int8') SELECT 1",
        "KILL QUERY WHERE 1",
    ],
)
def test_readonly_refuses_every_way_to_write(
    server: Server, tmp_path: Path, readonly: str, query: str
) -> None:
    server.value(MERGE_TREE)
    server.value("INSERT INTO prints VALUES (1, 'SPX', 1)")
    answer = server.run(query.replace("{path}", str(tmp_path / "out")), readonly=readonly)
    assert not (tmp_path / "out").exists()
    assert answer.headers["X-ClickHouse-Exception-Code"] == "164", answer.text
    assert (answer.status_code, "(READONLY)" in answer.text) == (500, True)
    assert server.value("SELECT count() FROM prints", readonly=readonly) == "1"


@pytest.mark.parametrize("readonly", ["0", "1", "2"])
@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 INTO OUTFILE '{path}'",
        "SELECT 1 into /* ' */ outfile '{path}' FORMAT CSV",
        "SELECT 1 INTO -- '\nOUTFILE '{path}'",
        "SELECT $$'$$ INTO OUTFILE '{path}'",
        "SELECT 1 INTO OUTFILE '{path}' TRUNCATE",
    ],
)
def test_no_query_writes_a_file(server: Server, tmp_path: Path, readonly: str, query: str) -> None:
    path = tmp_path / "x.csv"
    answer = server.run(query.replace("{path}", str(path)), readonly=readonly)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "358", answer.text
    assert not path.exists()


def test_words_in_strings_are_not_clauses(server: Server) -> None:
    assert server.value("SELECT 'INTO OUTFILE' AS a, 'FORMAT JSON; SELECT 2'") == (
        "INTO OUTFILE\tFORMAT JSON; SELECT 2"
    )


def test_readonly_2_allows_settings_and_1_does_not(server: Server) -> None:
    query = "SELECT 1 SETTINGS max_threads = 1"
    assert server.value(query, readonly="2") == "1"
    assert server.run(query, readonly="1").headers["X-ClickHouse-Exception-Code"] == "164"
    assert server.value("SELECT getSetting('max_threads')", readonly="1", max_threads="3") == "3"


def test_get_only_reads(server: Server) -> None:
    assert server.http.get("/", params={"query": "SELECT 1"}).text == "1\n"
    answer = server.http.get("/", params={"query": f"DROP DATABASE {server.database}"})
    assert answer.headers["X-ClickHouse-Exception-Code"] == "164"


@pytest.mark.parametrize(
    ("query", "params", "status", "code", "name"),
    [
        ("SELECT * FROM nope", {}, 404, 60, "UNKNOWN_TABLE"),
        ("SELECT nope", {}, 404, 47, "UNKNOWN_IDENTIFIER"),
        ("SELECT nope()", {}, 404, 46, "UNKNOWN_FUNCTION"),
        ("SELEC 1", {}, 400, 62, "SYNTAX_ERROR"),
        ("1", {}, 400, 62, "SYNTAX_ERROR"),
        ("", {}, 400, 62, "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", {}, 400, 62, "SYNTAX_ERROR"),
        ("SELECT 1", {"database": "absent"}, 404, 81, "UNKNOWN_DATABASE"),
        ("SELECT 1", {"no_such_setting": "1"}, 404, 115, "UNKNOWN_SETTING"),
        ("SELECT 1 FORMAT Nope", {}, 404, 73, "UNKNOWN_FORMAT"),
        ("SELECT 1", {"default_format": "DataFrame"}, 404, 73, "UNKNOWN_FORMAT"),
        ("SELECT {x:Int8}", {}, 500, 456, "UNKNOWN_QUERY_PARAMETER"),
        ("SELECT {x:Int8}", {"param_x": "y"}, 500, 457, "BAD_QUERY_PARAMETER"),
        ("SELECT throwIf(1)", {}, 500, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        (LONG_QUERY, {"max_execution_time": "1"}, 408, 159, "TIMEOUT_EXCEEDED"),
        (
            "SELECT number FROM numbers(1000)",
            {"max_result_rows": "5", "result_overflow_mode": "throw"},
            500,
            396,
            "TOO_MANY_ROWS_OR_BYTES",
        ),
        (
            "SELECT groupArray(number) FROM numbers(100000000)",
            {"max_memory_usage": "10000000"},
            500,
            241,
            "MEMORY_LIMIT_EXCEEDED",
        ),
        ("SYSTEM SHUTDOWN", {}, 501, 48, "NOT_IMPLEMENTED"),
        ("SELECT 1", {"compress": "1"}, 501, 48, "NOT_IMPLEMENTED"),
        ("SELECT 1", {"readonly": "many"}, 400, 36, "BAD_ARGUMENTS"),
        ("SELECT 1", {"a b": "1"}, 400, 36, "BAD_ARGUMENTS"),
        ("INSERT INTO nope FORMAT CSV\n1\n", {}, 404, 60, "UNKNOWN_TABLE"),
        ("INSERT INTO prints FORMAT CSV\nx,y\n", {}, 400, 27, "CANNOT_PARSE_INPUT"),
        ("SELECT * FROM file('/absent/x.csv')", {}, 500, 400, "CANNOT_STAT"),
        ("INSERT INTO prints FROM INFILE '/etc/hosts' FORMAT CSV", {}, 500, 358, "INTO_OUTFILE"),
    ],
)
def test_errors_have_clickhouses_code_name_and_status(
    server: Server, query: str, params: dict[str, str], status: int, code: int, name: str
) -> None:
    server.value(MERGE_TREE)
    answer = server.run(query, **params)
    assert answer.headers["X-ClickHouse-Exception-Code"] == str(code), answer.text
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert answer.text.count("DB::Exception") == 1
    assert f"({name}" in answer.text
    assert "(version 2" in answer.text
    assert answer.status_code == status
    assert server.value("SELECT count() FROM prints") == "0"


def test_the_client_raises_with_the_servers_code(client: Client) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as caught:
        client.query("SELECT * FROM nope")
    assert caught.value.code == 60


@pytest.mark.parametrize(
    ("options", "is_known"),
    [
        ({}, True),
        ({"auth": ("default", "")}, True),
        ({"headers": {"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""}}, True),
        ({"auth": ("admin", "")}, False),
        ({"auth": ("default", "secret")}, False),
        ({"headers": {"X-ClickHouse-User": "admin"}}, False),
        ({"headers": {"Authorization": "Bearer token"}}, False),
        ({"headers": {"Authorization": "Basic %%%"}}, False),
        ({"params": {"user": "admin"}}, False),
    ],
)
def test_only_the_default_user_is_known(
    server: Server, options: dict[str, object], is_known: bool
) -> None:
    answer = server.http.request("POST", "/", content="SELECT 1", **options)  # type: ignore[arg-type]
    if is_known:
        assert answer.text == "1\n"
    else:
        assert answer.status_code == 403
        assert answer.headers["X-ClickHouse-Exception-Code"] == "516"


def test_the_headers_of_an_answer(server: Server) -> None:
    answer = server.run("SELECT 1 AS x FORMAT JSONCompact", query_id="mine")
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Format"] == "JSONCompact"
    assert answer.headers["X-ClickHouse-Timezone"]
    assert answer.headers["X-ClickHouse-Server-Display-Name"]
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["result_rows"] == "1"
    assert answer.json()["data"] == [[1]]


def test_health_paths_for_curl(server: Server) -> None:
    for path in ("/", "/ping", "/replicas_status"):
        assert server.http.get(path).text == "Ok.\n"
    assert server.http.get("/nowhere").status_code == 404
    assert server.http.put("/", content="x").status_code == 405


def test_query_and_body_are_one_text(server: Server) -> None:
    server.value(MERGE_TREE)
    url = {"database": server.database}
    for query, body in [
        ("INSERT INTO prints FORMAT CSV", "1,A,1\n"),
        ("INSERT INTO prints", "FORMAT CSV\n2,B,2\n"),
        ("", 'INSERT INTO prints (root, id) FORMAT JSONEachRow {"id": 3, "root": "C"}'),
        ("INSERT INTO prints VALUES", "(4, 'D', 4), (5, 'E', NULL)"),
        ("", "INSERT INTO prints VALUES (6, upper('f'), 2 * 3);"),
        ("INSERT INTO prints SELECT 7,", "'G', 7"),
        ("-- note\ninsert into prints settings max_insert_threads = 1 format TSV", "8\tH\t8\n"),
        ("INSERT INTO prints FORMAT CSV", ""),
    ]:
        answer = server.http.post("/", params={**url, "query": query}, content=body)
        assert answer.status_code == 200, answer.text
    assert server.value("SELECT groupArray(root) FROM (SELECT root FROM prints ORDER BY id)") == (
        "['A','B','C','D','E','F','G','H']"
    )
    assert server.http.post("/", params={"query": "SELECT 1,"}, content="2").text == "1\t2\n"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "lz4"])
def test_bodies_may_be_compressed_in_both_directions(server: Server, encoding: str) -> None:
    compress = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstd.compress,
        "lz4": lz4.frame.compress,
    }[encoding]
    server.value(MERGE_TREE)
    rows = "".join(f"{i},R{i % 7},{i}\n" for i in range(50_000)).encode()
    answer = server.http.post(
        "/",
        params={"query": f"INSERT INTO {server.database}.prints FORMAT CSV"},
        content=compress(rows),
        headers={"Content-Encoding": encoding},
    )
    assert answer.status_code == 200, answer.text
    assert server.value("SELECT count(), sum(id) FROM prints") == "50000\t1249975000"
    with server.http.stream(
        "POST",
        "/",
        params={"enable_http_compression": "1"},
        content=f"SELECT id, root, id FROM {server.database}.prints ORDER BY id FORMAT CSV",  # noqa: S608 - own table
        headers={"Accept-Encoding": encoding},
    ) as stream:
        assert stream.headers["Content-Encoding"] == encoding
        raw = b"".join(stream.iter_raw())
    decompress = {
        "gzip": gzip.decompress,
        "deflate": zlib.decompress,
        "zstd": zstd.decompress,
        "lz4": lz4.frame.decompress,
    }[encoding]
    assert decompress(raw).replace(b'"', b"") == rows


@pytest.mark.parametrize("damage", ["truncated", "garbage"])
def test_a_damaged_compressed_body_writes_nothing(server: Server, damage: str) -> None:
    server.value(MERGE_TREE)
    whole = gzip.compress(b"1,A,1\n" * 1000)
    body = whole[:-20] if damage == "truncated" else b"\x1f\x8b" + b"\xff" * 100
    answer = server.http.post(
        "/",
        params={"query": f"INSERT INTO {server.database}.prints FORMAT CSV"},
        content=body,
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.headers["X-ClickHouse-Exception-Code"] == "271"
    assert server.value("SELECT count() FROM prints") == "0"


def test_compression_can_be_switched_off(server: Server) -> None:
    headers = {"Accept-Encoding": "gzip"}
    answer = server.http.post(
        "/", params={"enable_http_compression": "0"}, content="SELECT 1", headers=headers
    )
    assert "Content-Encoding" not in answer.headers


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
