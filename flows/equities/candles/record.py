"""A window's sums as a record of `equities.candles`."""

from typing import Final

from flows.common.calendar import NS_PER_MS
from flows.common.prices import round6
from flows.common.sessions import trade_date_and_segment
from flows.equities.candles.cell import NOT_YET
from flows.equities.candles.cell import Cell
from flows.equities.candles.config import CANDLE_POLICY
from flows.equities.candles.config import INTERVALS_MS
from flows.equities.observed import MICRO
from flows.equities.stage import Desk
from schemas.records import EquityCandle

CANDLE_VERSION: Final = "equities.candles.v1"
PRICE_SCALE: Final = 10_000
LAST: Final = "last"
HIGH_LOW: Final = "high_low"
CARRIED: Final = "carried"
# How a bar comes out; what is neither of the two is the reason of a revision.
FORMING: Final = "forming"
CLOSED: Final = "closed"
LATE: Final = "late"

WIDTHS_NS: Final = tuple(interval_ms * NS_PER_MS for interval_ms in INTERVALS_MS)

# Open, high, low, close and basis.
_Prices = tuple[float | None, float | None, float | None, float | None, str]
_NO_PRICE: Final[_Prices] = (None, None, None, None, CARRIED)


def _prices(cell: Cell, carried_e4: int | None) -> _Prices:
    high, low = cell.high, cell.low
    if cell.close_ts != NOT_YET:
        first, last = cell.open_e4, cell.close_e4
        # What sets the last price may be barred from high and low.
        high = max(high, first, last)
        low = min(low, first, last)
        at_open, at_close = first / PRICE_SCALE, last / PRICE_SCALE
        return at_open, high / PRICE_SCALE, low / PRICE_SCALE, at_close, LAST
    if cell.high_low_ts != NOT_YET:
        only = cell.high_low_e4 / PRICE_SCALE
        return only, high / PRICE_SCALE, low / PRICE_SCALE, only, HIGH_LOW
    if carried_e4 is None or cell.trades == 0:
        return _NO_PRICE
    carried = carried_e4 / PRICE_SCALE
    return carried, carried, carried, carried, CARRIED


class CandleWriter:
    """
    Write bars of one desk.

    Parameters
    ----------
    desk : Desk
        Whose.
    config_hash : str
        Of the configuration in force.
    """

    def __init__(self, desk: Desk, config_hash: str) -> None:
        self._source = desk.source
        self._underlying_id = desk.underlying_id
        self._config_hash = config_hash
        name = f"candle:{desk.source}:{desk.underlying_id}"
        self._prefixes = tuple(f"{name}:{interval_ms}:" for interval_ms in INTERVALS_MS)

    def write(
        self, level: int, begin: int, cell: Cell, at_ns: int, carried_e4: int | None, status: str
    ) -> EquityCandle:
        """
        Return a bar.

        Parameters
        ----------
        level : int
            Place of its length in `INTERVALS_MS`.
        begin : int
            Start of its window, ns UTC.
        cell : Cell
            Its prints; without any the bar was emptied by cancels and has neither volume nor price.
        at_ns : int
            When it became knowable.
        carried_e4 : int | None
            Close before the window, for a bar whose prints have no price; null before the first.
        status : str
            `FORMING`, `CLOSED`, or why a closed bar is revised: `late`, `cancel`, `correction`.
        """
        at_open, high, low, at_close, basis = _prices(cell, carried_e4)
        weight = cell.weight
        return EquityCandle(
            at_ns, cell.ingest_ts, cell.seq, f"{self._prefixes[level]}{begin}", CANDLE_VERSION,
            cell.revision, self._source, self._underlying_id, INTERVALS_MS[level],
            begin, begin + WIDTHS_NS[level], status != FORMING,
            trade_date_and_segment(begin)[1], basis, cell.trades,
            cell.volume / MICRO, cell.off_exchange / MICRO, cell.odd_lot / MICRO,
            at_open, high, low, at_close,
            round6(cell.value / (weight * PRICE_SCALE)) if weight else None,
            None if status in {FORMING, CLOSED} else status, CANDLE_POLICY, self._config_hash,
        )  # fmt: skip
