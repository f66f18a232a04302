"""The day's loss ledger: what was rejected, dropped, late, cut off or thrown away."""

import asyncio
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

from prometheus_client import Counter

from api.metrics import DUPLICATES
from api.metrics import WS_DISCONNECTS
from api.ops_models import Loss
from api.services import Services
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.dlq import dead_letter_topic

NS_PER_MS: Final = 1_000_000
_ZONE: Final = ZoneInfo("America/New_York")


def midnight_ns(now_ns: int) -> int:
    """Return the last midnight in New York, ns UTC."""
    now = datetime.fromtimestamp(now_ns // 10**9, _ZONE)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.timestamp()) * 10**9


async def losses_since(parts: Services, since_ns: int) -> list[Loss]:
    """Return every loss since an instant (ns UTC); the largest count first within its kind."""
    kafka, ends = parts.addresses.kafka, parts.health.ends
    with_letters = [name for name in sorted(ends) if ends.get(dead_letter_topic(name))]
    letters = await asyncio.to_thread(
        lambda: [_letters(kafka, name, since_ns) for name in with_letters]
    )
    rows = await parts.store.rows("late_records", {"since": since_ns})
    late = [
        Loss(
            kind="late",
            where=row["topic"],
            count=row["records"],
            from_ts=str(row["first"]),
            to_ts=str(row["last"]),
        )
        for row in rows
        if row["records"]
    ]
    found = [each for each in letters if each.count] + late
    found += ledger_losses(parts.hub.losses(), since_ns) + counted_losses()
    return sorted(found, key=lambda each: (each.kind, -each.count, each.where))


def _letters(kafka: str, topic: str, since_ns: int) -> Loss:
    start = Start("time", since_ns // NS_PER_MS)
    stamps = [each.timestamp_ms for each in read_log(kafka, dead_letter_topic(topic), start)]
    return Loss(
        kind="dead_letters",
        where=topic,
        count=len(stamps),
        from_ts=str(min(stamps) * NS_PER_MS) if stamps else None,
        to_ts=str(max(stamps) * NS_PER_MS) if stamps else None,
    )


def ledger_losses(entries: Iterable[Mapping[str, Any]], since_ns: int) -> list[Loss]:
    """
    Return what the hub has written down since an instant, added up by kind and channel.

    Parameters
    ----------
    entries : iterable of mapping
        `kind`, `channel`, `count` (null when nobody knows), `at_ns`; see `Hub.losses`.
    since_ns : int
        ns UTC.
    """
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for each in entries:
        at_ns = int(each["at_ns"])
        if at_ns >= since_ns:
            count = 1 if each["count"] is None else int(each["count"])
            found.setdefault((each["kind"], each["channel"]), []).append((at_ns, count))
    return [
        Loss.model_validate(
            {
                "kind": kind,
                "where": channel,
                "count": sum(count for _, count in losses),
                "from_ts": str(min(losses)[0]),
                "to_ts": str(max(losses)[0]),
            }
        )
        for (kind, channel), losses in found.items()
    ]


def counted_losses() -> list[Loss]:
    """Return what only has a counter; it counts since the gateway's start."""
    duplicates = [
        Loss(kind="duplicates_removed", where=where, count=count, from_ts=None, to_ts=None)
        for where, count in _counts(DUPLICATES, "channel")
    ]
    disconnects = [
        Loss(kind="disconnect", where=where, count=count, from_ts=None, to_ts=None)
        for where, count in _counts(WS_DISCONNECTS, "code")
    ]
    return duplicates + disconnects


def _counts(counter: Counter, label: str) -> list[tuple[str, int]]:
    return [
        (sample.labels[label], int(sample.value))
        for family in counter.collect()
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    ]
