"""CreateTopics, DeleteTopics, CreatePartitions and the configuration APIs."""

import uuid
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.config import MAX_PARTITIONS
from infra.embedded.kafka.config import BrokerConfig
from infra.embedded.kafka.topic_configs import TOPIC_SETTINGS
from infra.embedded.kafka.topic_configs import TYPE_LIST
from infra.embedded.kafka.topic_configs import InvalidTopicConfig
from infra.embedded.kafka.topic_configs import check_topic_configs
from infra.embedded.kafka.topic_configs import setting_value
from infra.embedded.kafka.topics import RejectedTopic
from infra.embedded.kafka.topics import Topic
from infra.embedded.kafka.topics import TopicStore

TOPIC_RESOURCE: Final = 2
BROKER_RESOURCE: Final = 4
SOURCE_TOPIC: Final = 1
SOURCE_STATIC_BROKER: Final = 4
SOURCE_DEFAULT: Final = 5
TYPE_STRING: Final = 2
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


class TopicsApi:
    """
    Create, change and delete topics.

    `on_deleted` is called with a topic's name after it is gone, for what else is kept by topic.
    """

    def __init__(
        self, config: BrokerConfig, topics: TopicStore, on_deleted: Callable[[str], None]
    ) -> None:
        self._config = config
        self._topics = topics
        self._on_deleted = on_deleted

    def apis(self) -> tuple[Api, ...]:
        """Return the APIs served here."""
        return (
            Api(19, 2, 7, self.create_topics),
            Api(20, 1, 6, self.delete_topics),
            Api(32, 1, 4, self.describe_configs),
            Api(33, 0, 2, self.alter_configs),
            Api(37, 0, 3, self.create_partitions),
            Api(44, 0, 1, self.incremental_alter_configs),
        )

    def create_topics(self, request: Request, version: int, client: Client) -> Reply:
        """Create topics, each on its own."""
        names = [item.name for item in request.topics]
        replies = []
        for item in request.topics:
            try:
                if names.count(item.name) > 1:
                    msg = f"topic {item.name!r} is named twice in one request"
                    raise RejectedTopic(ErrorCode.invalid_request, msg)
                replies.append(self._create(item, validate_only=request.validate_only))
            except RejectedTopic as error:
                replies.append(_error(error.code, str(error), name=item.name))
        return {"topics": replies}

    def delete_topics(self, request: Request, version: int, client: Client) -> Reply:
        """Delete topics by name or, from version 6, by id."""
        wanted: list[tuple[str | None, uuid.UUID | None]]
        if version < 6:
            wanted = [(name, None) for name in request.topic_names]
        else:
            wanted = [(item.name, item.topic_id) for item in request.topics]
        replies = []
        for name, topic_id in wanted:
            topic = self._found(name, topic_id)
            if topic is None:
                unknown = ErrorCode.unknown_topic_or_partition
                code = ErrorCode.unknown_topic_id if name is None else unknown
                replies.append(_error(code, None, name=name, topic_id=topic_id))
                continue
            self._topics.delete(topic)
            self._on_deleted(topic.name)
            replies.append({"name": topic.name, "topic_id": topic.topic_id, "error_code": 0})
        return {"responses": replies}

    def create_partitions(self, request: Request, version: int, client: Client) -> Reply:
        """Raise partition counts."""
        replies = []
        for item in request.topics:
            try:
                topic = self._existing(item.name)
                if not len(topic.partitions) < item.count <= MAX_PARTITIONS:
                    msg = (
                        f"topic {item.name!r} has {len(topic.partitions)} partitions, expected "
                        f"more than that and at most {MAX_PARTITIONS}, got {item.count}"
                    )
                    raise RejectedTopic(ErrorCode.invalid_partitions, msg)
                if not request.validate_only:
                    self._topics.change(topic, partitions=item.count)
                replies.append(_error(ErrorCode.none, None, name=item.name))
            except RejectedTopic as error:
                replies.append(_error(error.code, str(error), name=item.name))
        return {"results": replies}

    def describe_configs(self, request: Request, version: int, client: Client) -> Reply:
        """Describe the settings of topics and of this broker."""
        return {"results": [self._describe(resource) for resource in request.resources]}

    def alter_configs(self, request: Request, version: int, client: Client) -> Reply:
        """Replace all settings of a topic."""

        def replaced(_: Topic, resource: Request) -> dict[str, str | None]:
            return {item.name: item.value for item in resource.configs}

        return self._alter(request, replaced)

    def incremental_alter_configs(
        self,
        request: Request,
        version: int,
        client: Client,
    ) -> Reply:
        """Set, remove, extend or shorten single settings of a topic."""
        return self._alter(request, self._changed)

    def _create(self, item: Request, *, validate_only: bool) -> Reply:
        partitions = item.num_partitions
        if item.assignments:
            partitions = len(item.assignments)
            if sorted(a.partition_index for a in item.assignments) != list(range(partitions)):
                msg = f"topic {item.name!r}: assignments must number partitions from 0 on"
                raise RejectedTopic(ErrorCode.invalid_replica_assignment, msg)
        elif item.replication_factor not in {-1, 1}:
            msg = f"topic {item.name!r}: replication factor {item.replication_factor}, expected 1"
            raise RejectedTopic(ErrorCode.invalid_replication_factor, msg)
        if partitions == -1:
            partitions = self._config.default_partitions
        configs = _checked({entry.name: entry.value for entry in item.configs})
        self._topics.check_new(item.name, partitions)
        topic_id = None
        if not validate_only:
            topic_id = self._topics.create(item.name, partitions, configs).topic_id
        return {
            "name": item.name,
            "topic_id": topic_id,
            "error_code": 0,
            "num_partitions": partitions,
            "replication_factor": 1,
            "configs": [self._entry(configs, name) for name in TOPIC_SETTINGS],
        }

    def _found(self, name: str | None, topic_id: uuid.UUID | None) -> Topic | None:
        if name is not None:
            return self._topics.get(name)
        return None if topic_id is None else self._topics.by_id(topic_id)

    def _existing(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            msg = f"topic {name!r} does not exist"
            raise RejectedTopic(ErrorCode.unknown_topic_or_partition, msg)
        return topic

    def _alter(
        self, request: Request, new_configs: Callable[[Topic, Request], dict[str, str | None]]
    ) -> Reply:
        replies = []
        for resource in request.resources:
            named = {
                "resource_type": resource.resource_type,
                "resource_name": resource.resource_name,
            }
            try:
                if resource.resource_type != TOPIC_RESOURCE:
                    msg = "only topic settings can be changed; the broker's are its start options"
                    raise RejectedTopic(ErrorCode.invalid_request, msg)
                topic = self._existing(resource.resource_name)
                configs = _checked(new_configs(topic, resource))
                if not request.validate_only:
                    self._topics.change(topic, configs=configs)
                replies.append(_error(ErrorCode.none, None, **named))
            except RejectedTopic as error:
                replies.append(_error(error.code, str(error), **named))
        return {"responses": replies}

    def _changed(self, topic: Topic, resource: Request) -> dict[str, str | None]:
        configs: dict[str, str | None] = dict(topic.configs)
        for item in resource.configs:
            setting = TOPIC_SETTINGS.get(item.name)
            if item.config_operation == DELETE:
                configs.pop(item.name, None)
            elif item.config_operation == SET or setting is None:
                configs[item.name] = item.value
            elif item.config_operation in {APPEND, SUBTRACT} and setting.config_type == TYPE_LIST:
                current = setting_value(topic.configs, item.name, self._config.segment_bytes)
                configs[item.name] = _list_changed(current, item.value or "", item.config_operation)
            else:
                msg = f"operation {item.config_operation} does not fit the setting {item.name}"
                raise RejectedTopic(ErrorCode.invalid_config, msg)
        return configs

    def _describe(self, resource: Request) -> Reply:
        named = {
            "resource_type": resource.resource_type,
            "resource_name": resource.resource_name,
        }
        wanted = resource.configuration_keys
        if resource.resource_type == TOPIC_RESOURCE:
            topic = self._topics.get(resource.resource_name)
            if topic is None:
                msg = f"topic {resource.resource_name!r} does not exist"
                code = ErrorCode.unknown_topic_or_partition
                return _error(code, msg, configs=(), **named)
            entries = [self._entry(topic.configs, name) for name in TOPIC_SETTINGS]
        elif resource.resource_type == BROKER_RESOURCE:
            entries = self._broker_entries()
        else:
            msg = f"resource type {resource.resource_type}, expected a topic (2) or broker (4)"
            return _error(ErrorCode.invalid_request, msg, configs=(), **named)
        if wanted is not None:
            entries = [entry for entry in entries if entry["name"] in wanted]
        return _error(ErrorCode.none, None, configs=entries, **named)

    def _entry(self, configs: Mapping[str, str], name: str) -> dict[str, object]:
        source = SOURCE_TOPIC if name in configs else SOURCE_DEFAULT
        value = setting_value(configs, name, self._config.segment_bytes)
        return _config_entry(name, value, source, TOPIC_SETTINGS[name].config_type)

    def _broker_entries(self) -> list[dict[str, object]]:
        config = self._config
        values: Sequence[tuple[str, object]] = (
            ("auto.create.topics.enable", str(config.auto_create_topics).lower()),
            ("broker.id", config.node_id),
            ("default.replication.factor", 1),
            ("log.flush.interval.ms", config.fsync_ms),
            ("log.retention.check.interval.ms", config.retention_check_ms),
            ("log.segment.bytes", config.segment_bytes),
            ("max.connections", config.max_connections),
            ("num.partitions", config.default_partitions),
            ("socket.request.max.bytes", config.max_request_bytes),
        )
        return [
            _config_entry(name, str(value), SOURCE_STATIC_BROKER, TYPE_STRING, read_only=True)
            for name, value in values
        ]


def _config_entry(
    name: str, value: str, source: int, config_type: int, *, read_only: bool = False
) -> dict[str, object]:
    return {
        "name": name,
        "value": value,
        "read_only": read_only,
        "config_source": source,
        "is_sensitive": False,
        "synonyms": (),
        "config_type": config_type,
        "documentation": None,
    }


def _checked(configs: Mapping[str, str | None]) -> dict[str, str]:
    try:
        return check_topic_configs(configs)
    except InvalidTopicConfig as error:
        raise RejectedTopic(ErrorCode.invalid_config, str(error)) from error


def _list_changed(current: str, value: str, operation: int) -> str:
    parts = [part for part in current.split(",") if part]
    named = [part for part in value.split(",") if part]
    if operation == APPEND:
        return ",".join(parts + [part for part in named if part not in parts])
    return ",".join(part for part in parts if part not in named)


def _error(code: ErrorCode, message: str | None, **named: object) -> dict[str, object]:
    return {"error_code": code.value, "error_message": message, **named}
