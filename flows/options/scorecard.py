"""Score settled alerts: hit rates beside their base rates, and calibration."""

import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.base_rates import BaseRate
from flows.options.forward_returns import HORIZONS
from flows.options.settlement import JUDGED
from flows.options.settlement import OPENED
from schemas.records import FlowAlert

MEASURES: Final = (OPENED, *HORIZONS)
DIMENSIONS: Final = ("classifier", "profile", "severity", "confidence")
CONFIDENCE_EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MIN_SAMPLE: Final = 30
NO_PROFILE: Final = "none named"

_Z95: Final = 1.959964
_SEVERITIES: Final = ("high", "medium", "low")


class ScoredAlert(msgspec.Struct, frozen=True, gc=False):
    """
    A settled alert as the scorecard counts it.

    Parameters
    ----------
    groups : mapping
        Its names in each of `DIMENSIONS`; an alert of two classifiers counts for both.
    probability : float
        Of its event, 0 to 1.
    hits : mapping
        By measure, only where the measure applies.
    base : mapping
        Base rate by measure, where there is one.
    """

    groups: Mapping[str, tuple[str, ...]]
    probability: float
    hits: Mapping[str, bool]
    base: Mapping[str, BaseRate]


def bucket_name(probability: float) -> str:
    """
    Return the confidence bucket of a probability.

    Examples
    --------
    >>> bucket_name(0.5), bucket_name(0.499), bucket_name(1.0)
    ('0.5 to 0.6', '0.0 to 0.5', '0.9 to 1.0')
    """
    at = _bucket(probability)
    return f"{CONFIDENCE_EDGES[at]:.1f} to {CONFIDENCE_EDGES[at + 1]:.1f}"


def _bucket(probability: float) -> int:
    return sum(probability >= edge for edge in CONFIDENCE_EDGES[1:-1])


def hits_of(alert: FlowAlert) -> dict[str, bool]:
    """
    Return which measures an alert hit.

    Returns
    -------
    dict
        `opened` where open interest judged it; a horizon where the alert has a direction and the
        return is known: bullish hits above 0, bearish below, and no move is no hit. Empty for an
        alert that is not settled.
    """
    settlement = alert.settlement
    if settlement is None:
        return {}
    found: dict[str, bool] = {}
    if settlement.outcome in JUDGED:
        found[OPENED] = settlement.outcome == OPENED
    sign = {"bullish": 1.0, "bearish": -1.0}.get(alert.direction)
    if sign is not None:
        for each in settlement.forward_returns:
            if each.bps is not None:
                found[each.horizon] = each.bps * sign > 0.0
    return found


def scored_alert(alert: FlowAlert, base: Mapping[str, BaseRate]) -> ScoredAlert:
    """Return what the scorecard counts of a settled alert."""
    classifiers = sorted({hit.classifier_id for hit in alert.hits})
    groups = {
        "classifier": tuple(classifiers),
        "profile": (alert.primary_profile_id or NO_PROFILE,),
        "severity": (alert.severity,),
        "confidence": (bucket_name(alert.confidence.probability),),
    }
    hits = hits_of(alert)
    used = {name: rate for name, rate in base.items() if name in hits}
    return ScoredAlert(groups, alert.confidence.probability, hits, used)


class Rate(msgspec.Struct, frozen=True, gc=False):
    """
    A hit rate beside its base rate.

    Parameters
    ----------
    n, hits : int
        Alerts the measure applies to, and those that hit.
    rate, low, high : float | None
        Share of hits and its 95 % Wilson interval; null without alerts.
    base_rate : float | None
        Mean of the alerts' own base rates; null without any.
    base_n, base_samples : int
        Alerts that have a base rate, and the samples behind them, counted for each alert.
    is_enough : bool
        Whether n reaches 30; below it is too small to say anything.
    """

    n: int
    hits: int
    rate: float | None
    low: float | None
    high: float | None
    base_rate: float | None
    base_n: int
    base_samples: int
    is_enough: bool


class Group(msgspec.Struct, frozen=True, gc=False):
    """Alerts that share a name in a dimension: how many, and their rates by measure."""

    dimension: str
    name: str
    alerts: int
    rates: dict[str, Rate]


class Reliability(msgspec.Struct, frozen=True, gc=False):
    """Probabilities of a bucket against what came: mean probability and share of hits."""

    low: float
    high: float
    n: int
    mean_probability: float
    hit_rate: float


