"""What alerts remember per underlying, bounded by event-time windows and plain to store."""

from collections import OrderedDict
from typing import Any

import msgspec

from flows.options.alert_score import Components


class Contribution(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    What one packet adds to an alert.

    Parameters
    ----------
    packet_id, event_id : str
        The packet and its smart-money event.
    start_ts, end_ts : int
        First and last member, ns UTC.
    premium, size : float, int
        $ and contracts.
    premium_z : float | None
        z_eff of the premium.
    components : Components
        Decomposed score of the packet alone.
    score : int
        0 to 100.
    hits : tuple
        (hit id, classifier id, confidence, direction) of each hit.
    profile : str | None
        Primary profile; None when the event abstained.
    profile_scores : tuple
        (profile id, probability), descending.
    confidence : tuple
        Probability, fit, evidence quality, margin, penalty.
    abstention_reasons : tuple[str, ...]
        Empty when a profile is named.
    direction : str
        Direction of the candidate.
    side, shape, caveat : str
        Words for the headline and the sentence on weak evidence.
    prints, venues : int
        Counts.
    print_ids : tuple[str, ...]
        The first 500 members.
    """

    packet_id: str
    event_id: str
    start_ts: int
    end_ts: int
    premium: float
    size: int
    premium_z: float | None
    components: Components
    score: int
    hits: tuple[tuple[str, str, float, str], ...]
    profile: str | None
    profile_scores: tuple[tuple[str, float], ...]
    confidence: tuple[float, float, float, float, float]
    abstention_reasons: tuple[str, ...]
    direction: str
    side: str
    shape: str
    caveat: str
    prints: int
    venues: int
    print_ids: tuple[str, ...]


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """
    What decides whether a packet's event is alerted; most are held back, so it carries no words.

    Parameters
    ----------
    components : Components
        Decomposed score of the packet alone.
    score : int
        0 to 100.
    direction : str
        That of the event, else of its strongest hit.
    top : str | None
        Strongest classifier, else the primary profile.
    """

    components: Components
    score: int
    direction: str
    top: str | None


class OpenAlert(msgspec.Struct, array_like=True):
    """
    An alert that may still be merged into or re-scored.

    Parameters
    ----------
    alert_id, dedupe_key, cooldown_key, direction, label : str
        Fixed when it opened; the label is the contract as a trader writes it.
    option_contract_id, structure_type : str | None
        Contract, or the type of the structure.
    touched_ts : int
        Event time of its newest record, ns UTC.
    revision, score, peak_score, suppressed_count : int
        As published last; the count runs on and is published with the next revision.
    components : Components
        Merged over the contributions.
    contributions : list[Contribution]
        In order of arrival, bounded.
    """

    alert_id: str
    dedupe_key: str
    cooldown_key: str
    direction: str
    label: str
    option_contract_id: str | None
    structure_type: str | None
    touched_ts: int
    revision: int
    score: int
    peak_score: int
    suppressed_count: int
    components: Components
    contributions: list[Contribution]


class PacketMemory(msgspec.Struct, array_like=True):
    """What was published about a packet: event time, classifiers that fired, the alert if any."""

    source_ts: int
    classifier_ids: tuple[str, ...]
    alert_id: str | None


class Cooldown(msgspec.Struct, array_like=True):
    """When the last alert of a cooldown key opened (ns UTC), and which."""

    opened_ts: int
    alert_id: str


class UnderlyingState:
    """
    Packets, alerts, cooldowns and tokens of one underlying.

    Parameters
    ----------
    clock_ns : int
        Largest event time seen, ns UTC.
    credit_ns : int
        Throttle credit as event time, ns.
    """

    __slots__ = (
        "alerts",
        "by_dedupe_key",
        "clock_ns",
        "cooldowns",
        "credit_ns",
        "credited_ts",
        "last_alert_id",
        "packets",
    )

    def __init__(self, clock_ns: int, credit_ns: int) -> None:
        self.clock_ns = clock_ns
        self.credit_ns = credit_ns
        self.credited_ts = clock_ns
        self.last_alert_id: str | None = None
        self.packets: OrderedDict[str, PacketMemory] = OrderedDict()
        self.alerts: OrderedDict[str, OpenAlert] = OrderedDict()
        self.by_dedupe_key: dict[str, str] = {}
        self.cooldowns: OrderedDict[str, Cooldown] = OrderedDict()

    def drop_older(self, packets_ns: int, alerts_ns: int, cooldowns_ns: int) -> None:
        """Forget what left its window (ns of event time); cost is what is forgotten."""
        clock = self.clock_ns
        packets = self.packets
        while packets and clock - next(iter(packets.values())).source_ts > packets_ns:
            packets.popitem(last=False)
        alerts = self.alerts
        while alerts and clock - next(iter(alerts.values())).touched_ts > alerts_ns:
            self.forget_alert(next(iter(alerts)))
        cooldowns = self.cooldowns
        while cooldowns and clock - next(iter(cooldowns.values())).opened_ts > cooldowns_ns:
            cooldowns.popitem(last=False)

    def forget_alert(self, alert_id: str) -> None:
        """Drop an alert and its dedupe key."""
        alert = self.alerts.pop(alert_id)
        if self.by_dedupe_key.get(alert.dedupe_key) == alert_id:
            del self.by_dedupe_key[alert.dedupe_key]

    def plain(self) -> list[Any]:
        """Return the state as lists, numbers and strings."""
        return [
            self.clock_ns,
            self.credit_ns,
            self.credited_ts,
            self.last_alert_id,
            [[key, msgspec.to_builtins(value)] for key, value in self.packets.items()],
            [msgspec.to_builtins(value) for value in self.alerts.values()],
            [[key, value] for key, value in self.by_dedupe_key.items()],
            [[key, msgspec.to_builtins(value)] for key, value in self.cooldowns.items()],
        ]

    @classmethod
    def from_plain(cls, plain: Any) -> "UnderlyingState":  # noqa: ANN401 - decoded state
        """Rebuild a state from what `plain` returned, lists in place of tuples allowed."""
        clock_ns, credit_ns, credited_ts, last_alert_id, packets, alerts, keys, cooldowns = plain
        state = cls(clock_ns, credit_ns)
        state.credited_ts = credited_ts
        state.last_alert_id = last_alert_id
        for key, value in packets:
            state.packets[key] = msgspec.convert(value, PacketMemory)
        for value in alerts:
            alert = msgspec.convert(value, OpenAlert)
            state.alerts[alert.alert_id] = alert
        state.by_dedupe_key.update((key, alert_id) for key, alert_id in keys)
        for key, value in cooldowns:
            state.cooldowns[key] = msgspec.convert(value, Cooldown)
        return state
