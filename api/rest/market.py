"""Prints, quotes, joins and inferred events: the newest, ranges, and single prints by trace id."""

from collections.abc import Mapping
from typing import Annotated
from typing import Final

import orjson
from fastapi import APIRouter
from fastapi import Depends
from fastapi import Query
from fastapi import Response

from api.answers import JSON
from api.answers import NO_STORE
from api.answers import TEXTS
from api.answers import ask_of
from api.answers import page_response
from api.answers import records_by_id
from api.answers import run_of
from api.live.filters import filter_names
from api.models import ByTrace
from api.models import ascending_model
from api.pages import range_page
from api.params import MAX_VALUES
from api.params import Given
from api.params import known_parameters
from api.problems import parameter_problem
from api.routes import PROBLEMS
from api.routes import ServicesOf
from api.routes import add_recent
from api.streams import STREAMS

router = APIRouter(tags=["market"])

_RANGE: Final = Given(
    {
        "underlying_id": "root symbol",
        **{
            name: TEXTS[name]
            for name in ("start_ts", "end_ts", *filter_names(STREAMS["equities"])[1:])
        },
        **{name: TEXTS[name] for name in ("limit", "cursor", "run")},
    },
    required=("underlying_id", "start_ts", "end_ts"),
)
_MAX_ID: Final = 512


@router.get(
    "/prints/equities/range",
    response_model=ascending_model("equities"),
    summary="Equity prints of one symbol and time, oldest first",
    responses=PROBLEMS,
)
async def prints_in_range(
    at: ServicesOf, asked: Annotated[Mapping[str, str], Depends(_RANGE)]
) -> Response:
    """Answer the prints a chart lays over its bars."""
    given = {name: text for name, text in asked.items() if name != "underlying_id"}
    given["underlying_ids"] = asked["underlying_id"]
    ask, wish = ask_of(at, STREAMS["equities"], given, "after")
    return page_response(at, ask, wish, await range_page(at, ask))


@router.get(
    "/prints/options/by-trace",
    response_model=ByTrace,
    summary="Option prints by trace id, in the order asked",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)
async def prints_by_trace(
    at: ServicesOf,
    trace_id: Annotated[list[str], Query(description="repeatable, at most 100")],
    run: Annotated[str, Query(description=TEXTS["run"])] = "",
) -> Response:
    """Answer the latest version of each print, and which are not known."""
    if len(trace_id) > MAX_VALUES:
        raise parameter_problem("trace_id", f"{len(trace_id)} values, at most {MAX_VALUES}")
    for name in trace_id:
        if not name or len(name) > _MAX_ID or not name.isprintable():
            raise parameter_problem("trace_id", f"a value has 1 to {_MAX_ID} printable characters")
    wanted = tuple(dict.fromkeys(trace_id))
    items = await records_by_id(at, STREAMS["options"], wanted, run_of({"run": run}))
    found = {item.id for item in items}
    missing = orjson.dumps([name for name in wanted if name not in found])
    body = b'{"data":[%b],"missing":%b}' % (b",".join([item.json for item in items]), missing)
    return Response(body, media_type=JSON, headers=NO_STORE)


for _name in ("options", "nbbo", "equities", "equity-quotes", "equity-joins", "inferred-dark"):
    add_recent(router, _name)
