"""Speed of the gateway: from the log's append to a client, and of its hot routes.

`python -m benchmarks.gateway [--clients N] [--seconds S] [--rates 1000,5000] [--quick]` records
fifteen minutes of the synthetic market through every flow, starts the real gateway over it, and
prints one JSON object: milliseconds from the append of a record to the arrival of its frame, for 8
clients and for N of them in 8 groups, in processes of their own, at each rate of equity prints; the
gateway's share of a core and its memory; milliseconds of hot candles, recent rows and history.
Clients, broker and gateway share the machine, so the figures bound the gateway's own from above.
"""

import asyncio
import json
import math
import multiprocessing
import re
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from itertools import islice
from pathlib import Path
from typing import Any
from typing import Final

import httpx
import msgspec
import uvloop

from benchmarks.broker import cpu_seconds
from benchmarks.light_client import connect_light
from benchmarks.market import START_NS
from benchmarks.market import record_session
from benchmarks.report import described
from benchmarks.report import percentile
from benchmarks.report import print_answer
from benchmarks.served import gateway
from benchmarks.stack import own_stack
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import message_of
from connectors.kafka.config import SinkConfig
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.embedded.stack import StackAddresses
from redpanda.catalog import topic_catalog
from schemas.records import EquityPrint

SESSION_S: Final = 900
MARKET: Final = SyntheticConfig(seed=1, start_ts=START_NS, equities_mode="realistic")
TOPIC: Final = "equities.prints"
FEW: Final = 8
GROUPS: Final = 8
PROCESSES: Final = 4
BATCHES_PER_S: Final = 100
WARM_UP_S: Final = 2.0
TIMEOUT_S: Final = 120.0
REQUESTS: Final = 200
REST_PER_S: Final = 50
PROTOCOL: Final = "islandflow.v1.bin"
STAMPS: Final = re.compile(rb'"append":([0-9.]+),"oldest_append":([0-9.]+)')
ROUTES: Final = {
    "hot_candles_500": "/candles/equities?underlying_id=SPY&interval_ms=1000&limit=500",
    "recent_200": "/prints/options?limit=200&view=raw",
    "history_200": "/history/options?limit=200&view=raw",
}

# Milliseconds since the append of a frame's newest record, and of its oldest.
Taken = tuple[float, float]
Results = Any
"""A `multiprocessing` queue; its class has no public name."""


def equity_prints(items: Sequence[FeedItem]) -> list[EquityPrint]:
    """Return those of what a feed published that are equity prints."""
    records = [item.record for item in items if isinstance(item, Accepted)]
    return [each for each in records if isinstance(each, EquityPrint)]


async def _listen(
    url: str, group: int, seconds: float, all_in: "asyncio.Barrier", found: list[Taken]
) -> int:
    """Take frames of one group for a time; note ms since the newest and the oldest append."""
    messages, counted_s = 0, math.inf

    def take(text: bytes) -> None:
        nonlocal messages
        now_ms = time.time() * 1000
        messages += 1
        if time.monotonic() > counted_s:
            stamps = STAMPS.findall(text)
            found.extend((now_ms - float(new), now_ms - float(old)) for new, old in stamps)

    client = await connect_light(f"{url}/ws/live", PROTOCOL, take)
    # Eight wishes that differ and take every print.
    filters = {"min_size": group} if group else {}
    wish = {"op": "subscribe", "id": "a", "channel": "equities", "depth": 0, "filters": filters}
    client.say(json.dumps(wish).encode())
    await all_in.wait()
    messages, counted_s = 0, time.monotonic() + WARM_UP_S
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(client.closed), WARM_UP_S + seconds)
        msg = "the gateway closed the connection"
        raise ConnectionError(msg)
    client.close()
    return messages


def clients(url: str, count: int, seconds: float, ready: Results, results: Results) -> None:
    """Run clients in this process; say when all are connected, then what each frame took."""
    found: list[Taken] = []

    async def run() -> int:
        all_in = asyncio.Barrier(count + 1)
        listening = [
            asyncio.create_task(_listen(url, at % GROUPS, seconds, all_in, found))
            for at in range(count)
        ]
        await all_in.wait()
        ready.put(count)
        return sum(await asyncio.gather(*listening))

    messages = uvloop.run(run())
    results.put({"messages": messages, "taken": found})


