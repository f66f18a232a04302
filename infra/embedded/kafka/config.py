"""Configuration of the embedded Kafka broker."""

from pathlib import Path
from typing import Final

import msgspec

from infra.errors import MisconfiguredInfra

MIB: Final = 1 << 20
MAX_PORT: Final = 65535
MIN_SEGMENT_BYTES: Final = 1024
MIN_REQUEST_BYTES: Final = 64 * 1024
MAX_FRAME_BYTES: Final = (1 << 31) - 1
MAX_PARTITIONS: Final = 10_000
MAX_FSYNC_MS: Final = 60_000


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Bounds and places of one broker.

    Parameters
    ----------
    data_dir : Path
        Folder of the log; created when absent. One broker at a time may hold it.
    host : str, default "127.0.0.1"
        Address to listen on. Clients are told the address they came in by.
    port : int, default 0
        TCP port, 0 lets the system choose, 0 to 65535.
    fsync_ms : int, default 100
        Longest time from a written batch to the start of its fsync, 1 to 60000.
    segment_bytes : int, default 64 MiB
        Size at which a segment file is closed, from 1024; a topic's `segment.bytes` overrides it.
    max_request_bytes : int, default 100 MiB
        Longest accepted request frame, from 64 KiB; a longer one closes its connection.
    default_partitions : int, default 8
        Partitions of a topic created without a count, 1 to 10000.
    auto_create_topics : bool, default True
        Whether a producer's metadata request creates the topic it names.
    retention_check_ms : int, default 30000
        Time between two looks for expired segments, from 10.
    node_id : int, default 1
        Broker id told to clients, from 0.
    max_connections : int, default 2000
        Open connections; one more is closed at once and counted, from 1.
    fetch_response_bytes : int, default 4 MiB
        Record bytes in one fetch response, from 64 KiB, so that one reader cannot hold the loop.

    Raises
    ------
    MisconfiguredInfra
        A value is outside its range.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    fsync_ms: int = 100
    segment_bytes: int = 64 * MIB
    max_request_bytes: int = 100 * MIB
    default_partitions: int = 8
    auto_create_topics: bool = True
    retention_check_ms: int = 30_000
    node_id: int = 1
    max_connections: int = 2000
    fetch_response_bytes: int = 4 * MIB

    def __post_init__(self) -> None:
        ranges = (
            ("port", self.port, 0, MAX_PORT),
            ("fsync_ms", self.fsync_ms, 1, MAX_FSYNC_MS),
            ("segment_bytes", self.segment_bytes, MIN_SEGMENT_BYTES, MAX_FRAME_BYTES),
            ("max_request_bytes", self.max_request_bytes, MIN_REQUEST_BYTES, MAX_FRAME_BYTES),
            ("default_partitions", self.default_partitions, 1, MAX_PARTITIONS),
            ("retention_check_ms", self.retention_check_ms, 10, MAX_FRAME_BYTES),
            ("node_id", self.node_id, 0, MAX_FRAME_BYTES),
            ("max_connections", self.max_connections, 1, MAX_FRAME_BYTES),
            ("fetch_response_bytes", self.fetch_response_bytes, 64 * 1024, MAX_FRAME_BYTES),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high:
                msg = f"broker {name} is {value}, expected {low} to {high}"
                raise MisconfiguredInfra(msg)
        if not self.host:
            msg = "broker host is empty, expected an address to listen on such as 127.0.0.1"
            raise MisconfiguredInfra(msg)
