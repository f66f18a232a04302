"""Read a whole chain of evidence, one batched lookup a level: rings first, then the store."""

import asyncio
import itertools
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from typing import Final
from typing import Protocol

import orjson

from api.evidence.clock import MarketClock
from api.evidence.lookup import NO_HINT
from api.evidence.lookup import Branch
from api.evidence.lookup import Hint
from api.evidence.lookup import Key
from api.evidence.lookup import bounds_branch
from api.evidence.lookup import level_branch
from api.evidence.lookup import lookup_branch
from api.evidence.lookup import read_branches
from api.evidence.outcomes import OUTCOME
from api.evidence.outcomes import outcome_branch
from api.evidence.outcomes import outcomes_of
from api.evidence.reach import DAY_NS
from api.evidence.reach import NARROWED
from api.evidence.reach import PARENTS
from api.evidence.reach import USED_BY
from api.evidence.reach import hint_of
from api.evidence.reach import merged
from api.evidence.reach import named
from api.evidence.reach import used_by_branches
from api.evidence.refs import Ref
from api.evidence.rows import Row
from api.evidence.traced import Ask
from api.evidence.traced import Traced
from api.items import Item
from api.store import Store
from api.store import query_text
from api.streams import STREAMS
from api.streams import Stream
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import LEVEL

# Levels below the root that are read; with the last lookup of what is missing six round trips.
MAX_LEVELS: Final = 5
RETRY_S: Final = 0.5
# What is as young as this may still be on its way into the tables.
RECENT_NS: Final = 60 * 10**9

STREAM_OF_KIND: Final[Mapping[str, Stream]] = MappingProxyType(
    {
        kind: stream
        for kind, spec in KINDS.items()
        for stream in STREAMS.values()
        if stream.table == spec.table
    }
)


_CLOCK: Final = "clock"


class Ring(Protocol):
    """The newest records of a stream."""

    def get(self, id: str) -> Item | None:  # noqa: A002 - as the rings name it
        """Return the record of an id, if it is there."""


class Rings(Protocol):
    """The newest records of the streams."""

    def ring(self, stream: Stream, run: str = "") -> Ring | None:
        """Return those of a stream, if they are held."""


class Resolver:
    """
    Resolve references to whole chains.

    Parameters
    ----------
    store : Store
        The tables.
    rings : Rings
        The newest records.
    clock : MarketClock
        What is pending lies after it.
    """

    def __init__(self, store: Store, rings: Rings, clock: MarketClock) -> None:
        self._store = store
        self._rings = rings
        self._clock = clock

    async def trace(self, roots: Sequence[Ref], ask: Ask) -> list[Traced]:
        """
        Follow references to what they rest on and what refers to them.

        Parameters
        ----------
        roots : sequence of Ref
            Each once.
        ask : Ask
            How far.

        Notes
        -----
        Every level is one statement over all roots, whatever kinds it looks up; a sixth one looks
        again for what is missing, without the bounds the citing records gave.
        """
        work = _Work(self._store, self._rings, ask, self._clock)
        traced = [Traced((ref.kind, ref.id), ask, work.rows) for ref in roots]
        for level in range(min(MAX_LEVELS, max(ask.depth, 1) + 1)):
            extra = work.beside(traced, level)
            if not await work.read(traced if level <= ask.depth else [], extra) and not extra:
                break
            for each in traced:
                each.expand()
        await work.look_again(traced)
        for each in traced:
            work.tell(each)
        return traced


