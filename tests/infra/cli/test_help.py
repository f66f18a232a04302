"""Every command explains itself, with an example."""

import re
from collections.abc import Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from infra.cli.main import app
from tests.conftest import REPOSITORY


def commands(group: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    found = get_command(app) if group is None else group
    below = getattr(found, "commands", None)
    if not below:
        yield path
        return
    for name, each in below.items():
        yield from commands(each, (*path, name))


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})

    assert found.exit_code == 0
    assert "Example" in found.output
    assert f"islandflow {path[0]}" in found.output
    assert all(part in found.output for part in path)


def test_the_commands_are_those_of_the_readme() -> None:
    table = re.findall(
        r"^\| `islandflow (\w+)", (REPOSITORY / "README.md").read_text(), re.MULTILINE
    )

    assert {path[0] for path in commands()} == set(table)


def test_unknown_command_is_a_usage_error() -> None:
    found = CliRunner().invoke(app, ["frobnicate"])

    assert found.exit_code == 2
    assert "No such command" in found.output


def test_help_names_where_the_data_folder_comes_from() -> None:
    # Square brackets are markup to the help's printer and would vanish.
    found = CliRunner().invoke(app, ["sql", "--help"], env={"COLUMNS": "200"})

    assert "$ISLANDFLOW_DATA_DIR or ./data" in found.output
