"""Off-exchange prints that keep coming on one side of the market."""

from collections.abc import Sequence

from flows.common.calendar import NS_PER_MS
from flows.equities.dark.baseline import WindowThresholds
from flows.equities.dark.confidence import confidence_of
from flows.equities.dark.confidence import side_terms
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Entry
from flows.equities.dark.entry import entry_of
from flows.equities.dark.entry import unpack
from flows.equities.dark.entry import without
from flows.equities.dark.event import DISTRIBUTION
from flows.equities.dark.event import STEALTH_ACCUMULATION
from flows.equities.dark.event import WITHDRAWN
from flows.equities.dark.event import Event
from flows.equities.dark.event import EventBook
from flows.equities.dark.event import expiry_ns
from flows.equities.dark.follow import NOT_QUOTED
from flows.equities.dark.follow import FollowUps
from flows.equities.dark.follow import Quoted
from flows.equities.dark.record import Publisher
from flows.equities.dark.record import Stamp
from flows.equities.dark.side_window import SideWindow
from flows.equities.dark.text import shares_text
from flows.equities.observed import BUY
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from schemas.records import DarkInference

SideState = tuple[int, list[Entry], list[Entry]]


class SideRule:
    """
    Accumulation and distribution over a sliding window.

    The window ends at the newest directed print, that one included, and reaches back its length
    without the instant it starts at. A print that comes late for it is left out; one that comes
    late but still lies in it takes its place and completes the window like any other.

    Parameters
    ----------
    config : DarkConfig
        Window and gates.
    book : EventBook
        Where events are kept.
    publisher : Publisher
        Makes the records.
    follow_ups : FollowUps
        Told of every new event.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(
        self, config: DarkConfig, book: EventBook, publisher: Publisher, follow_ups: FollowUps
    ) -> None:
        self._config = config
        self._window_ns = config.infer_window_ms * NS_PER_MS
        self._book = book
        self._publisher = publisher
        self._follow_ups = follow_ups
        self._end_ns = 0
        self._buys = SideWindow()
        self._sells = SideWindow()

    def add(
        self,
        p: ObservedPrint,
        quoted: Quoted | None,
        now_ns: int,
        thresholds: WindowThresholds,
    ) -> Sequence[DarkInference]:
        """Take in an eligible print with a side and return what it brings about."""
        is_buy = p.direction == BUY
        side, other = self._windows(is_buy=is_buy)
        self._end_ns = max(self._end_ns, p.ts)
        start_ns = self._end_ns - self._window_ns
        if p.ts <= start_ns:
            return ()
        side.push(entry_of(p))
        side.expire(start_ns)
        other.expire(start_ns)
        if side.micro < thresholds.shares_micro or len(side.entries) < thresholds.prints:
            return ()
        if side.micro < self._config.side_share * (side.micro + other.micro):
            return ()
        kind = STEALTH_ACCUMULATION if is_buy else DISTRIBUTION
        confidence = _confidence(side.micro, thresholds.shares_micro / MICRO, len(side.entries))
        event = self._book.cooling(kind, now_ns)
        if event is None:
            event = self._open(kind, p, quoted, now_ns)
        elif not self._book.is_stronger(event, confidence, side.micro):
            return ()
        event.thresholds = {
            "T_shares": thresholds.shares_micro / MICRO,
            "T_prints": float(thresholds.prints),
            "side_share": self._config.side_share,
            "window_ms": float(self._config.infer_window_ms),
            "print_min_shares": float(self._config.print_min_shares),
            "max_spread_pct": self._config.max_spread_pct,
        }
        event.baseline = thresholds.baseline
        event.confidence = confidence
        event.other_micro = other.micro
        stamp = Stamp(now_ns, max(p.ingest_ts, (quoted or NOT_QUOTED)[2]), p.seq)
        return (self._publisher.publish(event, list(side.entries), stamp),)

    def forget(self, p: ObservedPrint) -> None:
        """Take a cancelled print out of the window."""
        self._buys.remove(p.trace_id)
        self._sells.remove(p.trace_id)

    def clear(self) -> None:
        """Begin a trading date."""
        self._buys.clear()
        self._sells.clear()

    def remove(self, event: Event, p: ObservedPrint, cause: Cause) -> DarkInference | None:
        """Return what the cancel of a print changes about an event; null for nothing."""
        members = unpack(event.members)
        left = without(members, p.trace_id)
        if len(left) == len(members):
            return None
        stamp = Stamp(cause.now_ns, cause.ingest_ts, cause.seq)
        cancelled = f"a print of {shares_text(p.micro)} shares was cancelled"
        other_micro = event.other_micro
        if not _holds(event, left, other_micro) and (
            self._book.cooling(event.kind, cause.now_ns) is event
        ):
            # What has come since was not strong enough for a revision, but counts as much.
            side, other = self._windows(is_buy=event.kind == STEALTH_ACCUMULATION)
            left, other_micro = list(side.entries), other.micro
        if not _holds(event, left, other_micro):
            event.status = WITHDRAWN
            note = f"Withdrawn: {cancelled} and what is left does not meet the thresholds"
            return self._publisher.publish(event, members, stamp, note)
        event.other_micro = other_micro
        micro = sum(entry[3] for entry in left)
        event.confidence = _confidence(micro, event.thresholds["T_shares"], len(left))
        return self._publisher.publish(event, left, stamp, f"Revised: {cancelled}")

    def state(self) -> SideState:
        """Return the window as plain data."""
        return self._end_ns, list(self._buys.entries), list(self._sells.entries)

    def load(self, state: SideState) -> None:
        """Go on from a state."""
        self._end_ns, buys, sells = state
        self._buys.load(buys)
        self._sells.load(sells)

    def _windows(self, *, is_buy: bool) -> tuple[SideWindow, SideWindow]:
        return (self._buys, self._sells) if is_buy else (self._sells, self._buys)

    def _open(self, kind: str, p: ObservedPrint, quoted: Quoted | None, now_ns: int) -> Event:
        mid2_e4, spread_e4, _ = quoted or NOT_QUOTED
        event = Event(
            f"dark:{kind}:{p.trace_id}",
            kind,
            now_ns,
            expiry_ns(p.trade_date),
            p.ts,
            mid2_e4,
            spread_e4,
            {},
            {},
        )
        self._book.keep(event, now_ns)
        self._follow_ups.schedule(event, now_ns)
        return event


def _confidence(micro: int, t_shares: float, prints: int) -> float:
    return confidence_of(side_terms(micro / MICRO, t_shares, prints))


def _holds(event: Event, entries: list[Entry], other_micro: int) -> bool:
    """Return whether prints meet the thresholds an event was made with."""
    limits = event.thresholds
    micro = sum(entry[3] for entry in entries)
    return (
        micro >= limits["T_shares"] * MICRO
        and len(entries) >= limits["T_prints"]
        and micro >= limits["side_share"] * (micro + other_micro)
    )
