"""What waits for one client, and what becomes of it when the client is slow; gateway, 8.6."""

from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final

from api.live import frames
from api.live.frames import Stamps
from api.live.frames import Watermark
from api.streams import SlowPolicy

OVERRUN: Final = 4
MESSAGE_BYTES: Final = 256 * 1024

# Key of which only the newest counts, JSON.
Keyed = tuple[object, bytes]


class Frame:
    """
    One frame, shared by all clients it goes to.

    Parameters
    ----------
    data : bytes
        The frame.
    key : str
        Group; empty for what belongs to none.
    policy : {"conflate", "drop", "keep"}
        What becomes of it when a client is slow.
    count : int
        Records in it.
    first, last : (ts, seq) | None
        First and last of them.
    keyed : sequence of (key, JSON)
        Its records, for those that are conflated.
    cursor : str
        Where the log goes on.
    stamps : Stamps | None
        When the newest was where.
    """

    __slots__ = (
        *("_message", "count", "cursor", "data", "first", "key", "keyed", "last", "policy"),
        "stamps",
    )

    def __init__(  # noqa: PLR0913 - one frame a group and tick
        self,
        data: bytes,
        *,
        key: str = "",
        policy: SlowPolicy = "keep",
        count: int = 0,
        first: Watermark | None = None,
        last: Watermark | None = None,
        keyed: Sequence[Keyed] = (),
        cursor: str = "",
        stamps: Stamps | None = None,
    ) -> None:
        self.data = data
        self.key = key
        self.policy = policy
        self.count = count
        self.first = first
        self.last = last
        self.keyed = keyed
        self.cursor = cursor
        self.stamps = stamps
        self._message: bytes | None = None

    @property
    def message(self) -> bytes:
        """Return the frame as a message of its own, made once."""
        if self._message is None:
            self._message = frames.joined((self.data,))
        return self._message


class Loss:
    """What one subscription lost since its last notice."""

    __slots__ = ("count", "first", "last")

    def __init__(self) -> None:
        self.count = 0
        self.first: Watermark | None = None
        self.last: Watermark | None = None

    def add(self, frame: Frame) -> None:
        """Count a frame that was dropped."""
        self.count += frame.count
        if self.first is None or (frame.first is not None and frame.first < self.first):
            self.first = frame.first
        if self.last is None or (frame.last is not None and frame.last > self.last):
            self.last = frame.last


