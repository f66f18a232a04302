"""Speed of the options engine alone: no broker, no codec.

`python -m benchmarks.options_engine [--prints N] [--rate R] [--contracts 40,500,2000,5000]
[--tickets market|large]` prints one JSON object: prints a second per number of contracts,
microseconds per stage, flatness. `--soak` runs one long tape over the last number of contracts
instead and prints the resident memory on the way.

The tape: one quote before each print; prints at ask 55 %, mid 20 %, bid 25 %; $1 to $9. `market`
has tickets like those of a real tape (53 % single lots, 90 % up to a dozen contracts, 1 % above 50,
so that about a tenth is worth $10,000 and a parent event), and a tenth of its prints are legs of
two-leg packages. With `large` (20 to 619 contracts) nearly every print is a parent event by itself:
the worst case, and the tape of earlier figures.
"""

import argparse
import json
import platform
import random
import resource
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from typing import Final

import numpy as np

from flows.options.config import OptionsConfig
from flows.options.contracts import ContractId
from flows.options.contracts import parse_contract
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

START_NS: Final = 1_748_872_800_000_000_000  # Monday 2025-06-02 10:00 Eastern
NS_PER_S: Final = 1_000_000_000
CONTRACTS: Final = (40, 500, 2_000, 5_000)
CONTRACTS_PER_UNDERLYING: Final = 5
MAX_UNDERLYINGS: Final = 100
BATCH: Final = 1_000
SINGLE_LOTS: Final = 0.5
# Of the prints that may open a package; the second legs double their share.
PACKAGE_SHARE: Final = 0.053
SOAK_STEPS: Final = 20


