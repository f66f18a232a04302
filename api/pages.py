"""Pages of a stream out of rings and tables, without gap or overlap; gateway, 3 and 5."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Final

import msgspec

from api.items import Item
from api.items import OrderKey
from api.live.filters import Filters
from api.pagination import Direction
from api.pagination import Place
from api.pagination import behind_sql
from api.pagination import cut
from api.pagination import is_behind
from api.pagination import is_settled
from api.services import Services
from api.store import Store
from api.streams import Stream
from infra.replay.names import database_of

if TYPE_CHECKING:
    from api.live.ring import Ring

_LEAST_SEQ: Final = -(2**63)
# Rows read beyond a page: repeats and outdated versions among them are left out again.
_SPARE: Final = 20
_MAX_BATCH: Final = 5000
_ORDER: Final = {
    "before": " ORDER BY source_ts DESC, seq DESC LIMIT {page_rows:UInt32}",
    "after": " ORDER BY source_ts, seq LIMIT {page_rows:UInt32}",
}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """
    A page that is wanted.

    Parameters
    ----------
    filters : Filters
        Stream and records.
    limit : int
        Rows.
    direction : {"before", "after"}
        Newest first, or oldest first.
    place : Place | None
        Behind which it begins; null at the newest or oldest.
    since, until : int | None
        Bounds of `source_ts`, ns UTC; the first belongs to the page, the second does not.
    run : str
        Replay run; empty for live.
    """

    filters: Filters
    limit: int
    direction: Direction = "before"
    place: Place | None = None
    since: int | None = None
    until: int | None = None
    run: str = ""

    @property
    def stream(self) -> Stream:
        """Whose records."""
        return self.filters.stream


class Page(msgspec.Struct, frozen=True):
    """
    A page as it was found.

    Parameters
    ----------
    items : list of Item
        In order.
    more : bool
        There are records behind the last.
    source : {"hot", "store", "mixed"}
        Where they were.
    """

    items: list[Item]
    more: bool
    source: str


def database_for(store: Store, run: str) -> str:
    """Return the database of a replay run; empty for live. Raw streams have views of it there."""
    return database_of(store.database, run) if run else ""


async def newest_page(services: Services, ask: Ask) -> Page:
    """
    Return a descending page: from the ring as far as it reaches, then from the store.

    What the ring holds is above its floor and complete; the store is asked for what is not above
    it. An id that is in the ring is newer there, so the store's row of it is left out.
    """
    ring = _ring_of(services, ask)
    if ring is None:
        items = await stored(services.store, ask, ask.limit)
        return _page(items, ask.limit, [])
    hot = _hot(ring, ask)
    floor = ring.floor
    if is_settled(hot, ask.limit) or _reaches(floor, ask):
        return _page(hot, ask.limit, hot)
    # Without a floor the log began with the ring's oldest record; tables may know older ones.
    upto = floor or (hot[-1].order if hot else None)
    missing = max(ask.limit - len(hot), 1)
    cold = await stored(services.store, ask, missing, upto, _known(ring, hot))
    return _page(hot + cold, ask.limit, hot)


def _ring_of(services: Services, ask: Ask) -> "Ring | None":
    # Prints of the signal view have a ring of their own, which reaches further back.
    is_signal = ask.stream.name == "options" and "view" not in ask.filters.values
    return services.hub.ring(ask.stream, ask.run, "signal" if is_signal else "")


def _hot(ring: "Ring", ask: Ask) -> list[Item]:
    """Return the ring's part of a descending page, one tie more than needed where it can."""
    matches, since = ask.filters.predicate, ask.since
    before = None if ask.place is None else _order_of(ask.place)
    if ask.until is not None:
        end = (ask.until, _LEAST_SEQ, "")
        before = end if before is None else min(before, end)
    wanted = ask.limit + 1
    while True:
        found = ring.newest(wanted, matches, before)
        if len(found) < wanted or is_settled(found, ask.limit):
            break
        wanted *= 2
    if since is not None:
        found = [item for item in found if item.order[0] >= since]
    return found


def _reaches(floor: OrderKey | None, ask: Ask) -> bool:
    """Return whether everything that was asked for is above the floor."""
    return floor is not None and ask.since is not None and floor[0] < ask.since


def _order_of(place: Place) -> OrderKey:
    """Return the least order that is not behind a place, going down."""
    if place.seq is None:
        return place.ts, _LEAST_SEQ, ""
    return place.ts, place.seq, place.trace_id or ""


def _page(items: Sequence[Item], limit: int, hot: Sequence[Item]) -> Page:
    shown, more = cut(items, limit)
    if not hot:
        return Page(shown, more, "store" if shown else "hot")
    return Page(shown, more, "hot" if len(shown) <= len(hot) else "mixed")


