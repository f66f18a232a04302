"""Records of every stream, their tables, a ring over them, and the gateway's pages alone."""

import asyncio
import dataclasses
import random
from collections.abc import Coroutine
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from typing import Final
from typing import TypeVar

import fakeredis
import httpx
import msgspec
from fastapi import FastAPI

from api import problems
from api.items import Item
from api.items import OrderKey
from api.items import item_maker
from api.live.ring import Budget
from api.live.ring import Held
from api.live.ring import Ring
from api.rest import candles
from api.rest import export
from api.rest import flow
from api.rest import history
from api.rest import market
from api.rest import news
from api.rest import pull
from api.store import Store
from api.streams import STREAMS
from api.streams import Stream
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.http import ClickHouseHttp
from infra.settings import load_settings
from schemas.codec import RecordCodec
from tests.services.every_field import filled

SECRET: Final = b"a key of 32 bytes for the cursors"
BEGIN_NS: Final = 1_763_650_800_000_000_000
# What the fields that filters look at may say, by name.
WORDS: Final[Mapping[str, Sequence[object]]] = {
    "underlying_id": ("NVDA", "SPY", "SPX", "VST"),
    "source": ("synthetic", "alpaca", "file:tos"),
    "nbbo_side": ("AA", "A", "MID", "B", "BB", "MISSING", "STALE"),
    "right": ("C", "P"),
    "exchange": ("Q", "N", "D"),
    "option_contract_id": ("NVDA-2025-12-19-500-C", "SPX-2025-12-19-6000-P"),
    "conditions": (("A",), ("A", "I"), ()),
    "size": (1, 10, 100),
    "price": (0.05, 1.25, 100.5),
    "notional": (99.99, 10_000.0, 250_000.0),
    "dte_days": (0, 7, 30, 365),
    "interval_ms": (1000, 60_000),
    "window": ("session", "rolling", "1m"),
    "direction": ("bullish", "bearish", "neutral", "mixed", "unknown"),
    "primary_direction": ("bullish", "bearish", "unknown"),
    "primary_profile_id": (None, "institutional", "retail"),
    "classifier_id": ("large_call_sweep", "spread"),
    "severity": ("high", "medium", "low"),
    "score": (0, 40, 75, 100),
    "state": ("open", "updated", "settled", "retracted"),
    "kind": ("options", "entry_long", "exit", "absorbed_block", "distribution"),
    "status": ("provisional", "confirmed", "rejected", "withdrawn"),
    "strategy": ("lvn", "vwap"),
    "confidence": (0.1, 0.5, 0.72, 1.0),
    "packet_kind": ("contract", "structure"),
}
_PLACED_SIZES: Final = tuple(
    f"nbbo_{side}_size" for side in ("aa", "a", "mid", "b", "bb", "missing", "stale")
)
_FLAGS: Final = ("signal_pass", "is_etf", "off_exchange_flag", "abstained", "closed")

T = TypeVar("T")


def random_record(stream: Stream, number: int, rng: random.Random) -> Any:  # noqa: ANN401 - the stream decides the type
    """Return a record of a stream whose filtered fields say something a filter may ask for."""
    record: Any = filled(stream.schema.record_type, rng.randrange(3))
    changes = {
        name: _like(getattr(record, name), rng.choice(WORDS[name]))
        for name in record.__struct_fields__
        if name in WORDS
    }
    changes |= {name: rng.random() < 0.5 for name in record.__struct_fields__ if name in _FLAGS}
    source = changes.get("source", rng.choice(("synthetic", "alpaca")))
    changes["trace_id"] = changes[stream.id_field] = f"x:{source}:1:{number}"
    changes["source_ts"] = BEGIN_NS + number
    changes |= {name: BEGIN_NS + number for name in ("window_start",) if hasattr(record, name)}
    changes |= _nested(record, rng)
    return msgspec.structs.replace(record, **changes)


def _like(old: object, word: object) -> object:
    """Return a word where the field is of its kind, else what the field has."""
    if isinstance(old, float) and isinstance(word, (int, float)):
        return float(word)
    return word if old is None or type(old) is type(word) or word is None else old


def _nested(record: Any, rng: random.Random) -> dict[str, object]:  # noqa: ANN401 - a record
    changes: dict[str, object] = {}
    features = getattr(record, "features", None)
    if features is not None:
        parts: dict[str, object] = {"total_premium": rng.choice(WORDS["notional"])}
        for name in features.__struct_fields__:
            if name in _PLACED_SIZES:
                parts[name] = rng.randrange(3)
        parts |= {name: rng.choice((0, 7, 30)) for name in ("dte_days",)}
        if hasattr(features, "is_etf"):
            parts["is_etf"] = rng.random() < 0.5
        changes["features"] = msgspec.structs.replace(features, **parts)
    if hasattr(getattr(record, "confidence", None), "probability"):
        changes["confidence"] = msgspec.structs.replace(
            record.confidence, probability=rng.choice(WORDS["confidence"])
        )
    if hasattr(record, "structure"):
        changes |= _structure(record, rng)
    if hasattr(record, "hits"):
        changes["hits"] = tuple(
            msgspec.structs.replace(hit, classifier_id=rng.choice(WORDS["classifier_id"]))
            for hit in record.hits
        )
    if hasattr(record, "settlement"):
        outcome = rng.choice((None, "opened", "closed", "no_data"))
        changes["settlement"] = (
            None
            if outcome is None or record.settlement is None
            else msgspec.structs.replace(record.settlement, outcome=outcome)
        )
    return changes


