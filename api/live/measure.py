"""Durations of stages, from the stamps of records; gateway specification, 8.7."""

from collections.abc import Callable
from collections.abc import Sequence
from itertools import islice
from typing import Final

from api.live.feed import Feed
from api.live.latency import Latency
from api.live.ring import Held
from api.metrics import APPEND_TO_FRAME_SECONDS

RAW_STREAMS: Final = frozenset({"nbbo", "equities", "equity-quotes"})
JOINS: Final = "equity-joins"
SAMPLE: Final = 32
NS_PER_MS: Final = 1e6
# What a feed of recorded or made-up prints says of the venue's stamp means nothing.
_NOT_LIVE: Final = ("synthetic", "file-", "databento")


def measure_news(
    latency: Latency,
    feed: Feed,
    news: Sequence[Held],
    raw_append_ms: Callable[[str], float],
    now_s: float,
) -> None:
    """
    Count the stages before the gateway, from a sample of new records.

    Parameters
    ----------
    latency : Latency
        Where.
    feed : Feed
        Their topic.
    news : sequence of Held
        The records.
    raw_append_ms : callable
        Print id → when the log got the print, epoch ms; 0 when unknown.
    now_s : float
        Time of a clock that only goes forward.
    """
    if feed.stream.name == JOINS:
        pairs = [
            (held.append_ms, raw)
            for held in islice(news, SAMPLE)
            if held.append_ms and (raw := raw_append_ms(held.record.print_trace_id))
        ]
        latency.add("raw→derived append", [derived - raw for derived, raw in pairs], now_s)
    if feed.stream.name not in RAW_STREAMS:
        return
    sample = news[:SAMPLE]
    latency.add(
        "ingest→raw append",
        [held.append_ms - held.record.ingest_ts / NS_PER_MS for held in sample if held.append_ms],
        now_s,
    )
    latency.add(
        "source→ingest",
        [
            (held.record.ingest_ts - held.order[0]) / NS_PER_MS
            for held in sample
            if not held.record.source.startswith(_NOT_LIVE)
        ],
        now_s,
    )


def measure_frames(
    latency: Latency, feed: Feed, pending: Sequence[Held], frame_ms: float, now_s: float
) -> None:
    """Count how long records took from the log to their frame."""
    waits = [frame_ms - held.append_ms for held in pending if held.append_ms]
    if waits:
        latency.add("append→frame", waits, now_s)
        APPEND_TO_FRAME_SECONDS.labels(feed.stream.name).observe(max(waits) / 1000)
