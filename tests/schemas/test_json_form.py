import dataclasses
import json
import math

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from schemas.catalog import topics
from schemas.json_form import JsonForm
from schemas.json_form import is_nanos
from schemas.json_form import iso_date
from tests.schemas.strategies import records_of

TOPICS = topics()
DATE = {"type": "int", "logicalType": "date"}
LEG = {
    "type": "record",
    "name": "Leg",
    "fields": [{"name": "expiry", "type": DATE}, {"name": "seen_ts", "type": "long"}],
}
SCALARS = ("string", "int", "double", "boolean")


@pytest.mark.parametrize("name", TOPICS)
@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_json_says_every_field_under_its_own_name(name: str, data: st.DataObject) -> None:
    topic = TOPICS[name]
    record = data.draw(records_of(topic))
    form = JsonForm(topic)

    found = json.loads(form.encode(record))

    assert list(found) == list(record.__struct_fields__)
    for field in topic.schema["fields"]:
        value = getattr(record, field["name"])
        if is_nanos(field):
            assert found[field["name"]] == (None if value is None else str(value))
        elif field["type"] in SCALARS:
            is_number = not isinstance(value, float) or math.isfinite(value)
            assert found[field["name"]] == (value if is_number else None)
    assert form.plain(record).keys() == found.keys()


def test_times_are_texts_with_every_digit() -> None:
    fields = TOPICS["equities.candles"].schema["fields"]

    assert [field["name"] for field in fields if is_nanos(field)] == [
        "source_ts",
        "ingest_ts",
        "window_start",
        "window_end",
    ]


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "1970-01-01"), (19_723, "2024-01-01"), (-1, "1969-12-31"), (2**31 - 1, None)],
)
def test_days_are_dates(days: int, text: str | None) -> None:
    assert iso_date(days) == text


def test_dates_within_lists_and_within_records_are_texts_too() -> None:
    schema = {
        "name": "Ladder",
        "fields": [
            {"name": "source_ts", "type": "long"},
            {"name": "legs", "type": {"type": "array", "items": LEG}},
            {"name": "best", "type": ["null", "Leg"]},
            {"name": "days", "type": {"type": "array", "items": DATE}},
        ],
    }
    leg = msgspec.defstruct("Leg", [("expiry", int), ("seen_ts", int)])
    ladder = msgspec.defstruct(
        "Ladder", [(name, object) for name in ("source_ts", "legs", "best", "days")]
    )
    topic = dataclasses.replace(TOPICS["signals"], schema=schema)

    found = json.loads(JsonForm(topic).encode(ladder(5, (leg(1, 7),), leg(2, 8), (3,))))

    assert found == {
        "source_ts": "5",
        "legs": [{"expiry": "1970-01-02", "seen_ts": "7"}],
        "best": {"expiry": "1970-01-03", "seen_ts": "8"},
        "days": ["1970-01-04"],
    }
