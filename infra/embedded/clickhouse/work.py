"""Run one request on a worker thread: an insert, or a statement and its answer."""

import contextlib
from typing import Any
from typing import Final

import structlog

from infra.embedded.clickhouse import errors
from infra.embedded.clickhouse.compression import Decoder
from infra.embedded.clickhouse.engine import ClickHouseEngine
from infra.embedded.clickhouse.errors import ClickHouseError
from infra.embedded.clickhouse.exchange import PIECE_BYTES
from infra.embedded.clickhouse.exchange import ClientGoneError
from infra.embedded.clickhouse.exchange import Exchange
from infra.embedded.clickhouse.formats import DEFAULT_FORMAT
from infra.embedded.clickhouse.formats import content_type
from infra.embedded.clickhouse.formats import is_blockwise
from infra.embedded.clickhouse.formats import is_bytes
from infra.embedded.clickhouse.output import SUMMARY_HEADER
from infra.embedded.clickhouse.output import Output
from infra.embedded.clickhouse.output import Summary
from infra.embedded.clickhouse.request import QueryRequest
from infra.embedded.clickhouse.sessions import SessionMemory
from infra.embedded.clickhouse.statement import InsertHead
from infra.embedded.clickhouse.statement import Statement
from infra.embedded.clickhouse.statement import find_insert
from infra.embedded.clickhouse.statement import inspect

log = structlog.get_logger(__name__)

MAX_QUERY_BYTES: Final = 16 << 20


class Work:
    """
    One request from its body to its answer.

    Delivery of an insert: all rows are visible and in files when the answer is 200. A refused or
    broken-off insert leaves none of its last block; blocks before it, each `max_insert_block_size`
    rows, may have been written, as with a server.

    Parameters
    ----------
    engine : ClickHouseEngine
        What runs it.
    request : QueryRequest
        What it asks for.
    exchange : Exchange
        Its connection.
    sessions : SessionMemory
        What earlier requests of its session set.
    marker : str
        Text by which the query is found when it has to be cancelled.
    """

    def __init__(
        self,
        engine: ClickHouseEngine,
        request: QueryRequest,
        exchange: Exchange,
        sessions: SessionMemory,
        marker: str,
    ) -> None:
        self._engine = engine
        self._request = request
        self._exchange = exchange
        self._sessions = sessions
        self._marker = marker
        self._output: Output | None = None

    def run(self) -> None:
        """Answer the request; errors become answers too."""
        try:
            self._run()
        except ClickHouseError as error:
            log.info(
                "clickhouse_refused", code=error.code, name=error.name, reason=error.reason[:500]
            )
            with contextlib.suppress(ClientGoneError):
                self._fail(error)
        except ClientGoneError:
            log.info("clickhouse_client_gone", marker=self._marker)
        finally:
            if self._output is not None:
                self._output.close()

    def _run(self) -> None:
        decoder = Decoder(self._request.content_encoding)
        data = bytearray(self._request.query.encode())
        is_complete = False
        head = find_insert(bytes(data), is_complete=False) if data else None
        if data:
            data += b"\n"
        while head is None or (head is False and not is_complete):
            piece = self._exchange.read()
            if piece:
                data += decoder.feed(piece)
            else:
                decoder.finish()
                is_complete = True
            if len(data) > MAX_QUERY_BYTES and not isinstance(head, InsertHead):
                reason = f"The query is longer than {MAX_QUERY_BYTES} bytes"
                raise ClickHouseError(errors.QUERY_IS_TOO_LARGE, reason)
            if head is None:
                head = find_insert(bytes(data), is_complete=is_complete)
        if isinstance(head, InsertHead):
            self._insert(head, bytes(data[head.data_offset :]), decoder, is_complete=is_complete)
        else:
            self._statement(_text(bytes(data)))

    def _insert(
        self, head: InsertHead, rows: bytes, decoder: Decoder, *, is_complete: bool
    ) -> None:
        # Not left to the engine: it lets a table function through, and with it write a file.
        if self._request.readonly:
            raise _readonly_refusal()
        summary = Summary()
        with self._engine.session() as session:
            self._prepare(session)
            inserter = session.send_insert(head.statement, head.format_name)
            try:
                while True:
                    for begin in range(0, len(rows), PIECE_BYTES):
                        inserter.append(rows[begin : begin + PIECE_BYTES])
                    piece = b"" if is_complete else self._exchange.read()
                    if not piece:
                        break
                    rows = decoder.feed(piece)
                decoder.finish()
                result = inserter.finish()
            finally:
                with contextlib.suppress(RuntimeError):
                    inserter.cancel()
        summary.written_rows = summary.result_rows = result.rows_written
        summary.written_bytes = summary.result_bytes = result.bytes_written
        summary.elapsed_ns = int(result.elapsed * 1e9)
        self._answer_empty(summary)

    def _statement(self, text: str) -> None:
        if not text.strip():
            reason = "Syntax error: Empty query"
            raise ClickHouseError(errors.SYNTAX_ERROR, reason)
        statement = inspect(text)
        _refuse_forbidden(statement)
        format_name = statement.format_name or self._request.default_format or DEFAULT_FORMAT
        if not is_bytes(format_name):
            reason = f"Unknown format {format_name}."
            raise ClickHouseError(errors.UNKNOWN_FORMAT, reason)
        headers = self._headers()
        if statement.has_output:
            headers["X-ClickHouse-Format"] = format_name
        headers["Content-Type"] = content_type(format_name)
        self._output = Output(
            self._exchange,
            headers,
            encoding=self._request.response_encoding,
            waits_for_end=self._request.waits_for_end,
        )
        with self._engine.session() as session:
            self._prepare(session)
            _refuse_by_class(session, text, statement, self._request.readonly)
            if statement.is_streamable and is_blockwise(format_name):
                self._stream(session, text, format_name)
            else:
                self._collect(session, text, format_name)
        if statement.session_kind and self._request.session_id:
            timeout_s = self._request.session_timeout_s
            self._sessions.keep(self._request.session_id, text, timeout_s)
        self._output.finish()

    def _stream(self, session: Any, text: str, format_name: str) -> None:  # noqa: ANN401
        assert self._output is not None  # noqa: S101 - set by the only caller
        stream = session.send_query(text, format_name)
        summary = self._output.summary
        try:
            for block in stream:
                if self._exchange.is_gone.is_set():
                    raise ClientGoneError
                summary.result_rows += block.rows_read()
                summary.read_rows = max(summary.read_rows, block.storage_rows_read())
                summary.read_bytes = max(summary.read_bytes, block.storage_bytes_read())
                summary.elapsed_ns = int(block.elapsed() * 1e9)
                self._output.write(block.bytes())
        finally:
            with contextlib.suppress(RuntimeError):
                stream.cancel()

    def _collect(self, session: Any, text: str, format_name: str) -> None:  # noqa: ANN401
        assert self._output is not None  # noqa: S101 - set by the only caller
        result = session.query(text, format_name)
        summary = self._output.summary
        summary.result_rows = result.rows_read()
        summary.read_rows = result.storage_rows_read()
        summary.read_bytes = result.storage_bytes_read()
        summary.written_rows = result.rows_written()
        summary.written_bytes = result.bytes_written()
        summary.elapsed_ns = int(result.elapsed() * 1e9)
        # Piece by piece, because copying a long result at once would hold the interpreter lock.
        view = result.get_memview().view() if result.size() else memoryview(b"")
        for begin in range(0, len(view), PIECE_BYTES):
            self._output.write(bytes(view[begin : begin + PIECE_BYTES]))

    def _prepare(self, session: Any) -> None:  # noqa: ANN401
        session_id = self._request.session_id
        if session_id:
            self._sessions.touch(session_id, self._request.session_timeout_s)
            for statement in self._sessions.recall(session_id):
                session.query(statement)
        for statement in self._request.setup(self._marker):
            session.query(statement)

    def _headers(self) -> dict[str, str]:
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Server-Display-Name": self._engine.host_name,
            "X-ClickHouse-Query-Id": self._request.query_id or self._marker,
            "X-ClickHouse-Timezone": self._engine.timezone,
        }

    def _answer_empty(self, summary: Summary) -> None:
        headers = {**self._headers(), SUMMARY_HEADER: summary.header(), "Content-Length": "0"}
        self._exchange.start(200, headers)
        self._exchange.write(b"", is_last=True)

    def _fail(self, error: ClickHouseError) -> None:
        if self._exchange.is_started:
            if self._output is not None:
                self._output.fail(error, self._engine.version)
            return
        body = error.body(self._engine.version).encode()
        headers = {
            **self._headers(),
            "X-ClickHouse-Exception-Code": str(error.code),
            "Content-Length": str(len(body)),
        }
        if not self._exchange.is_body_read:
            headers["Connection"] = "close"
        self._exchange.start(error.status, headers)
        self._exchange.write(body, is_last=True)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        reason = f"Syntax error: the query is not UTF-8 ({error}); bind binary values as unhex('…')"
        raise ClickHouseError(errors.SYNTAX_ERROR, reason) from error