class Outbox:
    """
    Frames that wait for one client, bounded by bytes and age.

    Over either bound records of conflated channels give way to newer ones of their key, and the
    oldest frames of tapes leave, counted exactly; not those that came at the same moment. Nothing
    else is ever dropped. Past four times a bound the client is to be closed.

    Parameters
    ----------
    bytes_bound : int
        Most bytes.
    age_bound_s : float
        Longest wait.
    on_loss : callable
        Told of each dropped frame.
    on_conflated : callable
        Told (frame, records that gave way).
    """

    def __init__(
        self,
        bytes_bound: int,
        age_bound_s: float,
        on_loss: Callable[[Frame], None] = lambda _: None,
        on_conflated: Callable[[Frame, int], None] = lambda _frame, _count: None,
    ) -> None:
        self._bytes_bound = bytes_bound
        self._age_bound_s = age_bound_s
        self._on_loss = on_loss
        self._on_conflated = on_conflated
        self._waiting: deque[tuple[float, Frame]] = deque()
        self._lost: dict[str, Loss] = {}
        self._sending_since_s: float | None = None
        self._sending_bytes = 0
        self.bytes_waiting = 0
        self.dropped = 0
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_sending(self) -> bool:
        """Whether what was taken has not been handed over yet."""
        return self._sending_since_s is not None

    @property
    def fill(self) -> float:
        """Bytes waiting as a share of the bound."""
        return (self.bytes_waiting + self._sending_bytes) / self._bytes_bound

    @property
    def has_room(self) -> bool:
        """Whether older records that are read again may be added now."""
        return self.bytes_waiting <= self._bytes_bound // 8

    def put(self, frame: Frame, now_s: float) -> None:
        """Let a frame wait; what exceeds the bounds gives way."""
        self._waiting.append((now_s, frame))
        self.bytes_waiting += len(frame.data)
        if self._is_over(now_s):
            self._conflate()
            self._drop(now_s)

    def is_overrun(self, now_s: float) -> bool:
        """Return whether the client is too slow to be kept."""
        if self.bytes_waiting + self._sending_bytes > OVERRUN * self._bytes_bound:
            return True
        return self.age_s(now_s) > OVERRUN * self._age_bound_s

    def age_s(self, now_s: float) -> float:
        """Return how long the oldest frame has waited, the one being sent among them."""
        since_s = self._sending_since_s
        if since_s is None:
            since_s = self._waiting[0][0] if self._waiting else now_s
        return now_s - since_s

    def take(self) -> list[Frame]:
        """
        Return what is to be sent next, notices of losses first; `sent` ends it.

        At most 256 KiB unless one frame is larger.
        """
        if not self._waiting and not self._lost:
            return []
        taken = [
            Frame(frames.dropped(key, loss.count, loss.first, loss.last))
            for key, loss in self._lost.items()
        ]
        self._lost.clear()
        size = 0
        while self._waiting:
            at_s, frame = self._waiting[0]
            if size and size + len(frame.data) > MESSAGE_BYTES:
                break
            self._waiting.popleft()
            size += len(frame.data)
            taken.append(frame)
            if self._sending_since_s is None:
                self._sending_since_s = at_s
        self.bytes_waiting -= size
        self._sending_bytes = size
        return taken

    def sent(self) -> None:
        """Say that what was taken has been handed over."""
        self._sending_since_s = None
        self._sending_bytes = 0

    def forget(self, key: str) -> None:
        """Throw away what waits for a subscription that has ended or begins anew."""
        kept = [(at_s, frame) for at_s, frame in self._waiting if frame.key != key]
        self._waiting = deque(kept)
        self._lost.pop(key, None)
        self.bytes_waiting = sum(len(frame.data) for _, frame in kept)

    def clear(self) -> None:
        """Throw away everything."""
        self._waiting.clear()
        self._lost.clear()
        self.bytes_waiting = 0

    def _is_over(self, now_s: float) -> bool:
        if self.bytes_waiting > self._bytes_bound:
            return True
        return now_s - self._waiting[0][0] > self._age_bound_s

    def _conflate(self) -> None:
        groups: dict[str, list[int]] = {}
        for at, (_, frame) in enumerate(self._waiting):
            if frame.policy == "conflate":
                groups.setdefault(frame.key, []).append(at)
        merged = {places[-1]: places for places in groups.values() if len(places) > 1}
        if not merged:
            return
        gone = {place for places in merged.values() for place in places[:-1]}
        waiting = list(self._waiting)
        self._waiting.clear()
        for at, (at_s, frame) in enumerate(waiting):
            if at in gone:
                continue
            kept = frame
            if at in merged:
                kept = self._newest([waiting[place][1] for place in merged[at]])
            self._waiting.append((at_s, kept))
        self.bytes_waiting = sum(len(frame.data) for _, frame in self._waiting)

    def _newest(self, given: Sequence[Frame]) -> Frame:
        newest: dict[object, bytes] = {}
        for frame in given:
            for key, item in frame.keyed:
                # The newer one goes to the end: records stay in the order they came.
                newest.pop(key, None)
                newest[key] = item
        last = given[-1]
        count = len(newest)
        gave_way = sum(frame.count for frame in given) - count
        self.conflated += gave_way
        self._on_conflated(last, gave_way)
        marks = [frame.last for frame in given if frame.last is not None]
        mark = max(marks, default=None)
        data = frames.events(last.key, list(newest.values()), mark, last.cursor, last.stamps)
        return Frame(
            data,
            key=last.key,
            policy="conflate",
            count=count,
            first=given[0].first,
            last=mark,
            keyed=list(newest.items()),
            cursor=last.cursor,
            stamps=last.stamps,
        )

    def _drop(self, now_s: float) -> None:
        if not self._is_over(now_s):
            return
        kept: deque[tuple[float, Frame]] = deque()
        oldest_s = now_s - self._age_bound_s
        for at_s, frame in self._waiting:
            is_over = self.bytes_waiting > self._bytes_bound or at_s < oldest_s
            # What came just now has not had its chance to be sent.
            if frame.policy == "drop" and is_over and at_s < now_s:
                self.bytes_waiting -= len(frame.data)
                self.dropped += frame.count
                self._lost.setdefault(frame.key, Loss()).add(frame)
                self._on_loss(frame)
            else:
                kept.append((at_s, frame))
        self._waiting = kept
