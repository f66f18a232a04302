"""Bars for work that takes a while: files, flows, store."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.progress import TaskProgressColumn
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from infra.cli.output import error_console
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress

STAGES = {
    "publish": "publish rows",
    "replay": "replay records",
    "options": "derive options",
    "equities": "derive equities",
    "premium": "add up premium",
    "persist": "store",
    "measure": "measure alerts",
}


@contextmanager
def progress_bars(*, shown: bool) -> Iterator[Observer | None]:
    """Yield what shows a bar for each stage it is told of on a terminal; null for nothing shown."""
    out = error_console()
    if not shown or not out.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:<15}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=out, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def observe(stage: str, progress: Progress) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=max(progress.total, 1))
            bars.update(
                tasks[stage], completed=progress.done, total=max(progress.total, progress.done, 1)
            )

        yield observe
