"""`topics.yaml` says everything, and says it right."""

import pytest

from connectors.kafka.dlq import dead_letter_topic
from connectors.kafka.journal import ORDER_TOPIC
from connectors.kafka.journal import PROGRESS_TOPIC
from redpanda.catalog import InvalidCatalog
from redpanda.catalog import parse_catalog
from redpanda.catalog import topic_catalog
from redpanda.catalog import topics_of
from schemas.catalog import topics

# Marks in JSON, which no schema describes and nobody rejects.
JOURNAL = {ORDER_TOPIC, PROGRESS_TOPIC}
GOOD = """
defaults:
  {partitions: 8, key: k, cleanup: delete, retention_ms: -1, retention_bytes: -1, kind: derived}
dead_letters: {partitions: 1, key: k, cleanup: delete, retention_ms: 5, retention_bytes: -1}
topics:
  a: {dead_letters: true}
  b: {partitions: 3, cleanup: compact}
"""


def test_every_topic_of_the_schemas_is_there_with_its_dead_letters() -> None:
    names = {each for name in topics() for each in (name, dead_letter_topic(name))}

    assert set(topic_catalog()) == names | JOURNAL


def test_market_topics_and_their_order_have_the_same_partitions() -> None:
    market = [*topics_of("raw"), *topics_of("derived"), *JOURNAL]

    assert {topic_catalog()[name].partitions for name in market} == {8}


def test_an_entry_overrides_the_defaults() -> None:
    catalog = parse_catalog(GOOD)

    assert list(catalog) == ["a", "a.dlq", "b"]
    assert (catalog["b"].partitions, catalog["b"].cleanup) == (3, "compact")
    assert catalog["a.dlq"].configs()["retention.ms"] == "5"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("partitions: 3", "partitions: 0"), "b has 0 partitions"),
        (("partitions: 3", "parts: 3"), "parts"),
        (("cleanup: compact", "cleanup: sometimes"), "sometimes"),
        (("retention_ms: 5", "retention_ms: -2"), "retention_ms is -2"),
        (("partitions: 8, ", ""), "a has no partitions"),
        (("topics:", "topic:"), "topic"),
    ],
)
def test_what_is_wrong_is_named(change: tuple[str, str], said: str) -> None:
    with pytest.raises(InvalidCatalog, match=said):
        parse_catalog(GOOD.replace(*change))
