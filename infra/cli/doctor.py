"""`islandflow doctor`."""

from dataclasses import asdict
from typing import Annotated

import typer

from infra.cli.output import console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.doctor import examine
from infra.settings import load_settings

MARKS = {
    "ok": "[green]ok[/green]",
    "note": "[yellow]note[/yellow]",
    "problem": "[red]problem[/red]",
}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Check versions, ports, disk and services, and say what to do. Exits 1 on a problem.

    [dim]Example[/dim]

      islandflow doctor
    """
    findings = examine(load_settings())
    problems = sum(finding.state == "problem" for finding in findings)
    if as_json:
        print_json({"problems": problems, "findings": [asdict(finding) for finding in findings]})
    else:
        rows = [(MARKS[f.state], f.name, f.detail, f.remedy) for f in findings]
        console().print(table("", ("state", "what", "found", "remedy"), rows))
    raise typer.Exit(1 if problems else 0)
