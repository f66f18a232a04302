"""What a backtest says in words and numbers, the same on the page and in the terminal."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

from infra.backtest.plots_axes import signed
from infra.backtest.result import BEATS
from infra.backtest.result import DOES_NOT_BEAT
from infra.backtest.result import BacktestResult
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.result import Lift
from infra.backtest.result import RunResult
from infra.cli.output import counted

QUESTION: Final = "Did these alerts beat their base rate?"
PAST: Final = "Past results. They say nothing certain about the future."
WEAK: Final = "not evidence"
ALL: Final = "all"
MIN_ALERTS: Final = 30
# What `beats` asks of p, asked of the other side too.
MAX_P: Final = 0.05

_DIMENSION_TITLES: Final[Mapping[str, str]] = {
    "all": "All alerts",
    "classifier": "By classifier",
    "profile": "By profile",
    "severity": "By severity",
    "kind": "By kind",
    "confidence": "By confidence",
    "hit": "By classifier hit, alerted or not",
}
_HORIZON_WORDS: Final[Mapping[str, str]] = {
    "1m": "1 minute later",
    "5m": "5 minutes later",
    "15m": "15 minutes later",
    "60m": "60 minutes later",
    "close": "at the close",
    "next_close": "at the next close",
}
_SHORT_HORIZONS: Final[Mapping[str, str]] = {"next_close": "next close"}


def dimension_title(dimension: str) -> str:
    """Return what heads the groups of a dimension."""
    return _DIMENSION_TITLES.get(dimension, f"By {dimension}")


def horizon_words(horizon: str) -> str:
    """
    Return when a horizon is.

    Examples
    --------
    >>> horizon_words("15m"), horizon_words("next_close")
    ('15 minutes later', 'at the next close')
    """
    return _HORIZON_WORDS.get(horizon, f"after {horizon}")


def horizon_name(horizon: str) -> str:
    """
    Return a horizon as a heading shows it.

    Examples
    --------
    >>> horizon_name("next_close"), horizon_name("5m")
    ('next close', '5m')
    """
    return _SHORT_HORIZONS.get(horizon, horizon)


def spaced(name: str) -> str:
    """Return a name of the schema with blanks."""
    return name.replace("_", " ")


def share(value: float | None) -> str | None:
    """
    Write a share in per cent, null as null.

    Examples
    --------
    >>> share(0.5234), share(None)
    ('52.3%', None)
    """
    return None if value is None else f"{value:.1%}"


def share_interval(low: float | None, high: float | None) -> str | None:
    """
    Write the interval of a share.

    Examples
    --------
    >>> share_interval(0.46, 0.5771)
    '46% to 58%'
    """
    return None if low is None or high is None else f"{low:.0%} to {high:.0%}"


def points(value: float | None) -> str | None:
    """
    Write a difference of shares in percentage points.

    Examples
    --------
    >>> points(-0.0614)
    '−6.1'
    """
    return None if value is None else signed(100 * value)


def bps(value: float | None) -> str | None:
    """
    Write basis points.

    Examples
    --------
    >>> bps(3.25)
    '+3.2'
    """
    return None if value is None else signed(value)


def p_value(value: float | None) -> str | None:
    """
    Write a probability of chance.

    Examples
    --------
    >>> p_value(0.0004), p_value(0.0312), p_value(0.4), p_value(1.0)
    ('< 0.001', '0.031', '0.40', '1.00')
    """
    if value is None:
        return None
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def lift_interval(lift: Lift, *, in_bps: bool = False) -> str | None:
    """Write the interval of a lift, in percentage points or basis points; null without one."""
    if lift.low is None or lift.high is None:
        return None
    factor = 1 if in_bps else 100
    return f"{signed(factor * lift.low)} to {signed(factor * lift.high)}"


def verdict_words(lift: Lift) -> str:
    """
    Return what an interval shows, with a glyph for those who see no colour.

    Returns
    -------
    str
        One of `▲ beats base`, `▼ below base`, `● does not beat` and `○ not evidence`.
    """
    if lift.verdict == BEATS:
        return "▲ beats base"
    if lift.verdict != DOES_NOT_BEAT:
        return f"○ {WEAK}"
    is_below = lift.high is not None and lift.high < 0
    is_sure = lift.p_holm is not None and lift.p_holm <= MAX_P
    return "▼ below base" if is_below and is_sure else "● does not beat"


def verdict_style(lift: Lift) -> str:
    """Return the class a verdict is coloured by."""
    word = verdict_words(lift)
    return {"▲": "beats", "▼": "below", "●": "even"}.get(word[0], "weak")


def judged(found: HorizonResult) -> Lift:
    """Return the lift a verdict is about: of hits, or of moves where nothing had a direction."""
    return found.move_lift if found.n == 0 and found.move_n > 0 else found.hit_lift


def is_small(n: int) -> bool:
    """Return whether a number of alerts is too small to say anything."""
    return n < MIN_ALERTS


def why_not(lift: Lift) -> str:
    """Return what a lift lacks to be evidence, empty when it has it."""
    return "" if lift.verdict in {BEATS, DOES_NOT_BEAT} else lift.reason or "too few alerts"


def all_alerts(run: RunResult) -> GroupResult | None:
    """Return the group of all alerts of a run, null when it has none."""
    return next((group for group in run.groups if group.dimension == ALL), None)


def at_horizon(group: GroupResult, horizon: str) -> HorizonResult | None:
    """Return a group's figures at a horizon, null when there are none."""
    return next((each for each in group.horizons if each.horizon == horizon), None)


