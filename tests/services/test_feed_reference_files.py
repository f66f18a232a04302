"""Files of reference data reach their topics over the command line, once."""

from pathlib import Path

from tests.connectors.feeds.files import samples
from tests.infra.cli.command import islandflow


def test_reference_files_are_published_once_and_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    universe = samples.universe(tmp_path, [*samples.UNIVERSE_ROWS, "20240315,50,X,,,,,,1,,,,,,"])
    earnings = samples.alphavantage(tmp_path, name="calendar.csv")

    asked = islandflow("feed", "file", "--path", earnings, "--data", data)
    first = [
        islandflow("feed", "file", "--path", path, "--date", "2024-03-04", "--data", data)
        for path in (universe, earnings)
    ]
    again = islandflow("feed", "file", "--path", universe.parent, "--data", data)

    assert (asked.code, asked.out) == (2, "")
    assert "--date YYYY-MM-DD" in asked.err
    assert [each.out for each in first] == [
        "file: 2 published, 1 dead letters, 0 in the log already\n",
        "file: 3 published, 0 dead letters, 0 in the log already\n",
    ]
    assert again.out == "file: 0 published, 0 dead letters, 3 in the log already\n"
