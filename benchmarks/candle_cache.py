"""Reading charts from the candle cache, the embedded Redis in a process of its own.

`python -m benchmarks.candle_cache [--symbols N] [--bars N] [--reads N] [--quick]` fills the cache
with the newest candles of every length and prints one JSON object: percentiles of the time from
asking for a chart to having its records, at rest and while another process updates the forming bars
of every symbol once a second; and of the time a second's updates take to write.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any
from typing import Final

from connectors.redis.candles import CandleCache
from connectors.redis.config import CandleCacheConfig
from connectors.redis.config import RedisConfig
from infra.embedded.redis import EmbeddedRedis
from schemas.records import EquityCandle

INTERVALS_MS: Final = (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
NS_PER_MS: Final = 1_000_000
END_NS: Final = 1_747_933_200_000_000_000  # Thursday 2025-05-22 13:00 Eastern
START_S: Final = 30.0
PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
QUICK_READS: Final = 200
SEED: Final = 1

Pipe = Any
"""A `multiprocessing` connection; its class has no public name."""


def serve(folder: str, pipe: Pipe) -> None:
    """Run the embedded Redis until the pipe says so."""
    # The output is the JSON object alone.
    with redirect_stdout(sys.stderr):
        service = EmbeddedRedis(Path(folder))
        service.start()
        pipe.send((service.port, service.kind))
        pipe.recv()
        service.stop()


@contextmanager
def redis_process() -> Iterator[tuple[str, str]]:
    """Run the embedded Redis alone and yield its address and kind."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=serve, args=(folder, theirs))
        process.start()
        if not ours.poll(START_S):
            msg = f"the embedded Redis did not start in {START_S:g} s"
            raise RuntimeError(msg)
        port, kind = ours.recv()
        try:
            yield f"redis://127.0.0.1:{port}", kind
        finally:
            ours.send(None)
            process.join(START_S)


def candle(symbol: str, interval_ms: int, start: int, revision: int) -> EquityCandle:
    """Return a bar such as a busy name has."""
    width_ns = interval_ms * NS_PER_MS
    return EquityCandle(
        start + width_ns, start + width_ns + 41_000_000, start // NS_PER_MS % 10_000_000,
        f"candle:synthetic:{symbol}:{interval_ms}:{start}", "equities.candles.v1", revision,
        "synthetic", symbol, interval_ms, start, start + width_ns, revision < 1, "rth", "last",
        731, 48_213.0, 21_004.0, 1_377.0, 512.37, 512.61, 512.2, 512.44, 512.402113, None,
        "candles.policy.v1", "0f3a9c11",
    )  # fmt: skip


def fill(cache: CandleCache, symbols: list[str], bars: int) -> float:
    """Write every chart and return the seconds it took."""
    begin = time.perf_counter()
    for symbol in symbols:
        for interval_ms in INTERVALS_MS:
            width_ns = interval_ms * NS_PER_MS
            last = END_NS - END_NS % width_ns
            cache.write(
                candle(symbol, interval_ms, last - back * width_ns, 0) for back in range(bars)
            )
    return time.perf_counter() - begin


def update(url: str, symbols: list[str], pipe: Pipe) -> None:
    """Write the forming bars of every symbol once a second until told to stop."""
    cache = CandleCache(CandleCacheConfig(redis=RedisConfig(url=url)))
    taken_ms = []
    revision = 0
    due_s = time.monotonic()
    pipe.send(None)
    while not pipe.poll(max(0.0, due_s - time.monotonic())):
        revision += 1
        due_s += 1.0
        begin = time.perf_counter()
        # A second's bar, and the forming ones; the slow lengths every fifth second.
        lengths = INTERVALS_MS if revision % 5 == 0 else INTERVALS_MS[:3]
        cache.write(
            candle(symbol, interval_ms, END_NS - END_NS % (interval_ms * NS_PER_MS), revision)
            for symbol in symbols
            for interval_ms in lengths
        )
        taken_ms.append(1_000 * (time.perf_counter() - begin))
    pipe.send(taken_ms)


def read_charts(cache: CandleCache, symbols: list[str], bars: int, reads: int) -> list[float]:
    """Read random charts and return the milliseconds each took."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable choice, not a secret
    taken_ms = []
    for _ in range(reads):
        symbol, interval_ms = chance.choice(symbols), chance.choice(INTERVALS_MS)
        begin = time.perf_counter()
        chart = cache.read(symbol, interval_ms, bars)
        taken_ms.append(1_000 * (time.perf_counter() - begin))
        if len(chart) != bars:
            msg = f"{symbol} {interval_ms}: {len(chart)} bars, expected {bars}"
            raise RuntimeError(msg)
    return taken_ms


def _percentiles(taken_ms: list[float]) -> dict[str, float]:
    ordered = sorted(taken_ms)
    found = {name: ordered[int(share * (len(ordered) - 1))] for name, share in PERCENTILES.items()}
    found["max"] = ordered[-1]
    return {name: round(value, 3) for name, value in found.items()}


def measure(symbols: int, bars: int, reads: int) -> dict[str, object]:
    """
    Fill the cache and read it at rest and under updates.

    Parameters
    ----------
    symbols, bars : int
        Underlyings, and bars of each of their charts.
    reads : int
        Charts read in each of the two measurements.
    """
    names = [f"Q{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}" for n in range(symbols)]
    with redis_process() as (url, kind):
        cache = CandleCache(CandleCacheConfig(redis=RedisConfig(url=url), kept=bars))
        filled_s = fill(cache, names, bars)
        read_charts(cache, names, bars, min(reads, 50))
        at_rest = read_charts(cache, names, bars, reads)
        short = read_charts(cache, names, min(bars, 100), reads)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=update, args=(url, names, theirs))
        process.start()
        ours.recv()
        under_updates = read_charts(cache, names, bars, reads)
        ours.send(None)
        updates = ours.recv()
        process.join(START_S)
        cache.close()
    return {
        "benchmark": "candle_cache",
        "machine": {"cpus": os.cpu_count(), "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            "redis": version("redis"),
            "server": kind if kind == "redis-server" else f"fakeredis {version('fakeredis')}",
        },
        "input": {
            "symbols": symbols,
            "intervals": len(INTERVALS_MS),
            "bars": bars,
            "candles": symbols * len(INTERVALS_MS) * bars,
            "reads": reads,
        },
        "fill_candles_per_s": round(symbols * len(INTERVALS_MS) * bars / filled_s),
        "read_ms": _percentiles(at_rest),
        "read_100_bars_ms": _percentiles(short),
        "read_under_updates_ms": _percentiles(under_updates),
        "write_of_a_second_ms": _percentiles(updates) if updates else None,
    }


def main() -> int:
    """Measure as asked and print the JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.candle_cache", description=__doc__)
    parser.add_argument("--symbols", type=int, default=50, help="underlyings, at most 676")
    parser.add_argument("--bars", type=int, default=500, help="bars of each chart, at most 10000")
    parser.add_argument("--reads", type=int, default=2_000, help="charts read each way")
    parser.add_argument("--quick", action="store_true", help="200 reads")
    arguments = parser.parse_args()
    if not (
        1 <= arguments.symbols <= 676 and 1 <= arguments.bars <= 10_000 and arguments.reads >= 1
    ):
        parser.error("--symbols takes 1 to 676, --bars 1 to 10000, --reads a number from 1 on")
    reads = QUICK_READS if arguments.quick else arguments.reads
    print(json.dumps(measure(arguments.symbols, arguments.bars, reads), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
