"""ListOffsets and OffsetForLeaderEpoch."""

from typing import Final

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.batches import LEADER_EPOCH
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.partition import PartitionLog
from infra.embedded.kafka.partition import StoredOffset
from infra.embedded.kafka.topics import TopicStore

LATEST: Final = -1
EARLIEST: Final = -2
GREATEST_TIMESTAMP: Final = -3
UNKNOWN: Final = -1
NOTHING: Final = StoredOffset(UNKNOWN, UNKNOWN)


class OffsetsApi:
    """Answers about where records are."""

    def __init__(self, topics: TopicStore) -> None:
        self._topics = topics

    def apis(self) -> tuple[Api, ...]:
        """Return the APIs served here."""
        return (
            Api(2, 1, 7, self.list_offsets),
            Api(23, 2, 4, self.offset_for_leader_epoch),
        )

    def list_offsets(self, request: Request, version: int, client: Client) -> Reply:
        """Return the earliest, the latest, or the first offset at or after a time."""
        topics = [
            {
                "name": topic.name,
                "partitions": [self._one(topic.name, item) for item in topic.partitions],
            }
            for topic in request.topics
        ]
        return {"topics": topics}

    def offset_for_leader_epoch(
        self,
        request: Request,
        version: int,
        client: Client,
    ) -> Reply:
        """Return the end of the log for the one epoch there is."""
        topics = [
            {
                "topic": topic.topic,
                "partitions": [self._epoch_end(topic.topic, item) for item in topic.partitions],
            }
            for topic in request.topics
        ]
        return {"topics": topics}

    def _one(self, topic: str, wanted: Request) -> Reply:
        log = self._topics.partition(topic, wanted.partition_index)
        error = _epoch_error(log, getattr(wanted, "current_leader_epoch", UNKNOWN))
        found = NOTHING
        if log is not None and error is ErrorCode.none:
            try:
                found = _find(log, wanted.timestamp)
            except OSError:
                error = ErrorCode.kafka_storage_error
        return {
            "partition_index": wanted.partition_index,
            "error_code": error.value,
            "timestamp": found.timestamp_ms,
            "offset": found.offset,
            "leader_epoch": LEADER_EPOCH if found.offset >= 0 else UNKNOWN,
        }

    def _epoch_end(self, topic: str, wanted: Request) -> Reply:
        log = self._topics.partition(topic, wanted.partition)
        error = _epoch_error(log, wanted.current_leader_epoch)
        is_known = log is not None and error is ErrorCode.none and wanted.leader_epoch >= 0
        return {
            "partition": wanted.partition,
            "error_code": error.value,
            "leader_epoch": LEADER_EPOCH if is_known else UNKNOWN,
            "end_offset": log.next_offset if log is not None and is_known else UNKNOWN,
        }


def _epoch_error(log: PartitionLog | None, current_leader_epoch: int) -> ErrorCode:
    if log is None:
        return ErrorCode.unknown_topic_or_partition
    return ErrorCode.unknown_leader_epoch if current_leader_epoch > LEADER_EPOCH else ErrorCode.none


def _find(log: PartitionLog, timestamp_ms: int) -> StoredOffset:
    if timestamp_ms == LATEST:
        return StoredOffset(log.next_offset, UNKNOWN)
    if timestamp_ms == EARLIEST:
        return StoredOffset(log.log_start_offset, UNKNOWN)
    if timestamp_ms == GREATEST_TIMESTAMP:
        return log.offset_of_greatest_timestamp() or NOTHING
    return log.offset_at(timestamp_ms) or NOTHING
