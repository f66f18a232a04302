"""Hand out the records of a tape under a run's clock, and say how far marks may go."""

from typing import Final
from typing import Literal

import msgspec

from connectors.tape.model import Tape
from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_MS
from flows.common.calendar import NS_PER_S
from infra.errors import MisconfiguredInfra
from infra.replay.clock import UNBOUNDED_NS
from infra.replay.clock import ReplayClock
from infra.replay.clock import check_speed
from infra.replay.lookahead import READ_AHEAD
from infra.replay.lookahead import Lookahead
from infra.replay.lookahead import Stretch

# Event time between two looks for an alert, while one is waited for.
SLICE_NS: Final = NS_PER_S
# A look takes a tenth of a second: one that finds nothing for long takes longer steps.
LOOKS_A_SLICE: Final = 10
MAX_SLICES: Final = 10
# What cannot be written as fast as the clock goes is caught up with, but not more than this.
MAX_BEHIND_WALL_NS: Final = NS_PER_S
# Nobody watches a night pass: a longer stretch of event time without records is not waited for.
MAX_QUIET_NS: Final = 5 * NS_PER_MINUTE
# On a quiet tape event time, and with it every open window, follows the clock this often.
QUIET_WALL_NS: Final = 50 * NS_PER_MS

PlayerState = Literal["warming", "playing", "paused", "seeking", "finished"]


class Due(msgspec.Struct, frozen=True):
    """
    What is to be written next.

    Parameters
    ----------
    records : Stretch
        Records, in the tape's order.
    reached_ns : int | None
        Event time (ns UTC) a mark behind them may state: nothing that follows is earlier. Null
        before the first record.
    is_end : bool
        Nothing follows.
    is_look : bool
        An alert is waited for: once the flows have read up to the mark behind these records, look
        whether there is one, and if so, `Player.end_step` before the next `Player.due`.
    """

    records: Stretch
    reached_ns: int | None
    is_end: bool = False
    is_look: bool = False


