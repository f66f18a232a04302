"""How long a record takes from the exchange to the screen, stage by stage."""

import threading
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

STAGES: Final = (
    "source→ingest",
    "ingest→raw append",
    "raw→derived append",
    "append→frame",
    "frame→receive",
    "receive→paint",
)
SPANS_S: Final[Mapping[str, float]] = {"1m": 60.0, "5m": 300.0}
SESSION: Final = "session"
_PERCENTS: Final = (50, 95, 99)
_SLOT_S: Final = 10.0
_FIRST_MS: Final = 0.1
_RATIO: Final = 1.1  # of one step to the next: percentiles are right to 5 %
_STEPS: Final = 200  # up to about five hours
_LOG_RATIO: Final = float(np.log(_RATIO))

# By span, by percentile (`p50`), ms; null for a span without a measurement.
Percentiles = dict[str, dict[str, float | None]]


class _Stage:
    """Counts by duration: one row for the session, and rows of ten seconds for the spans."""

    def __init__(self) -> None:
        self.session = np.zeros(_STEPS, dtype=np.int64)
        self.slots: dict[int, NDArray[np.int64]] = {}

    def add(self, durations_ms: NDArray[np.float64], slot: int) -> None:
        steps = np.log(np.maximum(durations_ms, _FIRST_MS) / _FIRST_MS) / _LOG_RATIO
        counts = np.bincount(np.minimum(steps.astype(np.int64), _STEPS - 1), minlength=_STEPS)
        self.session += counts
        if slot in self.slots:
            self.slots[slot] += counts
        else:
            self.slots[slot] = counts
            oldest = slot - int(max(SPANS_S.values()) / _SLOT_S)
            for each in [each for each in self.slots if each < oldest]:
                del self.slots[each]

    def counts(self, span_s: float | None, slot: int) -> NDArray[np.int64]:
        if span_s is None:
            return self.session
        first = slot - int(span_s / _SLOT_S)
        total = np.zeros(_STEPS, dtype=np.int64)
        for at, counts in self.slots.items():
            if at > first:
                total += counts
        return total


class Latency:
    """
    Percentiles of each stage over one minute, five minutes and the session; thread-safe.

    Durations are sorted into steps of ten per cent, so that a session takes no more room than a
    second. Negative ones, of clocks that disagree, count as the shortest.

    Notes
    -----
    Source: gateway specification, 8.7 and 10.
    """

    def __init__(self) -> None:
        self._stages = {name: _Stage() for name in STAGES}
        self._lock = threading.Lock()

    def add(self, stage: str, durations_ms: Iterable[float], now_s: float) -> None:
        """
        Count durations of a stage.

        Parameters
        ----------
        stage : str
            One of `STAGES`.
        durations_ms : iterable of float
            What was measured.
        now_s : float
            Time of a clock that only goes forward.
        """
        values = np.fromiter(durations_ms, dtype=np.float64)
        values = values[np.isfinite(values)]
        if values.size:
            with self._lock:
                self._stages[stage].add(values, int(now_s / _SLOT_S))

    def snapshot(self, now_s: float) -> dict[str, Percentiles]:
        """Return by stage and span (`1m`, `5m`, `session`) the p50, p95 and p99 in ms."""
        slot = int(now_s / _SLOT_S)
        spans: dict[str, float | None] = {**SPANS_S, SESSION: None}
        with self._lock:
            return {
                name: {
                    span: _percentiles(stage.counts(span_s, slot)) for span, span_s in spans.items()
                }
                for name, stage in self._stages.items()
            }

    def new_session(self) -> None:
        """Begin the session's counts anew."""
        with self._lock:
            for stage in self._stages.values():
                stage.session[:] = 0


def _percentiles(counts: NDArray[np.int64]) -> dict[str, float | None]:
    total = int(counts.sum())
    if not total:
        return {f"p{percent}": None for percent in _PERCENTS}
    sums = np.cumsum(counts)
    found: dict[str, float | None] = {}
    for percent in _PERCENTS:
        step = int(np.searchsorted(sums, total * percent / 100))
        found[f"p{percent}"] = round(_FIRST_MS * _RATIO ** (step + 0.5), 3)
    return found
