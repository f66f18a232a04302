"""What `islandflow run` tells at its end."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import span
from infra.cli.output import table
from infra.evidence import Row
from infra.pipeline.equities_report import EquitiesReport
from infra.pipeline.run import RunResult

SHOWN_ALERTS: Final = 5
SHOWN_UNDERLYINGS: Final = 10
LEGEND: Final = (
    "AA above ask, A ask, MID between, B bid, BB below bid, STALE too old, MISSING no quote"
)
STATUSES: Final = ("confirmed", "provisional", "rejected", "withdrawn")
RETRACTED: Final = "retracted"


def summary(result: RunResult, data: Path | None) -> None:
    """
    Print what a run came to.

    Parameters
    ----------
    result : RunResult
        The run.
    data : Path | None
        Where everything was kept; null when nothing was.
    """
    out = console()
    found = result.report
    _came_in(out, result)
    _came_out(out, result)
    _equities(out, found.equities)
    shown = strongest(found.alerts)
    _alerts(out, found.alerts, shown)
    if found.digests:
        out.print("\n[bold]Digests[/bold] (SHA-256)")
        for topic, digest in found.digests.items():
            out.print(f" {topic:<20}  {digest}", soft_wrap=True)
    if data is None:
        out.print("\n[dim]Nothing was kept; --data FOLDER keeps log and tables.[/dim]")
        return
    if shown:
        out.print("\n[dim]What the first rests on:[/dim]")
        _command(out, "trace", shown[0]["alert_id"], "--data", f"{data}")
    if found.equities.off_exchange:
        out.print("[dim]The day in one picture:[/dim]")
        name = found.equities.off_exchange[0].underlying_id
        _command(out, "chart", name, "--data", f"{data}")


def _command(out: Console, *words: str) -> None:
    out.print(escape(shlex.join(["islandflow", *words])), soft_wrap=True)


def _name(path: Path, names: Counter[str]) -> str:
    """Return a file's name, with its folder where another file of the run has the same."""
    return path.name if names[path.name] == 1 else f"{path.parent.name}/{path.name}"


def _came_in(out: Console, result: RunResult) -> None:
    names = Counter(Path(summary.path).name for summary in result.summaries)
    rows = [
        (
            _name(Path(summary.path), names),
            summary.format,
            f"{summary.rows:,}",
            f"{summary.accepted:,}",
            f"{summary.rejects:,}",
            f"{summary.duplicates:,}",
        )
        for summary in result.summaries
    ]
    columns = ("file", "format", "rows#", "records#", "bad#", "repeats#")
    out.print(table("What came in", columns, rows))
    firsts = [each.first_ts for each in result.summaries if each.first_ts is not None]
    lasts = [each.last_ts for each in result.summaries if each.last_ts is not None]
    if firsts and lasts:
        out.print(f" [dim]{span(min(firsts), max(lasts))}[/dim]")
    for summary in result.summaries:
        if summary.damaged:
            out.print(f"[red]{escape(summary.path)} is damaged:[/red] {escape(summary.damaged)}")
        for line in summary.first_rejects[:3]:
            out.print(f"[red]bad row[/red] {escape(line)}")
    if result.already_published:
        rows_were = "row was" if result.already_published == 1 else "rows were"
        out.print(f" [dim]{result.already_published:,} {rows_were} in the log already.[/dim]")
    out.print()


def _came_out(out: Console, result: RunResult) -> None:
    found = result.report
    rows = [
        (topic, count, stored)
        for (topic, count), stored in zip(found.topics.items(), found.tables.values(), strict=True)
    ]
    filled = [(name, f"{count:,}", f"{stored:,}") for name, count, stored in rows if count]
    out.print(table("What came out", ("topic", "records#", "rows stored#"), filled))
    if len(filled) < len(rows):
        empty = counted(len(rows) - len(filled), "topic")
        out.print(f" [dim]{empty} without records not shown.[/dim]")
    if any(count != stored for _, count, stored in rows):
        out.print(" [dim]A record that was revised is stored once, in its newest revision.[/dim]")
    grid = Table.grid(padding=(0, 2))
    is_equities_only = bool(found.equities.off_exchange) and not found.placements
    if not is_equities_only:
        grid.add_row("[bold]Placement[/bold]", _placement(found.placements))
    if found.placements:
        grid.add_row("", f"[dim]{LEGEND}[/dim]")
    grid.add_row("[bold]Dead letters[/bold]", _letters(found.dead_letters))
    grid.add_row("[bold]Speed[/bold]", speed(result))
    out.print()
    out.print(grid)
    if result.drained.restarts:
        times = counted(result.drained.restarts, "time")
        out.print(f"[yellow]A flow died and was brought back {times}.[/yellow]")


def _placement(placements: dict[str, int]) -> str:
    total = sum(placements.values())
    sides = [f"{side} {count:,} ({count / total:.0%})" for side, count in placements.items()]
    return ", ".join(sides) or "no prints"


def _letters(dead_letters: int) -> str:
    if dead_letters:
        return f"[red]{dead_letters:,}[/red]; islandflow dlq ls shows them"
    return "[green]0[/green]"


