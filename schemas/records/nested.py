"""Records inside records.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EvidenceRef(msgspec.Struct, frozen=True, gc=False):
    """A typed reference to what an inference rests on."""

    kind: str
    id: str
    role: str


class Aggression(msgspec.Struct, frozen=True, gc=False):
    """What one preset says of the aggression of the trailing minute."""

    preset: str
    score: int
    direction: str
    label: str
    is_aggressive: bool
    volume_spike: bool
    conflict: bool
    volume_ratio: float
    cvd_momentum: float
    buy_pressure: float
    sell_pressure: float
    message: str


class AlertComponent(msgspec.Struct, frozen=True, gc=False):
    """One term of an alert's score."""

    name: str
    raw: float
    points: float


class AlertHit(msgspec.Struct, frozen=True, gc=False):
    """A classifier hit an alert rests on."""

    hit_id: str
    classifier_id: str
    confidence: float
    direction: str


class AlertProfile(msgspec.Struct, frozen=True, gc=False):
    """A profile's probability beside an alert."""

    profile_id: str
    probability: float


class Confidence(msgspec.Struct, frozen=True, gc=False):
    """Confidence as a vector."""

    probability: float
    fit: float
    evidence_quality: float
    margin: float
    penalty: float
    calibration_version: str


class ForwardReturn(msgspec.Struct, frozen=True, gc=False):
    """Change of the underlying's mid from the alert's emission to a horizon."""

    horizon: str
    bps: float | None = None


class AlertSettlement(msgspec.Struct, frozen=True, gc=False):
    """What the next open interest and the underlying's path say about an alert afterwards."""

    oi_before: int | None
    oi_after: int | None
    oi_change: int | None
    open_ratio: float | None
    outcome: str
    settled_for: int
    oi_snapshot_ids: tuple[str, ...]
    forward_returns: tuple[ForwardReturn, ...]


class ConfidenceTerm(msgspec.Struct, frozen=True, gc=False):
    """One term of a classifier's confidence."""

    name: str
    value: float


class PacketFeatures(msgspec.Struct, frozen=True, gc=False):
    """Measured properties of a packet; ratios are by size unless named count; null is undefined."""

    count: int
    total_size: int
    total_premium: float
    total_notional: float
    vwap: float | None
    first_price: float | None
    last_price: float | None
    max_print_size: int
    median_print_premium: float
    duration_ms: float
    inter_fill_ms_mean: float | None
    inter_fill_ms_median: float | None
    inter_fill_ms_max: float | None
    venue_count: int
    venue_entropy: float
    venues: tuple[str, ...]
    nbbo_aa_count: int
    nbbo_a_count: int
    nbbo_mid_count: int
    nbbo_b_count: int
    nbbo_bb_count: int
    nbbo_missing_count: int
    nbbo_stale_count: int
    nbbo_aa_size: int
    nbbo_a_size: int
    nbbo_mid_size: int
    nbbo_b_size: int
    nbbo_bb_size: int
    nbbo_missing_size: int
    nbbo_stale_size: int
    nbbo_coverage_ratio: float
    nbbo_stale_ratio: float
    nbbo_missing_ratio: float
    nbbo_aggressive_ratio: float | None
    nbbo_inside_ratio: float | None
    placement_bias: float | None
    nbbo_aggressive_buy_ratio: float
    nbbo_aggressive_sell_ratio: float
    buy_probability: float
    expected_bias: float
    side_confidence: float
    side_conflict: bool
    aggressor_method_sizes: dict[str, int]
    iso_count: int
    iso_size_ratio: float
    auction_size_ratio: float
    cross_floor_size_ratio: float
    complex_size_ratio: float
    stock_tied_size_ratio: float
    late_size_ratio: float
    unknown_condition_size_ratio: float
    special_print_ratio: float
    retail_proxy_ratio: float
    sweep_kind: str
    is_block: bool
    is_split: bool
    order_shape: str
    strike_count: int
    strike_concentration: float
    strike_share_60s: float | None
    dte_days: int
    moneyness: float | None
    otm_pct: float | None
    atm_proximity: float | None
    is_etf: bool
    execution_iv: float | None
    execution_iv_shock: float | None
    delta: float | None
    dollar_delta: float | None
    dollar_gamma_1pct: float | None
    expected_dollar_delta: float | None
    nbbo_bid: float | None
    nbbo_ask: float | None
    nbbo_mid: float | None
    nbbo_spread: float | None
    nbbo_bid_size: int | None
    nbbo_ask_size: int | None
    nbbo_ts: int | None
    underlying_bid: float | None
    underlying_ask: float | None
    underlying_mid: float | None
    underlying_spread_bps: float | None
    underlying_ts: int | None
    underlying_move_bps: float | None
    underlying_move_60s_bps: float | None
    underlying_sigma_bps: float | None
    session_volume: int
    days_to_event: int | None = None
    event_id: str | None = None
    event_kind: str | None = None
    expiry_after_event: bool | None = None
    pre_event_concentration: float | None = None
    oi: int | None = None
    oi_as_of: int | None = None
    volume_oi_ratio: float | None = None
    size_oi_ratio: float | None = None
    opening_sides_lower_bound: int | None = None
    total_premium_mean: float | None = None
    total_premium_std: float | None = None
    total_premium_z: float | None = None
    total_premium_median: float | None = None
    total_premium_mad: float | None = None
    total_premium_rz: float | None = None
    total_premium_z_eff: float | None = None
    total_premium_baseline_n: int | None = None
    total_premium_basis: str | None = None
    total_size_mean: float | None = None
    total_size_std: float | None = None
    total_size_z: float | None = None
    total_size_median: float | None = None
    total_size_mad: float | None = None
    total_size_rz: float | None = None
    total_size_z_eff: float | None = None
    total_size_baseline_n: int | None = None
    total_size_basis: str | None = None
    nbbo_spread_mean: float | None = None
    nbbo_spread_std: float | None = None
    nbbo_spread_z: float | None = None
    nbbo_spread_median: float | None = None
    nbbo_spread_mad: float | None = None
    nbbo_spread_rz: float | None = None
    nbbo_spread_z_eff: float | None = None
    nbbo_spread_baseline_n: int | None = None
    nbbo_spread_basis: str | None = None


