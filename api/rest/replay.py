"""Replay runs: created, driven and watched; gateway specification, 7."""

import secrets
import time
from typing import Annotated
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Path
from fastapi import Query
from fastapi import Response

from api.operator.replay_gate import Answer
from api.operator.replay_models import CommandIn
from api.operator.replay_models import RunIn
from api.operator.replay_models import RunList
from api.operator.replay_models import RunOut
from api.operator.replay_models import SeekIn
from api.operator.replay_models import SpeedIn
from api.operator.replay_models import StepIn
from api.operator.replay_models import event_time
from api.operator.replay_models import request_of
from api.operator.replay_models import run_name
from api.operator.replay_models import run_out
from api.params import known_parameters
from api.problems import Problem
from api.problems import parameter_problem
from api.security.principal import needs
from api.services import Services
from api.services import services
from infra.errors import MisconfiguredInfra
from infra.replay.commands import Ask
from infra.replay.status import blank_status

_NO_STORE: Final = {"Cache-Control": "no-store"}
_ACCEPTED: Final[dict[int | str, dict[str, object]]] = {
    202: {"model": RunOut, "description": "asked, and not in effect within a second"}
}
_COMMAND_ID: Final = r"^[A-Za-z0-9_-]{1,64}$"

router = APIRouter(prefix="/replay/runs", dependencies=[Depends(known_parameters)])

Parts = Annotated[Services, Depends(services)]
RunId = Annotated[str, Path(max_length=64)]
OPERATE: Final = [needs("operate")]


@router.post("", status_code=201, response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def create_run(parts: Parts, given: RunIn) -> Response:
    """Have a worker replay a session under a name of its own."""
    command_id = given.command_id or secrets.token_hex(8)
    run = run_name(given.label, command_id)
    request = request_of(given, run, parts.settings.replay)
    answer = await parts.replay.create(request, command_id)
    return _answer(run, answer, created=True)


@router.get("", dependencies=[needs("read")])
async def list_runs(parts: Parts, response: Response) -> RunList:
    """Return how every run is doing."""
    response.headers.update(_NO_STORE)
    now_ns = time.time_ns()
    return RunList(
        data=[run_out(each, now_ns) for each in parts.replay.runs()],
        has_worker=parts.replay.has_worker,
    )


@router.get("/{run}", dependencies=[needs("read")])
async def one_run(parts: Parts, run: RunId, response: Response) -> RunOut:
    """Return how a run is doing."""
    response.headers.update(_NO_STORE)
    return run_out(parts.replay.status(run), time.time_ns())


@router.post("/{run}/pause", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def pause_run(parts: Parts, run: RunId, given: CommandIn | None = None) -> Response:
    """Stand still; one that does already goes on doing so."""
    return await _ask(parts, run, _asked("pause"), given)


@router.post("/{run}/resume", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def resume_run(parts: Parts, run: RunId, given: CommandIn | None = None) -> Response:
    """Go on; one that does already goes on doing so."""
    return await _ask(parts, run, _asked("resume"), given)


@router.post("/{run}/seek", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def seek_run(parts: Parts, run: RunId, given: SeekIn) -> Response:
    """Go to an event time: forwards at full speed, backwards as a new generation."""
    ts = event_time("ts", given.ts)
    if ts == 0:
        raise parameter_problem("ts", "expected an event time")
    return await _ask(parts, run, _asked("seek", ts=ts), given)


@router.post("/{run}/step", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def step_run(parts: Parts, run: RunId, given: StepIn) -> Response:
    """Go a little further; only a run that is paused can be stepped."""
    return await _ask(parts, run, _asked("step", by=given.by, n=given.n), given)


@router.post("/{run}/speed", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def speed_run(parts: Parts, run: RunId, given: SpeedIn) -> Response:
    """Go faster or slower from the next batch on."""
    return await _ask(parts, run, _asked("speed", speed=given.speed), given)


@router.delete("/{run}", response_model=RunOut, responses=_ACCEPTED, dependencies=OPERATE)
async def delete_run(
    parts: Parts,
    run: RunId,
    command_id: Annotated[str | None, Query(pattern=_COMMAND_ID)] = None,
) -> Response:
    """Stop a run and delete its topics, tables and state."""
    return await _ask(parts, run, _asked("delete"), CommandIn(command_id=command_id))


def _asked(
    action: str,
    *,
    ts: int | None = None,
    by: str | None = None,
    n: int | None = None,
    speed: float | None = None,
) -> Ask:
    try:
        return Ask(action=action, ts=ts, by=by, n=n, speed=speed)
    except MisconfiguredInfra as error:
        raise Problem("parameter_invalid", str(error), errors=[(action, str(error))]) from error


async def _ask(
    parts: Services, run: str, ask: Ask, given: CommandIn | SeekIn | StepIn | SpeedIn | None
) -> Response:
    command_id = (given.command_id if given is not None else None) or ""
    return _answer(run, await parts.replay.ask(run, ask, command_id))


def _answer(run: str, answer: Answer, *, created: bool = False) -> Response:
    status = answer.status or blank_status(run, "created")
    code = (201 if created else 200) if answer.is_in_effect else 202
    headers = {**_NO_STORE, "Location": f"/replay/runs/{run}"} if created else _NO_STORE
    return Response(
        run_out(status, time.time_ns()).model_dump_json(),
        status_code=code,
        media_type="application/json",
        headers=headers,
    )
