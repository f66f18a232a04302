"""Opening revisions of alerts out of the log; settled ones into it and the tables."""

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import structlog

from connectors.errors import RejectedRecord
from connectors.kafka.admin import describe_topic
from connectors.kafka.batch import message_of
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.pipeline.catalog import PERSIST
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import Observer
from infra.pipeline.drain import flow_processes
from infra.pipeline.lag import LagMonitor
from infra.pipeline.occupancy import make_folder
from infra.pipeline.occupancy import sole_pipeline
from schemas.records import FlowAlert

log = structlog.get_logger(__name__)

ALERTS_TOPIC: Final = "flow.alerts"
POLL_S: Final = 0.1
STALLED_AFTER_S: Final = 60.0

_NS_PER_MS: Final = 1_000_000


def opened_in_log(
    kafka: str, wire: AvroWire, alert_ids: Iterable[str], from_ns: int
) -> dict[str, int]:
    """
    Return when alerts opened, ns UTC, by alert id, as far as the log still holds it.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    wire : AvroWire
        Decodes alerts.
    alert_ids : iterable of str
        The alerts asked for.
    from_ns : int
        No alert asked for opened before, ns UTC.
    """
    left = set(alert_ids)
    decode = wire.decoder(ALERTS_TOPIC)
    found: dict[str, int] = {}
    for message in read_log(kafka, ALERTS_TOPIC, Start("time", from_ns // _NS_PER_MS)):
        try:
            record = decode(message.value or b"")
        except RejectedRecord as error:
            # Persist puts it among the dead letters.
            log.warning("alert_not_decodable", offset=message.offset, error=str(error))
            continue
        if record.revision == 0 and record.alert_id in left:
            found[record.alert_id] = record.source_ts
            left.discard(record.alert_id)
            if not left:
                break
    return found


def publish_alerts(alerts: Sequence[FlowAlert], addresses: StackAddresses, wire: AvroWire) -> None:
    """
    Write alerts to their topic, each on the partition of its underlying.

    Delivery: at least once, identified by (alert id, revision).
    """
    count = len(describe_topic(addresses.kafka, ALERTS_TOPIC).partitions)
    encode = wire.encoder(ALERTS_TOPIC)
    records = [
        message_of(ALERTS_TOPIC, partition_of(alert.underlying_id.encode(), count), alert, encode)
        for alert in alerts
    ]
    BatchProducer(SinkConfig(brokers=addresses.kafka)).write(records)


def store_log(
    request: DrainRequest, topics: Sequence[str], observe: Observer | None = None
) -> None:
    """
    Bring the tables to the present end of topics.

    Runs persist for as long as that takes; where `islandflow up` or `run` holds the folder, its
    persist is waited for instead. Delivery: at least once, rows idempotent.

    Raises
    ------
    InfraError
        Persist keeps failing, or nothing moved for a minute.
    """
    monitor = LagMonitor(request.addresses.kafka, PERSIST.group, topics)
    try:
        if monitor.progress().lag == 0:
            return
        with ExitStack() as stack:
            make_folder(request.data_dir)
            persist = flow_processes(request, PERSIST, stop_at_end=False)
            try:
                stack.enter_context(sole_pipeline(request.data_dir))
            except MisconfiguredInfra:
                is_ours = False
            else:
                is_ours = True
                stack.callback(persist.stop)
                persist.start()
            _wait_until_stored(monitor, persist.poll if is_ours else None, observe)
    finally:
        monitor.close()


def _wait_until_stored(
    monitor: LagMonitor, poll: Callable[[], bool] | None, observe: Observer | None
) -> None:
    last, since_s = monitor.progress(), time.monotonic()
    while True:
        progress = monitor.progress()
        if observe is not None:
            observe("store", progress)
        if progress.lag == 0:
            return
        if progress != last:
            last, since_s = progress, time.monotonic()
        if poll is not None and poll():
            msg = f"persist ended with {progress.lag:,} records not stored"
            raise InfraError(msg)
        if time.monotonic() - since_s > STALLED_AFTER_S:
            msg = (
                f"{progress.lag:,} records are in the log but not in the tables and nothing moved "
                f"for {STALLED_AFTER_S:.0f} s; does the flow persist run?"
            )
            raise InfraError(msg)
        time.sleep(POLL_S)
