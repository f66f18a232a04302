"""Responses for every API and version the protocol library knows."""

import struct
from dataclasses import asdict
from typing import Any

import pytest
from kio.index import load_response_schema
from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map
from kio.schema.index import schema_name_map
from kio.serial import entity_reader
from kio.static.constants import EntityType

from infra.embedded.kafka.codec import encode_response
from infra.embedded.kafka.codec import encode_unsupported

API_VERSIONS, METADATA = 18, 3
KNOWN = [
    (key, version)
    for key, name in sorted(api_key_map.items())
    for version, types in schema_name_map[name].items()
    if EntityType.response in types
]


def vars_of(response: Any) -> dict[str, Any]:  # noqa: ANN401 - a type by version
    return asdict(response)


@pytest.mark.parametrize(("key", "version"), KNOWN)
def test_a_refusal_is_readable_wherever_the_protocol_has_one(key: int, version: int) -> None:
    frame = encode_unsupported(key, version, 77)
    if frame is None:
        return
    response_type = load_response_schema(key, version)
    assert struct.unpack_from(">ii", frame, 0) == (len(frame) - 4, 77)
    body = 8 + (1 if response_type.__header_schema__.__version__ > 0 else 0)
    response, size = entity_reader(response_type)(frame, body)
    assert body + size == len(frame)
    assert vars_of(response)["error_code"] is ErrorCode.unsupported_version


def test_what_the_protocol_does_not_know_has_no_refusal() -> None:
    assert encode_unsupported(9999, 0, 1) is None
    assert encode_unsupported(METADATA, 99, 1) is None


def test_most_apis_have_a_refusal() -> None:
    assert sum(encode_unsupported(key, version, 1) is not None for key, version in KNOWN) > 100


@pytest.mark.parametrize("version", range(13))
def test_one_reply_serves_every_version_of_an_api(version: int) -> None:
    topic = {
        "error_code": 0,
        "name": "t",
        "topic_id": None,
        "is_internal": False,
        "partitions": [
            {"error_code": 0, "partition_index": 0, "leader_id": 1, "leader_epoch": 0}
            | {"replica_nodes": (1,), "isr_nodes": (1,), "offline_replicas": ()}
        ],
    }
    reply = {
        "brokers": [{"node_id": 1, "host": "h", "port": 9}],
        "cluster_id": "c",
        "controller_id": 1,
        "topics": [topic],
    }
    frame = encode_response(METADATA, version, 1, reply)
    response_type = load_response_schema(METADATA, version)
    body = 8 + (1 if response_type.__header_schema__.__version__ > 0 else 0)
    response, size = entity_reader(response_type)(frame, body)
    assert body + size == len(frame)
    (answered,) = vars_of(response)["topics"]
    assert answered["partitions"][0]["leader_id"] == 1
