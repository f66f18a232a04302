"""One look at each dependency, by gateway specification 10."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from typing import Literal

import httpx
import msgspec
from redis.asyncio import Redis

from api.log_probe import Newest
from api.store import query_text
from schemas.catalog import topics

CheckStatus = Literal["ok", "quiet", "degraded", "down", "unknown"]

NS_PER_S: Final = 1_000_000_000
PROBE_KEY: Final = "health:gateway"
PROBE_LIFE_S: Final = 60
# Slower than this is degraded, no answer at all in the time the client waits is down.
SLOW_MS: Final = {"kafka": 1000.0, "registry": 1000.0, "clickhouse": 500.0, "redis": 1000.0}
ANSWER_S: Final = 3.0
PERSIST_LAG_S: Final = 30.0
QUIET_S: Final = 60.0
MIN_FREE: Final = 0.05
# Everything that is stored passes through these first.
STORED: Final = ("options.prints", "options.tape", "equities.prints")
SYNTHETIC: Final = "synthetic"


class Found(msgspec.Struct, frozen=True):
    """What a look found, and how to say it."""

    status: CheckStatus
    detail: str


class Lag(msgspec.Struct, frozen=True):
    """
    How far something is behind the log.

    Parameters
    ----------
    name : str
        Topic.
    lag_s : float
        Event time from the newest there to the newest of the log.
    """

    name: str
    lag_s: float


async def check_registry(client: httpx.AsyncClient, url: str, schema_id: int | None) -> Found:
    """Fetch the schema of the newest record; any answer will do while there is none."""
    path = "subjects" if schema_id is None else f"schemas/ids/{schema_id}"
    response = await client.get(f"{url.rstrip('/')}/{path}")
    if response.status_code != httpx.codes.OK:
        return Found("down", f"answers {response.status_code} for {path}")
    return Found("ok", "answers" if schema_id is None else f"gives schema {schema_id}")


async def check_clickhouse(client: httpx.AsyncClient, url: str) -> Found:
    """Ask for 1."""
    response = await client.post(url, content=b"SELECT 1")
    if response.status_code != httpx.codes.OK or response.content.strip() != b"1":
        return Found("down", f"answers {response.status_code} for SELECT 1")
    return Found("ok", "answers")


async def stored_watermark(
    client: httpx.AsyncClient, url: str, database: str, topic: str
) -> int | None:
    """Return the newest event time stored of a topic, ns UTC; null when there is none to see."""
    query = {"database": database, "param_table": topics()[topic].table, "readonly": "2"}
    text = query_text("stored_watermark") + "FORMAT TabSeparated"
    response = await client.post(url, params=query, content=text.encode())
    if response.status_code != httpx.codes.OK:
        return None
    return int(response.content.strip() or b"0") or None


def persist_found(lags: Mapping[str, float | None], behind: int) -> Found:
    """
    Judge what is stored by topic: lag in seconds of event time, null when nothing is stored.

    Parameters
    ----------
    lags : mapping
        By topic of the log that has records.
    behind : int
        Records `persist` has not read.
    """
    if not lags:
        return Found("ok", "answers; the log holds nothing to be stored")
    if behind == 0:
        return Found("ok", "answers; everything of the log is stored")
    worst = max(lags, key=lambda name: _seconds(lags[name]))
    lag_s = lags[worst]
    left = f"{behind:,} records to store"
    if lag_s is None:
        return Found("degraded", f"nothing of {worst} is stored; {left}")
    status: CheckStatus = "degraded" if lag_s > PERSIST_LAG_S else "ok"
    return Found(status, f"{worst} is stored up to {lag_s:.1f} s before the log's newest; {left}")


def _seconds(lag_s: float | None) -> float:
    return float("inf") if lag_s is None else lag_s


async def check_redis(redis: "Redis") -> Found:
    """Write, read and delete a key."""
    async with asyncio.timeout(ANSWER_S):
        await redis.set(PROBE_KEY, "1", ex=PROBE_LIFE_S)
        kept = await redis.get(PROBE_KEY)
        await redis.delete(PROBE_KEY)
    if kept not in {b"1", "1"}:
        return Found("degraded", f"gives {kept!r} for a key that was set to 1")
    return Found("ok", "keeps what is written")


def check_disk(folder: Path) -> Found:
    """Look at the space left where the data is."""
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    status: CheckStatus = "ok" if free > MIN_FREE else "degraded"
    return Found(status, f"{free:.0%} of {usage.total / 1e9:,.0f} GB free at {folder}")


def check_assets(folder: Path) -> Found:
    """Look whether the terminal was built."""
    if (folder / "index.html").is_file():
        return Found("ok", "the terminal is built")
    return Found("degraded", f"no terminal in {folder}; build it: make ui")


def feeds_found(sources: Mapping[tuple[str, str], Newest], now_ns: int) -> dict[str, Found]:
    """
    Judge the feeds by what each published last.

    Parameters
    ----------
    sources : mapping
        Newest record by raw topic and source.
    now_ns : int
        Wall time, ns UTC.

    Returns
    -------
    dict of str to Found
        By source. A feed that has not published for a minute is quiet: markets close, files end.
    """
    ages: dict[str, dict[str, float]] = {}
    for (topic, source), newest in sorted(sources.items()):
        ages.setdefault(source, {})[topic] = max(0.0, (now_ns - newest.ingest_ts) / NS_PER_S)
    found = {}
    for source, by_topic in ages.items():
        told = ", ".join(f"{topic} {_ago(age_s)}" for topic, age_s in by_topic.items())
        kind = "not a market, made here: " if source == SYNTHETIC else ""
        is_quiet = min(by_topic.values()) > QUIET_S
        found[source] = Found("quiet" if is_quiet else "ok", f"{kind}{told}")
    return found


def _ago(age_s: float) -> str:
    if age_s < QUIET_S:
        return f"{age_s:.1f} s ago"
    minutes = age_s / 60
    return f"{minutes:,.0f} min ago" if minutes < 120 else f"{minutes / 60:,.0f} h ago"
