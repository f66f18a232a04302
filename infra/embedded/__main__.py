"""`python -m infra.embedded --data DIR`: the embedded services until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import structlog

from infra.embedded.ports import EmbeddedPorts
from infra.embedded.server import ServerConfig
from infra.embedded.server import StackServer
from infra.embedded.stack import EXIT_MISCONFIGURED
from infra.embedded.stack import refusal_of
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra


def main() -> int:
    """
    Run the services.

    Returns
    -------
    int
        0 after a clean stop, 2 when something has to be configured otherwise (the last line on
        standard error says what), 1 when a service failed.
    """
    config = _config(sys.argv[1:])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        asyncio.run(_run(config))
    except MisconfiguredInfra as error:
        sys.stderr.write(f"{refusal_of(os.getpid())}{error}\n")
        return EXIT_MISCONFIGURED
    except InfraError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _run(config: ServerConfig) -> None:
    await StackServer(config).run()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        msg = f"port is {port}, expected 0 to 65535"
        raise argparse.ArgumentTypeError(msg)
    return port


def _config(arguments: list[str]) -> ServerConfig:
    parser = argparse.ArgumentParser(prog="python -m infra.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of everything they keep")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    for service in ("kafka", "registry", "clickhouse", "redis"):
        text = "0 takes the port used before, or a free one"
        parser.add_argument(f"--{service}-port", type=_port, default=0, help=text)
    parser.add_argument("--kafka-fsync-ms", type=int, default=100, help="longest time unsynced")
    parser.add_argument(
        "--die-with-parent",
        type=int,
        nargs="?",
        const=os.getppid(),
        metavar="PID",
        help="stop when the process that started this one is gone",
    )
    found = parser.parse_args(arguments)
    return ServerConfig(
        data_dir=found.data.resolve(),
        host=found.host,
        ports=EmbeddedPorts(
            found.kafka_port, found.registry_port, found.clickhouse_port, found.redis_port
        ),
        fsync_ms=found.kafka_fsync_ms,
        parent_pid=found.die_with_parent,
    )


if __name__ == "__main__":
    raise SystemExit(main())