def main_result(result: BacktestResult, horizon: str) -> HorizonResult | None:
    """Return the figures of all alerts of the first run at a horizon, null without any."""
    group = all_alerts(result.runs[0]) if result.runs else None
    return None if group is None else at_horizon(group, horizon)


def answer_word(found: HorizonResult | None) -> str:
    """Return the answer in a word or three: `Yes`, `No` or `Not enough evidence`."""
    if found is None:
        return "Not enough evidence"
    return {BEATS: "Yes", DOES_NOT_BEAT: "No"}.get(judged(found).verdict, "Not enough evidence")


def answer(result: BacktestResult, horizon: str) -> str:
    """
    Answer whether the alerts beat their base rate, in one sentence.

    Parameters
    ----------
    result : BacktestResult
        The first run is what the sentence is about.
    horizon : str
        Name of the horizon chosen beforehand.

    Returns
    -------
    str
        The answer, then n, hit rate, base rate, lift and its interval, as far as they are known.
    """
    found = main_result(result, horizon)
    word = answer_word(found)
    if found is None or not result.runs[0].counts.alerts:
        return f"{word}: there are no alerts in this range."
    if found.n == 0 and found.move_n > 0:
        return f"{word}: {_moves(found, result)}."
    if found.n == 0:
        return f"{word}: there are no alerts with a direction in this range."
    if found.known_n == 0:
        said = f"of {counted(found.n, 'alert')} with a direction none has a return"
        return f"{word}: {said} {horizon_words(horizon)}."
    return f"{word}: {_hits(found, result)}."


def _hits(found: HorizonResult, result: BacktestResult) -> str:
    sessions = len(result.data.sessions)
    alerts = f"{counted(found.known_n, 'alert')} with a direction"
    alerts += f" in {counted(sessions, 'session')}"
    said = f"of {alerts}, {share(found.hit_rate)} were right {horizon_words(found.horizon)}"
    if found.base_hit_rate is None or found.hit_lift.mean is None:
        return f"{said}; there is no base rate to hold against that"
    said += f"; the base rate is {share(found.base_hit_rate)}"
    if found.base_n != found.known_n:
        said += f" (for the {found.base_n:,} that have one)"
    return f"{said}, the lift {_lift(found.hit_lift, result)}"


def _moves(found: HorizonResult, result: BacktestResult) -> str:
    lift, sessions = found.move_lift, len(result.data.sessions)
    moved = "–" if found.move_mean_bps is None else f"{found.move_mean_bps:.1f}"
    said = (
        f"the mid moved {moved} bps on average {horizon_words(found.horizon)}, after "
        f"{counted(found.move_n, 'alert')} without a direction in {counted(sessions, 'session')}"
    )
    if found.move_base_bps is None or lift.mean is None:
        return f"{said}; there is no base rate to hold against that"
    told = _lift(lift, result, in_bps=True)
    return f"{said}; the base is {found.move_base_bps:.1f} bps, the lift {told}"


def _lift(lift: Lift, result: BacktestResult, *, in_bps: bool = False) -> str:
    unit = "bps" if in_bps else "points"
    mean = bps(lift.mean) if in_bps else points(lift.mean)
    interval = lift_interval(lift, in_bps=in_bps)
    said = f"{mean} {unit}"
    said += ", without an interval" if interval is None else f" (95% interval {interval})"
    if lift.verdict == DOES_NOT_BEAT and lift.low is not None and lift.low > 0.0:
        # Else a no beside an interval above 0 looks like a mistake.
        among = counted(result.method.comparisons_overall, "comparison")
        return f"{said}: above 0 by itself, not among {among} (corrected p {p_value(lift.p_holm)})"
    lacking = why_not(lift)
    return f"{said}, and that is no evidence: {lacking}" if lacking else said


def changes_words(changes: Mapping[str, str]) -> str:
    """
    Write changed thresholds in a line.

    Examples
    --------
    >>> changes_words({"CLUSTER_WINDOW_MS": "750"}), changes_words({})
    ('CLUSTER_WINDOW_MS=750', 'thresholds as set')
    """
    return ", ".join(f"{name}={value}" for name, value in changes.items()) or "thresholds as set"


def listed(names: Sequence[str], most: int = 12) -> str:
    """
    Write names, the first ones where there are many.

    Examples
    --------
    >>> listed(["SPY", "VST"]), listed(["A", "B", "C"], 2), listed([])
    ('SPY, VST', 'A, B and 1 more', 'none')
    """
    if not names:
        return "none"
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
