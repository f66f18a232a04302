"""Events of the off-exchange inference, kept while a cancel may still change them."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_MS
from flows.common.sessions import day_bounds_ns
from flows.equities.dark.confidence import share_held
from flows.equities.dark.confidence import zone_side
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Entry

ABSORBED_BLOCK: Final = "absorbed_block"
STEALTH_ACCUMULATION: Final = "stealth_accumulation"
DISTRIBUTION: Final = "distribution"
HIDDEN_LIQUIDITY_ZONE: Final = "hidden_liquidity_zone"

PROVISIONAL: Final = "provisional"
CONFIRMED: Final = "confirmed"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"

UNKNOWN_SPREAD: Final = -1
_KEPT_AFTER_DAY_NS: Final = 4 * 60 * NS_PER_MINUTE
_CONFIDENCE_STEPS: Final = 1_000_000

# A block that its event does not show: print, twice the mid, spread (1/10,000 dollar).
Spare = tuple[Entry, int, int]


class Band(msgspec.Struct, array_like=True):
    """
    Where a hidden liquidity zone lies, and what it was seen to do.

    Parameters
    ----------
    row_e4, tick_e4 : int
        Height of a row and tick, 1/10,000 dollar.
    low_row, high_row : int
        First and last row.
    from_above, touches, held, decided : int
        Touches of the lit price: those from above, all, those that turned back, those whose time
        is over.
    last_touch_ns : int
        Newest touch, ns UTC.
    last_side : int
        1 when it came from above, -1 from below.
    beyond_since_ns : int
        Since when the lit price is beyond the zone; -1 when it is not.
    published_ns : int
        Newest record, ns UTC.
    """

    row_e4: int
    tick_e4: int
    low_row: int
    high_row: int
    from_above: int = 0
    touches: int = 0
    held: int = 0
    decided: int = 0
    last_touch_ns: int = 0
    last_side: int = 0
    beyond_since_ns: int = -1
    published_ns: int = 0

    @property
    def hold(self) -> float:
        """Return the share of decided touches that turned back, to two decimals; 0 without any."""
        return share_held(self.held, self.decided)

    @property
    def side(self) -> str:
        """Return `support`, `resistance` or `two_sided`."""
        return zone_side(self.from_above, self.touches)


class Event(msgspec.Struct, array_like=True):
    """
    One inference through its revisions.

    Parameters
    ----------
    trace_id, kind : str
        Of the record.
    opened_ns, expires_ns : int
        When it became knowable, and when nothing can change it any more; ns UTC.
    at_ts : int
        Instant its follow-through counts from, ns UTC.
    mid2_e4 : int
        Twice the mid at that instant, 1/10,000 dollar; 0 when not known.
    spread_e4 : int
        Spread at that instant; -1 when not known.
    thresholds, baseline : dict[str, float]
        As in the record.
    other_micro : int
        1/1,000,000 share: of the opposite side for accumulation and distribution, of all prints in
        the band for a zone, 0 for a block.
    members : bytes
        Prints of the newest record, packed.
    first_ts, last_ts, micro : int
        Their span and shares.
    confidence : float
        0 to 1.
    revision : int
        Of the newest record; -1 before the first.
    status : str
        `provisional`, `confirmed`, `rejected` or `withdrawn`.
    ingest_ts, seq : int
        Of the newest record.
    follow_through_bps : float | None
        Change of the mid, signed; null while or when it is not known.
    spares : list[Spare]
        Blocks of the same cooldown that are not shown.
    band : Band | None
        Of a zone.
    """

    trace_id: str
    kind: str
    opened_ns: int
    expires_ns: int
    at_ts: int
    mid2_e4: int
    spread_e4: int
    thresholds: dict[str, float]
    baseline: dict[str, float]
    other_micro: int = 0
    members: bytes = b""
    first_ts: int = 0
    last_ts: int = 0
    micro: int = 0
    confidence: float = 0.0
    revision: int = -1
    status: str = PROVISIONAL
    ingest_ts: int = 0
    seq: int = 0
    follow_through_bps: float | None = None
    spares: list[Spare] = []
    band: Band | None = None

    @property
    def spread_pct(self) -> float | None:
        """Return the spread in percent of the mid; null when not known."""
        if self.spread_e4 == UNKNOWN_SPREAD or self.mid2_e4 <= 0:
            return None
        return 200.0 * self.spread_e4 / self.mid2_e4


def expiry_ns(trade_date: int) -> int:
    """Return until when prints of a trading date may be cancelled: four hours after its end."""
    return day_bounds_ns(trade_date)[1] + _KEPT_AFTER_DAY_NS


class EventBook:
    """
    Events of one underlying; per kind the newest one cools the next.

    Parameters
    ----------
    config : DarkConfig
        Cooldown, and what counts as stronger.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._cooldown_ns = config.infer_cooldown_ms * NS_PER_MS
        self._gain = round(config.revise_confidence * _CONFIDENCE_STEPS)
        self._growth = config.revise_shares_ratio
        self._events: dict[str, Event] = {}
        self._newest: dict[str, Event] = {}

    def get(self, trace_id: str) -> Event | None:
        """Return an event by its id; null when it is forgotten."""
        return self._events.get(trace_id)

    def cooling(self, kind: str, now_ns: int) -> Event | None:
        """
        Return the event of a kind that keeps a second one from opening; null when there is none.

        A withdrawn event cools nothing: what it was made of does not exist.
        """
        event = self._newest.get(kind)
        if event is None or event.status == WITHDRAWN:
            return None
        return event if now_ns < event.opened_ns + self._cooldown_ns else None

    def is_stronger(self, event: Event, confidence: float, micro: int) -> bool:
        """Return whether a result is strong enough to revise an open event."""
        gained = round(confidence * _CONFIDENCE_STEPS) - round(event.confidence * _CONFIDENCE_STEPS)
        return gained >= self._gain or micro >= self._growth * event.micro

    def keep(self, event: Event, now_ns: int) -> None:
        """Open an event, and forget those that nothing can change any more."""
        self._events = {
            name: each for name, each in self._events.items() if each.expires_ns > now_ns
        }
        self._events[event.trace_id] = event
        self._newest[event.kind] = event

    def events(self) -> list[Event]:
        """Return the events, oldest first."""
        return list(self._events.values())

    def load(self, events: list[Event]) -> None:
        """Go on from a state."""
        self._events = {event.trace_id: event for event in events}
        self._newest = {event.kind: event for event in events}
