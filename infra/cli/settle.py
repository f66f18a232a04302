"""`islandflow settle`: what came of a day's alerts."""

import datetime
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from flows.common.calendar import EPOCH
from flows.common.calendar import last_session_at_or_before
from flows.options.scorecard import MIN_SAMPLE
from flows.options.scorecard import Calibration
from flows.options.scorecard import Rate
from flows.options.scorecard import Scorecard
from flows.options.settlement import RETRACTED
from flows.options.settlement import SETTLED
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress
from infra.pipeline.settle import SettleRequest
from infra.pipeline.settle import SettleResult
from infra.pipeline.settle import settle as settle_session
from infra.settings import load_settings

STAGES = {"store": "store", "settle": "settle"}
SHOWN_NAMES = 8
TOO_SMALL = "n too small to say"
MEASURE_WORDS = {
    "opened": "open interest: opened",
    "close": "mid to the close",
    "next_close": "mid to the next close",
}


class Measure(StrEnum):
    """What a hit is: opened by open interest, or the mid's move to a horizon."""

    OPENED = "opened"
    ONE_MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "60m"
    CLOSE = "close"
    NEXT_CLOSE = "next_close"


def settle(
    date: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Session to settle.")],
    data: DataOption = None,
    measure: Annotated[
        Measure, typer.Option("--measure", help="What counts as a hit in the tables by group.")
    ] = Measure.HOUR,
    again: Annotated[
        bool, typer.Option("--again", help="Judge settled alerts again, with what is there now.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """
    Judge a day's alerts by the next open interest and by what the underlying did afterwards.

    Each alert is written again with state settled; its score, confidence and severity stay. Hit
    rates stand beside the base rate of the same underlyings and times of day. All of it describes
    the past. Running it twice adds nothing.

    [dim]Examples[/dim]

      islandflow settle --date 2025-05-23 --data ./vst

      islandflow settle --date 2025-05-23 --measure close --again

      islandflow settle --date 2025-05-23 --json
    """
    session = parse_session(date)
    settings = load_settings()
    folder = data or settings.services.islandflow_data_dir
    with stored_services(settings.services, data) as addresses, _bars(shown=not as_json) as observe:
        request = SettleRequest(addresses=addresses, data_dir=folder, session=session, again=again)
        result = settle_session(request, settings, observe)
    if as_json:
        print_json(result.as_json())
    else:
        print_result(console(), result, measure)


def parse_session(text: str) -> int:
    """
    Return a session date as days since 1970-01-01.

    Raises
    ------
    MisconfiguredInfra
        It is no date, or no session of the exchange.

    Examples
    --------
    >>> parse_session("2025-05-23")
    20231
    """
    try:
        days = (datetime.date.fromisoformat(text) - EPOCH).days
    except ValueError:
        msg = f"--date is {text!r}, expected a date such as 2025-05-23"
        raise MisconfiguredInfra(msg) from None
    if last_session_at_or_before(days) != days:
        msg = f"--date is {text}, which is no session of the exchange"
        raise MisconfiguredInfra(msg)
    return days


@contextmanager
def _bars(*, shown: bool) -> Iterator[Observer | None]:
    if not shown:
        yield None
        return
    columns = (
        TextColumn("{task.description:<7}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    out = error_console()
    with Bars(*columns, console=out, transient=True, disable=not out.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def observe(stage: str, progress: Progress) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=max(progress.total, 1))
            bars.update(tasks[stage], completed=progress.done, total=max(progress.total, 1))

        yield observe


def print_result(out: Console, result: SettleResult, measure: Measure) -> None:
    """Print a settlement for people: counts, outcomes and the scorecard."""
    settled = result.count(SETTLED)
    out.print(
        f"[bold]{counted(len(result.alerts), 'alert')} of {result.date}[/bold]: {settled:,} "
        f"settled ({result.settled_now:,} by this run), {result.waiting:,} waiting, "
        f"{result.count(RETRACTED):,} retracted"
    )
    for line in _waiting(result.missing):
        out.print(f" [yellow]{escape(line)}[/yellow]")
    if not settled or result.scores is None:
        return
    _print_outcomes(out, result, settled)
    _print_scores(out, result.scores, measure)
    if any(
        each.horizon == "next_close" and each.bps is None
        for alert in result.alerts
        if alert.settlement is not None
        for each in alert.settlement.forward_returns
    ):
        out.print(
            "\n[dim]Some mids to the next close are not there yet; feed them and settle with "
            "--again.[/dim]"
        )


def _waiting(missing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield one sentence for all underlyings that lack the same snapshots."""
    waiting: dict[str, list[str]] = {}
    for underlying_id, days in sorted(missing.items()):
        if days:
            waiting.setdefault(" and ".join(days), []).append(underlying_id)
    for days, names in waiting.items():
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        wait = "waits" if len(names) == 1 else "wait"
        yield f"{', '.join(names[:SHOWN_NAMES])}{more} {wait} for the open interest of {days}"


def _print_outcomes(out: Console, result: SettleResult, settled: int) -> None:
    rows = [
        (outcome.replace("_", " "), f"{count:,}", f"{count / settled:.0%}")
        for outcome, count in result.outcomes().items()
    ]
    out.print()
    out.print(table("What open interest says", ("outcome", "alerts#", "share#"), rows))
    out.print(" [dim]Its change is the whole market's, not the alerts' alone.[/dim]")


def _print_scores(out: Console, scores: Scorecard, measure: Measure) -> None:
    columns = ("", "n#", "hits#", "hit rate#", "95 %#", "base rate#", "")
    rows = [(measure_words(name), *_cells(rate)) for name, rate in scores.overall.items()]
    out.print()
    out.print(table("Hits", columns, rows))
    out.print(
        " [dim]A hit is a rise after a bullish alert, a fall after a bearish one. The base rate is "
        "that of the same\n underlyings at the same time of day, or of contracts that traded as "
        f"much. Below {MIN_SAMPLE} alerts n is too small\n to say anything. Past results, no "
        "forecast.[/dim]"
    )
    if not scores.overall[measure].n:
        fullest = max(scores.overall, key=lambda name: scores.overall[name].n)
        said = f"; --measure {fullest} has the most" if scores.overall[fullest].n else ""
        out.print(f"\nNo alert can be judged by {measure_words(measure)}{said}.")
        return
    for dimension in dict.fromkeys(group.dimension for group in scores.groups):
        grouped = [
            (group.name.replace("_", " "), f"{group.alerts:,}", *_cells(group.rates[measure]))
            for group in scores.groups
            if group.dimension == dimension
        ]
        out.print()
        out.print(
            table(
                f"By {dimension} ({measure_words(measure)})",
                (dimension, "alerts#", *columns[1:]),
                grouped,
            )
        )
    _print_calibration(out, scores.calibration[measure], measure)


def _print_calibration(out: Console, found: Calibration, measure: Measure) -> None:
    rows = [
        (
            f"{each.low:.1f} to {each.high:.1f}",
            f"{each.n:,}",
            f"{each.mean_probability:.3f}",
            f"{each.hit_rate:.3f}",
        )
        for each in found.buckets
    ]
    error = "none" if found.ece is None else f"{found.ece:.3f}"
    note = "" if found.is_enough else f" ({TOO_SMALL})"
    out.print()
    out.print(
        table(
            f"Calibration ({measure_words(measure)}): expected error {error}, n {found.n:,}{note}",
            ("probability", "n#", "mean#", "hit rate#"),
            rows,
        )
    )
    out.print(" [dim]The probability is that of the named profile, not of a move.[/dim]")


def measure_words(name: str) -> str:
    """
    Return a measure as a title shows it.

    Examples
    --------
    >>> measure_words("60m")
    'mid after 60m'
    """
    return MEASURE_WORDS.get(name, f"mid after {name}")


def _cells(rate: Rate) -> tuple[str, ...]:
    if rate.rate is None or rate.low is None or rate.high is None:
        return ("0", "", "", "", "", "")
    base = "" if rate.base_rate is None else f"{rate.base_rate:.1%} (n {rate.base_n:,})"
    return (
        f"{rate.n:,}",
        f"{rate.hits:,}",
        f"{rate.rate:.1%}",
        f"{rate.low:.0%} to {rate.high:.0%}",
        base,
        "" if rate.is_enough else TOO_SMALL,
    )
