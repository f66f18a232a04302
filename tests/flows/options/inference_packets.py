"""Packets for tests of the inference, built field by field."""

from typing import Any

import msgspec

from schemas.records import FlowPacket
from schemas.records import JoinQuality
from schemas.records import PacketFeatures
from schemas.records import PacketLeg
from schemas.records import PacketStructure

S = 1_000_000_000
START = 1_748_009_305_000_000_000  # 2025-05-23 10:08:25 ET
EXPIRY = 20_245  # 2025-06-06, two weeks later

CALL_SWEEP_FEATURES = PacketFeatures(
    count=4, total_size=1600, total_premium=300_000.0, total_notional=300_000.0, vwap=1.875,
    first_price=1.85, last_price=1.9, max_print_size=400, median_print_premium=75_000.0,
    duration_ms=15.0, inter_fill_ms_mean=5.0, inter_fill_ms_median=5.0, inter_fill_ms_max=5.0,
    venue_count=3, venue_entropy=0.9, venues=("A", "N", "X"), nbbo_aa_count=0, nbbo_a_count=3,
    nbbo_mid_count=0, nbbo_b_count=1, nbbo_bb_count=0, nbbo_missing_count=0, nbbo_stale_count=0,
    nbbo_aa_size=0, nbbo_a_size=1231, nbbo_mid_size=0, nbbo_b_size=289, nbbo_bb_size=0,
    nbbo_missing_size=80, nbbo_stale_size=0, nbbo_coverage_ratio=0.95, nbbo_stale_ratio=0.0,
    nbbo_missing_ratio=0.05, nbbo_aggressive_ratio=1.0, nbbo_inside_ratio=0.0,
    placement_bias=0.62, nbbo_aggressive_buy_ratio=0.88, nbbo_aggressive_sell_ratio=0.12,
    buy_probability=0.6, expected_bias=0.2, side_confidence=0.62, side_conflict=False,
    aggressor_method_sizes={"quote_nbbo": 1520, "unknown": 80}, iso_count=4, iso_size_ratio=1.0,
    auction_size_ratio=0.0, cross_floor_size_ratio=0.0, complex_size_ratio=0.0,
    stock_tied_size_ratio=0.0, late_size_ratio=0.0, unknown_condition_size_ratio=0.0,
    special_print_ratio=0.0, retail_proxy_ratio=0.0, sweep_kind="both", is_block=False,
    is_split=False, order_shape="sweep", strike_count=1, strike_concentration=1.0,
    strike_share_60s=1.0, dte_days=14, moneyness=1.01, otm_pct=0.01, atm_proximity=0.01,
    is_etf=False, execution_iv=0.4, execution_iv_shock=0.0, delta=0.48, dollar_delta=1e7,
    dollar_gamma_1pct=1e5, expected_dollar_delta=2e6, nbbo_bid=1.8, nbbo_ask=1.9, nbbo_mid=1.85,
    nbbo_spread=0.1, nbbo_bid_size=10, nbbo_ask_size=20, nbbo_ts=START, underlying_bid=131.9,
    underlying_ask=132.1, underlying_mid=132.0, underlying_spread_bps=15.0, underlying_ts=START,
    underlying_move_bps=1.0, underlying_move_60s_bps=3.0, underlying_sigma_bps=1.0,
    session_volume=5000,
)  # fmt: skip

CLEAN_JOIN = JoinQuality(
    score=0.95, observation_quality=0.88 / 0.9, nbbo_coverage_ratio=0.95, nbbo_stale_ratio=0.0,
    nbbo_missing_ratio=0.05, attached_ratio=0.95, wide_ratio=0.0, zero_bid_ratio=0.0,
    unknown_side_ratio=0.05, underlying_coverage_ratio=1.0, wide_underlying_ratio=0.0,
    late_ratio=0.0, crossed_count=0, nbbo_age_ms_median=12.0, nbbo_age_ms_max=30.0,
    underlying_age_ms_max=40.0,
)  # fmt: skip


