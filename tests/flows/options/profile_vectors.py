"""The worked vectors of the specification, as inputs of the profiles."""

import msgspec

from flows.options.profile_inputs import ProfileInputs

BLANK = ProfileInputs(
    right="C",
    premium=300_000.0,
    size=1600,
    count=4,
    placement_bias=0.62,
    expected_bias=0.2,
    buy_ratio=0.88,
    sell_ratio=0.12,
    aggressive_ratio=0.9,
    coverage=0.95,
    stale=0.0,
    missing=0.0,
    inside=0.1,
    mid_share=0.1,
    execution=1.0,
    dte_days=14,
    evidence_quality=0.88,
    otm_pct=0.01,
    atm_proximity=0.01,
    move_60s_bps=3.0,
)


def inputs(**changes: object) -> ProfileInputs:
    return msgspec.structs.replace(BLANK, **changes)


V1 = inputs()
V2 = inputs(
    premium=64_000.0, size=1500, count=8, placement_bias=0.55, sell_ratio=0.15, coverage=0.90,
    dte_days=1, otm_pct=0.08, atm_proximity=0.08, move_60s_bps=5.0, execution=0.5, iv_shock=0.04,
    evidence_quality=0.85,
)  # fmt: skip
V3 = inputs(
    premium=150_000.0, size=700, count=5, placement_bias=0.10, sell_ratio=0.40, coverage=0.80,
    dte_days=9, otm_pct=0.03, atm_proximity=0.03, move_60s_bps=6.0, execution=0.5,
    event_concentration=1 - 2 / 21, expires_after_event=True, spread_z=1.8, iv=0.82,
    evidence_quality=0.78,
)  # fmt: skip
V4 = inputs(
    right=None, premium=600_000.0, size=2400, count=5, placement_bias=-0.60, coverage=0.90,
    dte_days=35, otm_pct=0.0, atm_proximity=0.0, execution=0.0, structure_type="straddle",
    structure_direction="neutral", package_side="sold", symmetry=1.0, net_delta_ratio=0.06,
    is_tier1=True, iv=0.90, evidence_quality=0.88,
)  # fmt: skip
V5 = inputs(
    premium=260_000.0, size=2200, placement_bias=-0.65, expected_bias=-0.2, sell_ratio=0.88,
    dte_days=35, otm_pct=0.06, atm_proximity=0.06, execution=0.5, iv=0.30, evidence_quality=0.90,
)  # fmt: skip
V6 = inputs(
    right=None, premium=500_000.0, size=2400, count=8, placement_bias=0.05, coverage=0.85,
    dte_days=40, otm_pct=0.02, atm_proximity=0.02, move_60s_bps=2.0, execution=0.0,
    structure_type="box", structure_direction="neutral", symmetry=1.0, net_delta_ratio=0.02,
    is_tier1=True, evidence_quality=0.85,
)  # fmt: skip
V7 = inputs(
    right="P", premium=80_000.0, count=5, placement_bias=0.50, sell_ratio=0.15, coverage=0.92,
    dte_days=1, otm_pct=0.0, atm_proximity=0.005, move_60s_bps=-20.0, execution=0.5,
    is_etf_or_index=True,
)  # fmt: skip
V8 = inputs(
    premium=6_000.0, size=60, count=2, placement_bias=0.30, sell_ratio=0.30, coverage=0.50,
    execution=0.0, evidence_quality=0.35, wide=0.25 + 0.75 * 0.96,
)  # fmt: skip
