"""Strategy `auction_market`: join an imbalance that aggressive flow agrees with."""

from typing import Final

import msgspec

from flows.common.prices import price_e4
from flows.equities.signals.definitions import AuctionMarketParams
from flows.equities.signals.machine import ENTRY_LONG
from flows.equities.signals.machine import ENTRY_SHORT
from flows.equities.signals.machine import EXIT
from flows.equities.signals.machine import Decision
from flows.equities.signals.machine import Moment
from flows.equities.state.bars import BarSeries
from flows.equities.state.bars import BarsState
from flows.equities.state.config import HYSTERESIS_1
from flows.equities.state.names import BALANCE
from flows.equities.state.names import DOWN
from flows.equities.state.names import UP
from flows.equities.state.price import price_text
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityState
from schemas.records import EvidenceRef

BAR_MS: Final = 60_000
SNAPSHOT_MS: Final = 1000
LONG: Final = 1
SHORT: Final = -1
FLAT: Final = 0
_SIDES: Final = {"BUY": LONG, "SELL": SHORT}
_STATES: Final = {UP: LONG, DOWN: SHORT}
_ENTRIES: Final = {LONG: ENTRY_LONG, SHORT: ENTRY_SHORT}


class _Market(msgspec.Struct):
    """The newest closed evaluations."""

    state: str = ""
    state_id: str = ""
    price_e4: int = 0
    side: int = FLAT
    score: int = 0
    has_conflict: bool = False
    flow_id: str = ""
    flow_start: int = 0


class _Position(msgspec.Struct):
    """What was entered; prices in 1/10,000 dollar, touched_e4 the close of the bar that did it."""

    side: int
    entered_ns: int
    entry_e4: int
    stop_e4: int
    target_e4: int
    atr_e4: float
    touched: str = ""
    touched_e4: int = 0
    touched_id: str = ""


_State = tuple[BarsState, _Market, _Position | None, bool, bool]


