"""What may explain a difference between two sides, or limits what was compared, in words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from infra.replay.comparison.horizon import Reaches
from infra.replay.comparison.sides import DiffSide
from infra.replay.manifest import ENDED

_EASTERN: Final = ZoneInfo("America/New_York")


def notes_of_side(side: DiffSide) -> list[str]:
    """Say what is special about a side: it is not over, has other thresholds, began later."""
    manifest = side.manifest
    if manifest is None:
        gone = f"{side.name}: its folder is gone, so it is taken to cover everything"
        return [gone] if side.namespace else []
    notes = []
    if manifest.state not in ENDED:
        notes.append(f"{side.name} is {manifest.state}: it is not over")
    elif manifest.state != "finished":
        notes.append(f"{side.name} {manifest.state} before its end")
    if manifest.request.changes:
        changes = ", ".join(f"{name}={value}" for name, value in manifest.request.changes.items())
        notes.append(f"{side.name} ran with {changes}")
    if manifest.request.from_ns:
        first = datetime.fromtimestamp(manifest.request.first_ns // 10**9, _EASTERN)
        notes.append(
            f"{side.name} read from {first:%Y-%m-%d %H:%M:%S} ET: what is summed up since the "
            "session began, and baselines, began there"
        )
    return notes


def notes_of_reach(sides: tuple[DiffSide, DiffSide], reaches: Reaches) -> list[str]:
    """Say which flows have not read all of their input."""
    return [
        f"{side.name}: the {name} flow has not read {reach.unread:,} records of its input; what "
        "comes of them is beyond the end"
        for name, pair in reaches.items()
        for side, reach in zip(sides, pair, strict=True)
        if reach.unread
    ]


def notes_of_log(flows: Iterable[str]) -> list[str]:
    """Say of which flows the log no longer holds the raw records."""
    return [
        f"the log holds no raw records for some of what the {name} flow derived: there everything "
        "is compared, the end included"
        for name in sorted(flows)
    ]


def notes_of_left_out(settled: int, tide: int) -> list[str]:
    """Say how many records were left out: settlements of alerts, and sums over everything."""
    notes = []
    if settled:
        notes.append(
            f"left out: {settled:,} revisions of alerts with a settlement, which no flow writes"
        )
    if tide:
        notes.append(
            f"left out: {tide:,} records of net premium over all underlyings, of which only some "
            "are compared"
        )
    return notes