class JoinQuality(msgspec.Struct, frozen=True, gc=False):
    """How well the members of a packet were joined to quotes."""

    score: float
    observation_quality: float
    nbbo_coverage_ratio: float
    nbbo_stale_ratio: float
    nbbo_missing_ratio: float
    attached_ratio: float
    wide_ratio: float
    zero_bid_ratio: float
    unknown_side_ratio: float
    underlying_coverage_ratio: float
    wide_underlying_ratio: float
    late_ratio: float
    crossed_count: int
    nbbo_age_ms_median: float | None = None
    nbbo_age_ms_max: float | None = None
    underlying_age_ms_max: float | None = None


class PacketLeg(msgspec.Struct, frozen=True, gc=False):
    """One leg of a multi-leg structure."""

    option_contract_id: str
    packet_id: str | None
    right: str
    strike: float
    expiry: int
    side: str
    ratio: int
    size: int
    price: float
    premium: float
    delta: float | None = None
    iv: float | None = None
    spread_position: float | None = None
    oi: int | None = None
    oi_as_of: int | None = None
    session_volume: int | None = None


class StructureCandidate(msgspec.Struct, frozen=True, gc=False):
    """A template that fits the legs, and how well."""

    type: str
    probability: float


class PacketStructure(msgspec.Struct, frozen=True, gc=False):
    """What the legs of a structure packet form together."""

    type: str
    variant: str | None
    tier: int
    confidence: float
    candidates: tuple[StructureCandidate, ...]
    package_side: str
    package_probability: float
    package_position: float | None
    net_price: float | None
    net_premium: float | None
    gross_premium: float
    premium_basis: float
    net_delta_shares: float | None
    net_delta_ratio: float | None
    direction: str
    stock_tied: bool
    symmetry: float
    strikes: tuple[float, ...]
    expiries: tuple[int, ...]


class SmartMoneyFeatures(msgspec.Struct, frozen=True, gc=False):
    """What the profiles looked at; copied or derived from the packets."""

    contract_count: int
    print_count: int
    total_size: int
    total_premium: float
    total_notional: float
    option_contract_id: str | None
    option_type: str | None
    dte_days: int
    moneyness: float | None
    otm_pct: float | None
    atm_proximity: float | None
    aggressor_buy_ratio: float
    aggressor_sell_ratio: float
    aggressor_ratio: float
    nbbo_coverage_ratio: float
    nbbo_inside_ratio: float
    nbbo_stale_ratio: float
    quote_age_ms: float | None
    venue_count: int
    inter_fill_ms_mean: float | None
    strike_count: int
    strike_concentration: float
    net_directional_bias: float
    expected_bias: float
    synthetic_iv_shock: float | None
    underlying_move_bps: float | None
    underlying_move_60s_bps: float | None
    special_print_ratio: float
    structure_type: str | None = None
    structure_legs: int | None = None
    same_size_leg_symmetry: float | None = None
    spread_widening: float | None = None
    days_to_event: int | None = None
    expiry_after_event: bool | None = None
    pre_event_concentration: float | None = None
    premium_z: float | None = None
    size_z: float | None = None


class ProfileScore(msgspec.Struct, frozen=True, gc=False):
    """One hypothesis about the participant, with its arithmetic."""

    profile_id: str
    probability: float
    fit: float
    ceiling: float
    confidence_band: str
    direction: str
    reasons: tuple[str, ...]
    terms: dict[str, float]
    guards: dict[str, float]


class Caveat(msgspec.Struct, frozen=True, gc=False):
    """A weakness of the evidence, as a share of it."""

    code: str
    share: float
    penalty: float
    evidence_refs: tuple[EvidenceRef, ...]
