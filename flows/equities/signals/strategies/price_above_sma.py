"""Strategy `price_above_sma`: the close crosses its simple moving average upwards."""

from bisect import bisect_left
from typing import Final

import msgspec

from flows.common.prices import price_e4
from flows.common.sessions import RTH
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.machine import ENTRY_LONG
from flows.equities.signals.machine import ENTRY_SHORT
from flows.equities.signals.machine import INFO
from flows.equities.signals.machine import Decision
from flows.equities.signals.machine import Moment
from flows.equities.state.bars import CARRIED
from flows.equities.state.price import price_text
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityState
from schemas.records import EvidenceRef

_KINDS: Final = {"BUY": ENTRY_LONG, "SELL": ENTRY_SHORT, "INFO": INFO}

_State = tuple[list[int], list[int], bool, Decision | None]


class PriceAboveSma:
    """
    Emit when the close crosses from at or below to above the mean of the last closes.

    The mean includes the closing bar; bars are those of regular sessions with a price of their
    own, over sessions. It is armed by a close at or below the mean, fires once, and is armed again
    by the next such close, which is its return to flat and not a signal. A cross while nothing may
    be entered passes. A revised bar changes the mean of later bars; it arms and fires nothing.

    Parameters
    ----------
    params : PriceAboveSmaParams
        Period, bars and meaning.

    Notes
    -----
    Source: equities specification, 13.
    """

    def __init__(self, params: PriceAboveSmaParams) -> None:
        self._params = params
        self._starts: list[int] = []
        self._closes: list[int] = []
        self._is_armed = False
        self._pending: Decision | None = None

    @property
    def is_holding(self) -> bool:
        """Return false: it has no exit."""
        return False

    def begin(self) -> None:
        """Go on: closes of the sessions before count."""

    def on_bar(self, bar: EquityCandle, *, is_today: bool) -> None:
        """Take a closed bar or its revision; one of a date before corrects the mean only."""
        if bar.interval_ms != self._params.interval_ms or bar.session != RTH:
            return
        start = bar.window_start
        place = bisect_left(self._starts, start)
        is_known = place < len(self._starts) and self._starts[place] == start
        if is_known:
            del self._starts[place], self._closes[place]
        if bar.close is None or bar.price_basis == CARRIED:
            return
        if place == 0 and len(self._starts) >= self._params.period:
            return
        is_last = place == len(self._starts)
        is_news = is_today and is_last and not is_known and bar.revised_reason is None
        self._starts.insert(place, start)
        self._closes.insert(place, price_e4(bar.close))
        del self._starts[: -self._params.period], self._closes[: -self._params.period]
        if is_news:
            self._look(bar)

    def on_state(self, state: EquityState) -> None:
        """Pass over: it looks at bars only."""

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Pass over: it looks at bars only."""

    def decide(self, moment: Moment) -> Decision | None:
        """Return the cross that has just happened."""
        pending, self._pending = self._pending, None
        return pending if moment.may_enter else None

    def state(self) -> bytes:
        """Return the machine as plain data."""
        state: _State = (self._starts, self._closes, self._is_armed, self._pending)
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Take over a state."""
        found = msgspec.msgpack.decode(state, type=_State)
        self._starts, self._closes, self._is_armed, self._pending = found

    def _look(self, bar: EquityCandle) -> None:
        period = self._params.period
        if len(self._closes) < period:
            return
        close_e4, sum_e4 = self._closes[-1], sum(self._closes)
        if close_e4 * period <= sum_e4:
            self._is_armed = True
            return
        if not self._is_armed:
            return
        self._is_armed = False
        mean = f"{sum_e4 / period / 10_000:.4f}"
        self._pending = Decision(
            _KINDS[self._params.signal],
            close_e4,
            f"close {price_text(close_e4)} crossed above the mean of {period} closes, {mean}",
            {
                "signal": self._params.signal,
                "period": str(period),
                "interval_ms": str(self._params.interval_ms),
                "sma": mean,
            },
            (EvidenceRef("candle", bar.trace_id, "anchor"),),
        )
