import gzip
import json
import zlib
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.services.clickhouse_front import LONG_QUERY
from tests.services.clickhouse_front import MERGE_TREE
from tests.services.clickhouse_front import Server
from tests.services.clickhouse_front import client
from tests.services.clickhouse_front import server

__all__ = ["client", "server"]


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