class AuctionMarket:
    """
    Enter with an imbalance when the aggression score is high and agrees with its direction.

    In an imbalance of `hysteresis-1` the score needs `min_score`; in balance, only where allowed,
    `balance_score`, and the aggression gives the side. Conflicting aggression enters nothing. Stop
    and target lie multiples of the average true range away; without one nothing is entered.

    A position is left at its stop (looked for first), its target, when the opposite entry condition
    holds, and before the close. Stop and target are looked for in the price of every state and in
    the extremes of bars that began after the entry; revised bars move nothing. After an exit the
    same side is entered again only when its entry condition has failed in between.

    Parameters
    ----------
    params : AuctionMarketParams
        Scores and distances.

    Notes
    -----
    The average true range is of the trading date's closed 1 m bars. Source: equities
    specification, 13.
    """

    def __init__(self, params: AuctionMarketParams) -> None:
        self._params = params
        self._bars = BarSeries(params.atr_period)
        self._market = _Market()
        self._position: _Position | None = None
        self._is_long_armed = True
        self._is_short_armed = True

    @property
    def is_holding(self) -> bool:
        """Return whether it is long or short."""
        return self._position is not None

    def begin(self) -> None:
        """Forget the bars and evaluations of the date before."""
        self._bars.clear()
        self._market = _Market()

    def on_bar(self, bar: EquityCandle, *, is_today: bool) -> None:
        """Take a closed bar or its revision; those of a date before are passed over."""
        if not is_today:
            return
        if bar.interval_ms == BAR_MS:
            self._bars.take(bar)
        held = self._position
        if held is None or held.touched or bar.revised_reason is not None:
            return
        if bar.window_start < held.entered_ns:
            return
        if bar.high is None or bar.low is None or bar.close is None:
            return
        touched = _touched(held, price_e4(bar.low), price_e4(bar.high))
        if touched:
            held.touched, held.touched_e4 = touched, price_e4(bar.close)
            held.touched_id = bar.trace_id

    def on_state(self, state: EquityState) -> None:
        """Take a state of preset `hysteresis-1`."""
        if state.preset == HYSTERESIS_1:
            market = self._market
            market.state, market.state_id = state.state, state.trace_id
            market.price_e4 = price_e4(state.current_price)

    def on_flow(self, flow: EquityOrderFlow) -> None:
        """Take the aggression of a second; of a second before the newest one nothing is taken."""
        market = self._market
        if flow.interval_ms != SNAPSHOT_MS or flow.window_start < market.flow_start:
            return
        for found in flow.aggression:
            if found.preset == self._params.preset:
                market.side, market.score = _SIDES.get(found.direction, FLAT), found.score
                market.has_conflict = found.conflict
                market.flow_id, market.flow_start = flow.trace_id, flow.window_start

    def decide(self, moment: Moment) -> Decision | None:
        """Leave the position or enter one."""
        wanted = self._wanted()
        if wanted != LONG:
            self._is_long_armed = True
        if wanted != SHORT:
            self._is_short_armed = True
        held = self._position
        if held is not None:
            return self._leave(held, wanted, moment)
        is_armed = self._is_long_armed if wanted == LONG else self._is_short_armed
        if wanted == FLAT or not is_armed or not moment.may_enter or not moment.is_open:
            return None
        return self._enter(wanted, moment.at_ns)

    def state(self) -> bytes:
        """Return the machine as plain data."""
        state: _State = (
            self._bars.state(),
            self._market,
            self._position,
            self._is_long_armed,
            self._is_short_armed,
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Take over a state."""
        bars, self._market, self._position, *armed = msgspec.msgpack.decode(state, type=_State)
        self._is_long_armed, self._is_short_armed = armed
        self._bars.load(bars)

    def _wanted(self) -> int:
        """Return the side whose entry condition holds."""
        market, params = self._market, self._params
        if market.has_conflict or not market.price_e4:
            return FLAT
        if market.state == BALANCE:
            allowed = params.allow_balance and market.score >= params.balance_score
            return market.side if allowed else FLAT
        agrees = market.side != FLAT and market.side == _STATES.get(market.state)
        return market.side if agrees and market.score >= params.min_score else FLAT

    def _enter(self, side: int, at_ns: int) -> Decision | None:
        market, params = self._market, self._params
        atr_e4 = self._bars.range_e4
        if atr_e4 is None:
            return None
        entry_e4 = market.price_e4
        stop_e4 = entry_e4 - side * round(params.stop_atr * atr_e4)
        target_e4 = entry_e4 + side * round(params.target_atr * atr_e4)
        if entry_e4 in (stop_e4, target_e4) or min(stop_e4, target_e4) <= 0:
            # A range of nothing, or wider than the price: no stop protects.
            return None
        if side == LONG:
            self._is_long_armed = False
        else:
            self._is_short_armed = False
        held = _Position(side, at_ns, entry_e4, stop_e4, target_e4, atr_e4)
        self._position = held
        reason = f"{market.state} with aggression {market.score} on its side"
        return self._decision(_ENTRIES[side], entry_e4, reason, held)

    def _leave(self, held: _Position, wanted: int, moment: Moment) -> Decision | None:
        price = self._market.price_e4
        at_price = _touched(held, price, price) if price else ""
        if held.touched:
            reason, at_e4 = held.touched, held.touched_e4
        elif at_price:
            reason, at_e4 = at_price, price
        elif wanted == -held.side:
            reason, at_e4 = "opposite entry", price
        elif not moment.is_open:
            reason, at_e4 = "close of the session", price or held.entry_e4
        else:
            return None
        self._position = None
        return self._decision(EXIT, at_e4, reason, held)

    def _decision(self, kind: str, at_e4: int, reason: str, held: _Position) -> Decision:
        market = self._market
        details = {
            "state": market.state,
            "preset": self._params.preset,
            "score": str(market.score),
            "side": "long" if held.side == LONG else "short",
        }
        if kind == EXIT:
            details["entry_price"] = price_text(held.entry_e4)
            details["exit"] = reason
        found = (
            ("state", market.state_id, "anchor"),
            ("order_flow", market.flow_id, "anchor"),
            ("candle", held.touched_id, "anchor"),
        )
        refs = tuple([EvidenceRef(*each) for each in found if each[1]])
        return Decision(
            kind, at_e4, reason, details, refs, held.stop_e4, held.target_e4, held.atr_e4
        )


def _touched(held: _Position, low_e4: int, high_e4: int) -> str:
    """Return which exit lies in a range of prices, the stop before the target."""
    if held.side == LONG:
        hits_stop, hits_target = low_e4 <= held.stop_e4, high_e4 >= held.target_e4
    else:
        hits_stop, hits_target = high_e4 >= held.stop_e4, low_e4 <= held.target_e4
    if hits_stop:
        return "stop"
    return "target" if hits_target else ""
