"""Run the broker alone: `python -m infra.embedded.kafka --data DIR [--port N]`."""

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
from pathlib import Path

import structlog

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig
from infra.errors import InfraError


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    # Standard output carries only the address line, for the program that started this one.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    arguments = _parser().parse_args()
    try:
        config = BrokerConfig(
            data_dir=arguments.data,
            host=arguments.host,
            port=arguments.port,
            fsync_ms=arguments.fsync_ms,
        )
        asyncio.run(_serve(config))
    except InfraError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.kafka", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the log")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port, 0 for any free one")
    parser.add_argument("--fsync-ms", type=int, default=100, help="longest delay of an fsync")
    return parser


async def _serve(config: BrokerConfig) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    broker = KafkaBroker(config)
    await broker.start()
    # What is alive now stays alive: keep the collector from walking it again and again.
    gc.collect()
    gc.freeze()
    sys.stdout.write(json.dumps({"kafka": f"{config.host}:{broker.port}"}) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await broker.stop()


if __name__ == "__main__":
    sys.exit(main())
