"""Prints, the ledger they are known from, and the engine's walk over boundaries."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final
from typing import NamedTuple

import numpy as np

from flows.common.cadence import NEVER
from flows.common.sessions import trade_date_and_segment
from flows.equities.candles.bars import Bars
from flows.equities.candles.config import CandleConfig
from flows.equities.ledger import Columns
from flows.equities.ledger import PrintLedger
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import EquityCandle

SECOND: Final = 1_000_000_000
MS: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
# Thursday 2025-05-22 10:00 New York.
TEN: Final = 1_747_922_400 * SECOND
DESK: Final = Desk("synthetic", "SPY")
HASH: Final = "cafe0123"
SHARE: Final = MICRO


def a_print(number: int, at_ns: int, price: float = 100.0, shares: float = 100, **over: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    trade_date, session = trade_date_and_segment(at_ns)
    fields: dict[str, object] = {
        "trace_id": f"synthetic:f:{number}",
        "ts": at_ns,
        "seq": number,
        "ingest_ts": at_ns + 1_000 * number,
        "at_e4": round(price * 10_000),
        "micro": round(shares * MICRO),
        "trade_date": trade_date,
        "session": session,
        "off_exchange": False,
        "odd_lot": False,
        "nbbo_side": "MID",
        "direction": "unknown",
        "volume": True,
        "last": True,
        "high_low": True,
        "levels": True,
        "baseline": True,
    }
    return ObservedPrint(**(fields | over))  # type: ignore[arg-type]


class Known:
    """Prints of all dates, as the engine keeps them."""

    def __init__(self) -> None:
        self.ledgers: dict[int, PrintLedger] = {}

    def append(self, p: ObservedPrint) -> None:
        self.ledgers.setdefault(p.trade_date, PrintLedger(p.trade_date)).append(p)

    def cancel(self, p: ObservedPrint) -> ObservedPrint:
        found = self.ledgers[p.trade_date].cancel(p.trace_id)
        assert found is not None
        return found

    def window(self, start_ns: int, end_ns: int) -> Columns:
        parts = [self.ledgers[date].window(start_ns, end_ns) for date in sorted(self.ledgers)]
        if not parts:
            return PrintLedger(0).window(start_ns, end_ns)
        names = Columns.__struct_fields__
        return Columns(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


class Event(NamedTuple):
    """A print that comes at an instant, or goes (`reason` given)."""

    p: ObservedPrint
    now_ns: int
    reason: str = ""


def arriving(prints: Iterable[ObservedPrint]) -> list[Event]:
    """Return prints in order of arrival, the clock being the greatest stamp so far."""
    now_ns = 0
    events = []
    for p in prints:
        now_ns = max(now_ns, p.ts)
        events.append(Event(p, now_ns))
    return events


class Walk:
    """What the engine does with a stage."""

    def __init__(self, config: CandleConfig | None = None) -> None:
        self.config = config or CandleConfig()
        self.known = Known()
        self.bars = Bars(DESK, self.config, HASH, self.known)
        self.out: list[EquityCandle] = []

    def advance(self, until_ns: int) -> None:
        while self.bars.due_ns <= until_ns:
            at_ns = self.bars.due_ns
            self.out += self.bars.evaluate(at_ns)
            assert self.bars.due_ns > at_ns
            assert self.bars.due_ns == NEVER or self.bars.due_ns % SECOND == 0

    def take(self, event: Event) -> Sequence[EquityCandle]:
        self.advance(event.now_ns)
        if event.reason:
            p = self.known.cancel(event.p)
            cause = Cause(event.now_ns, event.now_ns + 5, 1_000_000 + event.p.seq, event.reason)
            came = self.bars.remove(p, cause)
        else:
            self.known.append(event.p)
            came = self.bars.add(event.p, event.now_ns)
        self.out += came
        assert self.bars.due_ns > event.now_ns
        return came

    def resume(self) -> None:
        """Go on from the state in a new stage."""
        state = self.bars.state()
        self.bars = Bars(DESK, self.config, HASH, self.known)
        self.bars.load(state)
        assert self.bars.state() == state

    def finish(self) -> list[EquityCandle]:
        self.advance(NEVER - 1)
        assert self.bars.due_ns == NEVER
        return self.out


def walk(events: Iterable[Event], config: CandleConfig | None = None) -> list[EquityCandle]:
    run = Walk(config)
    for event in events:
        run.take(event)
    return run.finish()


def final(records: Iterable[EquityCandle]) -> dict[tuple[int, int], EquityCandle]:
    """Return the last revision of each bar; revisions must go up by one."""
    newest: dict[tuple[int, int], EquityCandle] = {}
    for record in records:
        key = record.interval_ms, record.window_start
        known = newest.get(key)
        assert record.revision == (0 if known is None else known.revision + 1)
        assert known is None or record.closed or not known.closed
        newest[key] = record
    return newest
