"""Clauses and sentences that several classifiers share; formatted only once one has fired."""

from typing import Final

from flows.common.eastern import percent
from flows.options.classifiers.verdict import reaches
from flows.options.contract_label import contract_label
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import PacketFeatures
from schemas.records import PacketLeg
from schemas.records import PacketStructure

MAX_NAMED_LEGS: Final = 4

_SIDE_CLAUSES: Final = {
    "bought": ", mostly on the ask side",
    "sold": ", mostly on the bid side",
    "unknown": ", side unclear",
}


def counted(number: int, noun: str) -> str:
    """
    Return a number with its noun.

    Examples
    --------
    >>> counted(1, "print")
    '1 print'
    >>> counted(1600, "contract")
    '1,600 contracts'
    """
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def prints_clause(features: PacketFeatures) -> str:
    """Return what was traded, e.g. `1,600 contracts in 4 prints on 3 venues`."""
    return (
        f"{counted(features.total_size, 'contract')} in {counted(features.count, 'print')} on "
        f"{counted(features.venue_count, 'venue')}"
    )


def sided_prints_clause(features: PacketFeatures, side: str) -> str:
    """Return what was traded and on which side of the quote."""
    return prints_clause(features) + _SIDE_CLAUSES[side]


def premium_clause(premium: float, minimum: float) -> str:
    """Return a premium beside its minimum, both in $."""
    return f"${premium:,.0f} of premium against a minimum of ${minimum:,.0f}"


def size_clause(size: int, minimum: int) -> str:
    """Return a size beside its minimum, both in contracts."""
    return f"{counted(size, 'contract')} against a minimum of {minimum:,}"


def unusual_clause(inputs: ProfileInputs, config: InferenceConfig) -> str:
    """Return which z made a packet large against its history."""
    found: list[str] = []
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        found.append(
            f"premium z {inputs.premium_z:.1f} against a minimum of "
            f"{config.spike_min_premium_z:.1f}"
        )
    if reaches(inputs.size_z, config.spike_min_size_z):
        found.append(
            f"size z {inputs.size_z:.1f} against a minimum of {config.spike_min_size_z:.1f}"
        )
    return " and ".join(found)


def large_clause(inputs: ProfileInputs, config: InferenceConfig) -> str:
    """Return what made a packet large, with the thresholds it met."""
    premium, size = inputs.premium, inputs.size
    if size >= config.spike_min_size and premium >= config.spike_min_premium:
        return (
            f"{premium_clause(premium, config.spike_min_premium)}, and "
            f"{size_clause(size, config.spike_min_size)}"
        )
    return (
        f"${premium:,.0f} of premium for {counted(size, 'contract')} is unusual for this contract: "
        f"{unusual_clause(inputs, config)}"
    )


def package_clause(features: PacketFeatures, structure: PacketStructure) -> str:
    """Return what was traded of a structure, and on which side of its package."""
    side = structure.package_side
    traded = "side unclear" if side == "unknown" else f"{side} as a package"
    return f"{prints_clause(features)}, {traded}"


def _leg_words(underlying_id: str, leg: PacketLeg) -> str:
    label = contract_label(underlying_id, leg.expiry, leg.strike, leg.right)
    side = "traded" if leg.side == "unknown" else leg.side
    return f"{side} {leg.size:,} {label} at ${leg.price:.2f}"


def _package_words(structure: PacketStructure) -> str:
    position = structure.package_position
    if position is None:
        return "its place between package bid and ask is unknown"
    if structure.package_side == "unknown":
        decided = "which decides no side"
    else:
        decided = (
            f"{structure.package_side} with probability {percent(structure.package_probability)}"
        )
    return f"price at {position:.2f} between package bid (0) and ask (1), {decided}"


def _net_words(structure: PacketStructure) -> str:
    net = structure.net_premium
    if net is None:
        return f"gross premium ${structure.gross_premium:,.0f}"
    kind = "debit" if net >= 0.0 else "credit"
    return f"net {kind} ${abs(net):,.0f}, gross premium ${structure.gross_premium:,.0f}"


def structure_line(
    underlying_id: str, structure: PacketStructure, legs: tuple[PacketLeg, ...]
) -> str:
    """Return the sentence on legs, package side, money and how the structure was found."""
    named = [_leg_words(underlying_id, leg) for leg in legs[:MAX_NAMED_LEGS]]
    if len(legs) > MAX_NAMED_LEGS:
        named.append(f"{len(legs) - MAX_NAMED_LEGS} more")
    basis = "complex-order codes" if structure.tier == 1 else "matching sizes and times"
    return (
        f"Legs: {', '.join(named)}; {_package_words(structure)}; {_net_words(structure)}; "
        f"inferred from {basis} with confidence {percent(structure.confidence)}."
    )
