"""Large off-exchange prints between bid and ask that did not move the market."""

from collections.abc import Sequence

from flows.equities.dark.confidence import block_terms
from flows.equities.dark.confidence import confidence_of
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Entry
from flows.equities.dark.entry import entry_of
from flows.equities.dark.entry import unpack
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import PROVISIONAL
from flows.equities.dark.event import UNKNOWN_SPREAD
from flows.equities.dark.event import WITHDRAWN
from flows.equities.dark.event import Event
from flows.equities.dark.event import EventBook
from flows.equities.dark.event import Spare
from flows.equities.dark.event import expiry_ns
from flows.equities.dark.follow import NOT_QUOTED
from flows.equities.dark.follow import FollowUps
from flows.equities.dark.follow import Quoted
from flows.equities.dark.record import Publisher
from flows.equities.dark.record import Stamp
from flows.equities.dark.record import join_id
from flows.equities.dark.text import shares_text
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from schemas.records import DarkInference


class BlockRule:
    """
    Absorbed blocks.

    While one cools, a stronger block takes its place under the same id and is judged anew; a
    weaker one is kept aside. When the block that is shown is cancelled, the strongest kept aside
    takes its place, and without one the event is withdrawn.

    Parameters
    ----------
    config : DarkConfig
        Gates.
    book : EventBook
        Where events are kept.
    publisher : Publisher
        Makes the records.
    follow_ups : FollowUps
        Told of every block that is shown.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(
        self, config: DarkConfig, book: EventBook, publisher: Publisher, follow_ups: FollowUps
    ) -> None:
        self._config = config
        self._book = book
        self._publisher = publisher
        self._follow_ups = follow_ups

    def fire(
        self,
        p: ObservedPrint,
        quoted: Quoted | None,
        now_ns: int,
        threshold: tuple[int, dict[str, float]],
    ) -> Sequence[DarkInference]:
        """
        Return what a print at or above T_block brings about.

        Parameters
        ----------
        p : ObservedPrint
            Eligible, between bid and ask.
        quoted : Quoted | None
            The quote of its join; null when there was none.
        now_ns : int
            Event time, ns UTC.
        threshold : tuple
            T_block in 1/1,000,000 share, and the baseline it came from.
        """
        t_block_micro, baseline = threshold
        mid2_e4, spread_e4, quoted_ns = quoted or NOT_QUOTED
        block: Spare = (entry_of(p), mid2_e4, spread_e4)
        t_block = t_block_micro / MICRO
        confidence = self._confidence(block, t_block)
        stamp = Stamp(now_ns, max(p.ingest_ts, quoted_ns), p.seq)
        event = self._book.cooling(ABSORBED_BLOCK, now_ns)
        if event is not None:
            if not self._book.is_stronger(event, confidence, p.micro):
                event.spares.append(block)
                return ()
            event.spares.append((unpack(event.members)[0], event.mid2_e4, event.spread_e4))
            event.baseline = baseline
            event.thresholds["T_block"] = t_block
            return (self._show(event, block, stamp, ""),)
        event = Event(
            f"dark:{ABSORBED_BLOCK}:{join_id(p.trace_id)}",
            ABSORBED_BLOCK,
            now_ns,
            expiry_ns(p.trade_date),
            p.ts,
            mid2_e4,
            spread_e4,
            {
                "T_block": t_block,
                "print_min_shares": float(self._config.print_min_shares),
                "max_spread_pct": self._config.max_spread_pct,
            },
            baseline,
        )
        self._book.keep(event, now_ns)
        return (self._show(event, block, stamp, ""),)

    def remove(self, event: Event, p: ObservedPrint, cause: Cause) -> DarkInference | None:
        """Return what the cancel of a print changes about an event; null for nothing."""
        shown = unpack(event.members)[0]
        if shown[5] != p.trace_id:
            event.spares = [spare for spare in event.spares if spare[0][5] != p.trace_id]
            return None
        stamp = Stamp(cause.now_ns, cause.ingest_ts, cause.seq)
        cancelled = f"The print of {shares_text(p.micro)} shares was cancelled"
        t_block = event.thresholds["T_block"]
        left = [spare for spare in event.spares if spare[0][3] >= t_block * MICRO]
        if not left:
            event.status = WITHDRAWN
            note = f"Withdrawn: {cancelled[0].lower()}{cancelled[1:]}"
            return self._publisher.publish(event, [shown], stamp, note)
        best = max(left, key=lambda spare: (self._confidence(spare, t_block), -spare[0][0]))
        event.spares.remove(best)
        return self._show(event, best, stamp, f"{cancelled}; this one came within the same time")

    def _confidence(self, block: Spare, t_block: float) -> float:
        entry, mid2_e4, spread_e4 = block
        is_known = spread_e4 != UNKNOWN_SPREAD and mid2_e4 > 0
        spread_pct = 200.0 * spread_e4 / mid2_e4 if is_known else None
        terms = block_terms(entry[3] / MICRO, t_block, spread_pct, self._config.max_spread_pct)
        return confidence_of(terms)

    def _show(self, event: Event, block: Spare, stamp: Stamp, note: str) -> DarkInference:
        entry: Entry
        entry, event.mid2_e4, event.spread_e4 = block
        event.at_ts = entry[0]
        event.confidence = self._confidence(block, event.thresholds["T_block"])
        event.status = PROVISIONAL
        event.follow_through_bps = None
        self._follow_ups.schedule(event, stamp.source_ts)
        return self._publisher.publish(event, [entry], stamp, note)