def speed(result: RunResult) -> str:
    """Return how long a run took, and how many prints of it that is a second."""
    if not result.published:
        return f"nothing new to derive ({result.elapsed_s:.1f} s)"
    what = [counted(result.prints, "print")] if result.prints else []
    what += [counted(result.quotes, "quote")] if result.quotes else []
    others = result.published - result.prints - result.quotes
    what += [counted(others, "other record")] if others else []
    rate = f", {result.prints_per_s:,.0f} prints/s" if result.prints else ""
    took = f"{result.elapsed_s:.1f} s from first row to last insert"
    return f"{' and '.join(what)} in {took}{rate}"


def _equities(out: Console, found: EquitiesReport) -> None:
    if not found.off_exchange:
        return
    rows = [
        (
            each.underlying_id,
            f"{each.prints:,}",
            f"{each.off_exchange_prints:,}",
            _share(each.off_exchange_prints, each.prints),
            _shares(each.shares),
            _shares(each.off_exchange_shares),
            _share(each.off_exchange_shares, each.shares),
        )
        for each in found.off_exchange[:SHOWN_UNDERLYINGS]
    ]
    columns = (
        "underlying",
        "prints#",
        "off-exchange#",
        "share#",
        "shares#",
        "off-exchange#",
        "share#",
    )
    out.print()
    out.print(table("Off-exchange (TRF)", columns, rows))
    more = len(found.off_exchange) - len(rows)
    if more > 0:
        out.print(f" [dim]and {counted(more, 'more underlying')}[/dim]")
    if found.sides:
        prints = sum(each.prints for each in found.sides.values())
        shares = sum(each.shares for each in found.sides.values())
        rows_of_sides = [
            (
                side,
                f"{each.prints:,}",
                _share(each.prints, prints),
                f"{each.shares:,.0f}",
                _share(each.shares, shares),
            )
            for side, each in found.sides.items()
        ]
        of_side = ("side", "prints#", "share#", "shares#", "share#")
        out.print()
        out.print(table("Where off-exchange prints lay in the quote", of_side, rows_of_sides))
        out.print(f" [dim]{LEGEND}[/dim]")
    out.print()
    out.print(_inferred(found))


def _inferred(found: EquitiesReport) -> object:
    if not found.inferred:
        why = "; without quotes no print has a side" if set(found.sides) == {"MISSING"} else ""
        return f"[bold]Inferred from off-exchange prints[/bold]: nothing{why}"
    rows = [
        (kind.replace("_", " "), *[f"{counts.get(status, 0):,}" for status in STATUSES])
        for kind, counts in found.inferred.items()
    ]
    columns = ("kind", *[f"{status}#" for status in STATUSES])
    return table("Inferred from off-exchange prints", columns, rows)


def _shares(shares: float | None) -> str:
    return "-" if shares is None else f"{shares:,.0f}"


def _share(part: float | None, whole: float | None) -> str:
    return "-" if part is None or not whole else f"{part / whole:.1%}"


def strongest(alerts: list[Row]) -> list[Row]:
    """
    Return the alerts that are shown: the first five, or where there are several kinds the first of
    each kind.

    Parameters
    ----------
    alerts : list of dict
        Strongest first. One that was retracted is shown only when its kind has no other.
    """
    standing = sorted(alerts, key=lambda alert: alert["state"] == RETRACTED)
    firsts: dict[str, Row] = {}
    for alert in standing:
        firsts.setdefault(alert["kind"], alert)
    if len(firsts) < 2:
        return standing[:SHOWN_ALERTS]
    return sorted(firsts.values(), key=lambda alert: (alert["state"] == RETRACTED, -alert["score"]))


def _alerts(out: Console, alerts: list[Row], shown: list[Row]) -> None:
    title = counted(len(alerts), "alert")
    kinds = Counter(alert["kind"] for alert in alerts)
    gone = Counter(alert["kind"] for alert in alerts if alert["state"] == RETRACTED)
    end = ":" if alerts else ""
    if len(alerts) > 1:
        end = ", the strongest:" if len(kinds) < 2 else ", the strongest of each kind:"
    out.print()
    if len(kinds) > 1:
        rows = [(kind, f"{count:,}", f"{gone[kind]:,}") for kind, count in kinds.most_common()]
        out.print(table("Alerts", ("kind", "alerts#", "of them retracted#"), rows))
        out.print()
    out.print(f"[bold]{title[0].upper()}{title[1:]}[/bold]{end}")
    for alert in shown:
        _alert(out, alert, is_kind_told=len(kinds) > 1)


def _alert(out: Console, alert: Row, *, is_kind_told: bool) -> None:
    color = {"high": "red", "medium": "yellow"}.get(alert["severity"], "white")
    state = "" if alert["state"] == "open" else f", {alert['state']}"
    kind = f", {alert['kind']}" if is_kind_told else ""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(
        f"[{color}]{alert['score']:>3} {alert['severity']:<6}[/{color}]",
        f"[bold]{escape(alert['headline'])}[/bold]",
    )
    grid.add_row("", f"[dim]{eastern(alert['first_ts'], date=True)} ET{kind}{state}[/dim]")
    # Where there is nothing to explain, the headline stands as its own reason.
    for line in [each for each in alert["why"] if each != alert["headline"]]:
        grid.add_row("", f"[dim]{escape(line)}[/dim]")
    out.print()
    out.print(grid)
