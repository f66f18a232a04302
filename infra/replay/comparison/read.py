"""Read what a comparison needs of a side's topics."""

from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from typing import Final

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import TopicPartition

from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import READ_GROUP
from connectors.kafka.bounded import Start
from connectors.kafka.clients import looking_on
from connectors.kafka.namespace import in_namespace
from connectors.kafka.reader import connector_error
from connectors.kafka.serde import AvroWire
from flows.common.calendar import NS_PER_MS
from flows.premium.record import BASKET
from flows.premium.record import MARKET
from infra.pipeline.digest import decoded_records
from infra.replay.comparison.compare import Fingerprints
from infra.replay.comparison.compare import Place
from infra.replay.comparison.compare import Rows
from infra.replay.comparison.compare import canonical
from infra.replay.comparison.compare import digest16
from infra.replay.comparison.compare import identity
from infra.replay.comparison.sides import ALERTS
from infra.replay.comparison.sides import DiffSide
from infra.replay.comparison.sides import Part
from infra.replay.comparison.sides import flows_of

NET_PREMIUM: Final = "options.net-premium"
# Wall time, and what would mark every record where it is said once above them all.
LEFT_OUT: Final = ("ingest_ts", "config_hash")
# How often a bucket came out, and when it did last, depends on when the tape was read.
LEFT_OUT_OF_BUCKETS: Final = (*LEFT_OUT, "revision", "source_ts", "seq")

# Whose time a record goes by: rows of the table of horizons.
OPTIONS_CLOCK: Final = 0
EQUITIES_CLOCK: Final = 1
PREMIUM_CLOCK: Final = 2
TIDE_CLOCK: Final = 3
CLOCKS: Final = 4

_CLOCK_OF: Final = {"options": OPTIONS_CLOCK, "equities": EQUITIES_CLOCK}
_LATE_CANDLE: Final = "late"


class Reading(msgspec.Struct):
    """
    What was read of a topic on one side.

    Parameters
    ----------
    prints : Fingerprints
        The records compared.
    thresholds : dict
        Records by `config_hash`.
    late : int
        Records flagged late, or revised because of a late print.
    settled : int
        Alerts left out that carry a settlement: no flow wrote them.
    tide : int
        Sums over all underlyings left out, because only some are compared.
    reached_ns : dict
        Of net premium, the greatest `source_ts` of rows of single underlyings, by partition.
    """

    prints: Fingerprints = msgspec.field(default_factory=Fingerprints)
    thresholds: dict[str, int] = msgspec.field(default_factory=dict)
    late: int = 0
    settled: int = 0
    tide: int = 0
    reached_ns: dict[int, int] = msgspec.field(default_factory=dict)

    def take_rows(self) -> Rows:
        """Return the records compared, which are given up with it."""
        rows, self.prints = self.prints.rows(), Fingerprints()
        return rows


def left_out_of(topic: str) -> tuple[str, ...]:
    """Return the fields of a topic's records that are not compared."""
    return LEFT_OUT_OF_BUCKETS if topic == NET_PREMIUM else LEFT_OUT


