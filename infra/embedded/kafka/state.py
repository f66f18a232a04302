"""What the broker keeps beside the logs: cluster id and the producer ids given out."""

import uuid
from pathlib import Path
from typing import Final

import msgspec

from infra.embedded.kafka.files import replace_file
from infra.errors import MisconfiguredInfra

STATE_FILE: Final = "broker.json"
FORMAT_VERSION: Final = 1
PRODUCER_ID_BLOCK: Final = 1000


class _BrokerRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    cluster_id: str
    next_producer_id: int


class BrokerState:
    """
    Cluster id and producer ids of one data folder.

    Delivery: ids are reserved on disk in blocks before the first of a block is given out, so none
    is ever given out twice; a restart skips the rest of a block.

    Raises
    ------
    MisconfiguredInfra
        The state file is damaged or of a later format.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / STATE_FILE
        record = self._load()
        self.cluster_id = record.cluster_id
        self._next = record.next_producer_id
        self._reserved = record.next_producer_id
        if not self._path.exists():
            self._save()

    def next_producer_id(self) -> int:
        """Return an id no producer has had."""
        if self._next >= self._reserved:
            self._reserved = self._next + PRODUCER_ID_BLOCK
            self._save()
        self._next += 1
        return self._next - 1

    def _load(self) -> _BrokerRecord:
        try:
            record = msgspec.json.decode(self._path.read_bytes(), type=_BrokerRecord)
        except FileNotFoundError:
            return _BrokerRecord(FORMAT_VERSION, uuid.uuid4().hex[:22], 0)
        except msgspec.DecodeError as error:
            msg = f"{self._path} is not a broker state file ({error}); restore it from a copy"
            raise MisconfiguredInfra(msg) from error
        if record.format != FORMAT_VERSION:
            msg = (
                f"{self._path} has format {record.format}, this version reads {FORMAT_VERSION}; "
                "start the version that wrote it"
            )
            raise MisconfiguredInfra(msg)
        return record

    def _save(self) -> None:
        record = _BrokerRecord(FORMAT_VERSION, self.cluster_id, self._reserved)
        replace_file(self._path, msgspec.json.encode(record))
