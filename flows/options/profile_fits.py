"""
The six hypotheses: fit, guards, reasons and direction of each.

A fit is `base + Σ weight·term`; a guard multiplies it. Identity is not on the tape, so every
profile has a ceiling. Source: options flow specification, 8.2, 8.3 and 8.5.
"""

from typing import Final

import msgspec

from flows.common.prices import decimals6
from flows.options.profile_inputs import ProfileInputs
from flows.options.profile_terms import DIRECTIONAL_STRUCTURES
from flows.options.profile_terms import PARITY
from flows.options.profile_terms import SharedTerms
from flows.options.profile_terms import align_term
from flows.options.profile_terms import clamp01
from flows.options.profile_terms import short_vol_term
from flows.options.profile_terms import vol_tenor_term

DIRECTION_BIAS: Final = 0.06
HEDGE_MOVE_BPS: Final = 10.0

INSTITUTIONAL: Final = "institutional_directional"
RETAIL: Final = "retail_whale"
EVENT: Final = "event_driven"
VOL_SELLER: Final = "vol_seller"
ARBITRAGE: Final = "arbitrage"
HEDGE: Final = "hedge_reactive"
PROFILE_CEILINGS: Final = {
    INSTITUTIONAL: 0.92,
    RETAIL: 0.76,
    EVENT: 0.72,
    VOL_SELLER: 0.74,
    ARBITRAGE: 0.76,
    HEDGE: 0.78,
}

_INSTITUTIONAL_REASONS: Final = (
    "large_parent_event",
    "directional_aggressor_mix",
    "sweep_or_block_execution",
    "size_concentration",
    "not_short_dated",
    "clean_quotes",
)
_RETAIL_REASONS: Final = (
    "short_dated_otm_attention_flow",
    "burst_print_pattern",
    "small_ticket_size",
    "directional_aggressor_mix",
    "iv_shock",
    "below_institutional_premium",
)
_EVENT_REASONS: Final = (
    "event_calendar_alignment",
    "expiry_after_event",
    "large_parent_event",
    "spread_or_iv_pressure",
    "pre_event_concentration",
)
_VOL_SELLER_REASONS: Final = (
    "sell_side_premium",
    "short_vol_structure_evidence",
    "large_parent_event",
    "contained_underlying",
    "rich_implied_vol",
)
_ARBITRAGE_REASONS: Final = (
    "parity_structure",
    "matched_leg_symmetry",
    "near_flat_directional_exposure",
    "complex_order_evidence",
)
_HEDGE_REASONS: Final = (
    "short_dated_atm_gamma_context",
    "underlying_move_linkage",
    "hedge_aligned_side",
    "size_concentration",
    "index_or_etf_underlying",
)


