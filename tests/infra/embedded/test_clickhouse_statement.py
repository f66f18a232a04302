import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from infra.embedded.clickhouse.statement import InsertHead
from infra.embedded.clickhouse.statement import find_insert
from infra.embedded.clickhouse.statement import inspect

INSERTS = [
    ("INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t ", "CSV", "1,2\n"),
    ("insert into t format JSONEachRow {}", "insert into t ", "JSONEachRow", "{}"),
    ("INSERT INTO t FORMAT CSV\r\n1\n", "INSERT INTO t ", "CSV", "1\n"),
    ("INSERT INTO t FORMAT TSV \t\n\n1\n", "INSERT INTO t ", "TSV", "\n1\n"),
    ("INSERT INTO d.t (a, b) VALUES (1, 2)", "INSERT INTO d.t (a, b) ", "Values", "(1, 2)"),
    ("INSERT INTO TABLE t FORMAT TSV\nx", "INSERT INTO TABLE t ", "TSV", "x"),
    ("INSERT INTO format FORMAT CSV\n1", "INSERT INTO format ", "CSV", "1"),
    ("INSERT INTO values.format FORMAT CSV\n1", "INSERT INTO values.format ", "CSV", "1"),
    ("INSERT INTO `a format` FORMAT CSV\n1", "INSERT INTO `a format` ", "CSV", "1"),
    ("INSERT INTO t (format, values) FORMAT CSV\n1", "INSERT INTO t (format, values) ", "CSV", "1"),
    ("-- FORMAT X\nINSERT /* VALUES */ INTO t FORMAT CSV\n1", None, "CSV", "1"),
    ("INSERT INTO t SETTINGS a = 'FORMAT CSV' FORMAT TSV\n1", None, "TSV", "1"),
    ("INSERT INTO FUNCTION file('x FORMAT y', 'CSV') FORMAT TSV\n1", None, "TSV", "1"),
    ("INSERT INTO t FORMAT Native\n\x00\x01'\"", "INSERT INTO t ", "Native", "\x00\x01'\""),
]


@pytest.mark.parametrize(("text", "statement", "format_name", "rows"), INSERTS)
def test_rows_begin_after_the_format(
    text: str, statement: str | None, format_name: str, rows: str
) -> None:
    head = find_insert(text.encode(), is_complete=True)
    assert isinstance(head, InsertHead)
    assert head.format_name == format_name
    assert text.encode()[head.data_offset :] == rows.encode()
    if statement is not None:
        assert head.statement == statement


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "INSERT INTO t SELECT 1 FORMAT CSV",
        "INSERT INTO t (a) WITH x AS (SELECT 1) SELECT * FROM x",
        "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        "INSERT INTO t",
        "INSERT",
        "",
        "-- INSERT INTO t FORMAT CSV",
        "EXPLAIN INSERT INTO t VALUES (1)",
    ],
)
def test_what_brings_no_rows_is_no_such_insert(text: str) -> None:
    assert find_insert(text.encode(), is_complete=True) is False


@pytest.mark.parametrize(("text", "_statement", "format_name", "rows"), INSERTS)
def test_a_head_is_never_misread_from_its_beginning(
    text: str, _statement: str | None, format_name: str, rows: str
) -> None:
    data = text.encode()
    begin = len(data) - len(rows.encode())
    for end in range(len(data)):
        head = find_insert(data[:end], is_complete=False)
        if isinstance(head, InsertHead):
            assert head.format_name == format_name
            assert head.data_offset == begin or end < begin
            assert end >= begin - 2
        else:
            assert head is None


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        ("SELECT 1", None),
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1 format JSON;", "JSON"),
        ("SELECT 1 FORMAT JSON SETTINGS max_threads = 1", "JSON"),
        ("SELECT 1 SETTINGS max_threads = 1 FORMAT CSV -- FORMAT TSV", "CSV"),
        ("SELECT format FROM t", None),
        ("SELECT 'FORMAT JSON'", None),
        ("SELECT $a$ FORMAT JSON $a$", None),
        ("SELECT * FROM (SELECT 1 FORMAT JSON)", None),
        ("SELECT format x FROM t FORMAT TSV", "TSV"),
        ("SHOW TABLES FORMAT JSONEachRow", "JSONEachRow"),
    ],
)
def test_the_output_format_is_the_last_clause(text: str, format_name: str | None) -> None:
    assert inspect(text).format_name == format_name


@pytest.mark.parametrize(
    ("text", "is_streamable", "has_output"),
    [
        ("SELECT 1", True, True),
        ("(SELECT 1) UNION ALL (SELECT 2)", True, True),
        ("WITH 1 AS x SELECT x", True, True),
        ("SELECT k, count() FROM t GROUP BY k WITH TOTALS", False, True),
        ("SELECT 1 SETTINGS extremes = 1", False, True),
        ("SHOW TABLES", False, True),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", False, False),
        ("", False, False),
    ],
)
def test_only_plain_selects_stream(text: str, is_streamable: bool, has_output: bool) -> None:
    found = inspect(text)
    assert (found.is_streamable, found.has_output) == (is_streamable, has_output)


@pytest.mark.parametrize(
    ("text", "kind"), [("set a = 1", "SET"), ("USE d", "USE"), ("SELECT 1", None)]
)
def test_session_statements_are_known(text: str, kind: str | None) -> None:
    assert inspect(text).session_kind == kind


@pytest.mark.parametrize(
    "text", ["SYSTEM SHUTDOWN", "system kill", "SYSTEM /**/ SUSPEND FOR 1 SECOND"]
)
def test_statements_that_end_the_process_are_known(text: str) -> None:
    assert inspect(text).ends_the_engine
    assert not inspect("SYSTEM FLUSH LOGS").ends_the_engine


@given(st.text(max_size=200))
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_without_failing(text: str) -> None:
    inspect(text)
    assert find_insert(text.encode(), is_complete=True) is not None
