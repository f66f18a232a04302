"""`islandflow replay diff`: did a replay derive what live, or another run, did?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from datetime import timedelta
from typing import Annotated
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskProgressColumn
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from connectors.errors import ConnectorError
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.errors import InfraError
from infra.replay.comparison.diff import MAX_LIMIT
from infra.replay.comparison.diff import DiffRequest
from infra.replay.comparison.diff import Observer
from infra.replay.comparison.diff import compare_runs
from infra.replay.comparison.result import DiffResult
from infra.replay.comparison.result import FieldDifference
from infra.replay.comparison.result import RecordDifference
from infra.replay.comparison.result import TopicDiff
from infra.replay.comparison.result import Value
from infra.replay.comparison.sides import NEVER_NS
from infra.replay.comparison.sides import CannotCompare
from infra.replay.names import LIVE
from infra.settings import load_settings

MAX_VALUE: Final = 60
COLUMNS: Final = (
    *("topic", "result", "identical#", "changed#", "missing#", "extra#", "past end#"),
)
_DAY_ZERO: Final = date(1970, 1, 1)
_DAYS: Final = frozenset({"expiry", "trade_date", "session_date", "oi_as_of"})
_COLORS: Final = {"identical": "green", "different": "red"}
_RESULTS: Final = {"none": "none on either side", "left out": "left out, for not both derived it"}
# In 1973; a smaller number under such a name is no time in ns.
_LEAST_STAMP_NS: Final = 10**17


def diff(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A replay run.")],
    other: Annotated[
        str, typer.Argument(metavar="live|RUN2", help="What to compare it with.")
    ] = LIVE,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="Only this one; may be repeated.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, max=MAX_LIMIT, help="Most differing records shown of a topic.")
    ] = 1,
    all_fields: Annotated[
        bool, typer.Option("--all-fields", help="Show equal fields of what differs too.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Say whether a replay derived what live, or another run, did.

    Every record of every derived topic is compared, field by field.
    Missing records are not in RUN, extra ones are in RUN alone. What a
    live flow still held open when it stopped is beyond the end of the
    recording, and no difference.

    Exits with 0 when all is identical, 1 when something differs, 2 when
    it cannot be compared.

    [dim]Examples[/dim]

      islandflow replay diff monday live

      islandflow replay diff monday strict --topic flow.alerts --limit 5

      islandflow replay diff monday live --json
    """
    try:
        loaded = load_settings()
        settings = loaded.services
        with stored_services(settings, data) as addresses, _bar(shown=not as_json) as observe:
            request = DiffRequest(
                run=run,
                other=other,
                addresses=addresses,
                data_dir=data or settings.islandflow_data_dir,
                topics=tuple(topic or ()),
                limit=limit,
                all_fields=all_fields,
                candle_lateness_ms=loaded.equities.candles.lateness_ms,
            )
            result = compare_runs(request, observe)
    except CannotCompare:
        raise
    except (InfraError, ConnectorError) as error:
        # Scripts tell what differs from what could not be compared by the exit code alone.
        raise CannotCompare(str(error)) from error
    if as_json:
        print_json(result.as_json())
    else:
        _print(console(), result)
    if not result.is_identical:
        raise typer.Exit(1)


@contextmanager
def _bar(*, shown: bool) -> Iterator[Observer | None]:
    out = error_console()
    if not shown or not out.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=out, transient=True) as bars:
        task = bars.add_task("read")

        def observe(topic: str, done: int, total: int) -> None:
            bars.update(task, completed=done, total=max(total, 1), description=topic)

        yield observe


def _print(out: Console, result: DiffResult) -> None:
    for line in _heading(result):
        out.print(line, soft_wrap=True)
    shown = [each for each in result.topics if each.result in {"identical", "different"}]
    out.print(table("", COLUMNS, [_row(each) for each in shown]))
    for word, said in _RESULTS.items():
        names = ", ".join([each.topic for each in result.topics if each.result == word])
        if names:
            out.print(f"[dim]{said}: {names}[/dim]")
    for each in result.topics:
        for record in each.records:
            out.print()
            _print_record(out, each.topic, record, result)
    out.print()
    out.print(_verdict(result), soft_wrap=True)


