"""Money and rounding: integers inside, decimals at the edge."""


def price_e4(price: float) -> int:
    """
    Return a price in 1/10,000 dollar, half to even.

    Parameters
    ----------
    price : float
        $ per unit, finite.
    """
    return round(price * 10_000)


def premium_cents(at_e4: int, size: int, multiplier: int) -> int:
    """
    Return the premium of a print in cents, half to even.

    Parameters
    ----------
    at_e4 : int
        Price per unit in 1/10,000 dollar.
    size : int
        Contracts.
    multiplier : int
        Units per contract.

    Notes
    -----
    The one place where a premium is computed; sums of it are exact. Source: options flow
    specification, 1.2.
    """
    hundredths = at_e4 * size * multiplier
    cents, rest = divmod(hundredths, 100)
    if rest > 50 or (rest == 50 and cents & 1):
        return cents + 1
    return cents


def round6(value: float) -> float:
    """
    Round to six decimals, half to even on the scaled value.

    Notes
    -----
    The same arithmetic as `numpy.rint(value * 1e6) / 1e6`, so scalar and vectorised results agree.
    """
    return round(value * 1e6) / 1e6


def decimals6(value: float) -> float:
    """
    Return what `round(value, 6)` returns, in two thirds of its time.

    Parameters
    ----------
    value : float
        Below a million in magnitude.

    Notes
    -----
    Where the scaled value is clearly nearest to one integer, that integer over a million is the
    correctly rounded result. Near a half, and for results of zero (which have a sign), `round`
    decides.
    """
    scaled = value * 1e6
    nearest = round(scaled)
    if nearest and -0.49 < scaled - nearest < 0.49:
        return nearest / 1e6
    return round(value, 6)
