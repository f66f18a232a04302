"""Order flow of one underlying: signed volume by second and minute, and how aggressive it is."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.resume import check_version
from flows.equities.observed import BUY
from flows.equities.observed import SELL
from flows.equities.observed import ObservedPrint
from flows.equities.orderflow.aggression import AggressionInputs
from flows.equities.orderflow.aggression import score
from flows.equities.orderflow.config import BUCKET_NS
from flows.equities.orderflow.config import SNAPSHOT_NS
from flows.equities.orderflow.config import OrderFlowConfig
from flows.equities.orderflow.minutes import Amounts
from flows.equities.orderflow.minutes import DayFlow
from flows.equities.orderflow.minutes import DayState
from flows.equities.orderflow.minutes import MinuteFlow
from flows.equities.orderflow.minutes import amounts_of
from flows.equities.orderflow.minutes import pressures
from flows.equities.orderflow.minutes import shares
from flows.equities.orderflow.minutes import volume_ratio
from flows.equities.orderflow.record import BUCKET
from flows.equities.orderflow.record import SNAPSHOT
from flows.equities.orderflow.record import Header
from flows.equities.orderflow.record import record_of
from flows.equities.orderflow.spans import Span
from flows.equities.orderflow.spans import kept_until_ns
from flows.equities.orderflow.spans import span_at
from flows.equities.orderflow.trailing import TrailingFlow
from flows.equities.orderflow.trailing import TrailingState
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import Aggression
from schemas.records import EquityOrderFlow

STATE_VERSION: Final = 1
NOTHING: Final[tuple[EquityOrderFlow, ...]] = ()

_NOT_STARTED: Final = Span(-1, "", -1, -1, -1)
_IDLE: Final = AggressionInputs(1.0, 0.0, 50.0, 50.0)

_EMPTY: Final = (0, 0, 0, 0, 0)

_State = tuple[
    int,
    list[int],
    tuple[float, float, float, float],
    tuple[TrailingState, TrailingState],
    list[DayState],
    list[tuple[str, int]],
]


class OrderFlow:
    """
    Add up buys and sells of an underlying.

    **What counts.** Prints that count to volume and may enter levels, by their direction, which
    was decided where they were joined to quotes.

    **Snapshots** (`1s`) come out at the boundary after a second that had a print, or at which the
    running sums or the aggression of the trailing minute changed otherwise. They are the live
    picture and are never revised: what a late print or a cancel changes shows in the next one.

    **Buckets** (`1m`) come out once, at the end of their minute, `closed`. There is no forming
    bucket: it would say nothing that the snapshots do not, and double the records. A late print or
    a cancel revises its bucket at the next second and, because they contain it, the later buckets'
    sums and aggression at the next minute; each once, and only if what they say is different. So
    the newest revisions of all buckets depend on the prints alone, not on when they arrived.

    **Sums.** `cumulative_delta` starts at 0 with `closed` (20:00 to 04:00), `pre`, `rth` and
    `post`; `cumulative_delta_day` at 04:00. Momentum is the change of `cumulative_delta` over five
    minutes; from before the segment it takes 0.

    **Volume ratio.** The bars it compares with are the own closed buckets of the trading date,
    those with volume: the volume of prints that may enter levels. So the ratio compares like with
    like, and a revised bucket can be worked out from what is kept.

    Parameters
    ----------
    who : Desk
        Whose prints these are.
    config : OrderFlowConfig
        Presets and windows.
    config_hash : str
        8 hex digits over the effective thresholds.

    Attributes
    ----------
    due_ns : int
        Next boundary at which `evaluate` has something to do, ns UTC, or NEVER.
    counters : Counter
        `late_dropped`: prints and cancels of a trading date no longer kept.

    Notes
    -----
    Buckets are kept until four hours after the end of their trading date. Source: equities
    specification, 2, 3, 10 and 11.
    """

    def __init__(self, who: Desk, config: OrderFlowConfig, config_hash: str) -> None:
        self.due_ns = NEVER
        self.counters: Counter[str] = Counter()
        self._who = who
        self._config = config
        self._config_hash = config_hash
        self._presets = config.scorers
        self._days: dict[int, DayFlow] = {}
        self._span = _NOT_STARTED
        self._minute = TrailingFlow(BUCKET_NS)
        self._momentum = TrailingFlow(config.momentum_min * BUCKET_NS)
        self._inputs = _IDLE
        self._results = self._score(_IDLE)
        # The second that has prints and has not ended; [0, 0) when there is none.
        self._from_ns = self._until_ns = 0
        self._buy = self._sell = self._unknown = self._buys = self._sells = 0
        self._seq = self._ingest_ts = 0
        self._cumulative = self._cumulative_day = 0
        # The sums as the last snapshot gave them.
        self._shown = self._shown_day = 0
        # End of the minute whose bucket has not come out yet.
        self._closes_ns = NEVER
        self._bars = (0, 0)

    def add(self, p: ObservedPrint, now_ns: int) -> Sequence[EquityOrderFlow]:
        """Count a print; what it changes comes out at the next boundary."""
        if not (p.levels and p.volume):
            return NOTHING
        if not self._from_ns <= p.ts < self._until_ns and not self._open(p, now_ns):
            return NOTHING
        direction = p.direction
        if direction == BUY:
            self._buy += p.micro
            self._buys += 1
        elif direction == SELL:
            self._sell += p.micro
            self._sells += 1
        else:
            self._unknown += p.micro
        self._seq = p.seq
        if p.ingest_ts > self._ingest_ts:  # noqa: PLR1730 - once a print; a call costs more
            self._ingest_ts = p.ingest_ts
        return NOTHING

    def remove(self, p: ObservedPrint, cause: Cause) -> Sequence[EquityOrderFlow]:
        """Take a print away that was added; what it changes comes out at the next boundary."""
        if not (p.levels and p.volume):
            return NOTHING
        self._seq = cause.seq
        self._ingest_ts = max(self._ingest_ts, cause.ingest_ts)
        if self._from_ns <= p.ts < self._until_ns:
            buy, sell, unknown, buys, sells = amounts_of(p, -1)
            self._buy += buy
            self._sell += sell
            self._unknown += unknown
            self._buys += buys
            self._sells += sells
        else:
            self._change(p.ts, amounts_of(p, -1), cause.now_ns)
        return NOTHING

    def evaluate(self, at_ns: int) -> Sequence[EquityOrderFlow]:
        """Return the buckets and the snapshot that come out at a boundary, in that order."""
        self._turn(at_ns - 1)
        second = self._fold()
        self._minute.expire(at_ns)
        self._momentum.expire(at_ns, self._span.start_ns)
        is_closing = self._closes_ns == at_ns
        out: list[EquityOrderFlow] = []
        is_revised = False
        for day in self._days.values():
            if day.touched or (day.dirty_from_ns != NEVER and at_ns % BUCKET_NS == 0):
                out += self._revise(day, at_ns)
                is_revised = True
        if is_closing or is_revised:
            self._count_bars(at_ns)
        inputs = self._measure()
        is_new = inputs != self._inputs
        if is_new:
            self._inputs = inputs
            self._results = self._score(inputs)
        if is_closing:
            self._closes_ns = NEVER
            out += self._close(at_ns)
        cumulative, cumulative_day = self._cumulative, self._cumulative_day
        is_moved = cumulative != self._shown or cumulative_day != self._shown_day
        if is_new or is_moved or second != _EMPTY:
            self._shown, self._shown_day = cumulative, cumulative_day
            flow = self._flow(at_ns - SNAPSHOT_NS, second)
            header = self._header(at_ns, 0, self._span.session)
            out.append(record_of(self._who, SNAPSHOT, header, flow, self._results))
        self.due_ns = self._next(at_ns)
        return out

    def state(self) -> bytes:
        """Return the state; a stage that loads it goes on byte for byte."""
        state: _State = (
            STATE_VERSION,
            [
                *(self.due_ns, self._span.start_ns, self._from_ns, self._until_ns),
                *(self._buy, self._sell, self._unknown, self._buys, self._sells),
                *(self._seq, self._ingest_ts, self._cumulative, self._cumulative_day),
                *(self._shown, self._shown_day, self._closes_ns, *self._bars),
            ],
            msgspec.structs.astuple(self._inputs),
            (self._minute.state(), self._momentum.state()),
            [day.state() for day in self._days.values()],
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
        check_version(state, STATE_VERSION, "the order flow")
        _, numbers, inputs, windows, days, counters = msgspec.msgpack.decode(state, type=_State)
        self.due_ns, span_ns, self._from_ns, self._until_ns = numbers[:4]
        self._span = span_at(span_ns) if span_ns >= 0 else _NOT_STARTED
        self._buy, self._sell, self._unknown, self._buys, self._sells = numbers[4:9]
        self._seq, self._ingest_ts, self._cumulative, self._cumulative_day = numbers[9:13]
        self._shown, self._shown_day, self._closes_ns = numbers[13:16]
        self._bars = (numbers[16], numbers[17])
        self._inputs = AggressionInputs(*inputs)
        self._results = self._score(self._inputs)
        self._minute.load(windows[0])
        self._momentum.load(windows[1])
        self._days = {day[0]: DayFlow.restore(day) for day in days}
        self.counters = Counter(dict(counters))

    def _open(self, p: ObservedPrint, now_ns: int) -> bool:
        """Begin the second of a print; false when the print is late and has been dealt with."""
        second = now_ns - now_ns % SNAPSHOT_NS
        if p.ts < second:
            self._seq = p.seq
            self._ingest_ts = max(self._ingest_ts, p.ingest_ts)
            self._change(p.ts, amounts_of(p, 1), now_ns)
            return False
        self._turn(second)
        self._from_ns, self._until_ns = second, second + SNAPSHOT_NS
        self.due_ns = min(self.due_ns, self._until_ns)
        self._closes_ns = min(self._closes_ns, boundary_after(second, BUCKET_NS))
        return True

    def _turn(self, at_ns: int) -> None:
        """Let the running sums begin anew when a segment has ended."""
        before = self._span
        if before.start_ns <= at_ns < before.end_ns:
            return
        after = self._span = span_at(at_ns)
        self._cumulative = self._shown = 0
        if after.day_start_ns != before.day_start_ns:
            self._cumulative_day = self._shown_day = 0
        if after.trade_date != before.trade_date:
            self._bars = (0, 0)
        for trade_date in [day.trade_date for day in self._days.values()]:
            is_settled = self._days[trade_date].dirty_from_ns == NEVER
            if is_settled and at_ns > kept_until_ns(trade_date, self._config.late_hours):
                del self._days[trade_date]

    def _day(self, trade_date: int) -> DayFlow:
        day = self._days.get(trade_date)
        if day is None:
            day = self._days[trade_date] = DayFlow(trade_date)
        return day

    def _fold(self) -> Amounts:
        """Count the second that has ended and return what it held."""
        if not self._until_ns:
            return _EMPTY
        second_ns = self._from_ns
        amounts = (self._buy, self._sell, self._unknown, self._buys, self._sells)
        self._buy = self._sell = self._unknown = self._buys = self._sells = 0
        self._from_ns = self._until_ns = 0
        if amounts == _EMPTY:
            return _EMPTY
        buy, sell, unknown, _, _ = amounts
        self._day(self._span.trade_date).add(second_ns - second_ns % BUCKET_NS, amounts)
        self._minute.append(second_ns, buy, sell, unknown)
        self._momentum.append(second_ns, buy, sell, unknown)
        self._cumulative += buy - sell
        self._cumulative_day += buy - sell
        return amounts

    def _change(self, ts: int, amounts: Amounts, now_ns: int) -> None:
        """Count prints of a second that has ended, or take them away."""
        self._turn(now_ns)
        trade_date = span_at(ts).trade_date
        if now_ns > kept_until_ns(trade_date, self._config.late_hours):
            self.counters["late_dropped"] += 1
            return
        buy, sell, unknown, _, _ = amounts
        start_ns = ts - ts % BUCKET_NS
        day = self._day(trade_date)
        day.add(start_ns, amounts)
        second_ns = ts - ts % SNAPSHOT_NS
        self._minute.change(second_ns, buy, sell, unknown)
        self._momentum.change(second_ns, buy, sell, unknown)
        if ts >= self._span.start_ns:
            self._cumulative += buy - sell
        if ts >= self._span.day_start_ns:
            self._cumulative_day += buy - sell
        closes_ns = start_ns + BUCKET_NS
        if closes_ns <= now_ns:
            day.touch(start_ns)
        else:
            self._closes_ns = min(self._closes_ns, closes_ns)
        self.due_ns = min(self.due_ns, boundary_after(now_ns, SNAPSHOT_NS))

    def _count_bars(self, at_ns: int) -> None:
        day = self._days.get(self._span.trade_date)
        self._bars = (0, 0) if day is None else day.last_bars(at_ns, self._config.mean_bars)

    def _measure(self) -> AggressionInputs:
        minute, momentum = self._minute, self._momentum
        volume = minute.buy + minute.sell + minute.unknown
        return AggressionInputs(
            volume_ratio(volume, self._bars, self._config.min_bars),
            shares(momentum.buy - momentum.sell),
            *pressures(minute.buy, minute.sell),
        )

    def _score(self, inputs: AggressionInputs) -> tuple[Aggression, ...]:
        return tuple([score(preset, inputs) for preset in self._presets])

    def _header(self, at_ns: int, revision: int, session: str) -> Header:
        return Header(at_ns, self._ingest_ts, self._seq, revision, session, self._config_hash)

    def _flow(self, start_ns: int, amounts: Amounts) -> MinuteFlow:
        momentum = self._momentum.buy - self._momentum.sell
        return MinuteFlow(
            start_ns,
            *amounts,
            self._cumulative,
            self._cumulative_day,
            momentum,
            self._inputs.volume_ratio,
        )

    def _close(self, at_ns: int) -> list[EquityOrderFlow]:
        """Return the bucket of the minute that ends; what runs along with time says it all."""
        day = self._day(self._span.trade_date)
        start_ns = at_ns - BUCKET_NS
        flow = self._flow(start_ns, day.own(start_ns))
        revision = day.publish(flow)
        if revision is None:
            return []
        header = self._header(at_ns, revision, self._span.session)
        return [record_of(self._who, BUCKET, header, flow, self._results)]

    def _revise(self, day: DayFlow, at_ns: int) -> list[EquityOrderFlow]:
        """Return the buckets that changed; at the end of a minute also those that follow them."""
        is_minute = at_ns % BUCKET_NS == 0
        touched = day.touched
        first = day.dirty_from_ns if is_minute else touched[0]
        last = at_ns if is_minute else touched[-1]
        out: list[EquityOrderFlow] = []
        for flow in day.minutes(first, at_ns, self._config):
            if flow.start_ns > last:
                break
            if not is_minute and flow.start_ns not in touched:
                continue
            revision = day.publish(flow)
            if revision is None:
                continue
            inputs = AggressionInputs(
                flow.volume_ratio, shares(flow.momentum), *pressures(flow.buy, flow.sell)
            )
            header = self._header(at_ns, revision, span_at(flow.start_ns).session)
            out.append(record_of(self._who, BUCKET, header, flow, self._score(inputs)))
        touched.clear()
        if is_minute:
            day.dirty_from_ns = NEVER
        return out

    def _next(self, at_ns: int) -> int:
        """Return the next boundary at which something ends, leaves a window or is revised."""
        due_ns = min(self._closes_ns, self._minute.leaves_ns())
        leaves_ns = self._momentum.leaves_ns()
        if leaves_ns != NEVER:
            due_ns = min(due_ns, leaves_ns, self._span.end_ns + SNAPSHOT_NS)
        for day in self._days.values():
            if day.dirty_from_ns != NEVER:
                due_ns = min(due_ns, boundary_after(at_ns, BUCKET_NS))
        return due_ns
