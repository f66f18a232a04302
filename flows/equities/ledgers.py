"""The print ledgers of the trading dates that can still be corrected."""

from typing import Final

import msgspec
import numpy as np

from flows.common.cadence import boundary_after
from flows.common.calendar import NS_PER_HOUR
from flows.common.sessions import day_bounds_ns
from flows.equities.ledger import Columns
from flows.equities.ledger import PrintLedger
from flows.equities.observed import ObservedPrint

# A trading date stays open for late reports and cancels until four hours after its end.
OPEN_AFTER_NS: Final = 4 * NS_PER_HOUR


def closes_ns(trade_date: int) -> int:
    """Return when a trading date is closed for late reports and cancels, ns UTC."""
    return day_bounds_ns(trade_date)[1] + OPEN_AFTER_NS


class Ledgers:
    """
    The prints of one underlying and source, by trading date.

    Dates are dropped four hours after their end; what comes for them later counts nowhere.

    Attributes
    ----------
    complete_from_ns : int
        ns UTC; of before, prints were forgotten, so what is late there must count nowhere either.
    """

    def __init__(self) -> None:
        self.complete_from_ns = 0
        self._dates: dict[int, PrintLedger] = {}

    def __len__(self) -> int:
        return sum(map(len, self._dates.values()))

    def append(self, p: ObservedPrint) -> None:
        """Keep a print."""
        ledger = self._dates.get(p.trade_date)
        if ledger is None:
            ledger = self._dates[p.trade_date] = PrintLedger(p.trade_date)
            self._dates = dict(sorted(self._dates.items()))
        ledger.append(p)

    def holds(self, trade_date: int, trace_id: str, ts: int) -> bool:
        """Return whether a print of an id, date and instant (ns UTC) is known already."""
        ledger = self._dates.get(trade_date)
        return ledger is not None and ledger.holds(trace_id, ts)

    def cancel(self, trace_id: str) -> ObservedPrint | None:
        """Take a print out and return it; null when none of that id is known and lives."""
        for ledger in reversed(self._dates.values()):
            found = ledger.cancel(trace_id)
            if found is not None:
                return found
        return None

    def window(self, start_ns: int, end_ns: int) -> Columns:
        """Return the live prints of a stretch of time in order of (`source_ts`, `seq`)."""
        parts = [ledger.window(start_ns, end_ns) for ledger in self._dates.values()]
        found = [part for part in parts if len(part.ts)] or parts[:1]
        if len(found) == 1:
            return found[0]
        if not found:
            return PrintLedger(0).window(start_ns, end_ns)
        names = Columns.__struct_fields__
        return Columns(*[np.concatenate([getattr(part, name) for part in found]) for name in names])

    def drop_closed(self, now_ns: int) -> None:
        """Forget the dates that nothing can change any more."""
        for trade_date in [day for day in self._dates if closes_ns(day) <= now_ns]:
            del self._dates[trade_date]

    def drop_oldest(self, count: int, now_ns: int) -> None:
        """
        Forget about so many prints that came first; what they counted for stays counted.

        Parameters
        ----------
        count : int
            How many at least, as far as whole hours before the present one hold them: a bar is
            only ever made anew from all of its prints.
        now_ns : int
            Event time, ns UTC.
        """
        present_ns = now_ns - now_ns % NS_PER_HOUR
        for ledger in self._dates.values():
            if count <= 0:
                return
            before = len(ledger)
            nth_ts = ledger.nth_ts(min(count, before) - 1)
            hour_ns = min(boundary_after(nth_ts, NS_PER_HOUR), present_ns)
            ledger.drop_before(hour_ns)
            count -= before - len(ledger)
            self.complete_from_ns = max(self.complete_from_ns, hour_ns)

    def state(self) -> bytes:
        """Return the ledgers as plain data."""
        ledgers = [ledger.state() for ledger in self._dates.values()]
        return msgspec.msgpack.encode((self.complete_from_ns, ledgers))

    def load(self, state: bytes) -> None:
        """Take over a state."""
        found = msgspec.msgpack.decode(state, type=tuple[int, list[tuple[int, list[bytes]]]])
        self.complete_from_ns = found[0]
        for each in found[1]:
            self._dates[each[0]] = PrintLedger.restore(each)
