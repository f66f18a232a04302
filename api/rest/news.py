"""Streams that nothing publishes yet: news, levels, prediction books, orders."""

from typing import Final

from fastapi import APIRouter

from api.routes import add_unpublished

router: Final = APIRouter(tags=["news"])

for _path, _name in (
    ("/news", "news"),
    ("/news/{id}", "news"),
    ("/prediction/books", "prediction"),
    ("/orders", "orders"),
):
    add_unpublished(router, _path, _name)
