"""What the ordered dataflows have in common when they are built from the settings."""

import gc
from typing import Final
from typing import Literal

from connectors.kafka.config import SinkConfig
from connectors.kafka.config import SourceConfig
from connectors.kafka.journal import ORDER_TOPIC
from connectors.kafka.journal import PROGRESS_TOPIC
from connectors.kafka.marks import MARKS_TOPIC
from connectors.kafka.namespace import in_namespace
from infra.embedded.stack import StackAddresses
from infra.settings import FlowSettings
from redpanda.catalog import topics_of
from schemas.catalog import topics

COLLECT_AFTER_OBJECTS: Final = 50_000


def calm_collector() -> None:
    """
    Let Python's collector look rarely.

    The state of thousands of contracts stays alive: a collector that walks it every few hundred
    records finds nothing and takes a seventh of the time.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 50, 1000)


def physical(settings: FlowSettings, topic: str) -> str:
    """
    Return the name under which a flow reads a topic.

    A replay makes derived topics anew and reads what it made; raw ones are the live ones, or a
    copy of its own.
    """
    is_raw = topic in topics_of("raw")
    namespace = settings.flow_raw_namespace if is_raw else settings.flow_namespace
    return in_namespace(namespace, topic)


def source_config(
    settings: FlowSettings,
    addresses: StackAddresses,
    group: str,
    topics: tuple[str, ...],
    deliver_policy: Literal["new", "all"],
) -> SourceConfig:
    """
    Return how a flow reads its topics.

    Parameters
    ----------
    settings : FlowSettings
        Batches, waits and where the input ends.
    addresses : StackAddresses
        The services.
    group : str
        Consumer group that shows the flow's progress.
    topics : tuple[str, ...]
        Inputs, in tie order; all raw, or all derived.
    deliver_policy : {"new", "all"}
        Where a flow without state starts.
    """
    is_raw = all(topic in topics_of("raw") for topic in topics)
    is_marked = is_raw and settings.flow_raw_namespace != ""
    # A copy holds what was asked for and nothing else.
    is_bounded = is_raw and not is_marked
    # A replay reads live raw topics in the order the live flow read them. Of derived topics it
    # makes its own, with offsets of which no journal of the live ones could speak.
    has_journal = is_bounded
    is_live = settings.flow_namespace == ""
    return SourceConfig(
        brokers=addresses.kafka,
        group=in_namespace(settings.flow_namespace, group),
        topics=tuple([physical(settings, topic) for topic in topics]),
        stop_at_end=settings.flow_stop_at_end,
        deliver_policy=deliver_policy,
        ignore_state=settings.compute_consumer_reset,
        batch_records=settings.flow_batch_records,
        max_idle_ms=settings.flow_max_idle_ms,
        tick_ms=settings.flow_tick_ms,
        ticks=settings.flow_ticks,
        from_ns=settings.flow_from_ns if is_bounded else 0,
        until_ns=settings.flow_until_ns if is_bounded else 0,
        keys=tuple([name for name in settings.flow_keys.split(",") if name]) if is_raw else (),
        marks_topic=in_namespace(settings.flow_raw_namespace, MARKS_TOPIC) if is_marked else "",
        journal_topic=ORDER_TOPIC if has_journal else "",
        journal_key=group if has_journal else "",
        progress_topic=PROGRESS_TOPIC if has_journal and is_live else "",
    )


def stored_topics(settings: FlowSettings) -> tuple[str, ...]:
    """Return the topics that are stored: of a replay those it derives, else all."""
    return topics_of("derived") if settings.flow_namespace else tuple(topics())


def sink_config(settings: FlowSettings, addresses: StackAddresses) -> SinkConfig:
    """Return how a flow writes its topics."""
    return SinkConfig(brokers=addresses.kafka, namespace=settings.flow_namespace)
