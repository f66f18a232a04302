"""What a packet is told about its baselines, and how its z is chosen."""

from math import log1p
from typing import Final

import msgspec

from flows.common.prices import round6
from flows.options.baselines.rings import PairRing
from flows.options.baselines.rings import Ring
from flows.options.baselines.rings import WideRing
from flows.options.baselines.robust import UNUSUAL_Z
from flows.options.baselines.robust import deviation
from flows.options.baselines.robust import is_surely_usual
from flows.options.baselines.robust import median_and_mad_of_logs
from flows.options.baselines.robust import plain_z
from flows.options.baselines.robust import robust_z

CONTRACT: Final = "contract"
UNDERLYING: Final = "underlying"
TOD: Final = "tod"
NO_BASIS: Final = "none"
COLD: Final = "none"

MONEY_DECIMALS: Final = 2
DECIMALS: Final = 6

# Mean, sum of squared deviations, number of values; median and MAD of ln(1+x).
Moments = tuple[float, float, int]
Robust = tuple[float, float]


class MetricBaseline(msgspec.Struct, frozen=True, gc=False):
    """
    One metric's baseline as it stood before a packet, of the key named by `basis`.

    Parameters
    ----------
    mean, std : float | None
        Of the values: $ for premiums (2 decimals), contracts for sizes, $ per unit for spreads (6
        decimals); with basis `tod` of ln(1+$). The population's, without the floor z uses.
    z : float | None
        (x - mean)/std with std at least 5 % of the mean; None where all values are zero.
    median, mad, rz : float | None
        Of ln(1+x); with wide windows as of their last refresh.
    z_eff : float | None
        rz, or z where MAD is 0; None without a usable baseline, which is no evidence either way.
    n : int | None
        Values behind it; with basis `none` those of the first key asked, too few.
    basis : {"contract", "underlying", "tod", "none"} | None
        The key in force.

    Notes
    -----
    Source: options flow specification, 5.3 and 7.
    """

    mean: float | None
    std: float | None
    z: float | None
    median: float | None
    mad: float | None
    rz: float | None
    z_eff: float | None
    n: int | None
    basis: str | None


class PacketBaselines(msgspec.Struct, frozen=True, gc=False):
    """
    The baselines of a packet's premium, size and mean quoted spread.

    Parameters
    ----------
    premium, size, spread : MetricBaseline
        Before the packet became part of them.
    snapshot_id : str
        Snapshot the underlying was warmed from, `none` when it started cold.
    """

    premium: MetricBaseline
    size: MetricBaseline
    spread: MetricBaseline
    snapshot_id: str


NO_METRIC: Final = MetricBaseline(None, None, None, None, None, None, None, 0, NO_BASIS)
NO_BASELINES: Final = PacketBaselines(NO_METRIC, NO_METRIC, NO_METRIC, COLD)


def absent(n: int) -> MetricBaseline:
    """Return the baseline of a metric no key has enough values of."""
    if n == 0:
        return NO_METRIC
    return MetricBaseline(None, None, None, None, None, None, None, n, NO_BASIS)


def measured(
    value: float,
    log_value: float,
    moments: Moments,
    robust: Robust,
    basis: str,
    decimals: int = DECIMALS,
) -> MetricBaseline:
    """
    Return a value's place in the baseline of one key.

    Parameters
    ----------
    value, log_value : float
        In the unit of the moments, and ln(1+x).
    moments, robust
        Of the key.
    basis : str
        What the key is.
    decimals : int, default 6
        Of mean and standard deviation.
    """
    mean, m2, n = moments
    median, mad = robust
    z = plain_z(value, mean, m2, n)
    rz = round6(robust_z(log_value, median, mad))
    if z is not None:
        z = round6(z)
    return MetricBaseline(
        round(mean, decimals), round(deviation(m2, n), decimals), z, round6(median), round6(mad),
        rz, rz if mad > 0.0 else z, n, basis,
    )  # fmt: skip


def of_contract(
    value: float, values: list[float], moments: Moments, decimals: int = DECIMALS
) -> MetricBaseline:
    """Return a value's place among a contract's own, ascending in `values`."""
    robust = median_and_mad_of_logs(values)
    return measured(value, log1p(value), moments, robust, CONTRACT, decimals)


def of_first(value: float, ring: PairRing, decimals: int = DECIMALS) -> MetricBaseline:
    """Return a value's place among the first metric of a contract's pair."""
    ordered = sorted(ring.values[0::2])
    return of_contract(value, ordered, (ring.mean, ring.m2, len(ordered)), decimals)


def of_second(value: float, ring: PairRing) -> MetricBaseline:
    """Return a value's place among the second metric of a contract's pair."""
    ordered = sorted(ring.values[1::2])
    return of_contract(value, ordered, (ring.second_mean, ring.second_m2, len(ordered)))


def of_ring(value: float, ring: Ring) -> MetricBaseline:
    """Return a value's place among those of a contract's ring."""
    ordered = sorted(ring.values)
    return of_contract(value, ordered, (ring.mean, ring.m2, len(ordered)))


def of_wide(value: float, ring: WideRing, basis: str, decimals: int = DECIMALS) -> MetricBaseline:
    """Return a value's place in a wide ring, with median and MAD as last refreshed."""
    log_value = log1p(value)
    moments = (ring.mean, ring.m2, len(ring.values))
    unit = log_value if ring.is_log else value
    return measured(unit, log_value, moments, (ring.median, ring.mad), basis, decimals)


def is_first_unusual(value: float, ring: PairRing) -> bool:
    """Return whether `of_first(value, ring).z_eff` is 3 or more, mostly without computing it."""
    ordered = sorted(ring.values[0::2])
    if is_surely_usual(ordered, value):
        return False
    median, mad = median_and_mad_of_logs(ordered)
    if mad > 0.0:
        z: float | None = robust_z(log1p(value), median, mad)
    else:
        z = plain_z(value, ring.mean, ring.m2, len(ordered))
    return z is not None and round6(z) >= UNUSUAL_Z


def is_wide_unusual(value: float, ring: WideRing) -> bool:
    """Return whether `of_wide(value, ring, …).z_eff` is 3 or more."""
    log_value = log1p(value)
    if ring.mad > 0.0:
        z: float | None = robust_z(log_value, ring.median, ring.mad)
    else:
        unit = log_value if ring.is_log else value
        z = plain_z(unit, ring.mean, ring.m2, len(ring.values))
    return z is not None and round6(z) >= UNUSUAL_Z
