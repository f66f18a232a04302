"""Tables of a backtest's page; whatever rests on fewer than 30 alerts says so in its row."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

from infra.backtest.report_html import NOTHING
from infra.backtest.report_html import Column
from infra.backtest.report_html import Html
from infra.backtest.report_html import Row
from infra.backtest.report_html import data_table
from infra.backtest.report_html import element
from infra.backtest.report_html import joined
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.result import Lift
from infra.backtest.result import RunResult
from infra.backtest.result import WalkForward
from infra.backtest.result_calibration import CalibrationResult
from infra.backtest.words import ALL
from infra.backtest.words import WEAK
from infra.backtest.words import all_alerts
from infra.backtest.words import at_horizon
from infra.backtest.words import bps
from infra.backtest.words import changes_words
from infra.backtest.words import dimension_title
from infra.backtest.words import horizon_name
from infra.backtest.words import horizon_words
from infra.backtest.words import is_small
from infra.backtest.words import lift_interval
from infra.backtest.words import p_value
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import share_interval
from infra.backtest.words import spaced
from infra.backtest.words import verdict_style
from infra.backtest.words import verdict_words

_FIGURES: Final = (
    Column("n"),
    Column("hit rate"),
    Column("95%"),
    Column("base rate"),
    Column("lift, points"),
    Column("95%"),
    Column("p, Holm"),
    Column("mean, bps"),
    Column("lift, bps"),
    Column("verdict on hits", is_number=False),
)


def horizon_table(group: GroupResult) -> Html:
    """Return a group's figures, one row a horizon."""
    rows = [
        Row([horizon_name(each.horizon), *_figures(each)], _tone(each.hit_lift))
        for each in group.horizons
    ]
    return data_table(
        f"{_group_name(group)} by horizon", (Column("horizon", is_number=False), *_FIGURES), rows
    )


def group_table(groups: Sequence[GroupResult], horizon: str) -> Html:
    """Return the figures of groups at one horizon, one row a group, headed by dimension."""
    rows = []
    for group, is_first in _headed(groups):
        found = at_horizon(group, horizon)
        if found is None:
            continue
        if is_first:
            rows.append(Row([dimension_title(group.dimension)]))
        cells = [_group_name(group), f"{group.alerts:,}", *_figures(found)]
        rows.append(Row(cells, _tone(found.hit_lift)))
    columns = (Column("group", is_number=False), Column("alerts"), *_FIGURES)
    return data_table(f"Groups, {horizon_words(horizon)}", columns, rows)


def _headed(groups: Sequence[GroupResult]) -> Iterator[tuple[GroupResult, bool]]:
    """Yield groups, each with whether its dimension begins."""
    before = ""
    for group in groups:
        yield group, group.dimension not in {before, ALL}
        before = group.dimension


def move_table(groups: Sequence[GroupResult], horizon: str) -> Html:
    """Return how far the mid moved, whichever way, after alerts without a direction."""
    rows = []
    moved = [
        each for each in groups if (found := at_horizon(each, horizon)) is not None and found.move_n
    ]
    for group, is_first in _headed(moved):
        found = at_horizon(group, horizon)
        if found is None:
            continue
        if is_first:
            rows.append(Row([dimension_title(group.dimension)]))
        lift = found.move_lift
        cells = [
            _group_name(group),
            f"{found.move_n:,}",
            _plain_bps(found.move_mean_bps),
            _plain_bps(found.move_base_bps),
            bps(lift.mean),
            lift_interval(lift, in_bps=True),
            p_value(lift.p_holm),
            verdict_cell(lift),
        ]
        rows.append(Row(cells, _tone(lift)))
    columns = (
        Column("group", is_number=False),
        Column("n"),
        Column("mean move, bps"),
        Column("base, bps"),
        Column("lift, bps"),
        Column("95%"),
        Column("p, Holm"),
        Column("verdict on moves", is_number=False),
    )
    caption = f"Alerts without a direction, {horizon_name(horizon)}"
    return data_table(caption, columns, rows)


def matrix(groups: Sequence[GroupResult]) -> Html:
    """Return hit rate beside base rate, and mean change, of groups at every horizon."""
    horizons = [each.horizon for each in groups[0].horizons] if groups else []
    rows = []
    for group, is_first in _headed(groups):
        if is_first:
            rows.append(Row([dimension_title(group.dimension)]))
        rows.append(Row([_group_name(group), *(_matrix_cell(each) for each in group.horizons)]))
    columns = (
        Column("group", is_number=False),
        *(Column(horizon_name(horizon)) for horizon in horizons),
    )
    return data_table("Hit rate / base rate, number of alerts, mean change", columns, rows)


def _matrix_cell(found: HorizonResult) -> str | None:
    if not found.known_n:
        return None
    rates = f"{share(found.hit_rate)} / {share(found.base_hit_rate) or NOTHING}"
    below = [element("small", f"n {found.known_n:,} · {bps(found.mean_bps) or NOTHING} bps")]
    if _tone(found.hit_lift):
        below.append(element("small", element("span", WEAK, class_="tag")))
        return joined([element("span", rates, class_="faint"), *below])
    return joined([rates, *below])


