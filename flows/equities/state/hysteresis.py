"""The state machine of preset `hysteresis-1`."""

import msgspec

from flows.common.calendar import NS_PER_S
from flows.equities.state.config import SHARE_E4
from flows.equities.state.config import StateConfig
from flows.equities.state.names import BALANCE
from flows.equities.state.names import DOWN
from flows.equities.state.names import UNKNOWN
from flows.equities.state.names import UP
from flows.equities.state.votes import Tally


class Held(msgspec.Struct):
    """
    The state in force.

    Parameters
    ----------
    state : str | None
        Null before the first evaluation of a session.
    since_ns : int
        Boundary at which it began, ns UTC.
    previous : str | None
        The state before it in this session; null for the first.
    """

    state: str | None = None
    since_ns: int = 0
    previous: str | None = None

    def go(self, state: str, at_ns: int) -> None:
        """Hold a state from an instant (ns UTC) on; nothing happens when it is held already."""
        if state != self.state:
            self.previous, self.state, self.since_ns = self.state, state, at_ns


class Runs(msgspec.Struct):
    """
    How many evaluations in a row said the same, up to the last one.

    Parameters
    ----------
    at_ns : int
        The last evaluation, ns UTC.
    up, down : int
        Score far enough to enter an imbalance.
    not_up, not_down : int
        Score weak enough to leave it.
    """

    at_ns: int = 0
    up: int = 0
    down: int = 0
    not_up: int = 0
    not_down: int = 0


class Hysteresis:
    """
    Turn votes into a state that does not flicker.

    A session begins in `BALANCE`, or in `UNKNOWN` while too little is known; this first state owes
    no minimum time. An imbalance is entered and left by several evaluations in a row; an
    evaluation that is missing, or that knows too little, breaks the row. `UNKNOWN` is a matter of
    what is known and begins at once; from it the way leads through `BALANCE`.

    Parameters
    ----------
    config : StateConfig
        Thresholds.

    Notes
    -----
    Scores are compared as integers: a score of exactly 0.50 enters. Source: equities
    specification, 12.
    """

    def __init__(self, config: StateConfig) -> None:
        self._config = config
        self._enter_e4 = round(config.enter_score * SHARE_E4)
        self._leave_e4 = round(config.leave_score * SHARE_E4)
        self._coverage_e4 = round(config.coverage_min * SHARE_E4)
        self.held = Held()
        self._runs = Runs()

    def step(self, at_ns: int, tally: Tally) -> None:
        """Take the votes of an evaluation at a boundary (ns UTC)."""
        held = self.held
        if tally.coverage_e4 < self._coverage_e4 or not tally.coverage_e4:
            self._runs = Runs(at_ns)
            held.go(UNKNOWN, at_ns)
            return
        self._extend(at_ns, tally)
        if held.state is None:
            held.go(BALANCE, at_ns)
        elif held.previous is None or at_ns - held.since_ns >= self._config.hold_s * NS_PER_S:
            held.go(self._wanted(held.state), at_ns)

    def _extend(self, at_ns: int, tally: Tally) -> None:
        runs = self._runs
        if at_ns - runs.at_ns != self._config.cadence_ns:
            runs = self._runs = Runs()
        score = tally.sum_e4 * SHARE_E4
        enter = self._enter_e4 * tally.coverage_e4
        leave = self._leave_e4 * tally.coverage_e4
        runs.at_ns = at_ns
        runs.up = runs.up + 1 if score >= enter else 0
        runs.down = runs.down + 1 if score <= -enter else 0
        runs.not_up = runs.not_up + 1 if score <= leave else 0
        runs.not_down = runs.not_down + 1 if score >= -leave else 0

    def _wanted(self, state: str) -> str:
        runs, config = self._runs, self._config
        if state == UNKNOWN:
            return BALANCE
        if state == UP:
            return BALANCE if runs.not_up >= config.leave_evaluations else UP
        if state == DOWN:
            return BALANCE if runs.not_down >= config.leave_evaluations else DOWN
        if runs.up >= config.enter_evaluations:
            return UP
        return DOWN if runs.down >= config.enter_evaluations else BALANCE

    def confidence(self, tally: Tally) -> int:
        """
        Return 0 to 100: how much is known and how much of it agrees with the state.

        coverage × score in its direction in an imbalance (0 once the score points the other way),
        coverage × (1 - |score|) in balance, 0 when unknown.
        """
        state = self.held.state
        if state == UP:
            agreeing_e4 = max(0, tally.sum_e4)
        elif state == DOWN:
            agreeing_e4 = max(0, -tally.sum_e4)
        elif state == BALANCE:
            agreeing_e4 = tally.coverage_e4 - abs(tally.sum_e4)
        else:
            agreeing_e4 = 0
        return round(agreeing_e4 / 100)

    def state(self) -> tuple[Held, Runs]:
        """Return the machine as plain data."""
        return self.held, self._runs

    def load(self, state: tuple[Held, Runs]) -> None:
        """Take over a state."""
        self.held, self._runs = state