def listed_contracts(count: int) -> list[ContractId]:
    """Return `count` distinct contracts over at most 100 underlyings."""
    names = max(1, min(count // CONTRACTS_PER_UNDERLYING, MAX_UNDERLYINGS))
    return [
        parse_contract(
            f"Q{chr(65 + i % names // 26)}{chr(65 + i % names % 26)}-2025-07-18-"
            f"{60 + i // names // 2}-{'CP'[i // names % 2]}"
        )
        for i in range(count)
    ]


def tape_events(
    prints: int, contracts: int, rate: int, tickets: str = "market", seed: int = 1
) -> Iterator[Event]:
    """
    Yield prints of random contracts, a quote before each, a quote of each underlying a second.

    Parameters
    ----------
    prints : int
        How many.
    contracts : int
        Over how many contracts.
    rate : int
        Prints a second of event time.
    tickets : {"market", "large"}
        Sizes of the prints, and whether some are legs of packages.
    seed : int
        Of the generator.
    """
    rng = random.Random(seed)  # noqa: S311 - a benchmark's tape, not a secret
    listed = listed_contracts(contracts)
    underlyings = sorted({contract.underlying_id for contract in listed})
    names = len(underlyings)
    at = START_NS
    package: tuple[int, int, str] | None = None
    for i in range(prints):
        before, at = at, START_NS + i * NS_PER_S // rate
        if i % rate == 0:
            yield from ((_equity_quote(name, at, i), False) for name in underlyings)
        place = rng.randrange(contracts)
        size = _market_size(rng) if tickets == "market" else rng.randint(20, 619)
        venue = rng.choice("ABCNX")
        code = "I"
        if package is not None:
            # The second leg: another strike or right of the same name, the same stamp and size.
            place, size, venue = package
            package, code, at = None, "f", before
        elif tickets == "market" and rng.random() < PACKAGE_SHARE:
            package, code = ((place + names) % contracts, size, venue), "f"
        contract = listed[place]
        mid_cents = rng.randint(100, 900)
        position = rng.random()
        offset = 5 if position < 0.55 else 0 if position < 0.75 else -5
        yield _nbbo(contract, at, i, mid_cents), False
        price = (mid_cents + offset) / 100
        yield _print(contract, at, i, price, size, venue, code), False


def _market_size(rng: random.Random) -> int:
    """Return the contracts of a print, distributed as on a tape of one day of one stock."""
    return 1 if rng.random() < SINGLE_LOTS else 1 + round(rng.lognormvariate(1.45, 1.15))


def _equity_quote(name: str, at: int, i: int) -> EquityQuote:
    bid = 99.99 + i % 7 / 100
    return EquityQuote(
        at, at, i, f"bench:e:{name}:{i}", "equities.quotes.v1", "bench", name, "nbbo", True,
        bid, bid + 0.02, 100.0, 100.0, None, None, (),
    )  # fmt: skip


def _nbbo(contract: ContractId, at: int, i: int, mid_cents: int) -> OptionsNbbo:
    return OptionsNbbo(
        at, at, i, f"bench:q:{i}", "options.nbbo.v1", "bench", contract.option_contract_id,
        contract.underlying_id, "stream", (mid_cents - 5) / 100, (mid_cents + 5) / 100, 11, 13,
    )  # fmt: skip


def _print(
    contract: ContractId, at: int, i: int, price: float, size: int, venue: str, code: str
) -> OptionsPrint:
    return OptionsPrint(
        at, at, i, f"bench:p:{i}", "options.prints.v1", "bench", contract.option_contract_id,
        contract.underlying_id, contract.root, contract.right, "default", venue, contract.expiry,
        100, size, contract.strike, price, False, False, (code,), (code,),
    )  # fmt: skip


class Stopwatch:
    """Time spent inside wrapped functions, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time added to `name`."""
        self.seconds[name] = 0.0
        self.calls[name] = 0

        def timed(*args: Any) -> Any:  # noqa: ANN401 - passes through
            started = time.perf_counter()
            result = function(*args)
            self.seconds[name] += time.perf_counter() - started
            self.calls[name] += 1
            return result

        return timed


def _batches(events: list[Event]) -> Iterator[list[Event]]:
    for at in range(0, len(events), BATCH):
        yield events[at : at + BATCH]


def _run(engine: OptionsEngine, events: list[Event]) -> tuple[float, int]:
    derived = 0
    started = time.perf_counter()
    for batch in _batches(events):
        derived += len(engine.process(batch))
    derived += len(engine.finish())
    return time.perf_counter() - started, derived


def measure(prints: int, contracts: int, rate: int, tickets: str) -> dict[str, object]:
    """Return speed and stage times of one row of the table."""
    events = list(tape_events(prints, contracts, rate, tickets))
    seconds, derived = min(_run(OptionsEngine(OptionsConfig()), events) for _ in range(2))
    watched = OptionsEngine(OptionsConfig())
    watch = Stopwatch()
    parts: Any = watched
    parts._stage.join = watch.wrap("join_and_iv", parts._stage.join)
    parts._clusterer.fire = watch.wrap("packets", parts._clusterer.fire)
    parts._inference.on_packet = watch.wrap("inference", parts._inference.on_packet)
    total, _ = _run(watched, events)
    packets = max(watch.calls["inference"], 1)
    started = time.perf_counter()
    state = watched.snapshot()
    snapshot_s = time.perf_counter() - started
    tape = total - sum(watch.seconds.values())
    return {
        "contracts": contracts,
        "prints_per_s": round(prints / seconds),
        "derived": derived,
        "packets": packets,
        "us_per_print": {
            "all": round(seconds / prints * 1e6, 1),
            "join_and_iv": round(watch.seconds["join_and_iv"] / prints * 1e6, 1),
            "tape_and_clustering": round(tape / prints * 1e6, 1),
        },
        "us_per_packet": {
            "packets": round(watch.seconds["packets"] / packets * 1e6, 1),
            "inference": round(watch.seconds["inference"] / packets * 1e6, 1),
        },
        "snapshot": {"bytes": len(state), "ms": round(snapshot_s * 1e3, 1)},
    }


def soak(prints: int, contracts: int, rate: int, tickets: str) -> dict[str, object]:
    """Return the resident memory of one engine after each twentieth of a long tape."""
    engine = OptionsEngine(OptionsConfig())
    events = tape_events(prints, contracts, rate, tickets)
    resident: list[int] = []
    started = time.perf_counter()
    done = 0
    while batch := list(islice(events, BATCH)):
        engine.process(batch)
        done += sum(type(record) is OptionsPrint for record, _ in batch)
        if done * SOAK_STEPS >= prints * (len(resident) + 1):
            resident.append(_resident_mb())
    return {
        "contracts": contracts,
        "prints": done,
        "prints_per_s": round(done / (time.perf_counter() - started)),
        "resident_mb": resident,
        "snapshot_mb": round(len(engine.snapshot()) / 1e6),
    }


def _resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * resource.getpagesize() / 1e6)


def main() -> None:
    """Run the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prints", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=1_000, help="prints a second of event time")
    parser.add_argument("--contracts", default=",".join(map(str, CONTRACTS)))
    parser.add_argument("--tickets", choices=("market", "large"), default="market")
    parser.add_argument("--soak", action="store_true", help="one long run: memory over time")
    options = parser.parse_args()
    if options.soak:
        contracts = int(options.contracts.split(",")[-1])
        found = soak(options.prints, contracts, options.rate, options.tickets)
        print(json.dumps({"benchmark": "options_engine", "soak": found}, indent=2))
        return
    # Calendars and caches are not what is measured.
    measure(1_000, 40, options.rate, options.tickets)
    rows = [
        measure(options.prints, int(contracts), options.rate, options.tickets)
        for contracts in options.contracts.split(",")
    ]
    speeds = [float(str(row["prints_per_s"])) for row in rows]
    print(
        json.dumps(
            {
                "benchmark": "options_engine",
                "python": platform.python_version(),
                "numpy": np.__version__,
                "machine": platform.processor() or platform.machine(),
                "prints": options.prints,
                "rate": options.rate,
                "tickets": options.tickets,
                "rows": rows,
                "flatness": round(min(speeds) / max(speeds), 3),
                "peak_rss_mb": round(
                    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                    / (1024 if sys.platform == "linux" else 1024**2)
                ),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