class _Move(msgspec.Struct):
    """
    A stretch that is handed out at full speed, whatever the clock does.

    It ends in front of `until_ns`, or behind `events` records. A search goes on slice by slice;
    its slices grow while nothing trades.
    """

    state: Literal["warming", "seeking"]
    until_ns: int = UNBOUNDED_NS
    events: int | None = None
    is_search: bool = False
    is_step: bool = False
    width_ns: int = SLICE_NS
    looks: int = 0
    is_quiet: bool = True

    def widen(self) -> None:
        """Let the next slice be longer: twice on a quiet tape, else slowly, up to ten times."""
        self.looks += 1
        slow_ns = SLICE_NS * min(MAX_SLICES, 1 + self.looks // LOOKS_A_SLICE)
        self.width_ns = 2 * self.width_ns if self.is_quiet else slow_ns
        self.is_quiet = True


class Player:
    """
    Hand out a tape under a clock.

    While it plays, everything is due whose place in the order is not later than the clock, which
    jumps over more than five minutes in which there is nothing: to the next record. While it is
    paused, nothing but what a step names. It then stands in front of an instant, or between
    two records of one. What a mark may state never exceeds the place of the next record, and
    behind the last one it stays: what is open then stays open, as at the end of any tape.

    Order: the tape's, whatever the clock, the steps and the batches are.

    Parameters
    ----------
    tape : Tape
        Records, in order.
    clock : ReplayClock
        Begins at the start asked for; a tape that begins later is not waited for.
    batch_size : int
        Most records handed out at a time.
    warm_until_ns : int
        What lies before this event time (ns UTC) is handed out at full speed; 0 for nothing.

    Raises
    ------
    InfraError
        The tape is not in order.
    """

    def __init__(
        self, tape: Tape, clock: ReplayClock, *, batch_size: int = 200, warm_until_ns: int = 0
    ) -> None:
        self._tape = Lookahead(tape, max(READ_AHEAD, batch_size))
        self._clock = clock
        self._batch_size = batch_size
        self._move: _Move | None = None
        self._reached_ns: int | None = None
        if self._tape.is_over:
            return
        if self._tape.next_order_ns < warm_until_ns:
            self._move = _Move("warming", warm_until_ns)
        clock.begin_at(max(self._tape.next_order_ns, clock.begins_ns))

    @property
    def state(self) -> PlayerState:
        """Return what it does, in the words of `ReplayStatus.state`."""
        if self._tape.is_over:
            return "finished"
        if self._move is not None:
            return self._move.state
        return "paused" if self._clock.is_paused else "playing"

    @property
    def speed(self) -> float:
        """Return the multiple of real time, 0 for flat out."""
        return self._clock.speed

    @property
    def event_ns(self) -> int | None:
        """Return the event time (ns UTC) reached; null before the first record."""
        return self._reached_ns

    @property
    def records(self) -> dict[str, int]:
        """Return how many records were handed out, by topic."""
        return self._tape.taken

    @property
    def progress(self) -> float | None:
        """Return the share of the records handed out, 0 to 1; null when it is unknown."""
        return self._tape.progress

    def pause(self, wall_ns: int) -> None:
        """Stand still behind what was handed out; a step or seek ends, a warm-up does not."""
        if self._move is None or self._move.state != "warming":
            self._stand(wall_ns)
        self._clock.pause(wall_ns)

    def resume(self, wall_ns: int) -> None:
        """Play from where it stands, or where it is going to; a step ends, and is played from."""
        if self._move is not None and self._move.is_step:
            self._stand(wall_ns)
        self._clock.resume(wall_ns)

    def set_speed(self, speed: float, wall_ns: int) -> None:
        """
        Play at another speed from the next batch on.

        Raises
        ------
        MisconfiguredInfra
            The speed is out of range.
        """
        check_speed(speed)
        if self._move is None:
            self._stand(wall_ns)
        self._clock.set_speed(speed, wall_ns)

    def step_events(self, n: int) -> None:
        """Hand out exactly so many records, then stand still; raises as `step_ms` does."""
        self._step(_Move("seeking", events=_positive(n)))

    def step_ms(self, n: int) -> None:
        """
        Hand out so many ms of event time, then stand still in front of what follows.

        Raises
        ------
        MisconfiguredInfra
            It is not paused, or the number is not positive.
        """
        self._step(_Move("seeking", self._stand_ns() + _positive(n) * NS_PER_MS))

    def step_bars(self, n: int) -> None:
        """Go in front of the n-th whole minute of event time; raises as `step_ms` does."""
        bar = self._stand_ns() // NS_PER_MINUTE + _positive(n)
        self._step(_Move("seeking", bar * NS_PER_MINUTE))

    def step_to_alert(self) -> None:
        """
        Go on slice by slice until `end_step` says that an alert appeared, or to the end.

        A slice ends with a `Due` that has `is_look`. Raises as `step_ms` does.
        """
        self._step(_Move("seeking", self._next_slice_ns(SLICE_NS), is_search=True))

    def step_to(self, event_ns: int) -> None:
        """
        Go in front of an event time (ns UTC) at full speed, then play or stand as before.

        Raises
        ------
        MisconfiguredInfra
            It has passed: to go back takes a new player.
        """
        if self._reached_ns is not None and event_ns < self._reached_ns:
            msg = f"cannot go back from {self._reached_ns} to {event_ns} ns UTC; begin anew"
            raise MisconfiguredInfra(msg)
        self._move = _Move("seeking", event_ns)

    def end_step(self, wall_ns: int) -> None:
        """Stand where it is, or play on from there: a step or seek has what it wanted."""
        self._stand(wall_ns)

    def due(self, wall_ns: int) -> Due:
        """
        Hand out what is to be written now.

        Parameters
        ----------
        wall_ns : int
            Wall time, ns, of the clock's own kind.

        Raises
        ------
        InfraError
            The tape is not in order.
        """
        if self._move is not None and not self._tape.is_over:
            return self._due_of_move(self._move, wall_ns)
        records, clock = Stretch(), self._clock
        if self._reached_ns is None:
            # What it took to get ready is not event time.
            clock.jump(clock.begins_ns, wall_ns)
        if not clock.is_paused and not self._tape.is_over:
            now_ns = UNBOUNDED_NS if clock.is_flat_out else clock.event_ns(wall_ns)
            records = self._take(now_ns, self._batch_size)
            if not clock.is_flat_out:
                now_ns = self._over_quiet(now_ns, wall_ns)
                self._reach(now_ns)
                self._keep_up(now_ns, wall_ns)
        return Due(records, self._reached_ns, is_end=self._tape.is_over)

    def idle_ns(self, wall_ns: int) -> int | None:
        """
        Return the wall time (ns) for which there is nothing to do; null until it is told to.

        On a quiet tape it ends early enough for marks to follow the clock.
        """
        if self._tape.is_over:
            return None
        if self._move is not None:
            return 0
        if self._clock.is_paused:
            return None
        if self._clock.is_flat_out:
            return 0
        until = self._clock.wall_until_ns(self._tape.next_order_ns, wall_ns)
        return QUIET_WALL_NS if until is None else min(until, QUIET_WALL_NS)

    def close(self) -> None:
        """Close the tape."""
        self._tape.close()

    def _due_of_move(self, move: _Move, wall_ns: int) -> Due:
        limit = self._batch_size if move.events is None else min(self._batch_size, move.events)
        records = self._take(move.until_ns - 1, limit)
        move.is_quiet = move.is_quiet and records.count == 0
        is_look = move.is_search and self._tape.is_over
        if move.events is not None:
            move.events -= records.count
            if move.events == 0:
                self._stand(wall_ns)
        elif self._tape.next_order_ns >= move.until_ns:
            self._reach(move.until_ns)
            if move.is_search:
                is_look = True
                move.widen()
                move.until_ns = self._next_slice_ns(move.width_ns)
            else:
                self._stand(wall_ns)
        return Due(records, self._reached_ns, is_end=self._tape.is_over, is_look=is_look)

    def _take(self, until_ns: int, limit: int) -> Stretch:
        records = self._tape.take(until_ns, limit)
        if records.count:
            self._reached_ns = int(records.order_ns[-1])
        return records

    def _reach(self, event_ns: int) -> None:
        if not self._tape.is_over:
            reached_ns = min(event_ns, self._tape.next_order_ns)
            self._reached_ns = max(reached_ns, self._reached_ns or 0)

    def _over_quiet(self, now_ns: int, wall_ns: int) -> int:
        next_ns = self._tape.next_order_ns
        if self._tape.is_over or next_ns - now_ns <= MAX_QUIET_NS:
            return now_ns
        self._clock.jump(next_ns, wall_ns)
        return next_ns

    def _keep_up(self, now_ns: int, wall_ns: int) -> None:
        latest_ns = self._tape.next_order_ns + round(MAX_BEHIND_WALL_NS * self._clock.speed)
        if now_ns > latest_ns:
            self._clock.jump(latest_ns, wall_ns)

    def _next_slice_ns(self, width_ns: int) -> int:
        return self._stand_ns() // SLICE_NS * SLICE_NS + width_ns

    def _stand_ns(self) -> int:
        return self._clock.begins_ns if self._reached_ns is None else self._reached_ns

    def _stand(self, wall_ns: int) -> None:
        # Where records say how late it is, or could not be written as fast as the clock went, it
        # is set to what was reached.
        is_led = self._move is not None or self._clock.is_flat_out
        self._move = None
        shown_ns = self._clock.event_ns(wall_ns)
        stands_ns = min(self._stand_ns() if is_led else shown_ns, self._tape.next_order_ns)
        if stands_ns != shown_ns:
            self._clock.jump(stands_ns, wall_ns)
        if not is_led:
            self._reach(stands_ns)

    def _step(self, move: _Move) -> None:
        if self.state != "paused":
            msg = f"step: the run is {self.state}, and only one that is paused can be stepped"
            raise MisconfiguredInfra(msg)
        move.is_step = True
        self._move = move


def _positive(n: int) -> int:
    if n < 1:
        msg = f"step by {n}, expected 1 or more"
        raise MisconfiguredInfra(msg)
    return n
