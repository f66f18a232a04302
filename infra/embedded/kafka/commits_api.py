"""OffsetCommit and OffsetFetch."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final

import structlog
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.committed import CommittedOffset
from infra.embedded.kafka.committed import CommittedOffsets
from infra.embedded.kafka.groups import NO_GENERATION
from infra.embedded.kafka.groups import ConsumerGroup

log = structlog.get_logger(__name__)

MAX_METADATA_BYTES: Final = 4096
FIRST_MULTI_GROUP_VERSION: Final = 8
NO_OFFSET: Final = -1


class CommitsApi:
    """
    Answers about committed offsets.

    Delivery: a commit is answered after it is in the journal file.
    """

    def __init__(self, groups: Mapping[str, ConsumerGroup], committed: CommittedOffsets) -> None:
        self._groups = groups
        self._committed = committed

    def apis(self) -> tuple[Api, ...]:
        """Return the APIs served here."""
        return (
            Api(8, 2, 9, self.offset_commit),
            Api(9, 1, 9, self.offset_fetch),
        )

    def offset_commit(self, request: Request, version: int, client: Client) -> Reply:
        """Write down the offsets of a group."""
        error = self._commit_refusal(request)
        accepted: list[CommittedOffset] = []
        topics = []
        for topic in request.topics:
            partitions = []
            for item in topic.partitions:
                metadata = item.committed_metadata or ""
                outcome = error
                if outcome is ErrorCode.none and len(metadata.encode()) > MAX_METADATA_BYTES:
                    outcome = ErrorCode.offset_metadata_too_large
                if outcome is ErrorCode.none:
                    epoch = getattr(item, "committed_leader_epoch", -1)
                    accepted.append(
                        CommittedOffset(
                            request.group_id,
                            topic.name,
                            item.partition_index,
                            item.committed_offset,
                            epoch,
                            metadata,
                        )
                    )
                partitions.append(
                    {"partition_index": item.partition_index, "error_code": outcome.value}
                )
            topics.append({"name": topic.name, "partitions": partitions})
        try:
            self._committed.commit(accepted)
        except OSError:
            log.exception("commit_failed", group=request.group_id)
            failed = ErrorCode.coordinator_not_available.value
            for answered in topics:
                for partition in answered["partitions"]:
                    partition["error_code"] = failed
        return {"topics": topics}

    def offset_fetch(self, request: Request, version: int, client: Client) -> Reply:
        """Return the offsets a group committed, -1 where it has none."""
        if version < FIRST_MULTI_GROUP_VERSION:
            return self._offsets_of(request.group_id, request.topics)
        return {
            "groups": [
                {"group_id": group.group_id, **self._offsets_of(group.group_id, group.topics)}
                for group in request.groups
            ]
        }

    def _commit_refusal(self, request: Request) -> ErrorCode:
        generation = request.generation_id_or_member_epoch
        group = self._groups.get(request.group_id)
        if group is not None:
            instance_id = getattr(request, "group_instance_id", None)
            return group.commit_refusal(request.member_id, generation, instance_id)
        if generation == NO_GENERATION and not request.member_id:
            return ErrorCode.none
        return ErrorCode.unknown_member_id

    def _offsets_of(self, group: str, topics: Iterable[Request] | None) -> Reply:
        wanted: dict[str, list[int]] = {}
        if topics is None:
            for entry in self._committed.of_group(group):
                wanted.setdefault(entry.topic, []).append(entry.partition)
        else:
            for topic in topics:
                wanted.setdefault(topic.name, []).extend(topic.partition_indexes)
        return {
            "error_code": 0,
            "topics": [
                {"name": name, "partitions": [self._offset(group, name, i) for i in indexes]}
                for name, indexes in wanted.items()
            ],
        }

    def _offset(self, group: str, topic: str, partition: int) -> Reply:
        entry = self._committed.get(group, topic, partition)
        return {
            "partition_index": partition,
            "committed_offset": NO_OFFSET if entry is None else entry.offset,
            "committed_leader_epoch": -1 if entry is None else entry.leader_epoch,
            "metadata": "" if entry is None else entry.metadata,
            "error_code": 0,
        }
