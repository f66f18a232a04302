"""One side's prints of the sliding window."""

from collections import deque

from flows.equities.dark.entry import Entry


class SideWindow:
    """Prints at the ask, or at the bid, in order of (ts, seq), with their exact sum."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.micro = 0

    def push(self, entry: Entry) -> None:
        """Take a print in; a late one goes where its time belongs."""
        entries = self.entries
        at = len(entries)
        while at and entries[at - 1] > entry:
            at -= 1
        entries.insert(at, entry)
        self.micro += entry[3]

    def expire(self, until_ns: int) -> None:
        """Let go of the prints not after an instant (ns UTC)."""
        entries = self.entries
        while entries and entries[0][0] <= until_ns:
            self.micro -= entries.popleft()[3]

    def remove(self, trace_id: str) -> None:
        """Take a cancelled print out, if it is there."""
        for entry in self.entries:
            if entry[5] == trace_id:
                self.entries.remove(entry)
                self.micro -= entry[3]
                return

    def load(self, entries: list[Entry]) -> None:
        """Go on from the prints of a state."""
        self.entries = deque(entries)
        self.micro = sum(entry[3] for entry in entries)

    def clear(self) -> None:
        """Forget everything: another trading date has begun."""
        self.entries.clear()
        self.micro = 0
