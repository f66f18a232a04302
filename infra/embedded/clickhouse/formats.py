"""Output formats: their content types, and which may be sent block by block."""

from typing import Final

DEFAULT_FORMAT: Final = "TabSeparated"
# Names the engine's Python binding takes for itself and answers with objects, not bytes.
_NOT_BYTES: Final = frozenset({"arrowtable", "dataframe", "datastore", "debug"})
# The engine writes each block as a document of its own. Only where documents may follow one
# another without header, separator or footer is a stream of them one document.
_BLOCKWISE: Final = frozenset(
    {
        *("native", "rowbinary", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "raw", "csv"),
        *("jsoneachrow", "jsonlines", "ndjson", "jsonstringseachrow", "jsoncompacteachrow"),
        *("jsoncompactstringseachrow", "tskv", "msgpack", "rawblob", "lineasstring"),
    }
)
_TEXT: Final = "text/plain; charset=UTF-8"
_JSON: Final = "application/json; charset=UTF-8"
_TSV: Final = "text/tab-separated-values; charset=UTF-8"
_BINARY: Final = ("native", "rowbinary", "avro", "parquet", "orc", "arrow", "msgpack", "rawblob")


def is_bytes(format_name: str) -> bool:
    """Say whether the engine returns bytes for a format."""
    return format_name.lower() not in _NOT_BYTES


def is_blockwise(format_name: str) -> bool:
    """Say whether the blocks of a result may be formatted one by one."""
    return format_name.lower() in _BLOCKWISE


def content_type(format_name: str) -> str:
    """
    Return the content type ClickHouse gives a format.

    Examples
    --------
    >>> content_type("JSONCompact")
    'application/json; charset=UTF-8'
    """
    name = format_name.lower()
    if name.startswith(("json", "ndjson")):
        is_lines = "eachrow" in name or name in {"jsonlines", "ndjson"}
        return "application/x-ndjson; charset=UTF-8" if is_lines else _JSON
    if name.startswith("csv"):
        header = "present" if "withnames" in name else "absent"
        return f"text/csv; charset=UTF-8; header={header}"
    if name.startswith(("tabseparated", "tsv", "tskv")):
        return _TSV
    if name.startswith(_BINARY):
        return "application/octet-stream"
    return _TEXT
