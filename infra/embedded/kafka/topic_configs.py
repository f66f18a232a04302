"""Topic settings the broker knows, with the names, defaults and checks Kafka gives them."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Final
from typing import NamedTuple

from infra.embedded.kafka.partition import LogBounds
from infra.errors import InfraError

MAX_INT64: Final = (1 << 63) - 1
MAX_INT32: Final = (1 << 31) - 1
TYPE_BOOLEAN: Final = 1
TYPE_STRING: Final = 2
TYPE_INT: Final = 3
TYPE_LONG: Final = 5
TYPE_LIST: Final = 7


class InvalidTopicConfig(InfraError):
    """A topic setting is unknown or its value is not one the broker can honour."""


class TopicSetting(NamedTuple):
    """Default, protocol type and check of one topic setting."""

    default: str
    config_type: int
    accepts: Callable[[str], bool]
    expected: str


def _between(low: int, high: int) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        try:
            return low <= int(value) <= high
        except ValueError:
            return False

    return accepts


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _cleanup_policy(value: str) -> bool:
    parts = [part.strip() for part in value.split(",")]
    return len(set(parts)) == len(parts) and all(part in {"delete", "compact"} for part in parts)


def _long(default: int, low: int) -> TopicSetting:
    return TopicSetting(str(default), TYPE_LONG, _between(low, MAX_INT64), f"{low} or more")


TOPIC_SETTINGS: Final[Mapping[str, TopicSetting]] = {
    "cleanup.policy": TopicSetting(
        "delete", TYPE_LIST, _cleanup_policy, "delete, compact or compact,delete"
    ),
    "compression.type": TopicSetting("producer", TYPE_STRING, _one_of("producer"), "producer"),
    "delete.retention.ms": _long(86_400_000, 0),
    "file.delete.delay.ms": _long(60_000, 0),
    "flush.messages": _long(MAX_INT64, 1),
    "flush.ms": _long(MAX_INT64, 0),
    "max.compaction.lag.ms": _long(MAX_INT64, 1),
    "max.message.bytes": TopicSetting(
        "1048588", TYPE_INT, _between(0, MAX_INT32), "0 to 2147483647"
    ),
    "message.timestamp.type": TopicSetting(
        "CreateTime", TYPE_STRING, _one_of("CreateTime"), "CreateTime"
    ),
    "min.cleanable.dirty.ratio": TopicSetting(
        "0.5", TYPE_STRING, lambda value: value.replace(".", "", 1).isdigit(), "a ratio"
    ),
    "min.compaction.lag.ms": _long(0, 0),
    "min.insync.replicas": TopicSetting("1", TYPE_INT, _one_of("1"), "1, there is one replica"),
    "preallocate": TopicSetting("false", TYPE_BOOLEAN, _one_of("false"), "false"),
    "retention.bytes": _long(-1, -1),
    "retention.ms": _long(604_800_000, -1),
    "segment.bytes": TopicSetting(
        "67108864", TYPE_INT, _between(1024, MAX_INT32), "1024 to 2147483647"
    ),
    "segment.ms": _long(604_800_000, 1),
    "unclean.leader.election.enable": TopicSetting(
        "false", TYPE_BOOLEAN, _one_of("false", "true"), "true or false"
    ),
}


def check_topic_configs(configs: Mapping[str, str | None]) -> dict[str, str]:
    """
    Return the settings to keep; None values are left at their default.

    Raises
    ------
    InvalidTopicConfig
        A name is unknown or a value cannot be honoured.
    """
    kept: dict[str, str] = {}
    for name, value in configs.items():
        setting = TOPIC_SETTINGS.get(name)
        if setting is None:
            msg = f"unknown topic setting {name!r}, known are {', '.join(TOPIC_SETTINGS)}"
            raise InvalidTopicConfig(msg)
        if value is None:
            continue
        if not setting.accepts(value):
            msg = f"topic setting {name} is {value!r}, expected {setting.expected}"
            raise InvalidTopicConfig(msg)
        kept[name] = value
    return kept


def setting_value(configs: Mapping[str, str], name: str, segment_bytes: int) -> str:
    """Return what is in force: the topic's own value, else the broker's, else the default."""
    if name in configs:
        return configs[name]
    return str(segment_bytes) if name == "segment.bytes" else TOPIC_SETTINGS[name].default


def log_bounds(configs: Mapping[str, str], segment_bytes: int) -> LogBounds:
    """Translate a topic's settings; a topic that is only compacted is kept whole."""
    policies = setting_value(configs, "cleanup.policy", segment_bytes).split(",")
    deletes = any(policy.strip() == "delete" for policy in policies)

    def number(name: str) -> int:
        return int(setting_value(configs, name, segment_bytes))

    return LogBounds(
        segment_bytes=number("segment.bytes"),
        max_batch_bytes=number("max.message.bytes"),
        retention_ms=number("retention.ms") if deletes else -1,
        retention_bytes=number("retention.bytes") if deletes else -1,
    )
