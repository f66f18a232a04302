"""The histogram of a minute that is no longer kept, from the prints."""

from collections.abc import Mapping

import numpy as np

from flows.common.sessions import trade_date_and_segment
from flows.equities.ledger import DIRECTIONS
from flows.equities.ledger import LEVELS
from flows.equities.ledger import OFF_EXCHANGE
from flows.equities.ledger import VOLUME
from flows.equities.profile.config import CADENCE_NS
from flows.equities.profile.day import TradingDay
from flows.equities.profile.histogram import PLACE_OF
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.rows import Grid
from flows.equities.stage import PrintWindow


def minute_histogram(ledger: PrintWindow, number: int, days: Mapping[int, TradingDay]) -> Histogram:
    """
    Return what the prints of a minute add up to, in the rows of its trading date.

    Parameters
    ----------
    ledger : PrintWindow
        The prints.
    number : int
        Minutes since the Unix epoch.
    days : mapping of int to TradingDay
        The trading dates that are known.
    """
    start_ns = number * CADENCE_NS
    day = days.get(trade_date_and_segment(start_ns)[0])
    found = Histogram(day.grid if day is not None else Grid())
    columns = ledger.window(start_ns, start_ns + CADENCE_NS)
    counted = columns.has(VOLUME)
    place = np.zeros(columns.ts.shape, dtype=np.int64)
    for name in DIRECTIONS:
        place[columns.directed(name)] = PLACE_OF[name]
    rows = zip(
        columns.at_e4[counted].tolist(),
        columns.micro[counted].tolist(),
        columns.has(LEVELS)[counted].tolist(),
        columns.has(OFF_EXCHANGE)[counted].tolist(),
        place[counted].tolist(),
        strict=True,
    )
    for at_e4, micro, levels, off_exchange, at in rows:
        row = found.grid.row_of(at_e4) if levels else None
        found.count_at(row, at, micro, 1, is_off_exchange=off_exchange)
    return found
