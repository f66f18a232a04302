"""Speed of the whole equities flow on a real day: log → engine → log → ClickHouse.

`python -m benchmarks.equities_flow [--files FILE …] [--workers N] [--batch N]` publishes vendor
files (LEAN ticks of BAC, 2013-10-08, by default; read in place from ../shared/data), then runs the
flows until every record is in its table, and prints one JSON object: events (prints and quotes of
the log) a second from the start of the flows to the last insert, the same for the equities flow
alone, the rows of the files a second beside it (two rows of a LEAN quote file are one quote of the
log), and CPU seconds and peak memory per stage.
"""

import threading
import time
from pathlib import Path
from typing import Any
from typing import Final

from benchmarks.report import DEFAULT
from benchmarks.report import described
from benchmarks.report import has_files
from benchmarks.report import print_answer
from benchmarks.stack import own_stack
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import drain
from infra.pipeline.feed import FileRequest
from infra.pipeline.feed import Publishing
from infra.pipeline.feed import publish_files
from infra.pipeline.prepare import prepare
from infra.pipeline.report import report
from infra.pipeline.usage import Usage
from infra.settings import load_settings

EVENTS: Final = ("equities.prints", "equities.quotes")


def measure(files: list[Path], workers: int, batch: int) -> dict[str, Any]:
    """Return what one run over published files took."""
    settings = load_settings()
    with own_stack() as (stack, folder):
        addresses = stack.addresses
        wire = prepare(settings.services, addresses)
        began = time.monotonic()
        feeds = FileRequest(files=files).open()
        published = publish_files(
            feeds,
            0.0,
            Publishing(addresses, wire, folder, settings.feed, threading.Event()),
            None,
        )
        publish_s = time.monotonic() - began
        services = [stack.pid] if stack.pid is not None else []
        before = Usage()
        before.sample("services", services)
        request = DrainRequest(
            addresses=addresses,
            data_dir=folder,
            workers=workers,
            batch_records=batch,
            changes={"EQUITIES_INGEST_ADAPTER": "file"},
        )

        result = drain(request)
        result.usage.sample("services", services)
        found = report(settings.services, addresses, digest=False)
    rows = sum(feed.summary.rows for feed in feeds)
    events = sum(published.by_topic.get(topic, 0) for topic in EVENTS)
    cpu = result.usage.cpu_by_stage()
    cpu["services"] -= before.cpu_by_stage()["services"]
    return {
        "events": {topic: published.by_topic.get(topic, 0) for topic in EVENTS},
        "file_rows": rows,
        "events_per_s": round(events / result.elapsed_s),
        "flow_events_per_s": round(events / result.ended_s["equities"]),
        "file_rows_per_s": round(rows / result.elapsed_s),
        "elapsed_s": round(result.elapsed_s, 2),
        "publish_s": round(publish_s, 2),
        "tables": {table: rows for table, rows in found.tables.items() if rows},
        "dead_letters": found.dead_letters,
        "cpu_s": {stage: round(seconds, 2) for stage, seconds in cpu.items()},
        "cpu_us_per_event": round(sum(cpu.values()) / events * 1e6, 1),
        "peak_mib": {k: round(v) for k, v in result.usage.peak_mib_by_stage().items()},
    }


def main() -> None:
    """Run it and print what came out."""
    parser = described(__doc__)
    parser.add_argument("--files", type=Path, nargs="+", default=list(DEFAULT))
    parser.add_argument("--workers", type=int, default=1, help="processes of the equities flow")
    parser.add_argument("--batch", type=int, default=1000, help="most records of a batch")
    options = parser.parse_args()
    if not has_files("equities_flow", options.files):
        return
    answer = {
        "files": [path.name for path in options.files],
        "workers": options.workers,
        **measure(options.files, options.workers, options.batch),
    }
    print_answer("equities_flow", answer)


if __name__ == "__main__":
    main()
