"""The newest records of a stream, in process: what pages, snapshots and resumed sockets read."""

import threading
from bisect import bisect_left
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from operator import attrgetter
from typing import Any
from typing import Final

import msgspec

from api.items import Item
from api.items import OrderKey
from api.streams import Stream

Predicate = Callable[[Any], bool]

ORDER: Final = attrgetter("order")
OFFSET: Final = attrgetter("offset")
HELD_BYTES: Final = 420  # of a record besides its values: order, places, index entries
LEAST_REPLACED: Final = 256
BYTES_PER_VALUE_BYTE: Final = 3  # what one byte of Avro takes as a Python value, about


class Held(msgspec.Struct, eq=False, gc=False):
    """
    One record in memory; its JSON is made when somebody first wants it.

    Parameters
    ----------
    record : msgspec.Struct
        As its topic carries it.
    id, version, order
        As in `Item`.
    partition, offset : int
        Where the log holds it.
    append_ms : float
        When the log got it, epoch ms; 0 when unknown.
    recv_ms : float
        When the gateway read it, epoch ms.
    size : int
        Bytes of its Avro value.
    item : Item | None
        With its JSON, once that was wanted.
    is_current : bool
        No greater version has replaced it.
    """

    record: Any
    id: str
    version: int
    order: OrderKey
    partition: int
    offset: int
    append_ms: float
    recv_ms: float
    size: int
    item: Item | None = None
    is_current: bool = True

    @property
    def cost(self) -> int:
        """Bytes of memory it takes, about, without JSON."""
        return HELD_BYTES + BYTES_PER_VALUE_BYTE * self.size


class Budget:
    """
    Bytes that all rings take together.

    Parameters
    ----------
    bytes_kept : int
        Beyond this, records older than `seconds` leave.
    bytes_most : int
        Beyond this, younger ones leave too.
    seconds : float
        What is kept of every topic while `bytes_most` allows it.
    """

    def __init__(self, bytes_kept: int, bytes_most: int, seconds: float) -> None:
        self.bytes_kept = bytes_kept
        self.bytes_most = bytes_most
        self.seconds = seconds
        self.used = 0