async def stored_page(store: Store, ask: Ask) -> Page:
    """Return a page of stored records alone, in either direction."""
    shown, more = cut(await stored(store, ask, ask.limit), ask.limit)
    return Page(shown, more, "store")


async def range_page(services: Services, ask: Ask) -> Page:
    """Return an ascending page: from the store up to the ring's floor, then from the ring."""
    ring = _ring_of(services, ask)
    if ring is None:
        return await stored_page(services.store, ask)
    # Before the floor: what leaves the ring in between is at or below it, hence in the store.
    found = ring.newest(len(ring), ask.filters.predicate)
    hot = [item for item in reversed(found) if _is_wanted(item, ask)]
    cold = await stored(services.store, ask, ask.limit, ring.floor, _known(ring, hot))
    shown, more = cut(sorted(cold + hot, key=_by_order), ask.limit)
    return Page(shown, more, "store" if not hot else "mixed" if cold else "hot")


def _known(ring: "Ring", hot: Sequence[Item]) -> Callable[[str], bool]:
    """Return whether an id is in the ring, or was when it was read: the store's is older."""
    known = {item.id for item in hot}
    return lambda name: name in known or ring.holds(name)


def _nothing(_: str) -> bool:
    return False


def _is_wanted(item: Item, ask: Ask) -> bool:
    ts = item.order[0]
    return (
        (ask.since is None or ts >= ask.since)
        and (ask.until is None or ts < ask.until)
        and (ask.place is None or is_behind(item.order, ask.place, ask.direction))
    )


def _by_order(item: Item) -> OrderKey:
    return item.order


async def stored(
    store: Store,
    ask: Ask,
    limit: int,
    upto: OrderKey | None = None,
    is_known: Callable[[str], bool] = _nothing,
) -> list[Item]:
    """
    Return stored records in the page's order, each id once in its latest version.

    More than `limit` of them unless there are no more, the last tie complete.

    Parameters
    ----------
    store : Store
        Tables.
    ask : Ask
        What is wanted; its limit counts for nothing here.
    limit : int
        Rows of the page.
    upto : OrderKey | None
        Only records not above this order.
    is_known : callable
        Which ids are left out.

    Notes
    -----
    Tables are read without FINAL, which would sort them by symbol first: candidates come in order
    of time, and those whose id has a greater version anywhere are left out.
    """
    database = database_for(store, ask.run)
    found: list[Item] = []
    place = ask.place
    batch = limit + 1 + _SPARE
    while True:
        where, bound = _where(ask, place, upto)
        rows = await store.items(
            ask.stream,
            f"WHERE {where}{_ORDER[ask.direction]}",
            {**bound, "page_rows": batch},
            database=database,
        )
        is_last = len(rows) < batch
        # The last tie may go on behind the batch. Asking for it WITH TIES costs a full sort.
        whole = rows if is_last else _without_last_tie(rows)
        found += [
            item
            for item in await _latest(store, ask.stream, whole, database)
            if not is_known(item.id) and (upto is None or item.order <= upto)
        ]
        if is_last or len(found) > limit:
            break
        if whole:
            place = Place(*whole[-1].order[:2])
        batch = min(batch * 2, _MAX_BATCH) if whole else batch * 2
    found.sort(key=_by_order, reverse=ask.direction == "before")
    return found


def _without_last_tie(rows: Sequence[Item]) -> Sequence[Item]:
    end = len(rows)
    while end and rows[end - 1].order[:2] == rows[-1].order[:2]:
        end -= 1
    return rows[:end]


def _where(ask: Ask, place: Place | None, upto: OrderKey | None) -> tuple[str, dict[str, object]]:
    where, bound = ask.filters.where()
    parts = [where]
    if place is not None:
        behind, values = behind_sql(place, ask.direction)
        parts.append(behind)
        bound |= values
    if ask.since is not None:
        parts.append("source_ts >= {since:Int64}")
        bound["since"] = ask.since
    if ask.until is not None:
        parts.append("source_ts < {until:Int64}")
        bound["until"] = ask.until
    if upto is not None:
        # The rest of the order is compared here: ties at the floor are few.
        parts.append("source_ts <= {upto:Int64}")
        bound["upto"] = upto[0]
    return " AND ".join(parts), bound


async def _latest(store: Store, stream: Stream, rows: Sequence[Item], database: str) -> list[Item]:
    """Return each id once, and only where no table row of it has a greater version."""
    best: dict[str, Item] = {}
    for item in rows:
        known = best.get(item.id)
        if known is None or item.version > known.version:
            best[item.id] = item
    if stream.schema.version_field is None or not best:
        return list(best.values())
    versions = await store.versions(stream, list(best.values()), database=database)
    return [item for name, item in best.items() if versions.get(name, item.version) <= item.version]
