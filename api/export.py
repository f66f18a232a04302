"""Exports: what is asked of the store, and how its answer is passed on."""

from collections.abc import AsyncIterator
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final

import msgspec

from api.live.filters import Filters
from api.pages import database_for
from api.params import parse_texts
from api.problems import Problem
from api.store import Store
from api.streams import Stream

_SORT: Final = " ORDER BY source_ts, seq, trace_id"
# What does not fit is sorted on disk; a long export is no reason to end a query early.
_SETTINGS: Final[Mapping[str, str]] = {
    "max_bytes_before_external_sort": str(256 << 20),
    "max_memory_usage": str(2 << 30),
    "max_execution_time": "1800",
    # A reader in JavaScript would round times and sequences that are numbers.
    "output_format_json_quote_64bit_integers": "1",
    "output_format_json_named_tuples_as_objects": "1",
    "output_format_json_quote_denormals": "0",
}


class Format(msgspec.Struct, frozen=True):
    """
    A format of exports.

    Parameters
    ----------
    written : str
        Its name in ClickHouse.
    media_type : str
        Of the answer.
    """

    written: str
    media_type: str


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("CSVWithNames", "text/csv; charset=utf-8"),
    "parquet": Format("Parquet", "application/vnd.apache.parquet"),
    "jsonl": Format("JSONEachRow", "application/x-ndjson"),
}


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """
    Rows that are to be exported.

    Parameters
    ----------
    filters : Filters
        Stream and records.
    columns : tuple of str
        Fields of the stream, in the order written.
    written : str
        One of `FORMATS`.
    since, until : int | None
        Bounds of `source_ts`, ns UTC; the first belongs, the second does not.
    run : str
        Replay run; empty for live.
    """

    filters: Filters
    columns: tuple[str, ...]
    written: str
    since: int | None = None
    until: int | None = None
    run: str = ""

    def from_where(self) -> tuple[str, dict[str, object]]:
        """Return table and condition of the query, and its bound parameters."""
        where, bound = self.filters.where()
        parts = [where]
        if self.since is not None:
            parts.append("source_ts >= {since:Int64}")
            bound["since"] = self.since
        if self.until is not None:
            parts.append("source_ts < {until:Int64}")
            bound["until"] = self.until
        return f"FROM `{self.filters.stream.table}` FINAL WHERE {' AND '.join(parts)}", bound


def columns_of(stream: Stream, given: str | None) -> tuple[str, ...]:
    """
    Return the columns of an export, in the schema's order; all of them by default.

    Raises
    ------
    Problem
        422: no such column.
    """
    known = [field["name"] for field in stream.schema.schema["fields"]]
    wanted = parse_texts("columns", given, known)
    return tuple(name for name in known if not wanted or name in wanted)


async def check_size(store: Store, export: Export, most_rows: int) -> None:
    """
    Refuse an export that has too many rows.

    Raises
    ------
    Problem
        `too_large`, with the count.
    """
    rest, bound = export.from_where()
    name = f"count:{export.filters.stream.name}"
    sql = f"SELECT count() AS n {rest}"
    (row,) = await store.select(name, sql, bound, database=database_for(store, export.run))
    if row["n"] > most_rows:
        msg = f"{row['n']} rows, at most {most_rows} an export; narrow the time or the filters"
        raise Problem("too_large", msg)


async def export_bytes(store: Store, export: Export) -> AsyncIterator[bytes]:
    """Yield the export as the store writes it, in the order of time."""
    rest, bound = export.from_where()
    columns = ", ".join([f"`{name}`" for name in export.columns])
    written = FORMATS[export.written].written
    sql = f"SELECT {columns} {rest}{_SORT} FORMAT {written}"
    answer = store.stream(sql, bound, _SETTINGS, database=database_for(store, export.run))
    async with aclosing(answer) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            yield chunk