def _refuse_forbidden(statement: Statement) -> None:
    if statement.names_a_file:
        raise _file_refusal()
    if statement.ends_the_engine:
        reason = "The embedded engine is stopped with the process that it lives in"
        raise ClickHouseError(errors.NOT_IMPLEMENTED, reason)


def _refuse_by_class(session: Any, text: str, statement: Statement, readonly: int) -> None:  # noqa: ANN401
    """Ask the engine's own parser, from which no comment or quote hides a clause."""
    found = session._conn._conn.classify_query(text)
    kind = found["query_class"].name
    # The engine would run them all; a server refuses, and who depends on it should learn it here.
    if found["statement_count"] > 1:
        reason = "Syntax error (Multi-statements are not allowed): send one statement a request"
        raise ClickHouseError(errors.SYNTAX_ERROR, reason)
    # The engine would write files even in read-only mode.
    if kind == "CONTROL" and "outfile" in text.lower():
        raise _file_refusal()
    if readonly and kind in {"MUTATING", "CONTROL"} and statement.session_kind is None:
        raise _readonly_refusal()


def _readonly_refusal() -> ClickHouseError:
    reason = "default: Cannot execute query in readonly mode."
    return ClickHouseError(errors.READONLY, reason)


def _file_refusal() -> ClickHouseError:
    reason = "INTO OUTFILE and FROM INFILE are not allowed"
    return ClickHouseError(errors.INTO_OUTFILE_NOT_ALLOWED, reason)