class Ring:
    """
    Records of a stream above a floor, newest last, each id once in its greatest version.

    Thread-safe: one thread adds, any thread reads.

    Parameters
    ----------
    stream : Stream
        Whose records.
    make : callable
        Item of a record: (record, partition, offset, append_ms).
    depth : int
        Records that stay whatever the budget says.
    budget : Budget
        Shared by all rings of the gateway.
    """

    def __init__(
        self, stream: Stream, make: Callable[..., Item], depth: int, budget: Budget
    ) -> None:
        self.stream = stream
        self.depth = depth
        self._make = make
        self._budget = budget
        self._lock = threading.Lock()
        self._held: list[Held] = []  # by order
        self._by_id: dict[str, Held] = {}
        self._has_own_ids = stream.id_field != "trace_id"
        self._by_trace: dict[str, Held] = {}
        # By partition in log order; what a greater version has replaced is passed over.
        self._logs: dict[int, deque[Held]] = {}
        self._replaced = 0
        self._begins: dict[int, int] = {}
        self._floor: OrderKey | None = None
        self._used = 0
        self._bare = 0  # so many of the oldest had their JSON taken

    def __len__(self) -> int:
        return len(self._held)

    @property
    def floor(self) -> OrderKey | None:
        """Every record of the stream behind this order is here; null: all there is."""
        return self._floor

    @property
    def newest_order(self) -> OrderKey | None:
        """Order of the newest record; null for an empty ring."""
        with self._lock:
            return self._held[-1].order if self._held else None

    def item(self, held: Held) -> Item:
        """Return the item of a record, its JSON made once."""
        found = held.item
        if found is None:
            made = self._make(held.record, held.partition, held.offset, held.append_ms)
            held.item = found = made
        return found

    def newest(
        self, limit: int, predicate: Predicate | None = None, before: OrderKey | None = None
    ) -> list[Item]:
        """
        Return records, newest first, of those above the floor.

        Parameters
        ----------
        limit : int
            Most records.
        predicate : callable
            Which of them.
        before : OrderKey
            Only what comes before it in order.
        """
        return [self.item(each) for each in self.newest_held(limit, predicate, before)]

    def newest_held(
        self, limit: int, predicate: Predicate | None = None, before: OrderKey | None = None
    ) -> list[Held]:
        """Return the same as `newest` without JSON."""
        with self._lock:
            end = len(self._held)
            if before is not None:
                end = bisect_left(self._held, before, key=ORDER)
            first = 0 if predicate is not None else max(end - limit, 0)
            held = self._held[first:end]
        held.reverse()
        if predicate is None:
            return held
        found = []
        for each in held:
            if predicate(each.record):
                found.append(each)
                if len(found) >= limit:
                    break
        return found

    def get(self, id: str) -> Item | None:  # noqa: A002 - as the contract names it
        """Return the record of an id, null when it is not here."""
        held = self._by_id.get(id)
        return None if held is None else self.item(held)

    def by_trace(self, trace_id: str) -> Item | None:
        """Return the record of a trace id, null when it is not here."""
        held = (self._by_trace if self._has_own_ids else self._by_id).get(trace_id)
        return None if held is None else self.item(held)

    def held(self, id: str) -> Held | None:  # noqa: A002 - as above
        """Return the same as `get` without JSON."""
        return self._by_id.get(id)

    def all_held(self) -> list[Held]:
        """Return every record above the floor, oldest first."""
        with self._lock:
            return self._held.copy()

    def holds(self, id: str) -> bool:  # noqa: A002 - as above
        """Return whether the record of an id is here."""
        return id in self._by_id

    def begin(self, offsets: Mapping[int, int], floor: OrderKey | None) -> None:
        """
        Say from where on the ring will hold what the log has.

        Parameters
        ----------
        offsets : mapping
            By partition the first offset.
        floor : OrderKey | None
            What the log holds before them is not behind it in order; null: it holds nothing.
        """
        with self._lock:
            self._begins = dict(offsets)
            if floor is not None:
                self._raise_floor(floor)

    def begin_more(self, offsets: Mapping[int, int], floor: OrderKey | None) -> None:
        """Say the same of some partitions, when it became known later."""
        with self._lock:
            self._begins.update(offsets)
            if floor is not None:
                self._raise_floor(floor)

    def clear(self) -> None:
        """Forget everything; the log is another one."""
        with self._lock:
            self._budget.used -= self._used
            self._used = 0
            self._bare = 0
            self._held.clear()
            self._by_id.clear()
            self._by_trace.clear()
            self._logs.clear()
            self._replaced = 0
            self._begins.clear()
            self._floor = None

    def add(self, records: Iterable[Held], now_ms: float) -> None:
        """
        Take records in log order, and let the oldest go as the budget says.

        Parameters
        ----------
        records : iterable of Held
            News only: an id that is here already comes with a greater version.
        now_ms : float
            Wall time, epoch ms.
        """
        with self._lock:
            for held in records:
                self._add(held)
            self._trim(now_ms)

    def discard(self, id: str) -> None:  # noqa: A002 - as above
        """Let the record of an id go: its newest version does not belong here."""
        with self._lock:
            held = self._by_id.get(id)
            if held is not None:
                self._remove(held)

    def trim(self, now_ms: float) -> None:
        """Let the oldest go as the budget says, and the JSON of all but the newest."""
        with self._lock:
            self._trim(now_ms)
            end = len(self._held) - self.depth
            for held in self._held[max(self._bare - self.depth, 0) : max(end, 0)]:
                held.item = None
            self._bare = end

    def after(self, offsets: Mapping[int, int]) -> list[Held] | None:
        """
        Return the records from given offsets on, those of a partition in log order.

        Returns
        -------
        list of Held | None
            Null when the ring does not reach back far enough.
        """
        with self._lock:
            found: list[Held] = []
            for partition, begin in self._begins.items():
                wanted = offsets.get(partition, 0)
                if wanted < begin:
                    return None
                log = self._logs.get(partition, ())
                for held in reversed(log):
                    if held.offset < wanted:
                        break
                    if held.is_current:
                        found.append(held)
        found.sort(key=attrgetter("recv_ms", "partition", "offset"))
        return found

    def _add(self, held: Held) -> None:
        old = self._by_id.get(held.id)
        if old is not None:
            self._remove(old)
        if self._floor is not None and held.order <= self._floor:
            # It belongs where the ring no longer reaches; who resumes gets it from the log.
            self._begins[held.partition] = held.offset + 1
            self._drop_log(held.partition, held.offset + 1)
            return
        if self._held and held.order < self._held[-1].order:
            self._held.insert(bisect_right(self._held, held.order, key=ORDER), held)
        else:
            self._held.append(held)
        self._by_id[held.id] = held
        if self._has_own_ids:
            self._by_trace[held.record.trace_id] = held
        try:
            self._logs[held.partition].append(held)
        except KeyError:
            self._logs[held.partition] = deque((held,))
        self._count(held.cost)

    def _count(self, cost: int) -> None:
        self._used += cost
        self._budget.used += cost

    def _remove(self, old: Held) -> None:
        del self._by_id[old.id]
        if self._has_own_ids and self._by_trace.get(old.record.trace_id) is old:
            del self._by_trace[old.record.trace_id]
        at = bisect_left(self._held, old.order, key=ORDER)
        while at < len(self._held) and self._held[at] is not old:
            at += 1
        del self._held[at]
        self._count(-old.cost)
        old.is_current = False
        self._replaced += 1
        if self._replaced > len(self._held) + LEAST_REPLACED:
            self._replaced = 0
            for partition, log in self._logs.items():
                self._logs[partition] = deque(each for each in log if each.is_current)

    def _trim(self, now_ms: float) -> None:
        budget = self._budget
        if budget.used <= budget.bytes_kept:
            return
        room = len(self._held) - self.depth
        oldest_ms = now_ms - budget.seconds * 1000
        leaving = 0
        freed = 0
        while leaving < room:
            held = self._held[leaving]
            used = budget.used - freed
            if used <= budget.bytes_kept:
                break
            if held.recv_ms > oldest_ms and used <= budget.bytes_most:
                break
            freed += held.cost
            leaving += 1
        if leaving:
            self._leave(leaving)
            self._count(-freed)

    def _leave(self, count: int) -> None:
        gone = self._held[:count]
        del self._held[:count]
        self._bare -= count
        ends: dict[int, int] = {}
        for held in gone:
            del self._by_id[held.id]
            if self._has_own_ids and self._by_trace.get(held.record.trace_id) is held:
                del self._by_trace[held.record.trace_id]
            ends[held.partition] = max(ends.get(held.partition, 0), held.offset + 1)
        for partition, end in ends.items():
            self._begins[partition] = max(self._begins.get(partition, 0), end)
            self._drop_log(partition, end)
        last = gone[-1].order
        if self._floor is None or last > self._floor:
            self._floor = last

    def _drop_log(self, partition: int, end: int) -> None:
        log = self._logs.get(partition)
        while log and log[0].offset < end:
            log.popleft()

    def _raise_floor(self, floor: OrderKey) -> None:
        if self._floor is not None and floor <= self._floor:
            return
        self._floor = floor
        below = bisect_right(self._held, floor, key=ORDER)
        if below:
            self._count(-sum(held.cost for held in self._held[:below]))
            self._leave(below)
