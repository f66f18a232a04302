"""Words of an alert: headline and reasons, as a trader reads them."""

from typing import Final

from flows.common.eastern import eastern_window
from flows.common.eastern import percent
from flows.options.alert_score import COMPONENT_NAMES
from flows.options.alert_score import severity_of
from flows.options.alert_state import Contribution
from flows.options.alert_state import OpenAlert
from flows.options.profile_inputs import ProfileInputs
from flows.options.profiles import confidence_band
from schemas.records import FlowPacket

MIN_SIDE_RATIO: Final = 0.55
STRUCTURE_PREFIX: Final = "st:"


def side_word(inputs: ProfileInputs) -> str:
    """
    Return how a packet was traded.

    Returns
    -------
    str
        `bought` or `sold` when the share of aggressive size and the expected side agree, or when
        the package's price says so; else `side unclear`.

    Notes
    -----
    Source: options flow specification, 9 (Side).
    """
    if inputs.structure is not None:
        side = inputs.structure.package_side
        return side if side in {"bought", "sold"} else "side unclear"
    if inputs.buy_ratio >= MIN_SIDE_RATIO and inputs.expected_bias > 0.0:
        return "bought"
    if inputs.sell_ratio >= MIN_SIDE_RATIO and inputs.expected_bias < 0.0:
        return "sold"
    return "side unclear"


def shape_words(packet: FlowPacket) -> str:
    """Return how a packet was executed, e.g. `multi-venue sweep (10 venues)`."""
    features = packet.features
    if packet.structure is not None:
        how = "complex order" if packet.structure.tier == 1 else "matched by size"
        return f"{how}, {len(packet.legs)} legs" if len(packet.legs) != 1 else how
    kind = features.sweep_kind
    if kind == "multi_venue":
        return f"multi-venue sweep ({features.venue_count} venues)"
    if kind == "both":
        return f"multi-venue intermarket sweep ({features.venue_count} venues)"
    if kind == "iso":
        return "intermarket sweep"
    if features.is_block:
        return "block"
    if features.is_split:
        return "split on one venue"
    return "single print" if features.count == 1 else "mixed fills"


def short_money(dollars: float) -> str:
    """
    Return an amount to two or three digits.

    Examples
    --------
    >>> short_money(1_234_567.0)
    '$1.2M'
    >>> short_money(64_200.0)
    '$64K'
    """
    if dollars >= 999_500.0:
        return f"${dollars / 1e6:.1f}M"
    return f"${dollars / 1e3:.0f}K" if dollars >= 9_950.0 else f"${dollars:,.0f}"


def headline(alert: OpenAlert, lead: Contribution, size: int, premium: float, prints: int) -> str:
    """
    Return the line that names an alert.

    Parameters
    ----------
    alert : OpenAlert
        For the contract's label and the number of packets.
    lead : Contribution
        The strongest packet: its side and shape are shown.
    size, premium, prints : int, float, int
        Summed over the packets; contracts, $, prints.
    """
    counted = f", {prints:,} prints" if prints != 1 else ""
    packets = len(alert.contributions)
    merged = f", {packets} packets" if packets > 1 else ""
    lots = "1 lot" if size == 1 else f"{size:,} lots"
    return (
        f"{alert.label} {lead.side}: {lots}, {short_money(premium)}, {lead.shape}{counted}{merged}"
    )


def _profile_line(lead: Contribution) -> str:
    if lead.profile is None:
        reasons = ", ".join([reason.replace("_", " ") for reason in lead.abstention_reasons])
        return f"No profile is named: {reasons}."
    probability = lead.confidence[0]
    points = f"{100.0 * lead.confidence[3]:.0f}"
    ahead = "1 point" if points == "1" else f"{points} points"
    return (
        f"The evidence fits {lead.profile.replace('_', ' ')} flow best: probability "
        f"{percent(probability)} ({confidence_band(probability)} band), "
        f"{ahead} ahead of the next; direction {lead.direction}."
    )


def _hits_line(lead: Contribution) -> str:
    named = ", ".join(
        [f"{hit[1].replace('_', ' ')} (confidence {percent(hit[2])})" for hit in lead.hits]
    )
    return f"Patterns: {named}."


def _score_line(alert: OpenAlert) -> str:
    parts = ", ".join(
        [
            f"{name} {points:+.1f}"
            for name, (_, points) in zip(COMPONENT_NAMES, alert.components, strict=True)
            if points
        ]
    )
    return f"Score {alert.score} of 100 ({severity_of(alert.score)}): {parts}."


def why(
    alert: OpenAlert, lead: Contribution, window: tuple[int, int], *, retracted: bool
) -> tuple[str, ...]:
    """
    Return the sentences that justify an alert.

    Parameters
    ----------
    alert : OpenAlert
        Its merged score and packets.
    lead : Contribution
        The strongest packet.
    window : tuple[int, int]
        First and last activity, ns UTC.
    retracted : bool
        Cancels took the evidence away.
    """
    lines: list[str] = []
    if retracted:
        lines.append("Retracted: after cancelled prints the evidence no longer carries an alert.")
    contracts = "1 contract" if lead.size == 1 else f"{lead.size:,} contracts"
    prints = "1 print" if lead.prints == 1 else f"{lead.prints:,} prints"
    venues = "1 venue" if lead.venues == 1 else f"{lead.venues} venues"
    packets = len(alert.contributions)
    dollars = f"${lead.premium:,.0f}"
    traded = f"{contracts} for {dollars}"
    if lead.packet_id.startswith(STRUCTURE_PREFIX):
        traded = f"{contracts} over all legs, scored on {dollars},"
    which = "The strongest packet: " if packets > 1 else ""
    lines.append(
        f"{which}{traded} in {prints} on {venues}, {eastern_window(lead.start_ts, lead.end_ts)}."
    )
    lines.append(_profile_line(lead))
    if lead.hits:
        lines.append(_hits_line(lead))
    lines.append(_score_line(alert))
    if lead.caveat:
        lines.append(lead.caveat)
    if packets > 1:
        lines.append(f"Merged from {packets} packets, {eastern_window(*window)}.")
    if alert.suppressed_count:
        lines.append(f"Similar events held back since it opened: {alert.suppressed_count}.")
    return tuple(lines)
