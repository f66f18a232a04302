"""The Apache Kafka fixture: what it needs, and that a port taken under it does no harm."""

import socket
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from tests.services.kafka import apache_kafka
from tests.services.kafka.apache_kafka import ApacheKafka
from tests.services.kafka.apache_kafka import ApacheKafkaUnavailableError
from tests.services.kafka.apache_kafka import Tools
from tests.services.kafka.apache_kafka import find_tools


@pytest.fixture
def tools() -> Tools:
    try:
        return find_tools()
    except ApacheKafkaUnavailableError as reason:
        pytest.skip(str(reason))


def put_program(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(tmp_path, "java", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ApacheKafkaUnavailableError, match=r"not on PATH: mvn$"):
        find_tools()


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22"])
def test_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    put_program(tmp_path, "java", f"echo 'openjdk version \"{version}\" 2024-01-16' >&2")
    put_program(tmp_path, "mvn", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ApacheKafkaUnavailableError, match=r"needs Java 17; .* is version 1"):
        find_tools()


def test_java_17_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(tmp_path, "java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2")
    put_program(tmp_path, "mvn", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_tools() == Tools(java=str(tmp_path / "java"), maven=str(tmp_path / "mvn"))


def test_a_port_taken_before_the_broker_binds_it_costs_one_attempt(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_ports = apache_kafka._free_ports
    attempts: list[list[int]] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def first_choice_is_taken(count: int) -> list[int]:
            ports = free_ports(count)
            if not attempts:
                ports[0] = taken.getsockname()[1]
            attempts.append(ports)
            return ports

        monkeypatch.setattr(apache_kafka, "_free_ports", first_choice_is_taken)
        broker = ApacheKafka(tools, tmp_path)
        try:
            address = broker.start()
            brokers = AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).brokers
        finally:
            broker.stop()

    assert [f"{b.host}:{b.port}" for b in brokers.values()] == [address]
    assert address == f"127.0.0.1:{attempts[1][0]}"
    assert len(attempts) == 2
