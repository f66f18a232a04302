"""Speed of the embedded broker, in a process of its own, under confluent-kafka.

`python -m benchmarks.broker [--messages N] [--seconds S] [--quick]` prints one JSON object:
produce and consume messages a second of 120-byte records over 8 partitions, and percentiles of the
time from `produce` in one process to `poll` in another at 1,000 messages a second.
"""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any
from typing import Final

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING
from confluent_kafka import OFFSET_END
from confluent_kafka import Consumer
from confluent_kafka import Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic

RECORD_BYTES: Final = 120
PARTITIONS: Final = 8
LATENCY_RATE: Final = 1000
WARM_UP_S: Final = 2
STAMP_BYTES: Final = 8
TIMEOUT_S: Final = 120.0
START_S: Final = 20.0
QUICK_MESSAGES: Final = 200_000
QUICK_SECONDS: Final = 10
THROUGHPUT_TOPIC: Final = "bench.throughput"
LATENCY_TOPIC: Final = "bench.latency"
PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
THROUGHPUT_PRODUCER: Final = {
    "enable.idempotence": True,
    "linger.ms": 20,
    "queue.buffering.max.messages": 500_000,
}
THROUGHPUT_CONSUMER: Final = {"queued.min.messages": 500_000}
LATENCY_PRODUCER: Final = {"enable.idempotence": True, "linger.ms": 0}

Results = Any
"""A `multiprocessing` queue; its class has no public name."""


