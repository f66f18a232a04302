"""Frames that are not requests, and requests the broker does not serve."""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from kio.index import load_request_schema

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig
from infra.errors import MisconfiguredInfra
from tests.infra.embedded.kafka.broker_process import poll_until
from tests.infra.embedded.kafka.broker_process import running_broker
from tests.infra.embedded.kafka.making import make_batch
from tests.infra.embedded.kafka.wire_client import WireClient

PRODUCE, FETCH, METADATA, API_VERSIONS, END_TXN = 0, 1, 3, 18, 26
UNSUPPORTED_VERSION = 35


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    config = BrokerConfig(data_dir=tmp_path / "log", max_request_bytes=1 << 20, max_connections=8)
    with running_broker(config) as started:
        yield started


def answers(broker: KafkaBroker) -> bool:
    with WireClient(broker.port) as client:
        return client.ask(API_VERSIONS, 0, b"") is not None


def counted(broker: KafkaBroker, name: str, at_least: int = 1) -> None:
    poll_until(lambda: broker.counters.get(name, 0) >= at_least, f"{name} >= {at_least}")


@pytest.mark.parametrize(
    ("raw", "counter"),
    [
        (b"GET / HTTP/1.1\r\nHost: kafka\r\n\r\n", "frames_oversized"),
        (struct.pack(">i", (1 << 20) + 1), "frames_oversized"),
        (struct.pack(">i", -5) + b"12345678", "frames_garbage"),
        (struct.pack(">i", 3) + b"123", "frames_garbage"),
        (struct.pack(">ihhi", 8, 9999, 0, 1), "requests_unsupported"),
        (struct.pack(">ihhi", 8, -2, 0, 1), "frames_garbage"),
        (struct.pack(">ihhih", 10, METADATA, 1, 1, 500), "frames_garbage"),
        (struct.pack(">ihhihi", 14, METADATA, 1, 1, -1, 2**30), "frames_garbage"),
        (struct.pack(">ihhih", 10, PRODUCE, 3, 1, -1), "frames_garbage"),
        (struct.pack(">ihhihhhii", 22, PRODUCE, 3, 1, -1, -1, 1, 1, 77), "frames_garbage"),
    ],
)
def test_what_is_not_a_request_closes_its_connection_and_is_counted(
    broker: KafkaBroker, raw: bytes, counter: str
) -> None:
    with WireClient(broker.port) as client:
        client.send(raw)
        assert client.is_closed_by_broker()
    counted(broker, counter)
    assert answers(broker)


def test_a_frame_cut_off_by_the_client_is_counted(broker: KafkaBroker) -> None:
    with WireClient(broker.port) as client:
        client.send(struct.pack(">i", 1000) + b"only this")
    counted(broker, "frames_truncated")
    assert answers(broker)


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    config = BrokerConfig(data_dir=tmp_path_factory.mktemp("log"), max_request_bytes=1 << 20)
    with running_broker(config) as started:
        yield started


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    api_key=st.integers(0, 75),
    version=st.integers(0, 14),
    body=st.binary(max_size=200),
)
def test_no_body_takes_the_broker_down(
    shared_broker: KafkaBroker, api_key: int, version: int, body: bytes
) -> None:
    failed = shared_broker.counters.get("requests_failed", 0)
    with WireClient(shared_broker.port) as client:
        client.request(api_key, version, body)
    assert answers(shared_broker)
    assert shared_broker.counters.get("requests_failed", 0) == failed


def test_an_unknown_version_of_api_versions_is_answered_in_version_zero(
    broker: KafkaBroker,
) -> None:
    with WireClient(broker.port) as client:
        answer = client.ask(API_VERSIONS, 99, b"\x01\x01\x00", flexible=True)
        assert answer is not None
        code, count = struct.unpack_from(">hi", answer, 0)
        assert code == UNSUPPORTED_VERSION
        keys = {struct.unpack_from(">hhh", answer, 6 + 6 * n) for n in range(count)}
        assert (API_VERSIONS, 0, 4) in keys
        assert client.ask(API_VERSIONS, 0, b"") is not None


def test_every_version_told_is_known_to_the_protocol_library(broker: KafkaBroker) -> None:
    with WireClient(broker.port) as client:
        answer = client.ask(API_VERSIONS, 0, b"")
    assert answer is not None
    count = struct.unpack_from(">i", answer, 2)[0]
    for number in range(count):
        key, low, high = struct.unpack_from(">hhh", answer, 6 + 6 * number)
        for version in range(max(low, 3) if key == PRODUCE else low, high + 1):
            assert load_request_schema(key, version).__api_key__ == key


def test_an_api_without_service_is_refused_in_its_own_words(broker: KafkaBroker) -> None:
    body = struct.pack(">h1sqh?", 1, b"t", 1, 0, True)
    with WireClient(broker.port) as client:
        answer = client.ask(END_TXN, 0, body)
        assert answer == struct.pack(">ih", 0, UNSUPPORTED_VERSION)
        assert client.ask(API_VERSIONS, 0, b"") is not None


