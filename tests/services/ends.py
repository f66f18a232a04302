"""How much the log of a running stack holds."""

from collections.abc import Mapping
from pathlib import Path

from connectors.kafka.admin import describe_topic
from connectors.kafka.admin import list_topics
from infra.embedded.stack import running_stack


def has_records(data: Path, wanted: Mapping[str, int]) -> bool:
    """Say whether a stack runs on a folder whose topics hold so many records, repeats too."""
    addresses = running_stack(data)
    if addresses is None or not set(wanted) <= set(list_topics(addresses.kafka)):
        return False
    return all(
        sum(part.next_offset for part in describe_topic(addresses.kafka, topic).partitions) >= least
        for topic, least in wanted.items()
    )
