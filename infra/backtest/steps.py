"""Round widths, for bins and axes that people read."""

import math
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_step(least: float) -> float:
    """
    Return the smallest round number that is not below a positive one.

    Examples
    --------
    >>> round_step(3.1), round_step(0.04), round_step(21.0)
    (5.0, 0.05, 25.0)
    """
    power: float = 10.0 ** math.floor(math.log10(least))
    return power * next(step for step in _STEPS if step * power >= least * (1 - 1e-9))
