"""What the zero-decode sink does with good, bad and unlucky batches."""

import io
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from typing import cast

import fastavro
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.sink import TableWriter
from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.kafka.batch import TopicBatch
from schemas.catalog import topics
from schemas.codec import codec_of
from schemas.records import OptionsPrint
from tests.connectors.clickhouse.clickhouse_server import TOO_MANY_QUERIES
from tests.connectors.clickhouse.clickhouse_server import UNKNOWN_TABLE
from tests.connectors.clickhouse.clickhouse_server import ClickHouseServer
from tests.connectors.kafka.market import a_print

HEADER = b"\0\0\0\0\7"


class Schemas:
    def writer_schema(self, schema_id: int) -> str:
        if schema_id != 7:
            msg = f"schema id {schema_id} is not registered"
            raise RejectedRecord(msg)
        return topics()["options.prints"].text


@pytest.fixture
def server() -> Iterator[ClickHouseServer]:
    with ClickHouseServer() as server:
        yield server


def writer(url: str, stop: threading.Event | None = None, retry_s: float = 20.0) -> TableWriter:
    config = ClickHouseConfig(
        url=url, retry_s=retry_s, first_backoff_s=0.01, max_backoff_s=0.02, timeout_s=5
    )
    return TableWriter(config, ClickHouseHttp(config), Schemas(), stop or threading.Event())


def batch(values: list[bytes | None]) -> TopicBatch:
    count = len(values)
    return TopicBatch(
        topic="options.prints",
        values=values,
        keys=[b"NVDA"] * count,
        partitions=[4] * count,
        offsets=list(range(100, 100 + count)),
        next_offsets={4: 100 + count},
    )


def a_value(number: int) -> bytes:
    return HEADER + codec_of(OptionsPrint).encode(a_print(number))


def sequence(container: bytes) -> list[int]:
    records = cast(Iterable[dict[str, int]], fastavro.reader(io.BytesIO(container)))
    return [record["seq"] for record in records]


def rows(stored: list[bytes]) -> list[int]:
    return sorted(seq for body in stored for seq in sequence(body))


def test_container_is_what_an_avro_reader_reads() -> None:
    text = topics()["options.prints"].text
    bodies = [a_value(i)[5:] for i in range(3)]

    container = avro_container(text, bodies)

    assert sequence(container) == [0, 1, 2]
    assert container == avro_container(text, bodies)


def test_batch_is_one_insert_into_the_table_of_its_topic(server: ClickHouseServer) -> None:
    assert writer(server.url).write(batch([a_value(i) for i in range(50)])) == []

    assert rows(server.stored) == list(range(50))
    (query,) = server.queries
    assert query["query"] == ["INSERT INTO `options_prints` FORMAT Avro"]
    assert (query["database"], query["async_insert"]) == (["islandflow"], ["0"])


def test_busy_server_is_tried_again_until_it_takes_the_batch(server: ClickHouseServer) -> None:
    server.script.extend([TOO_MANY_QUERIES] * 4)

    assert writer(server.url).write(batch([a_value(1)])) == []

    assert rows(server.stored) == [1]
    assert len(server.queries) == 5


def test_server_that_stays_away_stops_the_flow_and_says_where_the_data_is() -> None:
    with pytest.raises(TransientConnector, match="still in the log"):
        writer("http://127.0.0.1:9", retry_s=0.05).write(batch([a_value(1)]))


def test_stop_gives_up_retrying_at_once() -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(TransientConnector, match="still in the log"):
        writer("http://127.0.0.1:9", stop, retry_s=3600).write(batch([a_value(1)]))


def test_bad_records_are_found_and_the_rest_is_stored(server: ClickHouseServer) -> None:
    values: list[bytes | None] = [a_value(i) for i in range(40)]
    values[7] = values[31] = HEADER + b"POISON"

    poison = writer(server.url).write(batch(values))

    assert [(each.partition, each.offset, each.value) for each in poison] == [
        (4, 107, HEADER + b"POISON"),
        (4, 131, HEADER + b"POISON"),
    ]
    assert all("Cannot read all data" in each.error for each in poison)
    assert rows(server.stored) == [i for i in range(40) if i not in {7, 31}]


def test_what_has_no_header_or_an_unknown_schema_is_put_aside(server: ClickHouseServer) -> None:
    values = [a_value(1), None, b"", b"no header", b"\0\0\0\0\x63body", a_value(2)]

    poison = writer(server.url).write(batch(values))

    assert [each.offset for each in poison] == [101, 102, 103, 104]
    assert "schema id 99 is not registered" in poison[3].error
    assert rows(server.stored) == [1, 2]


def test_table_that_takes_no_record_stops_the_flow(server: ClickHouseServer) -> None:
    with pytest.raises(MisconfiguredConnector, match="takes no record"):
        writer(server.url).write(batch([HEADER + b"POISON"] * 17))

    assert server.stored == []


def test_missing_table_stops_the_flow_without_trying_again(server: ClickHouseServer) -> None:
    server.script.append(UNKNOWN_TABLE)

    with pytest.raises(MisconfiguredConnector, match="does not exist"):
        writer(server.url).write(batch([a_value(1)]))

    assert len(server.queries) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "localhost:8123"}, "CLICKHOUSE_URL"),
        ({"database": "drop table"}, "CLICKHOUSE_DATABASE"),
        ({"timeout_s": 0.0}, "timeout_s"),
        ({"first_backoff_s": 2.0, "max_backoff_s": 1.0}, "backoff"),
    ],
)
def test_wrong_settings_are_refused_by_name(changes: dict[str, object], said: str) -> None:
    with pytest.raises(MisconfiguredConnector, match=said):
        ClickHouseConfig(**{"url": "http://x", **changes})  # type: ignore[arg-type]