@contextmanager
def broker_process(folder: Path) -> Iterator[tuple[str, int]]:
    """Run the broker alone and yield its address and process id."""
    command = [sys.executable, "-m", "infra.embedded.kafka", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            msg = "the broker's output is not piped"
            raise RuntimeError(msg)
        line = process.stdout.readline()
        try:
            yield json.loads(line)["kafka"], process.pid
        finally:
            process.terminate()


def cpu_seconds(process_id: int) -> float:
    """Return the user and system time a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def produce(address: str, messages: int, results: Results) -> None:
    """Produce as fast as the client can and report the seconds until all are acknowledged."""
    producer = Producer({"bootstrap.servers": address, **THROUGHPUT_PRODUCER})
    producer.list_topics(THROUGHPUT_TOPIC, TIMEOUT_S)
    value = b"v" * RECORD_BYTES
    begin = time.perf_counter()
    for _ in range(messages):
        while True:
            try:
                producer.produce(THROUGHPUT_TOPIC, value)
                break
            except BufferError:
                producer.poll(0.01)
    unacknowledged = producer.flush(TIMEOUT_S)
    results.put({"seconds": time.perf_counter() - begin, "missing": unacknowledged})


def consume(address: str, messages: int, results: Results) -> None:
    """Consume from the beginning and report the seconds from the assignment to the last record."""
    consumer = _consumer(address, THROUGHPUT_TOPIC, OFFSET_BEGINNING, **THROUGHPUT_CONSUMER)
    seen = 0
    begin = time.perf_counter()
    while seen < messages and time.perf_counter() - begin < TIMEOUT_S:
        seen += len(consumer.consume(5000, 0.1))
    results.put({"seconds": time.perf_counter() - begin, "missing": messages - seen})
    consumer.close()


def send_paced(address: str, seconds: int) -> None:
    """Send stamped records at an even pace, each at its own time."""
    producer = Producer({"bootstrap.servers": address, **LATENCY_PRODUCER})
    producer.list_topics(LATENCY_TOPIC, TIMEOUT_S)
    padding = bytes(RECORD_BYTES - STAMP_BYTES)
    step_ns = 1_000_000_000 // LATENCY_RATE
    due_ns = time.monotonic_ns()
    for number in range(LATENCY_RATE * (seconds + WARM_UP_S)):
        due_ns += step_ns
        ahead_ns = due_ns - time.monotonic_ns()
        if ahead_ns > 0:
            time.sleep(ahead_ns / 1e9)
        stamp = time.monotonic_ns().to_bytes(STAMP_BYTES, "big")
        producer.produce(LATENCY_TOPIC, stamp + padding, key=str(number))
        producer.poll(0)
    producer.flush(TIMEOUT_S)


def receive_paced(address: str, seconds: int, ready: Results, results: Results) -> None:
    """Report the milliseconds each record took; the first two seconds are not counted."""
    consumer = _consumer(address, LATENCY_TOPIC, OFFSET_END)
    consumer.poll(1.0)
    ready.put(True)
    wanted = LATENCY_RATE * (seconds + WARM_UP_S)
    taken_ms: list[float] = []
    begin = time.monotonic()
    while len(taken_ms) < wanted and time.monotonic() - begin < seconds + WARM_UP_S + START_S:
        message = consumer.poll(1.0)
        now_ns = time.monotonic_ns()
        value = None if message is None or message.error() is not None else message.value()
        if isinstance(value, bytes):
            taken_ms.append((now_ns - int.from_bytes(value[:STAMP_BYTES], "big")) / 1e6)
    results.put({"missing": wanted - len(taken_ms), "taken": taken_ms[WARM_UP_S * LATENCY_RATE :]})
    consumer.close()


def _consumer(address: str, topic: str, start: int, **config: Any) -> Consumer:  # noqa: ANN401
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "bench",
            "enable.auto.commit": False,
            **config,
        }
    )
    consumer.assign([TopicPartition(topic, n, start) for n in range(PARTITIONS)])
    return consumer


def _measured(target: Callable[..., None], *arguments: object) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=target, args=(*arguments, results))
    process.start()
    measured: dict[str, float] = results.get(timeout=2 * TIMEOUT_S)
    process.join(TIMEOUT_S)
    if measured["missing"]:
        msg = f"{target.__name__}: {measured['missing']} messages missing, expected none"
        raise RuntimeError(msg)
    return measured


def _latency(address: str, seconds: int) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    ready, results = context.Queue(), context.Queue()
    receiver = context.Process(target=receive_paced, args=(address, seconds, ready, results))
    sender = context.Process(target=send_paced, args=(address, seconds))
    receiver.start()
    ready.get(timeout=TIMEOUT_S)
    sender.start()
    received = results.get(timeout=seconds + TIMEOUT_S)
    sender.join(TIMEOUT_S)
    receiver.join(TIMEOUT_S)
    taken = sorted(received["taken"])
    if received["missing"] or not taken:
        msg = f"latency: {received['missing']} messages missing, expected none"
        raise RuntimeError(msg)
    found = {name: taken[int(share * (len(taken) - 1))] for name, share in PERCENTILES.items()}
    found["max"] = taken[-1]
    return {name: round(value, 3) for name, value in found.items()}


def measure(messages: int, seconds: int) -> dict[str, object]:
    """
    Run the three measurements one after the other against a fresh broker.

    Parameters
    ----------
    messages : int
        Records of the produce and of the consume measurement.
    seconds : int
        Length of the latency measurement, without the warm-up.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        broker_process(Path(folder)) as (address, process_id),
    ):
        admin = AdminClient({"bootstrap.servers": address})
        topics = [NewTopic(name, PARTITIONS, 1) for name in (THROUGHPUT_TOPIC, LATENCY_TOPIC)]
        for future in admin.create_topics(topics).values():
            future.result(TIMEOUT_S)
        cpu = [cpu_seconds(process_id)]
        produced = _measured(produce, address, messages)
        cpu.append(cpu_seconds(process_id))
        consumed = _measured(consume, address, messages)
        cpu.append(cpu_seconds(process_id))
        latency = _latency(address, seconds)
        cpu.append(cpu_seconds(process_id))
    used = [round(after - before, 2) for before, after in pairwise(cpu)]
    return {
        "benchmark": "broker",
        "machine": {"cpus": os.cpu_count(), "cpu": _cpu_name(), "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            "confluent-kafka": version("confluent-kafka"),
            "librdkafka": confluent_kafka.libversion()[0],
            "kio": version("kio"),
        },
        "input": {
            "messages": messages,
            "record_bytes": RECORD_BYTES,
            "partitions": PARTITIONS,
            "latency_seconds": seconds,
            "latency_msgs_per_s": LATENCY_RATE,
            "producer": THROUGHPUT_PRODUCER,
            "consumer": THROUGHPUT_CONSUMER,
            "latency_producer": LATENCY_PRODUCER,
        },
        "produce_msgs_per_s": round(messages / produced["seconds"]),
        "consume_msgs_per_s": round(messages / consumed["seconds"]),
        "latency_ms": latency,
        "broker_cpu_s": dict(zip(("produce", "consume", "latency"), used, strict=True)),
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def main() -> int:
    """Measure as asked and print the JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broker", description=__doc__)
    parser.add_argument("--messages", type=int, default=3_000_000, help="records each way")
    parser.add_argument("--seconds", type=int, default=20, help="length of the latency run")
    parser.add_argument("--quick", action="store_true", help="200,000 records and 10 seconds")
    arguments = parser.parse_args()
    if arguments.messages < 1 or arguments.seconds < 1:
        parser.error("--messages and --seconds take a number from 1 on")
    messages = QUICK_MESSAGES if arguments.quick else arguments.messages
    seconds = QUICK_SECONDS if arguments.quick else arguments.seconds
    print(json.dumps(measure(messages, seconds), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
