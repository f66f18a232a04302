"""A client that is cut off again and again, compared with the log.

`python -m benchmarks.gateway_cuts [--cuts 100] [--seconds 300] [--mode active] [--seed 1]` runs
`islandflow up` with the synthetic market, subscribes to what is not conflated, cuts the connection
at random moments (aborted, as a crash would; away for up to a second), resumes by cursor, then
reads the topics directly and prints one JSON object: records by stream, how many are missing, came
twice or out of order within their key, and what notices said. Exits 1 unless all of these are 0.
`superseded` counts versions that a greater one had replaced before the client was back: whoever
resumes is given the newest of each id, so these are no loss.
"""

import asyncio
import random
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any
from typing import Final

from api.streams import STREAMS
from api.streams import Stream
from benchmarks.gateway_client import GatewayClient
from benchmarks.gateway_client import Subscribed
from benchmarks.report import described
from benchmarks.report import print_answer
from benchmarks.served import is_ready
from benchmarks.stack import own_stack
from connectors.kafka.bounded import read_log
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.pipeline import child
from infra.pipeline.environment import flow_environment

ADDRESS: Final = re.compile(r"open the terminal at (http://[0-9.:]+)")
START_S: Final = 180.0
REST_S: Final = 60.0
# Raw and derived, versioned and not, of a few records a second and of hundreds.
WISHES: Final[dict[str, dict[str, object]]] = {
    "options": {"view": "raw"},
    "equities": {},
    "equity-joins": {},
    "flow": {},
    "smart-money": {},
    "classifier-hits": {},
    "alerts": {},
    "inferred-dark": {},
}

# Id and version.
Mark = tuple[str, int]
Log = dict[str, list[Mark]]


@contextmanager
def market(addresses: StackAddresses, folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """Run `islandflow up` on the services and yield the address of its gateway."""
    output = folder / "up.out"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            child.command("infra.cli", "up", "--data", str(folder)),
            env=flow_environment(addresses, folder, settings),
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline_s = time.monotonic() + START_S
        while (found := ADDRESS.search(output.read_text())) is None or not is_ready(found[1]):
            if time.monotonic() > deadline_s or process.poll() is not None:
                raise RuntimeError(output.read_text())
            time.sleep(0.2)
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def session(
    url: str, plan: Sequence[float], addresses: StackAddresses, dice: random.Random
) -> tuple[dict[str, Subscribed], dict[str, Log]]:
    """
    Follow the streams over a cut at each moment but the last, then until what the log held is in.

    Returns
    -------
    tuple
        What came by stream, and what the log held of each at the last moment.
    """
    got: dict[str, Subscribed] = {name: Subscribed() for name in WISHES}
    address = f"{url.replace('http', 'ws', 1)}/ws/live"
    held: dict[str, Log] = {}
    began_s = time.monotonic()
    for number, until_s in enumerate(plan):
        async with GatewayClient(address) as client:
            for name, filters in WISHES.items():
                await client.subscribe(name, name, got[name], filters=filters, depth=0)
            # A cut may come before the first record, but not before a cursor to resume by.
            await client.until(lambda: all(each.cursor for each in got.values()))
            await asyncio.sleep(max(0.0, began_s + until_s - time.monotonic()))
            if number == len(plan) - 1:
                for name in WISHES:
                    held[name] = await asyncio.to_thread(logged, addresses, STREAMS[name])
                with suppress(TimeoutError):
                    await asyncio.wait_for(_until_all(got, held), REST_S)
        await asyncio.sleep(dice.uniform(0, min(1.0, plan[-1] / len(plan) / 2)))
        print(f"\rcut {number + 1} of {len(plan) - 1}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return got, held


async def _until_all(got: Mapping[str, Subscribed], held: Mapping[str, Log]) -> None:
    """Wait until the newest record of every key that has come at all has come."""
    for name, log in held.items():
        while True:
            came = {_mark(STREAMS[name], item) for item in got[name].items}
            if all(marks[-1] in came for marks in log.values() if not came.isdisjoint(marks)):
                break
            await asyncio.sleep(0.2)


def _mark(stream: Stream, item: Mapping[str, Any]) -> Mark:
    return item[stream.id_field], int(item[stream.version_field])


def logged(addresses: StackAddresses, stream: Stream) -> Log:
    """Return what the log has of a stream by key, each version once, in order."""
    registry = SchemaRegistry(addresses.registry)
    try:
        decode = AvroWire(registry, [stream.topic]).decoder(stream.topic)
        newest: dict[str, int] = {}
        found: Log = defaultdict(list)
        for each in read_log(addresses.kafka, stream.topic):
            if each.value is None:
                continue
            record: Any = decode(each.value)
            name, version = getattr(record, stream.id_field), getattr(record, stream.version_field)
            if version > newest.get(name, -1):
                newest[name] = version
                found[(each.key or b"").decode()].append((name, version))
        return found
    finally:
        registry.close()


def compared(stream: Stream, got: Subscribed, held: Log, log: Log) -> dict[str, int]:
    """
    Compare what came with the log, by key and from the first record on that came of it.

    Parameters
    ----------
    stream : Stream
        Which.
    got : Subscribed
        What came.
    held, log : mapping
        What the log held at the last moment, all of which should have come, and at the end.
    """
    places = {mark: (key, at) for key, marks in log.items() for at, mark in enumerate(marks)}
    came: dict[str, list[int]] = defaultdict(list)
    unknown = 0
    for item in got.items:
        place = places.get(_mark(stream, item))
        if place is None:
            unknown += 1
        else:
            came[place[0]].append(place[1])
    newest: dict[str, int] = {}
    for name, version in (_mark(stream, item) for item in got.items):
        newest[name] = max(version, newest.get(name, version))
    missing = superseded = twice = disordered = 0
    for key, found in came.items():
        twice += len(found) - len(set(found))
        disordered += sum(after < before for before, after in pairwise(found))
        here = set(found)
        marks = held.get(key, [])
        for name, version in (marks[at] for at in range(min(found), len(marks)) if at not in here):
            is_superseded = newest.get(name, -1) > version
            superseded += is_superseded
            missing += not is_superseded
    return {
        "received": len(got.items),
        "keys": len(came),
        "missing": missing,
        "superseded": superseded,
        "twice": twice,
        "out_of_order": disordered,
        "not_in_log": unknown,
        "gaps": len(got.gaps),
        "dropped": got.missed,
    }


def main() -> int:
    """Run, compare and print."""
    parser = described(__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--mode", default="active", choices=("realistic", "active", "firehose"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    settings = {
        "API_AUTH": "disabled",
        "API_PORT": "0",
        "RATE_LIMIT_WS": "100000",
        "SYNTHETIC_MARKET_MODE": options.mode,
    }
    dice = random.Random(options.seed)  # noqa: S311 - moments, no secrets
    plan = [*sorted(dice.uniform(0, options.seconds) for _ in range(options.cuts)), options.seconds]
    with own_stack() as (stack, folder):
        with market(stack.addresses, folder, settings) as url:
            got, held = asyncio.run(session(url, plan, stack.addresses, dice))
        found = {
            name: compared(
                STREAMS[name], got[name], held[name], logged(stack.addresses, STREAMS[name])
            )
            for name in WISHES
        }
    faults = ("missing", "twice", "out_of_order", "not_in_log", "gaps", "dropped")
    clean = not any(each[fault] for each in found.values() for fault in faults)
    answer = {"cuts": options.cuts, "seconds": options.seconds, "streams": found, "exact": clean}
    print_answer("gateway_cuts", answer, versions=("websockets", "confluent-kafka"))
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
