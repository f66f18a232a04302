"""What packets, events, hits and alerts say of prints, so that no row is looked up one by one."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import Any
from typing import Final

from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

MOST_PRINTS: Final = 200_000
FRAME_PRINTS: Final = 500
STREAMS: Final = ("flow", "smart-money", "classifier-hits", "alerts")


class _Packet:
    """A packet or structure and what was said of it."""

    __slots__ = (
        *("alert_id", "event", "hits", "id", "members", "revision", "structure_id"),
        "underlying_id",
    )

    def __init__(self, id: str) -> None:  # noqa: A002 - the record's own name
        self.id = id
        self.members: tuple[str, ...] = ()
        self.revision = -1
        self.underlying_id = ""
        self.structure_id: str | None = None
        self.event: dict[str, Any] | None = None
        self.hits: dict[str, None] = {}
        self.alert_id: str | None = None


class Links:
    """
    Map of print id to what names it; the newest 200,000 prints. Thread-safe.

    Notes
    -----
    Source: gateway specification, 8.2.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._packets: dict[str, _Packet] = {}
        self._order: deque[str] = deque()
        self._packet_of: dict[str, str] = {}
        self._structure_of: dict[str, str] = {}
        self._packet_of_hit: dict[str, str] = {}
        self._changed: dict[str, None] = {}
        self._prints = 0

    def take(self, records: Iterable[object]) -> None:
        """Take packets, smart-money events, classifier hits and alerts."""
        with self._lock:
            for record in records:
                if isinstance(record, FlowPacket):
                    self._take_packet(record)
                elif isinstance(record, SmartMoneyEvent):
                    self._take_event(record)
                elif isinstance(record, ClassifierHit):
                    self._take_hit(record)
                elif isinstance(record, FlowAlert):
                    self._take_alert(record)

    def changed(self) -> list[str]:
        """Return the prints of which something new was said since the last call, oldest first."""
        with self._lock:
            changed, self._changed = self._changed, {}
            return list(changed)

    @property
    def has_changed(self) -> bool:
        """Whether `changed` has anything."""
        return bool(self._changed)

    def of(self, prints: Iterable[str]) -> dict[str, Any]:
        """Return what is known of prints; one of which nothing is known has no entry."""
        with self._lock:
            found = {}
            for name in prints:
                link = self._link(name)
                if link is not None:
                    found[name] = link
            return found

    def members(self, packet_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the prints of packets and the underlyings of these, of those that are known."""
        with self._lock:
            found = [self._packets[each] for each in packet_ids if each in self._packets]
            return (
                [name for packet in found for name in packet.members],
                [packet.underlying_id for packet in found if packet.underlying_id],
            )

    def clear(self) -> None:
        """Forget everything; the log is another one."""
        with self._lock:
            self._packets.clear()
            self._order.clear()
            self._packet_of.clear()
            self._structure_of.clear()
            self._packet_of_hit.clear()
            self._changed.clear()
            self._prints = 0

    def _packet(self, name: str) -> _Packet:
        found = self._packets.get(name)
        if found is None:
            self._packets[name] = found = _Packet(name)
            self._order.append(name)
        return found

    def _take_packet(self, record: FlowPacket) -> None:
        packet = self._packet(record.id)
        if record.revision < packet.revision:
            return
        is_structure = record.packet_kind == "structure"
        owner = self._structure_of if is_structure else self._packet_of
        is_other = packet.structure_id != record.structure_id
        known = frozenset(packet.members) if packet.members else frozenset()
        self._prints += len(record.members) - len(packet.members)
        packet.members = record.members
        packet.revision = record.revision
        packet.underlying_id = record.underlying_id
        packet.structure_id = record.id if is_structure else record.structure_id
        for name in record.members:
            owner[name] = record.id
            if is_other or name not in known:
                self._changed[name] = None
        while self._prints > MOST_PRINTS and len(self._order) > 1:
            self._forget(self._packets.pop(self._order.popleft()))

    def _take_event(self, record: SmartMoneyEvent) -> None:
        probability = max((each.probability for each in record.profile_scores), default=None)
        for each in record.profile_scores:
            if each.profile_id == record.primary_profile_id:
                probability = each.probability
        said = {
            "profile": record.primary_profile_id,
            "probability": probability,
            "direction": record.primary_direction,
            "abstained": record.abstained,
        }
        for name in record.packet_ids:
            packet = self._packet(name)
            if packet.event != said:
                packet.event = said
                self._mark(packet)

    def _take_hit(self, record: ClassifierHit) -> None:
        packet = self._packet(record.packet_id)
        self._packet_of_hit[record.hit_id] = record.packet_id
        if record.retracted:
            packet.hits.pop(record.hit_id, None)
        else:
            packet.hits[record.hit_id] = None
        self._mark(packet)

    def _take_alert(self, record: FlowAlert) -> None:
        for hit in record.hits:
            name = self._packet_of_hit.get(hit.hit_id)
            packet = None if name is None else self._packets.get(name)
            if packet is None:
                continue
            alert_id = None if record.state == "retracted" else record.alert_id
            if packet.alert_id != alert_id:
                packet.alert_id = alert_id
                self._mark(packet)

    def _mark(self, packet: _Packet) -> None:
        self._changed.update(dict.fromkeys(packet.members))

    def _forget(self, packet: _Packet) -> None:
        self._prints -= len(packet.members)
        for owner in (self._packet_of, self._structure_of):
            for name in packet.members:
                if owner.get(name) == packet.id:
                    del owner[name]
        for hit_id in packet.hits:
            self._packet_of_hit.pop(hit_id, None)

    def _link(self, name: str) -> dict[str, Any] | None:
        packet = self._packets.get(self._packet_of.get(name, ""))
        structure = self._packets.get(self._structure_of.get(name, ""))
        if structure is None and packet is not None and packet.structure_id is not None:
            structure = self._packets.get(packet.structure_id)
        if packet is None and structure is None:
            return None
        # What was said of the structure holds for its legs; a leg's own classification goes first.
        said = [each for each in (packet, structure) if each is not None]
        event = next((each.event for each in said if each.event is not None), None)
        return {
            "packet_id": None if packet is None else packet.id,
            "structure_id": structure.id if structure is not None else said[0].structure_id,
            **(event or dict.fromkeys(("profile", "probability", "direction", "abstained"))),
            "hits": [hit for each in said for hit in each.hits],
            "alert_id": next((each.alert_id for each in said if each.alert_id is not None), None),
        }
