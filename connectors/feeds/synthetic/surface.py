"""
Prices and quotes of the synthetic market: a skewed smile under Black–Scholes.

Each formula exists for one contract, in plain floats, and for arrays of them; both agree within
1e-5 dollars, far below a tick.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

NS_PER_YEAR: Final = 365 * 86_400 * 1_000_000_000
MIN_YEARS: Final = 1e-6
MIN_IV: Final = 0.05
MAX_IV: Final = 6.0
# As the engine discounts, so that calls and puts of a strike show one volatility.
RISK_FREE_RATE: Final = 0.04

_SKEW: Final = 0.06
_SMILE: Final = 0.012
_SQRT_HALF: Final = math.sqrt(0.5)
# Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8.
_CDF_SCALE: Final = 0.2316419
_CDF_TERMS: Final = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def smile(base_iv: float, log_moneyness: float, years: float) -> float:
    """
    Return the implied volatility of a strike.

    Parameters
    ----------
    base_iv : float
        At the money, 0.2 = 20 %.
    log_moneyness : float
        ln(strike / spot); low strikes are dearer (skew), far ones too (smile).
    years : float
        To expiry.
    """
    at = log_moneyness / (base_iv * math.sqrt(years) + 0.02)
    iv = base_iv * (1.0 - _SKEW * max(-4.0, min(4.0, at)) + _SMILE * min(16.0, at * at))
    return max(MIN_IV, min(MAX_IV, iv))


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x * _SQRT_HALF)


def option_value(spot: float, strike: float, years: float, iv: float, right: str) -> float:
    """
    Return the value of a European option, $ per unit.

    Parameters
    ----------
    spot, strike : float
        $.
    years : float
        To expiry; at or after it the intrinsic value is returned.
    iv : float
        Of this very strike.
    right : str
        `C` or `P`.
    """
    sign = 1.0 if right == "C" else -1.0
    if years <= MIN_YEARS:
        return max(0.0, sign * (spot - strike))
    deviation = iv * math.sqrt(years)
    discounted = strike * math.exp(-RISK_FREE_RATE * years)
    d1 = math.log(spot / discounted) / deviation + 0.5 * deviation
    value = sign * (
        spot * _normal_cdf(sign * d1) - discounted * _normal_cdf(sign * (d1 - deviation))
    )
    return max(0.0, value)


def theoretical_value(
    spot: float, strike: float, years: float, base_iv: float, right: str
) -> float:
    """Return the value of an option whose volatility lies on the smile around `base_iv`."""
    iv = smile(base_iv, math.log(strike / spot), years) if years > MIN_YEARS else base_iv
    return option_value(spot, strike, years, iv, right)


def _normal_cdf_array(x: Floats) -> Floats:
    size = np.abs(x)
    t = 1.0 / (1.0 + _CDF_SCALE * size)
    tail = np.zeros_like(x)
    for term in reversed(_CDF_TERMS):
        tail = (tail + term) * t
    tail *= np.exp(-0.5 * size * size) / math.sqrt(2.0 * math.pi)
    return np.where(x >= 0.0, 1.0 - tail, tail)


def theoretical_values(
    spot: Floats, strike: Floats, years: Floats, base_iv: Floats, sign: Floats
) -> Floats:
    """
    Return the values of many options on the smile, $ per unit.

    Parameters
    ----------
    spot, strike, years, base_iv : (n,) float64
        As of `theoretical_value`; years are held above zero.
    sign : (n,) float64
        +1 call, -1 put.
    """
    years = np.maximum(years, MIN_YEARS)
    root = np.sqrt(years)
    at = np.log(strike / spot) / (base_iv * root + 0.02)
    iv = base_iv * (1.0 - _SKEW * np.clip(at, -4.0, 4.0) + _SMILE * np.minimum(16.0, at * at))
    deviation = np.clip(iv, MIN_IV, MAX_IV) * root
    discounted = strike * np.exp(-RISK_FREE_RATE * years)
    d1 = np.log(spot / discounted) / deviation + 0.5 * deviation
    value = sign * (
        spot * _normal_cdf_array(sign * d1)
        - discounted * _normal_cdf_array(sign * (d1 - deviation))
    )
    return np.maximum(0.0, value)


def two_sided(value: Floats, is_penny: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """
    Return bid, ask and tick around values, in cents.

    Parameters
    ----------
    value : (n,) float64
        $ per unit.
    is_penny : (n,) bool
        Whether the class quotes in cents at every price; others use 5 cents from $3 and twice the
        spread.
    """
    tick = np.where(is_penny | (value < 3.0), 1, 5)
    half = np.maximum(tick, 100.0 * value * np.where(is_penny, 0.012, 0.025))
    bid = np.maximum(0, np.floor((100.0 * value - half) / tick) * tick).astype(np.int64)
    ask = (np.ceil((100.0 * value + half) / tick) * tick).astype(np.int64)
    return bid, np.maximum(bid + 2 * tick, ask), tick


def around(value: float, spread_bps: float) -> tuple[int, int]:
    """
    Return bid and ask in cents around one value, at least two cents apart, never below a cent.

    Parameters
    ----------
    value : float
        $ per unit.
    spread_bps : float
        Whole spread over the value.
    """
    half = max(1.0, value * spread_bps / 200.0)
    bid = max(1, math.floor(100.0 * value - half + 0.5))
    return bid, max(bid + 2, math.floor(100.0 * value + half + 0.5))
