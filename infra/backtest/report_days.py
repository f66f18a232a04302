"""The parts of a backtest's page by session and by size of return."""

from collections.abc import Sequence
from typing import Final

from infra.backtest.plots_returns import histogram
from infra.backtest.report_html import NOTHING
from infra.backtest.report_html import Column
from infra.backtest.report_html import Html
from infra.backtest.report_html import Row
from infra.backtest.report_html import data_table
from infra.backtest.report_html import element
from infra.backtest.report_html import joined
from infra.backtest.result import RunResult
from infra.backtest.result_days import DayHorizon
from infra.backtest.result_days import DayResult
from infra.backtest.result_days import ReturnDistribution
from infra.backtest.words import WEAK
from infra.backtest.words import bps
from infra.backtest.words import horizon_name
from infra.backtest.words import horizon_words
from infra.backtest.words import is_small
from infra.backtest.words import points
from infra.backtest.words import share
from infra.cli.output import counted

_DAYS: Final = (
    "One session is one draw: none of these rows is evidence by itself. See whether the lift comes "
    "from many sessions or from one."
)
_RETURNS: Final = (
    "Where the hit rate counts which way, this shows how far. No move stands left of 0: it is no "
    "hit. Each alert's own base samples weigh as much as the alert."
)


def day_parts(run: RunResult, horizon: str) -> tuple[Html, ...]:
    """Return what a run's sessions did; nothing without a directed alert."""
    if not any(day.directed for day in run.days):
        return ()
    parts = [element("p", _DAYS, class_="about")]
    summary = _balance(run.days, horizon)
    if summary:
        parts.append(element("p", summary, class_="note"))
    return (*parts, day_table(run.days, horizon))


def _balance(days: Sequence[DayResult], horizon: str) -> str:
    lifts = [found.lift for day in days if (found := _at(day, horizon)) and found.lift is not None]
    if len(lifts) < 2:
        return ""
    above = sum(lift > 0 for lift in lifts)
    of = counted(len(lifts), "session")
    return f"{above:,} of {of} lie above their base rate {horizon_words(horizon)}."


def day_table(days: Sequence[DayResult], horizon: str) -> Html:
    """Return one row a session: figures at one horizon, and lifts at all of them."""
    horizons = [each.horizon for each in days[0].horizons]
    rows = []
    for day in days:
        found = _at(day, horizon)
        cells = [day.session, f"{day.alerts:,}", f"{day.directed:,}", *_figures(found)]
        rows.append(Row([*cells, *(_lift_cell(each) for each in day.horizons)]))
    name = horizon_name(horizon)
    columns = (
        Column("session", is_number=False),
        Column("alerts"),
        Column("directed"),
        Column(f"at {name}"),
        Column("hits"),
        Column("hit rate"),
        Column("base rate"),
        Column("mean, bps"),
        *(Column(f"lift, {horizon_name(each)}") for each in horizons),
    )
    caption = f"Sessions: hits {horizon_words(horizon)}, and lift in points at every horizon"
    return data_table(caption, columns, rows)


def _at(day: DayResult, horizon: str) -> DayHorizon | None:
    return next((each for each in day.horizons if each.horizon == horizon), None)


def _figures(found: DayHorizon | None) -> list[str | None]:
    if found is None:
        return [None] * 5
    return [
        f"{found.known_n:,}",
        f"{found.hits:,}",
        share(found.hit_rate),
        share(found.base_hit_rate),
        bps(found.mean_bps),
    ]


def _lift_cell(found: DayHorizon) -> Html | None:
    if found.lift is None:
        return None
    return joined(
        [points(found.lift) or NOTHING, element("small", f"of {found.base_n:,}", class_="of")]
    )


def return_parts(run: RunResult, horizon: str) -> tuple[Html, ...]:
    """Return how far mids went after a run's alerts; nothing without one that has a direction."""
    known = [each for each in run.returns if each.n]
    if not known:
        return ()
    table = return_table(known)
    found = next((each for each in known if each.horizon == horizon), None)
    about = element("p", _RETURNS, class_="about")
    if found is None:
        return (about, table)
    plot = element("figure", histogram(found, _seen(found)))
    return (about, element("div", plot, table, class_="pair"))


def _seen(found: ReturnDistribution) -> str:
    said = f"{horizon_words(found.horizon)}, {counted(found.n, 'alert')}: half of them from "
    said += f"{bps(found.p25)} to {bps(found.p75)} bps, median {bps(found.p50)}"
    return f"{said}, one in ten beyond {bps(found.p05)} and {bps(found.p95)}"


def return_table(found: Sequence[ReturnDistribution]) -> Html:
    """Return quantiles of the changes, one row a horizon."""
    rows = []
    for each in found:
        weak = is_small(each.n)
        quantiles = [bps(value) for value in (each.p05, each.p25, each.p50, each.p75, each.p95)]
        cells = [horizon_name(each.horizon), f"{each.n:,}", *quantiles]
        rows.append(Row([*cells, f"○ {WEAK}" if weak else ""], "weak" if weak else ""))
    columns = (
        Column("horizon", is_number=False),
        Column("n"),
        *(Column(name) for name in ("5%", "25%", "median", "75%", "95%")),
        Column("", is_number=False),
    )
    return data_table("Change of the mid in bps, the alert's way: quantiles", columns, rows)
