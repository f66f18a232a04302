"""`islandflow version`."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from infra.cli.output import console
from infra.cli.output import print_json
from infra.cli.output import table

PARTS = (
    "islandflow",
    "bytewax",
    "confluent-kafka",
    "kio",
    "chdb",
    "clickhouse-connect",
    "fastavro",
    "msgspec",
    "numpy",
    "databento",
)


def versions() -> dict[str, str]:
    """Return the versions that decide what a run computes."""
    found = {"python": platform.python_version()}
    for part in PARTS:
        try:
            found[part] = installed(part)
        except PackageNotFoundError:
            found[part] = "not installed"
    return found


def version(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Print the version of Islandflow and of what it stands on.

    [dim]Example[/dim]

      islandflow version --json
    """
    if as_json:
        print_json(versions())
        return
    console().print(table("", ("part", "version"), versions().items()))
