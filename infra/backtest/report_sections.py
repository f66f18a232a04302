"""Sections of a backtest's page, in the order they are read."""

import shlex
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec

from infra.backtest.plots import ForestRow
from infra.backtest.plots import by_horizon
from infra.backtest.plots import forest
from infra.backtest.plots import lift_by_horizon
from infra.backtest.plots import reliability
from infra.backtest.report_days import day_parts
from infra.backtest.report_days import return_parts
from infra.backtest.report_html import Html
from infra.backtest.report_html import element
from infra.backtest.report_html import joined
from infra.backtest.report_tables import calibration_table
from infra.backtest.report_tables import change_table
from infra.backtest.report_tables import fold_table
from infra.backtest.report_tables import group_table
from infra.backtest.report_tables import horizon_table
from infra.backtest.report_tables import matrix
from infra.backtest.report_tables import move_table
from infra.backtest.report_tables import pooled_table
from infra.backtest.report_tables import run_table
from infra.backtest.result import BacktestResult
from infra.backtest.result_calibration import CalibrationResult
from infra.backtest.words import ALL
from infra.backtest.words import all_alerts
from infra.backtest.words import at_horizon
from infra.backtest.words import changes_words
from infra.backtest.words import dimension_title
from infra.backtest.words import horizon_words
from infra.backtest.words import listed
from infra.backtest.words import main_result
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import spaced
from infra.backtest.words import verdict_words
from infra.cli.output import counted
from infra.cli.output import span

HOW_TO_READ: Final = (
    "Filled mark and bar: lift and its 95% interval, in percentage points of the hit rate. Hollow "
    "mark and grey: not evidence. An arrow: it goes on beyond the picture."
)

