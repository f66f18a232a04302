"""Bars of a symbol, for charts."""

from collections.abc import Mapping
from hashlib import blake2b
from time import time_ns
from typing import Annotated
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Header
from fastapi import Request
from fastapi import Response

from api.answers import JSON
from api.answers import TEXTS
from api.answers import run_of
from api.candles import FOREVER_NS
from api.candles import INTERVALS_MS
from api.candles import BarMemo
from api.candles import Chart
from api.candles import bars_of
from api.items import Item
from api.models import Candles
from api.params import Given
from api.params import parse_boolean
from api.params import parse_integer
from api.params import parse_time
from api.problems import parameter_problem
from api.routes import PROBLEMS
from api.routes import ServicesOf

router = APIRouter(tags=["candles"])

MAX_BARS: Final = 5000
_MAX_SYMBOL: Final = 32
# Bars may be revised until four hours after their trading date; a range that ended two days ago
# stays as it is.
_SETTLED_NS: Final = 2 * 86_400 * 10**9
_GIVEN: Final = Given(
    {
        "underlying_id": "root symbol",
        "interval_ms": f"one of {', '.join(map(str, INTERVALS_MS))}; 60000 by default",
        "start_ts": TEXTS["start_ts"],
        "end_ts": TEXTS["end_ts"],
        "limit": f"the newest so many, 1 to {MAX_BARS}, 500 by default",
        "source": "feed; by default that of the newest bar",
        "cache": "false reads the tables only",
        "run": TEXTS["run"],
    },
    required=("underlying_id",),
)


@router.get(
    "/candles/equities",
    response_model=Candles,
    summary="Bars of a symbol, oldest first, and the one that is forming",
    responses={304: {"description": "as the client has it"}, **PROBLEMS},
)
@router.get(
    "/candles",
    response_model=Candles,
    summary="The same as /candles/equities",
    responses={304: {"description": "as the client has it"}, **PROBLEMS},
)
async def candles(
    request: Request,
    at: ServicesOf,
    asked: Annotated[Mapping[str, str], Depends(_GIVEN)],
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Answer bars; a range that is over may be kept by the client."""
    chart = _chart(asked)
    state = request.app.state
    memo: BarMemo | None = getattr(state, "bar_memo", None)
    if memo is None:
        state.bar_memo = memo = BarMemo(at.settings.gateway.candle_cache_bytes)
    bars = await bars_of(at, memo, chart)
    forming = bars.pop() if bars and not bars[-1].record.closed else None
    body = _body(bars, forming)
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": _caching(chart, bars, forming)}
    if tag in [each.strip().removeprefix("W/") for each in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)


def _chart(asked: Mapping[str, str]) -> Chart:
    symbol = asked["underlying_id"]
    if len(symbol) > _MAX_SYMBOL or not symbol.isprintable() or "," in symbol:
        raise parameter_problem("underlying_id", "one root symbol")
    interval_ms = parse_integer("interval_ms", asked.get("interval_ms"), 1, 2**31 - 1) or 60_000
    if interval_ms not in INTERVALS_MS:
        listed = ", ".join(map(str, INTERVALS_MS))
        raise parameter_problem("interval_ms", f"expected one of {listed}")
    since = parse_time("start_ts", asked.get("start_ts")) or 0
    until = parse_time("end_ts", asked.get("end_ts"))
    if until is not None and since >= until:
        raise parameter_problem("end_ts", "not after start_ts")
    cached = parse_boolean("cache", asked.get("cache"))
    return Chart(
        underlying_id=symbol,
        interval_ms=interval_ms,
        since=since,
        until=FOREVER_NS if until is None else min(until, FOREVER_NS),
        limit=parse_integer("limit", asked.get("limit"), 1, MAX_BARS) or 500,
        source=asked.get("source", ""),
        run=run_of(asked),
        cached=cached is not False,
    )


def _body(bars: list[Item], forming: Item | None) -> bytes:
    return b'{"data":[%b],"forming":%b}' % (
        b",".join([bar.json for bar in bars]),
        b"null" if forming is None else forming.json,
    )


def _caching(chart: Chart, bars: list[Item], forming: Item | None) -> str:
    now_ns = time_ns()
    is_over = chart.until <= now_ns and forming is None and all(bar.record.closed for bar in bars)
    if chart.run or not is_over:
        return "no-store"
    return "private, max-age=3600" if chart.until < now_ns - _SETTLED_NS else "private, no-cache"