def packet(
    number: int = 0,
    *,
    at_ns: int = START,
    underlying: str = "NVDA",
    strike: float = 175.0,
    right: str = "C",
    revision: int = 0,
    members: int | None = None,
    reversed_ids: tuple[str, ...] = (),
    join: dict[str, Any] | None = None,
    packet_fields: dict[str, Any] | None = None,
    **features: object,
) -> FlowPacket:
    """Return the V1 call sweep, changed: packet number, event time of its first print, features."""
    changed = msgspec.structs.replace(CALL_SWEEP_FEATURES, **features)
    contract = f"{underlying}-2025-06-06-{strike:g}-{right}"
    ids = tuple(f"t:{number}:{n}" for n in range(changed.count if members is None else members))
    packet_id = f"pk:{contract}:t:{number}:0"
    base = FlowPacket(
        source_ts=at_ns + S // 2,
        ingest_ts=at_ns + S,
        seq=1000 + number,
        trace_id=packet_id,
        schema_version="flow.packets.v1",
        id=packet_id,
        packet_kind="contract",
        revision=revision,
        underlying_id=underlying,
        option_contract_id=contract,
        right=right,
        strike=strike,
        expiry=EXPIRY,
        start_ts=at_ns,
        end_ts=at_ns + 15_000_000,
        window_ms=500,
        member_count=len(ids),
        signal_member_count=len(ids),
        members=ids,
        reversed_print_ids=reversed_ids,
        continues=None,
        chain_length=1,
        aggressor_stack="no_trade_size",
        late_arrival=False,
        features=changed,
        features_ext={},
        join_quality=msgspec.structs.replace(CLEAN_JOIN, **(join or {})),
        legs=(),
        structure=None,
        structure_id=None,
        baseline_snapshot_id="none",
        evidence_refs=(),
        policy_version="p",
        config_hash="0123abcd",
    )
    return msgspec.structs.replace(base, **(packet_fields or {}))


VERTICAL = PacketStructure(
    type="vertical", variant="debit", tier=1, confidence=0.9, candidates=(),
    package_side="bought", package_probability=0.79, package_position=0.85, net_price=1.2,
    net_premium=112_800.0, gross_premium=150_400.0, premium_basis=112_800.0,
    net_delta_shares=20_000.0, net_delta_ratio=0.4, direction="bullish", stock_tied=False,
    symmetry=1.0, strikes=(155.0, 165.0), expiries=(EXPIRY,),
)  # fmt: skip


def leg(
    right: str = "C",
    strike: float = 155.0,
    side: str = "bought",
    *,
    expiry: int = EXPIRY,
    size: int = 940,
    ratio: int = 1,
    underlying: str = "NVDA",
) -> PacketLeg:
    """Return one leg of a structure; its price is 1.4."""
    premium = 1.4 * size * 100
    contract = f"{underlying}-{expiry}-{strike:g}-{right}"
    return PacketLeg(
        contract, f"pk:{contract}", right, strike, expiry, side, ratio, size, 1.4, premium
    )


CALL_LEGS = (leg(), leg(strike=165.0, side="sold"))


def structure_packet(
    number: int = 0,
    *,
    legs: tuple[PacketLeg, ...] = CALL_LEGS,
    at_ns: int = START,
    features: dict[str, Any] | None = None,
    packet_fields: dict[str, Any] | None = None,
    **structure: object,
) -> FlowPacket:
    """Return a debit vertical bought as a package, changed: legs, features, its structure."""
    size = sum(one.size for one in legs)
    measured: dict[str, Any] = {
        "sweep_kind": "none", "order_shape": "mixed", "complex_size_ratio": 1.0,
        "total_size": size, "vwap": None, "first_price": None, "last_price": None, "delta": None,
    }  # fmt: skip
    identity: dict[str, Any] = {
        "packet_kind": "structure", "id": f"st:NVDA:{number:016x}",
        "trace_id": f"st:NVDA:{number:016x}", "option_contract_id": None, "right": None,
        "strike": None, "expiry": None, "legs": legs,
        "structure": msgspec.structs.replace(VERTICAL, **structure),
    }  # fmt: skip
    return packet(
        number,
        at_ns=at_ns,
        packet_fields={**identity, **(packet_fields or {})},
        **{**measured, **(features or {})},
    )
