"""The generated codecs write and read the bytes Avro defines; fastavro is the oracle."""

import io
import json

import fastavro
import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from schemas._wire import SMALL_LIMIT
from schemas._wire import AvroError
from schemas._wire import decode_long
from schemas._wire import encode_long
from schemas.catalog import topics
from schemas.codec import RecordCodec
from tests.schemas.strategies import records_of

NAMES = sorted(topics())


def oracle_schema(name: str) -> fastavro.types.Schema:
    # fastavro turns dates into datetime.date; our records keep the days Avro stores.
    text = topics()[name].text.replace('"logicalType":"date"', '"days":true')
    return fastavro.parse_schema(json.loads(text))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bytes_equal_those_of_fastavro_and_decode_to_the_record(
    name: str, data: st.DataObject
) -> None:
    topic = topics()[name]
    record = data.draw(records_of(topic))
    codec = RecordCodec(topic)
    body = codec.encode(record)
    expected = io.BytesIO()
    fastavro.schemaless_writer(expected, oracle_schema(name), msgspec.to_builtins(record))
    assert body == expected.getvalue()
    assert codec.decode(b"\0\0\0\0\7" + body, 5) == record


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_cut_or_lengthened_body_is_refused(name: str, data: st.DataObject) -> None:
    topic = topics()[name]
    codec = RecordCodec(topic)
    body = codec.encode(data.draw(records_of(topic)))
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(AvroError, match=name):
        codec.decode(body[:cut])
    with pytest.raises(AvroError, match="left behind"):
        codec.decode(body + b"\0")


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_round_trip(value: int) -> None:
    encoded = encode_long(value)
    assert decode_long(encoded, 0) == (value, len(encoded))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**70])
def test_an_integer_beyond_64_bits_is_refused(value: int) -> None:
    with pytest.raises(AvroError, match="64 bits"):
        encode_long(value)


@pytest.mark.parametrize("value", [0, 1, SMALL_LIMIT - 1, SMALL_LIMIT, SMALL_LIMIT + 1])
def test_the_table_of_small_integers_ends_without_a_seam(value: int) -> None:
    assert decode_long(encode_long(value), 0)[0] == value


def test_a_record_that_does_not_fit_names_its_topic() -> None:
    topic = topics()["options.nbbo"]
    record = topic.record_type(1, 2, 3, "id", "v", "s", "c", "u", "stream", None, 2.0, 1, 1)
    with pytest.raises(AvroError, match=r"options\.nbbo"):
        RecordCodec(topic).encode(record)
