"""The mids decisions are measured on: one underlying over its sessions and those before."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flows.common.calendar import NS_PER_DAY
from flows.common.calendar import NS_PER_S
from flows.options.forward_returns import NO_MIDS
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.settlement import close_of
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from infra.evidence import Store
from infra.pipeline.settle import session_times
from infra.pipeline.settle_store import SettlementStore

BASE_SESSIONS: Final = 5
# Which UTC days have what `SettlementStore.mids` reads: most days asked for have nothing.
_DAYS_HELD: Final = """
SELECT underlying_id, 'quotes' AS kind, intDiv(source_ts, 86400000000000) AS day
FROM equities_quotes
WHERE source_ts >= {from:Int64} AND source_ts <= {to:Int64} AND bid > 0 AND ask >= bid
GROUP BY underlying_id, day
UNION ALL
SELECT underlying_id, 'prints' AS kind, intDiv(source_ts, 86400000000000) AS day
FROM options_tape
WHERE source_ts >= {from:Int64} AND source_ts <= {to:Int64} AND underlying_mid > 0
GROUP BY underlying_id, day
"""
_HELD: Final = """
SELECT 1 AS is_held FROM equities_quotes
WHERE source_ts >= {from:Int64} AND source_ts < {to:Int64} AND bid > 0 AND ask >= bid
LIMIT 1
UNION ALL SELECT 1 FROM options_tape
WHERE source_ts >= {from:Int64} AND source_ts < {to:Int64} AND underlying_mid > 0
LIMIT 1
"""
_FOREVER_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Market:
    """
    Mids of one underlying.

    Parameters
    ----------
    path : MidPath
        Over all sessions below and the one after each.
    times : mapping
        Open, close and next close by session, days since 1970-01-01.
    is_from_prints : bool
        There are no quotes of it: mids are those that option prints carried.
    """

    path: MidPath
    times: Mapping[int, SessionTimes]
    is_from_prints: bool = False

    def base_sessions(self, session: int) -> tuple[SessionTimes, ...]:
        """Return where base samples of a session come from: itself and the four before it."""
        return tuple([self.times[day] for day in base_days(session) if day in self.times])

    def sessions_with_mids(self) -> list[int]:
        """Return the sessions that have a mid in regular hours, ascending."""
        return [day for day in sorted(self.times) if len(self._within(self.times[day]))]

    def gaps_ns(self) -> NDArray[np.int64]:
        """Return the distances of neighbouring mids within regular hours, ns, by session."""
        gaps = [np.diff(self._within(self.times[day])) for day in sorted(self.times)]
        return np.concatenate(gaps) if gaps else np.empty(0, dtype=np.int64)

    def _within(self, times: SessionTimes) -> NDArray[np.int64]:
        first, last = np.searchsorted(self.path.ts, [times.open_ns, times.close_ns + 1])
        return self.path.ts[first:last]


NO_MARKET: Final = Market(NO_MIDS, {})


def base_days(session: int) -> list[int]:
    """
    Return a session and the four before it, ascending, days since 1970-01-01.

    None lies after it: what a walk-forward learns from a session must not hold later prices.
    """
    found = [session]
    while len(found) < BASE_SESSIONS:
        found.append(session_before(found[-1]))
    return found[::-1]


def read_markets(store: Store, sessions: Mapping[str, Iterable[int]]) -> dict[str, Market]:
    """
    Read what sessions of underlyings are measured on.

    Parameters
    ----------
    store : Store
        Tables with their quotes, or with a tape that carried their mids.
    sessions : mapping
        Those with decisions, days since 1970-01-01, by underlying.
    """
    reader = SettlementStore(store)
    days = {name: _days(sessions[name]) for name in sorted(sessions)}
    held = _held(store, [day for each in days.values() for day in each])
    return {name: _market(reader, name, days[name], held.get(name, {})) for name in days}


def _days(sessions: Iterable[int]) -> list[int]:
    return sorted({day for session in sessions for day in base_days(session)})


def _held(store: Store, days: Sequence[int]) -> dict[str, dict[str, set[int]]]:
    """Return the UTC days that have quotes, and prints with mids, by underlying and kind."""
    found: dict[str, dict[str, set[int]]] = {}
    if not days:
        return found
    bounds = {"from": _span(min(days))[0], "to": _span(session_after(max(days)))[1]}
    for row in store.rows(_DAYS_HELD, bounds):
        kinds = found.setdefault(str(row["underlying_id"]), {})
        kinds.setdefault(str(row["kind"]), set()).add(int(row["day"]))
    return found


def _span(session: int) -> tuple[int, int]:
    """Return the first and last instant (ns UTC) whose mids count for a session."""
    return close_of(session_before(session)) + 1, close_of(session)


def _market(
    reader: SettlementStore, underlying_id: str, days: Sequence[int], held: Mapping[str, set[int]]
) -> Market:
    splits = reader.splits(underlying_id)
    any_held = set[int]().union(*held.values())
    paths = []
    for session in sorted({*days, *[session_after(day) for day in days]}):
        first, last = _span(session)
        if any_held.intersection(range(first // NS_PER_DAY, last // NS_PER_DAY + 1)):
            paths.append(reader.mids(underlying_id, first, last))
    path = joined(paths)
    return Market(
        path,
        {day: session_times(day, splits) for day in days},
        is_from_prints=len(path.ts) > 0 and "quotes" not in held,
    )


def has_mids(store: Store, from_ns: int, to_ns: int) -> bool:
    """
    Tell whether tables hold quotes, or a tape that carried mids, of a time.

    Parameters
    ----------
    store : Store
        The tables.
    from_ns, to_ns : int
        ns UTC, the second one excluded; 0 for no end.
    """
    return bool(store.rows(_HELD, {"from": from_ns, "to": to_ns or _FOREVER_NS}))


def joined(paths: Sequence[MidPath]) -> MidPath:
    """Return paths that follow one another as one."""
    if not paths:
        return NO_MIDS
    return MidPath(
        np.concatenate([path.ts for path in paths]), np.concatenate([path.mids for path in paths])
    )


def spacing_s(markets: Iterable[Market]) -> float | None:
    """Return the median distance of neighbouring mids within sessions, seconds; null without."""
    gaps = [market.gaps_ns() for market in markets]
    together = np.concatenate(gaps) if gaps else np.empty(0, dtype=np.int64)
    return round(float(np.median(together)) / NS_PER_S, 3) if len(together) else None
