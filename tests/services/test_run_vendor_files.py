"""Real exports of four vendors: every row becomes a tape row, cancels take back what they void."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouseClient
from infra.embedded.stack import EmbeddedStack
from tests.conftest import real_data_path
from tests.infra.cli.command import islandflow

CBOE = "cboe_datashop_vix_trades/UnderlyingOptionsTrades_2016-06-01.csv"
THETA = "thetadata_captures/option_history_trade_quote.csv"
TBBO = "databento_python_tests/OPRA.PILLAR/test_data.tbbo.dbn.zst"
BARCHART = ("barchart_options_flow/etfs.csv", "barchart_options_flow/stocks.csv")
CANCELLED = "VIX-2016-07-20-18-P"
CANCEL_TIME = "2016-06-01 14:22:21.275"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vendors") / "data"


@pytest.fixture(scope="module")
def first(data: Path) -> dict[str, Any]:
    """Return what one run over the files of three vendors came to."""
    files = [real_data_path(name) for name in (CBOE, THETA, TBBO)]
    result: dict[str, Any] = islandflow("run", *files, "--data", data, "--json").json()
    return result


@pytest.fixture(scope="module")
def second(data: Path, first: dict[str, Any]) -> dict[str, Any]:
    """Return what a second run on the same folder came to, over files that name no date."""
    assert first["dead_letters"] == 0
    files = [real_data_path(name) for name in BARCHART]
    found = islandflow("run", *files, "--date", "2026-02-20", "--data", data, "--json")
    result: dict[str, Any] = found.json()
    return result


@pytest.fixture(scope="module")
def tables(data: Path, second: dict[str, Any]) -> Iterator[ClickHouseClient]:
    assert second["dead_letters"] == 0
    with (
        EmbeddedStack(data) as stack,
        closing(ClickHouseClient(stack.addresses.clickhouse)) as tables,
    ):
        yield tables


def test_three_vendors_in_one_run_lose_no_row(first: dict[str, Any]) -> None:
    assert first["published"] == 2295 + 98 + 4
    assert first["tables"]["options_prints"] == first["tables"]["options_tape"] == 2397
    assert sum(first["placements"].values()) == 2397


def test_second_run_adds_its_files_to_the_folder(second: dict[str, Any]) -> None:
    # Barchart's rows carry the open interest of their contract: one figure a contract and day.
    open_interest = 302 + 375
    assert second["published"] == 1000 + open_interest
    assert second["topics"]["refdata.open-interest"] == open_interest
    assert second["tables"]["refdata_open_interest"] == open_interest
    assert second["tables"]["options_tape"] == 3397
    assert second["alerts"]


def test_tape_rows_say_which_feed_they_came_from(tables: ClickHouseClient) -> None:
    found = tables.rows("SELECT source, count() AS n FROM options_tape FINAL GROUP BY 1")

    assert {row["source"]: row["n"] for row in found} == {
        "file:cboe": 2295,
        "file:theta": 98,
        "databento": 4,
        "file:barchart": 1000,
    }


def test_cancel_takes_its_print_out_of_the_volume(tables: ClickHouseClient) -> None:
    rows = tables.rows(
        "SELECT trace_id, size, price, cancel, reversed, revision, session_volume, "
        "eligible_volume, formatDateTime(source_time, '%F %T.%f') AS at FROM options_tape FINAL "
        "WHERE option_contract_id = {contract:String} ORDER BY source_ts, seq",
        {"contract": CANCELLED},
    )
    (cancel_at,) = [n for n, row in enumerate(rows) if row["cancel"]]
    cancel = rows[cancel_at]
    (void,) = [row for row in rows if row["reversed"]]
    before = [row for row in rows[:cancel_at] if row["eligible_volume"]]

    assert cancel["at"].startswith(CANCEL_TIME)
    assert (void["size"], void["price"]) == (cancel["size"], cancel["price"]) == (180, 2.2)
    assert (void["revision"], cancel["revision"]) == (1, 0)
    assert before[-1]["session_volume"] == sum(row["size"] for row in before)
    assert cancel["session_volume"] == before[-1]["session_volume"] - 180


def test_every_print_keeps_its_first_tape_row_in_the_log(first: dict[str, Any]) -> None:
    # One reversed print: its row is in the topic twice, as seen and as revised.
    assert first["topics"]["options.tape"] == 2397 + 1


def test_every_hit_and_event_names_prints_that_are_stored(tables: ClickHouseClient) -> None:
    (found,) = tables.rows(
        "SELECT count() AS n FROM (SELECT arrayJoin(members) AS member FROM flow_packets FINAL) "
        "WHERE member NOT IN (SELECT trace_id FROM options_tape FINAL)"
    )

    assert found["n"] == 0
