"""The whole chain behind the labels of one run, for people: features, terms, guards, caveats."""

from collections.abc import Iterable
from collections.abc import Sequence

from rich.console import Group
from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.scenarios import ScenarioRun
from infra.cli.output import counted
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.evaluation.match import Outcome
from infra.evaluation.views import DerivedRecord
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import PacketFeatures
from schemas.records import SmartMoneyEvent

SHOWN_PRINTS = 12
# In the order of the specification's features table, those the inferences look at.
FEATURES = (
    *("count", "total_size", "total_premium", "vwap", "max_print_size", "duration_ms"),
    *("inter_fill_ms_max", "venue_count", "order_shape", "sweep_kind", "is_block", "is_split"),
    *("iso_size_ratio", "placement_bias", "nbbo_aggressive_buy_ratio"),
    *("nbbo_aggressive_sell_ratio", "nbbo_inside_ratio", "nbbo_coverage_ratio"),
    *("nbbo_stale_ratio", "nbbo_missing_ratio", "expected_bias", "side_confidence"),
    *("side_conflict", "special_print_ratio", "complex_size_ratio", "stock_tied_size_ratio"),
    *("dte_days", "otm_pct", "atm_proximity", "is_etf", "execution_iv", "execution_iv_shock"),
    *("delta", "underlying_mid", "underlying_move_bps", "underlying_move_60s_bps"),
    *("underlying_sigma_bps", "strike_share_60s", "session_volume", "days_to_event"),
    *("expiry_after_event", "oi", "volume_oi_ratio", "size_oi_ratio"),
    *("opening_sides_lower_bound", "total_premium_z_eff", "total_premium_basis"),
    *("total_size_z_eff", "nbbo_spread_z_eff"),
)


def explain(
    run: ScenarioRun, derived: Sequence[DerivedRecord], outcomes: Iterable[Outcome]
) -> RenderableType:
    """
    Return a tree per label: prints, packets, events with their arithmetic, hits, alerts.

    Parameters
    ----------
    run : ScenarioRun
        What went in.
    derived : sequence of records
        What came out; every revision is shown.
    outcomes : iterable of Outcome
        Of the run's labels, in their order.
    """
    kinds = [type(item).__name__ for item in run.items]
    head = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    trees = [
        _label(label, outcome, derived) for label, outcome in zip(run.labels, outcomes, strict=True)
    ]
    return Group(Text(head, style="dim"), *trees)


def _label(label: Label, outcome: Outcome, derived: Sequence[DerivedRecord]) -> Tree:
    verdict = "[green]as expected[/green]" if outcome.is_pass else "[red]missed[/red]"
    tree = Tree(f"[bold]{label.scenario_id}[/bold] {outcome.run} {label.label_id}  {verdict}")
    for miss in outcome.misses:
        tree.add(f"[red]{escape(miss)}[/red]")
    prints = frozenset(label.print_trace_ids)
    rows = [row for row in derived if isinstance(row, OptionsTape) and row.trace_id in prints]
    _prints(tree, rows)
    packets = [
        packet
        for packet in derived
        if isinstance(packet, FlowPacket)
        and not (prints.isdisjoint(packet.members) and prints.isdisjoint(packet.reversed_print_ids))
    ]
    if not packets:
        tree.add("[yellow]no packet was published[/yellow]")
    known = {packet.id for packet in packets}
    for packet in packets:
        _packet(tree, packet, [each for each in derived if _rests_on(each, packet)])
    for hit in derived:
        if isinstance(hit, ClassifierHit) and hit.phase == "followup" and hit.packet_id in known:
            _hit(tree, hit)
    for alert in derived:
        if isinstance(alert, FlowAlert) and any(ref.id in known for ref in alert.evidence_refs):
            _alert(tree, alert)
    return tree


def _rests_on(record: DerivedRecord, packet: FlowPacket) -> bool:
    if isinstance(record, SmartMoneyEvent):
        return record.packet_ids[0] == packet.id and record.revision == packet.revision
    if isinstance(record, ClassifierHit):
        is_initial = record.phase != "followup"
        return is_initial and (record.packet_id, record.revision) == (packet.id, packet.revision)
    return False


def _prints(tree: Tree, rows: Sequence[OptionsTape]) -> None:
    branch = tree.add(f"[cyan]{counted(len(rows), 'print')}[/cyan]")
    for row in rows[:SHOWN_PRINTS]:
        branch.add(
            f"{eastern(row.source_ts, date=True)}  {row.option_contract_id}  {row.size:,} @ "
            f"{row.price:g}  {row.nbbo_bid}/{row.nbbo_ask}  {row.nbbo_side}  {row.exchange} "
            f"{' '.join(row.conditions)}  P({row.aggressor_side}) {row.aggressor_probability:.2f} "
            f"[dim]{row.aggressor_method}; iv {row.iv_status}; quality {row.join_quality:.2f}[/dim]"
        )
    if len(rows) > SHOWN_PRINTS:
        branch.add(f"[dim]… and {counted(len(rows) - SHOWN_PRINTS, 'more print')}[/dim]")


