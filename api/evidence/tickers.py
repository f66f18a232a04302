"""Symbols as a whole: parameters of their queries, and rows as blocks that tell their age."""

import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from typing import Final

import orjson

from infra.sessions import Session
from infra.sessions import next_session
from infra.sessions import session_up_to

Row = dict[str, Any]

HALF_LIVES_NS: Final = 5 * 3600 * 10**9
PERCENTILE_SESSIONS: Final = 20
LIVE_NS: Final = 60 * 10**9
# 04:00 Eastern, when trading of the date begins.
_BEFORE_OPEN_NS: Final = 19_800 * 10**9

_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "change": ("change_pct",),
        "session": ("high", "low", "vwap", "volume", "off_exchange_share"),
        "premium": (
            *("call_premium", "put_premium", "call_net_premium", "put_net_premium"),
            *("net_premium", "call_drift", "put_drift", "excluded"),
        ),
        "put_call": ("put_size", "call_size", "ratio"),
    }
)
_RECORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "alerts": ("count", "newest_id", "newest_ts", "top_severity"),
        "value_area": ("poc", "vah", "val", "window", "profile_id"),
        "market_state": ("state", "confidence", "preset", "since_ts", "trace_id"),
        "next_event": ("kind", "event_ts", "timing", "event_id"),
    }
)
_LISTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "packets": (
            *("id", "total_premium", "total_size", "option_contract_id", "order_shape", "end_ts"),
        ),
        "profiles": ("profile_id", "events", "premium", "probability", "newest_ts"),
        "levels": ("kind", "price", "window", "profile_id"),
    }
)


def session_of(at_ns: int) -> Session:
    """Return the newest session that had opened by an instant, ns UTC."""
    session = session_up_to(at_ns)
    return session if session.open_ns <= at_ns else next_session(session, -1)


def rail_parameters(now_ns: int, pinned: Sequence[str], limit: int) -> dict[str, object]:
    """Return the parameters of `api/queries/tickers.sql`."""
    session = session_of(now_ns)
    return {
        "now": now_ns,
        "pinned": pinned,
        "limit": limit,
        "recent": now_ns - HALF_LIVES_NS,
        "since": next_session(session, -PERCENTILE_SESSIONS).open_ns,
        "open": session.open_ns,
    }


def price_parameters(now_ns: int, symbols: Sequence[str]) -> dict[str, object]:
    """Return the parameters of `ticker_bars.sql` and `ticker_mids.sql`."""
    prior = next_session(session_of(now_ns), -1)
    return {"symbols": symbols, "now": now_ns, "prior_close": prior.close_ns}


def summary_parameters(symbol: str, at_ns: int) -> dict[str, object]:
    """Return the parameters of `api/queries/ticker.sql`."""
    session = session_of(at_ns)
    return {
        "symbol": symbol,
        "at": at_ns,
        "day": session.date,
        "begin": session.open_ns - _BEFORE_OPEN_NS,
        "open": session.open_ns,
        "close": session.close_ns,
        "prior_close": next_session(session, -1).close_ns,
    }


def basis_of(as_of_ns: int, at_ns: int, wall_ns: int) -> str:
    """
    Tell what a block rests on.

    Parameters
    ----------
    as_of_ns : int
        Newest event of the block, ns UTC.
    at_ns : int
        Instant that was asked for, ns UTC.
    wall_ns : int
        Now, ns UTC.
    """
    if abs(wall_ns - as_of_ns) <= LIVE_NS:
        return "live"
    # Before today's open there is only what the session before left.
    return "prior_close" if as_of_ns < session_up_to(at_ns).open_ns - _BEFORE_OPEN_NS else "stored"


def summary(symbol: str, at_ns: int, rows: Sequence[Row], wall_ns: int) -> Row:
    """
    Return the summary of a symbol.

    Parameters
    ----------
    symbol : str
        Root symbol.
    at_ns : int
        Instant it describes, ns UTC.
    rows : sequence of dict
        Of `api/queries/ticker.sql`.
    wall_ns : int
        Now, ns UTC.
    """
    by_block = {row["block"]: row for row in rows}

    def block(name: str, values: Callable[[Any], Row]) -> Row:
        row = by_block.get(name)
        body = None if row is None else orjson.loads(row["body"])
        as_of = 0 if row is None else int(row["at"])
        basis = "missing" if row is None else basis_of(as_of, at_ns, wall_ns)
        return {"as_of": str(as_of) if row else None, "basis": basis, **values(body)}

    found: Row = {
        "symbol": symbol,
        "as_of": str(at_ns),
        "trade_date": session_of(at_ns).date,
        "last": block("last", _price),
        "prev_close": block("prev_close", _price),
    }
    for name, fields in _NUMBERS.items():
        found[name] = block(name, _numbers(fields))
    for name, fields in _RECORDS.items():
        found[name] = block(name, _record(fields, {"count": 0} if name == "alerts" else {}))
    for name, fields in _LISTS.items():
        found[name] = block(name, _list(fields))
    found["headlines"] = {"as_of": None, "basis": "missing", "data": []}
    prior = found["prev_close"]
    if prior["basis"] == "stored":
        prior["basis"] = "prior_close"
    return found


def _price(body: Mapping[str, str] | None) -> Row:
    if body is None:
        return {"price": None, "source": None}
    return {"price": _number(body["price"]), "source": body["source"]}


def _numbers(fields: Sequence[str]) -> Callable[[Any], Row]:
    return lambda body: {name: None if body is None else _number(body[name]) for name in fields}


def _number(text: str) -> float | None:
    # The query writes what it cannot divide as nothing or nan.
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _record(fields: Sequence[str], empty: Row) -> Callable[[Any], Row]:
    missing = {**dict.fromkeys(fields), **empty}
    return lambda body: missing if body is None else dict(zip(fields, body, strict=True))


def _list(fields: Sequence[str]) -> Callable[[Any], Row]:
    return lambda body: {"data": [dict(zip(fields, each, strict=True)) for each in body or ()]}


def rail(rows: Sequence[Row], prices: Mapping[str, Row], at_ns: int, wall_ns: int) -> Row:
    """
    Return the rail.

    Parameters
    ----------
    rows : sequence of dict
        Of `api/queries/tickers.sql`, in order.
    prices : mapping
        Row of `ticker_bars.sql` or `ticker_mids.sql` by symbol, with `source` `bars` or `tape`.
    at_ns : int
        Instant it describes, ns UTC.
    wall_ns : int
        Now, ns UTC.
    """
    found = [_rail_row(row, prices.get(row["symbol"]), at_ns, wall_ns) for row in rows]
    return {"as_of": str(at_ns), "data": found}


def _rail_row(row: Row, price: Row | None, at_ns: int, wall_ns: int) -> Row:
    last: Row = {"as_of": None, "basis": "missing", "price": None, "source": None}
    prior = change_pct = None
    if price is not None:
        as_of, prior = price["last_ts"], price["prev_close"]
        basis = basis_of(int(as_of), at_ns, wall_ns)
        last = {"as_of": as_of, "basis": basis, "price": price["last"], "source": price["source"]}
        change_pct = None if prior is None else round((price["last"] / prior - 1) * 100, 4)
    return {
        "symbol": row["symbol"],
        "is_pinned": bool(row["is_pinned"]),
        "heat": row["heat"],
        "newest_ts": row["newest_ts"],
        "shares": row["shares"],
        "last": last,
        "prev_close": prior,
        "change_pct": change_pct,
    }
