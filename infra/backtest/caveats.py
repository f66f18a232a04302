"""What a reader has to know before believing a backtest, in plain words."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Final

from infra.backtest.bootstrap import MIN_BLOCKS
from infra.backtest.lifts import SETTLED_DAYS
from infra.backtest.result import DataRange
from infra.backtest.result import RunResult
from infra.backtest.result import WalkForward

LABEL: Final = (
    "Results of the past, measured afterwards: what mids did after these decisions, no forecast "
    "and no trading result."
)
BASE: Final = (
    "Base rate: every minute of the alert's half-hour of the session, at its second of the minute, "
    "same underlying, over its session and the four before it as far as there are mids, its own "
    "instant left out. Lift: each alert against its own base."
)
INTERVAL: Final = (
    "Intervals: 95 %, 2,000 resamples of whole sessions (percentile, levels moved outwards for few "
    "sessions); with fewer than five sessions, of half-hours with all underlyings together, which "
    "understates. Wilson intervals take alerts for independent, which they are not."
)
CORRECTION: Final = (
    "An alert group beats its base rate when its whole interval lies above 0 and its probability, "
    "corrected for the number of comparisons (Holm), is at most .05; comparisons over all alerts "
    "and over groups are two families, each over all runs, horizons and measures."
)

_COARSE_SPACING_S: Final = 15.0
_MOST_NAMES: Final = 5


def caveats_of(
    flow: str,
    data: DataRange,
    runs: Sequence[RunResult],
    walk: WalkForward | None,
    first_with_base: int,
) -> tuple[str, ...]:
    """
    Return the sentences, gravest first.

    Parameters
    ----------
    flow : str
        `options` or `equities`.
    data : DataRange
        What the results rest on.
    runs : sequence of RunResult
        The runs.
    walk : WalkForward | None
        The walk-forward, where there is one.
    first_with_base : int
        Sessions with mids that base samples were taken from.
    """
    return (
        *_of_sessions(data, first_with_base),
        *_of_counts(runs),
        *_of_choice(runs, walk),
        *_of_mids(data),
        *_of_method(flow, runs),
    )


def _of_sessions(data: DataRange, base_sessions: int) -> Iterator[str]:
    days = len(data.sessions)
    if data.first_ts is None:
        yield "There are no alerts in this range, so nothing is measured."
    elif days == 0:
        yield "There are no mids for any session with a decision, so nothing is measured."
    elif days == 1:
        yield (
            f"One session only ({data.sessions[0]}): whatever is found is of that day, and says "
            "nothing of other days."
        )
    elif days < MIN_BLOCKS:
        yield f"{days} sessions only: intervals are of half-hours within them and understate."
    elif days < SETTLED_DAYS:
        yield f"{days} sessions: with fewer than {SETTLED_DAYS}, intervals come out too narrow."
    if base_sessions == 1:
        yield (
            "The base rate is of the same half-hour of the same session, so base samples and "
            "alerts share part of their path, which draws lifts towards 0."
        )
    if len(data.underlyings) == 1 and days:
        yield f"One underlying only ({data.underlyings[0]}): not to be carried over to others."


def _of_counts(runs: Sequence[RunResult]) -> Iterator[str]:
    # The reference stands for all: sixty runs would bury the rest of what is to be known.
    for run in runs[:1]:
        counts = run.counts
        name = f"{run.run} (reference): " if len(runs) > 1 else ""
        if counts.undirected:
            yield (
                f"{name}{counts.undirected:,} of {counts.alerts:,} alerts have no direction "
                "(neutral, mixed, unknown). They are in no hit rate; the size of the move after "
                "them is compared with its own base."
            )
        if counts.outside_hours:
            yield (
                f"{name}{counts.outside_hours:,} alerts fell outside regular hours and have no "
                "base rate."
            )
        if counts.without_mids:
            yield f"{name}{counts.without_mids:,} alerts have no mid to measure any horizon by."
        if counts.before_start:
            yield (
                f"{name}{counts.before_start:,} alerts of the warm-up, or behind the end asked "
                "for, are left out."
            )
        if counts.undecodable:
            yield f"{name}{counts.undecodable:,} messages could not be decoded and are left out."


def _of_choice(runs: Sequence[RunResult], walk: WalkForward | None) -> Iterator[str]:
    if len(runs) < 2:
        return
    if walk is None or walk.note or not walk.folds:
        why = f" ({walk.note})" if walk is not None and walk.note else ""
        yield (
            f"{len(runs)} sets of thresholds were tried on the same data and none was chosen "
            f"beforehand{why}: the best of them looks better than it is."
        )
    else:
        yield (
            "Only the out-of-sample figures of the walk-forward are of thresholds chosen "
            "beforehand; the best set over all sessions is chosen with hindsight."
        )


def _of_mids(data: DataRange) -> Iterator[str]:
    spacing = data.mid_spacing_s
    if spacing is not None and spacing >= _COARSE_SPACING_S:
        yield (
            f"Mids are {spacing:g} s apart (median): a horizon takes the last mid before its end "
            "and is unknown where that is too old, so short horizons are measured coarsely or not "
            "at all."
        )

    carried = data.mids_from_prints
    if carried:
        whose = "" if len(carried) == len(data.underlyings) else f" of {_listed(carried)}"
        yield (
            f"There are no quotes of the underlying{whose}: its mids are those that option prints "
            "carried, so base samples favour busy minutes, and a return begins with the next print."
        )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _of_method(flow: str, runs: Sequence[RunResult]) -> Iterator[str]:
    yield (
        "Returns are of the underlying's mid, from the first one at or after the alert's emission: "
        "without spread, costs, delay of the reader or the option's own price."
    )
    if any(run.counts.alerts for run in runs):
        what = (
            "The stated probability is of the named profile, not of a direction"
            if flow == "options"
            else "The stated confidence is not calibrated and not of a direction"
        )
        yield f"{what}: calibration tells how far it may be read as one."
    retracted = sum(run.counts.retracted for run in runs[:1])
    if retracted:
        yield f"{retracted:,} alerts were taken back later and count all the same."
    if flow == "options" and any(run.counts.by_classifier for run in runs):
        yield "Groups overlap: an alert of two classifiers counts for both."
