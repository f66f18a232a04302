"""Operator's documents: cached, versioned, kept in ClickHouse; gateway specification, 5."""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import TypeAlias

import msgspec
import orjson
import structlog

from api.operator.bodies import KINDS
from api.operator.bodies import check_kind
from api.operator.bodies import validated
from api.operator.table import DocumentRow
from api.operator.table import DocumentTable
from api.problems import Problem
from api.tasks import cancel
from connectors.clickhouse.config import ClickHouseConfig
from connectors.errors import ConnectorError

log = structlog.get_logger(__name__)

REREAD_S: Final = 5.0
MAX_BYTES: Final = 65_536
MAX_PER_KIND: Final = 200
MAX_NAME: Final = 120
SECRET_BYTES: Final = 24

_SLUG: Final = re.compile(r"[^a-z0-9]+")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """
    One document, as it is now.

    Parameters
    ----------
    kind, id, name : str
        Which, and what the operator calls it.
    version : int
        From 1; every change adds one.
    updated_ts : int
        Wall time of the last change, ns UTC.
    body : dict
        Of its kind's shape.
    """

    kind: str
    id: str
    name: str
    version: int
    updated_ts: int
    body: dict[str, Any]

    @property
    def etag(self) -> str:
        """Return what `If-Match` has to say."""
        return f'"{self.version}"'

    def row(self, *, deleted: bool = False) -> DocumentRow:
        """Return it as the table has it."""
        text = orjson.dumps({"name": self.name, "body": self.body}).decode()
        return DocumentRow(
            kind=self.kind,
            id=self.id,
            version=self.version,
            deleted=int(deleted),
            body=text,
            updated_ts=self.updated_ts,
        )


def id_of_new(kind: str, name: str, body: Mapping[str, Any], now_ns: int) -> str:
    """
    Return the id of a new document: its name in letters a path takes, and a hash.

    Acknowledgements are one document a trading date, and the date is their id.
    """
    if kind == "acks":
        return str(body["trade_date"])
    slug = _SLUG.sub("-", name.lower())[:40].strip("-")
    text = f"{kind}:{name}:{now_ns}:{secrets.token_hex(8)}"
    mark = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{slug}-{mark}" if slug else mark


# Beside a method called `list`, the type needs another name.
DocumentList: TypeAlias = list[Document]
# Id, name and body of documents that are put back.
Restored: TypeAlias = Sequence[tuple[str, str, Mapping[str, Any]]]


