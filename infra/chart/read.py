"""Read what a chart shows from the tables."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_MINUTE
from flows.common.eastern import iso_date
from flows.common.sessions import RTH
from flows.common.sessions import day_bounds_ns
from infra.chart.series import Bar
from infra.chart.series import ChartData
from infra.chart.series import Inference
from infra.chart.series import VolumeByPrice
from infra.chart.series import is_session
from infra.errors import MisconfiguredInfra
from infra.evidence import Row
from infra.evidence import Store

INTERVALS: Final[Mapping[str, int]] = {
    "1m": NS_PER_MINUTE,
    "5m": 5 * NS_PER_MINUTE,
    "15m": 15 * NS_PER_MINUTE,
    "30m": 30 * NS_PER_MINUTE,
    "1h": 60 * NS_PER_MINUTE,
}
_NAMED: Final = 8
_NS_PER_MS: Final = 1_000_000

_DAYS: Final = (
    "SELECT source, toString(toDate(toDateTime(intDiv(window_start, 1000000000), "
    "'America/New_York'))) AS day, count() AS bars FROM equities_candles FINAL "
    "WHERE underlying_id = {symbol:String} AND interval_ms = {interval_ms:Int32} "
    "AND open IS NOT NULL GROUP BY source, day ORDER BY day DESC, bars DESC, source"
)
_SYMBOLS: Final = (
    "SELECT underlying_id FROM equities_candles GROUP BY underlying_id ORDER BY count() DESC, "
    "underlying_id"
)
_LENGTHS: Final = (
    "SELECT DISTINCT interval_ms FROM equities_candles WHERE underlying_id = {symbol:String} "
    "ORDER BY interval_ms"
)
_BARS: Final = (
    "SELECT window_start, window_end, session, open, high, low, close, volume, "
    "off_exchange_volume, vwap, trade_count FROM equities_candles FINAL "
    "WHERE underlying_id = {symbol:String} AND interval_ms = {interval_ms:Int32} "
    "AND source = {source:String} AND window_start >= {start:Int64} AND window_start < {end:Int64} "
    "AND open IS NOT NULL ORDER BY window_start"
)
_PROFILE: Final = (
    "SELECT trace_id, row_e4, first_row, buy, sell, unknown, poc, vah, val, lvns "
    "FROM equities_profile FINAL WHERE underlying_id = {symbol:String} AND window = 'session' "
    "AND source = {source:String} AND endsWith(trace_id, {key:String})"
)
_INFERENCES: Final = (
    "SELECT kind, status, window_start_ts, window_end_ts, price, price_low, price_high, shares "
    "FROM dark_inferred FINAL WHERE underlying_id = {symbol:String} "
    "AND window_end_ts >= {start:Int64} AND window_end_ts < {end:Int64} "
    "AND status IN ('provisional', 'confirmed') AND position(trace_id, {source:String}) > 0 "
    "ORDER BY window_end_ts, trace_id"
)


class ChartRequest(msgspec.Struct, frozen=True):
    """
    What is to be drawn.

    Parameters
    ----------
    symbol : str
        Root symbol.
    interval : str
        `1m`, `5m`, `15m`, `30m` or `1h`.
    trade_date : int | None
        Days since 1970-01-01; null for the newest date there is.
    is_regular_only : bool
        Leave pre-market and after-hours out.
    """

    symbol: str
    interval: str = "5m"
    trade_date: int | None = None
    is_regular_only: bool = False


def parse_date(text: str) -> int:
    """
    Return a trading date in days since 1970-01-01.

    Raises
    ------
    MisconfiguredInfra
        It is no date, or the exchange is closed that day.
    """
    try:
        days = (date.fromisoformat(text) - EPOCH).days
    except ValueError as error:
        msg = f"--date is {text!r}, expected a day such as 2025-05-23"
        raise MisconfiguredInfra(msg) from error
    if not is_session(days):
        msg = f"--date is {text}, on which the exchange is closed"
        raise MisconfiguredInfra(msg)
    return days


def chart_data(store: Store, request: ChartRequest) -> ChartData:
    """
    Return what a chart shows of a symbol's trading date.

    Where several feeds saw the symbol that day, the one with the most bars is shown.

    Raises
    ------
    MisconfiguredInfra
        There are no bars; the message lists the days, or the symbols, of which there are.
    """
    symbol = request.symbol
    interval_ns = INTERVALS[request.interval]
    interval_ms = interval_ns // _NS_PER_MS
    found = store.rows(_DAYS, {"symbol": symbol, "interval_ms": interval_ms})
    # Bars after 20:00 may lie on a day without a session.
    days = [each for each in found if is_session(_days(each["day"]))]
    if not days:
        raise MisconfiguredInfra(_no_symbol(store, symbol))
    trade_date = _days(days[0]["day"]) if request.trade_date is None else request.trade_date
    sources = [str(each["source"]) for each in days if _days(each["day"]) == trade_date]
    if not sources:
        names = list(dict.fromkeys(str(each["day"]) for each in days))
        msg = f"no {symbol} bars on {iso_date(trade_date)}; there are some on {_listed(names)}"
        raise MisconfiguredInfra(msg)
    start_ns, end_ns = day_bounds_ns(trade_date)
    wanted: dict[str, object] = {
        "symbol": symbol,
        "interval_ms": interval_ms,
        "source": sources[0],
        "start": start_ns,
        "end": end_ns,
    }
    bars = [_bar(row) for row in store.rows(_BARS, wanted)]
    if request.is_regular_only:
        bars = [bar for bar in bars if bar.session == RTH]
    if not bars:
        hours = "in regular hours" if request.is_regular_only else "between 04:00 and 20:00"
        msg = f"no {symbol} bars {hours} on {iso_date(trade_date)}"
        raise MisconfiguredInfra(msg)
    return ChartData(
        symbol,
        sources[0],
        trade_date,
        request.interval,
        tuple(bars),
        _profile(store, wanted, trade_date),
        tuple([_inference(row) for row in store.rows(_INFERENCES, wanted)]),
        request.is_regular_only,
    )


def _days(day: object) -> int:
    return (date.fromisoformat(str(day)) - EPOCH).days


def _no_symbol(store: Store, symbol: str) -> str:
    symbols = [str(row["underlying_id"]) for row in store.rows(_SYMBOLS)]
    if not symbols:
        return f"no bars of {symbol}, nor of any symbol; an equity feed or file fills them"
    if symbol in symbols:
        names = {length // _NS_PER_MS: name for name, length in INTERVALS.items()}
        lengths = [int(row["interval_ms"]) for row in store.rows(_LENGTHS, {"symbol": symbol})]
        known = [names[length] for length in lengths if length in names]
        return f"no bars of {symbol} of this length; --interval takes {_listed(known)}"
    return f"no bars of {symbol}; there are some of {_listed(symbols)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _bar(row: Row) -> Bar:
    return Bar(
        int(row["window_start"]), int(row["window_end"]), str(row["session"]),
        float(row["open"]), float(row["high"]), float(row["low"]), float(row["close"]),
        float(row["volume"]), float(row["off_exchange_volume"]), _or_none(row["vwap"]),
        int(row["trade_count"]),
    )  # fmt: skip


def _profile(store: Store, wanted: Mapping[str, object], trade_date: int) -> VolumeByPrice | None:
    for key, is_regular in (("rth", True), ("full", False)):
        rows = store.rows(_PROFILE, {**wanted, "key": f":{iso_date(trade_date)}-{key}"})
        if not rows or not rows[0]["buy"]:
            continue
        row = rows[0]
        row_height = int(row["row_e4"]) / 10_000
        return VolumeByPrice(
            is_regular, row_height, int(row["first_row"]) * int(row["row_e4"]) / 10_000,
            tuple(row["buy"]), tuple(row["sell"]), tuple(row["unknown"]),
            _or_none(row["poc"]), _or_none(row["vah"]), _or_none(row["val"]), tuple(row["lvns"]),
        )  # fmt: skip
    return None


def _inference(row: Row) -> Inference:
    return Inference(
        str(row["kind"]), str(row["status"]), int(row["window_start_ts"]),
        int(row["window_end_ts"]), float(row["price"]), float(row["price_low"]),
        float(row["price_high"]), float(row["shares"]),
    )  # fmt: skip


def _or_none(value: float | None) -> float | None:
    return None if value is None else float(value)
