"""ApiVersions, Metadata, DescribeCluster, FindCoordinator and InitProducerId."""

import uuid
from collections.abc import Iterable
from typing import Final

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.batches import LEADER_EPOCH
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.config import BrokerConfig
from infra.embedded.kafka.state import BrokerState
from infra.embedded.kafka.topics import RejectedTopic
from infra.embedded.kafka.topics import Topic
from infra.embedded.kafka.topics import TopicStore

NO_OPERATIONS: Final = -(1 << 31)
GROUP_COORDINATOR: Final = 0
BROKER_ENDPOINTS: Final = 1


class ClusterApi:
    """Answers about the cluster, which is this one broker."""

    def __init__(self, config: BrokerConfig, state: BrokerState, topics: TopicStore) -> None:
        self._config = config
        self._state = state
        self._topics = topics

    def apis(self) -> tuple[Api, ...]:
        """Return the APIs served here."""
        return (
            Api(3, 0, 12, self.metadata),
            Api(10, 0, 4, self.find_coordinator),
            Api(22, 0, 4, self.init_producer_id),
            Api(60, 0, 1, self.describe_cluster),
        )

    def metadata(self, request: Request, version: int, client: Client) -> Reply:
        """Tell brokers and topics; creates what a producer names when the settings allow it."""
        wanted = request.topics
        if wanted is None or (version == 0 and not wanted):
            topics = [_topic(topic, self._config.node_id) for topic in self._topics.all()]
        else:
            may_create = self._config.auto_create_topics and getattr(
                request, "allow_auto_topic_creation", True
            )
            topics = [
                self._named(item.name, getattr(item, "topic_id", None), may_create=may_create)
                for item in wanted
            ]
        return {
            "brokers": self._brokers(client),
            "cluster_id": self._state.cluster_id,
            "controller_id": self._config.node_id,
            "topics": topics,
        }

    def find_coordinator(self, request: Request, version: int, client: Client) -> Reply:
        """Name this broker as the coordinator of every group."""
        is_group = getattr(request, "key_type", GROUP_COORDINATOR) == GROUP_COORDINATOR
        error = ErrorCode.none if is_group else ErrorCode.coordinator_not_available
        message = None if is_group else "transactions are not supported by the embedded broker"
        coordinator = {
            "error_code": error.value,
            "error_message": message,
            "node_id": self._config.node_id if is_group else -1,
            "host": client.local_host if is_group else "",
            "port": client.local_port if is_group else -1,
        }
        if version < 4:
            return coordinator
        return {"coordinators": [{"key": key, **coordinator} for key in request.coordinator_keys]}

    def init_producer_id(self, request: Request, version: int, client: Client) -> Reply:
        """Give an idempotent producer an id no other has had."""
        if request.transactional_id is not None:
            error = ErrorCode.transactional_id_authorization_failed
            return {"error_code": error.value, "producer_id": -1, "producer_epoch": -1}
        return {
            "error_code": 0,
            "producer_id": self._state.next_producer_id(),
            "producer_epoch": 0,
        }

    def describe_cluster(self, request: Request, version: int, client: Client) -> Reply:
        """Describe this broker."""
        brokers = [{**b, "broker_id": b["node_id"]} for b in self._brokers(client)]
        is_known = getattr(request, "endpoint_type", BROKER_ENDPOINTS) == BROKER_ENDPOINTS
        error = ErrorCode.none if is_known else ErrorCode.unsupported_endpoint_type
        return {
            "error_code": error.value,
            "endpoint_type": BROKER_ENDPOINTS,
            "cluster_id": self._state.cluster_id,
            "controller_id": self._config.node_id,
            "brokers": brokers,
        }

    def _brokers(self, client: Client) -> list[dict[str, object]]:
        address = {"host": client.local_host, "port": client.local_port}
        return [{"node_id": self._config.node_id, **address}]

    def _named(self, name: str | None, topic_id: uuid.UUID | None, *, may_create: bool) -> Reply:
        if name is None:
            found = None if topic_id is None else self._topics.by_id(topic_id)
            if found is None:
                return _missing("", topic_id, ErrorCode.unknown_topic_id)
            return _topic(found, self._config.node_id)
        found = self._topics.get(name)
        if found is None and may_create:
            try:
                found = self._topics.create(name, self._config.default_partitions, {})
            except RejectedTopic as error:
                return _missing(name, None, error.code)
        if found is None:
            return _missing(name, None, ErrorCode.unknown_topic_or_partition)
        return _topic(found, self._config.node_id)


def api_versions_reply(apis: Iterable[tuple[int, int, int]], error: ErrorCode) -> Reply:
    """Build the ApiVersions answer from (key, lowest, highest) of every API."""
    return {
        "error_code": error.value,
        "api_keys": [
            {"api_key": key, "min_version": low, "max_version": high}
            for key, low, high in sorted(apis)
        ],
    }


def _missing(name: str, topic_id: uuid.UUID | None, error: ErrorCode) -> Reply:
    return {"error_code": error.value, "name": name, "topic_id": topic_id, "partitions": ()}


def _topic(topic: Topic, node_id: int) -> Reply:
    return {
        "error_code": 0,
        "name": topic.name,
        "topic_id": topic.topic_id,
        "is_internal": False,
        "topic_authorized_operations": NO_OPERATIONS,
        "partitions": [
            {
                "error_code": 0,
                "partition_index": partition.index,
                "leader_id": node_id,
                "leader_epoch": LEADER_EPOCH,
                "replica_nodes": (node_id,),
                "isr_nodes": (node_id,),
                "offline_replicas": (),
            }
            for partition in topic.partitions
        ],
    }
