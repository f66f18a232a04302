"""Evidence: any record with what it rests on and what refers to it; gateway specification, 6."""

from typing import Annotated
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Path
from fastapi import Query
from fastapi import Response
from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from api.answers import JSON
from api.answers import NO_STORE
from api.answers import TEXTS
from api.answers import run_of
from api.evidence.desk import evidence
from api.evidence.document import decode_part
from api.evidence.document import document_bytes
from api.evidence.models import Evidence
from api.evidence.models import OutcomesAnswer
from api.evidence.refs import FORMS
from api.evidence.refs import MAX_LENGTH
from api.evidence.refs import Ref
from api.evidence.refs import parse_ref
from api.evidence.traced import Ask
from api.params import known_parameters
from api.problems import Problem
from api.routes import PROBLEMS
from api.routes import ServicesOf
from api.services import Services
from infra.replay.names import database_of

MAX_REFS: Final = 100
MAX_DEPTH: Final = 6
DEFAULT_LIMIT: Final = 500
MAX_LIMIT: Final = 2000
BATCH_LIMIT: Final = 200

RunParameter = Annotated[str, Query(max_length=64, description=TEXTS["run"])]

router = APIRouter(tags=["evidence"], responses=PROBLEMS, dependencies=[Depends(known_parameters)])


class RefsBody(BaseModel):
    """References whose evidence is asked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    refs: list[Annotated[str, Field(max_length=MAX_LENGTH)]] = Field(
        min_length=1, max_length=MAX_REFS
    )


def run_database(at: Services, run: str) -> str:
    """Return the database of a run that may be one; empty for live."""
    run_of({"run": run})
    return database_of(at.store.database, run) if run else ""


@router.get("/evidence", response_model=Evidence, summary="One record with everything it rests on")
async def get_evidence(
    at: ServicesOf,
    ref: Annotated[str, Query(description=f"typed reference: {', '.join(FORMS)}")],
    depth: Annotated[int, Query(ge=0, le=MAX_DEPTH, description="steps down")] = MAX_DEPTH,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="records of each kind")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str, Query(max_length=128, description="next_cursor of a truncated list")
    ] = "",
    run: RunParameter = "",
) -> Response:
    """Answer a chain, both ways; what cannot be found is named with the reason."""
    ask = Ask(
        limit=limit,
        depth=depth,
        run=run,
        database=run_database(at, run),
        offsets=decode_part(cursor),
    )
    (found,) = await evidence(at.store, at.hub, [parse_ref(ref)], ask)
    return Response(document_bytes(found), media_type=JSON, headers=NO_STORE)


@router.post(
    "/evidence/batch",
    response_model=dict[str, Evidence],
    summary="The evidence of several records, by reference",
)
async def get_batch(at: ServicesOf, body: RefsBody, run: RunParameter = "") -> Response:
    """Answer every reference once; lists hold at most 200 records each."""
    texts = list(dict.fromkeys(body.refs))
    refs = [parse_ref(text, "refs") for text in texts]
    ask = Ask(limit=BATCH_LIMIT, depth=MAX_DEPTH, run=run, database=run_database(at, run))
    found = await evidence(at.store, at.hub, refs, ask)
    return Response(
        document_bytes(dict(zip(texts, found, strict=True))), media_type=JSON, headers=NO_STORE
    )


@router.get(
    "/flow/alerts/{id}/outcomes",
    response_model=OutcomesAnswer,
    summary="What the underlying did after an alert",
)
async def get_outcomes(
    at: ServicesOf,
    name: Annotated[str, Path(alias="id", max_length=MAX_LENGTH)],
    run: RunParameter = "",
) -> Response:
    """Answer the move to each horizon: known, pending or unknown."""
    database = run_database(at, run)
    (found,) = await evidence(
        at.store, at.hub, [Ref("alert", name)], Ask(depth=0, run=run, database=database)
    )
    alert = found["alert"]
    if alert is None:
        raise Problem("not_found", f"no record {name} in alerts")
    told = {
        **{each: alert[each] for each in ("alert_id", "underlying_id", "direction", "first_ts")},
        "data": found["outcomes"],
    }
    return Response(document_bytes(told), media_type=JSON, headers=NO_STORE)
