"""Open interest beside a trade: what the classifiers of openings and closings look at."""

import msgspec

from flows.common.eastern import iso_date
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import direction_of
from flows.options.classifiers.verdict import side_of
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs


class Position(msgspec.Struct, frozen=True, gc=False):
    """
    A trade in one contract whose open interest before the session is known.

    Parameters
    ----------
    side, direction : str
        `bought`, `sold` or `unknown`; what a position of that side gains from.
    one_sidedness : float
        Larger share of aggressive size on either side, 0 to 1.
    size : int
        Contracts.
    premium : float
        $.
    dte_days : int
        Calendar days to expiry.
    delta : float | None
        Of the contract; None when unknown.
    oi, oi_as_of : int
        Contracts open at the end of the session before, and that session (days since 1970-01-01).
    volume : int
        Contracts of the session so far, the trade included.
    """

    side: str
    direction: str
    one_sidedness: float
    size: int
    premium: float
    dte_days: int
    delta: float | None
    oi: int
    oi_as_of: int
    volume: int

    @property
    def opening_sides(self) -> int:
        """
        Least number of sides of today's trades that opened a position.

        Notes
        -----
        Each contract traded has a buyer and a seller. Sides that close can undo the open interest
        or what was opened today, so V - OI sides at least are openings. Source: options flow
        specification, 5.3.
        """
        return max(0, self.volume - self.oi)


def position_of(inputs: ProfileInputs, config: InferenceConfig) -> Position | None:
    """Read a single-leg packet; None without a valid open interest snapshot."""
    if inputs.oi is None or inputs.oi_as_of is None:
        return None
    side = side_of(inputs, config)
    return Position(
        side,
        claimed(direction_of(inputs.right, side), inputs),
        max(inputs.buy_ratio, inputs.sell_ratio),
        inputs.size,
        inputs.premium,
        inputs.dte_days,
        inputs.delta,
        inputs.oi,
        inputs.oi_as_of,
        inputs.session_volume,
    )


def open_interest_words(position: Position) -> str:
    """Return session volume beside the open interest and the date it stood."""
    return (
        f"session volume of {position.volume:,} contracts against open interest of "
        f"{position.oi:,} at the end of {iso_date(position.oi_as_of)}"
    )
