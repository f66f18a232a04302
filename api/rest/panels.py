"""Panels: net premium, mixes, off-exchange levels, scorecard, profiles; gateway, 5."""

from collections.abc import Mapping
from typing import Annotated
from typing import Any
from typing import Final

import orjson
from fastapi import APIRouter
from fastapi import Depends
from fastapi import Response

from api.answers import JSON
from api.answers import NO_STORE
from api.answers import TEXTS
from api.answers import TIME_TEXT
from api.answers import run_of
from api.evidence.desk import clock_of
from api.evidence.panel_models import DarkLevels
from api.evidence.panel_models import LowVolumeNodes
from api.evidence.panel_models import Mix
from api.evidence.panel_models import NetPremium
from api.evidence.panel_models import PremiumGrid
from api.evidence.panel_models import ProfileAnswer
from api.evidence.panel_models import Scorecard
from api.evidence.panels import HORIZONS
from api.evidence.panels import MINUTE_MS
from api.evidence.panels import lvn_answer
from api.evidence.panels import parse_interval
from api.evidence.panels import parse_range
from api.evidence.panels import score_groups
from api.evidence.panels import scorecard_parameters
from api.params import Given
from api.params import parse_choice
from api.params import parse_integer
from api.problems import Problem
from api.routes import PROBLEMS
from api.routes import ServicesOf
from api.routes import add_unpublished
from api.services import Services
from api.streams import STREAMS
from infra.replay.names import database_of

MAX_SERIES: Final = 5000
MAX_CELLS: Final = 2000
DEFAULT_CELLS: Final = 1000
MAX_ROWS: Final = 1000
DEFAULT_ROWS: Final = 200
HALF_HOUR_MS: Final = 30 * MINUTE_MS
BY_MIX: Final = ("profile", "abstention", "severity")
BY_SCORE: Final = ("classifier", "profile", "score_band")
WINDOWS: Final = ("session", "rolling", "composite")

_RANGE: Final = {
    "start_ts": f"first instant; the session's date by default: {TIME_TEXT}",
    "end_ts": f"first instant that does not belong; now by default: {TIME_TEXT}",
    "run": TEXTS["run"],
}
_SYMBOL: Final = {"underlying_id": "root symbol"}
_INTERVAL: Final = {"interval_ms": "whole minutes, in ms"}

router = APIRouter(tags=["panels"], responses=PROBLEMS)

Asked = Mapping[str, str]
_NET_PREMIUM: Final = Given(
    {"underlying_id": "root symbol, _market or _basket", **_INTERVAL, **_RANGE},
    required=("underlying_id",),
)
_GRID: Final = Given(
    {**_SYMBOL, "limit": f"cells, 1 to {MAX_CELLS}", **_RANGE}, required=("underlying_id",)
)
_MIX: Final = Given(
    {"by": ", ".join(BY_MIX), "underlying_id": "root symbol; all without", **_INTERVAL, **_RANGE},
    required=("by",),
)
_DARK: Final = Given(
    {
        **_SYMBOL,
        "row_e4": "height of a price row in 1/10,000 $; 100 by default",
        "limit": f"rows, 1 to {MAX_ROWS}",
        **_RANGE,
    },
    required=("underlying_id",),
)
_SCORE: Final = Given(
    {"by": ", ".join(BY_SCORE), "horizon": f"{', '.join(HORIZONS)}; 60m by default", **_RANGE},
    required=("by",),
)
_PROFILE: Final = Given(
    {**_SYMBOL, "window": f"{', '.join(WINDOWS)}; session by default", "run": TEXTS["run"]},
    required=("underlying_id",),
)


