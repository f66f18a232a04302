"""The clock of a run: event time as a function of wall time."""

from typing import Final

from infra.errors import MisconfiguredInfra
from infra.replay.request import MAX_SPEED
from infra.replay.request import MIN_SPEED

# Later than any event: the time of a clock that runs flat out.
UNBOUNDED_NS: Final = 2**63 - 1

# Speeds are counted in millionths, and event time in millionths of a ns, so that no pause and no
# question rounds anything away.
_PARTS: Final = 1_000_000


def check_speed(speed: float) -> float:
    """
    Return a speed if a run can have it.

    Raises
    ------
    MisconfiguredInfra
        It is neither 0, which is flat out, nor 0.1 to 1000.
    """
    if speed == 0 or MIN_SPEED <= speed <= MAX_SPEED:
        return speed
    msg = f"speed is {speed!r}, expected 0 for flat out, or {MIN_SPEED} to {MAX_SPEED:g}"
    raise MisconfiguredInfra(msg)


class ReplayClock:
    """
    Event time as a function of wall time.

    It never goes back but by `jump`, and stands still where wall time goes back. However often it
    is paused or asked, it shows the speed times the wall time for which it ran, to the ns. Flat
    out it stands where it was put last: the records say how late it is.

    Parameters
    ----------
    event_ns : int
        Event time to begin at, ns UTC.
    wall_ns : int
        Wall time of that, ns, of any clock that goes forward.
    speed : float
        Multiple of real time, 0.1 to 1000; 0 is flat out.
    is_paused : bool
        Begin standing still.

    Raises
    ------
    MisconfiguredInfra
        The speed is out of range.

    Examples
    --------
    >>> clock = ReplayClock(event_ns=1_000, wall_ns=0, speed=60)
    >>> clock.event_ns(10)
    1600
    """

    __slots__ = ("_begins_ns", "_is_paused", "_parts", "_speed", "_speed_parts", "_wall_ns")

    def __init__(
        self, event_ns: int, wall_ns: int, speed: float, *, is_paused: bool = False
    ) -> None:
        self._begins_ns = event_ns
        self._parts = event_ns * _PARTS
        self._wall_ns = wall_ns
        self._is_paused = is_paused
        self._set_speed(speed)

    @property
    def speed(self) -> float:
        """Return the multiple of real time, 0 for flat out."""
        return self._speed

    @property
    def begins_ns(self) -> int:
        """Return the event time (ns UTC) it began at."""
        return self._begins_ns

    @property
    def is_paused(self) -> bool:
        """Return whether event time stands still."""
        return self._is_paused

    @property
    def is_flat_out(self) -> bool:
        """Return whether nothing but the records says how late it is."""
        return self._speed == 0

    def event_ns(self, wall_ns: int) -> int:
        """Return event time (ns UTC) at a wall time."""
        self._go_on(wall_ns)
        return self._parts // _PARTS

    def begin_at(self, event_ns: int) -> None:
        """Begin at another event time, at the wall time it was asked last."""
        self._begins_ns = event_ns
        self._parts = event_ns * _PARTS

    def pause(self, wall_ns: int) -> None:
        """Stand still from a wall time on; again, nothing changes."""
        self._go_on(wall_ns)
        self._is_paused = True

    def resume(self, wall_ns: int) -> None:
        """Go on from a wall time; a clock that goes is not changed."""
        self._go_on(wall_ns)
        self._is_paused = False

    def set_speed(self, speed: float, wall_ns: int) -> None:
        """Go at another speed from a wall time on, without a jump; raises as the class does."""
        self._go_on(wall_ns)
        self._set_speed(speed)

    def jump(self, event_ns: int, wall_ns: int) -> None:
        """Show another event time from a wall time on, going or standing as before."""
        self._go_on(wall_ns)
        self._parts = event_ns * _PARTS

    def wall_until_ns(self, event_ns: int, wall_ns: int) -> int | None:
        """
        Return the wall time (ns) from now until an event time is shown.

        Null when it will not come by itself: paused, or flat out.
        """
        self._go_on(wall_ns)
        missing = event_ns * _PARTS - self._parts
        if missing <= 0:
            return 0
        if self._is_paused or self.is_flat_out:
            return None
        return -(-missing // self._speed_parts)

    def _go_on(self, wall_ns: int) -> None:
        passed = wall_ns - self._wall_ns
        if passed <= 0:
            return
        self._wall_ns = wall_ns
        if not self._is_paused:
            self._parts += passed * self._speed_parts

    def _set_speed(self, speed: float) -> None:
        self._speed = check_speed(speed)
        self._speed_parts = round(speed * _PARTS)
