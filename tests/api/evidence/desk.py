"""The routes of evidence, tickers and panels over tables, without the rest of a gateway."""

import asyncio
import json
from collections.abc import Coroutine
from collections.abc import Iterable
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from typing import TypeVar

import httpx
import msgspec
import orjson
from fastapi import FastAPI

from api import problems
from api.items import Item
from api.items import item_maker
from api.rest import evidence
from api.rest import panels
from api.rest import tickers
from api.store import Store
from api.streams import STREAMS
from api.streams import Stream
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.http import ClickHouseHttp
from schemas.catalog import topic_of
from schemas.codec import RecordCodec

T = TypeVar("T")
Row = dict[str, Any]


class Shelf:
    """What a ring gives of one stream."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def get(self, id: str) -> Item | None:  # noqa: A002 - as the rings name it
        return self.items.get(id)


class Rings:
    """A hub that has rings and nothing live."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, str], Shelf] = {}

    def ring(self, stream: Stream, run: str = "") -> Shelf | None:
        return self._shelves.get((stream.name, run))

    def hold(self, records: Iterable[msgspec.Struct], run: str = "") -> None:
        for record in records:
            table = topic_of(type(record)).table
            stream = next(each for each in STREAMS.values() if each.table == table)
            item = item_maker(stream)(record)
            self._shelves.setdefault((stream.name, run), Shelf()).items[item.id] = item


class CountingStore(Store):
    """A store that counts what it is asked, and lets a test act before it is."""

    asked: list[str]
    before: Any = None

    async def select(
        self, label: str, sql: str, parameters: Mapping[str, object], *, database: str = ""
    ) -> list[Row]:
        self.asked.append(sql)
        if self.before is not None:
            self.before(len(self.asked))
        return await super().select(label, sql, parameters, database=database)


class Desk:
    """
    Tables of one database, and the routes over them.

    Parameters
    ----------
    url : str
        ClickHouse's HTTP interface.
    database : str
        Where the tables are.
    """

    def __init__(self, url: str, database: str) -> None:
        self.config = ClickHouseConfig(url=url, database=database)
        self.client = ClickHouseHttp(self.config)
        self.rings = Rings()
        self.store = CountingStore(url, database)
        self.store.asked = []
        self._runner = asyncio.Runner()
        self._app = FastAPI()
        for module in (evidence, panels, tickers):
            self._app.include_router(module.router)
        problems.install(self._app)
        self._app.state.services = SimpleNamespace(store=self.store, hub=self.rings)

    def insert(self, records: Iterable[msgspec.Struct]) -> None:
        """Store records through the Avro they have in the log, as persist does."""
        by_type: dict[type[msgspec.Struct], list[msgspec.Struct]] = {}
        for record in records:
            by_type.setdefault(type(record), []).append(record)
        for kind, found in by_type.items():
            topic = topic_of(kind)
            codec: RecordCodec[Any] = RecordCodec(topic)
            bodies = [codec.encode(record) for record in found]
            self.client.insert_avro(topic.table, avro_container(topic.text, bodies))

    def rows(self, sql: str) -> list[Row]:
        """Return what a query finds, without any of the gateway's own."""
        text = self.client.execute(
            f"{sql} SETTINGS output_format_json_quote_64bit_integers = 0, "
            "output_format_json_named_tuples_as_objects = 1 FORMAT JSONEachRow"
        )
        return [json.loads(line) for line in text.splitlines()]

    def ask(self, path: str, body: object = None, **query: object) -> httpx.Response:
        """Ask a route."""

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
                if body is not None:
                    return await client.post(
                        path,
                        content=orjson.dumps(body),
                        headers={"Content-Type": "application/json"},
                        params={name: str(value) for name, value in query.items()},
                    )
                given = {name: str(value) for name, value in query.items()}
                return await client.get(path, params=given)

        return self._runner.run(go())

    def answer(self, path: str, body: object = None, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Return what a route answers, which is well."""
        response = self.ask(path, body, **query)
        assert response.status_code == httpx.codes.OK, response.text
        return response.json()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run what awaits the store."""
        return self._runner.run(work)

    def close(self) -> None:
        """End connections and loop."""
        self._runner.run(self.store.close())
        self._runner.close()
        self.client.close()
