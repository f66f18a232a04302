"""
Records as JSON: what sockets, REST and the terminal say.

Field names are the schema's own. Event times are decimal strings, because a JavaScript number loses
their last digits; dates are `YYYY-MM-DD`; what is not a number is null.
"""

from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any
from typing import Final
from typing import Generic
from typing import TypeVar

import msgspec

from schemas.catalog import Topic
from schemas.catalog import topics

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_NANOS: Final = frozenset({"ts", "window_start", "window_end"})

R = TypeVar("R", bound=msgspec.Struct)
Convert = Callable[[Any], Any]


def is_nanos(field: Mapping[str, Any]) -> bool:
    """
    Return whether a field of an Avro record holds an event time in ns UTC.

    That is a long, perhaps null, whose name is `ts`, ends in `_ts`, or bounds a window.
    """
    kind = field["type"]
    branches = kind if isinstance(kind, list) else [kind]
    name = field["name"]
    return "long" in branches and (name.endswith("_ts") or name in _NANOS)


@cache
def iso_date(days: int) -> str | None:
    """Return days since 1970-01-01 as `YYYY-MM-DD`, null beyond the years 1 to 9999."""
    try:
        return date.fromordinal(_EPOCH_ORDINAL + days).isoformat()
    except (ValueError, OverflowError):
        return None


class JsonForm(Generic[R]):
    """
    Encode the records of one topic as JSON objects.

    Parameters
    ----------
    topic : Topic
        Name, schema and record type.
    """

    def __init__(self, topic: Topic[R]) -> None:
        # Every record of ours has an event time, so there is something to change.
        self._convert = _Forms().record(topic.schema) or _same
        self._encode = msgspec.json.Encoder().encode

    def encode(self, record: R) -> bytes:
        """Return the record as one JSON object."""
        return self._encode(self._convert(record))

    def plain(self, record: R) -> dict[str, Any]:
        """Return the record as the plain data of its JSON object."""
        found: dict[str, Any] = msgspec.to_builtins(self._convert(record))
        return found


@cache
def json_form(topic: str) -> JsonForm[Any]:
    """Return the JSON form of a topic's records; built once per process."""
    return JsonForm(topics()[topic])


def _same(record: object) -> object:
    return record


class _Forms:
    """What changes the values of one schema; null for what stays as it is."""

    def __init__(self) -> None:
        self._named: dict[str, Convert | None] = {}

    def record(self, schema: Mapping[str, Any]) -> Convert | None:
        """Return what turns a record into one that differs only in texts for times and dates."""
        names = [field["name"] for field in schema["fields"]]
        changes = [
            (at, change)
            for at, field in enumerate(schema["fields"])
            if (change := str if is_nanos(field) else self._of(field["type"])) is not None
        ]
        if not changes:
            return None
        form = msgspec.defstruct(schema["name"], [(each, Any) for each in names], gc=False)
        # The getter of several names gives a tuple at C speed; every record of ours has several.
        read = attrgetter(*names)

        def convert(record: object) -> object:
            values = list(read(record))
            for at, change in changes:
                value = values[at]
                if value is not None:
                    values[at] = change(value)
            return form(*values)

        return convert

    def _of(self, kind: Any) -> Convert | None:  # noqa: ANN401 - a schema, JSON
        if isinstance(kind, list):
            forms = [form for branch in kind if (form := self._of(branch)) is not None]
            return forms[0] if forms else None
        if not isinstance(kind, Mapping):
            return self._named.get(kind)
        if kind.get("logicalType") == "date":
            return iso_date
        if kind["type"] == "record":
            self._named[kind["name"]] = form = self.record(kind)
            return form
        if kind["type"] == "array":
            return _each(self._of(kind["items"]))
        if kind["type"] == "map":
            return _each_value(self._of(kind["values"]))
        return None


def _each(form: Convert | None) -> Convert | None:
    return None if form is None else lambda values: [form(value) for value in values]


def _each_value(form: Convert | None) -> Convert | None:
    return None if form is None else lambda values: {name: form(values[name]) for name in values}