_OBJECTIVES: Final[Mapping[str, str]] = {
    "hit_lift": "the lift of the hit rate",
    "bps_lift": "the lift in bps",
}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a report comes from, and what it looks at first.

    Parameters
    ----------
    name : str
        Of the backtest.
    horizon : str
        The one chosen beforehand, which the answer is about.
    command : tuple of str
        What was typed, word by word.
    versions : mapping
        Of the programs that decide what a run computes.
    defaults : mapping
        By name of a changed threshold, what it is without.
    """

    name: str
    horizon: str
    command: tuple[str, ...]
    versions: Mapping[str, str]
    defaults: Mapping[str, str] = {}


class Section(msgspec.Struct, frozen=True):
    """
    A part of the page.

    Parameters
    ----------
    key : str
        Where links lead.
    title : str
        Its heading.
    parts : tuple of Html
        What is in it; without any it is left out.
    """

    key: str
    title: str
    parts: tuple[Html, ...]


def sections(result: BacktestResult, origin: Origin) -> list[Section]:
    """Return the sections that have something to tell."""
    found = (
        Section("measured", "What was measured", _measured(result, origin)),
        Section("groups", f"Lift {horizon_words(origin.horizon)}", _groups(result, origin)),
        Section("horizons", "Every horizon", _horizons(result)),
        Section("days", "Session by session", _days(result, origin)),
        Section("returns", "How far it went", _returns(result, origin)),
        Section("calibration", "Probability stated and reached", _calibration(result, origin)),
        Section("thresholds", "Thresholds compared", _runs(result, origin)),
        Section("walk", "Walk-forward", _walk_forward(result)),
        Section("method", "How it was measured", _method(result)),
        Section("caveats", "What to be careful about", _caveats(result)),
        Section("again", "The same again", _again(origin)),
    )
    return [each for each in found if each.parts]


def about(text: str) -> Html:
    """Return a line that says how to read what follows."""
    return element("p", text, class_="about")


def facts(pairs: Sequence[tuple[str, str]]) -> Html:
    """Return names with what they stand for."""
    cells = [
        element(tag, text) for name, value in pairs for tag, text in (("dt", name), ("dd", value))
    ]
    return element("dl", *cells, class_="facts")


def _measured(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    data = result.data
    decided = "none"
    if data.first_ts is not None and data.last_ts is not None:
        decided = span(data.first_ts, data.last_ts)
    sessions = counted(len(data.sessions), "session")
    if data.sessions:
        sessions += f": {listed(data.sessions, 8)}"
    told = [
        ("alerts decided", decided),
        ("sessions", sessions),
        ("underlyings", listed(data.underlyings)),
    ]
    if data.mid_spacing_s is not None:
        mids = f"one every {data.mid_spacing_s:,.1f} s (median)"
        if data.mids_from_prints:
            mids += f", from option prints: {listed(data.mids_from_prints)}"
        told.append(("mids", mids))
    if not result.runs:
        return (facts(told),)
    run = result.runs[0]
    told += [
        ("raw records from", {"log": "the log", "store": "ClickHouse"}.get(run.source, run.source)),
        ("alerts", _counts(result)),
        *_named("classifiers", run.counts.by_classifier),
        *_named("profiles", run.counts.by_profile),
        *_named("severities", run.counts.by_severity),
        ("configuration", ", ".join(run.config_hashes) or "unknown"),
    ]
    if not run.changes:
        told.append(("thresholds", "none changed"))
        return (facts(told),)
    return (facts(told), change_table(run.changes, origin.defaults))


def _named(name: str, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    said = ", ".join(f"{spaced(key)} {count:,}" for key, count in counts.items())
    return [(name, said)] if said else []


def _counts(result: BacktestResult) -> str:
    counts = result.runs[0].counts
    told = [
        (counts.directed, "bullish or bearish"),
        (counts.undirected, "without a direction (in no hit rate)"),
        (counts.retracted, "taken back later (they count: nobody knew)"),
        (counts.outside_hours, "outside regular hours (no base rate)"),
        (counts.without_mids, "without any mid afterwards"),
    ]
    left_out = [
        (counts.before_start, "from the warm-up or behind the end"),
        (counts.undecodable, "undecodable"),
    ]
    said = "; ".join([f"{counts.alerts:,} measured", *_said(told)])
    out = "; ".join(_said(left_out))
    return f"{said}. Left out: {out}" if out else said


def _said(pairs: Sequence[tuple[int, str]]) -> list[str]:
    return [f"{count:,} {words}" for count, words in pairs if count]


def _groups(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    groups = result.runs[0].groups if result.runs else ()
    rows = []
    for group in groups:
        found = at_horizon(group, origin.horizon)
        if found is not None and found.hit_lift.n:
            title = "" if group.dimension == ALL else dimension_title(group.dimension)
            rows.append(ForestRow(title, spaced(group.name), found.hit_lift))
    parts: list[Html] = []
    if rows:
        seen = "; ".join(f"{row.name}: {verdict_words(row.lift)[2:]}" for row in rows)
        parts += [about(HOW_TO_READ), _figure(forest(rows, seen), is_wide=True)]
        parts.append(group_table(groups, origin.horizon))
    moved = [
        group
        for group in groups
        if (found := at_horizon(group, origin.horizon)) is not None and found.move_n
    ]
    if moved:
        parts += [
            element("h3", "Alerts without a direction"),
            about("Whichever way: did the mid move farther after them than it does at that time?"),
            move_table(moved, origin.horizon),
        ]
    return tuple(parts)


def _horizons(result: BacktestResult) -> tuple[Html, ...]:
    if not result.runs:
        return ()
    run = result.runs[0]
    group = all_alerts(run)
    if group is None or not group.directed:
        return ()
    seen = "; ".join(
        f"{each.horizon}: {share(each.hit_rate) or 'unknown'}, base "
        f"{share(each.base_hit_rate) or 'unknown'}, n {each.known_n:,}"
        for each in group.horizons
    )
    lifts = "; ".join(
        f"{each.horizon}: {points(each.hit_lift.mean) or 'unknown'} points, "
        f"{verdict_words(each.hit_lift)[2:]}"
        for each in group.horizons
    )
    plots = element(
        "div",
        _figure(by_horizon(group.horizons, seen)),
        _figure(lift_by_horizon(group.horizons, lifts)),
        class_="pair",
    )
    parts = [plots, horizon_table(group)]
    others = [each for each in run.groups if each.dimension != ALL]
    if others:
        parts.append(matrix(others))
    return tuple(parts)


def _days(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    return day_parts(result.runs[0], origin.horizon) if result.runs else ()


def _returns(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    return return_parts(result.runs[0], origin.horizon) if result.runs else ()


def _calibration(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    found = next(
        (
            each
            for run in result.runs[:1]
            for each in run.calibration
            if each.horizon == origin.horizon and each.bins
        ),
        None,
    )
    if found is None:
        return ()
    overall = main_result(result, origin.horizon)
    seen = "; ".join(
        f"stated {each.mean_probability:.0%}, hits {each.hit_rate:.0%} of {each.n:,}"
        for each in found.bins
    )
    base_rate = None if overall is None else overall.base_hit_rate
    plot = _figure(reliability(found, base_rate, seen))
    beside = element("div", calibration_table(found), facts(_scores(found)))
    said = (
        "An alert states how sure it is of what it sees, not of where the mid goes; the plot shows "
        "whether one can be read as the other. Points on the dotted line could."
    )
    return (about(said), element("div", plot, beside, class_="pair"))


def _scores(found: CalibrationResult) -> list[tuple[str, str]]:
    weak = "" if found.is_evidence else " (not evidence: fewer than 30)"
    told = [("alerts", f"{found.n:,}{weak}")]
    for name, value in (
        ("calibration error (ECE)", found.ece),
        ("Brier score", found.brier),
        ("Brier score of the base rate", found.brier_base),
    ):
        told.append((name, "–" if value is None else f"{value:.3f}"))
    return told


def _runs(result: BacktestResult, origin: Origin) -> tuple[Html, ...]:
    if len(result.runs) < 2:
        return ()
    rows = []
    for run in result.runs:
        found = main_result(msgspec.structs.replace(result, runs=(run,)), origin.horizon)
        if found is not None:
            name = f"{run.run} · {changes_words(run.changes)}"
            rows.append(ForestRow("", name, found.hit_lift))
    seen = "; ".join(f"{row.name}: {verdict_words(row.lift)[2:]}" for row in rows)
    said = (
        f"All {len(result.runs)} were tried on the same sessions. The best of several looks better "
        "than it is; only the walk-forward says what choosing is worth."
    )
    plot = [_figure(forest(rows, seen), is_wide=True)] if rows else []
    return (about(said), *plot, run_table(result.runs, origin.horizon))


def _walk_forward(result: BacktestResult) -> tuple[Html, ...]:
    found = result.walk_forward
    if found is None:
        return ()
    said = (
        f"Thresholds are chosen by {_OBJECTIVES[found.objective]} {horizon_words(found.horizon)} "
        f"on at least {counted(found.train, 'session')} and tried on the next "
        f"{counted(found.test, 'session')}, with one session left out in between; "
        f"{found.sessions:,} sessions there are. A combination needs "
        f"{counted(found.min_alerts, 'alert')} to be chosen."
    )
    if not found.folds:
        return (about(said), element("p", f"There are no folds: {found.note}.", class_="note"))
    parts = [about(said), pooled_table(found)]
    if found.optimism is not None:
        amount = abs(found.optimism) if found.objective == "bps_lift" else 100 * abs(found.optimism)
        unit = "bps" if found.objective == "bps_lift" else "points"
        than = "better" if found.optimism >= 0 else "worse"
        text = f"Hindsight looks {amount:.1f} {unit} {than} than what was chosen beforehand."
        parts.append(element("p", text, class_="note"))
    return (*parts, fold_table(found))


def _method(result: BacktestResult) -> tuple[Html, ...]:
    method = result.method
    return (
        facts(
            [
                (
                    "hit",
                    "The underlying's mid is higher at the horizon after a bullish alert, lower "
                    "after a bearish one. No move is no hit.",
                ),
                (
                    "when",
                    "From the first mid at or after the alert was emitted, never before: what "
                    "could have been known is all that counts.",
                ),
                ("base rate", method.base),
                ("lift", "Each alert's hit less its own base rate, averaged over the alerts."),
                ("interval", method.interval),
                ("several questions", method.correction),
                (
                    "comparisons",
                    f"{method.comparisons_overall:,} of all alerts, "
                    f"{method.comparisons_groups:,} of groups",
                ),
                (
                    "not evidence",
                    f"Fewer than {method.min_alerts} alerts, or fewer than {method.min_blocks} "
                    "blocks to resample.",
                ),
                ("resamples", f"{method.resamples:,}, seed from {method.seed_of}"),
                ("bps", "Basis points (1/100 of a per cent) of the mid, positive the alert's way."),
            ]
        ),
    )


def _caveats(result: BacktestResult) -> tuple[Html, ...]:
    if not result.caveats:
        return ()
    return (element("ol", *(element("li", each) for each in result.caveats), class_="caveats"),)


def _again(origin: Origin) -> tuple[Html, ...]:
    versions = ", ".join(f"{name} {version}" for name, version in origin.versions.items())
    return (
        element("pre", shlex.join(origin.command), tabindex="0"),
        joined([facts([("made with", versions)])]),
    )


def _figure(plot: Html, *, is_wide: bool = False) -> Html:
    return element("figure", plot, class_="wide-plot" if is_wide else None)
