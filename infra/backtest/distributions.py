"""How far mids went, the alert's way or against it, beside base samples."""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flows.options.forward_returns import HORIZONS
from infra.backtest.market import NO_MARKET
from infra.backtest.market import Market
from infra.backtest.measures import Measured
from infra.backtest.measures import base_changes
from infra.backtest.result_days import ReturnDistribution
from infra.backtest.steps import round_step

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_BINS_A_SIDE: Final = 12
# Finer than any tick; keeps a market that stood still from bins without width.
_LEAST_WIDTH_BPS: Final = 0.1

Values = NDArray[np.float64]


def distributions(
    alerts: Sequence[Measured], markets: Mapping[str, Market]
) -> tuple[ReturnDistribution, ...]:
    """
    Return the distribution of signed changes at each horizon.

    Parameters
    ----------
    alerts : sequence of Measured
        Alerts of one run, in a fixed order.
    markets : mapping
        The mids they were measured on, by underlying.

    Notes
    -----
    Base samples are those of `measure`, taken again: kept, they would be a hundred times the
    alerts.
    """
    directed = [each for each in alerts if each.decision.sign != 0.0]
    values = [_changes(directed, at) for at in range(len(HORIZONS))]
    edges = [edges_of(each) for each in values]
    shares = [np.zeros(max(len(each) - 1, 0)) for each in edges]
    base_n = [0] * len(HORIZONS)
    samples = [0] * len(HORIZONS)
    for each in directed:
        market = markets.get(each.decision.underlying_id, NO_MARKET)
        for at, base in enumerate(base_changes(each.decision, market)):
            if len(base) and each.outcomes[at].bps is not None:
                shares[at] += counts_of(base * each.decision.sign, edges[at]) / len(base)
                base_n[at] += 1
                samples[at] += len(base)
    return tuple(
        [
            _distribution(at, values[at], edges[at], shares[at], base_n[at], samples[at])
            for at in range(len(HORIZONS))
        ]
    )


def edges_of(values: Values) -> tuple[float, ...]:
    """
    Return the edges of bins, bps, ascending and the same on both sides of 0.

    Parameters
    ----------
    values : (n,) float64
        Signed changes, bps; without any there are no bins.

    Notes
    -----
    They reach to the 95th percentile of sizes. Width: 2·IQR·n^(-1/3) (D. Freedman and P. Diaconis,
    Zeitschrift für Wahrscheinlichkeitstheorie 57 (1981), 453–476), at least a twelfth of the
    reach, rounded up.

    Examples
    --------
    >>> edges_of(np.array([-10.0, -4.0, 0.0, 3.0, 12.0]))
    (-20.0, -10.0, 0.0, 10.0, 20.0)
    """
    if not len(values):
        return ()
    reach = float(np.quantile(np.abs(values), _QUANTILES[-1]))
    low, high = np.quantile(values, (0.25, 0.75))
    ruled = 2.0 * float(high - low) / math.cbrt(len(values))
    width = round_step(max(ruled, reach / _MOST_BINS_A_SIDE, _LEAST_WIDTH_BPS))
    sides = max(1, math.ceil(reach / width - 1e-9))
    return tuple([round(at * width, 6) for at in range(-sides, sides + 1)])


def counts_of(values: Values, edges: Sequence[float]) -> NDArray[np.int64]:
    """Count values by bin; a bin holds its upper edge, the outer ones all beyond them."""
    places = np.searchsorted(np.array(edges[1:-1]), values, side="left")
    return np.bincount(places, minlength=len(edges) - 1).astype(np.int64)


def _changes(directed: Sequence[Measured], at: int) -> Values:
    found = [bps for each in directed if (bps := each.signed_bps(at)) is not None]
    return np.array(found, dtype=np.float64)


def _distribution(
    at: int, values: Values, edges: tuple[float, ...], shares: Values, base_n: int, samples: int
) -> ReturnDistribution:
    if not len(values):
        return ReturnDistribution(horizon=HORIZONS[at], n=0, base_n=0, base_samples=0)
    p05, p25, p50, p75, p95 = [round(float(each), 6) for each in np.quantile(values, _QUANTILES)]
    return ReturnDistribution(
        horizon=HORIZONS[at],
        n=len(values),
        base_n=base_n,
        base_samples=samples,
        edges=edges,
        counts=tuple([int(each) for each in counts_of(values, edges)]),
        base_shares=tuple([round(float(each) / base_n, 6) for each in shares]) if base_n else (),
        p05=p05,
        p25=p25,
        p50=p50,
        p75=p75,
        p95=p95,
    )
