"""Zones while they live: opened, revised, merged, traded through, or judged anew after a cancel."""

from collections.abc import Sequence
from typing import Final

from flows.common.calendar import NS_PER_MS
from flows.equities.dark.baseline import WindowThresholds
from flows.equities.dark.cells import RollingRows
from flows.equities.dark.confidence import confidence_of
from flows.equities.dark.confidence import zone_terms
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Entry
from flows.equities.dark.entry import unpack
from flows.equities.dark.entry import without
from flows.equities.dark.event import CONFIRMED
from flows.equities.dark.event import HIDDEN_LIQUIDITY_ZONE
from flows.equities.dark.event import UNKNOWN_SPREAD
from flows.equities.dark.event import WITHDRAWN
from flows.equities.dark.event import Band
from flows.equities.dark.event import Event
from flows.equities.dark.event import EventBook
from flows.equities.dark.path import ABOVE
from flows.equities.dark.path import PricePath
from flows.equities.dark.record import Publisher
from flows.equities.dark.record import Stamp
from flows.equities.dark.text import shares_text
from flows.equities.dark.zone_finder import Group
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from schemas.records import DarkInference

NOT_BEYOND: Final = -1


class OpenZones:
    """
    The zones of one underlying.

    A zone is `confirmed` from its first record: its rule already contains what came after each
    touch. It takes the group of qualifying rows that overlaps it; a zone whose rows came to belong
    to an older one is withdrawn, and of a zone that falls apart the part with most shares goes on.
    One that no longer qualifies stands as it is, until it is traded through or nothing off-exchange
    is left in its rows. A second zone does not open within the cooldown.

    Parameters
    ----------
    who_id : str
        Underlying, for the id.
    config : DarkConfig
        Cadence of revisions, what counts as traded through.
    publisher : Publisher
        Makes the records.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(self, who_id: str, config: DarkConfig, publisher: Publisher) -> None:
        self._underlying_id = who_id
        self._config = config
        self._publisher = publisher
        self._book = EventBook(config)
        self._open: list[Event] = []

    def __len__(self) -> int:
        return len(self._open)

    def watch(self, ts: int, path: PricePath) -> None:
        """Note which zones the lit price now lies beyond; called when it changes its row."""
        for event in self._open:
            band = _band(event)
            if not self._is_beyond(band, path):
                band.beyond_since_ns = NOT_BEYOND
            elif band.beyond_since_ns == NOT_BEYOND:
                band.beyond_since_ns = ts

    def end_traded_through(self, at_ns: int, path: PricePath) -> list[DarkInference]:
        """Withdraw the zones beyond which the lit price has stayed for long enough."""
        out = []
        stay_ns = self._config.through_ms * NS_PER_MS
        for event in list(self._open):
            band = _band(event)
            if band.beyond_since_ns == NOT_BEYOND or at_ns - band.beyond_since_ns < stay_ns:
                continue
            path.forget(band.low_row, band.high_row)
            out.append(self._withdraw(event, at_ns, "Withdrawn: traded through"))
        return out

    def end_empty(self, rows: RollingRows) -> None:
        """Let go of the zones in whose rows nothing off-exchange is left."""
        self._open = [event for event in self._open if _has_volume(_band(event), rows)]

    def close(self) -> None:
        """Let go of every zone: another trading date has begun. Cancels still find them."""
        self._open = []

    def take(
        self,
        groups: Sequence[Group],
        rows: RollingRows,
        path: PricePath,
        at_ns: int,
        limits: tuple[int, WindowThresholds],
    ) -> list[DarkInference]:
        """
        Open and revise zones by the groups of a boundary.

        Parameters
        ----------
        groups : Sequence[Group]
            Most shares first.
        rows, path : RollingRows, PricePath
            What they were found in.
        at_ns : int
            The boundary, ns UTC.
        limits : tuple
            When the zone's prints can no longer be cancelled (ns UTC), and the thresholds.
        """
        out: list[DarkInference] = []
        expires_ns, thresholds = limits
        claimed: set[str] = set()
        for group in groups:
            owners = [event for event in self._open if _overlaps(_band(event), group)]
            owner = next((event for event in owners if event.trace_id not in claimed), None)
            if owner is None:
                if owners or self._book.cooling(HIDDEN_LIQUIDITY_ZONE, at_ns) is not None:
                    continue
                owner = self._opened(group, rows, path, (at_ns, expires_ns))
                if owner is None:
                    continue
            claimed.add(owner.trace_id)
            for other in owners:
                if other is not owner and other.trace_id not in claimed:
                    note = "Withdrawn: merged with the neighbouring zone"
                    out.append(self._withdraw(other, at_ns, note))
            if self._is_news(owner, group, at_ns):
                out.append(self._publish(owner, group, rows, at_ns, thresholds))
                self.watch(at_ns, path)
        return out

    def remove(self, p: ObservedPrint, cause: Cause) -> list[DarkInference]:
        """Judge the zones a cancelled print was evidence of by what their newest record claims."""
        out = []
        for event in self._book.events():
            if event.status != WITHDRAWN and event.first_ts <= p.ts <= event.last_ts:
                members = unpack(event.members)
                left = without(members, p.trace_id)
                if len(left) < len(members):
                    out.append(self._judge(event, members, left, (p, cause)))
        return out

    def state(self) -> tuple[list[Event], list[str]]:
        """Return the events of the date, and the ids of those that are open."""
        return self._book.events(), [event.trace_id for event in self._open]

    def load(self, state: tuple[list[Event], list[str]]) -> None:
        """Go on from a state."""
        events, still_open = state
        self._book.load(events)
        by_id = {event.trace_id: event for event in events}
        self._open = [by_id[name] for name in still_open]

    def _judge(
        self,
        event: Event,
        members: list[Entry],
        left: list[Entry],
        cancelled: tuple[ObservedPrint, Cause],
    ) -> DarkInference:
        p, cause = cancelled
        micro = sum(entry[3] for entry in left)
        total_micro = event.other_micro - p.micro
        limits = event.thresholds
        stamp = Stamp(cause.now_ns, cause.ingest_ts, cause.seq)
        said = f"a print of {shares_text(p.micro)} shares was cancelled"
        if (
            micro < limits["T_zone"] * MICRO
            or len(left) < limits["prints"]
            or micro < limits["off_exchange_share"] * total_micro
        ):
            self._end(event)
            note = f"Withdrawn: {said} and what is left does not meet the thresholds"
            return self._publisher.publish(event, members, stamp, note)
        event.other_micro = total_micro
        self._measure(event, micro)
        return self._publisher.publish(event, left, stamp, f"Revised: {said}")

    def _opened(
        self, group: Group, rows: RollingRows, path: PricePath, span: tuple[int, int]
    ) -> Event | None:
        at_ns, expires_ns = span
        first = rows.prints(group.low_row, group.high_row)[0]
        row = first[2] // path.row_e4
        trace_id = f"dark:{HIDDEN_LIQUIDITY_ZONE}:{self._underlying_id}:{row}:{first[5]}"
        event = self._book.get(trace_id)
        if event is not None and event.status != WITHDRAWN:
            return None
        revision = -1 if event is None else event.revision
        event = Event(
            trace_id,
            HIDDEN_LIQUIDITY_ZONE,
            at_ns,
            expires_ns,
            first[0],
            0,
            UNKNOWN_SPREAD,
            {},
            {},
            revision=revision,
            status=CONFIRMED,
            band=Band(path.row_e4, path.tick_e4, group.low_row, group.high_row),
        )
        self._book.keep(event, at_ns)
        self._open.append(event)
        return event

    def _is_news(self, event: Event, group: Group, at_ns: int) -> bool:
        band = _band(event)
        if not event.members:
            return True
        if at_ns - band.published_ns < self._config.zone_revise_ms * NS_PER_MS:
            return False
        has_grown = group.micro >= self._config.zone_revise_ratio * event.micro
        return has_grown or group.touched.last_ns > band.last_touch_ns

    def _publish(
        self,
        event: Event,
        group: Group,
        rows: RollingRows,
        at_ns: int,
        thresholds: WindowThresholds,
    ) -> DarkInference:
        config = self._config
        band, touched = _band(event), group.touched
        band.low_row, band.high_row = group.low_row, group.high_row
        band.touches, band.from_above = touched.touches, touched.from_above
        band.held, band.decided = touched.held, touched.decided
        band.last_touch_ns, band.last_side = touched.last_ns, touched.last_side
        band.published_ns = at_ns
        event.other_micro = group.total_micro
        event.thresholds = {
            "T_zone": thresholds.zone_micro / MICRO,
            "prints": float(config.zone_min_prints),
            "off_exchange_share": config.zone_share,
            "touches": float(config.zone_min_touches),
            "hold": config.zone_hold,
            "window_ms": float(config.zone_window_ms),
            "band_width": band.row_e4 / 10_000,
        }
        event.baseline = thresholds.baseline
        self._measure(event, group.micro)
        entries = rows.prints(group.low_row, group.high_row)
        newest = entries[-1]
        return self._publisher.publish(event, entries, Stamp(at_ns, newest[4], newest[1]))

    def _measure(self, event: Event, micro: int) -> None:
        """Set confidence, and beside the baseline what was measured: the record has no fields."""
        band = _band(event)
        share = round(micro / event.other_micro, 6)
        t_zone = event.thresholds["T_zone"]
        terms = zone_terms(micro / MICRO, t_zone, band.touches, band.hold, share)
        event.confidence = confidence_of(terms)
        event.baseline = {
            **event.baseline,
            "touches": float(band.touches),
            "hold": band.hold,
            "off_exchange_share": share,
        }

    def _withdraw(self, event: Event, at_ns: int, note: str) -> DarkInference:
        self._end(event)
        stamp = Stamp(at_ns, event.ingest_ts, event.seq)
        return self._publisher.publish(event, unpack(event.members), stamp, note)

    def _end(self, event: Event) -> None:
        event.status = WITHDRAWN
        self._open = [each for each in self._open if each is not event]

    def _is_beyond(self, band: Band, path: PricePath) -> bool:
        """Return whether the price is on the far side: of a two-sided zone, of its last touch."""
        widths = self._config.through_widths
        side = band.side
        is_held_from_above = side == "support" or (
            side == "two_sided" and band.last_side == ABOVE
        )  # fmt: skip
        if is_held_from_above:
            return path.is_below(band.low_row, widths)
        return path.is_above(band.high_row, widths)


def _band(event: Event) -> Band:
    band = event.band
    if band is None:
        msg = f"{event.trace_id} has no band"
        raise ValueError(msg)
    return band


def _overlaps(band: Band, group: Group) -> bool:
    return band.low_row <= group.high_row and group.low_row <= band.high_row


def _has_volume(band: Band, rows: RollingRows) -> bool:
    return any(row in rows.shares for row in range(band.low_row, band.high_row + 1))