def produce_body(records: bytes, *, acks: int = -1, partition: int = 0) -> bytes:
    head = struct.pack(">hhii", -1, acks, 1000, 1) + struct.pack(">h", 1) + b"t"
    return head + struct.pack(">iii", 1, partition, len(records)) + records


def metadata_body() -> bytes:
    return struct.pack(">ih", 1, 1) + b"t"


def test_requests_sent_at_once_are_answered_in_order(broker: KafkaBroker) -> None:
    with WireClient(broker.port) as client:
        assert client.ask(METADATA, 1, metadata_body()) is not None
        sent = [
            client.request(PRODUCE, 3, produce_body(bytes(make_batch([n])))) for n in range(200)
        ]
        answered = [client.receive() for _ in sent]
    offsets = []
    for correlation_id, answer in zip(sent, answered, strict=True):
        assert answer is not None
        assert struct.unpack_from(">i", answer, 0)[0] == correlation_id
        offsets.append(struct.unpack_from(">hq", answer, 4 + 4 + 3 + 4 + 4)[1])
    assert offsets == list(range(200))


def test_a_frame_that_arrives_byte_by_byte_is_served(broker: KafkaBroker) -> None:
    frame = struct.pack(">hhih", API_VERSIONS, 0, 7, -1)
    with WireClient(broker.port) as client:
        for byte in struct.pack(">i", len(frame)) + frame:
            client.send(bytes([byte]))
        answer = client.receive()
    assert answer is not None
    assert struct.unpack_from(">ih", answer, 0) == (7, 0)


def test_a_frame_longer_than_the_first_buffer_is_served(broker: KafkaBroker) -> None:
    with WireClient(broker.port) as client:
        assert client.ask(METADATA, 1, metadata_body()) is not None
        records = bytes(make_batch([1], value=b"v" * 900_000))
        answer = client.ask(PRODUCE, 3, produce_body(records))
        assert answer is not None
        assert struct.unpack_from(">hq", answer, 4 + 3 + 4 + 4) == (0, 0)


def test_a_refused_batch_without_acknowledgement_closes_the_connection(
    broker: KafkaBroker,
) -> None:
    with WireClient(broker.port) as client:
        assert client.ask(METADATA, 1, metadata_body()) is not None
        client.request(PRODUCE, 3, produce_body(bytes(make_batch([1])), acks=0))
        client.request(PRODUCE, 3, produce_body(b"\x00" * 80, acks=0))
        assert client.is_closed_by_broker()
    assert answers(broker)


def test_a_fetch_session_is_never_granted(broker: KafkaBroker) -> None:
    body = struct.pack(">iiiibii", -1, 100, 1, 1000, 0, 55, 1) + struct.pack(">ii", 0, 0)
    with WireClient(broker.port) as client:
        answer = client.ask(FETCH, 7, body)
    assert answer == struct.pack(">ihii", 0, 70, 0, 0)


def test_one_connection_too_many_is_closed_and_counted(broker: KafkaBroker) -> None:
    clients = [WireClient(broker.port) for _ in range(8)]
    try:
        for client in clients:
            assert client.ask(API_VERSIONS, 0, b"") is not None
        with WireClient(broker.port) as extra:
            assert extra.is_closed_by_broker()
        counted(broker, "connections_rejected")
    finally:
        for client in clients:
            client.__exit__(None, None, None)
    poll_until(lambda: answers(broker), "a place is free again")


def test_a_second_broker_on_the_folder_is_refused(tmp_path: Path, broker: KafkaBroker) -> None:
    config = BrokerConfig(data_dir=tmp_path / "log")
    with (
        pytest.raises(MisconfiguredInfra, match="in use by another broker"),
        running_broker(config),
    ):
        pass
    assert answers(broker)


def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = BrokerConfig(data_dir=tmp_path / "other", port=taken.getsockname()[1])
        with (
            pytest.raises(MisconfiguredInfra, match=r"cannot listen on 127\.0\.0\.1"),
            running_broker(config),
        ):
            pass


@pytest.mark.parametrize(
    ("field", "value"),
    [("port", 65536), ("fsync_ms", 0), ("default_partitions", 0), ("segment_bytes", 10)],
)
def test_a_value_out_of_range_is_refused(tmp_path: Path, field: str, value: int) -> None:
    with pytest.raises(MisconfiguredInfra, match=f"broker {field} is {value}"):
        msgspec.structs.replace(BrokerConfig(data_dir=tmp_path), **{field: value})


def test_the_process_ends_with_a_message_when_the_folder_is_in_use(
    tmp_path: Path, broker: KafkaBroker
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "infra.embedded.kafka", "--data", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "in use by another broker" in ended.stderr
    assert ended.stdout == ""
    assert answers(broker)
