"""Speed of the tape: the raw records of a real day, out of the log and out of ClickHouse.

`python -m benchmarks.tape [--files FILE …] [--limit N] [--window N]` publishes vendor files (LEAN
ticks of BAC, 2013-10-08, by default; read in place from ../shared/data) and stores them, then reads
both tapes to their end, each in a process of its own, and prints one JSON object: records a second,
seconds to the first record and to the last, CPU seconds of the reading process and of the services,
and the reading process's memory when it begins and at its highest.
"""

import multiprocessing
import os
import threading
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from typing import Final

from benchmarks.report import DEFAULT
from benchmarks.report import described
from benchmarks.report import has_files
from benchmarks.report import print_answer
from benchmarks.stack import own_stack
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.sink import TableWriter
from connectors.kafka.batch import TopicBatch
from connectors.kafka.bounded import read_log
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.tape.log import LogTape
from connectors.tape.log import LogTapeConfig
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.model import Tape
from connectors.tape.store import WINDOW_ROWS
from connectors.tape.store import StoreTape
from connectors.tape.store import StoreTapeConfig
from infra.embedded.stack import StackAddresses
from infra.pipeline.feed import FileRequest
from infra.pipeline.feed import Publishing
from infra.pipeline.feed import publish_files
from infra.pipeline.prepare import prepare
from infra.pipeline.usage import Usage
from infra.settings import load_settings
from redpanda.catalog import topic_catalog

INSERT_ROWS: Final = 10_000


def _store(addresses: StackAddresses, wire: AvroWire) -> None:
    config = ClickHouseConfig(url=addresses.clickhouse)
    with closing(ClickHouseHttp(config)) as client:
        writer = TableWriter(config, client, wire, threading.Event())
        for topic in TAPE_TOPICS:
            records = read_log(addresses.kafka, topic)
            while part := list(islice(records, INSERT_ROWS)):
                batch = TopicBatch(
                    topic=topic,
                    values=[each.value for each in part],
                    keys=[each.key for each in part],
                    partitions=[each.partition for each in part],
                    offsets=[each.offset for each in part],
                    next_offsets={},
                )
                writer.write(batch)


def _open(source: str, addresses: StackAddresses, window_rows: int) -> Tape:
    if source == "log":
        return LogTape(LogTapeConfig(brokers=addresses.kafka, topics=TAPE_TOPICS))
    config = StoreTapeConfig(
        clickhouse=ClickHouseConfig(url=addresses.clickhouse),
        topics=TAPE_TOPICS,
        partitions=topic_catalog()[TAPE_TOPICS[0]].partitions,
        window_rows=window_rows,
    )
    with closing(SchemaRegistry(addresses.registry)) as registry:
        return StoreTape(config, AvroWire(registry, TAPE_TOPICS).prefix)


def _peak_mib() -> int | None:
    # Of this program, not of the process it was started from; null where the system does not tell.
    usage = Usage()
    usage.sample("reader", [os.getpid()])
    found = usage.peak_mib_by_stage().get("reader")
    return None if found is None else round(found)


def read_tape(
    source: str, addresses: StackAddresses, limit: int, window_rows: int
) -> dict[str, Any]:
    """Read a tape to its end and return what that took."""
    before_mib, cpu_s, began = _peak_mib(), time.process_time(), time.monotonic()
    records = size = 0
    first_s = 0.0
    with closing(_open(source, addresses, window_rows)) as tape:
        while (chunk := tape.next(limit)) is not None:
            first_s = first_s or time.monotonic() - began
            records += len(chunk.values)
            size += sum([len(value) for value in chunk.values if value is not None])
        elapsed_s = time.monotonic() - began
    return {
        "records": records,
        "bytes": size,
        "records_per_s": round(records / elapsed_s),
        "elapsed_s": round(elapsed_s, 2),
        "first_s": round(first_s, 3),
        "cpu_s": round(time.process_time() - cpu_s, 2),
        "begin_mib": before_mib,
        "peak_mib": _peak_mib(),
    }


def measure(files: list[Path], limit: int, window_rows: int) -> dict[str, Any]:
    """Return what reading published and stored files took."""
    settings = load_settings()
    found: dict[str, Any] = {}
    with own_stack() as (stack, folder):
        addresses = stack.addresses
        wire = prepare(settings.services, addresses)
        publishing = Publishing(addresses, wire, folder, settings.feed, threading.Event())
        publish_files(FileRequest(files=files).open(), 0.0, publishing, None)
        _store(addresses, wire)
        services = [stack.pid] if stack.pid is not None else []
        for source in ("log", "store"):
            before, after = Usage(), Usage()
            before.sample("services", services)
            # A process of its own, so that its memory is that of the tape.
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                arguments = (source, addresses, limit, window_rows)
                found[source] = pool.apply(read_tape, arguments)
            after.sample("services", services)
            spent_s = after.cpu_by_stage()["services"] - before.cpu_by_stage()["services"]
            found[source]["services_cpu_s"] = round(spent_s, 2)
    return found


def main() -> None:
    """Run it and print what came out."""
    parser = described(__doc__)
    parser.add_argument("--files", type=Path, nargs="+", default=list(DEFAULT))
    parser.add_argument("--limit", type=int, default=1000, help="most records taken at a time")
    parser.add_argument("--window", type=int, default=WINDOW_ROWS, help="most rows of a query")
    options = parser.parse_args()
    if not has_files("tape", options.files):
        return
    answer = {
        "load": round(os.getloadavg()[0], 2),
        "files": [path.name for path in options.files],
        "limit": options.limit,
        "window_rows": options.window,
        **measure(options.files, options.limit, options.window),
    }
    print_answer("tape", answer, versions=("chdb", "confluent-kafka", "numpy"))


if __name__ == "__main__":
    main()
