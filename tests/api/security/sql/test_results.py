import csv
import io
import json

import pytest
from httpx2 import Response
from pyarrow import parquet
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from tests.api.security.gates import code_of


def run(console: TestClient, statement: str, **body: object) -> Response:
    return console.post("/sql", json={"statement": statement, **body})


def test_rows_come_with_names_and_types_and_no_number_loses_digits(console: TestClient) -> None:
    answer = run(console, "SELECT id, root, px, ts, cost FROM prints ORDER BY id").json()

    assert answer["columns"] == [
        {"name": "id", "type": "UInt64"},
        {"name": "root", "type": "LowCardinality(String)"},
        {"name": "px", "type": "Nullable(Float64)"},
        {"name": "ts", "type": "DateTime64(9)"},
        {"name": "cost", "type": "Decimal(18, 4)"},
    ]
    assert [row[0] for row in answer["data"]] == [
        *(9007199254740990, 9007199254740991),
        *("9007199254740992", "9007199254740993", "9007199254740994", "9007199254740995"),
    ]
    assert [row[2] for row in answer["data"]] == [0, 0.25, 0.5, None, None, 1.25]
    assert {row[4] for row in answer["data"]} == {"1.5"}
    assert (answer["rows"], answer["rows_read"]) == (6, 6)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("SELECT [toUInt64(1), 18446744073709551615]", [1, "18446744073709551615"]),
        ("SELECT tuple(toInt64(-9223372036854775808)) AS t", ["-9223372036854775808"]),
        ("SELECT map('a', 9007199254740993)", {"a": "9007199254740993"}),
        ("SELECT toInt256('2000000000000000000000000')", "2000000000000000000000000"),
        ("SELECT 1 / 0, 1", None),
        ("SELECT true", True),
        ("SELECT NULL", None),
        ("SELECT 'a;b -- c /* d */'", "a;b -- c /* d */"),
        ("SELECT `count()` FROM (SELECT count() FROM prints)", 6),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x", 1),
        ("SELECT 2 IN (SELECT number FROM numbers(3))", 1),
        ("SELECT max(id) - min(id) FROM islandflow.prints FINAL", 5),
        ("SELECT count() FROM ticks", 5),
        ("SELECT sumIf(px, root = 'VST' AND isFinite(px)) FROM prints", 0.5),
        ("SELECT quantileTDigestIf(0.5)(px, px > 0) >= 0 FROM prints", 1),
        ("SELECT any(root) OVER (PARTITION BY root ORDER BY id) FROM prints LIMIT 1", "SPY"),
        ("SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END", "a"),
        ("SELECT toStartOfInterval(toDateTime(0, 'UTC'), INTERVAL 5 MINUTE) IS NOT NULL", 1),
        ("SELECT CAST('1.5' AS Decimal(18, 4))", "1.5"),
        ("SELECT []::Array(Nullable(Int8))", []),
        ("SELECT EXTRACT(DAY FROM toDate('2025-11-20'))", 20),
        ("SELECT arrayMap(x -> x * 2, [1, 2])", [2, 4]),
        ("SELECT id % 2 AS k FROM prints GROUP BY k HAVING k = 0 QUALIFY 1 LIMIT 1;", 0),
        ("SELECT 1 UNION ALL SELECT 1 INTERSECT SELECT 1 LIMIT 1", 1),
    ],
)
def test_ordinary_statements_run(console: TestClient, statement: str, value: object) -> None:
    answer = run(console, statement)

    assert answer.status_code == 200, answer.text
    assert answer.json()["data"][0][0] == value


def test_parameters_are_values_however_they_are_written(console: TestClient) -> None:
    text = 'it\'s "1"; DROP TABLE prints -- \\ \t\n\0 {x:String} é'
    params = {"s": text, "n": 7, "b": True, "xs": ["a'b", "c,d\\\t"], "ns": [1, 2], "f": 1.5}
    statement = (
        "SELECT {s:String}, {n:UInt8}, {b:Bool}, {xs:Array(String)}, {ns:Array(Int64)}, {f:Float64}"
    )

    answer = run(console, statement, params=params)
    assert answer.json()["data"] == [[text, 7, True, ["a'b", "c,d\\\t"], [1, 2], 1.5]]


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"statement": 1}, {"statement": "SELECT 1", "params": {"a b": 1}}),
        *({"statement": "SELECT 1", "format": "xml"}, {"statement": "SELECT 1", "extra": 1}),
        *({"statement": "SELECT 1", "params": {"a": {"b": 1}}}, []),
        {"statement": "SELECT {a:String}", "params": {"a": "x" * 9000}},
    ],
)
def test_a_malformed_request_is_named(console: TestClient, body: object) -> None:
    answer = console.post("/sql", json=body)

    assert code_of(answer) == "parameter_invalid"


def test_csv_has_names_and_parquet_types(console: TestClient) -> None:
    statement = "SELECT id, root FROM prints ORDER BY id LIMIT 2"

    text = run(console, statement, format="csv")
    rows = list(csv.reader(io.StringIO(text.text)))
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert rows == [["id", "root"], ["9007199254740990", "VST"], ["9007199254740991", "SPY"]]
    binary = run(console, statement, format="parquet")
    assert binary.headers["content-type"] == "application/vnd.apache.parquet"
    table = parquet.read_table(io.BytesIO(binary.content))
    assert table.column("id").to_pylist() == [9007199254740990, 9007199254740991]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT nosuch FROM prints", "no such column: nosuch"),
        ("SELECT * FROM nosuch", "no such table"),
        ("SELECT 1 +", "cannot be read"),
        ("SELECT id FROM prints GROUP BY root", "neither grouped nor aggregated"),
        ("SELECT length(1, 2)", "wrong number of arguments"),
        ("SELECT {n:UInt8}", "form of its type"),
    ],
)
def test_a_mistake_is_told_without_the_engines_text(
    console: TestClient, statement: str, told: str
) -> None:
    answer = run(console, statement, params={"n": "x"})

    assert code_of(answer) == "sql_refused"
    assert told in answer.json()["detail"]
    assert "Exception" not in answer.text
    assert "version" not in answer.text


def test_the_schema_lists_what_can_be_read(console: TestClient) -> None:
    answer = console.get("/sql/schema").json()

    assert answer["database"] == "islandflow"
    assert [table["name"] for table in answer["tables"]] == ["prints", "ticks"]
    assert answer["tables"][0]["columns"][0] == {
        "name": "id",
        "type": "UInt64",
        "comment": "sequence",
    }


def test_every_statement_is_logged_with_who_asked_and_how_long(console: TestClient) -> None:
    with capture_logs() as lines:
        run(console, "SELECT root FROM prints LIMIT 3")
        run(console, "SELECT file('/etc/passwd')")

    found = [line for line in lines if line["event"] == "sql_statement"]
    assert [(each["principal"], each["rows"], each["outcome"]) for each in found] == [
        ("local", 3, "ok"),
        ("local", 0, "sql_refused"),
    ]
    assert found[0]["statement"] == "SELECT root FROM prints LIMIT 3"
    assert all(each["duration_ms"] >= 0 for each in found)


def test_json_is_what_the_document_says(console: TestClient) -> None:
    answer = run(console, "SELECT 1 AS a")

    assert json.loads(answer.content)["columns"] == [{"name": "a", "type": "UInt8"}]
