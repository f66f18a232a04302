"""Symbols: the rail by heat, one symbol's summary, and search; gateway specification, 6."""

from collections.abc import Mapping
from collections.abc import Sequence
from time import time_ns
from typing import Annotated
from typing import Any
from typing import Final
from weakref import WeakKeyDictionary

import orjson
from fastapi import APIRouter
from fastapi import Depends
from fastapi import Path
from fastapi import Response

from api.answers import JSON
from api.answers import NO_STORE
from api.answers import TEXTS
from api.answers import TIME_TEXT
from api.answers import run_of
from api.evidence.clock import Held
from api.evidence.desk import clock_of
from api.evidence.ticker_models import Rail
from api.evidence.ticker_models import SearchAnswer
from api.evidence.ticker_models import TickerSummary
from api.evidence.tickers import price_parameters
from api.evidence.tickers import rail
from api.evidence.tickers import rail_parameters
from api.evidence.tickers import session_of
from api.evidence.tickers import summary
from api.evidence.tickers import summary_parameters
from api.evidence.typed import parse_typed
from api.params import Given
from api.params import parse_integer
from api.params import parse_texts
from api.params import parse_time
from api.routes import PROBLEMS
from api.routes import ServicesOf
from api.services import Services
from api.store import Store
from infra.replay.names import database_of

MAX_TICKERS: Final = 32
MAX_FOUND: Final = 20
DEFAULT_FOUND: Final = 10
_RUN: Final = {"run": TEXTS["run"]}
_RAIL: Final = Given(
    {
        "watchlist": "symbols that come first, comma-separated",
        "limit": f"symbols, 1 to {MAX_TICKERS}",
        **_RUN,
    }
)
_SUMMARY: Final = Given({"as_of": f"instant; now by default: {TIME_TEXT}", **_RUN})
_SEARCH: Final = Given(
    {
        "q": "symbol or contract: NV, NVDA 500C 12/19, OCC or dashed",
        "limit": f"1 to {MAX_FOUND}",
        **_RUN,
    },
    required=("q",),
)
_HELD: WeakKeyDictionary[Store, Held[list[dict[str, Any]]]] = WeakKeyDictionary()

router = APIRouter(prefix="/tickers", tags=["tickers"], responses=PROBLEMS)

Asked = Mapping[str, str]


class _Symbols:
    """Queries about symbols, answered again after a few seconds at the earliest."""

    def __init__(self, at: Services, given: Asked) -> None:
        run = run_of(given)
        self._store = at.store
        self._database = database_of(at.store.database, run) if run else ""
        self._held = _HELD.setdefault(at.store, Held())

    async def clock(self) -> int:
        """Return the newest event time, ns UTC."""
        return await clock_of(self._store).read(self._store, self._database)

    async def rows(self, name: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return the rows of a query."""

        async def read() -> list[dict[str, Any]]:
            return await self._store.rows(name, parameters, database=self._database)

        key = orjson.dumps([self._database, name, sorted(parameters.items())]).decode()
        return await self._held.get(key, read)

    async def prices(self, now_ns: int, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return last prices: the newest close of a bar, else underlying mid of an option print."""
        found: dict[str, dict[str, Any]] = {}
        for query, source in (("ticker_bars", "bars"), ("ticker_mids", "tape")):
            missing = [name for name in names if name not in found]
            if missing:
                rows = await self.rows(query, price_parameters(now_ns, missing))
                found |= {row["symbol"]: {**row, "source": source} for row in rows}
        return found


@router.get("", response_model=Rail, summary="Symbols by heat, pinned ones first")
async def tickers(at: ServicesOf, given: Annotated[Asked, Depends(_RAIL)]) -> Response:
    """Answer the rail: last price, change, heat and its three largest shares."""
    wanted = given.get("watchlist", "").split(",")
    known = parse_texts("watchlist", given.get("watchlist"))
    # The order of the list is the operator's own.
    pinned = sorted(known, key=[each.strip() for each in wanted].index)
    limit = parse_integer("limit", given.get("limit"), 1, MAX_TICKERS) or MAX_TICKERS
    symbols = _Symbols(at, given)
    now_ns = await symbols.clock()
    rows = await symbols.rows("tickers", rail_parameters(now_ns, pinned, limit))
    prices = await symbols.prices(now_ns, [row["symbol"] for row in rows])
    return _answer(rail(rows, prices, now_ns, time_ns()))


@router.get("/search", response_model=SearchAnswer, summary="Symbols and contracts")
async def search(at: ServicesOf, given: Annotated[Asked, Depends(_SEARCH)]) -> Response:
    """Answer what matches; nothing when it cannot be a symbol or contract."""
    limit = parse_integer("limit", given.get("limit"), 1, MAX_FOUND) or DEFAULT_FOUND
    typed = parse_typed(given["q"])
    if typed is None:
        return _answer({"data": []})
    symbols = _Symbols(at, given)
    asked = {
        "prefix": typed.prefix,
        "strike": typed.strike,
        "right": typed.right,
        "year": typed.year,
        "month": typed.month,
        "day": typed.day,
        "contracts": typed.is_contract,
        "today": session_of(await symbols.clock()).date,
        "limit": limit,
    }
    rows = await symbols.rows("ticker_search", asked)
    optional = ("option_contract_id", "expiry", "right")
    return _answer({"data": [{**row, **{n: row[n] or None for n in optional}} for row in rows]})


@router.get("/{symbol}", response_model=TickerSummary, summary="One symbol, block by block")
async def ticker(
    at: ServicesOf,
    symbol: Annotated[str, Path(pattern=r"^[A-Za-z0-9._]{1,12}$")],
    given: Annotated[Asked, Depends(_SUMMARY)],
) -> Response:
    """Answer what is known of a symbol; each block says how old it is and what it rests on."""
    symbols = _Symbols(at, given)
    as_of = parse_time("as_of", given.get("as_of"))
    at_ns = await symbols.clock() if as_of is None else as_of
    name = symbol.upper()
    rows = await symbols.rows("ticker", summary_parameters(name, at_ns))
    return _answer(summary(name, at_ns, rows, time_ns()))


def _answer(told: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(told), media_type=JSON, headers=NO_STORE)
