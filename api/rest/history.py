"""`/history/<stream>`: back through everything that is kept, newest first."""

from typing import Final

from fastapi import APIRouter

from api.routes import add_history
from api.routes import add_unpublished
from api.streams import STREAMS
from api.streams import WITHOUT_FEED

router: Final = APIRouter(tags=["history"])

for _name in STREAMS:
    add_history(router, _name)
for _name in WITHOUT_FEED:
    add_unpublished(router, f"/history/{_name}", _name)
