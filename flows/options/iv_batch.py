"""Volatility and greeks for all prints of a batch at once."""

import math
from typing import Final

import numpy as np

from flows.common.prices import round6
from flows.options.config import PricingConfig
from flows.options.pricing import OK
from flows.options.pricing import STATUS_NAMES
from flows.options.pricing import Column
from flows.options.pricing import greeks
from flows.options.pricing import implied_volatility

# Status, source, then iv, delta, gamma, vega, theta, dollar delta, dollar gamma of 1 %.
Greeks = tuple[
    str,
    str,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
]

MAX_PROVIDER_IV: Final = 100.0


def no_greeks(status: str, provider_iv: float | None) -> Greeks:
    """Return the result of a print that has no greeks, with the provider's volatility if any."""
    if provider_iv is None or not 0.0 < provider_iv < MAX_PROVIDER_IV:
        return status, "none", None, None, None, None, None, None, None
    return status, "provider", round6(provider_iv), None, None, None, None, None, None


def _rounded(values: Column, scale: float) -> list[float]:
    # Adding zero turns -0.0 into 0.0: one value, one encoding.
    result: list[float] = (np.rint(values * scale) / scale + 0.0).tolist()
    return result


class IvBatch:
    """
    Prints waiting for one vectorised solution.

    Results do not depend on what else is in the batch: every operation is elementwise on
    contiguous columns.
    """

    __slots__ = ("_config", "_rows", "_statuses")

    def __init__(self, config: PricingConfig) -> None:
        self._config = config
        self._rows: list[tuple[float, float, float, float, float, float, float, float]] = []
        self._statuses: list[str] = []

    def add(
        self,
        status: str,
        mid: float | None,
        spot: float,
        terms: tuple[float, float, float, float],
        units: int,
        provider_iv: float | None,
    ) -> int:
        """
        Queue a print and return its place in the results.

        Parameters
        ----------
        status : str
            `ok` to solve, else why nothing is solved and the provider's volatility is used.
        mid : float | None
            $ per unit, null unless `ok`.
        spot : float
            Underlying, $.
        terms : tuple[float, float, float, float]
            Strike ($), years to expiry (above 0), +1 call or −1 put, dividend yield a year.
        units : int
            Contracts times multiplier.
        provider_iv : float | None
            Fallback, per year.
        """
        if provider_iv is None or not 0.0 < provider_iv < MAX_PROVIDER_IV:
            provider_iv = math.nan
        self._rows.append(
            (math.nan if mid is None else mid, spot, *terms, float(units), provider_iv)
        )
        self._statuses.append(status)
        return len(self._rows) - 1

    def solve(self) -> list[Greeks]:
        """Return the results in the order of `add`, rounded, and empty the batch."""
        rows = self._rows
        if not rows:
            return []
        statuses = self._statuses
        self._rows = []
        self._statuses = []
        columns = np.array(rows).T.copy()
        mid, spot, strike, years, sign, dividend_yield, units, provider = columns
        iv = np.full(len(rows), np.nan)
        wanted = np.array([status == "ok" for status in statuses])
        rate = self._config.risk_free_rate
        at = np.flatnonzero(wanted)
        if len(at):
            iv[at], codes = implied_volatility(
                mid[at], spot[at], strike[at], years[at], sign[at], rate, dividend_yield[at]
            )
            for position in np.flatnonzero(codes != OK).tolist():
                statuses[int(at[position])] = STATUS_NAMES[codes[position]]
        given = np.isnan(iv)
        iv = np.where(given, provider, iv)
        with np.errstate(all="ignore"):
            delta, gamma, vega, theta = greeks(spot, strike, years, sign, iv, rate, dividend_yield)
        shares = delta * units * spot
        per_percent = gamma * spot * spot * 0.01 * units
        parts = np.concatenate((iv, delta, gamma, vega, theta, shares, per_percent))
        finite = np.isfinite(parts.reshape(7, -1)).all(axis=0).tolist()
        n = len(rows)
        six = _rounded(parts[: 5 * n], 1e6)
        cents = _rounded(parts[5 * n :], 100.0)
        values = zip(
            six[:n], six[n : 2 * n], six[2 * n : 3 * n], six[3 * n : 4 * n], six[4 * n :],
            cents[:n], cents[n:], strict=True,
        )  # fmt: skip
        sources = ("computed", "provider")
        return [
            (status, sources[is_given], *numbers) if is_finite else no_greeks(status, row[7])
            for status, is_given, is_finite, numbers, row in zip(
                statuses, given.tolist(), finite, values, rows, strict=True
            )
        ]
