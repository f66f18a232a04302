"""What the ordered dataflows have in common when they are built from the settings."""

import gc
from typing import Final
from typing import Literal

from connectors.kafka.config import SourceConfig
from infra.embedded.stack import StackAddresses
from infra.settings import FlowSettings

COLLECT_AFTER_OBJECTS: Final = 50_000


def calm_collector() -> None:
    """
    Let Python's collector look rarely.

    The state of thousands of contracts stays alive: a collector that walks it every few hundred
    records finds nothing and takes a seventh of the time.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 50, 1000)


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
        Inputs, in tie order.
    deliver_policy : {"new", "all"}
        Where a flow without state starts.
    """
    return SourceConfig(
        brokers=addresses.kafka,
        group=group,
        topics=topics,
        stop_at_end=settings.flow_stop_at_end,
        deliver_policy=deliver_policy,
        ignore_state=settings.compute_consumer_reset,
        batch_records=settings.flow_batch_records,
        max_idle_ms=settings.flow_max_idle_ms,
        tick_ms=settings.flow_tick_ms,
    )