def _subsets(codes: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """List the reasons of every combination of strong terms, bit n standing for code n."""
    return tuple(
        [
            tuple([code for bit, code in enumerate(codes) if mask >> bit & 1])
            for mask in range(1 << len(codes))
        ]
    )


_INSTITUTIONAL_SUBSETS: Final = _subsets(_INSTITUTIONAL_REASONS)
_RETAIL_SUBSETS: Final = _subsets(_RETAIL_REASONS)
_VOL_SELLER_SUBSETS: Final = _subsets(_VOL_SELLER_REASONS)


class Fit(msgspec.Struct, frozen=True, gc=False):
    """
    How well a packet fits one hypothesis, before the quality of the evidence.

    Parameters
    ----------
    value : float
        base + Σ weight·term, 0 to 1.
    terms : dict[str, float]
        Weighted contributions, `base` included, rounded to 6 decimals; they sum to `value`.
    guards : dict[str, float]
        Factors by code.
    reasons : tuple[str, ...]
        Codes of terms of at least .5, then the guards'.
    """

    value: float
    terms: dict[str, float]
    guards: dict[str, float]
    reasons: tuple[str, ...]


def _fit(
    value: float,
    terms: dict[str, float],
    guards: dict[str, float],
    codes: tuple[str, ...],
    strengths: tuple[float, ...],
) -> Fit:
    reasons = [code for code, strength in zip(codes, strengths, strict=True) if strength >= 0.5]
    if guards:
        reasons += guards
    return Fit(min(1.0, value), terms, guards, tuple(reasons))


def _context_guards(inputs: ProfileInputs, *, spares_structures: bool) -> dict[str, float]:
    """Return the guards institutional, retail and event-driven flow have in common."""
    guards: dict[str, float] = {}
    kind = inputs.structure_type
    if kind is not None and kind not in DIRECTIONAL_STRUCTURES and not spares_structures:
        guards["non_directional_structure"] = 0.40
    if inputs.stock_tied >= 0.50:
        guards["stock_tied_context"] = 0.35
    return guards


def _institutional_guards(inputs: ProfileInputs, shared: SharedTerms) -> dict[str, float]:
    guards: dict[str, float] = {}
    if shared.short_otm == 1.0:
        guards["retail_frenzy_guard"] = 0.45
    move = inputs.move_60s_bps
    if shared.gamma == 1.0 and move is not None and abs(move) >= HEDGE_MOVE_BPS:
        guards["hedge_reactive_context"] = 0.60
    if inputs.event_concentration >= 0.85 and inputs.expires_after_event:
        guards["event_proximity_context"] = 0.65
    bias = inputs.placement_bias
    otm = inputs.otm_pct
    if (
        inputs.structure_type is None
        and bias is not None
        and bias <= -0.30
        and otm is not None
        and otm >= 0.0
        and inputs.dte_days >= 7
        and inputs.execution < 1.0
    ):
        guards["premium_sale_context"] = 0.55
    if inputs.structure_type is not None or inputs.stock_tied:
        guards.update(_context_guards(inputs, spares_structures=False))
    return guards


def institutional(inputs: ProfileInputs, shared: SharedTerms) -> Fit:
    """Fit the hypothesis of a large, directional, well-executed parent order."""
    execution = inputs.execution if inputs.structure_type is None else 0.0
    mag = 0.26 * shared.mag
    dirn = 0.16 * shared.dirn
    weighted_execution = 0.14 * execution
    size = 0.12 * shared.size
    tenor = 0.12 * shared.tenor
    quality = 0.10 * shared.quality
    reasons = _INSTITUTIONAL_SUBSETS[
        (shared.mag >= 0.5)
        | (shared.dirn >= 0.5) << 1
        | (execution >= 0.5) << 2
        | (shared.size >= 0.5) << 3
        | (shared.tenor >= 0.5) << 4
        | (shared.quality >= 0.5) << 5
    ]
    guards = _institutional_guards(inputs, shared)
    value = 0.10 + mag + dirn + weighted_execution + size + tenor + quality
    return Fit(
        min(value, 1.0),
        {
            "base": 0.10,
            "mag": decimals6(mag),
            "dirn": decimals6(dirn),
            "exec": weighted_execution,
            "size": decimals6(size),
            "tenor": tenor,
            "quality": decimals6(quality),
        },
        guards,
        (*reasons, *guards) if guards else reasons,
    )


def retail(inputs: ProfileInputs, shared: SharedTerms) -> Fit:
    """Fit the hypothesis of attention-driven buying in short-dated, out-of-the-money options."""
    premium = inputs.premium
    small = clamp01(1.0 - premium / inputs.count / 25_000.0) if inputs.count else 0.0
    attention = clamp01(1.0 - (premium - 100_000.0) / 400_000.0)
    short_otm = 0.26 * shared.short_otm
    burst = 0.18 * shared.burst
    weighted_small = 0.14 * small
    dirn = 0.10 * shared.dirn
    iv_shock = 0.12 * shared.iv_shock
    weighted_attention = 0.12 * attention
    reasons = _RETAIL_SUBSETS[
        (shared.short_otm >= 0.5)
        | (shared.burst >= 0.5) << 1
        | (small >= 0.5) << 2
        | (shared.dirn >= 0.5) << 3
        | (shared.iv_shock >= 0.5) << 4
        | (attention >= 0.5) << 5
    ]
    guards: dict[str, float] = {}
    if inputs.structure_type is not None or inputs.stock_tied:
        guards = _context_guards(inputs, spares_structures=False)
    value = 0.08 + short_otm + burst + weighted_small + dirn + iv_shock + weighted_attention
    return Fit(
        min(value, 1.0),
        {
            "base": 0.08,
            "short_otm": short_otm,
            "burst": decimals6(burst) if burst else 0.0,
            "small": decimals6(weighted_small) if small else 0.0,
            "dirn": decimals6(dirn),
            "iv_shock": decimals6(iv_shock) if iv_shock else 0.0,
            "attention": decimals6(weighted_attention) if attention else 0.0,
        },
        guards,
        (*reasons, *guards) if guards else reasons,
    )


def event_driven(inputs: ProfileInputs, shared: SharedTerms) -> Fit:
    """Fit the hypothesis of positioning for a scheduled event; only with an event ahead."""
    concentration = inputs.event_concentration
    after = 1.0 if inputs.expires_after_event else 0.0
    spread_z = inputs.spread_z
    pressure = max(clamp01(spread_z / 3.0) if spread_z is not None else 0.0, shared.iv_shock)
    terms = {
        "base": 0.10,
        "ev": 0.34 * concentration,
        "after": 0.14 * after,
        "mag": 0.14 * shared.mag,
        "pressure": 0.10 * pressure,
        "burst": 0.10 * shared.burst,
        "quality": 0.08 * shared.quality,
    }
    return _fit(
        sum(terms.values()),
        {name: decimals6(value) for name, value in terms.items()},
        _context_guards(inputs, spares_structures=True),
        _EVENT_REASONS,
        (concentration, after, shared.mag, pressure, concentration),
    )


def vol_seller(inputs: ProfileInputs, shared: SharedTerms, sold: float) -> Fit:
    """Fit the hypothesis of premium sold by someone content with a quiet underlying."""
    short_vol = short_vol_term(inputs)
    calm = 1.0 - shared.move if inputs.move_60s_bps is not None else 0.5
    iv_rich = clamp01((inputs.iv - 0.35) / 0.45) if inputs.iv is not None else 0.0
    weighted_sold = 0.24 * sold
    weighted_short_vol = 0.26 * short_vol
    mag = 0.12 * shared.mag
    weighted_calm = 0.10 * calm
    weighted_iv = 0.06 * iv_rich
    tenor = 0.06 * vol_tenor_term(inputs.dte_days)
    quality = 0.06 * shared.quality
    value = (
        0.10 + weighted_sold + weighted_short_vol + mag + weighted_calm + weighted_iv
        + tenor + quality
    )  # fmt: skip
    return Fit(
        min(value, 1.0),
        {
            "base": 0.10,
            "sold": decimals6(weighted_sold),
            "short_vol": decimals6(weighted_short_vol) if short_vol else 0.0,
            "mag": decimals6(mag),
            "calm": decimals6(weighted_calm),
            "iv_rich": decimals6(weighted_iv) if iv_rich else 0.0,
            "vol_tenor": tenor,
            "quality": decimals6(quality),
        },
        {},
        _VOL_SELLER_SUBSETS[
            (sold >= 0.5)
            | (short_vol >= 0.5) << 1
            | (shared.mag >= 0.5) << 2
            | (calm >= 0.5) << 3
            | (iv_rich >= 0.5) << 4
        ],
    )


def arbitrage(inputs: ProfileInputs, shared: SharedTerms) -> Fit:
    """Fit the hypothesis of a parity trade: matched legs, nearly no directional exposure."""
    parity = PARITY.get(inputs.structure_type or "", 0.0)
    symmetry = inputs.symmetry
    net_delta = inputs.net_delta_ratio
    match = clamp01((symmetry - 0.7) / 0.3) if symmetry is not None else 0.0
    flat = clamp01(1.0 - net_delta / 0.25) if net_delta is not None else 0.0
    strong = 1.0 if inputs.is_tier1 else 0.0
    terms = {
        "base": 0.08,
        "parity": 0.34 * parity,
        "match": 0.22 * match,
        "flat": 0.20 * flat,
        "strong": 0.10 * strong,
        "quality": 0.06 * shared.quality,
    }
    return _fit(
        sum(terms.values()),
        {name: decimals6(value) for name, value in terms.items()},
        {},
        _ARBITRAGE_REASONS,
        (parity, match, flat, strong),
    )


def hedge_reactive(inputs: ProfileInputs, shared: SharedTerms) -> Fit:
    """Fit the hypothesis of a hedge that follows the underlying's move."""
    align = align_term(inputs)
    etf = 1.0 if inputs.is_etf_or_index else 0.0
    terms = {
        "base": 0.08,
        "gamma": 0.26 * shared.gamma,
        "move": 0.26 * shared.move,
        "align": 0.10 * align,
        "size": 0.12 * shared.size,
        "etf": 0.10 * etf,
        "mag": 0.08 * shared.mag,
    }
    return _fit(
        sum(terms.values()),
        {name: decimals6(value) for name, value in terms.items()},
        {},
        _HEDGE_REASONS,
        (shared.gamma, shared.move, align, shared.size, etf),
    )


def side_direction(inputs: ProfileInputs) -> str:
    """
    Return what a position gains from, judged by the expected side of its trades.

    Returns
    -------
    str
        `bullish`, `bearish`, `mixed` when placement and expected side contradict, else `unknown`;
        of a structure its own direction.
    """
    if inputs.side_conflict:
        return "mixed"
    if inputs.structure_type is not None:
        return inputs.structure_direction or "unknown"
    bias = inputs.expected_bias
    if abs(bias) < DIRECTION_BIAS:
        return "unknown"
    return "bullish" if (inputs.right == "C") == (bias > 0.0) else "bearish"


def event_direction(inputs: ProfileInputs) -> str:
    """Return `mixed` for two-sided placement, else what the side says."""
    bias = inputs.placement_bias
    if bias is None or abs(bias) <= 0.35:
        return "mixed"
    return side_direction(inputs)


def vol_seller_direction(inputs: ProfileInputs) -> str:
    """Return `neutral` for structures; a single call sold is bearish, a put sold bullish."""
    if inputs.structure_type is not None:
        return "neutral"
    return "bearish" if inputs.right == "C" else "bullish"


def hedge_direction(inputs: ProfileInputs) -> str:
    """Return the direction of the side traded, else that of a move of at least 10 bps."""
    bias = inputs.placement_bias
    if inputs.right is not None and bias:
        return "bearish" if (inputs.right == "P") == (bias > 0.0) else "bullish"
    move = inputs.move_60s_bps
    if move is None or abs(move) < HEDGE_MOVE_BPS:
        return "unknown"
    return "bullish" if move > 0.0 else "bearish"
