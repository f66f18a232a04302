"""What the engine counts, by name."""

from typing import Any
from typing import Final

from flows.options.enrichment import JoinedPrint
from schemas.records import OptionsTape

KNOWN_VENUES: Final = frozenset("ABCDEHIJMNOPQSTUWXZ")


class EngineCounts:
    """Counts since the start; they survive a restore."""

    __slots__ = ("_counts", "_iv_statuses", "_placements")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._placements: dict[str, int] = {}
        self._iv_statuses: dict[str, int] = {}

    def count(self, name: str) -> None:
        """Count one of something."""
        try:
            self._counts[name] += 1
        except KeyError:
            self._counts[name] = 1

    def row(self, row: OptionsTape) -> None:
        """Count a tape row by its placement and the state of its volatility."""
        # A handful of keys, met on the first rows: an increment is cheaper than a look before it.
        try:
            self._placements[row.nbbo_side] += 1
        except KeyError:
            self._placements[row.nbbo_side] = 1
        try:
            self._iv_statuses[row.iv_status] += 1
        except KeyError:
            self._iv_statuses[row.iv_status] = 1

    def arrival(self, joined: JoinedPrint) -> None:
        """Count a print, and what is unusual about it."""
        self.count("prints")
        facts = joined.facts
        venue = joined.record.exchange
        if not (joined.is_late or facts.caveats or facts.code == "u" or venue not in KNOWN_VENUES):
            return
        if joined.is_late:
            self.count("late_arrivals")
        if facts.caveats and "unknown_condition" in facts.caveats:
            self.count(f"unknown_condition:{facts.code}")
        if facts.code == "u":
            self.count("compression_prints")
        if venue and venue not in KNOWN_VENUES:
            self.count(f"unknown_venue:{venue}")

    def as_dict(self) -> dict[str, int]:
        """Return every count by name."""
        return {
            **self._counts,
            **{f"placement:{side}": n for side, n in self._placements.items()},
            **{f"iv_status:{status}": n for status, n in self._iv_statuses.items()},
        }

    def state(self) -> list[object]:
        """Return plain data from which `load` builds equal counts."""
        return [
            list(counts.items()) for counts in (self._counts, self._placements, self._iv_statuses)
        ]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Replace the counts by what `state` returned."""
        counts, placements, statuses = state
        self._counts = dict(counts)
        self._placements = dict(placements)
        self._iv_statuses = dict(statuses)
