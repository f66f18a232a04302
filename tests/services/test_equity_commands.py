"""What a user sees of a run of equities: summary, chains of every alert, the picture, the views."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouseClient
from infra.embedded.stack import EmbeddedStack
from infra.evidence import EvidenceResolver
from tests.infra.cli.command import Outcome
from tests.infra.cli.command import complaints
from tests.infra.cli.command import in_process
from tests.infra.cli.command import islandflow
from tests.services.test_run_equities import MINUTES
from tests.services.test_run_equities import archive
from tests.services.test_run_equities import rows_of

WIDE = {"COLUMNS": "160"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen") / "data"


@pytest.fixture(scope="module")
def ran(data: Path) -> Outcome:
    trades, quotes = rows_of(0)
    files = [
        archive(data.parent / f"{kind}.zip", f"20240304_xyz_{kind}_Tick.csv", rows)
        for kind, rows in (("Trade", trades), ("Quote", quotes))
    ]
    return islandflow("run", *files, "--data", data, settings=WIDE)


@pytest.fixture(scope="module")
def tables(data: Path, ran: Outcome) -> Iterator[ClickHouseClient]:
    assert ran.code == 0, ran.err
    with (
        EmbeddedStack(data) as stack,
        closing(ClickHouseClient(stack.addresses.clickhouse)) as tables,
    ):
        yield tables


def test_summary_tells_of_equities_and_of_nothing_else(ran: Outcome, data: Path) -> None:
    lines = [line.split() for line in ran.out.splitlines()]

    assert (ran.code, complaints(ran.err)) == (0, "")
    assert any(line[:2] == ["XYZ", f"{MINUTES * 60:,}"] for line in lines)
    assert any(line[:2] == ["stealth", "accumulation"] for line in lines)
    assert ["islandflow", "chart", "XYZ", "--data", str(data)] in lines
    assert "Placement" not in ran.out
    assert "options.tape" not in ran.out
    assert "dark pool" not in ran.out.lower()


def test_every_alert_inference_and_state_leads_to_what_it_names(tables: ClickHouseClient) -> None:
    resolver = EvidenceResolver(tables)
    ids = [
        str(row["id"])
        for query in (
            "SELECT alert_id AS id FROM flow_alerts FINAL",
            "SELECT trace_id AS id FROM dark_inferred FINAL",
            "SELECT trace_id AS id FROM equities_state FINAL LIMIT 20",
        )
        for row in tables.rows(query)
    ]

    chains = [resolver.resolve(each) for each in ids]

    assert len(chains) > 3
    assert [chain.missing_ids() for chain in chains if chain.missing_ids()] == []
    inferred = [chain for chain in chains if chain.kind == "dark"]
    assert inferred
    for chain in inferred:
        cited = min(20, chain.record["print_count"])
        assert chain.count("equity_join") == chain.count("equity_print") == cited
        assert chain.count("equity_quote") > 0


def test_trace_shows_the_joins_of_an_inference(
    data: Path, tables: ClickHouseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", WIDE["COLUMNS"])
    (alert,) = tables.rows(
        "SELECT alert_id FROM flow_alerts FINAL WHERE kind = 'dark.stealth_accumulation' LIMIT 1"
    )
    shown = in_process("trace", alert["alert_id"], "--data", data)

    assert shown.code == 0, shown.err
    assert "inferred stealth accumulation XYZ" in shown.out
    assert "off-exchange (TRF)  quote " in shown.out
    assert "did not resolve" not in shown.out


def test_chart_shows_the_bars_the_views_hold(data: Path, tables: ClickHouseClient) -> None:
    picture = data.parent / "xyz.svg"
    (counted,) = tables.rows("SELECT count() AS n FROM candles")
    drawn = in_process("chart", "xyz", "--interval", "1m", "--data", data, "--out", picture)

    assert drawn.code == 0, drawn.err
    assert f"{counted['n']} bars" in drawn.out.replace("\n", " ")
    assert 'id="inferred-stealth_accumulation"' in picture.read_text()