class Calibration(msgspec.Struct, frozen=True, gc=False):
    """
    How far stated probabilities lie from the share of hits.

    Parameters
    ----------
    n : int
        Alerts the measure applies to.
    ece : float | None
        Expected calibration error: mean distance of both, weighted by count; null without alerts.
    buckets : tuple of Reliability
        Those that are not empty, ascending.
    is_enough : bool
        Whether n reaches 30.
    """

    n: int
    ece: float | None
    buckets: tuple[Reliability, ...]
    is_enough: bool


class Scorecard(msgspec.Struct, frozen=True, gc=False):
    """Settled alerts of one or more sessions: overall, by group, and calibration by measure."""

    alerts: int
    overall: dict[str, Rate]
    groups: tuple[Group, ...]
    calibration: dict[str, Calibration]


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """
    Return the 95 % Wilson score interval of a share.

    Parameters
    ----------
    hits, n : int
        Hits among n, n above 0.

    Notes
    -----
    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209–212.
    """
    share, z2 = hits / n, _Z95 * _Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, round(middle - half, 6)), min(1.0, round(middle + half, 6))


def rate_of(alerts: Sequence[ScoredAlert], measure: str) -> Rate:
    """Return the hit rate of alerts under a measure, beside the base rate."""
    counted = [each for each in alerts if measure in each.hits]
    n = len(counted)
    hits = sum(each.hits[measure] for each in counted)
    base = [each.base[measure] for each in counted if measure in each.base]
    low, high = wilson_interval(hits, n) if n else (None, None)
    return Rate(
        n=n,
        hits=hits,
        rate=round(hits / n, 6) if n else None,
        low=low,
        high=high,
        base_rate=round(math.fsum(each.rate for each in base) / len(base), 6) if base else None,
        base_n=len(base),
        base_samples=sum(each.samples for each in base),
        is_enough=n >= MIN_SAMPLE,
    )


def calibration_of(alerts: Sequence[ScoredAlert], measure: str) -> Calibration:
    """
    Compare probabilities with hits under a measure, in the buckets of `CONFIDENCE_EDGES`.

    Notes
    -----
    The probability is of the named profile, the hit of a later fact: the distance tells whether
    the one may be read as the other, and by how much not.
    """
    buckets: list[list[ScoredAlert]] = [[] for _ in CONFIDENCE_EDGES[1:]]
    for each in alerts:
        if measure in each.hits:
            buckets[_bucket(each.probability)].append(each)
    n = sum(len(members) for members in buckets)
    found = []
    distance = 0.0
    for at, members in enumerate(buckets):
        if not members:
            continue
        mean = math.fsum(each.probability for each in members) / len(members)
        share = sum(each.hits[measure] for each in members) / len(members)
        distance += len(members) / n * abs(mean - share)
        low, high = CONFIDENCE_EDGES[at], CONFIDENCE_EDGES[at + 1]
        found.append(Reliability(low, high, len(members), round(mean, 6), round(share, 6)))
    return Calibration(n, round(distance, 6) if n else None, tuple(found), n >= MIN_SAMPLE)


def scorecard(alerts: Sequence[ScoredAlert]) -> Scorecard:
    """
    Score settled alerts.

    Parameters
    ----------
    alerts : sequence of ScoredAlert
        In any order; the result does not depend on it.

    Notes
    -----
    Source: options flow specification, 8.4 and 10. All of it describes the past.
    """
    groups: list[Group] = []
    for dimension in DIMENSIONS:
        members: dict[str, list[ScoredAlert]] = {}
        for each in alerts:
            for name in each.groups[dimension]:
                members.setdefault(name, []).append(each)
        groups += [
            Group(dimension, name, len(members[name]), _rates(members[name]))
            for name in sorted(members, key=_ORDERS.get(dimension))
        ]
    calibration = {measure: calibration_of(alerts, measure) for measure in MEASURES}
    return Scorecard(len(alerts), _rates(alerts), tuple(groups), calibration)


def _rates(alerts: Sequence[ScoredAlert]) -> dict[str, Rate]:
    return {measure: rate_of(alerts, measure) for measure in MEASURES}


def _severity_order(name: str) -> tuple[int, str]:
    return (_SEVERITIES.index(name) if name in _SEVERITIES else len(_SEVERITIES), name)


_ORDERS: Final[dict[str, Callable[[str], tuple[int, str]]]] = {"severity": _severity_order}
