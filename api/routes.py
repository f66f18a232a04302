"""Routes that streams have in common, made once per stream so that each is described in full."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from typing import Annotated
from typing import Any
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Response

from api.answers import HISTORY
from api.answers import PULL
from api.answers import RECENT
from api.answers import TEXTS
from api.answers import ask_of
from api.answers import given_of
from api.answers import one_record
from api.answers import page_response
from api.answers import run_of
from api.answers import with_members
from api.models import ascending_model
from api.models import page_model
from api.models import record_model
from api.pages import newest_page
from api.pages import stored_page
from api.params import Given
from api.problems import Problem
from api.problems import ProblemBody
from api.services import Services
from api.services import services
from api.streams import STREAMS
from api.streams import Stream
from api.streams import stream_of

Handler = Callable[..., Awaitable[Response]]
ServicesOf = Annotated[Services, Depends(services)]

_PROBLEM: Final[dict[str, Any]] = {
    "model": ProblemBody,
    "content": {"application/problem+json": {}},
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: {**_PROBLEM, "description": "the cursor is damaged, or was made for other filters"},
    404: {**_PROBLEM, "description": "no such record, run or stream"},
    422: {**_PROBLEM, "description": "a parameter is wrong or unknown"},
    502: {**_PROBLEM, "description": "the store refused"},
    503: {**_PROBLEM, "description": "a service does not answer"},
    504: {**_PROBLEM, "description": "the store was too slow"},
}
NOT_PUBLISHED: Final[dict[int | str, dict[str, Any]]] = {
    404: {**_PROBLEM, "description": "nothing publishes this stream yet"}
}


def newest_handler(stream: Stream, given: Given) -> Handler:
    """Return the handler of a descending page of a stream."""

    async def handle(
        at: ServicesOf, asked: Annotated[Mapping[str, str], Depends(given)]
    ) -> Response:
        ask, wish = ask_of(at, stream, asked)
        ask = await with_members(at, ask)
        return page_response(at, ask, wish, await newest_page(at, ask))

    return handle


def add_recent(router: APIRouter, name: str) -> None:
    """Add the route of a stream's newest records."""
    summary = f"Newest records of {name}, newest first"
    _add_newest(router, name, STREAMS[name].recent, RECENT, summary)


def add_history(router: APIRouter, name: str) -> None:
    """Add the route that pages back through a stream."""
    summary = f"Records of {name} before a time, newest first"
    _add_newest(router, name, f"/history/{name}", HISTORY, summary)


def _add_newest(
    router: APIRouter, name: str, path: str, known: tuple[str, ...], summary: str
) -> None:
    stream = STREAMS[name]
    router.add_api_route(
        path,
        newest_handler(stream, given_of(stream, known)),
        response_model=page_model(name),
        summary=summary,
        responses=PROBLEMS,
    )


def add_pull(router: APIRouter, name: str) -> None:
    """Add the route that reads a stream's stored records in the order they happened."""
    stream = STREAMS[name]
    given = given_of(stream, PULL)

    async def handle(
        at: ServicesOf, asked: Annotated[Mapping[str, str], Depends(given)]
    ) -> Response:
        ask, wish = ask_of(at, stream, asked, "after")
        ask = await with_members(at, ask)
        return page_response(at, ask, wish, await stored_page(at.store, ask))

    router.add_api_route(
        f"/replay/{name}",
        handle,
        response_model=ascending_model(name),
        summary=f"Stored records of {name} after a time, oldest first",
        responses=PROBLEMS,
    )


def add_by_id(router: APIRouter, name: str) -> None:
    """Add the route of one record."""
    stream = STREAMS[name]
    given = Given({"run": TEXTS["run"]})

    async def handle(
        at: ServicesOf,
        id: str,  # noqa: A002 - as the route names it
        asked: Annotated[Mapping[str, str], Depends(given)],
    ) -> Response:
        return await one_record(at, stream, id, run_of(asked))

    router.add_api_route(
        f"{stream.recent}/{{id}}",
        handle,
        response_model=record_model(stream.topic),
        summary=f"One record of {name}",
        responses=PROBLEMS,
    )


def add_unpublished(router: APIRouter, path: str, name: str) -> None:
    """Add a route of a stream without feed: it says so."""

    async def handle() -> Response:
        stream_of(name)
        raise Problem("not_found", f"nothing publishes the stream {name} yet")

    router.add_api_route(
        path,
        handle,
        response_model=ProblemBody,
        summary=f"Records of {name}, which nothing publishes yet",
        responses=NOT_PUBLISHED,
    )
