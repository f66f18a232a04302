"""Fourth step: run a statement that was looked at, within bounds, while somebody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final
from typing import Literal

import httpx
import structlog

from api.metrics import STORE_QUERY_SECONDS
from api.problems import Problem
from api.security.principal import Principal
from api.sql.reasons import engine_error
from api.sql.result import result_json
from api.sql.statement import checked
from api.sql.statement import sql_refused
from api.sql.tree import check_tree
from connectors.clickhouse.http import CODE_HEADER
from connectors.clickhouse.http import escaped
from connectors.errors import TransientConnector
from infra.gateway_settings import GatewaySettings

log = structlog.get_logger(__name__)

Format = Literal["json", "csv", "parquet"]
Value = str | int | float | bool | list[str] | list[int] | list[float]

AT_ONCE: Final = 2
MAX_WAITING: Final = 8
MAX_ROWS_TO_READ: Final = 2_000_000_000
_MAX_EXPLAINED: Final = 16 << 20
_MAX_ERROR: Final = 4096
# The engine looks at its clock between blocks; only then is it taken for dead.
_GRACE_S: Final = 15.0
_WRAP: Final = ("EXPLAIN AST SELECT * FROM (", "\n)")
_FORMATS: Final = {"json": "JSONCompact", "csv": "CSVWithNames", "parquet": "Parquet"}
# What bounds the reading of a statement before its clock starts.
_SHAPE: Final = {
    "max_ast_depth": "500",
    "max_ast_elements": "20000",
    "max_expanded_ast_elements": "20000",
    "max_parser_depth": "500",
    "max_query_size": "65536",
    "max_subquery_depth": "40",
    "max_recursive_cte_evaluation_depth": "200",
    "function_range_max_elements_in_block": "50000000",
}
_JSON: Final = {
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_decimals": "1",
    "output_format_json_quote_denormals": "0",
    "output_format_json_named_tuples_as_objects": "1",
}


class Statements:
    """
    Run statements of the SQL endpoint, two at a time.

    A statement ends when the caller is cancelled: the connection is closed, and the engine stops
    what nobody waits for.

    Parameters
    ----------
    url : str
        ClickHouse's HTTP interface.
    database : str
        The one whose tables may be read.
    settings : GatewaySettings
        Bounds of time, rows, bytes and memory.

    Notes
    -----
    Source: gateway specification, 5. `readonly=1` is set with the other settings, so the text of
    the statement finds it set and cannot change it, nor any bound.
    """

    def __init__(self, url: str, database: str, settings: GatewaySettings) -> None:
        self._url = url
        self._database = database
        self._settings = settings
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def run(
        self,
        statement: str,
        parameters: Mapping[str, Value],
        format_name: Format,
        principal: Principal,
    ) -> bytes:
        """
        Return the result of a statement in a format.

        Raises
        ------
        Problem
            `sql_refused`, `sql_timeout`, `capacity`.
        TransientConnector
            ClickHouse does not answer.
        """
        began, outcome, rows = perf_counter(), "ended", 0
        try:
            text = checked(statement, tuple(parameters))
            bound = {f"param_{name}": written(value) for name, value in parameters.items()}
            async with self._turns():
                await self._explain(text, bound)
                answer = await self._answer(text, bound, format_name)
            if format_name == "json":
                answer, rows = await asyncio.to_thread(result_json, answer)
            elif format_name == "csv":
                rows = max(answer.count(b"\n") - 1, 0)
            outcome = "ok"
        except Problem as problem:
            outcome = problem.code
            raise
        else:
            return answer
        finally:
            elapsed_s = perf_counter() - began
            STORE_QUERY_SECONDS.labels("sql").observe(elapsed_s)
            log.info(
                "sql_statement",
                principal=principal.name,
                statement=statement,
                outcome=outcome,
                rows=rows,
                duration_ms=round(elapsed_s * 1000, 1),
            )

    @asynccontextmanager
    async def _turns(self) -> AsyncIterator[None]:
        if self._waiting >= MAX_WAITING:
            msg = f"{AT_ONCE} statements run and {MAX_WAITING} wait; try again"
            raise Problem("capacity", msg, headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()

    async def _explain(self, text: str, bound: Mapping[str, str]) -> None:
        # In brackets, where only a SELECT can stand and nothing can be said about its output.
        before, after = _WRAP
        settings = {**self._bounds(), "default_format": "TSVRaw", "max_result_rows": "200000"}
        sent = f"{before}{text}{after}"
        answer = await self._post(sent, {**settings, **bound}, _MAX_EXPLAINED, len(before))
        check_tree(answer.decode(errors="replace"), self._database)

    async def _answer(self, text: str, bound: Mapping[str, str], format_name: Format) -> bytes:
        settings = {**self._bounds(), **_JSON, "default_format": _FORMATS[format_name]}
        return await self._post(text, {**settings, **bound}, self._settings.sql_max_bytes, 0)

    def _bounds(self) -> dict[str, str]:
        settings = self._settings
        return {
            **_SHAPE,
            "database": self._database,
            "readonly": "1",
            "wait_end_of_query": "1",
            "cancel_http_readonly_queries_on_client_close": "1",
            "max_execution_time": str(settings.sql_timeout_s),
            "max_result_rows": str(settings.sql_max_rows),
            "max_result_bytes": str(settings.sql_max_bytes),
            "max_memory_usage": str(settings.sql_max_memory),
            "max_rows_to_read": str(MAX_ROWS_TO_READ),
            "timeout_overflow_mode": "throw",
            "result_overflow_mode": "throw",
            "read_overflow_mode": "throw",
        }

    async def _post(
        self, text: str, parameters: Mapping[str, str], max_bytes: int, offset: int
    ) -> bytes:
        timeout = httpx.Timeout(self._settings.sql_timeout_s + _GRACE_S, connect=5.0)
        try:
            async with (
                # A connection of its own: closing it is what ends the statement.
                httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
                client.stream(
                    "POST",
                    self._url,
                    params=dict(parameters),
                    content=text.encode(),
                    headers={"Accept-Encoding": "identity"},
                ) as response,
            ):
                code = response.headers.get(CODE_HEADER, "")
                is_ok = response.status_code == httpx.codes.OK and not code
                body = await _read(response, max_bytes if is_ok else _MAX_ERROR)
                if not is_ok:
                    reason = (body or b"")[:_MAX_ERROR].decode(errors="replace")
                    raise engine_error(code, reason, offset)
        except httpx.TimeoutException as error:
            msg = "the statement took too long; narrow its range"
            raise Problem("sql_timeout", msg) from error
        except httpx.TransportError as error:
            msg = f"ClickHouse does not answer: {error or type(error).__name__}"
            raise TransientConnector(msg) from error
        if body is None:
            raise sql_refused(f"the result is longer than {max_bytes} bytes; add LIMIT")
        return body


def written(value: Value) -> str:
    """Return a value as ClickHouse reads that of a parameter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return "[" + ",".join(_element(each) for each in value) + "]"
    return escaped(str(value))


def _element(value: str | float) -> str:
    if not isinstance(value, str):
        return str(value)
    # Read as a quoted text at once, not as a field that holds one.
    return "'" + escaped(value).replace("'", "\\'") + "'"


async def _read(response: httpx.Response, max_bytes: int) -> bytes | None:
    """Return an answer, None when it is longer than it may be."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            return None
    return b"".join(parts)
