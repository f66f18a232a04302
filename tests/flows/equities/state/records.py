"""Prints, bars, profiles and order flow for the tests of state and signals."""

from collections.abc import Sequence

import numpy as np

from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.ledger import Columns
from flows.equities.ledger import PrintLedger
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Desk
from schemas.records import Aggression
from schemas.records import EquityCandle
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
# 2025-05-23, a Friday, and the session before.
DAY = 20_231
DAY_BEFORE = 20_230
OPEN_NS, CLOSE_NS = rth_bounds_ns(DAY)
WHO = Desk("test", "SPY")


class Prints:
    """The prints a cancel may look back at."""

    def __init__(self) -> None:
        self.ledger = PrintLedger(DAY)

    def window(self, start_ns: int, end_ns: int) -> Columns:
        return self.ledger.window(start_ns, end_ns)


def a_print(
    ts: int,
    price: float,
    shares: int = 100,
    *,
    seq: int = 0,
    last: bool = True,
    levels: bool = True,
) -> ObservedPrint:
    trade_date, session = trade_date_and_segment(ts)
    return ObservedPrint(
        f"test:prints:{ts}:{seq}",
        ts,
        seq,
        ts + 5,
        round(price * 10_000),
        shares * 1_000_000,
        trade_date,
        session,
        False,
        False,
        "MID",
        "unknown",
        True,
        last,
        last,
        levels,
        True,
    )


def a_bar(
    start: int,
    close: float | None,
    *,
    high: float | None = None,
    low: float | None = None,
    interval_ms: int = 60_000,
    revision: int = 0,
    reason: str | None = None,
    basis: str = "last",
) -> EquityCandle:
    end = start + interval_ms * 1_000_000
    return EquityCandle(
        source_ts=end + 2 * SECOND_NS,
        ingest_ts=end,
        seq=1,
        trace_id=f"candle:test:SPY:{interval_ms}:{start}",
        schema_version="equities.candles.v1",
        revision=revision,
        source="test",
        underlying_id="SPY",
        interval_ms=interval_ms,
        window_start=start,
        window_end=end,
        closed=True,
        session=trade_date_and_segment(start)[1],
        price_basis=basis,
        trade_count=1,
        volume=100.0,
        off_exchange_volume=0.0,
        odd_lot_volume=0.0,
        open=close,
        high=close if high is None else high,
        low=close if low is None else low,
        close=close,
        vwap=close,
        revised_reason=reason,
        policy_version="candles.policy.v1",
        config_hash="00000000",
    )


def a_profile(
    area: tuple[float, float, float] | None,
    *,
    day: int = DAY,
    window: str = "session",
    key: str = "day-rth",
    total: float = 1000.0,
    closed: bool = False,
    lvns: Sequence[float] = (),
    row_e4: int = 500,
    source_ts: int = OPEN_NS + MINUTE_NS,
) -> EquityProfile:
    """Return a profile of POC, VAH and VAL."""
    start, end = rth_bounds_ns(day)
    poc, vah, val = area or (None, None, None)
    return EquityProfile(
        source_ts=source_ts,
        ingest_ts=source_ts,
        seq=1,
        trace_id=f"profile:test:SPY:{window}:{day}{key}",
        schema_version="equities.profile.v1",
        revision=0,
        source="test",
        underlying_id="SPY",
        window=window,
        window_start=start,
        window_end=end,
        row_e4=row_e4,
        first_row=0,
        basis="prints",
        node_preset="prominence",
        closed=closed,
        total_volume=total,
        excluded_volume=0.0,
        area_volume=total,
        volume=(total,),
        buy=(0.0,),
        sell=(0.0,),
        unknown=(total,),
        off_exchange=(0.0,),
        trades=(1,),
        lvns=tuple(lvns),
        hvns=(),
        poc=poc,
        vah=vah,
        val=val,
        policy_version="profile.policy.v1",
        config_hash="00000000",
    )


def an_aggression(
    score: int, direction: str, *, preset: str = "strategy-1", conflict: bool = False
) -> Aggression:
    return Aggression(
        preset, score, direction, "STRONG", score >= 50, False, conflict, 1.0, 0.0, 50.0, 50.0, ""
    )


def a_flow(
    start: int,
    buy: float,
    sell: float,
    *,
    interval_ms: int = 60_000,
    aggression: tuple[Aggression, ...] = (),
    revision: int = 0,
) -> EquityOrderFlow:
    end = start + interval_ms * 1_000_000
    return EquityOrderFlow(
        source_ts=end,
        ingest_ts=end,
        seq=1,
        trace_id=f"orderflow:test:SPY:{interval_ms}:{start}",
        schema_version="equities.order-flow.v1",
        revision=revision,
        source="test",
        underlying_id="SPY",
        interval_ms=interval_ms,
        window="1m" if interval_ms == 60_000 else "1s",
        window_start=start,
        window_end=end,
        closed=True,
        session=trade_date_and_segment(start)[1],
        aggressive_buys=0,
        aggressive_sells=0,
        buy_volume=buy,
        sell_volume=sell,
        unknown_volume=0.0,
        delta=buy - sell,
        cumulative_delta=0.0,
        cumulative_delta_day=0.0,
        buy_pressure=50.0,
        sell_pressure=50.0,
        aggression=aggression,
        policy_version="order-flow.policy.v1",
        config_hash="00000000",
    )


def wilder_by_numpy(
    high: Sequence[float], low: Sequence[float], close: Sequence[float], period: int
) -> float | None:
    """Return the last average true range: Wilder's mean as a weighted sum of all true ranges."""
    h, lo, c = np.asarray(high), np.asarray(low), np.asarray(close)
    ranges = np.maximum.reduce([h[1:] - lo[1:], np.abs(h[1:] - c[:-1]), np.abs(lo[1:] - c[:-1])])
    if len(ranges) < period:
        return None
    keep = 1 - 1 / period
    later = ranges[period:]
    decay = keep ** np.arange(len(later), -1, -1.0)
    weights = np.concatenate([[decay[0]], decay[1:] / period])
    return float(np.dot(weights, np.concatenate([[ranges[:period].mean()], later])))