def calibration_table(found: CalibrationResult) -> Html:
    """Return the bins of a calibration."""
    rows = [
        Row(
            [
                f"{each.low:.0%} to {each.high:.0%}",
                f"{each.n:,}",
                share(each.mean_probability),
                share(each.hit_rate),
                share_interval(each.wilson_low, each.wilson_high),
                f"○ {WEAK}" if is_small(each.n) else "",
            ],
            "weak" if is_small(each.n) else "",
        )
        for each in found.bins
    ]
    columns = (
        Column("probability", is_number=False),
        Column("n"),
        Column("stated"),
        Column("hits"),
        Column("95%"),
        Column("", is_number=False),
    )
    return data_table(f"Calibration, {horizon_name(found.horizon)}", columns, rows)


def run_table(runs: Sequence[RunResult], horizon: str) -> Html:
    """Return one row a combination of thresholds; the first is the reference."""
    rows = []
    for at, run in enumerate(runs):
        group = all_alerts(run)
        found = None if group is None else at_horizon(group, horizon)
        name = joined(
            [
                changes_words(run.changes),
                element("small", run.run + (" · reference" if at == 0 else "")),
            ]
        )
        figures: list[str | None] = [None] * (len(_FIGURES) - 1) + [f"○ {WEAK}"]
        if found is not None:
            figures = _figures(found)
        style = ["chosen"] if at == 0 else []
        style += ["weak"] if found is None or _tone(found.hit_lift) else []
        rows.append(Row([name, f"{run.counts.alerts:,}", *figures], " ".join(style)))
    columns = (Column("thresholds", is_number=False, is_wide=True), Column("alerts"), *_FIGURES)
    return data_table(f"Combinations, all alerts, {horizon_name(horizon)}", columns, rows)


def fold_table(found: WalkForward) -> Html:
    """Return the folds of a walk-forward: what was chosen, in sample and out of sample."""
    in_bps = found.objective == "bps_lift"
    rows = []
    for fold in found.folds:
        chosen = "none had enough alerts" if fold.run is None else changes_words(fold.changes)
        is_weak = is_small(fold.test_n) or is_small(fold.train_n)
        gap = f"embargo {fold.embargo}, {fold.purged:,} purged"
        cells = [
            str(fold.number),
            joined([_dates(fold.train_from, fold.train_to), element("small", gap)]),
            _dates(fold.test_from, fold.test_to),
            chosen,
            f"{fold.train_n:,}",
            _lift_mean(fold.train_mean, in_bps=in_bps),
            f"{fold.test_n:,}",
            _lift_mean(fold.test_mean, in_bps=in_bps),
            f"○ {WEAK}" if is_weak else "",
        ]
        rows.append(Row(cells, "weak" if is_weak else ""))
    unit = "bps" if in_bps else "points"
    columns = (
        Column("fold", is_number=False),
        Column("chosen on", is_number=False),
        Column("tested on", is_number=False),
        Column("chosen", is_number=False, is_wide=True),
        Column("n"),
        Column(f"in sample, {unit}"),
        Column("n"),
        Column(f"out of sample, {unit}"),
        Column("", is_number=False),
    )
    return data_table("Folds of the walk-forward", columns, rows)


def pooled_table(found: WalkForward) -> Html:
    """Return lift with hindsight beside lift out of sample."""
    in_bps = found.objective == "bps_lift"
    best = next((each for each in found.combinations if each.run == found.in_sample_run), None)
    hindsight = "" if best is None else f": {changes_words(best.changes)}"
    rows = [
        Row(
            [
                name,
                f"{lift.n:,}",
                _lift_mean(lift.mean, in_bps=in_bps),
                lift_interval(lift, in_bps=in_bps),
                verdict_cell(lift),
            ],
            _tone(lift),
        )
        for name, lift in (
            ("out of sample, all folds", found.out_of_sample),
            (f"best with hindsight{hindsight}", found.in_sample),
        )
    ]
    columns = (
        Column("alerts", is_number=False),
        Column("n"),
        Column("lift, bps" if in_bps else "lift, points"),
        Column("95%"),
        Column("verdict", is_number=False),
    )
    return data_table("Chosen beforehand, and with hindsight", columns, rows)


def change_table(changes: Mapping[str, str], defaults: Mapping[str, str]) -> Html:
    """Return the thresholds given, beside what they are by default."""
    rows = [Row([name, value, defaults.get(name)]) for name, value in changes.items()]
    columns = (Column("threshold", is_number=False), Column("here"), Column("default"))
    return data_table("Thresholds given", columns, rows)


def verdict_cell(lift: Lift) -> Html:
    """Return a verdict with its colour and what decided it."""
    parts = [element("span", verdict_words(lift), class_=verdict_style(lift))]
    if lift.reason:
        parts.append(element("small", lift.reason, class_="why"))
    return joined(parts)


def _figures(found: HorizonResult) -> list[str | None]:
    lift = found.hit_lift
    return [
        f"{found.known_n:,}",
        share(found.hit_rate),
        share_interval(found.wilson_low, found.wilson_high),
        share(found.base_hit_rate),
        points(lift.mean),
        lift_interval(lift),
        p_value(lift.p_holm),
        bps(found.mean_bps),
        bps(found.bps_lift.mean),
        verdict_cell(lift),
    ]


def _tone(lift: Lift) -> str:
    return "weak" if verdict_style(lift) == "weak" else ""


def _group_name(group: GroupResult) -> str:
    return spaced(group.name)


def _plain_bps(value: float | None) -> str | None:
    return None if value is None else f"{value:,.1f}"


def _lift_mean(value: float | None, *, in_bps: bool) -> str | None:
    return bps(value) if in_bps else points(value)


def _dates(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"
