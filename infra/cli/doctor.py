"""`islandflow doctor`."""

from dataclasses import asdict

import typer
from rich.markup import escape

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.doctor import Finding
from infra.doctor import examine
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings

MARKS = {
    "ok": "[green]ok[/green]",
    "note": "[yellow]note[/yellow]",
    "problem": "[red]problem[/red]",
}


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    Check versions, ports, disk and services, and say what to do. Exits 1 on a problem.

    [dim]Example[/dim]

      islandflow doctor --data ./vst
    """
    try:
        findings = examine(load_settings(), data)
    except MisconfiguredInfra as error:
        findings = [Finding("settings", "problem", str(error), "correct the environment or .env")]
    problems = sum(finding.state == "problem" for finding in findings)
    if as_json:
        print_json({"problems": problems, "findings": [asdict(finding) for finding in findings]})
    else:
        rows = [(MARKS[f.state], f.name, escape(f.detail), escape(f.remedy)) for f in findings]
        console().print(table("", ("state", "what", "found", "remedy"), rows))
    raise typer.Exit(1 if problems else 0)
