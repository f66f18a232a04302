"""One underlying's prints of one source: what each is, and what a cancel takes away."""

from collections import Counter
from typing import Final

import msgspec

from flows.common.conditions import policy
from flows.common.conditions import unknown_letters
from flows.common.sessions import trade_date_and_segment
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.halts import Halts
from flows.equities.join.join import join
from flows.equities.join.kept import KeptJoins
from flows.equities.join.quotes import QuoteBook
from flows.equities.join.record import cancelled_record
from flows.equities.join.record import join_record
from flows.equities.join.side import TickRule
from flows.equities.last_price import LastPrice
from flows.equities.ledgers import Ledgers
from flows.equities.ledgers import closes_ns
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from flows.equities.stages import Stages
from schemas.records import EquityPrint

ODD_LOT: Final = "I"
EVERY_PRINT: Final = "all"
MAX_CORRECTED: Final = 1024

# Trade date, source_ts and seq of a print.
_Place = tuple[int, int, int]
_State = tuple[
    int,
    bool,
    int,
    list[object],
    LastPrice,
    list[object],
    list[tuple[str, _Place]],
    bytes,
    bytes,
]


class Underlying:
    """
    Join the prints of one underlying and source, and hand them to the stages.

    Parameters
    ----------
    desk : Desk
        Source and underlying.
    config : EquitiesConfig
        Thresholds.
    book : QuoteBook
        Quotes of the underlying, filled by the engine.
    halts : Halts
        Whether it trades, kept by the engine.
    counters : Counter
        The engine's.

    Attributes
    ----------
    has_ended : bool
        The input ended: what follows may be of any date.
    """

    def __init__(
        self,
        desk: Desk,
        config: EquitiesConfig,
        book: QuoteBook,
        halts: Halts,
        counters: Counter[str],
    ) -> None:
        self._join_config = config.join
        self._config_hash = config.config_hash
        self._is_every_join = config.join.scope == EVERY_PRINT
        self._book = book
        self._halts = halts
        self._counters = counters
        self._trade_date = self._closes_ns = 0
        # Event time up to which an input that ended let everything close.
        self._reached_ns = 0
        self.has_ended = False
        self._tick = TickRule()
        self._last = LastPrice()
        self._kept = KeptJoins(config.join)
        # Cancelled prints whose correction counts where they did.
        self._corrected: dict[str, _Place] = {}
        self._ledgers = Ledgers()
        self._stages = Stages(desk, config, book, self._ledgers)

    @property
    def due_ns(self) -> int:
        """Return the next boundary at which something is to be evaluated, ns UTC."""
        return self._stages.due_ns

    @property
    def closes_ns(self) -> int:
        """Return when its newest trading date closes for late reports, ns UTC."""
        return self._closes_ns

    @property
    def kept_prints(self) -> int:
        """Return how many prints can still be cancelled."""
        return len(self._ledgers)

    def drop_oldest(self, count: int, now_ns: int) -> None:
        """Forget prints that came first; a cancel of one finds nothing."""
        self._ledgers.drop_oldest(count, now_ns)

    def end(self) -> None:
        """
        Know that the input ended and that what was open has closed.

        What follows of the same date is late: its bars and buckets are made anew.
        """
        self.has_ended = True
        self._reached_ns = max(self._reached_ns, self._closes_ns - 1)

    def is_past(self, at_ns: int) -> bool:
        """Return whether an instant (ns UTC) lies on a date before its newest."""
        return trade_date_and_segment(at_ns)[0] < self._trade_date

    def trade(self, record: EquityPrint, now_ns: int) -> list[Derived]:
        """Take a trade and return what comes out at once."""
        now_ns = max(now_ns, self._reached_ns)
        at_ns, seq = record.source_ts, record.seq
        trade_date, session = trade_date_and_segment(at_ns)
        replaced = record.ref_trace_id
        if replaced is not None and (place := self._corrected.pop(replaced, None)) is not None:
            trade_date, at_ns, seq = place
            session = trade_date_and_segment(at_ns)[1]
            self._stages.expect_correction(at_ns)
        is_open = (trade_date == self._trade_date and now_ns < self._closes_ns) or self._turn(
            trade_date, now_ns
        )
        if not is_open or at_ns < self._ledgers.complete_from_ns:
            self._counters["late_dropped"] += 1
            return []
        # What a feed fetched again after an outage may be in the log twice. A correction stands at
        # the instant of the print it replaced, which only its first coming tells.
        if self._ledgers.holds(trade_date, record.trace_id, 0 if replaced else at_ns):
            self._counters["repeated"] += 1
            return []
        conditions = record.conditions
        update = policy(conditions, session)
        joined = join(record, self._book, self._tick, update, self._join_config)
        exec_ts = at_ns if record.exec_ts is None else record.exec_ts
        sets_last = self._last.sets_last(update, trade_date, exec_ts)
        if sets_last:
            self._last.take(trade_date, exec_ts)
            self._tick.observe(trade_date, at_ns, joined.at_e4)
        off_exchange = record.off_exchange_flag
        p = ObservedPrint(
            record.trace_id,
            at_ns,
            seq,
            record.ingest_ts,
            joined.at_e4,
            round(record.size * MICRO),
            trade_date,
            session,
            off_exchange,
            ODD_LOT in conditions,
            joined.nbbo_side,
            joined.direction,
            update.volume,
            sets_last,
            update.high_low,
            update.levels,
            update.baseline,
        )
        self._ledgers.append(p)
        is_quiet = self._halts.is_quiet(now_ns)
        out = self._stages.add(p, joined.quote, now_ns, is_quiet=is_quiet)
        if conditions:
            for letter in unknown_letters(conditions):
                self._counters[f"unknown_condition_{letter}"] += 1
        if off_exchange or self._is_every_join:
            made = join_record(record, joined, update, self._config_hash)
            self._kept.add(made)
            out.insert(0, made)
        return out

    def cancel(self, record: EquityPrint, now_ns: int) -> list[Derived]:
        """Take a cancel and return what it changes at once."""
        now_ns = max(now_ns, self._reached_ns)
        wanted = record.ref_trace_id or ""
        self._ledgers.drop_closed(now_ns)
        p = self._ledgers.cancel(wanted)
        if p is None:
            self._counters["corrections_unmatched"] += 1
            return []
        self._counters["cancels"] += 1
        self._corrected[wanted] = (p.trade_date, p.ts, p.seq)
        if len(self._corrected) > MAX_CORRECTED:
            del self._corrected[next(iter(self._corrected))]
        cause = Cause(now_ns, record.ingest_ts, record.seq, "cancel")
        joined = self._kept.take(wanted)
        out = self._stages.remove(p, cause)
        if joined is not None:
            out.insert(0, cancelled_record(joined, cause))
        elif p.off_exchange or self._is_every_join:
            self._counters["cancelled_join_not_kept"] += 1
        return out

    def evaluate(self, at_ns: int) -> list[Derived]:
        """Evaluate what is due at a boundary (ns UTC)."""
        return self._stages.evaluate(at_ns, is_quiet=self._halts.is_quiet(at_ns))

    def state(self) -> bytes:
        """Return everything as bytes; `load` goes on from it byte for byte."""
        state: _State = (
            self._trade_date,
            self.has_ended,
            self._reached_ns,
            list(self._tick.state()),
            self._last,
            list(self._kept.state()),
            list(self._corrected.items()),
            self._ledgers.state(),
            self._stages.state(),
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Take over a state."""
        found = msgspec.msgpack.decode(state, type=_State)
        self._trade_date, self.has_ended, self._reached_ns, tick, self._last, kept = found[:6]
        corrected, ledgers, stages = found[6:]
        self._closes_ns = closes_ns(self._trade_date) if self._trade_date else 0
        self._tick.load(tick)
        self._kept.load(kept)
        self._corrected = dict(corrected)
        self._ledgers.load(ledgers)
        self._stages.load(stages)

    def _turn(self, trade_date: int, now_ns: int) -> bool:
        """Turn to another trading date; return whether prints of it still count."""
        if closes_ns(trade_date) <= now_ns:
            return False
        if trade_date > self._trade_date:
            self._trade_date, self._closes_ns = trade_date, closes_ns(trade_date)
            self._ledgers.drop_closed(now_ns)
        self.has_ended = False
        return True
