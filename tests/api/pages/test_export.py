"""Exports: the store writes the file, the gateway passes it on or refuses it."""

import csv
import io
import json
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.api.pages.market import BEGIN_NS
from tests.api.pages.market import Pages
from tests.api.pages.market import Tables
from tests.api.pages.market import chance
from tests.api.pages.market import random_record
from tests.api.pages.market import stream


@pytest.fixture(scope="module")
def symbol(tables: Tables) -> str:
    records = [
        msgspec.structs.replace(
            random_record(stream("alerts"), number, chance(number)),
            underlying_id="EXPORT",
            source_ts=BEGIN_NS + number,
            **dict.fromkeys(("trace_id", "alert_id"), f"al:export:{number}"),
            headline='said "so", in two\nlines',
        )
        for number in range(6)
    ]
    tables.insert(
        stream("alerts"), [*records, msgspec.structs.replace(records[0], revision=99_999)]
    )
    return "EXPORT"


def test_csv_has_the_asked_columns_oldest_first(symbol: str, pages: Pages) -> None:
    answer = pages.get(
        f"/export/alerts?underlying_ids={symbol}&columns=headline,source_ts,alert_id"
    )

    rows = list(csv.reader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="alerts.csv"'
    assert rows[0] == ["source_ts", "alert_id", "headline"]
    assert rows[1:] == [
        [str(BEGIN_NS + number), f"al:export:{number}", 'said "so", in two\nlines']
        for number in range(6)
    ]


def test_json_lines_have_latest_versions_and_times_as_texts(symbol: str, pages: Pages) -> None:
    answer = pages.get(f"/export/alerts?underlying_ids={symbol}&format=jsonl")

    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["source_ts"] for row in rows] == [str(BEGIN_NS + number) for number in range(6)]
    assert rows[0]["revision"] == 99_999
    assert set(rows[0]) == {field["name"] for field in stream("alerts").schema.schema["fields"]}


def test_parquet_is_read_back_as_the_same_rows(symbol: str, pages: Pages) -> None:
    answer = pages.get(f"/export/alerts?underlying_ids={symbol}&format=parquet")

    tables = pages.tables
    tables.execute("CREATE TABLE IF NOT EXISTS alerts_read AS flow_alerts")
    query = {"database": tables.database, "query": "INSERT INTO alerts_read FORMAT Parquet"}
    httpx.post(tables.url, params=query, content=answer.content).raise_for_status()
    same = (
        "SELECT count() FROM (SELECT * FROM alerts_read INTERSECT"
        " SELECT * FROM flow_alerts FINAL) FORMAT TSV"
    )
    assert tables.execute(same).strip() == "6"


def test_filters_and_times_narrow_an_export(symbol: str, pages: Pages) -> None:
    path = f"/export/alerts?underlying_ids={symbol}&format=jsonl&start_ts={BEGIN_NS + 2}"

    answer = pages.get(f"{path}&end_ts={BEGIN_NS + 5}")

    assert [json.loads(line)["alert_id"] for line in answer.text.splitlines()] == [
        f"al:export:{number}" for number in (2, 3, 4)
    ]
    assert pages.get(f"{path}&min_score=100").text.count("\n") < 4


def test_export_that_is_too_long_is_refused_with_its_count(
    symbol: str, tables: Tables, tmp_path: Path
) -> None:
    pages = Pages(tables, tmp_path, export_max_rows=5)

    answer = pages.get(f"/export/alerts?underlying_ids={symbol}")

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.json()["detail"].startswith("6 rows, at most 5")


def test_empty_export_is_a_file_without_rows(pages: Pages) -> None:
    answers = {
        form: pages.get(f"/export/alerts?underlying_ids=NOBODY&columns=score&format={form}")
        for form in ("csv", "jsonl", "parquet")
    }

    assert answers["csv"].text == '"score"\n'
    assert answers["jsonl"].content == b""
    assert answers["parquet"].content.endswith(b"PAR1")
