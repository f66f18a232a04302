"""Prices and quotes of the synthetic market: a skewed smile under Black–Scholes."""

import math
from typing import Final

NS_PER_YEAR: Final = 365 * 86_400 * 1_000_000_000
MIN_YEARS: Final = 1e-6
MIN_IV: Final = 0.05
MAX_IV: Final = 4.0
_SQRT_HALF: Final = math.sqrt(0.5)


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
    iv = base_iv * (1.0 - 0.06 * max(-4.0, min(4.0, at)) + 0.012 * min(16.0, at * at))
    return max(MIN_IV, min(MAX_IV, iv))


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x * _SQRT_HALF)


def theoretical_value(
    spot: float, strike: float, years: float, base_iv: float, right: str
) -> float:
    """
    Return the value of a European option without rates or dividends, $ per unit.

    Parameters
    ----------
    spot, strike : float
        $.
    years : float
        To expiry; at or after it the intrinsic value is returned.
    base_iv : float
        At-the-money volatility of the surface.
    right : str
        `C` or `P`.
    """
    if years <= MIN_YEARS:
        return max(0.0, spot - strike if right == "C" else strike - spot)
    log_moneyness = math.log(strike / spot)
    deviation = smile(base_iv, log_moneyness, years) * math.sqrt(years)
    d1 = -log_moneyness / deviation + 0.5 * deviation
    call = spot * _normal_cdf(d1) - strike * _normal_cdf(d1 - deviation)
    return max(0.0, call if right == "C" else call - spot + strike)


def two_sided(value: float, *, is_penny: bool, spread_share: float) -> tuple[int, int, int]:
    """
    Return bid, ask and tick around a value, in cents.

    Parameters
    ----------
    value : float
        $ per unit.
    is_penny : bool
        Whether the class quotes in cents at every price; others use 5 cents from $3.
    spread_share : float
        Half spread as a share of the value.
    """
    tick = 1 if is_penny or value < 3.0 else 5
    half = max(float(tick), 100.0 * value * spread_share)
    bid = max(0, math.floor((100.0 * value - half) / tick) * tick)
    ask = max(bid + 2 * tick, math.ceil((100.0 * value + half) / tick) * tick)
    return bid, ask, tick
