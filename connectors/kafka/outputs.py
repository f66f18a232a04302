"""What a dataflow derives, as messages of the topics it belongs to."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import TypeVar
from typing import cast

import msgspec

from connectors.kafka.batch import Keyed
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import message_of
from connectors.kafka.serde import AvroWire
from schemas.catalog import topic_of

K = TypeVar("K", bound=Keyed)


class Outputs:
    """
    Encode the records of a dataflow.

    Parameters
    ----------
    wire : AvroWire
        Codecs of their topics.
    record_types : iterable of type
        What the dataflow derives.
    """

    def __init__(self, wire: AvroWire, record_types: Iterable[type[msgspec.Struct]]) -> None:
        self._encoders: dict[type, tuple[str, Callable[[Keyed], bytes]]] = {}
        for record_type in record_types:
            topic = topic_of(record_type).name
            encode = cast("Callable[[Keyed], bytes]", wire.encoder(topic))
            self._encoders[record_type] = (topic, encode)

    def messages(self, records: Iterable[K], partition: int) -> list[OutRecord]:
        """Return records as messages for a partition, in order."""
        encoders = self._encoders
        out = []
        for record in records:
            topic, encode = encoders[type(record)]
            out.append(message_of(topic, partition, record, encode))
        return out
