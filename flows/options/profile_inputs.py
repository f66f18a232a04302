"""What the profiles read: one flat value for single-leg packets and structures alike."""

from functools import lru_cache
from typing import Final

import msgspec

from flows.options.contracts import INDEX_UNDERLYINGS
from schemas.records import FlowPacket
from schemas.records import PacketLeg
from schemas.records import PacketStructure

POSSIBLE_STRUCTURE: Final = "possible_structure"
BASE_QUALITY_WEIGHT: Final = 0.70
KNOWN_INPUT_WEIGHT: Final = 0.10


class ProfileInputs(msgspec.Struct, frozen=True, gc=False):
    """
    Everything a profile, guard, caveat or classifier may look at.

    Parameters
    ----------
    right : str | None
        `C` or `P`; None for structures.
    premium : float
        $: total premium of a packet, `premium_basis` of a structure.
    size, count : int
        Contracts; prints.
    placement_bias : float | None
        -1 (all at the bid) to 1 (all at the ask); None when nothing was placed.
    expected_bias : float
        2·P(buy) - 1, by size.
    buy_ratio, sell_ratio, aggressive_ratio : float
        Shares of aggressive size on each side; aggressive share of placed size.
    coverage, stale, missing, inside : float
        Shares of size with a placement, a stale and no usable quote; mid share of placed size.
    mid_share : float
        Share of all size that traded between the touches.
    execution : float
        1 sweep or block, .5 split or chain of at least three packets, else 0.
    dte_days : int
        Calendar days to expiry.
    evidence_quality : float
        EQ of the specification, 0 to 1.
    otm_pct, atm_proximity : float | None
        Fractions of the underlying; None when it is unknown.
    iv, iv_shock : float | None
        Size-weighted implied volatility, and its range over the members.
    move_60s_bps : float | None
        Underlying, 60 s before the last member to the last member.
    premium_z, size_z, spread_z : float | None
        z_eff against the contract's history; None while no baseline is known.
    chain_length : int
        Packets of this contract and side in a row.
    event_concentration : float
        1 - days/21 before a scheduled event within 21 days, else 0.
    expires_after_event : bool
        The contract lives through that event.
    is_etf_or_index, side_conflict, adjusted_unresolved, leg_of_context_structure : bool
        Facts of the packet.
    wide, wide_underlying, special, unknown_side, stock_tied : float
        Shares of size: wide or zero-bid quote, underlying spread above 150 bps, special prints,
        aggressor unknown, stock-tied codes.
    structure_type, structure_direction : str | None
        Template and its direction; None for single legs.
    package_side : str
        `bought`, `sold` or `unknown`.
    package_position : float | None
        y of the package, 0 at its bid and 1 at its ask.
    symmetry, net_delta_ratio : float | None
        Of structures.
    is_tier1 : bool
        The legs carry a complex code and one stamp.
    oi, oi_as_of : int | None
        Open interest before the session, contracts, and the session at whose end it stood (days
        since 1970-01-01).
    session_volume : int
        Contracts of the contract's session, the packet included.
    delta : float | None
        At the last member.
    trade_date : int
        Session, days since 1970-01-01.
    structure, legs : PacketStructure | None, tuple[PacketLeg, ...]
        Of a structure packet.

    Notes
    -----
    Source: options flow specification, 5.3, 6.4 and 8.1.
    """

    right: str | None
    premium: float
    size: int
    count: int
    placement_bias: float | None
    expected_bias: float
    buy_ratio: float
    sell_ratio: float
    aggressive_ratio: float
    coverage: float
    stale: float
    missing: float
    inside: float
    mid_share: float
    execution: float
    dte_days: int
    evidence_quality: float
    otm_pct: float | None = None
    atm_proximity: float | None = None
    iv: float | None = None
    iv_shock: float | None = None
    move_60s_bps: float | None = None
    premium_z: float | None = None
    size_z: float | None = None
    spread_z: float | None = None
    chain_length: int = 1
    event_concentration: float = 0.0
    expires_after_event: bool = False
    is_etf_or_index: bool = False
    side_conflict: bool = False
    adjusted_unresolved: bool = False
    leg_of_context_structure: bool = False
    wide: float = 0.0
    wide_underlying: float = 0.0
    special: float = 0.0
    unknown_side: float = 0.0
    stock_tied: float = 0.0
    structure_type: str | None = None
    structure_direction: str | None = None
    package_side: str = "unknown"
    package_position: float | None = None
    symmetry: float | None = None
    net_delta_ratio: float | None = None
    is_tier1: bool = False
    oi: int | None = None
    oi_as_of: int | None = None
    session_volume: int = 0
    delta: float | None = None
    trade_date: int = 0
    structure: PacketStructure | None = None
    legs: tuple[PacketLeg, ...] = ()