def _packet(tree: Tree, packet: FlowPacket, inferred: Sequence[DerivedRecord]) -> None:
    what = packet.option_contract_id or packet.packet_kind
    branch = tree.add(
        f"[yellow]packet[/yellow] {what}  {dollars(packet.features.total_premium)}  revision "
        f"{packet.revision}  known at {eastern(packet.source_ts)}\n[dim]{escape(packet.id)}[/dim]"
    )
    if packet.structure_id is not None:
        branch.add(f"leg of {escape(packet.structure_id)}")
    _structure(branch, packet)
    branch.add(f"[dim]{escape(_features(packet.features))}[/dim]")
    ext = {**packet.features_ext, "observation_quality": packet.join_quality.observation_quality}
    branch.add(f"[dim]{escape(_numbers(ext))}[/dim]")
    for record in inferred:
        if isinstance(record, SmartMoneyEvent):
            _event(branch, record)
        elif isinstance(record, ClassifierHit):
            _hit(branch, record)


def _structure(branch: Tree, packet: FlowPacket) -> None:
    found = packet.structure
    if found is None:
        return
    variant = "" if found.variant is None else f" {found.variant}"
    inner = branch.add(
        f"[yellow]{found.type}{variant}[/yellow] tier {found.tier} confidence "
        f"{found.confidence:.2f}, {found.package_side} at y {_number(found.package_position)}, "
        f"{found.direction}, "
        f"net {_number(found.net_price)}, basis {dollars(found.premium_basis)}, net delta ratio "
        f"{_number(found.net_delta_ratio)}, symmetry {found.symmetry:.2f}"
    )
    for leg in packet.legs:
        inner.add(
            f"{leg.side} {leg.ratio} × {leg.option_contract_id}  {leg.size:,} @ {leg.price:g}  "
            f"at {_number(leg.spread_position)} of bid × ask"
        )
    if len(found.candidates) > 1:
        inner.add(", ".join(f"{each.type} {each.probability:.2f}" for each in found.candidates))


def _features(features: PacketFeatures) -> str:
    return "  ".join(f"{name}={_plain(getattr(features, name))}" for name in FEATURES)


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name}={_plain(value)}" for name, value in values.items())


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _plain(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:.4g}" if isinstance(value, float) and abs(value) < 1e4 else str(value)


def _event(tree: Tree, event: SmartMoneyEvent) -> None:
    confidence = event.confidence
    named = event.primary_profile_id or "abstained"
    branch = tree.add(
        f"[magenta]{named}[/magenta] {event.primary_direction}  probability "
        f"{confidence.probability:.3f}  margin {confidence.margin:.3f}  evidence "
        f"{confidence.evidence_quality:.3f} {event.evidence_grade}  penalty "
        f"{confidence.penalty:.3f}"
    )
    if event.abstention_reasons:
        branch.add(f"[red]{', '.join(event.abstention_reasons)}[/red]")
    for caveat in event.caveats:
        branch.add(f"caveat {caveat.code}: share {caveat.share:.2f}, penalty {caveat.penalty:.3f}")
    for score in event.profile_scores:
        guards = f"  [red]× {escape(_numbers(score.guards))}[/red]" if score.guards else ""
        branch.add(
            f"{score.probability:.3f} {score.profile_id} {score.direction}  fit {score.fit:.3f}"
            f"{guards}  [dim]{escape(_numbers(score.terms))}[/dim]"
        )


def _hit(tree: Tree, hit: ClassifierHit) -> None:
    state = " retracted" if hit.retracted else ""
    variant = "" if hit.variant is None else f" {hit.variant}"
    terms = "  ".join(f"{term.name}={term.value:+.2f}" for term in hit.confidence_terms)
    branch = tree.add(
        f"[cyan]{hit.classifier_id}{variant}[/cyan]{state} {hit.direction}  confidence "
        f"{hit.confidence:.2f}  {hit.phase} at {eastern(hit.source_ts)}  "
        f"[dim]{escape(terms)}[/dim]"
    )
    for line in hit.explanations:
        branch.add(f"[dim]{escape(line)}[/dim]")


def _alert(tree: Tree, alert: FlowAlert) -> None:
    points = "  ".join(f"{each.name}={each.points:+.1f}" for each in alert.components)
    branch = tree.add(
        f"[red]alert[/red] {alert.severity} {alert.score} {alert.state} revision "
        f"{alert.revision}: {escape(alert.headline)}"
    )
    branch.add(f"[dim]{escape(points)}[/dim]")