class _Work:
    """The rows of a call, shared by its roots."""

    def __init__(self, store: Store, rings: Rings, ask: Ask, clock: MarketClock) -> None:
        self.rows: dict[Key, Row] = {}
        self._store = store
        self._clock = clock
        self._rings = rings
        self._ask = ask
        self._hot: set[Key] = set()
        self._asked: set[Key] = set()
        self._hints: dict[Key, Hint] = {}
        self._told: dict[Key, Any] = {}
        self._reasons: dict[Key, str] = {}
        self._clock_ns = 0
        self._alerts: list[Row] = []
        self._judged: dict[str, list[dict[str, Any]]] | None = None

    async def read(self, traced: Sequence[Traced], extra: Sequence[Branch]) -> bool:
        """Look up what the chains name and is not known yet; return whether anything was asked."""
        wanted = self._wanted(traced)
        if any(kind in PARENTS for kind, _ in wanted):
            # Prints are found at once when their packets have told where they lie.
            wanted = [key for key in wanted if key[0] not in NARROWED or key not in self._hints]
        self._asked.update(wanted)
        cold = [key for key in wanted if not self._from_ring(key)]
        branches = [*extra, *self._branches(cold)]
        if branches:
            found = await read_branches(self._store, "evidence", branches, self._ask.database)
            self._take(found)
        return bool(wanted)

    def beside(self, traced: Sequence[Traced], level: int) -> list[Branch]:
        """Return what else is asked at a level: the clock; then users and outcomes of the roots."""
        if level == 0:
            known = self._clock.known(self._ask.database)
            self._clock_ns = known or 0
            return [_clock_branch()] if known is None else []
        if level > 1:
            return []
        roots = {each.root: self.rows[each.root] for each in traced if each.root in self.rows}
        branches = list(used_by_branches(itertools.count(1000), roots))
        self._alerts = [row for (kind, _), row in roots.items() if kind == "alert"]
        if self._alerts:
            branches.append(outcome_branch(self._alerts))
        return branches

    async def look_again(self, traced: Sequence[Traced]) -> None:
        """Look once more for what is missing and was named by a record; tell why the rest is."""
        missing = [key for key in self._keys(traced) if key in self._asked and key not in self.rows]
        cited = [key for key in missing if key in self._hints and key[0] in KINDS]
        if not cited:
            return
        young = {
            key
            for each in traced
            for key in cited
            if each.cited_by.get(key) in self._hot or self._is_recent(key)
        }
        if young:
            # The log has it, the tables soon will.
            await asyncio.sleep(RETRY_S)
            for key in cited:
                self._from_ring(key)
        numbers = itertools.count()
        branches: list[Branch] = []
        for kind, keys in _by_kind(key for key in cited if key not in self.rows):
            hint = _widened(merged([self._hints[key] for key in keys]))
            branches.append(lookup_branch(next(numbers), kind, [name for _, name in keys], hint))
            branches.append(bounds_branch(next(numbers), kind, hint))
        if branches:
            found = await read_branches(self._store, "evidence", branches, self._ask.database)
            self._take(found)
        for key in cited:
            if key not in self.rows:
                bounds = self._told.get(("bounds", key[0]))
                self._reasons[key] = _reason(self._hints[key], bounds, is_young=key in young)

    def tell(self, traced: Traced) -> None:
        """Give a root what was told about it, and where its records came from."""
        name = traced.root[1]
        if traced.root[0] == "alert":
            traced.outcomes = self._outcomes().get(name, [])
        for (kind, _), body in self._told.items():
            if kind == USED_BY and name in body[4]:
                traced.used_by.append(body)
        for key in traced.every():
            if key in self.rows:
                traced.sources.add("hot" if key in self._hot else "store")
            else:
                traced.reasons[key] = self._reasons.get(key, "not_found")

    def _outcomes(self) -> dict[str, list[dict[str, Any]]]:
        if self._judged is None:
            rows = [body for (kind, _), body in self._told.items() if kind == OUTCOME]
            self._judged = outcomes_of(self._alerts, rows, self._clock_ns)
        return self._judged

    def _is_recent(self, key: Key) -> bool:
        until_ns = self._hints[key].to_ns
        return until_ns is not None and until_ns >= self._clock_ns - RECENT_NS

    def _keys(self, traced: Sequence[Traced]) -> list[Key]:
        return list(dict.fromkeys(key for each in traced for key in each.every()))

    def _wanted(self, traced: Sequence[Traced]) -> list[Key]:
        keys = [
            key
            for key in self._keys(traced)
            if key not in self._asked and (key[0] in KINDS or key[0] == LEVEL)
        ]
        for each in traced:
            for key in keys:
                citing = each.cited_by.get(key)
                if citing is not None:
                    self._add_hints(citing)
        return keys

    def _add_hints(self, citing: Key) -> None:
        mark = ("hinted", f"{citing[0]} {citing[1]}")
        if mark in self._told or citing not in self.rows:
            return
        self._told[mark] = None
        row = self.rows[citing]
        for key in named(citing[0], row):
            hint = hint_of(citing[0], row, key[0])
            # A packet tells more of its members than an alert does.
            if key not in self._hints or (hint.contracts and not self._hints[key].contracts):
                self._hints[key] = hint

    def _from_ring(self, key: Key) -> bool:
        stream = STREAM_OF_KIND.get(key[0])
        ring = None if stream is None else self._rings.ring(stream, self._ask.run)
        item = None if ring is None else ring.get(key[1])
        if item is None:
            return False
        self.rows[key] = orjson.loads(item.json)
        self._hot.add(key)
        return True

    def _branches(self, keys: Sequence[Key]) -> list[Branch]:
        numbers = itertools.count()
        branches: list[Branch] = []
        for kind, group in _by_kind(keys):
            if kind == LEVEL:
                found = [level_branch(next(numbers), name) for _, name in group]
                branches += [branch for branch in found if branch is not None]
                continue
            hints: dict[bool, list[Key]] = {}
            for key in group:
                hints.setdefault(bool(self._hints.get(key, NO_HINT).contracts), []).append(key)
            for part in hints.values():
                hint = merged([self._hints.get(key, NO_HINT) for key in part])
                branches.append(
                    lookup_branch(next(numbers), kind, [name for _, name in part], hint)
                )
        return branches

    def _take(self, found: Mapping[Key, Any]) -> None:
        for key, value in found.items():
            if key[0] in KINDS or key[0] == LEVEL:
                self.rows[key] = value
            elif key[0] == _CLOCK:
                self._clock_ns = int(value or 0)
                self._clock.keep(self._ask.database, self._clock_ns)
            else:
                self._told[key] = value


def _clock_branch() -> Branch:
    asked = query_text("market_clock")
    return f"SELECT '{_CLOCK}' AS _kind, '' AS _id, toString(at) AS _body FROM ({asked})", {}  # noqa: S608 - our own file


def _by_kind(keys: Iterable[Key]) -> list[tuple[str, list[Key]]]:
    found: dict[str, list[Key]] = {}
    for key in keys:
        found.setdefault(key[0], []).append(key)
    return list(found.items())


def _widened(hint: Hint) -> Hint:
    return Hint(
        hint.underlyings,
        (),
        None if hint.from_ns is None else hint.from_ns - DAY_NS,
        None if hint.to_ns is None else hint.to_ns + DAY_NS,
    )


def _reason(hint: Hint, bounds: Sequence[int] | None, *, is_young: bool) -> str:
    """Tell why a record that another names is not there, by the times its table has."""
    count, first_ns, last_ns = bounds or (0, 0, 0)
    if hint.to_ns is None:
        return "not_found"
    if is_young and (not count or last_ns < hint.to_ns):
        return "not_yet_stored"
    return "expired" if count and first_ns > hint.to_ns else "not_found"
