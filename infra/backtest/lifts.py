"""Lifts: alerts against their own base samples, with an interval and a verdict."""

import math
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final
from typing import TypeAlias

import msgspec
import numpy as np

from flows.options.forward_returns import HORIZONS
from flows.options.scorecard import MIN_SAMPLE
from infra.backtest.bootstrap import LEVEL
from infra.backtest.bootstrap import MIN_BLOCKS
from infra.backtest.bootstrap import block_bootstrap
from infra.backtest.bootstrap import holm
from infra.backtest.bootstrap import seed_of
from infra.backtest.measures import Measured
from infra.backtest.measures import outlasts_blocks
from infra.backtest.result import BEATS
from infra.backtest.result import DOES_NOT_BEAT
from infra.backtest.result import Lift

DAYS: Final = "days"
BLOCKS_OF_ONE_DAY: Final = "half-hour blocks of one day"
BLOCKS_OF_FEW_DAYS: Final = "half-hour blocks of few days"
# Fewer resampled days than this give intervals that come out too narrow still.
SETTLED_DAYS: Final = 20
MAX_P: Final = round(1.0 - LEVEL, 6)

LiftValue: TypeAlias = Callable[[Measured, int], float | None]
LIFT_VALUES: Final[dict[str, LiftValue]] = {
    "hit_lift": Measured.hit_lift,
    "bps_lift": Measured.bps_lift,
    "move_lift": Measured.move_lift,
}


def lift_of(measured: Iterable[Measured], kind: str, at: int, seed_parts: Sequence[str]) -> Lift:
    """
    Return a mean lift with its interval, not yet judged.

    Parameters
    ----------
    measured : iterable of Measured
        Alerts in a fixed order.
    kind : str
        `hit_lift`, `bps_lift` or `move_lift`.
    at : int
        Place of the horizon in `HORIZONS`.
    seed_parts : sequence of str
        Names the resampling is seeded by.

    Notes
    -----
    Sessions are resampled where there are five or more. With fewer, half-hours are, all
    underlyings of one together; outcomes that outlast them are no evidence then, because they
    are largely the same stretch of the same path.
    """
    value_of = LIFT_VALUES[kind]
    pairs = [(each, value) for each in measured if (value := value_of(each, at)) is not None]
    if not pairs:
        return Lift(n=0, reason=_too_few(0))
    values = np.array([value for _, value in pairs])
    mean = math.fsum(values) / len(values)
    sessions = np.array([each.decision.session for each, _ in pairs], dtype=np.int64)
    days = len(np.unique(sessions))
    if days >= MIN_BLOCKS:
        by, blocks = DAYS, sessions
    else:
        by = BLOCKS_OF_ONE_DAY if days == 1 else BLOCKS_OF_FEW_DAYS
        blocks = np.array([each.block for each, _ in pairs], dtype=np.int64)
    count = len(np.unique(blocks))
    found = block_bootstrap(values, blocks, seed_of(*seed_parts))
    is_overlapping = by != DAYS and outlasts_blocks(HORIZONS[at])
    reason = ""
    if len(values) < MIN_SAMPLE:
        reason = _too_few(len(values))
    elif found is None:
        reason = f"{_counted(count, 'half-hour block')}, needs {MIN_BLOCKS}"
    elif is_overlapping:
        reason = "outcomes outlast the half-hour blocks; needs 5 days"
    return Lift(
        n=len(values),
        mean=round(mean, 6),
        low=None if found is None else round(found.low, 6),
        high=None if found is None else round(found.high, 6),
        by="none" if found is None else by,
        blocks=count,
        is_understated=found is not None and _is_understated(by, count, at),
        p=None if found is None else _significant(found.p),
        reason=reason,
    )


def _is_understated(by: str, blocks: int, at: int) -> bool:
    # The way to the next close reaches over the neighbouring day's.
    return by != DAYS or blocks < SETTLED_DAYS or HORIZONS[at] == "next_close"


def _too_few(n: int) -> str:
    return f"{_counted(n, 'alert')}, needs {MIN_SAMPLE}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _significant(p: float) -> float:
    """Return a probability with six digits, so that it never becomes 0 by rounding alone."""
    return float(f"{p:.6g}")


def is_tested(lift: Lift) -> bool:
    """Tell whether a lift has enough behind it to be compared with 0 at all."""
    return lift.p is not None and lift.reason == ""


def judged(lifts: Sequence[Lift]) -> list[Lift]:
    """
    Judge the lifts of one family of comparisons together, in their order.

    Those with too little behind them stay `not_evidence` and count as no comparison: whether they
    are tested is settled by counts, before anyone looks at a lift.
    """
    tested = [at for at, lift in enumerate(lifts) if is_tested(lift)]
    corrected = holm([lifts[at].p or 0.0 for at in tested])
    found = list(lifts)
    for at, p_holm in zip(tested, corrected, strict=True):
        found[at] = _judged(lifts[at], _significant(p_holm))
    return found


def judged_alone(lift: Lift) -> Lift:
    """Judge a lift that is the only comparison of its family."""
    return judged([lift])[0]


def _judged(lift: Lift, p_holm: float) -> Lift:
    low, high = lift.low or 0.0, lift.high or 0.0
    if low > 0.0 and p_holm <= MAX_P:
        reason = "" if lift.by == DAYS else f"of {lift.by.partition(' of ')[2]} only"
        return msgspec.structs.replace(lift, p_holm=p_holm, verdict=BEATS, reason=reason)
    if low > 0.0:
        reason = "above 0 alone, not among so many comparisons"
    else:
        reason = "the interval lies below 0" if high < 0.0 else "the interval holds 0"
    return msgspec.structs.replace(lift, p_holm=p_holm, verdict=DOES_NOT_BEAT, reason=reason)
