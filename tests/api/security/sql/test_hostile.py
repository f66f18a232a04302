from pathlib import Path

import httpx
import orjson
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.problems import Problem
from api.sql.statement import MAX_BYTES
from api.sql.statement import checked
from api.sql.tree import check_tree
from tests.api.security.gates import code_of
from tests.api.security.sql.hostile import BOUNDED
from tests.api.security.sql.hostile import REFUSED

PARAMS = {"t": "system.one"}
OUTFILE = Path("/tmp/islandflow-hostile")  # noqa: S108 - must never exist
SECRETS = ("root:", "watched by nobody else", "of another database", "DB::Exception")


def asked(console: TestClient, statement: str) -> Response:
    body = orjson.dumps({"statement": "x", "params": PARAMS}).replace(b'"x"', b"%s", 1)
    text = '"' + "".join(_escaped(sign) for sign in statement) + '"'
    answer = console.post(
        "/sql",
        content=body.replace(b"%s", text.encode()),
        headers={"Content-Type": "application/json"},
    )
    for secret in SECRETS:
        assert secret not in answer.text
    return answer


def _escaped(sign: str) -> str:
    return sign if " " <= sign <= "~" and sign not in '"\\' else f"\\u{ord(sign):04x}"


def test_the_table_is_long_enough() -> None:
    assert len({statement for statement, _ in REFUSED}) == len(REFUSED) >= 60


@pytest.mark.parametrize(("statement", "reason"), REFUSED, ids=[each[:60] for each, _ in REFUSED])
def test_a_hostile_statement_is_refused_and_told_why(
    console: TestClient, statement: str, reason: str
) -> None:
    answer = asked(console, statement)

    assert answer.status_code == 422
    if statement:
        assert code_of(answer) == "sql_refused"
        assert reason in answer.json()["detail"]
    assert not OUTFILE.exists()


@pytest.mark.parametrize("statement", BOUNDED, ids=[each[:60] for each in BOUNDED])
def test_a_costly_statement_stops_at_a_bound(
    console: TestClient, clickhouse: str, statement: str
) -> None:
    answer = asked(console, statement)

    # Which bound comes first, that of memory or of time, depends on the machine.
    assert code_of(answer) in {"sql_refused", "sql_timeout"}
    assert httpx.get(f"{clickhouse}/ping", timeout=30).text == "Ok.\n"


def test_nothing_was_changed_by_any_of_it(console: TestClient) -> None:
    answer = asked(console, "SELECT count() AS n, uniq(root) AS roots FROM prints")

    assert answer.json()["data"] == [[6, 2]]


TREES = [
    ("SelectWithUnionQuery\n Set", "SETTINGS"),
    ("SelectWithUnionQuery\n ColumnsApplyTransformer", "APPLY"),
    ("SelectWithUnionQuery\n TableExpression\n  Function file (children 1)", "file"),
    ("SelectWithUnionQuery\n TableExpression\n  Function fuseQuery", "fusequery"),
    ("SelectWithUnionQuery\n Function file (alias sum) (children 1)", "file"),
    ("SelectWithUnionQuery\n TableIdentifier system.one (alias t)", "system.one"),
    ("SelectWithUnionQuery\n TableIdentifier Operator_Documents", "operator_documents"),
    ("SelectWithUnionQuery\n TableIdentifier a.islandflow.t", "a.islandflow.t"),
    ("SelectWithUnionQuery\n QueryParameter t:Identifier", "QueryParameter"),
    ("SelectWithUnionQuery\n NodeOfTomorrow x", "NodeOfTomorrow"),
    ("ParallelWithQuery 2", "only one SELECT"),
    ("SelectWithUnionQuery\nDropQuery", "only one SELECT"),
    ("InsertQuery", "only one SELECT"),
    ("", "only one SELECT"),
    ("SelectWithUnionQuery\n   Literal 1", "more plainly"),
    ("SelectWithUnionQuery\n Literal 'aggregateFUNCTION(sum)'", "states"),
]


@pytest.mark.parametrize(("explained", "reason"), TREES)
def test_a_tree_with_anything_unknown_is_refused(explained: str, reason: str) -> None:
    with pytest.raises(Problem) as refused:
        check_tree(explained, "islandflow")

    assert refused.value.code == "sql_refused"
    assert reason in refused.value.detail


def test_the_engine_gets_no_comments() -> None:
    text = "SELECT/*a*/1 -- b\n, '--c' # d\n,`/*e*/`;"

    assert checked(text, ()) == "SELECT 1 , '--c' ,`/*e*/`"
    assert checked("(SELECT 1) UNION ALL (SELECT 2)", ()) == "(SELECT 1) UNION ALL (SELECT 2)"


def test_what_is_no_unicode_is_refused() -> None:
    with pytest.raises(Problem, match="not valid Unicode"):
        checked("SELECT '\ud800'", ())


def test_a_statement_of_exactly_20_kib_is_read() -> None:
    text = "SELECT '" + "x" * (MAX_BYTES - 9) + "'"

    assert MAX_BYTES == 20 * 1024
    assert checked(text, ()) == text
