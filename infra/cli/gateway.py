"""`islandflow gateway`: REST, sockets and the terminal over a running or recorded stack."""

import dataclasses
import os
import sys
from typing import Annotated

import typer
from rich.markup import escape

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import print_json
from infra.pipeline.prepare import prepare
from infra.settings import Settings
from infra.settings import load_settings


def gateway(
    data: DataOption = None,
    host: Annotated[
        str | None, typer.Option(help="Bind address; $API_HOST or 127.0.0.1 without it.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="0 takes a free one; $API_PORT or 4000 without it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Serve REST, sockets and the terminal until Ctrl-C.

    On a folder where the services run it joins them, else it starts them. Asks for a password
    (islandflow auth set-password) unless API_AUTH=disabled, which only loopback may have.

    [dim]Examples[/dim]

      API_AUTH=disabled islandflow gateway --data ./vst

      islandflow gateway --port 0 --json
    """
    # The web framework takes a while to import; no other command needs it.
    from api.security.access_log import configure_log  # noqa: PLC0415
    from api.server import serve  # noqa: PLC0415

    settings = bound_to(load_settings(), host, port)
    configure_log()

    def tell(url: str) -> None:
        if as_json:
            print_json({"url": url, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            console().print(f"gateway: [bold]{escape(url)}[/bold]   Ctrl-C stops it")

    with stored_services(settings.services, data) as addresses:
        prepare(settings.services, addresses)
        serve(settings, addresses, data or settings.services.islandflow_data_dir, tell)


def bound_to(settings: Settings, host: str | None, port: int | None) -> Settings:
    """Return settings with another address, where one is given."""
    given = {"api_host": host, "api_port": port}
    changes = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(settings, gateway=settings.gateway.model_copy(update=changes))
