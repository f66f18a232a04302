"""Entry point of the `islandflow` command."""

import logging
import os
import signal
import sys
from types import FrameType

import structlog
import typer
from rich.markup import escape

from connectors.errors import ConnectorError
from flows.errors import FlowError
from infra.cli import auth
from infra.cli import dead_letters
from infra.cli import feed
from infra.cli import replay
from infra.cli import runs
from infra.cli import topics
from infra.cli.backtest import backtest
from infra.cli.chart import chart
from infra.cli.doctor import doctor
from infra.cli.evaluate import evaluate
from infra.cli.gateway import gateway
from infra.cli.output import error_console
from infra.cli.run import run
from infra.cli.settle import settle
from infra.cli.sql import sql
from infra.cli.structures import structures
from infra.cli.trace import trace
from infra.cli.up import up
from infra.cli.version import version
from infra.errors import InfraError

app = typer.Typer(
    help="Real-time options flow and off-exchange prints: prints in, evidence-linked alerts out.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
COMMANDS = (
    *(run, up, gateway, backtest, chart, trace, structures, evaluate, settle, sql, doctor, version),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(auth.app, name="auth")
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(feed.app, name="feed")
app.add_typer(replay.app, name="replay")
app.add_typer(runs.app, name="runs")


def _terminated(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; a known error becomes one line and an exit code."""
    # Asked to end, what was started is stopped on the way out, as after Ctrl-C.
    signal.signal(signal.SIGTERM, _terminated)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        app()
    except (InfraError, ConnectorError, FlowError) as error:
        error_console().print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(getattr(error, "exit_code", 1))
    except BrokenPipeError:
        # Who read our output has enough (`… | head`); Python's last flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        error_console().print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        error_console().print("stopped; the same command goes on from here when it names --data")
        sys.exit(130)
