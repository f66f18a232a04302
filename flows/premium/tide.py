"""The tide: net premium over all underlyings, and over the basket, of all partitions."""

from array import array
from typing import Final

import msgspec

from flows.common.resume import check_version
from flows.premium.config import PremiumConfig
from flows.premium.ledger import Ledger
from flows.premium.ledger import LedgerState
from flows.premium.measures import add_totals
from flows.premium.record import BASKET
from flows.premium.record import MARKET
from flows.premium.record import record_of
from flows.premium.report import NOT_STARTED_NS
from flows.premium.report import Change
from flows.premium.report import Report
from flows.premium.report import Update
from schemas.records import OptionsNetPremium

STATE_VERSION: Final = 1
SESSIONS_KEPT: Final = 8
MAX_LIVE_LAG_NS: Final = 5_000_000_000
_END_NS: Final = (1 << 63) - 1

_ChangeState = tuple[int, int, bytes, bytes, int, int]
_WaitingState = tuple[int, int, list[_ChangeState]]
_State = tuple[int, LedgerState, list[_WaitingState], list[tuple[int, int]], int]


class Tide:
    """
    Add the partitions' minutes up, in step.

    Underlyings live on different partitions, and those are read at different speeds. What each
    partition reports carries the event time at which it became knowable; it is added, and the
    market's record comes out, when every partition has passed that time. So the records depend on
    the reports alone, not on how they came to be interleaved. Definitions, cadence, revisions and
    `forming` are those of `PremiumEngine`.

    Parameters
    ----------
    config : PremiumConfig
        Basket.
    partitions : int
        How many partitions the tape has.
    waits_for_all : bool
        True where the input ends: nothing comes out before every partition has reported. False
        live, where a partition without an underlying never does, and one whose underlyings have
        gone quiet lags after a restart: only those heard from are waited for, at most until the
        foremost is 5 s of event time ahead. What a partition reports behind the time reached
        counts at that time, as a revision.

    Notes
    -----
    The last eight sessions are kept; what comes for an earlier one is counted in `too_old`.
    """

    def __init__(self, config: PremiumConfig, partitions: int, *, waits_for_all: bool) -> None:
        self._config_hash = config.config_hash
        self._with_basket = bool(config.basket)
        self._partitions = partitions
        self._waits_for_all = waits_for_all
        self._ledger = Ledger(SESSIONS_KEPT)
        self._waiting: list[tuple[int, int, Update]] = []
        self._reached: dict[int, int] = {}
        self._out_ns = NOT_STARTED_NS
        self.too_old = 0

    def take(self, report: Report) -> list[OptionsNetPremium]:
        """Take a partition's next report and return what comes out by it."""
        partition = report.partition
        self._waiting += [(update.at_ns, partition, update) for update in report.updates]
        if report.is_end:
            self._reached[partition] = _END_NS
        elif report.reached_ns != NOT_STARTED_NS:
            self._reached[partition] = report.reached_ns
        reached = self._reached
        if not reached or (self._waits_for_all and len(reached) < self._partitions):
            return []
        bound_ns = min(reached.values())
        if not self._waits_for_all:
            bound_ns = max(bound_ns, max(reached.values()) - MAX_LIVE_LAG_NS)
        out = self._release(bound_ns)
        if bound_ns == _END_NS and len(reached) == self._partitions:
            # What is appended behind the end may be of any date.
            self._reached = {}
            self._out_ns = NOT_STARTED_NS
        return out

    def _release(self, bound_ns: int) -> list[OptionsNetPremium]:
        due = sorted(
            (each for each in self._waiting if each[0] <= bound_ns), key=lambda each: each[:2]
        )
        if not due:
            return []
        self._waiting = [each for each in self._waiting if each[0] > bound_ns]
        out: list[OptionsNetPremium] = []
        for at_ns, _, update in due:
            if at_ns > self._out_ns:
                if self._out_ns != NOT_STARTED_NS:
                    out += self._flush(self._out_ns)
                self._out_ns = at_ns
            for change in update.changes:
                self._add(change)
        return out + self._flush(self._out_ns)

    def _add(self, change: Change) -> None:
        scopes = [(MARKET, change.market)]
        # A basket none of whose members traded says nothing new.
        if self._with_basket and any(change.basket):
            scopes.append((BASKET, change.basket))
        for key, totals in scopes:
            bucket = self._ledger.change(key, change.trade_date, change.start)
            if bucket is None:
                self.too_old += 1
                continue
            add_totals(bucket.totals, totals)
            bucket.ingest_ts = max(bucket.ingest_ts, change.ingest_ts)
            bucket.seq = change.seq

    def _flush(self, at_ns: int) -> list[OptionsNetPremium]:
        return [record_of(revision, self._config_hash) for revision in self._ledger.flush(at_ns)]

    def snapshot(self) -> bytes:
        """Return the state; `restore` goes on from it byte for byte."""
        waiting: list[_WaitingState] = [
            (at_ns, partition, [_packed(change) for change in update.changes])
            for at_ns, partition, update in self._waiting
        ]
        reached = sorted(self._reached.items())
        state: _State = (STATE_VERSION, self._ledger.state(), waiting, reached, self._out_ns)
        return msgspec.msgpack.encode(state)

    @classmethod
    def restore(
        cls, config: PremiumConfig, partitions: int, data: bytes, *, waits_for_all: bool
    ) -> "Tide":
        """
        Return the tide of a snapshot.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        tide = cls(config, partitions, waits_for_all=waits_for_all)
        check_version(data, STATE_VERSION, "the tide")
        _, ledger, waiting, reached, tide._out_ns = msgspec.msgpack.decode(data, type=_State)
        tide._ledger.load(ledger)
        tide._waiting = [
            (at_ns, partition, Update(at_ns, tuple(map(_unpacked, changes))))
            for at_ns, partition, changes in waiting
        ]
        tide._reached = dict(reached)
        return tide


def _packed(change: Change) -> _ChangeState:
    sums = change.market.tobytes(), change.basket.tobytes()
    return change.trade_date, change.start, *sums, change.ingest_ts, change.seq


def _unpacked(state: _ChangeState) -> Change:
    day, start, market, basket, ingest_ts, seq = state
    return Change(day, start, array("q", market), array("q", basket), ingest_ts, seq)
