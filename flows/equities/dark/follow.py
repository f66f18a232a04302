"""What the mid did after an event."""

from collections.abc import Callable
from typing import Final
from typing import TypeAlias

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_MS
from flows.common.calendar import NS_PER_S
from flows.common.prices import round6
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import CONFIRMED
from flows.equities.dark.event import REJECTED
from flows.equities.dark.event import STEALTH_ACCUMULATION
from flows.equities.dark.event import UNKNOWN_SPREAD
from flows.equities.dark.event import Event
from flows.equities.join.quote import Quote

QuoteAt: TypeAlias = Callable[[int], Quote | None]
# Twice the mid and the spread, 1/10,000 dollar, and receipt of the quote.
Quoted: TypeAlias = tuple[int, int, int]
# Boundary at which it is looked, instant looked up, event.
FollowUp: TypeAlias = tuple[int, int, str]

BPS: Final = 10_000
NOT_QUOTED: Final[Quoted] = (0, UNKNOWN_SPREAD, 0)


def mid_of(quote: Quote | None) -> Quoted | None:
    """Return mid, spread and receipt of a quote; null unless it is two-sided."""
    if quote is None or not quote.is_two_sided:
        return None
    return quote.mid2_e4, quote.ask_e4 - quote.bid_e4, quote.ingest_ts


def is_confirmed(event: Event, moved2_e4: int, config: DarkConfig) -> bool:
    """
    Return whether an event stands after the mid has moved.

    Parameters
    ----------
    event : Event
        With the mid it started from.
    moved2_e4 : int
        Twice the change of the mid, 1/10,000 dollar.
    config : DarkConfig
        Greatest moves.

    Notes
    -----
    A block was absorbed when the mid moved by no more than the spread or 5 bps, whichever is more;
    accumulation and distribution stand when it moved against them by no more than 10 bps. Source:
    equities specification, 7.
    """
    if event.kind == ABSORBED_BLOCK:
        moved = abs(moved2_e4)
        within_bps = moved * BPS <= config.block_follow_bps * event.mid2_e4
        return within_bps or moved <= 2 * event.spread_e4
    against = -moved2_e4 if event.kind == STEALTH_ACCUMULATION else moved2_e4
    return against * BPS <= config.side_follow_bps * event.mid2_e4


class FollowUps:
    """
    Look-ups that are still to come, by the boundary at which they are made.

    Parameters
    ----------
    config : DarkConfig
        Delays and greatest moves.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._config = config
        self._pending: list[FollowUp] = []

    @property
    def due_ns(self) -> int:
        """Return the next boundary, ns UTC; `NEVER` when nothing is pending."""
        return self._pending[0][0] if self._pending else NEVER

    def schedule(self, event: Event, now_ns: int) -> None:
        """Ask for the mid after an event; a block that has changed is judged by its new instant."""
        at_ns = self._instant(event)
        whole_s = -(-at_ns // NS_PER_S) * NS_PER_S
        boundary = whole_s if whole_s > now_ns else boundary_after(now_ns, NS_PER_S)
        self._pending.append((boundary, at_ns, event.trace_id))
        self._pending.sort()

    def due(self, at_ns: int) -> list[FollowUp]:
        """Take out what is due at a boundary, in order."""
        due = [each for each in self._pending if each[0] <= at_ns]
        self._pending = self._pending[len(due) :]
        return due

    def judge(self, event: Event, asked: FollowUp, quote_at: QuoteAt) -> int | None:
        """
        Set status and follow-through of an event, and return the receipt of the quote (ns UTC).

        Null, and no answer, without a two-sided quote on either end, with one too old, or when the
        event has meanwhile become another block, which has its own look-up.
        """
        lookup_ns = asked[1]
        if self._instant(event) != lookup_ns or event.mid2_e4 <= 0:
            return None
        quote = quote_at(lookup_ns)
        found = mid_of(quote)
        if quote is None or found is None:
            return None
        if lookup_ns - quote.ts > self._config.follow_quote_max_age_ms * NS_PER_MS:
            return None
        moved2_e4 = found[0] - event.mid2_e4
        event.follow_through_bps = round6(moved2_e4 * BPS / event.mid2_e4)
        event.status = CONFIRMED if is_confirmed(event, moved2_e4, self._config) else REJECTED
        return quote.ingest_ts

    def state(self) -> list[FollowUp]:
        """Return what is pending."""
        return self._pending

    def load(self, pending: list[FollowUp]) -> None:
        """Go on from a state."""
        self._pending = list(pending)

    def _instant(self, event: Event) -> int:
        is_block = event.kind == ABSORBED_BLOCK
        after_ms = self._config.block_follow_ms if is_block else self._config.side_follow_ms
        return event.at_ts + after_ms * NS_PER_MS
