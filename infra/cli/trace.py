"""`islandflow trace`: any id, back to the prints."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

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
from infra.cli.trace_equities import LABELS
from infra.cli.trace_equities import prints_statement
from infra.cli.trace_equities import reasons
from infra.evidence import EvidenceResolver
from infra.evidence import Node
from infra.evidence import Row
from infra.settings import load_settings
from infra.tables import open_tables

SHOWN_PRINTS = 20
# What is shown a line each under what rests on it, the first of them only.
_LINES = {"option_print": "print", "equity_join": "join"}


def trace(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id of any record: alert, inference, packet, join, print, …"
        ),
    ],
    data: DataOption = None,
    run: RunOption = "",
    all_prints: Annotated[
        bool, typer.Option("--all", help="Show every print or join, not the first 20.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """
    Show the whole evidence chain behind an id, down to the prints and their quotes.

    [dim]Examples[/dim]

      islandflow trace al:sm:pk:VST-2025-06-20-175-C:file-tos:… --data ./vst

      islandflow trace alert:dark.absorbed_block:BAC:dark:… --data ./bac

      islandflow trace state:file-lean:BAC:hysteresis-1:1381240810000000000 --data ./bac

      islandflow trace pk:SPY-2024-06-21-500-C:… --data ./spy --json
    """
    settings = tables_of(load_settings().services, run)
    with stored_services(settings, data) as addresses, open_tables(settings, addresses) as tables:
        node = EvidenceResolver(tables).resolve(identifier)
    if as_json:
        print_json(node.as_json())
        return
    tree = Tree(_label(node))
    _grow(tree, node, None if all_prints else SHOWN_PRINTS, set())
    out = console()
    out.print(tree)
    statement = prints_statement(node.kind, node.record)
    if statement is not None:
        out.print("[dim]The prints of its window:[/dim]")
        out.print(escape(f'islandflow sql "{statement}"'), soft_wrap=True)
    missing = tuple(dict.fromkeys(node.missing_ids()))
    if missing:
        named = escape(", ".join(missing[:5]))
        out.print(f"[red]{counted(len(missing), 'id')} did not resolve:[/red] {named}")


def _grow(tree: Tree, node: Node, limit: int | None, shown: set[str]) -> None:
    shown.add(node.id)
    for line in _evidence(node):
        tree.add(f"[dim]{escape(line)}[/dim]")
    lines = [child for child in node.children if child.kind in _LINES]
    for child in node.children:
        if child.kind in _LINES:
            continue
        if child.id in shown:
            tree.add(f"[dim]rests on {escape(child.id)}, shown above[/dim]")
        else:
            _grow(tree.add(_label(child)), _without_repeats(child, node), limit, shown)
    for child in lines[:limit]:
        tree.add(_print_line(child, node) if child.kind == "option_print" else _label(child))
    if limit is not None and len(lines) > limit:
        rest = counted(len(lines) - limit, f"more {_LINES[lines[-1].kind]}")
        tree.add(f"[dim]… and {rest}; --all shows every one[/dim]")


def _without_repeats(node: Node, parent: Node) -> Node:
    """Return a record without what stands in the tree already."""
    if node.kind == "dark" and parent.kind == "alert":
        told = set(parent.record["why"])
        left = [line for line in node.record["explanations"] if line not in told]
        return replace(node, record={**node.record, "explanations": left})
    if node.kind == "signal" and parent.kind == "alert":
        return replace(node, record={**node.record, "reason": ""})
    return _without_leg_prints(node, parent)


def _without_leg_prints(node: Node, parent: Node) -> Node:
    """Return a structure without the prints of its legs, which stand beside it with theirs."""
    if node.kind != "flow_packet" or node.record["packet_kind"] != "structure":
        return node
    held = {
        leaf.id
        for other in parent.children
        if other is not node and other.kind == "flow_packet"
        for leaf in other.children
    }
    return replace(node, children=[child for child in node.children if child.id not in held])


def _label(node: Node) -> str:
    """Return what a record is, with its id on a line of its own: ids are for copying."""
    return f"{_what(node)}\n[dim]{escape(node.id)}[/dim]"


def _what(node: Node) -> str:
    row = node.record
    if node.kind in LABELS:
        return LABELS[node.kind](row)
    at = f"{eastern(int(row['source_ts']), date=True)} ET"
    if node.kind == "alert":
        state = "" if row["state"] == "open" else f"  {row['state']}"
        return (
            f"[bold]{row['severity']} {row['score']}[/bold] {escape(row['headline'])}  {at}{state}"
        )
    if node.kind == "classifier_hit":
        if row["retracted"]:
            return f"[cyan]{row['classifier_id']}[/cyan] retracted"
        confidence = f"confidence {row['confidence']:.0%}"
        return f"[cyan]{row['classifier_id']}[/cyan] {row['direction']}, {confidence}"
    if node.kind == "smart_money":
        grade = f"evidence {row['evidence_grade']}"
        if row["primary_profile_id"] is None:
            return f"[magenta]no profile named[/magenta], {grade}"
        probability = f"probability {row['confidence']['probability']:.0%}"
        named = f"[magenta]{row['primary_profile_id']}[/magenta] {row['primary_direction']}"
        return f"{named}, {probability}, {grade}"
    if node.kind == "flow_packet":
        features = row["features"]
        if row["packet_kind"] == "structure":
            return _structure(row, at)
        return (
            f"[yellow]packet[/yellow] {row['option_contract_id']} "
            f"{counted(features['total_size'], 'contract')}, "
            f"{dollars(features['total_premium'])}, {counted(row['member_count'], 'print')}, "
            f"{features['order_shape']}  {at}"
        )
    if node.kind == "event_calendar":
        days = eastern(int(row["event_ts"]), date=True)
        return f"[blue]event[/blue] {row['kind']} of {row['underlying_id']} {days} ET"
    if node.kind == "oi_snapshot":
        return (
            f"[blue]open interest[/blue] {row['option_contract_id']} {row['oi']:,} at the end of "
            f"{row['as_of_date']}"
        )
    if node.kind == "baseline_snapshot":
        return f"[blue]baseline[/blue] {row['snapshot_id']}"
    return f"{at}  {row['option_contract_id']}  {_trade(row)}"


def _structure(row: Row, at: str) -> str:
    """Return a structure packet in one line: what it is, its legs, what it cost."""
    found = row["structure"]
    legs = ", ".join(
        [
            f"{leg['side']} {leg['size']:,} {leg['option_contract_id']} @ {leg['price']:.2f}"
            for leg in row["legs"]
        ]
    )
    net = found["net_price"]
    cost = "" if net is None else f", net {abs(net):.2f} {'debit' if net > 0 else 'credit'}"
    return (
        f"[yellow]{found['type'].replace('_', ' ')}[/yellow] {found['package_side']}{cost}: {legs}"
        f"  {at}"
    )


def _print_line(node: Node, packet: Node) -> str:
    """Return a print under its packet, which names the day and the contract already."""
    row = node.record
    is_same = row["option_contract_id"] == packet.record["option_contract_id"]
    contract = "" if is_same else f"{row['option_contract_id']}  "
    at = eastern(int(row["source_ts"]))
    return f"{at}  {contract}{_trade(row)}  [dim]{escape(node.id)}[/dim]"


def _trade(row: Row) -> str:
    codes = " ".join(row["conditions"])
    price = f"{row['price']:.2f}" if _is_cents(row["price"]) else f"{row['price']:g}"
    parts = [f"{row['size']:>5,} @ {price:<6}", f"{row['nbbo_side']:<3}", row["exchange"] or "-"]
    if codes:
        parts.append(codes)
    if row["reversed"]:
        parts.append("[red]cancelled[/red]")
    return "  ".join(parts)


def _is_cents(price: float) -> bool:
    return abs(price * 100 - round(price * 100)) < 1e-6


def _evidence(node: Node) -> list[str]:
    row = node.record
    if node.kind == "alert":
        return [line for line in row["why"] if line != row["headline"]]
    if node.kind == "classifier_hit":
        return list(row["explanations"])
    if node.kind == "smart_money":
        found = (
            row["abstention_reasons"] if row["abstained"] else row["profile_scores"][0]["reasons"]
        )
        return [", ".join(reason.replace("_", " ") for reason in found)] if found else []
    return reasons(node.kind, row)
