"""ClickHouse as the gateway reads it: records of a stream, rows of a query, exports."""

from collections.abc import AsyncIterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from time import perf_counter
from typing import Any
from typing import Final
from typing import TypedDict

import httpx
import orjson

from api.items import Item
from api.items import item_maker
from api.metrics import STORE_QUERY_SECONDS
from api.problems import Problem
from api.streams import Stream
from connectors.clickhouse.avro_rows import read_rows
from connectors.clickhouse.http import CODE_HEADER
from connectors.clickhouse.http import READ_SETTINGS
from connectors.clickhouse.http import TRANSIENT_CODES
from connectors.clickhouse.http import escaped
from connectors.clickhouse.stored_records import stored_decoder
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.tape.table import AVRO
from infra.replay.names import database_of

_MAX_ADDRESS: Final = 4096
_TIMEOUT_CODES: Final = frozenset({"159", "160"})
_UNKNOWN_CODES: Final = frozenset({"60", "81"})  # no such table, no such database
_JSON: Final = {
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_named_tuples_as_objects": "1",
    "output_format_json_quote_denormals": "0",
}


@cache
def query_text(name: str) -> str:
    """Return the text of `api/queries/<name>.sql`."""
    return files("api").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


class Store:
    """
    Read tables over ClickHouse's HTTP interface; nothing here can write.

    Parameters
    ----------
    url : str
        Address of the HTTP interface.
    database : str
        Database of the live tables.
    timeout_s : float
        Longest wait for an answer.

    Raises
    ------
    Problem
        `dependency_down`, `store_timeout` or `store_error`, from every method.
    """

    def __init__(self, url: str, database: str, timeout_s: float = 30.0) -> None:
        self.url = url
        self.database = database
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        )

    async def items(
        self, stream: Stream, tail: str, parameters: Mapping[str, object], *, database: str = ""
    ) -> list[Item]:
        """
        Return records of a stream, the same as the log carries them.

        Parameters
        ----------
        stream : Stream
            Whose table is read.
        tail : str
            What stands behind the table's name: `FINAL WHERE … ORDER BY … LIMIT …`; parameters as
            `{name:Type}`, identifiers from our own code only.
        parameters : mapping
            Values of the parameters.
        database : str
            Of a replay run; the live one by default.
        """
        columns = ", ".join(f"`{field['name']}`" for field in stream.schema.schema["fields"])
        sql = f"SELECT `trace_id` AS _key, {columns} FROM `{stream.table}` {tail} {AVRO}"  # noqa: S608 - names of our own schemas
        answer = await self._read(f"items:{stream.name}", sql, parameters, database, {})
        _, bodies = read_rows(answer)
        decode, make = stored_decoder(stream.topic), item_maker(stream)
        return [make(decode(body)) for body in bodies]

    async def versions(
        self, stream: Stream, items: Sequence[Item], *, database: str = ""
    ) -> dict[str, int]:
        """
        Return the greatest stored version of each id, of a stream whose records are revised.

        Looked up by the columns the table is sorted by; rows of other ids between are passed over.
        """
        records = [item.record for item in items]
        parts: list[str] = []
        bound: dict[str, object] = {}
        for column in stream.schema.schema["table_key"]:
            values = sorted({getattr(record, column) for record in records})
            kind = "Int64" if isinstance(values[0], int) else "String"
            parts.append(f"`{column}` IN {{key_{column}:Array({kind})}}")
            bound[f"key_{column}"] = values
            if column == "source_ts":
                parts.append("source_ts >= {first_ts:Int64} AND source_ts <= {last_ts:Int64}")
                bound |= {"first_ts": values[0], "last_ts": values[-1]}
        name, version = stream.id_field, stream.version_field
        sql = f"SELECT `{name}` AS id, toInt64(max(`{version}`)) AS version FROM `{stream.table}` WHERE {' AND '.join(parts)} GROUP BY id"  # noqa: S608, E501 - names of our own schemas
        rows = await self.select(f"versions:{stream.name}", sql, bound, database=database)
        return {row["id"]: row["version"] for row in rows}

    async def by_id(self, stream: Stream, ids: Sequence[str], *, run: str = "") -> list[Item]:
        """
        Return the latest version of each id that is stored.

        First where the rows are, by the index of trace ids, then the rows: so that of a wide table
        only what is wanted is read.
        """
        database = database_of(self.database, run) if run else ""
        sql = f"SELECT DISTINCT source_ts FROM `{stream.table}` WHERE trace_id IN {{ids:Array(String)}}"  # noqa: S608, E501 - names of our own schemas
        bound: dict[str, object] = {"ids": list(ids)}
        rows = await self.select(f"find:{stream.name}", sql, bound, database=database)
        if not rows:
            return []
        times = sorted(row["source_ts"] for row in rows)
        items = await self.items(
            stream,
            "WHERE source_ts IN {times:Array(Int64)} AND source_ts >= {first_ts:Int64}"
            " AND source_ts <= {last_ts:Int64} AND trace_id IN {ids:Array(String)}",
            {**bound, "times": times, "first_ts": times[0], "last_ts": times[-1]},
            database=database,
        )
        best: dict[str, Item] = {}
        for item in items:
            known = best.get(item.id)
            if known is None or item.version > known.version:
                best[item.id] = item
        return list(best.values())

    async def rows(
        self, name: str, parameters: Mapping[str, object], *, database: str = ""
    ) -> list[dict[str, Any]]:
        """Return the rows of `api/queries/<name>.sql`; numbers as numbers, tuples as objects."""
        return await self.select(name, query_text(name), parameters, database=database)

    async def select(
        self, label: str, sql: str, parameters: Mapping[str, object], *, database: str = ""
    ) -> list[dict[str, Any]]:
        """Return the rows of a query made of our own names; `label` names it in the metrics."""
        text = sql.rstrip().rstrip(";") + "\nFORMAT JSONEachRow"
        answer = await self._read(label, text, parameters, database, _JSON)
        return [orjson.loads(line) for line in answer.splitlines() if line]

    async def stream(
        self,
        sql: str,
        parameters: Mapping[str, object],
        settings: Mapping[str, str],
        *,
        database: str = "",
    ) -> AsyncIterator[bytes]:
        """Yield a query's answer as it comes; one that has begun and fails ends with the error."""
        query = self._query(parameters, database, {"readonly": "2", **settings})
        try:
            async with self._client.stream("POST", self.url, **_body(query, sql)) as response:
                if response.status_code != httpx.codes.OK or CODE_HEADER in response.headers:
                    await response.aread()
                    _raise(response)
                async for chunk in response.aiter_bytes():
                    yield chunk
        except httpx.TimeoutException as error:
            msg = "the store did not answer in time; narrow the range"
            raise Problem("store_timeout", msg) from error
        except httpx.TransportError as error:
            raise _down(error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _query(
        self, parameters: Mapping[str, object], database: str, settings: Mapping[str, str]
    ) -> dict[str, str]:
        bound = {f"param_{name}": _text(value) for name, value in parameters.items()}
        return {"database": database or self.database, **settings, **bound}

    async def _read(
        self,
        label: str,
        sql: str,
        parameters: Mapping[str, object],
        database: str,
        settings: Mapping[str, str],
    ) -> bytes:
        query = self._query(parameters, database, {**READ_SETTINGS, **settings})
        began = perf_counter()
        try:
            response = await self._client.post(self.url, **_body(query, sql))
        except httpx.TimeoutException as error:
            msg = "the store did not answer in time; narrow the range"
            raise Problem("store_timeout", msg) from error
        except httpx.TransportError as error:
            raise _down(error) from error
        finally:
            STORE_QUERY_SECONDS.labels(label).observe(perf_counter() - began)
        if response.status_code != httpx.codes.OK or CODE_HEADER in response.headers:
            _raise(response)
        return response.content


class _Body(TypedDict, total=False):
    """What a request brings."""

    params: Mapping[str, str]
    content: bytes
    files: Mapping[str, tuple[None, str]]


def _body(query: Mapping[str, str], sql: str) -> _Body:
    """Return query and parameters; as a form when an address could not hold the parameters."""
    bound = {name: text for name, text in query.items() if name.startswith("param_")}
    if sum(map(len, bound.values())) <= _MAX_ADDRESS:
        return _Body(params=query, content=sql.encode())
    others = {name: text for name, text in query.items() if name not in bound}
    form = {"query": sql, **bound}
    return _Body(params=others, files={name: (None, text) for name, text in form.items()})


def _down(error: Exception) -> TransientConnector:
    return TransientConnector(f"ClickHouse does not answer: {error or type(error).__name__}")


def _raise(response: httpx.Response) -> None:
    code = response.headers.get(CODE_HEADER, "")
    if code in _TIMEOUT_CODES:
        raise Problem("store_timeout", "the query took too long; narrow the range")
    if code in _UNKNOWN_CODES:
        raise Problem("not_found", "the store has no tables for this yet, or no such run")
    msg = f"ClickHouse: {response.status_code}, code {code}: {response.text.strip()[:400]}"
    if code.isdecimal() and int(code) in TRANSIENT_CODES:
        raise TransientConnector(msg)
    raise MisconfiguredConnector(msg)


def _text(value: object) -> str:
    """Return a value as a query parameter is written; escaped as a tab-separated field."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_element(each) for each in value) + "]"
    return escaped(str(value))


def _element(value: object) -> str:
    if isinstance(value, (int, float)):
        return str(value)
    # Read as a quoted text at once, not as a field that holds one.
    return "'" + escaped(str(value)).replace("'", "\\'") + "'"
