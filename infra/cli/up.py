"""`islandflow up`: the live stack."""

import signal
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from infra.cli.options import DataOption
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import table
from infra.embedded.stack import StackAddresses
from infra.pipeline.gateway import GatewayPlan
from infra.pipeline.gateway import plan_gateway
from infra.pipeline.live import LiveStack
from infra.pipeline.live import Status
from infra.pipeline.live import feed_command
from infra.pipeline.occupancy import sole_pipeline
from infra.pipeline.services import services
from infra.settings import ServiceSettings
from infra.settings import load_settings

SHOWN_ALERTS = 12
REFRESH_S = 0.5
PLAIN_EVERY_S = 5.0


class UpFeed(StrEnum):
    """What the live stack is fed with."""

    SYNTHETIC = "synthetic"
    FILE = "file"
    NONE = "none"


def up(
    feed: Annotated[
        UpFeed | None,
        typer.Option(help="What to feed it with; $OPTIONS_INGEST_ADAPTER or synthetic without it."),
    ] = None,
    path: Annotated[
        Path | None, typer.Option(help="File or folder of --feed file; $FILE_FEED_PATH without it.")
    ] = None,
    for_s: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=1, help="Stop by itself.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=8, help="Processes of each deriving flow.")
    ] = 1,
    with_gateway: Annotated[
        bool,
        typer.Option("--gateway/--no-gateway", help="Serve REST, sockets and the terminal too."),
    ] = True,
    data: DataOption = None,
) -> None:
    """
    Start services, feed, flows and gateway, and show what happens; Ctrl-C stops everything cleanly.

    Started again on the same folder, it goes on where it stopped.

    [dim]Examples[/dim]

      islandflow up

      SYNTHETIC_MARKET_MODE=active islandflow up --for 60

      islandflow up --feed file --path VST_tape.csv --no-gateway

      FILE_FEED_SPEED=60 islandflow up --feed file --path bac/
    """
    settings = load_settings()
    folder = data or settings.services.islandflow_data_dir
    chosen = feed or UpFeed(settings.feed.options_ingest_adapter)
    command = feed_command(settings.feed, chosen.value, path, folder)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    out = console()
    with (
        sole_pipeline(folder),
        _started(out, settings.services, folder) as addresses,
    ):
        gateway = plan_gateway(settings.gateway) if with_gateway else None
        _tell_addresses(out, addresses, gateway)
        live = LiveStack(
            settings,
            addresses,
            folder,
            feed_command=command,
            workers=workers,
            gateway=gateway,
        )
        with live:
            _watch(out, live, stop, for_s)
            out.print("stopping: feed, flows, services …")
        status = live.status
    out.print(
        f"stopped with {counted(status.prints, 'print')} and {counted(status.alerts, 'alert')} in "
        "the log; start again to go on"
    )


@contextmanager
def _started(out: Console, settings: ServiceSettings, folder: Path) -> Iterator[StackAddresses]:
    out.print(f"starting services on [bold]{escape(str(folder))}[/bold] …", soft_wrap=True)
    with services(settings, folder, fixed_ports=True) as addresses:
        yield addresses


def _tell_addresses(out: Console, addresses: StackAddresses, gateway: GatewayPlan | None) -> None:
    rows = [
        ("Kafka", addresses.kafka, f"kcat -b {addresses.kafka} -L"),
        ("Schema Registry", addresses.registry, f"curl {addresses.registry}/subjects"),
        ("ClickHouse", addresses.clickhouse, f"curl '{addresses.clickhouse}/?query=SELECT+1'"),
        ("Redis", addresses.redis, ""),
    ]
    if gateway is not None:
        rows.append(("Gateway", gateway.url, f"curl {gateway.url}/health"))
    out.print(table("", ("service", "address", "try"), rows))
    if gateway is None:
        return
    out.print(f"\nopen the terminal at [bold]{gateway.url}[/bold]", soft_wrap=True)
    if gateway.is_open:
        out.print(
            "[dim]whoever uses this machine may open it; `islandflow auth set-password` makes it "
            "ask[/dim]",
            soft_wrap=True,
        )


def _watch(out: Console, live: LiveStack, stop: threading.Event, for_s: float | None) -> None:
    began = live.now_s()

    def is_over() -> bool:
        return stop.is_set() or (for_s is not None and live.now_s() - began >= for_s)

    if not out.is_terminal:
        _watch_plain(out, live, stop, is_over)
        return
    with Live(console=out, auto_refresh=False, transient=False) as screen:
        while not is_over():
            screen.update(_screen(live.look()), refresh=True)
            stop.wait(REFRESH_S)


def _watch_plain(
    out: Console, live: LiveStack, stop: threading.Event, is_over: Callable[[], bool]
) -> None:
    shown: set[tuple[str, int]] = set()
    last_line_s = -PLAIN_EVERY_S
    while not is_over():
        status = live.look()
        for alert in reversed(status.recent):
            if (alert.alert_id, alert.revision) not in shown:
                shown.add((alert.alert_id, alert.revision))
                out.print(
                    f"{eastern(alert.source_ts)} ET  {alert.score:>3} {alert.severity:<6} "
                    f"{alert.kind}  {escape(alert.headline)}",
                    soft_wrap=True,
                )
        if live.now_s() - last_line_s >= PLAIN_EVERY_S:
            last_line_s = live.now_s()
            out.print(_line(status), soft_wrap=True)
        stop.wait(REFRESH_S)


def _line(status: Status) -> str:
    return (
        f"prints {status.prints:,} ({status.prints_per_s:,.0f}/s)  "
        + (f"of equities {status.equity_prints:,}  " if status.equity_prints else "")
        + f"quotes {status.quotes:,} ({status.quotes_per_s:,.0f}/s)  "
        f"packets {status.packets:,}  "
        + (f"joins {status.joins:,}  inferred {status.inferred:,}  " if status.joins else "")
        + f"alerts {status.alerts:,}  "
        f"to derive {status.derive_lag:,}  to store {status.store_lag:,}"
        + (f"  dead letters {status.dead_letters:,}" if status.dead_letters else "")
        + (f"  restarts {status.restarts}" if status.restarts else "")
        + ("  (as of before: the broker does not answer)" if status.is_silent else "")
    )


def _screen(status: Status) -> Group:
    rows = []
    for alert in status.recent[:SHOWN_ALERTS]:
        color = {"high": "red", "medium": "yellow"}.get(alert.severity, "white")
        rows.append(
            (
                eastern(alert.source_ts),
                f"[{color}]{alert.score} {alert.severity}[/{color}]",
                alert.kind,
                alert.direction,
                escape(alert.headline),
            )
        )
    alerts = table("Alerts", ("ET", "score", "kind", "direction", "what"), rows)
    if not rows:
        waiting = "waiting for the first alert; the tape has to do something remarkable"
        return Group(Text(_line(status), style="bold"), alerts, Text(waiting, style="dim"))
    return Group(Text(_line(status), style="bold"), alerts)
