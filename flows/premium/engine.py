"""Net premium of the underlyings of one partition."""

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.resume import check_version
from flows.premium.config import INTERVAL_NS
from flows.premium.config import PremiumConfig
from flows.premium.ledger import Ledger
from flows.premium.ledger import LedgerState
from flows.premium.ledger import Revision
from flows.premium.measures import Totals
from flows.premium.measures import measure
from flows.premium.measures import no_totals
from flows.premium.record import record_of
from flows.premium.repeats import RepeatFilter
from flows.premium.repeats import RepeatState
from flows.premium.report import NOT_STARTED_NS
from flows.premium.report import Change
from flows.premium.report import Report
from flows.premium.report import Update
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape

STATE_VERSION: Final = 1
SESSIONS_KEPT: Final = 3
_NO_CELL: Final = -1

# (trade date, start, market totals, basket totals, ingest_ts, seq)
_PendingState = tuple[int, int, bytes, bytes, int, int]
_State = tuple[int, int, int, RepeatState, LedgerState, list[_PendingState], list[tuple[str, int]]]


class _Pending:
    """What the market's bucket is to get from this partition at the next flush."""

    __slots__ = ("basket", "ingest_ts", "market", "seq")

    def __init__(self) -> None:
        self.market: Totals = no_totals()
        self.basket: Totals = no_totals()
        self.ingest_ts = 0
        self.seq = 0


