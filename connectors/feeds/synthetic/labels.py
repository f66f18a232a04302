"""What the synthetic market knows about its own activity; never part of any topic."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec


class Label(msgspec.Struct, frozen=True):
    """
    Activity of one scenario in the log.

    Parameters
    ----------
    label_id, scenario_id, family : str
        Which.
    print_trace_ids : tuple of str
        Its prints, in the order of the log.
    profile_id : str | None
        The profile that should be named; null where none is demanded or abstention is.
    direction : str
        `bullish`, `bearish`, `neutral`, `mixed`, or `unknown` where none is demanded.
    probability_range : tuple of float | None
        Bounds of the best profile's probability; null for none.
    classifiers : tuple of str
        Those that must fire, at once or later.
    """

    label_id: str
    scenario_id: str
    family: str
    print_trace_ids: tuple[str, ...]
    profile_id: str | None
    direction: str
    probability_range: tuple[float, float] | None
    classifiers: tuple[str, ...]


class Expectation(msgspec.Struct, frozen=True):
    """
    What a scenario should come out as (options flow specification, 12).

    Parameters
    ----------
    profile_id : str | None
        Primary profile; null where none is demanded.
    direction : str
        Of the primary profile; `unknown` where none is demanded or each run decides (then the
        label has it).
    probability_range : tuple of float | None
        Bounds of the best probability.
    must_fire, later : tuple of str
        Classifiers that fire on the packets, and those that follow up.
    abstains, may_abstain : bool
        No profile may be named; naming none is as good.
    no_alert, no_hits : bool
        Nothing of the kind may appear.
    alert_state : str | None
        State in which its alerts end.
    """

    profile_id: str | None
    direction: str
    probability_range: tuple[float, float] | None
    must_fire: tuple[str, ...]
    later: tuple[str, ...] = ()
    abstains: bool = False
    may_abstain: bool = False
    no_alert: bool = False
    no_hits: bool = False
    alert_state: str | None = None


class LabelBook:
    """
    Gather the ids of labelled prints until each label has all of them.

    Parameters
    ----------
    deliver : Callable
        Gets each complete label, in the order of the last prints.
    """

    def __init__(self, deliver: Callable[[Label], None]) -> None:
        self._deliver = deliver
        self._open: dict[str, tuple[Label, int, list[str]]] = {}

    def begin(self, label: Label, prints: int) -> None:
        """
        Expect prints of a label.

        Parameters
        ----------
        label : Label
            Without prints so far.
        prints : int
            How many there will be.
        """
        self._open[label.label_id] = (label, prints, [])

    def add(self, label_id: str, print_trace_id: str) -> None:
        """Note a print of a label."""
        label, wanted, found = self._open[label_id]
        found.append(print_trace_id)
        if len(found) == wanted:
            del self._open[label_id]
            self._deliver(msgspec.structs.replace(label, print_trace_ids=tuple(found)))


class LabelFile:
    """
    Write labels as JSON lines.

    A session's labels are a function of its configuration: the file is written anew at each
    start, line by line, and comes out the same. Delivery: flushed with each label.

    Parameters
    ----------
    path : Path
        `labels.jsonl`; its folder is created.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, label: Label) -> None:
        """Append a label."""
        self._file.write(self._encoder.encode(label) + b"\n")
        self._file.flush()
