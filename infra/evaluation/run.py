"""Records through the options flow as it runs live, inside this process."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.partitioner import partition_key
from connectors.kafka.serde import AvroWire
from connectors.memory.log import memory_log
from connectors.memory.log import ordered_batches
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import MemorySink
from connectors.memory.run import MemorySource
from connectors.memory.run import run_in_process
from flows.options.config import OptionsConfig
from flows.options.flow import INPUTS
from flows.options.flow import options_dataflow
from infra.errors import InfraError
from infra.evaluation.views import DerivedRecord
from redpanda.catalog import topic_catalog
from schemas.catalog import topic_of
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

BATCH_RECORDS: Final = 1000
RECORD_TYPES: Final = (OptionsTape, FlowPacket, SmartMoneyEvent, ClassifierHit, FlowAlert)
DLQ_SUFFIX: Final = ".dlq"


class RefusedRecord(InfraError):
    """The flow made a dead letter of a record that was to be evaluated."""


class OptionsRunner:
    """
    Run lists of raw records through `options_dataflow`: the codecs, the ordered merge, the
    dataflow and the engine that run live, from memory into memory.

    Parameters
    ----------
    config : OptionsConfig
        Thresholds.
    batch_records : int
        Most records of a batch; the result does not depend on it.
    """

    def __init__(self, config: OptionsConfig, batch_records: int = BATCH_RECORDS) -> None:
        self._config = config
        self._limit = batch_records
        self._wire = AvroWire(MemoryRegistry())
        names = [topic_of(record_type).name for record_type in RECORD_TYPES]
        self._decoders = {name: self._wire.decoder(name) for name in names}
        self._partitions = topic_catalog()[INPUTS[-1]].partitions

    def run(self, inputs: Sequence[Iterable[msgspec.Struct]]) -> list[list[DerivedRecord]]:
        """
        Run several inputs, each for itself, in one dataflow.

        Parameters
        ----------
        inputs : sequence of iterables of raw records
            Each in publishing order, the records of one market.

        Returns
        -------
        list of list of records
            What was derived from each input, in the order it became knowable per partition.

        Raises
        ------
        RefusedRecord
            The flow refused a record.
        """
        # Every partition of every input is a key of its own, hence an engine of its own.
        items: list[tuple[str, EventBatch]] = []
        for number, records in enumerate(inputs):
            items += self._items(records, number * self._partitions)
        written: list[OutRecord] = []
        run_in_process(
            options_dataflow(MemorySource(items), self._wire, self._config, MemorySink(written))
        )
        found: list[list[DerivedRecord]] = [[] for _ in inputs]
        for record in written:
            if record.topic.endswith(DLQ_SUFFIX):
                raise RefusedRecord(_refusal(record))
            decode = self._decoders.get(record.topic)
            if decode is not None and record.value is not None:
                found[record.partition // self._partitions].append(decode(record.value))
        return found

    def _items(self, records: Iterable[msgspec.Struct], first: int) -> list[tuple[str, EventBatch]]:
        log = memory_log(self._wire, INPUTS, records, self._partitions)
        used = [n for n in range(self._partitions) if any(log[topic][n] for topic in INPUTS)]
        return [
            (partition_key(first + n), msgspec.structs.replace(batch, partition=first + n))
            for n in used
            for batch in ordered_batches(log, INPUTS, n, self._limit)
        ]


def _refusal(record: OutRecord) -> str:
    error = dict(record.headers).get("error", b"no reason given").decode()
    return f"{record.topic.removesuffix(DLQ_SUFFIX)}: the flow refused a record: {error}"
