"""What routes answer with, as pydantic models made from the Avro schemas; gateway, 3."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated
from typing import Any
from typing import Final
from typing import Literal
from typing import cast

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import create_model

from api.streams import STREAMS
from api.streams import Stream
from schemas.catalog import topics
from schemas.json_form import is_nanos

NANOS_PATTERN: Final = r"^-?[0-9]{1,19}$"
DATE_PATTERN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

Nanos = Annotated[str, Field(pattern=NANOS_PATTERN, description="ns UTC, decimal digits")]
IsoDate = Annotated[str, Field(pattern=DATE_PATTERN, description="YYYY-MM-DD")]
Source = Literal["hot", "store", "mixed"]
_SCALARS: Final[Mapping[str, object]] = {
    "long": int,
    "int": int,
    "double": float,
    "string": str,
    "boolean": bool,
}


class Strict(BaseModel):
    """A body with these members and no others, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Position(Strict):
    """Where a page ends; `before_ts` and `before_seq`, or `after_…`, of the next one."""

    ts: Nanos
    seq: int


class PrintLink(Strict):
    """What is known of a print: its packet and what was read from that."""

    packet_id: str | None = None
    structure_id: str | None = None
    profile: str | None = None
    probability: float | None = None
    direction: str | None = None
    abstained: bool | None = None
    hits: list[str] = []
    alert_id: str | None = None


class _Models:
    """The models of one schema and of the records within it."""

    def __init__(self) -> None:
        self._named: dict[str, type[BaseModel]] = {}

    def record(self, schema: Mapping[str, Any]) -> type[BaseModel]:
        name = schema["name"]
        if name in self._named:
            return self._named[name]
        known = _RECORDS.get(name)
        fields: dict[str, Any] = {}
        for field in schema["fields"]:
            kind = self._nanos(field) if is_nanos(field) else self._of(field["type"])
            fields[field["name"]] = (kind, Field(..., description=field.get("doc") or None))
        made = known or cast(
            "type[BaseModel]",
            create_model(name, __base__=Strict, __doc__=schema.get("doc"), **fields),
        )
        # Records of one name have one shape in every schema; so has the document one of each.
        self._named[name] = _RECORDS[name] = made
        return made

    @staticmethod
    def _nanos(field: Mapping[str, Any]) -> object:
        return Nanos | None if isinstance(field["type"], list) else Nanos

    def _of(self, kind: Any) -> Any:  # noqa: ANN401 - a schema to an annotation
        if isinstance(kind, list):
            (branch,) = [each for each in kind if each != "null"]
            return self._of(branch) | None
        if not isinstance(kind, Mapping):
            return _SCALARS.get(kind) or self._named[kind]
        if kind.get("logicalType") == "date":
            return IsoDate
        if kind["type"] == "record":
            return self.record(kind)
        if kind["type"] == "array":
            return list[self._of(kind["items"])]  # type: ignore[misc]
        if kind["type"] == "map":
            return dict[str, self._of(kind["values"])]  # type: ignore[misc]
        return self._of(kind["type"])


_RECORDS: Final[dict[str, type[BaseModel]]] = {}


@cache
def record_model(topic: str) -> type[BaseModel]:
    """Return the model of a topic's records as `schemas.json_form` writes them."""
    return _Models().record(topics()[topic].schema)


def _named(stream: Stream, suffix: str) -> str:
    return "".join(part.title() for part in stream.name.split("-")) + suffix


def _links(stream: Stream) -> dict[str, Any]:
    if stream.name not in {"options", "flow"}:
        return {}
    text = "by print id, what is known of the prints of this page"
    return {"links": (dict[str, PrintLink], Field(..., description=text))}


@cache
def page_model(stream_name: str) -> type[BaseModel]:
    """Return the model of a descending page of a stream."""
    return _page(stream_name, "Page", "next_before")


@cache
def ascending_model(stream_name: str) -> type[BaseModel]:
    """Return the model of an ascending page of a stream."""
    return _page(stream_name, "AscendingPage", "next")


def _page(stream_name: str, suffix: str, next_name: str) -> type[BaseModel]:
    stream = STREAMS[stream_name]
    row = record_model(stream.topic)
    fields: dict[str, Any] = {
        "data": (list[row], Field(..., description="records, in order")),  # type: ignore[valid-type]
        next_name: (Position | None, Field(..., description="null at the end")),
        "next_cursor": (str | None, Field(..., description="null at the end")),
        "source": (Source, Field(..., description="rings, tables, or both")),
        "as_of": (Nanos, Field(..., description="when it was read")),
    }
    return cast(
        "type[BaseModel]",
        create_model(_named(stream, suffix), __base__=Strict, **fields, **_links(stream)),
    )


class ByTrace(Strict):
    """Prints by trace id."""

    data: list[record_model("options.tape")] = Field(  # type: ignore[valid-type]
        description="in the order asked"
    )
    missing: list[str] = Field(description="ids that neither rings nor tables have")


class Candles(Strict):
    """Bars of a chart."""

    data: list[record_model("equities.candles")] = Field(  # type: ignore[valid-type]
        description="oldest first"
    )
    forming: record_model("equities.candles") | None = Field(  # type: ignore[valid-type]
        description="the newest, while it is not closed"
    )
