"""How well labelled activity was recognised: confusion, precision, recall, calibration; pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from infra.evaluation.match import ABSTAIN
from infra.evaluation.match import ANY
from infra.evaluation.match import Outcome

PROFILES: Final = (
    "institutional_directional",
    "retail_whale",
    "event_driven",
    "vol_seller",
    "arbitrage",
    "hedge_reactive",
)
CLASSIFIERS: Final = (
    "large_bullish_call_sweep",
    "large_bearish_put_sweep",
    "large_call_sell_overwrite",
    "large_put_sell_write",
    "unusual_contract_spike",
    "new_position_likely",
    "closing_unwind_likely",
    "zero_dte_gamma_punch",
    "far_dated_conviction",
    "straddle_strangle",
    "vertical_spread",
    "roll_up_down_out",
    "ladder_accumulation",
    "no_follow_through_absorbed",
)
NEUTRAL_FAMILY: Final = "neutral"
# A profile is named from .42 on; the inner edges are those of the confidence bands and beyond.
BUCKET_EDGES: Final = (0.42, 0.52, 0.62, 0.72, 0.82, 1.0)
# Of so many runs of a scenario one may miss.
RUNS_PER_MISS: Final = 20


class Rates(msgspec.Struct, frozen=True):
    """
    Precision and recall of one class.

    Parameters
    ----------
    name : str
        Profile, `abstain`, or classifier.
    expected, found, right : int
        Labels that call for it, labels where it was found, and those where both hold.
    precision, recall, f1 : float | None
        right/found, right/expected and their harmonic mean; null when undefined.
    on_neutral : int
        Labels of the neutral family where it was found.
    """

    name: str
    expected: int
    found: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None
    on_neutral: int


class Bucket(msgspec.Struct, frozen=True):
    """
    Named profiles of similar probability.

    Parameters
    ----------
    low, high : float
        Bounds of the probability, the upper one excluded but for the last bucket.
    n : int
        How many.
    stated, observed : float | None
        Mean probability, and the share of them that was right; null when empty.
    """

    low: float
    high: float
    n: int
    stated: float | None
    observed: float | None


class Calibration(msgspec.Struct, frozen=True):
    """
    Whether a probability of .7 is right 7 times in 10.

    Parameters
    ----------
    n : int
        Labels with a known profile or known to have none, for which a profile was named.
    brier : float | None
        Mean squared distance of the probability from 1 where right, 0 where wrong.
    ece : float | None
        Mean distance of stated from observed over the buckets, weighted by their size.
    buckets : tuple of Bucket
        Five, ascending.
    """

    n: int
    brier: float | None
    ece: float | None
    buckets: tuple[Bucket, ...]


class Abstention(msgspec.Struct, frozen=True):
    """How often no profile was named, and how often none should have been."""

    family: str
    n: int
    abstained: int
    rate: float
    wanted: int


class ConfusionRow(msgspec.Struct, frozen=True):
    """Of the labels of one family and true class, how often each profile was named."""

    family: str
    truth: str
    counts: dict[str, int]


class ScenarioResult(msgspec.Struct, frozen=True):
    """
    One scenario over its runs.

    Parameters
    ----------
    runs, passed : int
        How many, and how many were as expected in all.
    is_met : bool
        Whether at most one run in twenty missed.
    missed_runs : tuple of str
        Their names.
    misses : dict
        How often each miss occurred, numbers in it taken out; most frequent first.
    """

    scenario_id: str
    family: str
    runs: int
    passed: int
    is_met: bool
    missed_runs: tuple[str, ...]
    misses: dict[str, int]


class Metrics(msgspec.Struct, frozen=True):
    """Everything measured over a set of outcomes."""

    labels: int
    confusion: tuple[ConfusionRow, ...]
    profiles: tuple[Rates, ...]
    classifiers: tuple[Rates, ...]
    abstention: tuple[Abstention, ...]
    abstention_rate: float | None
    calibration: Calibration


def ratio(part: int, whole: int) -> float | None:
    """Return a share, null of nothing."""
    return part / whole if whole else None


def rates(
    name: str, expected: Sequence[bool], found: Sequence[bool], neutral: Sequence[bool]
) -> Rates:
    """
    Return precision and recall of a class from what each label calls for and what was found.

    Parameters
    ----------
    name : str
        Of the class.
    expected, found, neutral : sequence of bool
        By label: whether it calls for the class, whether the class was found, and whether the
        label belongs to the neutral family.
    """
    wanted = np.asarray(expected, dtype=bool)
    given = np.asarray(found, dtype=bool)
    n_wanted, n_given = int(wanted.sum()), int(given.sum())
    right = int((wanted & given).sum())
    return Rates(
        name=name,
        expected=n_wanted,
        found=n_given,
        right=right,
        precision=ratio(right, n_given),
        recall=ratio(right, n_wanted),
        f1=2 * right / (n_wanted + n_given) if n_wanted + n_given else None,
        on_neutral=int((given & np.asarray(neutral, dtype=bool)).sum()),
    )


def calibration(stated: Sequence[float], right: Sequence[bool]) -> Calibration:
    """
    Return Brier score, calibration error and five buckets.

    Parameters
    ----------
    stated : sequence of float
        Probabilities of the named profiles.
    right : sequence of bool
        Whether each was the true one.

    Notes
    -----
    A probability below the lowest edge, which no named profile has, counts to the first bucket.
    """
    p = np.asarray(stated, dtype=np.float64)
    y = np.asarray(right, dtype=np.float64)
    places = np.clip(np.digitize(p, BUCKET_EDGES) - 1, 0, len(BUCKET_EDGES) - 2)
    buckets = []
    gap = 0.0
    for at, (low, high) in enumerate(pairwise(BUCKET_EDGES)):
        inside = places == at
        n = int(inside.sum())
        mean_p = float(p[inside].mean()) if n else None
        mean_y = float(y[inside].mean()) if n else None
        if mean_p is not None and mean_y is not None:
            gap += n * abs(mean_p - mean_y)
        buckets.append(Bucket(low, high, n, mean_p, mean_y))
    return Calibration(
        n=p.size,
        brier=float(((p - y) ** 2).mean()) if p.size else None,
        ece=gap / p.size if p.size else None,
        buckets=tuple(buckets),
    )


def measure(outcomes: Sequence[Outcome]) -> Metrics:
    """
    Measure a set of outcomes.

    Profiles are counted over labels whose profile is known, abstention included as a class of
    its own; a label that demands nothing is in the confusion table alone. A classifier counts as
    expected where the scenario lists it; one that fires elsewhere lowers its precision even where
    its rule holds, hence the separate count on the neutral family, where none may fire.
    """
    known = [each for each in outcomes if each.truth != ANY]
    neutral = [each.family == NEUTRAL_FAMILY for each in known]
    named = [each for each in known if each.predicted is not None]
    abstained = sum(each.predicted is None for each in outcomes)
    return Metrics(
        labels=len(outcomes),
        confusion=_confusion(outcomes),
        profiles=tuple(
            rates(
                name,
                [each.truth == name for each in known],
                [(each.predicted or ABSTAIN) == name for each in known],
                neutral,
            )
            for name in (*PROFILES, ABSTAIN)
        ),
        classifiers=tuple(
            rates(
                name,
                [name in each.expected_classifiers for each in outcomes],
                [name in each.fired or name in each.fired_later for each in outcomes],
                [each.family == NEUTRAL_FAMILY for each in outcomes],
            )
            for name in CLASSIFIERS
        ),
        abstention=_abstention(outcomes),
        abstention_rate=ratio(abstained, len(outcomes)),
        calibration=calibration(
            [each.probability for each in named],
            [each.predicted == each.truth for each in named],
        ),
    )


def _confusion(outcomes: Sequence[Outcome]) -> tuple[ConfusionRow, ...]:
    rows = list(dict.fromkeys((each.family, each.truth) for each in outcomes))
    columns = (*PROFILES, ABSTAIN)
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    row_at = {row: at for at, row in enumerate(rows)}
    column_at = {column: at for at, column in enumerate(columns)}
    for each in outcomes:
        counts[row_at[each.family, each.truth], column_at[each.predicted or ABSTAIN]] += 1
    return tuple(
        ConfusionRow(family, truth, dict(zip(columns, line, strict=True)))
        for (family, truth), line in zip(rows, counts.tolist(), strict=True)
    )


def _abstention(outcomes: Sequence[Outcome]) -> tuple[Abstention, ...]:
    found = []
    for family in dict.fromkeys(each.family for each in outcomes):
        own = [each for each in outcomes if each.family == family]
        abstained = sum(each.predicted is None for each in own)
        wanted = sum(each.truth == ABSTAIN for each in own)
        found.append(Abstention(family, len(own), abstained, abstained / len(own), wanted))
    return tuple(found)
