"""Read-only SQL over the stored tables; gateway specification, 5."""

import asyncio
from typing import Annotated
from typing import Final
from typing import Literal

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Request
from fastapi import Response
from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from api.params import known_parameters
from api.problems import parameter_problem
from api.security.principal import Principal
from api.security.principal import needs
from api.services import Services
from api.services import services
from api.sql.result import SqlResult
from api.sql.runner import Statements
from api.sql.runner import Value
from api.sql.runner import written

router = APIRouter(tags=["sql"], dependencies=[Depends(known_parameters)])

MAX_PARAMETERS: Final = 50
# They travel in a URL.
MAX_PARAMETER_BYTES: Final = 8192
_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
_MEDIA: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class SqlBody(BaseModel):
    """One statement."""

    model_config = ConfigDict(extra="forbid")

    statement: str = Field(
        min_length=1, max_length=65_536, description="one SELECT, at most 20 KiB"
    )
    params: dict[Annotated[str, Field(pattern=_NAME)], Value] = Field(
        default_factory=dict,
        max_length=MAX_PARAMETERS,
        description="values of {name:Type} in the statement",
    )
    format: Literal["json", "csv", "parquet"] = "json"


class SchemaColumn(BaseModel):
    """A column of a table."""

    name: str
    type: str
    comment: str


class SchemaTable(BaseModel):
    """A table or view."""

    name: str
    columns: list[SchemaColumn]


class SqlSchema(BaseModel):
    """What statements can read."""

    database: str
    tables: list[SchemaTable]


def _statements(request: Request, found: Annotated[Services, Depends(services)]) -> Statements:
    state = request.app.state
    made = getattr(state, "statements", None)
    if not isinstance(made, Statements):
        store = found.store
        made = state.statements = Statements(store.url, store.database, found.settings.gateway)
    return made


@router.get("/sql/schema", response_model=SqlSchema, summary="Tables and columns")
async def schema(
    found: Annotated[Services, Depends(services)],
    principal: Annotated[Principal, needs("sql")],
) -> SqlSchema:
    """Return the tables statements can read, with their columns."""
    del principal
    store = found.store
    tables: dict[str, list[SchemaColumn]] = {}
    for row in await store.rows("sql_schema", {"database": store.database}):
        column = SchemaColumn(name=row["name"], type=row["type"], comment=row["comment"])
        tables.setdefault(row["table"], []).append(column)
    return SqlSchema(
        database=store.database,
        tables=[SchemaTable(name=name, columns=columns) for name, columns in tables.items()],
    )


@router.post(
    "/sql",
    response_model=SqlResult,
    summary="Run one SELECT",
    responses={200: {"content": {"text/csv": {}, "application/vnd.apache.parquet": {}}}},
)
async def run(
    body: SqlBody,
    request: Request,
    statements: Annotated[Statements, Depends(_statements)],
    principal: Annotated[Principal, needs("sql")],
) -> Response:
    """Run a statement within bounds of time, rows, bytes and memory; ends when nobody waits."""
    _check_size(body)
    running = asyncio.create_task(
        statements.run(body.statement, body.params, body.format, principal)
    )
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not running.done():
            running.cancel()
    try:
        answer = await running
    except asyncio.CancelledError:
        return Response(status_code=204)  # read by nobody
    return Response(answer, media_type=_MEDIA[body.format])


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_size(body: SqlBody) -> None:
    try:
        size = sum(len(written(value).encode()) for value in body.params.values())
    except UnicodeEncodeError:
        raise parameter_problem("params", "a value is not valid Unicode") from None
    if size > MAX_PARAMETER_BYTES:
        raise parameter_problem("params", f"{size} bytes, at most {MAX_PARAMETER_BYTES}")
