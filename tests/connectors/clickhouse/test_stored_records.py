"""Rows come back as the records that were stored, also those whose nested record is missing."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.clickhouse.avro_rows import read_rows
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.stored_records import stored_decoder
from connectors.tape.table import AVRO
from infra.embedded.stack import EmbeddedStack
from schemas.catalog import topics
from schemas.codec import RecordCodec
from tests.schemas.strategies import records_of
from tests.services.every_field import filled

OPTIONAL: Final = {"flow.packets": "structure", "flow.alerts": "settlement"}
DATABASE: Final = "stored_records"


@pytest.mark.parametrize("name", sorted(set(topics()) - set(OPTIONAL)))
@settings(max_examples=3, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_record_without_optional_ones_is_stored_as_its_own_body(
    name: str, data: st.DataObject
) -> None:
    codec: RecordCodec[Any] = RecordCodec(topics()[name])
    body = codec.encode(data.draw(records_of(topics()[name])))

    assert codec.encode(stored_decoder(name)(body)) == body


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHttp]:
    with EmbeddedStack(tmp_path_factory.mktemp("stored-records")) as stack:
        config = ClickHouseConfig(url=stack.addresses.clickhouse, database=DATABASE)
        create_tables(config)
        with closing(ClickHouseHttp(config)) as client:
            yield client


def stored(client: ClickHouseHttp, name: str, records: list[Any]) -> list[Any]:
    """Insert records as persist does and read them as the gateway does."""
    topic = topics()[name]
    codec: RecordCodec[Any] = RecordCodec(topic)
    bodies = [codec.encode(record) for record in records]
    client.execute(f"TRUNCATE TABLE `{topic.table}`")
    client.insert_avro(topic.table, avro_container(topic.text, bodies))
    columns = ", ".join(f"`{field['name']}`" for field in topic.schema["fields"])
    answer = client.read(
        f"SELECT trace_id AS _key, {columns} FROM `{topic.table}` ORDER BY trace_id {AVRO}"  # noqa: S608 - our own names
    )
    _, rows = read_rows(answer)
    return [stored_decoder(name)(row) for row in rows]


@pytest.mark.parametrize("name", sorted(topics()))
def test_every_topic_comes_back_out_of_clickhouse_as_it_went_in(
    name: str, clickhouse: ClickHouseHttp
) -> None:
    record_type = topics()[name].record_type
    # Every third has nulls where it may; the key and the trace id tell them apart.
    records = [
        msgspec.structs.replace(filled(record_type, number), trace_id=f"x:{number}")
        for number in range(6)
    ]

    assert stored(clickhouse, name, records) == records


@pytest.mark.parametrize(("name", "field"), sorted(OPTIONAL.items()))
def test_missing_nested_record_is_null_again_and_one_that_is_there_is_not(
    name: str, field: str, clickhouse: ClickHouseHttp
) -> None:
    with_it: Any = msgspec.structs.replace(filled(topics()[name].record_type, 1), trace_id="a")
    without: Any = msgspec.structs.replace(
        filled(topics()[name].record_type, 2), trace_id="b", **{field: None}
    )

    first, second = stored(clickhouse, name, [with_it, without])

    assert getattr(first, field) == getattr(with_it, field) is not None
    assert getattr(second, field) is None
    assert [first, second] == [with_it, without]
