"""What `islandflow chart` takes and refuses, without services."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from infra.chart.read import INTERVALS
from infra.cli.chart import Interval
from infra.cli.chart import chart
from infra.cli.chart import default_name
from infra.errors import MisconfiguredInfra
from tests.infra.chart.days import a_day


def refusal(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(chart)
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code != 0
    if isinstance(found.exception, MisconfiguredInfra):
        return str(found.exception)
    return found.output


def test_intervals_of_the_command_are_those_that_can_be_read() -> None:
    assert [each.value for each in Interval] == list(INTERVALS)


def test_folder_without_data_is_refused(tmp_path: Path) -> None:
    assert "holds no data of Islandflow" in refusal("XYZ", "--data", str(tmp_path / "none"))


def test_unknown_interval_names_the_known_ones() -> None:
    text = refusal("XYZ", "--interval", "7m")

    assert "'7m' is not one of" in text
    assert "15m" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "picture.pdf"), "expected a name that ends in .png or .svg"),
        (("--date", "2025-05-25"), "on which the exchange is closed"),
        (("--date", "May"), "expected a day such as"),
    ],
)
def test_bad_options_are_refused_by_name(arguments: tuple[str, str], message: str) -> None:
    text = refusal("XYZ", *arguments)

    assert arguments[0] in text
    assert message in text


def test_file_is_named_for_what_it_shows() -> None:
    assert default_name(a_day()) == "XYZ-2025-05-21-5m.png"
    assert default_name(a_day(symbol="BRK/B")) == "BRK-B-2025-05-21-5m.png"
