"""Decisions of a run as a backtest counts them: each at the moment it became known."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final
from typing import Literal
from typing import TypeAlias
from typing import TypeVar

import msgspec
import structlog

from connectors.errors import MisconfiguredConnector
from connectors.kafka.namespace import in_namespace
from connectors.kafka.tail import tail
from flows.common.sessions import trade_date_and_segment
from flows.options.settlement import RETRACTED
from flows.options.settlement import SETTLED
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from schemas.records import ClassifierHit
from schemas.records import FlowAlert

log = structlog.get_logger(__name__)
R = TypeVar("R", bound=msgspec.Struct)

Flow: TypeAlias = Literal["options", "equities"]

ALERTS_TOPIC: Final = "flow.alerts"
HITS_TOPIC: Final = "flow.classifier-hits"
HIT_KIND: Final = "classifier hit"
OPTIONS_KIND: Final = "options"
# Halts, orders and prediction markets say nothing about where the price goes.
EQUITY_KINDS: Final = ("dark.", "lvn.", "state.change", "flow.aggressive", "signal.")


class Observation(msgspec.Struct, frozen=True, gc=False):
    """
    One decision.

    Parameters
    ----------
    id : str
        Of the alert, or of the hit.
    emission_ns : int
        Event time at which it became knowable, ns UTC.
    session : int
        Its trading date, days since 1970-01-01.
    underlying_id : str
        Whose mid is watched.
    direction : str
        `bullish`, `bearish`, or anything else for none.
    kind : str
        Of the alert; `classifier hit` for a hit.
    classifiers : tuple of str
        Those it rests on, sorted.
    profile : str | None
        Primary profile; null when the flow abstained or has none.
    severity : str
        Empty for a hit.
    score : int | None
        0 to 100; null for a hit.
    probability : float
        Stated, 0 to 1.
    config_hash : str
        Of the thresholds that made it.
    is_retracted : bool
        Whether it was taken back later.
    """

    id: str
    emission_ns: int
    session: int
    underlying_id: str
    direction: str
    kind: str
    classifiers: tuple[str, ...]
    profile: str | None
    severity: str
    score: int | None
    probability: float
    config_hash: str
    is_retracted: bool = False

    @property
    def sign(self) -> float:
        """Return 1 for bullish, -1 for bearish, 0 for no direction."""
        return {"bullish": 1.0, "bearish": -1.0}.get(self.direction, 0.0)


class Decisions(msgspec.Struct, frozen=True):
    """
    What a run decided, by (emission, id).

    Parameters
    ----------
    alerts, hits : tuple of Observation
        Alerts; and classifier hits, where they were asked for.
    undecodable : int
        Messages left out.
    """

    alerts: tuple[Observation, ...]
    hits: tuple[Observation, ...] = ()
    undecodable: int = 0


def is_measured(kind: str, flow: Flow) -> bool:
    """
    Tell whether alerts of a kind belong to a backtest of a flow.

    Notes
    -----
    Source: equities specification, 15; records of an older version have no kind and are options'.
    """
    if flow == "options":
        return kind in (OPTIONS_KIND, "")
    return kind.startswith(EQUITY_KINDS)


def alert_observations(alerts: Iterable[FlowAlert], flow: Flow) -> tuple[Observation, ...]:
    """
    Return the opening of each alert, by (emission, id).

    Parameters
    ----------
    alerts : iterable of FlowAlert
        Revisions in any order, repeats among them; the smallest revision of an alert counts,
        which is its opening unless the log has forgotten that: then it counts later, never
        earlier. Settlements judge afterwards and open nothing.
    flow : str
        Which kinds are measured.
    """
    first: dict[str, FlowAlert] = {}
    retracted: set[str] = set()
    for alert in alerts:
        if not is_measured(alert.kind, flow) or alert.state == SETTLED:
            continue
        if alert.state == RETRACTED:
            retracted.add(alert.alert_id)
        known = first.get(alert.alert_id)
        if known is None or alert.revision < known.revision:
            first[alert.alert_id] = alert
    return _in_order([_of_alert(each, each.alert_id in retracted) for each in first.values()])


def hit_observations(hits: Iterable[ClassifierHit]) -> tuple[Observation, ...]:
    """Return the first revision of each classifier hit, by (emission, id)."""
    first: dict[str, ClassifierHit] = {}
    retracted: set[str] = set()
    for hit in hits:
        if hit.retracted:
            retracted.add(hit.hit_id)
        known = first.get(hit.hit_id)
        if known is None or hit.revision < known.revision:
            first[hit.hit_id] = hit
    return _in_order([_of_hit(each, each.hit_id in retracted) for each in first.values()])


def _in_order(found: Sequence[Observation]) -> tuple[Observation, ...]:
    return tuple(sorted(found, key=lambda each: (each.emission_ns, each.id)))


def _of_alert(alert: FlowAlert, is_retracted: bool) -> Observation:
    return Observation(
        id=alert.alert_id,
        emission_ns=alert.source_ts,
        session=trade_date_and_segment(alert.source_ts)[0],
        underlying_id=alert.underlying_id,
        direction=alert.direction,
        kind=alert.kind or OPTIONS_KIND,
        classifiers=tuple(sorted({hit.classifier_id for hit in alert.hits})),
        profile=alert.primary_profile_id,
        severity=alert.severity,
        score=alert.score,
        probability=alert.confidence.probability,
        config_hash=alert.config_hash,
        is_retracted=is_retracted,
    )


def _of_hit(hit: ClassifierHit, is_retracted: bool) -> Observation:
    return Observation(
        id=hit.hit_id,
        emission_ns=hit.source_ts,
        session=trade_date_and_segment(hit.source_ts)[0],
        underlying_id=hit.underlying_id,
        direction=hit.direction,
        kind=HIT_KIND,
        classifiers=(hit.classifier_id,),
        profile=hit.profile_id,
        severity="",
        score=None,
        probability=hit.confidence,
        config_hash=hit.config_hash,
        is_retracted=is_retracted,
    )


def read_decisions(
    addresses: StackAddresses, namespace: str, flow: Flow, *, is_with_hits: bool = False
) -> Decisions:
    """
    Read what a run decided from its topics, up to their present end.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    namespace : str
        Prefix of the run's topics; empty for the live ones.
    flow : str
        Which kinds of alerts are measured.
    is_with_hits : bool
        Read classifier hits too, alerted or not.

    Raises
    ------
    MisconfiguredInfra
        The topics do not exist.
    TransientConnector
        Broker or registry do not answer.
    """
    alerts, lost = _read(addresses, in_namespace(namespace, ALERTS_TOPIC), FlowAlert)
    hits: list[ClassifierHit] = []
    if is_with_hits and flow == "options":
        hits, lost_hits = _read(addresses, in_namespace(namespace, HITS_TOPIC), ClassifierHit)
        lost += lost_hits
    return Decisions(alert_observations(alerts, flow), hit_observations(hits), lost)


def _read(addresses: StackAddresses, topic: str, record_type: type[R]) -> tuple[list[R], int]:
    found: list[R] = []
    undecodable = 0
    try:
        for message in tail(addresses.kafka, addresses.registry, topic):
            if isinstance(message.record, record_type):
                found.append(message.record)
                continue
            undecodable += 1
            offset = message.source.offset
            log.warning("decision_not_decodable", topic=topic, offset=offset, error=message.error)
    except MisconfiguredConnector as error:
        msg = f"nothing to measure: {error}; islandflow runs ls shows the runs there are"
        raise MisconfiguredInfra(msg) from error
    return found, undecodable
