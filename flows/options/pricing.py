"""European Black-Scholes on whole columns: normal distribution, implied volatility, greeks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

MODEL: Final = "bs.v1"
MIN_YEARS: Final = 300 / (365 * 86_400)
MIN_IV: Final = 0.01
MAX_IV: Final = 10.0
INTRINSIC_MARGIN: Final = 0.005
MAX_RESIDUAL: Final = 1e-6
MAX_ITERATIONS: Final = 60

OK: Final = 0
BELOW_INTRINSIC: Final = 1
ABOVE_BOUND: Final = 2
NO_CONVERGE: Final = 3
OUT_OF_RANGE: Final = 4
STATUS_NAMES: Final = ("ok", "below_intrinsic", "above_bound", "no_converge", "out_of_range")

_SQRT_2PI: Final = 2.5066282746310002
_STEP_TOLERANCE: Final = 1e-11
# J. F. Hart et al., Computer Approximations (1968), function 5666, as given by G. West, "Better
# approximations to cumulative normal functions" (2005): the upper tail of the normal distribution
# over exp(-y²/2), for 0 <= y < 10/sqrt(2).
_HART_P: Final = (
    0.0352624965998911,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_HART_Q: Final = (
    0.0883883476483184,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_HART_LIMIT: Final = 7.07106781186547


def _scaled_tail(y: Column) -> Column:
    """Return Φ(−y)·exp(y²/2) for y ≥ 0: the part of the tail that does not underflow."""
    top = y * _HART_P[0]
    for coefficient in _HART_P[1:-1]:
        top += coefficient
        top *= y
    top += _HART_P[-1]
    bottom = y * _HART_Q[0]
    for coefficient in _HART_Q[1:-1]:
        bottom += coefficient
        bottom *= y
    bottom += _HART_Q[-1]
    tail: Column = np.divide(top, bottom, out=top)
    far = y >= _HART_LIMIT
    if far.any():
        at = y[far]
        fraction = at + 0.65
        for numerator in (4.0, 3.0, 2.0, 1.0):
            fraction = at + numerator / fraction
        tail[far] = 1.0 / (fraction * _SQRT_2PI)
    return tail


def normal_cdf(x: Column) -> Column:
    """
    Return the cumulative normal distribution of each element.

    Parameters
    ----------
    x : (n,) float64
        Any finite value.

    Returns
    -------
    (n,) float64
        Absolute error below 1e-14; computed element by element, so a value never depends on its
        neighbours.

    Notes
    -----
    Source: Hart (1968) algorithm 5666; the tail beyond 7.07 by its continued fraction.
    """
    y = np.abs(x)
    lower = np.exp(-0.5 * y * y) * _scaled_tail(y)
    result: Column = np.where(x > 0.0, 1.0 - lower, lower)
    return result


def discounts(years: Column, rate: float, dividend_yield: float | Column) -> tuple[Column, Column]:
    """Return exp(−rate·years) and exp(−yield·years)."""
    return np.exp(years * -rate), np.exp(years * -dividend_yield)


def option_price(
    spot: Column,
    strike: Column,
    years: Column,
    sign: Column,
    iv: Column,
    rate: float,
    dividend_yield: float | Column,
) -> Column:
    """
    Return the Black-Scholes price.

    Parameters
    ----------
    spot, strike : (n,) float64
        $.
    years : (n,) float64
        Time to expiry, years of 365 days, above 0.
    sign : (n,) float64
        +1 call, −1 put.
    iv : (n,) float64
        Volatility per year, 0.2 = 20 %.
    rate, dividend_yield : float, float or (n,) float64
        Continuous, per year.
    """
    money, shares = discounts(years, rate, dividend_yield)
    deviation = iv * np.sqrt(years)
    d1 = np.log(spot * shares / (strike * money)) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    price: Column = sign * (
        spot * shares * normal_cdf(sign * d1) - strike * money * normal_cdf(sign * d2)
    )
    return price


def _normalised_black(x: Column, s: Column) -> tuple[Column, Column]:
    """
    Return price and slope of the out-of-the-money option in P. Jäckel's normalised form.

    `x` ≤ 0 is the log of forward over strike (or its inverse), `s` the total deviation. Both terms
    share one exponential: exp(−(h² + t²)/2), with h = x/s and t = s/2.
    """
    h = x / s
    t = 0.5 * s
    shared = np.exp(-0.5 * (h * h + t * t))
    upper = h + t
    tails = _scaled_tail(np.concatenate((np.abs(upper), t - h)))
    n = len(x)
    first = tails[:n] * shared
    price = np.where(upper > 0.0, np.exp(0.5 * x) - first, first) - tails[n:] * shared
    return price, shared / _SQRT_2PI


def _first_guess(x: Column, target: Column) -> Column:
    """Corrado-Miller (1996) near the money, else the small-deviation asymptote."""
    forward = np.exp(0.5 * x)
    strike = 1.0 / forward
    gap = strike - forward
    base = target + 0.5 * gap
    inner = base * base - gap * gap / np.pi
    near = _SQRT_2PI / (forward + strike) * (base + np.sqrt(np.maximum(inner, 0.0)))
    far = -x / np.sqrt(2.0 * np.maximum(-np.log(target), 1e-3))
    guess: Column = np.where(inner > 0.0, near, np.minimum(np.maximum(far, 1e-6), near))
    return np.maximum(guess, 1e-8)


def _solve_deviation(x: Column, target: Column) -> Column:
    """
    Return s with normalised price `target`, by Halley steps on its log inside a shrinking bracket.

    An element freezes when its step is below 1e-11 of it; nan where 60 steps do not suffice.
    """
    found = np.full(len(x), np.nan)
    index = np.arange(len(x))
    s = _first_guess(x, target)
    low = np.zeros(len(x))
    high = np.full(len(x), np.inf)
    log_target = np.log(target)
    for _ in range(MAX_ITERATIONS):
        price, slope = _normalised_black(x, s)
        price = np.maximum(price, 1e-300)
        miss = np.log(price) - log_target
        low = np.where(miss < 0.0, s, low)
        high = np.where(miss > 0.0, s, high)
        relative_slope = slope / price
        newton = -miss / relative_slope
        curvature = x * x / (s * s * s) - 0.25 * s - relative_slope
        step = newton / np.maximum(1.0 + 0.5 * newton * curvature, 0.25)
        following = s + step
        inside = (following > low) & (following < high)
        middle = np.where(np.isinf(high), 2.0 * s, 0.5 * (low + high))
        done = np.abs(step) <= _STEP_TOLERANCE * s
        s = np.where(inside, following, np.where(done, s, middle))
        if done.any():
            found[index[done]] = s[done]
            on = ~done
            if not on.any():
                break
            index, x, s, low, high = index[on], x[on], s[on], low[on], high[on]
            log_target = log_target[on]
    return found


def implied_volatility(
    mid: Column,
    spot: Column,
    strike: Column,
    years: Column,
    sign: Column,
    rate: float,
    dividend_yield: float | Column,
) -> tuple[Column, NDArray[np.int64]]:
    """
    Solve for volatility.

    Parameters
    ----------
    mid, spot, strike : (n,) float64
        $, finite, spot and strike above 0.
    years : (n,) float64
        At least `MIN_YEARS`.
    sign : (n,) float64
        +1 call, −1 put.
    rate, dividend_yield : float, float or (n,) float64
        Continuous, per year.

    Returns
    -------
    tuple
        Volatility per year, nan unless its status is `OK`; and the status of each element.

    Notes
    -----
    Price residual ≤ 1e-6 $ and at most 60 iterations, else `NO_CONVERGE`. Each element is computed
    as if it stood alone: results do not depend on the batch. Source: options flow specification,
    4.2.
    """
    money, shares = discounts(years, rate, dividend_yield)
    forward_value = spot * shares
    strike_value = strike * money
    intrinsic = np.maximum(sign * (forward_value - strike_value), 0.0)
    bound = np.where(sign > 0.0, forward_value, strike_value)
    status = np.full(len(mid), OK)
    status[mid >= bound] = ABOVE_BOUND
    status[mid <= intrinsic + INTRINSIC_MARGIN] = BELOW_INTRINSIC
    iv = np.full(len(mid), np.nan)
    good = np.flatnonzero(status == OK)
    if not len(good):
        return iv, status
    x = -np.abs(np.log(forward_value[good] / strike_value[good]))
    unit = np.sqrt(forward_value[good] * strike_value[good])
    target = (mid[good] - intrinsic[good]) / unit
    with np.errstate(all="ignore"):
        deviation = _solve_deviation(x, target)
        price, _ = _normalised_black(x, deviation)
        residual = np.abs(price - target) * unit
        solved = deviation / np.sqrt(years[good])
        found = np.full(len(good), OK)
        found[~((solved >= MIN_IV) & (solved <= MAX_IV))] = OUT_OF_RANGE
        found[~(residual <= MAX_RESIDUAL)] = NO_CONVERGE
    status[good] = found
    iv[good] = np.where(found == OK, solved, np.nan)
    return iv, status


def greeks(
    spot: Column,
    strike: Column,
    years: Column,
    sign: Column,
    iv: Column,
    rate: float,
    dividend_yield: float | Column,
) -> tuple[Column, Column, Column, Column]:
    """
    Return delta, gamma, vega and theta of one option on one unit.

    Parameters
    ----------
    spot, strike, years, sign, iv, rate, dividend_yield
        As for `option_price`.

    Returns
    -------
    tuple of (n,) float64
        Delta per $ of the underlying, gamma per $², vega per volatility point (.01), theta per
        calendar day.
    """
    money, shares = discounts(years, rate, dividend_yield)
    forward_value = spot * shares
    strike_value = strike * money
    root = np.sqrt(years)
    deviation = iv * root
    d1 = np.log(forward_value / strike_value) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    density = np.exp(-0.5 * d1 * d1) / _SQRT_2PI
    upper = normal_cdf(sign * d1)
    delta = sign * shares * upper
    gamma = shares * density / (spot * deviation)
    vega = forward_value * density * root * 0.01
    theta = (
        -0.5 * forward_value * density * iv / root
        - sign * rate * strike_value * normal_cdf(sign * d2)
        + sign * dividend_yield * forward_value * upper
    ) / 365.0
    return delta, gamma, vega, theta