class _Panel:
    """A panel's query over a range of one database."""

    def __init__(self, at: Services, given: Asked) -> None:
        run = run_of(given)
        self._store = at.store
        self._clock = clock_of(at.store)
        self._database = database_of(at.store.database, run) if run else ""
        self._given = given

    async def range(self) -> tuple[int, int]:
        """Return start and end, ns UTC."""
        return parse_range(self._given, await self._clock.read(self._store, self._database))

    async def rows(self, name: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        return await self._store.rows(name, parameters, database=self._database)


def _span(underlying: str, start_ns: int, end_ns: int) -> dict[str, str]:
    return {"underlying_id": underlying, "start_ts": str(start_ns), "end_ts": str(end_ns)}


def _answer(told: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(told), media_type=JSON, headers=NO_STORE)


@router.get(
    "/flow/net-premium", response_model=NetPremium, summary="Net premium with drift, oldest first"
)
async def net_premium(at: ServicesOf, given: Annotated[Asked, Depends(_NET_PREMIUM)]) -> Response:
    """Answer premium bought and sold per interval, its running sum, and what is excluded."""
    interval_ms = parse_interval(given, MINUTE_MS)
    panel = _Panel(at, given)
    start_ns, end_ns = await panel.range()
    underlying = given["underlying_id"]
    asked = {
        "underlying": underlying,
        "start": start_ns,
        "end": end_ns,
        "interval_ns": interval_ms * 1_000_000,
        "limit": MAX_SERIES,
    }
    rows = await panel.rows("net_premium", asked)
    return _answer({"underlying_id": underlying, "interval_ms": interval_ms, "data": rows})


@router.get(
    "/flow/premium-grid", response_model=PremiumGrid, summary="Net premium by strike and expiry"
)
async def premium_grid(at: ServicesOf, given: Annotated[Asked, Depends(_GRID)]) -> Response:
    """Answer the cells of greatest net premium, by expiry and strike."""
    limit = parse_integer("limit", given.get("limit"), 1, MAX_CELLS) or DEFAULT_CELLS
    panel = _Panel(at, given)
    start_ns, end_ns = await panel.range()
    underlying = given["underlying_id"]
    rows = await panel.rows(
        "premium_grid",
        {"underlying": underlying, "start": start_ns, "end": end_ns, "limit": limit},
    )
    return _answer({**_span(underlying, start_ns, end_ns), "data": rows})


@router.get("/flow/mix", response_model=Mix, summary="Counts of events or alerts by interval")
async def mix(at: ServicesOf, given: Annotated[Asked, Depends(_MIX)]) -> Response:
    """Answer counts and premium by profile, abstention or severity."""
    by = parse_choice("by", given["by"], BY_MIX)
    interval_ms = parse_interval(given, HALF_HOUR_MS)
    panel = _Panel(at, given)
    start_ns, end_ns = await panel.range()
    asked = {
        "underlying": given.get("underlying_id", ""),
        "start": start_ns,
        "end": end_ns,
        "interval_ns": interval_ms * 1_000_000,
    }
    if by == "severity":
        rows = await panel.rows("mix_alerts", asked)
    else:
        rows = await panel.rows("mix_events", {**asked, "by": by})
    return _answer({"by": by, "interval_ms": interval_ms, "data": rows})


@router.get("/dark/levels", response_model=DarkLevels, summary="Off-exchange trading by price")
async def dark_levels(at: ServicesOf, given: Annotated[Asked, Depends(_DARK)]) -> Response:
    """Answer volume, notional, prints, share and times of each price row."""
    limit = parse_integer("limit", given.get("limit"), 1, MAX_ROWS) or DEFAULT_ROWS
    row_e4 = parse_integer("row_e4", given.get("row_e4"), 1, 10_000_000) or 100
    panel = _Panel(at, given)
    start_ns, end_ns = await panel.range()
    underlying = given["underlying_id"]
    asked = {
        "underlying": underlying,
        "start": start_ns,
        "end": end_ns,
        "row_e4": row_e4,
        "limit": limit,
    }
    rows = await panel.rows("dark_levels", asked)
    for row in rows:
        del row["price_low_e4"]
    return _answer({**_span(underlying, start_ns, end_ns), "row_e4": row_e4, "data": rows})


@router.get("/flow/scorecard", response_model=Scorecard, summary="How alerts turned out")
async def scorecard(at: ServicesOf, given: Annotated[Asked, Depends(_SCORE)]) -> Response:
    """Answer hit rates beside base rates, with intervals and calibration, by group."""
    by = parse_choice("by", given["by"], BY_SCORE) or BY_SCORE[0]
    horizon = parse_choice("horizon", given.get("horizon"), tuple(HORIZONS)) or "60m"
    panel = _Panel(at, given)
    start_ns, end_ns = await panel.range()
    rows = await panel.rows("scorecard", scorecard_parameters(start_ns, end_ns, by, horizon))
    overall, groups = score_groups(rows)
    return _answer(
        {
            "by": by,
            "horizon": horizon,
            "start_ts": str(start_ns),
            "end_ts": str(end_ns),
            "overall": overall,
            "data": groups,
        }
    )


@router.get("/equities/profile", response_model=ProfileAnswer, summary="Latest volume profile")
async def equity_profile(at: ServicesOf, given: Annotated[Asked, Depends(_PROFILE)]) -> Response:
    """Answer POC, value area and nodes of a window's latest profile."""
    window = parse_choice("window", given.get("window"), WINDOWS) or WINDOWS[0]
    underlying, run = given["underlying_id"], run_of(given)
    panel = _Panel(at, given)
    found = await panel.rows("equity_profile", {"underlying": underlying, "window": window})
    stream = STREAMS["equity-profile"]
    name = found[0]["trace_id"] if found else ""
    ring = at.hub.ring(stream, run)
    item = ring.get(name) if ring is not None and name else None
    if item is None and name:
        items = await at.store.by_id(stream, [name], run=run)
        item = items[0] if items else None
    if item is None:
        raise Problem("not_found", f"no {window} profile of {underlying}")
    told = orjson.dumps({"underlying_id": underlying, "window": window})
    return Response(told[:-1] + b',"data":' + item.json + b"}", media_type=JSON, headers=NO_STORE)


@router.get("/equities/lvn", response_model=LowVolumeNodes, summary="Low-volume nodes by distance")
async def low_volume_nodes(at: ServicesOf, given: Annotated[Asked, Depends(_PROFILE)]) -> Response:
    """Answer the low-volume nodes of one window's latest profile, or of all windows."""
    window = parse_choice("window", given.get("window"), WINDOWS)
    underlying = given["underlying_id"]
    asked = {"underlying": underlying, "windows": [window] if window else list(WINDOWS)}
    rows = await _Panel(at, given).rows("equity_lvns", asked)
    return _answer(lvn_answer(underlying, rows))


for _path, _name in (
    ("/levels", "levels"),
    ("/levels/model", "levels"),
    ("/levels/{symbol}", "levels"),
    ("/levels/{symbol}/events", "levels-events"),
):
    add_unpublished(router, _path, _name)
