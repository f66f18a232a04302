"""Prints for the order flow tests, the clock that walks them, and a plain group-by as oracle."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.common.calendar import eastern_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.orderflow.config import OrderFlowConfig
from flows.equities.orderflow.engine import OrderFlow
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import EquityOrderFlow

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
DAY = 20_231  # 2025-05-23, a Friday
OPEN_NS = eastern_ns(DAY, 570)
TEN_NS = eastern_ns(DAY, 600)
# Where running sums begin anew; 20:00 begins the next trading date.
STARTS_NS = (OPEN_NS, *[eastern_ns(DAY, minute) for minute in (4 * 60, 16 * 60, 20 * 60)])
DESK = Desk("test", "SPY")


class Event(NamedTuple):
    """A print that arrives, or its cancel, when event time is `now_ns`."""

    now_ns: int
    p: ObservedPrint
    is_cancel: bool = False


def a_print(seq: int, ts: int, size: float = 100.0, direction: str = "buy") -> ObservedPrint:
    trade_date, session = trade_date_and_segment(ts)
    return ObservedPrint(
        trace_id=f"test:prints:{seq}",
        ts=ts,
        seq=seq,
        ingest_ts=ts + 5,
        at_e4=1_000_000,
        micro=round(size * MICRO),
        trade_date=trade_date,
        session=session,
        off_exchange=False,
        odd_lot=False,
        nbbo_side="A",
        direction=direction,
        volume=True,
        last=True,
        high_low=True,
        levels=True,
        baseline=True,
    )


def on_time(*prints: ObservedPrint) -> list[Event]:
    return [Event(p.ts, p) for p in prints]


def a_stage(config: OrderFlowConfig | None = None) -> OrderFlow:
    return OrderFlow(DESK, config or OrderFlowConfig(), "12345678")


def reloaded(stage: OrderFlow) -> OrderFlow:
    again = a_stage()
    again.load(stage.state())
    return again


def walk(
    stage: OrderFlow,
    events: Iterable[Event],
    each: Callable[[OrderFlow], OrderFlow] = lambda stage: stage,
) -> list[EquityOrderFlow]:
    """Take events in order, evaluate what is due before each and all that is due after the last."""
    out: list[EquityOrderFlow] = []
    for event in events:
        while stage.due_ns <= event.now_ns:
            stage, made = evaluated(stage)
            out += made
            stage = each(stage)
        p = event.p
        if event.is_cancel:
            cause = Cause(event.now_ns, p.ingest_ts + 7, p.seq + 1_000_000, "cancel")
            out += stage.remove(p, cause)
        else:
            out += stage.add(p, event.now_ns)
        assert stage.due_ns > event.now_ns
        stage = each(stage)
    while stage.due_ns != NEVER:
        stage, made = evaluated(stage)
        out += made
        stage = each(stage)
    return out


def evaluated(stage: OrderFlow) -> tuple[OrderFlow, Sequence[EquityOrderFlow]]:
    at_ns = stage.due_ns
    assert at_ns % SECOND_NS == 0
    out = stage.evaluate(at_ns)
    assert stage.due_ns > at_ns
    assert all(record.source_ts == at_ns for record in out)
    return stage, out


def snapshots(records: Iterable[EquityOrderFlow]) -> list[EquityOrderFlow]:
    return [record for record in records if record.window == "1s"]


def buckets(records: Iterable[EquityOrderFlow]) -> list[EquityOrderFlow]:
    return [record for record in records if record.window == "1m"]


def latest(records: Iterable[EquityOrderFlow]) -> dict[str, EquityOrderFlow]:
    """Return the newest revision of every record; revisions count up, and each says something."""
    found: dict[str, EquityOrderFlow] = {}
    for record in records:
        before = found.get(record.trace_id)
        assert record.revision == (0 if before is None else before.revision + 1)
        assert before is None or content(before) != content(record)
        found[record.trace_id] = record
    return found


def content(record: EquityOrderFlow) -> dict[str, object]:
    """Return what a record says, without how it came to say it."""
    how = {"seq", "ingest_ts", "source_ts", "revision"}
    return {k: v for k, v in msgspec.structs.asdict(record).items() if k not in how}


class Expected(NamedTuple):
    """What a window says, worked out from the prints alone."""

    buy: float
    sell: float
    unknown: float
    buys: int
    sells: int
    cumulative: float
    cumulative_day: float
    inputs: tuple[float, float, float, float]

    @classmethod
    def of(cls, record: EquityOrderFlow) -> "Expected":
        found = record.aggression[0]
        return cls(
            record.buy_volume,
            record.sell_volume,
            record.unknown_volume,
            record.aggressive_buys,
            record.aggressive_sells,
            record.cumulative_delta,
            record.cumulative_delta_day,
            (
                found.volume_ratio,
                found.cvd_momentum,
                found.buy_pressure,
                found.sell_pressure,
            ),
        )


def expected(prints: Sequence[ObservedPrint], start_ns: int, end_ns: int) -> Expected:
    """Return what [start, end) says when these prints are all there are."""
    date, session = trade_date_and_segment(end_ns - 1)
    day_ns = eastern_ns(date, 240)
    own = [p for p in prints if start_ns <= p.ts < end_ns]
    known = [p for p in prints if p.ts < end_ns and p.trade_date == date]
    segment = [p for p in known if p.session == session]
    since_four = segment if session == "closed" else [p for p in known if p.ts >= day_ns]
    return Expected(
        _shares(own, "buy"),
        _shares(own, "sell"),
        _shares(own, "unknown"),
        sum(p.direction == "buy" for p in own),
        sum(p.direction == "sell" for p in own),
        _shares(segment, "buy") - _shares(segment, "sell"),
        _shares(since_four, "buy") - _shares(since_four, "sell"),
        _inputs(prints, known, segment, end_ns),
    )


def _inputs(
    prints: Sequence[ObservedPrint],
    known: Sequence[ObservedPrint],
    segment: Sequence[ObservedPrint],
    end_ns: int,
) -> tuple[float, float, float, float]:
    minute = [p for p in prints if end_ns - MINUTE_NS <= p.ts < end_ns]
    five = [p for p in segment if p.ts >= end_ns - 5 * MINUTE_NS]
    by_minute: dict[int, int] = {}
    for p in known:
        if p.ts // MINUTE_NS < end_ns // MINUTE_NS:
            by_minute[p.ts // MINUTE_NS] = by_minute.get(p.ts // MINUTE_NS, 0) + p.micro
    bars = [by_minute[key] for key in sorted(by_minute)][-60:]
    ratio = Fraction(1)
    if len(bars) >= 10:
        ratio = Fraction(sum(p.micro for p in minute)) / Fraction(sum(bars), len(bars))
    buy, sell = (sum(p.micro for p in minute if p.direction == side) for side in ("buy", "sell"))
    share = Fraction(buy, buy + sell) if buy + sell else Fraction(1, 2)
    momentum = _shares(five, "buy") - _shares(five, "sell")
    return _six(ratio), momentum, _six(100 * share), _six(100 * (1 - share))


def _six(value: Fraction) -> float:
    return round(value * 1_000_000) / 1_000_000


def _shares(prints: Sequence[ObservedPrint], direction: str) -> float:
    return sum(p.micro for p in prints if p.direction == direction) / MICRO


@st.composite
def tapes(draw: st.DrawFn, most: int = 40, starts: Sequence[int] = STARTS_NS) -> list[Event]:
    """Draw prints around a start, some late, some not eligible, some cancelled afterwards."""
    first = draw(st.sampled_from(starts)) - 12 * MINUTE_NS
    # Half a minute at a time, so that minutes are dense enough for bars and sparse enough for gaps.
    stamp = st.integers(0, 40).map(lambda half: half * 30) | st.integers(0, 20 * 60)
    events: list[Event] = []
    for seq in range(draw(st.integers(1, most))):
        ts = first + draw(stamp) * SECOND_NS + draw(st.sampled_from((0, 1, 500_000_000)))
        late = draw(st.sampled_from((0, 0, 0, 0, 1, 70, 400))) * SECOND_NS
        p = a_print(
            seq,
            ts,
            draw(st.integers(1, 2000)) / draw(st.sampled_from((1, 8))),
            draw(st.sampled_from(("buy", "sell", "unknown"))),
        )
        eligible = draw(st.sampled_from((True, True, True, False)))
        p = msgspec.structs.replace(p, levels=eligible)
        events.append(Event(ts + late, p))
        if draw(st.sampled_from((False, False, False, True))):
            after = draw(st.sampled_from((0, 1, 45, 300))) * SECOND_NS
            events.append(Event(ts + late + after, p, is_cancel=True))
    return sorted(events, key=lambda event: (event.now_ns, event.is_cancel, event.p.seq))


def known_before(events: Sequence[Event], at_ns: int) -> list[ObservedPrint]:
    """Return the eligible prints that had arrived, and not been cancelled, before an instant."""
    known: dict[str, ObservedPrint] = {}
    for event in events:
        if event.now_ns >= at_ns:
            break
        if event.is_cancel:
            known.pop(event.p.trace_id, None)
        elif event.p.levels and event.p.volume:
            known[event.p.trace_id] = event.p
    return list(known.values())


def seconds(events: Sequence[Event]) -> Iterator[int]:
    """Yield every boundary from the first print to ten minutes after the last."""
    first = min(event.p.ts for event in events) // SECOND_NS
    last = events[-1].now_ns // SECOND_NS
    for second in range(first + 1, last + 600):
        yield second * SECOND_NS