class PremiumEngine:
    """
    Add up the premium of a partition's tape, per underlying and minute of event time.

    **What counts.** Tape rows with `eligible_volume`, once each, into the minute of their own
    `source_ts`, late ones too. A cancel comes as the original's row with `reversed`; it takes away
    exactly what the original added. The session is the row's `trade_date` (exchange calendar, from
    20:00 Eastern of the evening before); running sums start from zero with it.

    **What is added up**, separately for calls and puts:

    * premium (price × size × multiplier) by placement: `ask` is AA and A, `mid` is MID, `bid` is B
      and BB, `unplaced` is MISSING and STALE; the four add up to all premium. `net` is ask - bid:
      what traded at the mid, or where no quote stood, is in neither.
    * `p_buy` and `p_sell`: every print's premium times its probability of having been a buy, or a
      sell (p for the side stated, 1 - p for the other, one half where nothing decided); `p_net` is
      their difference.
    * `buy` and `sell`: premium by `aggressor_side` of prints of signal class `full` whose condition
      is not late; everything else is in `excluded`.
    * `dollar_delta`: delta × size × multiplier × underlying, added at the ask, subtracted at the
      bid; `p_dollar_delta` the same times P(buy) - P(sell) of every print. Prints without a delta
      add nothing; `delta_premium` says how much premium had one.

    `directional_net` is the calls' net minus the puts'. `session_*` are sums over the session's
    buckets up to and including this one. All sums are of integers (cents, 1/10,000 cents), hence
    exact and the same in any order.

    **When a bucket comes out.** Event time is cut into cells of `emit_ms`. When time leaves a cell,
    every bucket that changed in it comes out, `source_ts` = end of the cell, one revision higher
    than before, with `forming` while its minute lasts; when time reaches the end of the minute, the
    bucket comes out with `forming` false. A row that counts into an earlier bucket brings that one
    and the later ones of its session out again: their running sums contain it. So the last revision
    of every bucket is the same whatever order rows came in.

    **Repeats.** The tape is at least once. A row's (`trace_id`, `revision`) is looked up among the
    last `repeat_rows` counted rows of the partition, see `RepeatFilter`; what is found there is
    skipped. Rows repeated from farther back would count twice: an options flow that is made to
    derive a log anew (COMPUTE_CONSUMER_RESET) needs this flow reset and the topic emptied as well.

    Parameters
    ----------
    config : PremiumConfig
        Cadence, basket and memory.

    Notes
    -----
    Three sessions are kept of each underlying; a row of one closed before is counted in `too_old`
    and nowhere else. Source: options flow specification, 1.2, 1.5, 2 and 3.
    """

    def __init__(self, config: PremiumConfig) -> None:
        self._emit_ns = config.emit_ns
        self._config_hash = config.config_hash
        self._basket = frozenset(config.basket)
        self._cell = _NO_CELL
        self._reached_ns = NOT_STARTED_NS
        self._repeats = RepeatFilter(config.repeat_rows)
        self._ledger = Ledger(SESSIONS_KEPT)
        self._pending: dict[tuple[int, int], _Pending] = {}
        self._updates: list[Update] = []
        self.counters: Counter[str] = Counter()

    def process(self, rows: Sequence[OptionsTape]) -> list[OptionsNetPremium]:
        """Count rows, in the order of the tape, and return what came out meanwhile."""
        out: list[OptionsNetPremium] = []
        counters = self.counters
        for row in rows:
            ts = row.source_ts
            if ts // self._emit_ns > self._cell:
                out += self.advance(ts)
            if not row.eligible_volume:
                counters["not_eligible"] += 1
            elif self._repeats.is_new(ts, row.trace_id, row.revision):
                self._count(row)
            else:
                counters["repeated"] += 1
        counters["rows"] += len(rows)
        return out

    def advance(self, now_ns: int) -> list[OptionsNetPremium]:
        """
        Let event time reach an instant (ns UTC) and return what comes out by it.

        Rows of exactly that instant are still to come.
        """
        cell = now_ns // self._emit_ns
        if cell <= self._cell:
            return []
        out = [] if self._cell == _NO_CELL else self._leave(cell * self._emit_ns)
        self._cell = cell
        self._reached_ns = cell * self._emit_ns
        return out

    def finish(self) -> list[OptionsNetPremium]:
        """Close what is open: the input has ended, and what follows it may be of any date."""
        if self._cell == _NO_CELL:
            return []
        cell_ns = self._cell * self._emit_ns
        out = self._leave(cell_ns - cell_ns % INTERVAL_NS + INTERVAL_NS)
        self._cell = _NO_CELL
        self._reached_ns = NOT_STARTED_NS
        return out

    def report(self, partition: int, *, is_end: bool) -> Report:
        """Return what the tide has not been told yet."""
        report = Report(partition, tuple(self._updates), self._reached_ns, is_end)
        self._updates = []
        return report

    def _leave(self, until_ns: int) -> list[OptionsNetPremium]:
        """Bring out what the cell changed at its end, and what closes up to an instant."""
        cell_ns = self._cell * self._emit_ns
        end_ns = cell_ns + self._emit_ns
        close_ns = cell_ns - cell_ns % INTERVAL_NS + INTERVAL_NS
        out = self._flush(end_ns)
        if end_ns < close_ns <= until_ns:
            out += self._flush(close_ns)
        return out

    def _flush(self, at_ns: int) -> list[OptionsNetPremium]:
        revisions: list[Revision] = self._ledger.flush(at_ns)
        if not revisions:
            return []
        changes = tuple(
            Change(day, start, each.market, each.basket, each.ingest_ts, each.seq)
            for (day, start), each in sorted(self._pending.items(), key=lambda item: item[0])
        )
        self._pending = {}
        self._updates.append(Update(at_ns, changes))
        return [record_of(revision, self._config_hash) for revision in revisions]

    def _count(self, row: OptionsTape) -> None:
        ts = row.source_ts
        start = ts - ts % INTERVAL_NS
        underlying = row.underlying_id
        bucket = self._ledger.change(underlying, row.trade_date, start)
        if bucket is None:
            self.counters["too_old"] += 1
            return
        pending = self._pending.get((row.trade_date, start))
        if pending is None:
            pending = self._pending[row.trade_date, start] = _Pending()
        totals = bucket.totals
        market = pending.market
        parts = measure(row)
        for place, amount in parts:
            totals[place] += amount
            market[place] += amount
        if underlying in self._basket:
            basket = pending.basket
            for place, amount in parts:
                basket[place] += amount
        bucket.seq = pending.seq = row.seq
        bucket.ingest_ts = max(bucket.ingest_ts, row.ingest_ts)
        pending.ingest_ts = max(pending.ingest_ts, row.ingest_ts)
        self.counters["reversed" if row.reversed else "counted"] += 1

    def snapshot(self) -> bytes:
        """Return the state; `restore` goes on from it byte for byte."""
        pending = [
            (*name, each.market.tobytes(), each.basket.tobytes(), each.ingest_ts, each.seq)
            for name, each in self._pending.items()
        ]
        state: _State = (
            STATE_VERSION,
            self._cell,
            self._reached_ns,
            self._repeats.state(),
            self._ledger.state(),
            pending,
            sorted(self.counters.items()),
        )
        return msgspec.msgpack.encode(state)

    @classmethod
    def restore(cls, config: PremiumConfig, data: bytes) -> "PremiumEngine":
        """
        Return the engine of a snapshot.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(data, STATE_VERSION, "the premium flow")
        state = msgspec.msgpack.decode(data, type=_State)
        engine = cls(config)
        _, engine._cell, engine._reached_ns, repeats, ledger, pending, counters = state
        engine._repeats = RepeatFilter(config.repeat_rows, repeats)
        engine._ledger.load(ledger)
        for day, start, market, basket, ingest_ts, seq in pending:
            each = engine._pending[day, start] = _Pending()
            each.market, each.basket = array("q", market), array("q", basket)
            each.ingest_ts, each.seq = ingest_ts, seq
        engine.counters.update(dict(counters))
        return engine
