"""`/export/<stream>`: rows as a file, written by the store."""

from collections.abc import AsyncIterator
from collections.abc import Mapping
from typing import Annotated
from typing import Any
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Response
from fastapi.responses import StreamingResponse

from api.answers import NO_STORE
from api.answers import TEXTS
from api.answers import ask_of
from api.answers import with_members
from api.export import FORMATS
from api.export import Export
from api.export import check_size
from api.export import columns_of
from api.export import export_bytes
from api.live.filters import filter_names
from api.params import Given
from api.params import parse_choice
from api.problems import ProblemBody
from api.routes import PROBLEMS
from api.routes import Handler
from api.routes import ServicesOf
from api.routes import add_unpublished
from api.streams import STREAMS
from api.streams import WITHOUT_FEED
from api.streams import Stream

router: Final = APIRouter(tags=["export"])

_OTHERS: Final = {
    **{name: TEXTS[name] for name in ("start_ts", "end_ts", "run")},
    "format": f"{', '.join(FORMATS)}; csv by default",
    "columns": "fields, comma-separated, written in the schema's order; all by default",
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    200: {
        "description": "64-bit numbers of jsonl are strings; a missing record is an empty one",
        "content": {each.media_type.partition(";")[0]: _BINARY for each in FORMATS.values()},
    },
    413: {
        "model": ProblemBody,
        "content": {"application/problem+json": {}},
        "description": "more rows than an export may have; the detail has the count",
    },
}


def _handler(stream: Stream) -> Handler:
    texts = {name: TEXTS[name] for name in filter_names(stream)}
    given = Given({**texts, **_OTHERS})

    async def handle(
        at: ServicesOf, asked: Annotated[Mapping[str, str], Depends(given)]
    ) -> Response:
        ask, _ = ask_of(at, stream, asked)
        ask = await with_members(at, ask)
        export = Export(
            filters=ask.filters,
            columns=columns_of(stream, asked.get("columns")),
            written=parse_choice("format", asked.get("format"), tuple(FORMATS)) or "csv",
            since=ask.since,
            until=ask.until,
            run=ask.run,
        )
        await check_size(at.store, export, at.settings.gateway.export_max_rows)
        chunks = export_bytes(at.store, export)
        # The first part is waited for, so that a refusal of the store is still an answer.
        first = await anext(chunks, b"")
        name = f'attachment; filename="{stream.name}.{export.written}"'
        return StreamingResponse(
            _joined(first, chunks),
            media_type=FORMATS[export.written].media_type,
            headers={"Content-Disposition": name, **NO_STORE},
        )

    return handle


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


for _name in STREAMS:
    router.add_api_route(
        f"/export/{_name}",
        _handler(STREAMS[_name]),
        response_class=StreamingResponse,
        summary=f"Records of {_name} as a file, oldest first",
        responses=_RESPONSES,
    )
for _name in WITHOUT_FEED:
    add_unpublished(router, f"/export/{_name}", _name)
