"""What a run tells at its end: only what there is, in numbers that agree."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.feeds.files.summary import FileSummary
from infra.cli import run_summary
from infra.cli.run_summary import speed
from infra.cli.run_summary import strongest
from infra.cli.run_summary import summary
from infra.pipeline.equities_report import EquitiesReport
from infra.pipeline.equities_report import OffExchange
from infra.pipeline.equities_report import SideCount
from infra.pipeline.report import Report
from infra.pipeline.run import RunResult

TEN_EASTERN = 1_748_008_800_000_000_000


def alert(kind: str, score: int, state: str = "open", number: int = 1) -> dict[str, Any]:
    return {
        "alert_id": f"alert:{kind}:XYZ:{number}",
        "kind": kind,
        "state": state,
        "severity": "high",
        "score": score,
        "headline": f"{kind} {score} {number}",
        "why": [f"{kind} {score} {number}", "because"],
        "first_ts": TEN_EASTERN,
    }


def equities() -> EquitiesReport:
    return EquitiesReport(
        off_exchange=[
            OffExchange("XYZ", 1_000, 400, 50_000.0, 20_000.0),
            OffExchange("QQQ", 10, 0, None, None),
        ],
        sides={"A": SideCount(300, 15_000.0), "MID": SideCount(100, 5_000.0)},
        inferred={"absorbed_block": {"confirmed": 2, "rejected": 1}},
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    console = Console(file=out, width=120, highlight=False)
    monkeypatch.setattr(run_summary, "console", lambda: console)
    return out


def result(**changes: Any) -> RunResult:  # noqa: ANN401 - fields of the report
    report = Report(
        topics={"equities.prints": 1_010, "options.prints": 0},
        tables={"equities_prints": 1_010, "options_prints": 0},
    )
    for name, value in changes.items():
        setattr(report, name, value)
    return RunResult(published=1_010, prints=1_010, elapsed_s=2.0, report=report)


def test_topics_without_records_are_counted_and_not_listed(told: io.StringIO) -> None:
    summary(result(), None)

    assert "equities.prints" in told.getvalue()
    assert "options.prints" not in told.getvalue()
    assert "1 topic without records not shown" in told.getvalue()


def test_equities_say_what_was_off_exchange_and_where_it_lay(told: io.StringIO) -> None:
    summary(result(equities=equities()), Path("kept"))
    lines = [line.split() for line in told.getvalue().splitlines()]

    assert ["XYZ", "1,000", "400", "40.0%", "50,000", "20,000", "40.0%"] in lines
    assert ["QQQ", "10", "0", "0.0%", "-", "-", "-"] in lines
    assert ["A", "300", "75.0%", "15,000", "75.0%"] in lines
    assert ["absorbed", "block", "2", "0", "1", "0"] in lines
    assert ["islandflow", "chart", "XYZ", "--data", "kept"] in lines
    assert "dark pool" not in told.getvalue().lower()


def test_placement_of_options_is_left_out_of_a_run_of_equities(told: io.StringIO) -> None:
    summary(result(equities=equities()), None)

    assert "Placement" not in told.getvalue()


def test_run_of_options_says_nothing_of_equities(told: io.StringIO) -> None:
    summary(result(placements={"A": 3, "B": 1}), None)

    assert "A 3 (75%), B 1 (25%)" in told.getvalue()
    assert "Off-exchange" not in told.getvalue()
    assert "Inferred" not in told.getvalue()


def test_alerts_of_several_kinds_are_counted_and_the_strongest_of_each_is_shown(
    told: io.StringIO,
) -> None:
    kinds = [alert("lvn.near", 40), alert("lvn.near", 40, "retracted", 2), alert("lvn.cross", 55)]
    summary(result(alerts=kinds), None)
    lines = [line.split() for line in told.getvalue().splitlines()]

    assert ["lvn.near", "2", "1"] in lines
    assert "3 alerts, the strongest of each kind" in told.getvalue()
    assert told.getvalue().count("lvn.cross 55 1") == 1  # the headline is not its own reason


def test_alerts_of_one_kind_are_shown_strongest_first() -> None:
    alerts = [alert("options", 90 - number, number=number) for number in range(7)]

    assert [each["score"] for each in strongest(alerts)] == [90, 89, 88, 87, 86]


def test_alert_that_stands_is_shown_before_a_stronger_one_that_was_retracted() -> None:
    alerts = [alert("dark.x", 99, "retracted"), alert("dark.x", 60), alert("lvn.near", 40)]

    assert [(each["kind"], each["score"]) for each in strongest(alerts)] == [
        ("dark.x", 60), ("lvn.near", 40)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("published", "prints", "quotes", "text"),
    [
        (0, 0, 0, "nothing new to derive (2.0 s)"),
        (10, 10, 0, "10 prints in 2.0 s from first row to last insert, 5 prints/s"),
        (30, 10, 20, "10 prints and 20 quotes in 2.0 s from first row to last insert, 5 prints/s"),
        (3, 0, 0, "3 other records in 2.0 s from first row to last insert"),
    ],
)
def test_speed_tells_what_was_put_through(
    published: int, prints: int, quotes: int, text: str
) -> None:
    assert (
        speed(RunResult(published=published, prints=prints, quotes=quotes, elapsed_s=2.0)) == text
    )


def test_nothing_inferred_without_quotes_says_why(told: io.StringIO) -> None:
    blind = equities()
    blind.inferred, blind.sides = {}, {"MISSING": SideCount(400, 20_000.0)}
    summary(result(equities=blind), None)

    assert "nothing; without quotes no print has a side" in told.getvalue()


def test_files_of_one_name_are_told_apart_by_their_folders(told: io.StringIO) -> None:
    found = result()
    found.summaries = [
        FileSummary(f"ticks/{name}/day.zip", "lean", "", "", 0) for name in ("aaa", "bbb")
    ]
    summary(found, None)

    assert "aaa/day.zip" in told.getvalue()
    assert "bbb/day.zip" in told.getvalue()
