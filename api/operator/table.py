"""The table of operator's documents, the only one the gateway writes."""

from typing import Final

import msgspec
import orjson

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp

TABLE: Final = "operator_documents"
_CREATE: Final = f"""
CREATE TABLE IF NOT EXISTS {TABLE}
(
    `kind` String,
    `id` String,
    `version` UInt64,
    `deleted` UInt8,
    `body` String,
    `updated_ts` Int64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (kind, id)
COMMENT 'What the operator saved; body is name and content as JSON. Read with FINAL.'
"""
_COLUMNS: Final = "kind, id, version, deleted, body, updated_ts"
_FORMAT: Final = (
    "SETTINGS output_format_json_quote_64bit_integers = 0"
    " FORMAT JSONEachRow"
)  # fmt: skip
_ALL: Final = f"SELECT {_COLUMNS} FROM {TABLE} FINAL ORDER BY kind, id {_FORMAT}"  # noqa: S608 - our own names
_ONE: Final = f"SELECT {_COLUMNS} FROM {TABLE} FINAL WHERE kind = {{kind:String}} AND id = {{id:String}} {_FORMAT}"  # noqa: E501, S608 - our own names


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    One version of a document.

    Parameters
    ----------
    kind, id : str
        Which document.
    version : int
        From 1.
    deleted : int
        1 for one that is gone; its row stays, so that the version goes on.
    body : str
        `{"name", "body"}` as JSON.
    updated_ts : int
        Wall time of the change, ns UTC.
    """

    kind: str
    id: str
    version: int
    deleted: int
    body: str
    updated_ts: int


_DECODE: Final = msgspec.json.Decoder(DocumentRow)


class DocumentTable:
    """
    Read and write rows; every method blocks.

    Delivery: a row is stored when `write` returns; written twice, the second one counts.

    Parameters
    ----------
    config : ClickHouseConfig
        Where the table is, or is to be.

    Raises
    ------
    ConnectorError
        From every method: ClickHouse does not answer, or refuses.
    """

    def __init__(self, config: ClickHouseConfig) -> None:
        self._database = config.database
        self._http = ClickHouseHttp(config)

    def create(self) -> None:
        """Create database and table unless they exist."""
        self._http.execute(f"CREATE DATABASE IF NOT EXISTS `{self._database}`", in_database=False)
        self._http.execute(_CREATE)

    def read_all(self) -> list[DocumentRow]:
        """Return the newest version of every document, deleted ones too."""
        return [_DECODE.decode(line) for line in self._http.read(_ALL).splitlines() if line]

    def read(self, kind: str, document_id: str) -> DocumentRow | None:
        """Return the newest version of a document, null for none."""
        found = self._http.read(_ONE, {"kind": kind, "id": document_id}).splitlines()
        return _DECODE.decode(found[0]) if found else None

    def write(self, rows: list[DocumentRow]) -> None:
        """Store versions."""
        lines = b"\n".join(orjson.dumps(msgspec.to_builtins(row)) for row in rows)
        self._http.execute(f"INSERT INTO {TABLE} FORMAT JSONEachRow\n{lines.decode()}")

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
