"""The equities engine alone, on one core: no log, no codecs, no tables.

`python -m benchmarks.equities_engine [--files FILE …] [--symbols N]` reads vendor files (LEAN ticks
of BAC, 2013-10-08, by default; in place from ../shared/data) and prints one JSON object: events a
second through every stage, records by type, the size of a snapshot, and the resident memory of the
process at each hour of event time. With `--symbols` the prints and quotes are dealt out in turn to
so many underlyings, all of which are then busy all day.
"""

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import Final

import msgspec

from benchmarks.report import DEFAULT
from benchmarks.report import described
from benchmarks.report import has_files
from benchmarks.report import print_answer
from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from flows.common.eastern import eastern_time
from flows.equities.config import EquitiesConfig
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from flows.equities.engine import QuoteEvent
from infra.flow_setup import calm_collector
from schemas.records import EquityPrint
from schemas.records import EquityQuote

BATCH: Final = 1000
NS_PER_HOUR: Final = 3_600_000_000_000


def events(files: list[Path], symbols: int) -> Iterator[Event]:
    """Yield what the files hold, dealt out to underlyings in turn."""
    turn: Counter[type] = Counter()
    for item in merge_feeds(open_feeds(files)):
        if not isinstance(item, Accepted):
            continue
        record = item.record
        turn[type(record)] += 1
        if not isinstance(record, EquityPrint | EquityQuote):
            continue
        if symbols > 1:
            name = f"S{turn[type(record)] % symbols:03d}"
            record = msgspec.structs.replace(record, underlying_id=name)
        if isinstance(record, EquityQuote):
            yield QuoteEvent(record.source_ts, record.underlying_id, record)
        else:
            yield record


def resident_mib() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def as_quote(payload: EquityQuote) -> EquityQuote:
    """Return a quote as the quote it is."""
    return payload


def measure(files: list[Path], symbols: int) -> dict[str, Any]:
    """Return what one run of the engine took."""
    engine = EquitiesEngine(EquitiesConfig(), as_quote)
    made: Counter[str] = Counter()
    memory: dict[str, float] = {}
    busy_s, count, hour = 0.0, 0, 0
    batch: list[Event] = []
    source = events(files, symbols)
    calm_collector()
    while True:
        batch = [event for _, event in zip(range(BATCH), source, strict=False)]
        if not batch:
            break
        began = time.perf_counter()
        out = engine.process(batch)
        busy_s += time.perf_counter() - began
        count += len(batch)
        made.update(type(record).__name__ for record in out)
        at_ns = batch[-1].source_ts
        if at_ns // NS_PER_HOUR != hour:
            hour = at_ns // NS_PER_HOUR
            gc.collect()
            memory[eastern_time(at_ns)[:5]] = round(resident_mib(), 1)
    began = time.perf_counter()
    made.update(type(record).__name__ for record in engine.finish())
    finish_s = time.perf_counter() - began
    began = time.perf_counter()
    size = len(engine.snapshot())
    return {
        "symbols": symbols,
        "events": count,
        "events_per_s": round(count / busy_s),
        "us_per_event": round(busy_s / count * 1e6, 2),
        "finish_s": round(finish_s, 3),
        "records": dict(sorted(made.items())),
        "snapshot_mib": round(size / 2**20, 2),
        "snapshot_s": round(time.perf_counter() - began, 3),
        "resident_mib": memory,
        "counters": dict(engine.counters),
    }


def main() -> None:
    """Run it and print what came out."""
    parser = described(__doc__)
    parser.add_argument("--files", type=Path, nargs="+", default=list(DEFAULT))
    parser.add_argument("--symbols", type=int, nargs="+", default=[1, 500])
    options = parser.parse_args()
    if not has_files("equities_engine", options.files):
        return
    answer = {
        "files": [path.name for path in options.files],
        "rows": [measure(options.files, symbols) for symbols in options.symbols],
    }
    print_answer("equities_engine", answer, versions=())


if __name__ == "__main__":
    main()
