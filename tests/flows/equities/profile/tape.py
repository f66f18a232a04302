"""Prints for the profile tests, and an engine that walks a stage through them."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

import msgspec
import numpy as np

from flows.common.cadence import NEVER
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.ledger import Columns
from flows.equities.ledger import PrintLedger
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.stage import Profiles
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import EquityProfile

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
# 2025-05-21, a Wednesday: 09:30:00 and 16:00:00 in New York.
OPEN_NS = 1_747_834_200 * SECOND_NS
CLOSE_NS = OPEN_NS + 390 * MINUTE_NS
DAY_START_NS = OPEN_NS - 330 * MINUTE_NS
DAY_END_NS = CLOSE_NS + 240 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
DESK = Desk("test", "XYZ")


class Event(msgspec.Struct, frozen=True):
    """A print that comes at an instant, or a cancel of it."""

    p: ObservedPrint
    now_ns: int
    is_cancel: bool = False


class Ledgers:
    """The prints of every date, as the engine keeps them."""

    def __init__(self) -> None:
        self.dates: dict[int, PrintLedger] = {}

    def of(self, trade_date: int) -> PrintLedger:
        return self.dates.setdefault(trade_date, PrintLedger(trade_date))

    def window(self, start_ns: int, end_ns: int) -> Columns:
        found = [each.window(start_ns, end_ns) for each in self.dates.values()]
        names = Columns.__struct_fields__
        return Columns(*(np.concatenate([getattr(one, name) for one in found]) for name in names))


def a_print(seq: int, ts: int = OPEN_NS, price: float = 100.0, **changes: object) -> ObservedPrint:
    """Return a bought print of 100 shares that counts everywhere."""
    trade_date, session = trade_date_and_segment(ts)
    plain: dict[str, object] = {
        "trace_id": f"test:prints:{seq}",
        "ts": ts,
        "seq": seq,
        "ingest_ts": ts + 5,
        "at_e4": round(price * 10_000),
        "micro": 100 * MICRO,
        "trade_date": trade_date,
        "session": session,
        "off_exchange": False,
        "odd_lot": False,
        "nbbo_side": "A",
        "direction": "buy",
        "volume": True,
        "last": True,
        "high_low": True,
        "levels": True,
        "baseline": True,
    }
    return ObservedPrint(**{**plain, **changes})  # type: ignore[arg-type]


def on_time(prints: Iterable[ObservedPrint]) -> list[Event]:
    return [Event(p, p.ts) for p in prints]


def cancelled(p: ObservedPrint, now_ns: int) -> Event:
    return Event(p, now_ns, is_cancel=True)


def walk(
    events: Sequence[Event],
    config: ProfileConfig | None = None,
    *,
    restore_at: Callable[[int], bool] = lambda _: False,
    until_ns: int | None = None,
) -> list[EquityProfile]:
    """
    Return what comes out for events in the order they come, and for the quiet after them.

    Before event n the stage is taken down and restored where `restore_at(n)` says so.
    """
    config = config or ProfileConfig()
    ledger = Ledgers()
    stage = Profiles(DESK, config, "abcd1234", ledger)
    out: list[EquityProfile] = []

    def advance(now_ns: int) -> None:
        while stage.due_ns <= now_ns:
            at_ns = stage.due_ns
            out.extend(stage.evaluate(at_ns))
            assert stage.due_ns > at_ns

    for number, event in enumerate(events):
        if restore_at(number):
            state = stage.state()
            stage = Profiles(DESK, config, "abcd1234", ledger)
            stage.load(state)
        advance(event.now_ns)
        if event.is_cancel:
            assert ledger.of(event.p.trade_date).cancel(event.p.trace_id) is not None
            cause = Cause(event.now_ns, event.now_ns + 5, 1_000 + number, "cancel")
            out.extend(stage.remove(event.p, cause))
        else:
            ledger.of(event.p.trade_date).append(event.p)
            out.extend(stage.add(event.p, event.now_ns))
    last_ns = max((event.now_ns for event in events), default=OPEN_NS)
    end_ns = day_bounds_ns(trade_date_and_segment(last_ns)[0])[1] + 4 * HOUR_NS
    advance(end_ns if until_ns is None else until_ns)
    assert until_ns is not None or stage.due_ns == NEVER or stage.due_ns > end_ns
    return out


def of_window(records: Iterable[EquityProfile], key: str) -> list[EquityProfile]:
    """Return the revisions of one window, by the end of its id."""
    return [record for record in records if record.trace_id.endswith(f":{key}")]


def latest(records: Iterable[EquityProfile]) -> dict[str, EquityProfile]:
    """Return the newest revision by id; revisions of an id follow each other without a gap."""
    found: dict[str, EquityProfile] = {}
    for record in records:
        before = found.get(record.trace_id)
        assert record.revision == (0 if before is None else before.revision + 1)
        found[record.trace_id] = record
    return found