def _structure(packet: Any, rng: random.Random) -> dict[str, object]:  # noqa: ANN401 - a packet
    legs = tuple(msgspec.structs.replace(leg, right=rng.choice(("C", "P"))) for leg in packet.legs)
    if packet.structure is None or rng.random() < 0.5:
        return {"packet_kind": "contract", "structure": None, "legs": ()}
    made = msgspec.structs.replace(packet.structure, type=rng.choice(("vertical", "straddle")))
    return {"packet_kind": "structure", "structure": made, "legs": legs, "right": None}


class Tables:
    """
    ClickHouse with the tables of the streams, written as persist writes them.

    Parameters
    ----------
    url : str
        Its HTTP interface.
    database : str
        Where the tables are.
    """

    def __init__(self, url: str, database: str) -> None:
        self.url = url
        self.database = database
        self._client = ClickHouseHttp(ClickHouseConfig(url=url, database=database))
        self._runner = asyncio.Runner()
        self.store = Store(url, database)

    def insert(self, stream: Stream, records: Iterable[Any]) -> None:
        """Store records through the Avro they have in the log."""
        topic = stream.schema
        codec: RecordCodec[Any] = RecordCodec(topic)
        bodies = [codec.encode(record) for record in records]
        if bodies:
            self._client.insert_avro(topic.table, avro_container(topic.text, bodies))

    def execute(self, statement: str) -> str:
        """Run a statement."""
        return self._client.execute(statement)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run what awaits the store."""
        return self._runner.run(work)

    def close(self) -> None:
        """End connections and loop."""
        self.run(self.store.close())
        self._runner.close()
        self._client.close()


class Rings:
    """A hub that has rings and links, and nothing live."""

    def __init__(self) -> None:
        self.rings: dict[str, Ring] = {}

    def ring(self, stream: Stream, run: str = "", view: str = "") -> Ring | None:
        """Return the ring of a stream, whatever the view; none for a run."""
        del view
        return None if run else self.rings.get(stream.name)

    def links_of(self, items: Iterable[Item], stream: Stream) -> dict[str, Any]:
        """Return no links."""
        del items, stream
        return {}


def ring_of(stream: Stream, records: Iterable[Any], floor: OrderKey | None = None) -> Ring:
    """Return a ring that holds records above a floor."""
    ring = Ring(stream, item_maker(stream), 100_000, Budget(1 << 30, 1 << 30, 60.0))
    ring.begin({0: 0}, floor)
    add_to(ring, records)
    return ring


def add_to(ring: Ring, records: Iterable[Any]) -> None:
    """Let a ring see records as the log brings them."""
    made: list[Held] = []
    for offset, record in enumerate(records, 1000 * len(ring)):
        item = item_maker(ring.stream)(record)
        made.append(
            Held(record, item.id, item.version, item.order, 0, offset, 1.0, 1.0, len(item.json))
        )
    ring.add(made, 1.0)


class Pages:
    """The pages' routes over tables and rings, asked without a network."""

    def __init__(self, tables: Tables, data_dir: Path, **settings: object) -> None:
        self.tables = tables
        self.hub = Rings()
        self.redis = fakeredis.FakeAsyncRedis()
        loaded = load_settings()
        if settings:
            gateway = loaded.gateway.model_copy(update=settings)
            loaded = dataclasses.replace(loaded, gateway=gateway)
        self.app = FastAPI()
        for module in (market, flow, history, pull, news, candles, export):
            self.app.include_router(module.router)
        problems.install(self.app)
        self.app.state.services = SimpleNamespace(
            settings=loaded,
            data_dir=data_dir,
            store=tables.store,
            hub=self.hub,
            redis=self.redis,
            security=SimpleNamespace(secret=SECRET),
        )

    def cache(self, key: str, member: bytes) -> None:
        """Put a member into a sorted set of Redis."""
        self.tables.run(self._cache(key, member))

    async def _cache(self, key: str, member: bytes) -> None:
        await self.redis.zadd(key, {member: 0})

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Answer a request."""
        return self.tables.run(self._get(path, headers))

    async def _get(self, path: str, headers: Mapping[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.get(path, headers=dict(headers or {}))


def stream(name: str) -> Stream:
    """Return a stream."""
    return STREAMS[name]


def chance(seed: int) -> random.Random:
    """Return chance that is the same on every run."""
    return random.Random(seed)  # noqa: S311 - made-up records, not secrets
