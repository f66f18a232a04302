"""Administration: the synthetic market, and what stands of trading; gateway specification, 7."""

import asyncio
import time
from typing import Annotated
from typing import Any
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Response

from api.operator.admin_models import Factors
from api.operator.admin_models import SyntheticControlOut
from api.operator.admin_models import SyntheticIn
from api.operator.admin_models import SyntheticStatusOut
from api.params import known_parameters
from api.problems import Problem
from api.problems import parameter_problem
from api.security.principal import needs
from api.services import Services
from api.services import services
from connectors.errors import MisconfiguredConnector
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.scenarios.catalog import SCENARIOS
from infra.pipeline.synthetic_log import ask_market
from infra.pipeline.synthetic_log import newest_state
from schemas.records import SyntheticControl

_NO_STORE: Final = {"Cache-Control": "no-store"}

router = APIRouter(dependencies=[Depends(known_parameters)])

Parts = Annotated[Services, Depends(services)]


@router.get("/admin/synthetic/status", dependencies=[needs("admin")])
async def synthetic_status(parts: Parts, response: Response) -> SyntheticStatusOut:
    """Return how the synthetic feed is doing."""
    response.headers.update(_NO_STORE)
    state = await _running(parts)
    return SyntheticStatusOut(
        session=state.session,
        seed=state.seed,
        mode=state.mode,
        tick=state.tick or 0,
        market_ts=str(state.effective_ts or 0),
        stated_ts=str(state.source_ts),
        last_command_id=state.last_command_id,
        error=state.error,
    )


@router.get("/admin/synthetic/control", dependencies=[needs("admin")])
async def synthetic_control(parts: Parts, response: Response) -> SyntheticControlOut:
    """Return how the synthetic market is set, and what it can be set to."""
    response.headers.update(_NO_STORE)
    return _control_out(await _running(parts))


@router.put(
    "/admin/synthetic/control",
    response_model=SyntheticControlOut,
    responses={202: {"model": SyntheticControlOut, "description": "asked, not yet in effect"}},
    dependencies=[needs("admin")],
)
async def change_synthetic(parts: Parts, given: SyntheticIn) -> Response:
    """Change the synthetic market from its next tick on; the change is in the log beside it."""
    state = await _running(parts)
    change = change_asked(given, state)
    found = await asyncio.to_thread(
        ask_market, parts.addresses, state, change, given.command_id or ""
    )
    if found is not None and found.error:
        raise parameter_problem("inject" if change.inject else "focus", found.error)
    answer = _control_out(found or state)
    return Response(
        answer.model_dump_json(),
        status_code=202 if found is None else 200,
        media_type="application/json",
        headers=_NO_STORE,
    )


@router.get("/trading/{rest:path}", include_in_schema=False)
@router.post("/trading/{rest:path}", include_in_schema=False)
async def trading(parts: Parts, rest: str) -> None:
    """Say that there is no trading: nothing of ours places orders."""
    if parts.settings.gateway.auto_trading_enabled:
        raise Problem("not_found", f"/trading/{rest[:40]}: nothing here places orders yet")
    raise Problem("not_found", "trading is off: AUTO_TRADING_ENABLED is false")


def change_asked(given: SyntheticIn, state: SyntheticControl) -> MarketChange:
    """
    Return what is asked, with what stays as it is filled in.

    Raises
    ------
    Problem
        422 naming what a running session cannot change.
    """
    if given.preset is not None:
        raise parameter_problem("preset", "not offered; set mode, factors and focus")
    if given.seed is not None and given.seed != state.seed:
        raise parameter_problem(
            "seed", f"a session keeps its seed, {state.seed}; start the feed with SYNTHETIC_SEED"
        )
    if given.equities_mode is not None and not state.equities_mode:
        raise parameter_problem("equities_mode", "stocks are quoted only in this session")
    inject = given.inject
    if inject is not None and inject.scenario not in SCENARIOS:
        raise parameter_problem("inject.scenario", f"expected one of {', '.join(SCENARIOS)}")
    factors = given.factors or _factors(state)
    # A mode that is given is of both sides, unless the other has one of its own.
    both = given.mode if given.mode is not None and state.equities_mode else None
    try:
        settings = MarketSettings(
            mode=given.mode or state.mode,
            equities_mode=given.equities_mode or both or state.equities_mode,
            prints_factor=factors.prints,
            quotes_factor=factors.quotes,
            scenarios_factor=factors.scenarios,
            focus=tuple(state.focus if given.focus is None else given.focus),
        )
        return MarketChange(
            settings=settings,
            inject="" if inject is None else inject.scenario,
            inject_symbol="" if inject is None else inject.symbol or "",
        )
    except MisconfiguredConnector as error:
        raise Problem("parameter_invalid", str(error), errors=[("body", str(error))]) from error


async def _running(parts: Services) -> SyntheticControl:
    found = await asyncio.to_thread(newest_state, parts.addresses, time.time_ns())
    if found is None:
        raise Problem("not_synthetic", "no synthetic feed runs")
    return found


def _factors(state: SyntheticControl) -> Factors:
    return Factors(
        prints=state.prints_factor, quotes=state.quotes_factor, scenarios=state.scenarios_factor
    )


def _control_out(state: SyntheticControl) -> SyntheticControlOut:
    values: dict[str, Any] = {
        "session": state.session,
        "seed": state.seed,
        "mode": state.mode,
        "equities_mode": state.equities_mode or None,
        "factors": _factors(state),
        "focus": list(state.focus),
        "modes": list(MODES),
        "scenarios": list(SCENARIOS),
    }
    return SyntheticControlOut.model_validate(values)
