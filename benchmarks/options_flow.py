"""Speed of the whole options flow: log → engine → log → ClickHouse, through the real broker.

`python -m benchmarks.options_flow [--prints N] [--rate R] [--contracts 40,500,2000,5000]
[--tickets market|large]` publishes a tape (`benchmarks.options_engine` says which), then runs the
flows until every derived record is in its table, and prints one JSON object: prints a second, CPU
seconds and peak memory per stage, and beside it what fastavro alone needs to decode and encode the
same records.
"""

import io
import json
import time
from collections.abc import Iterable
from typing import Any
from typing import Final

import fastavro
import msgspec

from benchmarks.options_engine import tape_events
from benchmarks.report import described
from benchmarks.report import print_answer
from benchmarks.stack import own_stack
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import message_of
from connectors.kafka.config import SinkConfig
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from connectors.kafka.tail import tail
from flows.options.enrichment import Event
from infra.embedded.stack import StackAddresses
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import drain
from infra.pipeline.prepare import prepare
from infra.pipeline.report import report
from infra.pipeline.usage import Usage
from infra.settings import load_settings
from redpanda.catalog import topic_catalog
from schemas.catalog import topic_of
from schemas.catalog import topics

CONTRACTS: Final = "40,500,2000,5000"
PUBLISH_CHUNK: Final = 20_000
CODEC_SAMPLE: Final = 500
RAW: Final = ("options.nbbo", "options.prints")


def publish(addresses: StackAddresses, wire: AvroWire, events: Iterable[Event]) -> None:
    """Write events to their topics, keyed by underlying."""
    producer = BatchProducer(SinkConfig(brokers=addresses.kafka, linger_ms=20))
    catalog = topic_catalog()
    encoders = {name: wire.encoder(name) for name in topics()}
    places: dict[str, int] = {}
    chunk: list[OutRecord] = []
    for record, _ in events:
        topic = topic_of(type(record)).name
        partition = places.setdefault(
            record.underlying_id,
            partition_of(record.underlying_id.encode(), catalog[topic].partitions),
        )
        chunk.append(message_of(topic, partition, record, encoders[topic]))
        if len(chunk) == PUBLISH_CHUNK:
            producer.write(chunk)
            chunk.clear()
    producer.write(chunk)


def codec_floor(addresses: StackAddresses, counts: dict[str, int]) -> dict[str, Any]:
    """
    Time fastavro on samples of the topics: decode the inputs, encode what was derived.

    Returns
    -------
    dict
        Microseconds per record by topic, and the sum over the records of the run per print.
    """
    out: dict[str, float] = {}
    for name, topic in topics().items():
        text = topic.text.replace('"logicalType":"date"', '"days":true')
        schema = fastavro.parse_schema(json.loads(text))
        sample = []
        for each in tail(addresses.kafka, addresses.registry, name):
            sample.append(each)
            if len(sample) == CODEC_SAMPLE:
                break
        if not sample:
            continue
        bodies = [(each.source.value or b"")[5:] for each in sample]
        values = [msgspec.to_builtins(each.record) for each in sample]
        began = time.perf_counter()
        if name in (*RAW, "equities.quotes"):
            for body in bodies:
                fastavro.schemaless_reader(io.BytesIO(body), schema, None)
        else:
            for value in values:
                fastavro.schemaless_writer(io.BytesIO(), schema, value)
        out[name] = (time.perf_counter() - began) / len(sample) * 1e6
    prints = counts["options.prints"]
    per_print = sum(cost * counts[name] for name, cost in out.items()) / prints
    return {
        "us_per_record": {name: round(cost, 1) for name, cost in out.items()},
        "us_per_print": round(per_print, 1),
        "prints_per_s_one_core": round(1e6 / per_print),
    }


def measure(prints: int, contracts: int, rate: int, workers: int, tickets: str) -> dict[str, Any]:
    """Return one row: a fresh stack, a published tape, and the flows run over it."""
    settings = load_settings().services
    with own_stack() as (stack, folder):
        addresses = stack.addresses
        wire = prepare(settings, addresses)
        publish(addresses, wire, tape_events(prints, contracts, rate, tickets))
        services = [stack.pid] if stack.pid is not None else []
        before = Usage()
        before.sample("services", services)
        request = DrainRequest(addresses=addresses, data_dir=folder, workers=workers)
        result = drain(request)
        result.usage.sample("services", services)
        found = report(settings, addresses, digest=False)
        floor = codec_floor(addresses, found.topics)
    cpu = result.usage.cpu_by_stage()
    cpu["services"] -= before.cpu_by_stage()["services"]
    lost = prints - found.tables["options_tape"]
    return {
        "contracts": contracts,
        "prints_per_s": round(prints / result.elapsed_s),
        "elapsed_s": round(result.elapsed_s, 2),
        "flow_s": round(result.ended_s["options"], 2),
        "lost": lost,
        "tables": found.tables,
        "cpu_s": {stage: round(seconds, 2) for stage, seconds in cpu.items()},
        "cpu_us_per_print": round(sum(cpu.values()) / prints * 1e6, 1),
        "peak_mib": {k: round(v) for k, v in result.usage.peak_mib_by_stage().items()},
        "fastavro_floor": floor,
    }


def main() -> None:
    """Run the rows and print them."""
    parser = described(__doc__)
    parser.add_argument("--prints", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1_000, help="prints a second of event time")
    parser.add_argument("--contracts", default=CONTRACTS)
    parser.add_argument("--workers", type=int, default=2, help="processes of the options flow")
    parser.add_argument("--tickets", choices=("market", "large"), default="market")
    options = parser.parse_args()
    rows = [
        measure(options.prints, int(contracts), options.rate, options.workers, options.tickets)
        for contracts in options.contracts.split(",")
    ]
    speeds = [row["prints_per_s"] for row in rows]
    answer = {
        "prints": options.prints,
        "rate": options.rate,
        "workers": options.workers,
        "tickets": options.tickets,
        "rows": rows,
        "flatness": round(min(speeds) / max(speeds), 3),
    }
    print_answer("options_flow", answer)


if __name__ == "__main__":
    main()