class Documents:
    """
    Keep what the operator saves.

    Delivery: a change is in the table when the call returns. Another gateway's change is seen
    within 5 s when read, and at once when the same document is written: a write compares with the
    table, not with the cache. While ClickHouse does not answer, reads go on from the cache.

    Parameters
    ----------
    config : ClickHouseConfig
        Where the table is.
    now_ns : callable
        Wall time, ns UTC.
    reread_s : float
        Time between two looks at what others have written.

    Raises
    ------
    Problem
        `not_found`, `version_mismatch`, `conflict`, `too_large`, `parameter_invalid`.
    ConnectorError
        ClickHouse does not answer a write.
    """

    def __init__(
        self,
        config: ClickHouseConfig,
        now_ns: Callable[[], int] = time.time_ns,
        reread_s: float = REREAD_S,
    ) -> None:
        self._config = config
        self._now_ns = now_ns
        self._reread_s = reread_s
        self._lock = asyncio.Lock()
        self._table: DocumentTable | None = None
        self._has_table = False
        self._known: dict[tuple[str, str], Document] = {}
        self._is_loaded = False
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Create the table, read it, and go on reading it; a store that is down is waited for."""
        self._table = DocumentTable(self._config)
        await self._try_to_read()
        self._task = asyncio.create_task(self._reread())

    async def stop(self) -> None:
        """End reading."""
        await cancel(self._task)
        self._task = None
        if self._table is not None:
            await asyncio.to_thread(self._table.close)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call something, in the event loop, whenever a document has changed."""
        self._listeners.append(listener)

    def cached(self, kind: str) -> DocumentList:
        """Return the documents of a kind as last read, by name; never waits, never fails."""
        found = [each for (known, _), each in self._known.items() if known == kind]
        return sorted(found, key=lambda each: (each.name, each.id))

    async def list(self, kind: str) -> DocumentList:
        """Return the documents of a kind, by name."""
        check_kind(kind)
        self._check_loaded()
        return self.cached(kind)

    async def get(self, kind: str, document_id: str) -> Document:
        """Return the document of an id."""
        check_kind(kind)
        self._check_loaded()
        found = self._known.get((kind, document_id))
        if found is None:
            raise _missing(kind, document_id)
        return found

    async def create(self, kind: str, name: str, body: Mapping[str, Any]) -> Document:
        """Store a new document and return it."""
        kept = _checked(kind, name, body)
        async with self._lock:
            known = self._table_or_problem()
            await self._read(known)
            if len(self.cached(kind)) >= MAX_PER_KIND:
                raise Problem("conflict", f"{MAX_PER_KIND} {kind} are kept; delete one first")
            now_ns = self._now_ns()
            new_id = id_of_new(kind, name, kept, now_ns)
            before = await asyncio.to_thread(known.read, kind, new_id)
            if before is not None and not before.deleted:
                raise Problem("conflict", f"there is a document {new_id} of {kind} already")
            version = 1 if before is None else before.version + 1
            found = Document(
                kind=kind, id=new_id, name=name, version=version, updated_ts=now_ns, body=kept
            )
            await self._write(known, found)
        return found

    async def put(
        self, kind: str, document_id: str, name: str, body: Mapping[str, Any], version: int
    ) -> Document:
        """
        Replace a document and return it as it is now.

        Parameters
        ----------
        kind, document_id : str
            Kind and id.
        name, body : str, mapping
            What it is from now on.
        version : int
            The version that is replaced; any other is refused with `version_mismatch`.
        """
        kept = _checked(kind, name, body)
        async with self._lock:
            known = self._table_or_problem()
            before = await self._current(known, kind, document_id, version)
            if kind == "acks" and kept["trade_date"] != document_id:
                raise Problem("conflict", f"the document {document_id} is of that date only")
            found = msgspec.structs.replace(
                before, name=name, body=kept, version=version + 1, updated_ts=self._now_ns()
            )
            await self._write(known, found)
        return found

    async def delete(self, kind: str, document_id: str, version: int) -> None:
        """Delete a document; of another version it is refused with `version_mismatch`."""
        check_kind(kind)
        async with self._lock:
            known = self._table_or_problem()
            before = await self._current(known, kind, document_id, version)
            gone = msgspec.structs.replace(before, version=version + 1, updated_ts=self._now_ns())
            await asyncio.to_thread(known.write, [gone.row(deleted=True)])
            self._known.pop((kind, document_id), None)
        self._tell()

    async def bundle(self) -> Mapping[str, DocumentList]:
        """Return every document by kind."""
        self._check_loaded()
        return {kind: self.cached(kind) for kind in KINDS}

    async def restore(self, documents: Mapping[str, Restored]) -> int:
        """
        Put documents back and return how many there were; others stay as they are.

        Parameters
        ----------
        documents : mapping
            By kind: id, name and body of each. All are checked before any is written.
        """
        checked = [
            (kind, _path_id(each[0]), each[1], _checked(kind, each[1], each[2]))
            for kind, those in documents.items()
            for each in those
        ]
        async with self._lock:
            known = self._table_or_problem()
            rows = {(row.kind, row.id): row for row in await asyncio.to_thread(known.read_all)}
            kept = {key for key, row in rows.items() if not row.deleted}
            kept |= {(kind, each) for kind, each, _, _ in checked}
            for kind in documents:
                if sum(key[0] == kind for key in kept) > MAX_PER_KIND:
                    raise Problem("conflict", f"more than {MAX_PER_KIND} {kind} would be kept")
            now_ns = self._now_ns()
            found = [
                Document(
                    kind=kind,
                    id=each,
                    name=name,
                    version=rows[kind, each].version + 1 if (kind, each) in rows else 1,
                    updated_ts=now_ns,
                    body=body,
                )
                for kind, each, name, body in checked
            ]
            if found:
                await asyncio.to_thread(known.write, [each.row() for each in found])
            self._known.update({(each.kind, each.id): each for each in found})
        self._tell()
        return len(found)

    def _table_or_problem(self) -> DocumentTable:
        if self._table is None:
            raise Problem("starting", "the gateway has not started yet")
        return self._table

    def _check_loaded(self) -> None:
        if not self._is_loaded:
            raise Problem("dependency_down", "the documents have not been read: no ClickHouse")

    async def _current(
        self, table: DocumentTable, kind: str, document_id: str, version: int
    ) -> Document:
        row = await asyncio.to_thread(table.read, kind, document_id)
        if row is None or row.deleted:
            self._known.pop((kind, document_id), None)
            raise _missing(kind, document_id)
        before = _document(row)
        self._known[kind, document_id] = before
        if before.version != version:
            msg = f"version {version} was to be changed, but it is {before.version} by now"
            raise Problem("version_mismatch", msg, headers={"ETag": before.etag})
        return before

    async def _write(self, table: DocumentTable, document: Document) -> None:
        await asyncio.to_thread(table.write, [document.row()])
        self._known[document.kind, document.id] = document
        self._tell()

    async def _reread(self) -> None:
        while True:
            await asyncio.sleep(self._reread_s)
            await self._try_to_read()

    async def _try_to_read(self) -> None:
        try:
            async with self._lock:
                await self._read(self._table_or_problem())
        except ConnectorError as error:
            log.warning("documents_unreadable", error=str(error))

    async def _read(self, table: DocumentTable) -> None:
        if not self._has_table:
            await asyncio.to_thread(table.create)
            self._has_table = True
        rows = await asyncio.to_thread(table.read_all)
        found: dict[tuple[str, str], Document] = {}
        for row in rows:
            if not row.deleted and row.kind in KINDS:
                known = self._known.get((row.kind, row.id))
                same = known is not None and known.version == row.version
                found[row.kind, row.id] = known if known and same else _document(row)
        is_news = found != self._known
        self._known, self._is_loaded = found, True
        if is_news:
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _document(row: DocumentRow) -> Document:
    kept = orjson.loads(row.body)
    return Document(
        kind=row.kind,
        id=row.id,
        name=kept["name"],
        version=row.version,
        updated_ts=row.updated_ts,
        body=kept["body"],
    )


def _missing(kind: str, name: str) -> Problem:
    return Problem("not_found", f"no document {name!r} of {kind}")


def _path_id(name: str) -> str:
    if not _ID.fullmatch(name):
        msg = f"{name[:80]!r} is no id: letters, digits, - and _, at most 80"
        raise Problem("parameter_invalid", msg, errors=[("id", msg)])
    return name


def _checked(kind: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    check_kind(kind)
    if not 0 < len(name) <= MAX_NAME:
        msg = f"expected 1 to {MAX_NAME} characters"
        raise Problem("parameter_invalid", f"name: {msg}", errors=[("name", msg)])
    if len(orjson.dumps(body)) > MAX_BYTES:
        raise Problem("too_large", f"a document holds at most {MAX_BYTES} bytes")
    kept = validated(kind, body)
    for action in kept["actions"] if kind == "alert-rules" else ():
        if action["kind"] == "webhook" and action["secret"] is None:
            action["secret"] = secrets.token_urlsafe(SECRET_BYTES)
    return kept