def evidence_quality(
    observation_quality: float,
    *,
    has_underlying: bool,
    has_iv: bool,
    has_baseline: bool,
) -> float:
    """
    Return EQ, 0 to 1, from the quality of the observations and what is known beside them.

    Notes
    -----
    Source: options flow specification, 8.4.
    """
    known = has_underlying + has_iv + has_baseline
    return observation_quality * (BASE_QUALITY_WEIGHT + KNOWN_INPUT_WEIGHT * known)


@lru_cache(maxsize=65_536)
def is_unresolved_deliverable(option_contract_id: str | None) -> bool:
    """
    Tell whether a contract's deliverable is unknown: an adjusted or a FLEX root.

    Notes
    -----
    Source: options flow specification, 1.2; no reference data resolves a deliverable yet.
    """
    if option_contract_id is None:
        return False
    root_end = option_contract_id.find("-")
    return option_contract_id[root_end - 1].isdigit() or option_contract_id[0].isdigit()


def inputs_from_packet(packet: FlowPacket) -> ProfileInputs:
    """
    Read a packet or a structure packet.

    Parameters
    ----------
    packet : FlowPacket
        A packet whose members may all have been cancelled (count 0).

    Returns
    -------
    ProfileInputs
        Without a known event `event_concentration` is 0; z are None without a baseline.
    """
    structure = packet.structure
    return _of_contract(packet) if structure is None else _of_structure(packet, structure)


def _evidence_quality(packet: FlowPacket) -> float:
    features = packet.features
    return evidence_quality(
        packet.join_quality.observation_quality,
        has_underlying=features.underlying_mid is not None,
        has_iv=features.execution_iv is not None,
        has_baseline=features.total_premium_z_eff is not None,
    )


def _of_contract(packet: FlowPacket) -> ProfileInputs:
    features = packet.features
    quality = packet.join_quality
    if features.sweep_kind != "none" or features.is_block:
        execution = 1.0
    else:
        execution = 0.5 if features.is_split or packet.chain_length >= 3 else 0.0
    size = features.total_size
    expiry = packet.expiry
    return ProfileInputs(
        packet.right,
        features.total_premium,
        size,
        features.count,
        features.placement_bias,
        features.expected_bias,
        features.nbbo_aggressive_buy_ratio,
        features.nbbo_aggressive_sell_ratio,
        features.nbbo_aggressive_ratio or 0.0,
        features.nbbo_coverage_ratio,
        features.nbbo_stale_ratio,
        features.nbbo_missing_ratio,
        features.nbbo_inside_ratio or 0.0,
        features.nbbo_mid_size / size if size else 0.0,
        execution,
        features.dte_days,
        _evidence_quality(packet),
        features.otm_pct,
        features.atm_proximity,
        features.execution_iv,
        features.execution_iv_shock,
        features.underlying_move_60s_bps,
        features.total_premium_z_eff,
        features.total_size_z_eff,
        features.nbbo_spread_z_eff,
        packet.chain_length,
        features.pre_event_concentration or 0.0,
        features.expiry_after_event or False,
        features.is_etf or packet.underlying_id in INDEX_UNDERLYINGS,
        features.side_conflict,
        is_unresolved_deliverable(packet.option_contract_id),
        POSSIBLE_STRUCTURE in packet.features_ext,
        min(1.0, quality.wide_ratio + quality.zero_bid_ratio),
        quality.wide_underlying_ratio,
        features.special_print_ratio,
        quality.unknown_side_ratio,
        features.stock_tied_size_ratio,
        None,
        None,
        "unknown",
        None,
        None,
        None,
        False,
        features.oi,
        features.oi_as_of,
        features.session_volume,
        features.delta,
        0 if expiry is None else expiry - features.dte_days,
    )


def _of_structure(packet: FlowPacket, structure: PacketStructure) -> ProfileInputs:
    """Read a structure: its side and direction are the package's, not those of its legs' prints."""
    expiries = structure.expiries
    return msgspec.structs.replace(
        _of_contract(packet),
        right=None,
        premium=structure.premium_basis,
        execution=0.0,
        # The range of volatilities over the legs is skew and term structure, not a shock.
        iv_shock=None,
        spread_z=None,
        chain_length=1,
        side_conflict=False,
        adjusted_unresolved=False,
        leg_of_context_structure=False,
        structure_type=structure.type,
        structure_direction=structure.direction,
        package_side=structure.package_side,
        package_position=structure.package_position,
        symmetry=structure.symmetry,
        net_delta_ratio=structure.net_delta_ratio,
        is_tier1=structure.tier == 1,
        oi=None,
        oi_as_of=None,
        delta=None,
        trade_date=expiries[0] - packet.features.dte_days if expiries else 0,
        structure=structure,
        legs=packet.legs,
    )
