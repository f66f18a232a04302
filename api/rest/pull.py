"""`/replay/<stream>`: stored records in the order they happened, for programs that pull."""

from typing import Final

from fastapi import APIRouter

from api.routes import add_pull
from api.routes import add_unpublished
from api.streams import STREAMS
from api.streams import WITHOUT_FEED

router: Final = APIRouter(tags=["history"])

for _name in STREAMS:
    add_pull(router, _name)
for _name in WITHOUT_FEED:
    add_unpublished(router, f"/replay/{_name}", _name)
