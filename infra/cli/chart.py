"""`islandflow chart`: a trading date in one picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.common.eastern import iso_date
from infra.chart.read import ChartRequest
from infra.chart.read import chart_data
from infra.chart.read import parse_date
from infra.chart.series import ChartData
from infra.chart.theme import THEMES
from infra.chart.theme import ThemeName
from infra.cli.options import DataOption
from infra.cli.options import RunOption
from infra.cli.options import stored_services
from infra.cli.options import tables_of
from infra.cli.output import console
from infra.cli.output import counted
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings
from infra.tables import open_tables

SUFFIXES = (".png", ".svg")


class Interval(StrEnum):
    """Bars a whole day can be drawn with."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"


class Hours(StrEnum):
    """What part of a trading date is drawn."""

    DAY = "day"
    RTH = "rth"


def chart(  # noqa: PLR0913, PLR0917 - one parameter an option
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Root symbol, e.g. SPY.")],
    day: Annotated[
        str,
        typer.Option("--date", metavar="DATE", help="Trading date; the newest there is without."),
    ] = "",
    interval: Annotated[Interval, typer.Option(help="Length of a bar.")] = Interval.M5,
    session: Annotated[
        Hours, typer.Option(help="Whole day from 04:00 to 20:00, or regular hours only.")
    ] = Hours.DAY,
    data: DataOption = None,
    run: RunOption = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write it, as .png or .svg."),
    ] = None,
    theme: Annotated[ThemeName, typer.Option(help="Colours.")] = ThemeName.DARK,
    opened: Annotated[bool, typer.Option("--open", help="Show it in the system's viewer.")] = False,
) -> None:
    """
    Draw a symbol's trading date: bars, volume by price, what was inferred.

    POC, VAH, VAL and the profile are those of the regular session, and so
    is the VWAP line.

    Inferred accumulation is marked below its bar, distribution above it, a
    block at its price, a zone by its band; a mark's area stands for shares.
    On a busy day the largest that fit are marked, and the strip below has
    the largest of every bar. Dotted wicks come from a print far from its
    neighbours.

    [dim]Examples[/dim]

      islandflow chart SPY --data ./recorded

      islandflow chart BAC --date 2013-10-08 --interval 1m --session rth --open

      islandflow chart AAPL --theme light --out ./aapl.svg
    """
    if out is not None and out.suffix.lower() not in SUFFIXES:
        msg = f"--out is {out}, expected a name that ends in .png or .svg"
        raise MisconfiguredInfra(msg)
    request = ChartRequest(
        symbol.upper(), interval.value, parse_date(day) if day else None, session is Hours.RTH
    )
    settings = tables_of(load_settings().services, run)
    with stored_services(settings, data) as addresses, open_tables(settings, addresses) as tables:
        found = chart_data(tables, request)
    # A second goes into loading it, which no other command has to wait for.
    from infra.chart.figure import picture  # noqa: PLC0415

    path = out if out is not None else Path(default_name(found))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(found, THEMES[theme], path.suffix.lower()))
    console().print(
        f"{path}  [dim]{counted(len(found.bars), 'bar')}, "
        f"{counted(len(found.inferences), 'inference')}[/dim]",
        soft_wrap=True,
    )
    if opened:
        typer.launch(str(path))


def default_name(data: ChartData) -> str:
    """
    Return the file a chart is written to where no other is asked for.

    Notes
    -----
    Symbols may hold dots and slashes, file names only the former.
    """
    symbol = data.symbol.replace("/", "-")
    return f"{symbol}-{iso_date(data.trade_date)}-{data.interval}.png"
