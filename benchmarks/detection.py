"""How well labelled activity is recognised: every scenario, and a stretch of the market.

`python -m benchmarks.detection [--seeds N] [--minutes M]` runs each scenario of the synthetic
market with seeds 1 to N, and the market for M virtual minutes with and without scenarios, all
through the real dataflow, and prints one JSON object: precision and recall per profile and
classifier, abstention rate, Brier score, five calibration buckets, alerts a virtual minute.
"""

import argparse
import json
import logging
import platform
import sys
import time
from datetime import datetime
from typing import Any
from typing import Final

import msgspec
import structlog

from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.scenarios import scenario_ids
from flows.options.config import OptionsConfig
from infra.evaluation.market import MarketResult
from infra.evaluation.market import run_market
from infra.evaluation.metrics import measure
from infra.evaluation.scenarios import evaluate_scenarios

START_NS: Final = int(datetime.fromisoformat("2025-06-03T10:00:00-04:00").timestamp()) * 10**9


def _market(result: MarketResult) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(result)
    del found["outcomes"]
    found["passed"] = sum(each.is_pass for each in result.outcomes)
    found["alerts_per_minute"] = round(result.alerts / result.minutes, 3)
    found["metrics"] = msgspec.to_builtins(measure(result.outcomes))
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20, help="runs of each scenario")
    parser.add_argument("--minutes", type=int, default=20, help="virtual minutes of the market")
    parser.add_argument("--mode", default="realistic", help="of the market")
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    config = OptionsConfig()
    began = time.perf_counter()
    evaluation = evaluate_scenarios(scenario_ids(), range(1, options.seeds + 1), config)
    elapsed_s = time.perf_counter() - began
    markets = {
        name: _market(
            run_market(
                SyntheticConfig(
                    seed=1, start_ts=START_NS, mode=options.mode, scenarios=name == "scenarios"
                ),
                options.minutes,
                config,
            )
        )
        for name in ("scenarios", "background")
    }
    answer = {
        "benchmark": "detection",
        "python": platform.python_version(),
        "seeds": options.seeds,
        "elapsed_s": round(elapsed_s, 1),
        "is_met": evaluation.is_met,
        "scenarios": msgspec.to_builtins(evaluation.scenarios),
        "metrics": msgspec.to_builtins(measure(evaluation.outcomes)),
        "market": {"mode": options.mode, **markets},
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
