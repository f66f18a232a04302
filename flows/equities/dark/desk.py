"""What off-exchange prints of one underlying suggest: blocks, accumulation, distribution."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.resume import check_version
from flows.equities.dark.baseline import Baselines
from flows.equities.dark.baseline import BaselinesState
from flows.equities.dark.baseline import WindowThresholds
from flows.equities.dark.blocks import BlockRule
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.eligibility import Eligibility
from flows.equities.dark.eligibility import sessions_of
from flows.equities.dark.entry import unpack
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import WITHDRAWN
from flows.equities.dark.event import Event
from flows.equities.dark.event import EventBook
from flows.equities.dark.follow import FollowUp
from flows.equities.dark.follow import FollowUps
from flows.equities.dark.follow import QuoteAt
from flows.equities.dark.follow import Quoted
from flows.equities.dark.follow import mid_of
from flows.equities.dark.record import Publisher
from flows.equities.dark.record import Stamp
from flows.equities.dark.sides import SideRule
from flows.equities.dark.sides import SideState
from flows.equities.join.quote import Quote
from flows.equities.observed import BUY
from flows.equities.observed import MICRO
from flows.equities.observed import UNKNOWN
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import DarkInference

STATE_VERSION: Final = 1
BETWEEN: Final = "MID"
_NO_DATE: Final = -1

_State = tuple[
    int,
    int,
    bool,
    list[Event],
    SideState,
    list[FollowUp],
    BaselinesState,
    list[tuple[str, int]],
]


class DarkDesk:
    """
    Infer absorbed blocks, stealth accumulation and distribution of one underlying.

    While `is_halted`, prints teach the baselines but are no evidence, then or later, and an event
    whose follow-through falls due is left as it is: a mid that does not trade says nothing. The
    same happens without a two-sided quote that is fresh enough. Cancels are worked off at any time.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    config : DarkConfig
        Thresholds.
    config_hash : str
        Copied to the records.
    mid_at : callable
        Returns the quote at or before an instant, ns UTC.

    Notes
    -----
    `add` takes every off-exchange print with the quote of its join. Source: equities
    specification, 7.
    """

    def __init__(
        self, who: Desk, config: DarkConfig, config_hash: str, mid_at: QuoteAt
    ) -> None:  # fmt: skip
        self.due_ns = NEVER
        self.is_halted = False
        self.counters: Counter[str] = Counter()
        self._mid_at = mid_at
        self._sessions = sessions_of(config)
        self._eligibility = Eligibility(config)
        self._baselines = Baselines(config)
        self._book = EventBook(config)
        self._follow_ups = FollowUps(config)
        self._publisher = Publisher(who, config, config_hash)
        self._blocks = BlockRule(config, self._book, self._publisher, self._follow_ups)
        self._sides = SideRule(config, self._book, self._publisher, self._follow_ups)
        self._block_floor_micro = config.block_min_shares * MICRO
        self._trade_date = _NO_DATE

    def window_thresholds(self, at_ns: int) -> WindowThresholds:
        """Return T_shares, T_prints and T_zone of an instant (ns UTC) of the trading date."""
        return self._baselines.window(at_ns)

    def block_threshold(self) -> tuple[int, dict[str, float]]:
        """Return T_block in 1/1,000,000 share, and the baseline it came from."""
        micro, tail = self._baselines.block_micro()
        baseline = {"size_weight": round(self._baselines.sizes.weight, 6)}
        if tail is not None:
            baseline["size_q99"] = round(tail, 6)
        return micro, baseline

    def add(self, p: ObservedPrint, quote: Quote | None, now_ns: int) -> Sequence[DarkInference]:
        """
        Take in an off-exchange print.

        Parameters
        ----------
        p : ObservedPrint
            The print.
        quote : Quote | None
            Of its join; null when there was none.
        now_ns : int
            Event time, ns UTC.

        Returns
        -------
        Sequence[DarkInference]
            What it brings about: mostly nothing. A print of a trading date that is over brings
            about nothing and is counted in `old_date_total`.
        """
        if p.trade_date != self._trade_date:
            if p.trade_date < self._trade_date:
                self.counters["old_date_total"] += 1
                return ()
            self._begin(p.trade_date)
        half_hours = self._baselines.half_hours
        if p.session in self._sessions:
            half_hours.see(half_hours.half_hour(p.ts))
        if not self._eligibility.has(p):
            return ()
        quoted = mid_of(quote)
        if not self._eligibility.is_tight(quoted):
            return ()
        out = () if self.is_halted else self._infer(p, quoted, now_ns)
        if p.baseline:
            self._baselines.sizes.add(p.micro)
        if p.nbbo_side != BETWEEN and p.direction != UNKNOWN:
            half_hours.add(p.ts, p.micro, is_buy=p.direction == BUY)
        return out

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[DarkInference]:
        """
        Take a cancelled print out of everything that rests on it.

        Each event it was evidence of is judged again by the thresholds it was made with: what
        still holds is revised, the rest withdrawn.
        """
        if not self._eligibility.has(p):
            return ()
        self._sides.forget(p)
        out = []
        for event in self._book.events():
            if event.status == WITHDRAWN:
                continue
            if event.kind == ABSORBED_BLOCK:
                record = self._blocks.remove(event, p, cause)
            elif event.first_ts <= p.ts <= event.last_ts:
                record = self._sides.remove(event, p, cause)
            else:
                continue
            if record is not None:
                out.append(record)
        self.due_ns = self._follow_ups.due_ns
        return out

    def evaluate(self, at_ns: int) -> Sequence[DarkInference]:
        """Judge the events whose time has come at a boundary (ns UTC)."""
        out = []
        for asked in self._follow_ups.due(at_ns):
            event = self._book.get(asked[2])
            if event is None or event.status == WITHDRAWN:
                continue
            quoted_ns = (
                None if self.is_halted else self._follow_ups.judge(event, asked, self._mid_at)
            )
            if quoted_ns is None:
                self.counters["not_judged_total"] += 1
                continue
            stamp = Stamp(at_ns, quoted_ns, event.seq)
            out.append(self._publisher.publish(event, unpack(event.members), stamp))
        self.due_ns = self._follow_ups.due_ns
        return out

    def state(self) -> bytes:
        """Return everything as bytes; `load` goes on from it byte for byte."""
        state: _State = (
            STATE_VERSION,
            self._trade_date,
            self.is_halted,
            self._book.events(),
            self._sides.state(),
            self._follow_ups.state(),
            self._baselines.state(),
            sorted(self.counters.items()),
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Go on from a state.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "the off-exchange inference")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self._trade_date, self.is_halted, events, sides, pending, baselines, counters = found
        self._book.load(events)
        self._sides.load(sides)
        self._follow_ups.load(pending)
        self._baselines.load(baselines)
        self.counters = Counter(dict(counters))
        self.due_ns = self._follow_ups.due_ns

    def _begin(self, trade_date: int) -> None:
        self._baselines.roll(trade_date)
        self._sides.clear()
        self._trade_date = trade_date

    def _infer(
        self, p: ObservedPrint, quoted: Quoted | None, now_ns: int
    ) -> Sequence[DarkInference]:
        out: Sequence[DarkInference] = ()
        if p.nbbo_side == BETWEEN:
            if p.micro >= self._block_floor_micro:
                threshold = self.block_threshold()
                if p.micro >= threshold[0]:
                    out = self._blocks.fire(p, quoted, now_ns, threshold)
        elif p.direction != UNKNOWN:
            out = self._sides.add(p, quoted, now_ns, self._baselines.window(p.ts))
        if out:
            self.due_ns = self._follow_ups.due_ns
        return out
