"""Results as JSON: numbers JavaScript keeps, everything else as text."""

from typing import Any
from typing import Final

import msgspec
import orjson
from pydantic import BaseModel
from pydantic import Field

MAX_NUMBER: Final = 1 << 53


class SqlColumn(BaseModel):
    """One column of a result."""

    name: str
    type: str = Field(description="ClickHouse's type")


class SqlResult(BaseModel):
    """The answer of a statement."""

    columns: list[SqlColumn]
    data: list[list[Any]] = Field(
        description="rows; whole numbers from 2^53 and decimals as strings, NaN as null"
    )
    rows: int
    rows_read: int
    elapsed_ms: float


class _Statistics(msgspec.Struct, gc=False):
    elapsed: float = 0.0
    rows_read: int = 0


class _Answer(msgspec.Struct, gc=False):
    meta: list[dict[str, str]]
    data: list[list[Any]]
    rows: int
    statistics: _Statistics


def result_json(answer: bytes) -> tuple[bytes, int]:
    """
    Return the JSON of an answer in ClickHouse's JSONCompact, and how many rows it has.

    A whole number a JavaScript number cannot hold becomes a string, wherever it stands.
    """
    found = msgspec.json.decode(answer, type=_Answer)
    body = {
        "columns": found.meta,
        "data": [[_safe(cell) for cell in row] for row in found.data],
        "rows": found.rows,
        "rows_read": found.statistics.rows_read,
        "elapsed_ms": round(found.statistics.elapsed * 1000, 3),
    }
    return orjson.dumps(body), found.rows


def _safe(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int):
        return value if -MAX_NUMBER < value < MAX_NUMBER else str(value)
    if isinstance(value, list):
        return [_safe(each) for each in value]
    return {key: _safe(each) for key, each in value.items()}
