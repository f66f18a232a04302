"""A source that ends as in a crash."""

import threading

from bytewax.inputs import AbortExecution

from connectors.kafka.config import SourceConfig
from connectors.kafka.source import Item
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import OrderedSource
from connectors.kafka.source import SourceState


class CrashingSource(OrderedSource):
    """Crashes instead of the first batch after so many, whichever partitions they are of."""

    def __init__(self, config: SourceConfig, batches: int) -> None:
        super().__init__(config, threading.Event())
        self.batches_left = batches

    def build_part(
        self, step_id: str, for_part: str, resume_state: SourceState | None
    ) -> OrderedPartition:
        del step_id
        return _CrashingPartition(self, self._config, int(for_part), resume_state, self._stop)


class _CrashingPartition(OrderedPartition):
    def __init__(
        self,
        source: CrashingSource,
        config: SourceConfig,
        partition: int,
        state: SourceState | None,
        stop: threading.Event,
    ) -> None:
        super().__init__(config, partition, state, stop)
        self._crashing = source

    def next_batch(self) -> list[Item]:
        if self._crashing.batches_left <= 0:
            raise AbortExecution
        found = super().next_batch()
        self._crashing.batches_left -= len(found)
        return found
