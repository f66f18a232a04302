"""`islandflow structures`: multi-leg structures, leg by leg, to be checked by hand."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Annotated
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import RunOption
from infra.cli.options import stored_services
from infra.cli.options import tables_of
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.cli.output import print_json
from infra.evidence import Row
from infra.evidence import Store
from infra.settings import load_settings
from infra.tables import open_tables

SHOWN = 20
# Longer lists of ids are asked for in pieces: a statement has a length.
IDS_PER_QUERY = 200
COLORS = {"bullish": "green", "bearish": "red"}

_WANTED = (
    "packet_kind = 'structure' AND ({underlying:String} = '' OR underlying_id = "
    "{underlying:String}) AND ({type:String} = '' OR structure.type = {type:String}) AND "
    "startsWith(toString(toDateTime(intDiv(start_ts, 1000000000), 'America/New_York')), "
    "{at:String})"
)
_TYPES = (
    "SELECT structure.type AS type, count() AS n FROM flow_packets FINAL WHERE "  # noqa: S608 - our own text
    f"{_WANTED} GROUP BY type ORDER BY n DESC, type"
)
_STRUCTURES = (
    "SELECT id, source_ts, start_ts, end_ts, underlying_id, revision, members, legs, structure, "  # noqa: S608 - as above
    "features.total_size AS total_size, aggressor_stack FROM flow_packets FINAL "
    f"WHERE {_WANTED} ORDER BY source_ts DESC, id LIMIT {{limit:UInt32}}"
)
_QUOTES = (
    "SELECT trace_id, option_contract_id, source_ts, nbbo_bid, nbbo_ask FROM options_tape FINAL "
    "WHERE trace_id IN {ids:Array(String)}"
)

Quotes = Mapping[tuple[str, str], tuple[float, float]]


def structures(
    data: DataOption = None,
    run: RunOption = "",
    underlying: Annotated[str, typer.Option(help="Only this underlying, e.g. SPY.")] = "",
    kind: Annotated[str, typer.Option("--type", help="Only this type, e.g. vertical.")] = "",
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Only what began then, Eastern: a day, hour, minute or second."
        ),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Newest so many.")] = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """
    Show the structures that were found, newest first, with what each rests on.

    A leg's place is 0 at the bid and 1 at the ask of its last print's quote, shown beside it; the
    package's is the same for all legs together. Prices are dollars per unit, debits positive.

    [dim]Examples[/dim]

      islandflow structures --data ./recorded

      islandflow structures --underlying SPY --type vertical --limit 5

      islandflow structures --at "2025-05-23 10:17" --data ./vst

      islandflow structures --json --limit 1000
    """
    settings = tables_of(load_settings().services, run)
    with stored_services(settings, data) as addresses, open_tables(settings, addresses) as tables:
        wanted = {"underlying": underlying.upper(), "type": kind.lower(), "at": at}
        counts = {str(row["type"]): int(row["n"]) for row in tables.rows(_TYPES, wanted)}
        rows = tables.rows(_STRUCTURES, {**wanted, "limit": limit})
        quotes = leg_quotes(tables, rows)
    if as_json:
        print_json([_plain(row, quotes) for row in rows])
        return
    out = console()
    total = sum(counts.values())
    newest = f", the newest {len(rows):,}" if total > len(rows) else ""
    out.print(f"[bold]{counted(total, 'structure')}[/bold]{newest}")
    if total > 1:
        out.print(f"[dim]{', '.join(f'{name} {count:,}' for name, count in counts.items())}[/dim]")
    for row in rows:
        _show(out, row, quotes)


def leg_quotes(store: Store, rows: Sequence[Row]) -> Quotes:
    """
    Return bid and ask behind each leg, as joined to the leg's last print.

    Parameters
    ----------
    store : Store
        The tables.
    rows : sequence of rows
        Structure packets with `id` and `members`.

    Returns
    -------
    Mapping
        (packet id, contract) → (bid, ask); without an entry where no print had a quote.
    """
    owners: dict[str, list[str]] = {}
    for row in rows:
        for print_id in row["members"]:
            owners.setdefault(str(print_id), []).append(str(row["id"]))
    found: dict[tuple[str, str], tuple[float, float]] = {}
    prints = sorted(_tape(store, list(owners)), key=lambda row: int(row["source_ts"]))
    for row in prints:
        if row["nbbo_bid"] is None or row["nbbo_ask"] is None:
            continue
        for packet_id in owners[str(row["trace_id"])]:
            key = packet_id, str(row["option_contract_id"])
            found[key] = float(row["nbbo_bid"]), float(row["nbbo_ask"])
    return found


def _tape(store: Store, ids: list[str]) -> Iterator[Row]:
    for at in range(0, len(ids), IDS_PER_QUERY):
        yield from store.rows(_QUOTES, {"ids": ids[at : at + IDS_PER_QUERY]})


def _plain(row: Row, quotes: Quotes) -> dict[str, Any]:
    legs = [
        {**leg, "nbbo": quotes.get((str(row["id"]), str(leg["option_contract_id"])))}
        for leg in row["legs"]
    ]
    return {**row, "time_et": eastern(int(row["source_ts"]), date=True), "legs": legs}


def _show(out: Console, row: Row, quotes: Quotes) -> None:
    found = row["structure"]
    variant = f" {found['variant']}" if found["variant"] else ""
    color = COLORS.get(found["direction"], "yellow")
    out.print(
        f"\n{eastern(int(row['start_ts']), date=True)} ET  [bold]{row['underlying_id']} "
        f"{found['type']}{variant}[/bold]  [{color}]{found['direction']}[/{color}]  tier "
        f"{found['tier']}, confidence {found['confidence']:.2f}"
    )
    legs = Table(box=None, header_style="dim", padding=(0, 2, 0, 1))
    for name, right in (
        ("side", False),
        ("ratio", True),
        ("contract", False),
        ("size", True),
        ("price", True),
        ("bid × ask", True),
        ("place", True),
        ("delta", True),
        ("premium", True),
    ):
        legs.add_column(name, justify="right" if right else "left")
    for leg in row["legs"]:
        legs.add_row(*_leg(leg, quotes.get((str(row["id"]), str(leg["option_contract_id"])))))
    out.print(legs)
    for line in _economics(row):
        out.print(f" {line}", soft_wrap=True)
    out.print(f" [dim]{escape(str(row['id']))}[/dim]", soft_wrap=True)


def _leg(leg: Row, quote: tuple[float, float] | None) -> tuple[str, ...]:
    return (
        str(leg["side"]),
        f"{leg['ratio']}",
        str(leg["option_contract_id"]),
        f"{leg['size']:,}",
        _price(leg["price"]),
        "–" if quote is None else f"{quote[0]:.2f} × {quote[1]:.2f}",
        _number(leg["spread_position"], ".2f"),
        _number(leg["delta"], "+.3f"),
        dollars(leg["premium"]),
    )


def _economics(row: Row) -> list[str]:
    found = row["structure"]
    shares = found["net_delta_shares"]
    delta = "" if shares is None else f"net delta {round(shares):+,} shares, "
    side = f"{found['package_side']} with probability {found['package_probability']:.2f}"
    tied = ", stock-tied" if found["stock_tied"] else ""
    candidates = [f"{each['type']} {each['probability']:.2f}" for each in found["candidates"]]
    return [
        f"{_net(found)}; gross {dollars(found['gross_premium'])}, scored on "
        f"{dollars(found['premium_basis'])}",
        f"package {side}, place {_number(found['package_position'], '.2f')}; {delta}"
        f"net delta ratio {_number(found['net_delta_ratio'], '.2f')}, symmetry "
        f"{found['symmetry']:.2f}{tied}",
        *([f"candidates: {', '.join(candidates)}"] if len(candidates) > 1 else []),
    ]


def _net(found: Row) -> str:
    price, premium = found["net_price"], found["net_premium"]
    if price is None or premium is None:
        return "net unknown, as the package's side is"
    kind = "debit" if price > 0 else "credit" if price < 0 else "even"
    verb = "paid" if premium > 0 else "received"
    return f"net {_price(abs(price))} {kind}, {dollars(abs(premium))} {verb}"


def _price(value: float) -> str:
    """Return cents where it is cents, an average with what lies between."""
    is_cents = abs(value * 100 - round(value * 100)) < 1e-6
    return f"{value:,.2f}" if is_cents else f"{value:,.4f}"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"
