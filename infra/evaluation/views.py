"""What an evaluation looks at of derived records, be they decoded or rows of the tables."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import TypeAlias
from typing import TypeVar

import msgspec

from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

FOLLOWUP = "followup"

DerivedRecord: TypeAlias = OptionsTape | FlowPacket | SmartMoneyEvent | ClassifierHit | FlowAlert


class PacketView(msgspec.Struct, frozen=True):
    """A packet's identity and the prints it took in."""

    id: str
    revision: int
    members: tuple[str, ...]
    reversed_print_ids: tuple[str, ...]


class ScoreView(msgspec.Struct, frozen=True):
    """One profile's probability."""

    profile_id: str
    probability: float


class EventView(msgspec.Struct, frozen=True):
    """What the profiles made of a packet or structure."""

    event_id: str
    revision: int
    packet_ids: tuple[str, ...]
    member_print_ids: tuple[str, ...]
    primary_profile_id: str | None
    primary_direction: str
    abstained: bool
    abstention_reasons: tuple[str, ...]
    profile_scores: tuple[ScoreView, ...]

    @property
    def best(self) -> float:
        """Highest probability of the six."""
        return max([score.probability for score in self.profile_scores], default=0.0)


class HitView(msgspec.Struct, frozen=True):
    """A classifier that fired on a packet."""

    hit_id: str
    revision: int
    classifier_id: str
    phase: str
    packet_id: str
    references_packet_id: str | None
    retracted: bool


class RefView(msgspec.Struct, frozen=True):
    """A typed reference."""

    kind: str
    id: str


class AlertView(msgspec.Struct, frozen=True):
    """An alert's state and evidence."""

    alert_id: str
    revision: int
    state: str
    headline: str
    evidence_refs: tuple[RefView, ...]

    def ids(self, kind: str) -> frozenset[str]:
        """Return the ids of one kind it rests on."""
        return frozenset(ref.id for ref in self.evidence_refs if ref.kind == kind)


V = TypeVar("V", PacketView, EventView, HitView, AlertView)


class Views(msgspec.Struct, frozen=True):
    """
    Everything derived, each record in its newest revision, in the order of the first ones.

    Parameters
    ----------
    packets, events, hits, alerts
        Of the four kinds.
    sizes : Mapping
        Contracts of each print by its trace id; at least of the labelled ones.
    """

    packets: tuple[PacketView, ...]
    events: tuple[EventView, ...]
    hits: tuple[HitView, ...]
    alerts: tuple[AlertView, ...]
    sizes: Mapping[str, int]


def newest(views: Iterable[V], key: str) -> tuple[V, ...]:
    """Return the newest revision of each id, in the order of the first ones."""
    found: dict[str, V] = {}
    for view in views:
        identity: str = getattr(view, key)
        known = found.get(identity)
        if known is None or view.revision >= known.revision:
            found[identity] = view
    return tuple(found.values())


def _as(view_type: type[V], sources: Iterable[object], key: str) -> tuple[V, ...]:
    return newest(
        (msgspec.convert(source, view_type, from_attributes=True) for source in sources), key
    )


def views_of_records(derived: Iterable[DerivedRecord], sizes: Mapping[str, int]) -> Views:
    """Return the views of decoded records; tape rows are passed over."""
    kinds: dict[type[DerivedRecord], list[DerivedRecord]] = {}
    for record in derived:
        kinds.setdefault(type(record), []).append(record)
    return Views(
        packets=_as(PacketView, kinds.get(FlowPacket, ()), "id"),
        events=_as(EventView, kinds.get(SmartMoneyEvent, ()), "event_id"),
        hits=_as(HitView, kinds.get(ClassifierHit, ()), "hit_id"),
        alerts=_as(AlertView, kinds.get(FlowAlert, ()), "alert_id"),
        sizes=sizes,
    )


def views_of_rows(
    rows: Mapping[str, Iterable[Mapping[str, Any]]], sizes: Mapping[str, int]
) -> Views:
    """
    Return the views of rows as the tables give them.

    Parameters
    ----------
    rows : Mapping
        Rows by table: `flow_packets`, `flow_smart_money`, `flow_classifier_hits`, `flow_alerts`.
    sizes : Mapping
        Contracts of each print by its trace id.
    """
    return Views(
        packets=_as(PacketView, rows["flow_packets"], "id"),
        events=_as(EventView, rows["flow_smart_money"], "event_id"),
        hits=_as(HitView, rows["flow_classifier_hits"], "hit_id"),
        alerts=_as(AlertView, rows["flow_alerts"], "alert_id"),
        sizes=sizes,
    )
