"""Records out of the Avro bodies ClickHouse prints for its tables."""

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from schemas.catalog import topics
from schemas.codec import RecordCodec


def _plain(kind: Any) -> Any:  # noqa: ANN401 - a schema, JSON
    """Return a type as the table has it: a record that may be missing is stored all the same."""
    if isinstance(kind, list):
        records = [each for each in kind if isinstance(each, Mapping) and each["type"] == "record"]
        return records[0] if records else kind
    return kind


@cache
def stored_decoder(name: str) -> Callable[[bytes], Any]:
    """
    Return the function that decodes a row of a topic's table, in Avro, into its record.

    A table holds a missing nested record as the empty one (ClickHouse has no nullable tuples that
    last); it comes back as null. Empty is one whose texts all are.

    Raises
    ------
    AvroError
        From the function: the body is not of the record's schema.
    """
    topic = topics()[name]
    fields = topic.schema["fields"]
    stored = [{**field, "type": _plain(field["type"])} for field in fields]
    optional = [
        (
            field["name"],
            [part["name"] for part in mine["type"]["fields"] if part["type"] == "string"],
        )
        for field, mine in zip(fields, stored, strict=True)
        if mine["type"] is not field["type"]
    ]
    schema = {**topic.schema, "fields": stored}
    decode = RecordCodec(dataclasses.replace(topic, schema=schema)).decode
    if not optional:
        return decode

    def restored(body: bytes) -> Any:  # noqa: ANN401 - the topic decides the type
        record = decode(body)
        missing = {
            name: None
            for name, texts in optional
            if not any(getattr(getattr(record, name), text) for text in texts)
        }
        return msgspec.structs.replace(record, **missing) if missing else record

    return restored