def _heading(result: DiffResult) -> list[str]:
    part = result.part
    lines = [f"[bold]{escape(result.run)}[/bold] here, [bold]{escape(result.other)}[/bold] there"]
    covered = []
    if part.from_ns or part.to_ns != NEVER_NS:
        first = eastern(part.from_ns, date=True) if part.from_ns else "the beginning"
        last = "the end" if part.to_ns == NEVER_NS else eastern(part.to_ns, date=True)
        covered.append(f"from {first} to {last} ET")
    if part.underlyings:
        covered.append(", ".join(part.underlyings))
    if covered:
        lines.append(escape(f"only {'; '.join(covered)}"))
    lines += [
        f"[yellow]thresholds[/yellow] of {each.flow}: {', '.join(each.here)} here, "
        f"{', '.join(each.there)} there"
        for each in result.thresholds
    ]
    buckets = [each for each in result.topics if each.revisions_here != each.revisions_there]
    lines += [
        f"[dim]{each.topic}: last states compared; {each.revisions_here:,} revisions here, "
        f"{each.revisions_there:,} there[/dim]"
        for each in buckets
    ]
    return lines + [f"[dim]{escape(note)}[/dim]" for note in result.notes]


def _row(each: TopicDiff) -> tuple[object, ...]:
    color = _COLORS[each.result]
    result = f"[{color}]{each.result}[/{color}]"
    counts = (each.identical, each.changed, each.missing, each.extra, each.beyond)
    if each.contradicting:
        result += f" [red]({counted(each.contradicting, 'contradiction')})[/red]"
    return each.topic, result, *(f"{count:,}" if count else "0" for count in counts)


def _print_record(out: Console, topic: str, record: RecordDifference, result: DiffResult) -> None:
    about = escape(record.about)
    at = eastern(record.source_ts, date=True)
    what: str = record.kind
    if record.kind == "missing":
        what = f"missing: in {record.side} only"
    elif record.kind == "extra":
        what = f"extra: in {record.side} only"
    elif record.kind == "contradicting":
        what = f"twice in {record.side}, with different content"
    out.print(
        f"[bold]{topic}[/bold] [red]{escape(what)}[/red]  {escape(record.underlying_id)} {about}  "
        f"{at} ET",
        soft_wrap=True,
    )
    revision = f" revision {record.revision}" if record.revision else ""
    out.print(f"[dim]{escape(record.trace_id)}{revision}[/dim]", soft_wrap=True)
    if record.fields:
        columns = ("field", result.run, result.other)
        if record.kind == "contradicting":
            columns = ("field", "one", "other")
        out.print(table("", columns, [_field(each) for each in record.fields]))


def _field(each: FieldDifference) -> tuple[str, str, str]:
    here, there = (escape(shown_value(each.path, value)) for value in (each.here, each.there))
    if not each.is_different:
        return f"[dim]{escape(each.path)}[/dim]", f"[dim]{here}[/dim]", f"[dim]{there}[/dim]"
    return escape(each.path), here, there


def shown_value(path: str, value: Value) -> str:
    """
    Write a value of a record for people: times in New York, days as dates, long texts cut.

    Examples
    --------
    >>> shown_value("source_ts", 1748009305000000001), shown_value("expiry", 20259)
    ('2025-05-23 10:08:25.000000001', '2025-06-20')
    >>> shown_value("nbbo_bid", None), shown_value("signal_pass", True)
    ('-', 'true')
    """
    name = path.rpartition(".")[2]
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and name in _DAYS:
        return (_DAY_ZERO + timedelta(days=value)).isoformat()
    is_time = name.endswith("_ts") or name in {"window_start", "window_end"}
    if isinstance(value, int) and is_time and value > _LEAST_STAMP_NS:
        return f"{eastern(value, date=True)[:-3]}{value % 10**9:09d}"
    text = str(value)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def _verdict(result: DiffResult) -> str:
    of = f"{result.identical:,} of {result.total:,} derived records"
    beyond = sum(each.beyond for each in result.topics)
    rest = f"; {beyond:,} beyond the end of the recording" if beyond else ""
    other = escape(result.other)
    if result.is_identical:
        return f"[green]identical to {other}[/green]: {of}{rest}"
    topics = sum(each.result == "different" for each in result.topics)
    where = counted(topics, "topic")
    return f"[red]different from {other}[/red] in {where}: {of} are identical{rest}"