def read_topic(kafka: str, wire: AvroWire, side: DiffSide, topic: str, part: Part) -> Reading:
    """
    Read a topic of one side through, as far as it is compared.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    wire : AvroWire
        Codec of the topic.
    side : DiffSide
        Whose topic.
    topic : str
        Derived topic, without the namespace.
    part : Part
        Everything else is passed over.

    Raises
    ------
    UndecodableRecord
        A message is not a record of the topic.
    """
    reading = Reading()
    keys = {name.encode() for name in part.underlyings}
    take = _take_bucket if topic == NET_PREMIUM else _take
    # Stamps of the log are event times, or the later times of its writing.
    start = Start("time", part.from_ns // NS_PER_MS) if part.from_ns else BEGINNING
    for source, record in decoded_records(kafka, wire, topic, side.namespace, start):
        if keys and source.key not in keys:
            reading.tide += topic == NET_PREMIUM and record.underlying_id in {MARKET, BASKET}
            continue
        take(reading, topic, part, record, (source.partition, source.offset))
    return reading


def _take(
    reading: Reading,
    topic: str,
    part: Part,
    record: Any,  # noqa: ANN401 - the topic decides the type
    place: tuple[int, int],
) -> None:
    flow = flows_of(topic)[0]
    if topic == ALERTS:
        flow = "options" if record.kind == "options" else "equities"
    at_ns = record.source_ts
    if flow not in part.flows or not part.holds_span(at_ns, at_ns):
        return
    if topic == ALERTS and record.settlement is not None:
        reading.settled += 1
        return
    trace_id, revision = identity(record)
    _note(reading, record, flow)
    reading.prints.add(
        digest16(f"{trace_id}\0{revision}".encode()),
        digest16(canonical(record, LEFT_OUT)),
        at_ns,
        place,
        revision,
        _CLOCK_OF[flow],
    )


def _take_bucket(
    reading: Reading,
    topic: str,
    part: Part,
    record: Any,  # noqa: ANN401 - the topic decides the type
    place: tuple[int, int],
) -> None:
    del topic
    end_ns = record.window_start + record.interval_ms * NS_PER_MS
    is_tide = record.underlying_id in {MARKET, BASKET}
    if not is_tide:
        reached = reading.reached_ns.get(place[0], 0)
        reading.reached_ns[place[0]] = max(reached, record.source_ts)
    if not part.holds_span(record.window_start, end_ns - 1):
        return
    _note(reading, record, "premium")
    reading.prints.add(
        digest16(record.trace_id.encode()),
        digest16(canonical(record, LEFT_OUT_OF_BUCKETS)),
        # What came out at the horizon itself was complete: time had left the cell.
        max(record.source_ts, end_ns) - 1,
        place,
        record.revision,
        TIDE_CLOCK if is_tide else PREMIUM_CLOCK,
    )


def _note(reading: Reading, record: Any, flow: str) -> None:  # noqa: ANN401 - the topic decides
    name = f"{flow} {record.config_hash}"
    reading.thresholds[name] = reading.thresholds.get(name, 0) + 1
    is_late = getattr(record, "late_arrival", False)
    reading.late += is_late or getattr(record, "revised_reason", None) == _LATE_CANDLE


def records_at(
    kafka: str,
    wire: AvroWire,
    topic: str,
    sides: tuple[DiffSide, DiffSide],
    places: Iterable[Place],
) -> dict[Place, Any]:
    """
    Fetch single records.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    wire : AvroWire
        Codec of the topic.
    topic : str
        Derived topic, without the namespace.
    sides : (DiffSide, DiffSide)
        The first and the second side.
    places : iterable of Place
        Which records.

    Returns
    -------
    dict
        Records by place; without those that were deleted meanwhile.
    """
    found: dict[Place, Any] = {}
    settings = {
        **looking_on(kafka, READ_GROUP),
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
    }
    decode = wire.decoder(topic)
    with closing(Consumer(settings)) as consumer:
        for place in places:
            side = sides[0] if place.is_here else sides[1]
            name = in_namespace(side.namespace, topic)
            value = _value_at(consumer, TopicPartition(name, place.partition, place.offset))
            if value is not None:
                found[place] = decode(value)
    return found


def _value_at(consumer: Consumer, place: TopicPartition) -> bytes | None:
    consumer.assign([place])
    while True:
        for message in consumer.consume(1, 1.0):
            error = message.error()
            if error is None:
                return _value(message) if message.offset() == place.offset else None
            if error.code() == KafkaError._PARTITION_EOF:
                return None
            if not error.retriable() or error.fatal():
                raise connector_error(error, f"cannot read {place.topic}") from KafkaException(
                    error
                )


def _value(message: Message) -> bytes | None:
    value = message.value()
    return value.encode() if isinstance(value, str) else value


def lateness(readings: Mapping[str, tuple[Reading, Reading]]) -> list[str]:
    """Say where the sides flagged a different number of records late; it explains differences."""
    return [
        f"{topic}: {here.late:,} late here, {there.late:,} there"
        for topic, (here, there) in readings.items()
        if here.late != there.late
    ]
