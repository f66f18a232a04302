"""One chain while it is read: what it names, in which order, and which part was asked for."""

import itertools
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import msgspec

from api.evidence.lookup import Key
from api.evidence.reach import named
from api.evidence.rows import Row


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far a chain is followed.

    Parameters
    ----------
    limit : int
        Records of a kind that are shown.
    depth : int
        Steps from the root.
    run : str
        Replay run; empty for live.
    database : str
        Of the run; empty for live.
    offsets : mapping
        Records of a kind that are passed over, by kind: a part shown before.
    """

    limit: int = 500
    depth: int = 6
    run: str = ""
    database: str = ""
    offsets: Mapping[str, int] = {}


class Traced:
    """
    What was found for one root.

    Attributes
    ----------
    root : tuple of str
        Kind and id.
    rows : dict
        Records by kind and id, as read for all roots.
    seen : dict
        Ids that are named in the chain, by kind, in the order they were met.
    cited_by : dict
        What named a record first.
    used_by : list
        Bodies of rows.
    outcomes : list of dict
        Of an alert.
    sources : set of str
        `hot` and `store`, as records came from.
    reasons : dict
        Why a record is missing.
    """

    def __init__(self, root: Key, ask: Ask, rows: dict[Key, Row]) -> None:
        self.root = root
        self.ask = ask
        self.rows = rows
        self.seen: dict[str, dict[str, None]] = {}
        self.cited_by: dict[Key, Key] = {}
        self.used_by: list[list[Any]] = []
        self.outcomes: list[dict[str, Any]] = []
        self.sources: set[str] = set()
        self.reasons: dict[Key, str] = {}
        self._expanded: set[Key] = set()
        self._closed: set[Key] = set()
        self.note(root, None)

    def note(self, key: Key, citing: Key | None) -> None:
        """Take a key into the chain."""
        ids = self.seen.setdefault(key[0], {})
        if key[1] in ids:
            return
        ids[key[1]] = None
        if citing is not None:
            self.cited_by[key] = citing
            # An earlier hit that a hit refers to stands in the chain, what it rests on does not.
            if key[0] == citing[0] == "classifier_hit" or citing in self._closed:
                self._closed.add(key)

    def part(self, kind: str) -> Sequence[str]:
        """Return the ids of a kind in the part that was asked for."""
        begin = self.ask.offsets.get(kind, 0)
        return list(itertools.islice(self.seen.get(kind, {}), begin, begin + self.ask.limit))

    def is_closed(self, key: Key) -> bool:
        """Return whether a record stands in the chain without what it rests on."""
        return key in self._closed

    def expand(self) -> None:
        """Take in what the records found since name."""
        for kind in list(self.seen):
            part = [(kind, name) for name in self.part(kind)]
            # The root is shown whatever part of its kind is.
            for key in [self.root, *part] if kind == self.root[0] else part:
                row = self.rows.get(key)
                if row is None or key in self._expanded:
                    continue
                self._expanded.add(key)
                if key in self._closed:
                    continue
                for each in named(kind, row):
                    self.note(each, key)

    def every(self) -> Iterator[Key]:
        """Yield the keys of the part that was asked for."""
        yield self.root
        for kind in self.seen:
            for name in self.part(kind):
                if (kind, name) != self.root:
                    yield kind, name
