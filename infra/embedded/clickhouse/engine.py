"""The engine: one folder, a session for each request, worker threads, cancellation."""

import contextlib
import importlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from typing import Final

import structlog

from infra.embedded.clickhouse.errors import TOO_MANY_SIMULTANEOUS_QUERIES
from infra.embedded.clickhouse.errors import ClickHouseError

log = structlog.get_logger(__name__)

READ_THREADS: Final = 16
WRITE_THREADS: Final = 8
MAX_WAITING: Final = 200
# What the embedded engine would do that a server does not: a bare expression is no statement, and
# an insert is on disk, and visible, before it is acknowledged.
_SERVER_SETTINGS: Final = "implicit_select = 0, async_insert = 0"


class ClickHouseEngine:
    """
    The ClickHouse engine in this process, on a folder.

    Every request has a session of its own, so nothing leaks from one to the next; sessions run
    side by side outside the interpreter lock. Reads and inserts have separate threads, so slow
    queries never keep inserts waiting.

    Durability: an insert that returned is in files; it survives the end of the process. Power
    loss may cost what the system had not written back yet.

    Parameters
    ----------
    path : Path
        Folder of databases and tables; created when absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chdb: Any = None
        self._base: Any = None
        self._reads = ThreadPoolExecutor(READ_THREADS, "clickhouse-read")
        self._writes = ThreadPoolExecutor(WRITE_THREADS, "clickhouse-write")
        self._kills = ThreadPoolExecutor(1, "clickhouse-kill")
        self._running = 0
        self._count_lock = threading.Lock()
        self.version = ""
        self.timezone = ""
        self.host_name = socket.gethostname()

    @property
    def reads(self) -> Executor:
        """Threads for statements that bring no rows."""
        return self._reads

    @property
    def writes(self) -> Executor:
        """Threads for inserts that bring rows."""
        return self._writes

    def open(self) -> None:
        """Load the engine and open the folder; takes about a second, most of it the library."""
        self._path.mkdir(parents=True, exist_ok=True)
        self._chdb = importlib.import_module("chdb.session")
        # The engine lives as long as its last session.
        self._base = self._chdb.Session(str(self._path))
        answer = self._base.query("SELECT version(), timezone()", "TabSeparated")
        self.version, self.timezone = answer.bytes().decode().strip().split("\t")
        log.info("clickhouse_opened", path=str(self._path), version=self.version)

    def close(self) -> None:
        """Cancel what runs, wait for the threads, close the folder."""
        if self._base is None:
            return
        with contextlib.suppress(RuntimeError):
            self._base.query("KILL QUERY WHERE 1 ASYNC")
        for pool in (self._reads, self._writes, self._kills):
            pool.shutdown(wait=True, cancel_futures=True)
        self._base.close()
        self._base = None

    @contextlib.contextmanager
    def session(self) -> Iterator[Any]:
        """
        Yield a fresh engine session; engine errors come out as `ClickHouseError`.

        Raises
        ------
        ClickHouseError
            With the engine's code.
        """
        session = self._chdb.Session(str(self._path))
        try:
            session.query(f"SET {_SERVER_SETTINGS}")
            yield session
        except RuntimeError as error:
            raise ClickHouseError.from_engine(str(error)) from error
        finally:
            session.close()

    @contextlib.contextmanager
    def admitted(self) -> Iterator[None]:
        """
        Count a request while it runs or waits for a thread.

        Raises
        ------
        ClickHouseError
            TOO_MANY_SIMULTANEOUS_QUERIES beyond `MAX_WAITING`.
        """
        with self._count_lock:
            if self._running >= MAX_WAITING:
                reason = f"Too many simultaneous queries. Maximum: {MAX_WAITING}."
                raise ClickHouseError(TOO_MANY_SIMULTANEOUS_QUERIES, reason)
            self._running += 1
        try:
            yield
        finally:
            with self._count_lock:
                self._running -= 1

    def cancel(self, marker: str) -> None:
        """End the query that carries a marker in `log_comment`; returns at once."""
        with contextlib.suppress(RuntimeError):
            self._kills.submit(self._kill, marker)

    def _kill(self, marker: str) -> None:
        try:
            with self.session() as session:
                where = f"Settings['log_comment'] = '{marker}'"
                session.query(f"KILL QUERY WHERE {where} ASYNC")
        except ClickHouseError as error:
            log.warning("clickhouse_kill_failed", code=error.code, reason=error.reason)
