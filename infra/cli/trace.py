"""`islandflow trace`: any id, back to the prints."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.cli.output import print_json
from infra.evidence import EvidenceResolver
from infra.evidence import Node
from infra.pipeline.services import services
from infra.settings import load_settings
from infra.tables import open_tables

SHOWN_PRINTS = 20


def trace(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="Alert, hit, event, packet or print id.")
    ],
    data: DataOption = None,
    all_prints: Annotated[
        bool, typer.Option("--all", help="Show every print, not the first 20.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """
    Show the whole evidence chain behind an id, down to the prints.

    [dim]Examples[/dim]

      islandflow trace al:sm:pk:VST-2025-06-20-175-C:file-tos:… --data ./vst

      islandflow trace pk:SPY-2024-06-21-500-C:… --data ./spy --json
    """
    settings = load_settings().services
    folder = data or settings.islandflow_data_dir
    with services(settings, folder) as addresses, open_tables(settings, addresses) as tables:
        node = EvidenceResolver(tables).resolve(identifier)
    if as_json:
        print_json(node.as_json())
        return
    tree = Tree(_label(node))
    _grow(tree, node, None if all_prints else SHOWN_PRINTS, set())
    console().print(tree)
    missing = node.missing_ids()
    if missing:
        console().print(f"[red]{len(missing)} ids did not resolve:[/red] {', '.join(missing[:5])}")


def _grow(tree: Tree, node: Node, limit: int | None, shown: set[str]) -> None:
    shown.add(node.id)
    for line in _evidence(node):
        tree.add(f"[dim]{escape(line)}[/dim]")
    prints = [child for child in node.children if child.kind == "option_print"]
    for child in node.children:
        if child.kind == "option_print":
            continue
        if child.id in shown:
            tree.add(f"[dim]rests on {escape(child.id)}, shown above[/dim]")
        else:
            _grow(tree.add(_label(child)), child, limit, shown)
    for child in prints[:limit]:
        tree.add(_label(child))
    if limit is not None and len(prints) > limit:
        tree.add(f"[dim]… and {len(prints) - limit} more prints (--all shows them)[/dim]")


def _label(node: Node) -> str:
    row = node.record
    at = f"{eastern(int(row['source_ts']), date=True)} ET"
    named = f"[dim]{escape(node.id)}[/dim]"
    if node.kind == "alert":
        what = f"[bold]{row['severity']} {row['score']}[/bold] {escape(row['headline'])}"
        return f"{what}  {at}  {named}"
    if node.kind == "classifier_hit":
        what = f"[cyan]{row['classifier_id']}[/cyan] {row['direction']}"
        return f"{what} {row['confidence']:.2f}  {named}"
    if node.kind == "smart_money":
        primary = row["primary_profile_id"] or "abstained"
        what = f"[magenta]{primary}[/magenta] {row['primary_direction']}"
        probability = row["confidence"]["probability"]
        return f"{what} {probability:.2f}, evidence {row['evidence_grade']}  {named}"
    if node.kind == "flow_packet":
        features = row["features"]
        return (
            f"[yellow]packet[/yellow] {row['option_contract_id']} {features['total_size']:,} "
            f"contracts, {dollars(features['total_premium'])}, {row['member_count']} prints, "
            f"{features['order_shape']}  {at}  {named}"
        )
    codes = " ".join(row["conditions"]) or "-"
    return (
        f"{at}  {row['option_contract_id']}  {row['size']:,} @ {row['price']:g}  "
        f"{row['nbbo_side']}  {row['exchange'] or '-'}  {codes}  {named}"
    )


def _evidence(node: Node) -> list[str]:
    row = node.record
    if node.kind == "alert":
        return list(row["why"])
    if node.kind == "classifier_hit":
        return list(row["explanations"])
    if node.kind == "smart_money":
        reasons = (
            row["abstention_reasons"] if row["abstained"] else row["profile_scores"][0]["reasons"]
        )
        return [", ".join(reasons)] if reasons else []
    return []