def feed(addresses: StackAddresses, sent: Sequence[OutRecord], rate: int, seconds: float) -> int:
    """Write prints at an even pace, a hundred batches a second, and return how many."""
    producer = BatchProducer(SinkConfig(brokers=addresses.kafka, linger_ms=0))
    endless, size = cycle(sent), max(1, rate // BATCHES_PER_S)
    due_s = time.monotonic()
    end_s, count = due_s + seconds, 0
    while time.monotonic() < end_s:
        producer.write(list(islice(endless, size)))
        count += size
        due_s += size / rate
        time.sleep(max(0.0, due_s - time.monotonic()))
    return count


def fresh(wire: AvroWire, prints: Sequence[EquityPrint], count: int) -> Iterator[OutRecord]:
    """Yield prints with ids and times of their own: a repeat would be dropped as seen before."""
    encode, partitions = wire.encoder(TOPIC), topic_catalog()[TOPIC].partitions
    after_ns = SESSION_S * 10**9
    for number, each in zip(range(count), cycle(prints), strict=False):
        at_ns = START_NS + after_ns + number * 10**6
        made = msgspec.structs.replace(
            each,
            source_ts=at_ns,
            ingest_ts=at_ns,
            seq=10**9 + number,
            trace_id=f"synthetic:bench-{time.monotonic_ns()}:prints:{number}",
        )
        place = partition_of(each.underlying_id.encode(), partitions)
        yield message_of(TOPIC, place, made, encode)


def frames(
    world: tuple[StackAddresses, AvroWire, Sequence[EquityPrint]],
    served: tuple[str, int],
    count: int,
    rate: int,
    seconds: float,
) -> dict[str, Any]:
    """Measure what frames take to so many clients at a rate of records."""
    addresses, wire, prints = world
    url, pid = served
    made = list(fresh(wire, prints, int(rate * (seconds + WARM_UP_S))))
    # Clients first: spawned, so that no thread of this process is copied with them.
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Queue(), spawn.Queue()
    shares = [count // PROCESSES + (at < count % PROCESSES) for at in range(PROCESSES)]
    ws_url = url.replace("http", "ws", 1)
    running = [
        spawn.Process(target=clients, args=(ws_url, share, seconds, ready, results))
        for share in shares
        if share
    ]
    for process in running:
        process.start()
    for _ in running:
        ready.get(timeout=TIMEOUT_S)
    began_s, cpu_s = time.monotonic(), cpu_seconds(pid)
    published = feed(addresses, made, rate, seconds + WARM_UP_S)
    share = (cpu_seconds(pid) - cpu_s) / (time.monotonic() - began_s)
    found = [results.get(timeout=TIMEOUT_S) for _ in running]
    for process in running:
        process.join()
    newest = [each for part in found for each, _ in part["taken"]]
    oldest = [each for part in found for _, each in part["taken"]]
    return {
        "clients": count,
        "groups": min(count, GROUPS),
        "records_per_s": rate,
        "published": published,
        "messages": sum(part["messages"] for part in found),
        "frames": len(newest),
        "newest_ms": {"p50": percentile(newest, 0.5), "p99": percentile(newest, 0.99)},
        "oldest_ms": {"p50": percentile(oldest, 0.5), "p99": percentile(oldest, 0.99)},
        "gateway_cores": round(share, 2),
    }


def requests(url: str, path: str) -> dict[str, float | int | None]:
    """Ask for a route fifty times a second and return what the answers took, ms, and its rows."""
    taken, rows = [], 0
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        due_s = time.monotonic()
        for _ in range(REQUESTS):
            began_s = time.perf_counter()
            answer = client.get(path).raise_for_status()
            taken.append((time.perf_counter() - began_s) * 1e3)
            rows = len(answer.json()["data"])
            due_s += 1 / REST_PER_S
            time.sleep(max(0.0, due_s - time.monotonic()))
    # Fewer than asked for means that the hot window ended, and the tables were read too.
    return {"p50": percentile(taken, 0.5), "p99": percentile(taken, 0.99), "rows": rows}


def resident_mib(pid: int) -> float:
    """Return the memory a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def main() -> None:
    """Measure and print."""
    parser = described(__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rates", default="1000,5000", help="equity prints a second")
    parser.add_argument("--quick", action="store_true", help="five seconds each")
    options = parser.parse_args()
    seconds = 5.0 if options.quick else options.seconds
    with own_stack() as (stack, folder):
        addresses = stack.addresses
        wire, items = record_session(addresses, folder, MARKET, SESSION_S)
        prints = equity_prints(items)
        began_s = time.monotonic()
        with gateway(addresses, folder) as served:
            answer: dict[str, Any] = {"start_s": round(time.monotonic() - began_s, 2)}
            answer["routes_ms"] = {
                label: requests(served[0], path) for label, path in ROUTES.items()
            }
            answer["frames"] = [
                frames((addresses, wire, prints), served, count, int(rate), seconds)
                for rate in options.rates.split(",")
                for count in (FEW, options.clients)
            ]
            answer["resident_mib"] = resident_mib(served[1])
    packages = ("fastapi", "uvicorn", "websockets", "confluent-kafka", "chdb")
    print_answer("gateway", answer, versions=packages)


if __name__ == "__main__":
    main()
