"""The six profiles: worked vectors, guards, direction, abstention."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.profile_fits import EVENT
from flows.options.profile_fits import INSTITUTIONAL
from flows.options.profile_inputs import ProfileInputs
from flows.options.profiles import Assessment
from flows.options.profiles import assess
from tests.flows.options.profile_vectors import V1
from tests.flows.options.profile_vectors import V2
from tests.flows.options.profile_vectors import V3
from tests.flows.options.profile_vectors import V4
from tests.flows.options.profile_vectors import V5
from tests.flows.options.profile_vectors import V6
from tests.flows.options.profile_vectors import V7
from tests.flows.options.profile_vectors import V8
from tests.flows.options.profile_vectors import inputs


def probability(assessment: Assessment, profile: str) -> float:
    return next(s.probability for s in assessment.scores if s.profile_id == profile)


@pytest.mark.parametrize(
    ("vector", "expected", "direction"),
    [
        (V1, {"institutional_directional": 0.742, "retail_whale": 0.201}, "bullish"),
        (V2, {"retail_whale": 0.594, "institutional_directional": 0.213}, "bullish"),
        (V3, {"event_driven": 0.526, "institutional_directional": 0.315}, "mixed"),
        (V4, {"vol_seller": 0.678}, "neutral"),
        (V5, {"vol_seller": 0.537, "institutional_directional": 0.383}, "bearish"),
        (V6, {"arbitrage": 0.691, "institutional_directional": 0.222}, "neutral"),
        (V7, {"hedge_reactive": 0.657, "institutional_directional": 0.296}, "bearish"),
    ],
    ids=["V1", "V2", "V3", "V4", "V5", "V6", "V7"],
)
def test_worked_vector_gives_the_probabilities_of_the_specification(
    vector: ProfileInputs, expected: dict[str, float], direction: str
) -> None:
    result = assess(vector)
    for profile, value in expected.items():
        assert probability(result, profile) == pytest.approx(value, abs=0.001)
    assert not result.abstention_reasons
    assert result.primary == next(iter(expected))
    assert result.direction == direction


def test_chop_of_vector_8_abstains_below_one_eighth() -> None:
    result = assess(V8)
    assert [c.penalty for c in result.penalties.caveats if c.penalty] == [0.48, 0.4]
    assert result.scores[0].probability == pytest.approx(0.116, abs=0.001)
    assert result.primary is None
    assert result.direction == "unknown"
    assert "below_policy_threshold" in result.abstention_reasons
    assert len(result.scores) == 6


@pytest.mark.parametrize(
    ("changes", "profile", "code", "factor"),
    [
        ({"dte_days": 7, "otm_pct": 0.05}, INSTITUTIONAL, "retail_frenzy_guard", 0.45),
        (
            {"dte_days": 2, "atm_proximity": 0.015, "move_60s_bps": -10.0},
            INSTITUTIONAL,
            "hedge_reactive_context",
            0.60,
        ),
        (
            {"event_concentration": 0.85, "expires_after_event": True},
            INSTITUTIONAL,
            "event_proximity_context",
            0.65,
        ),
        (
            {"placement_bias": -0.30, "execution": 0.5, "otm_pct": 0.0, "dte_days": 7},
            INSTITUTIONAL,
            "premium_sale_context",
            0.55,
        ),
        ({"structure_type": "box"}, "retail_whale", "non_directional_structure", 0.40),
        ({"stock_tied": 0.50}, "retail_whale", "stock_tied_context", 0.35),
        ({"stock_tied": 0.5, "event_concentration": 0.5}, EVENT, "stock_tied_context", 0.35),
    ],
)  # fmt: skip
def test_guard_multiplies_the_fit_and_names_itself(
    changes: dict[str, object], profile: str, code: str, factor: float
) -> None:
    given_inputs = inputs(**changes)
    found = next(s for s in assess(given_inputs).scores if s.profile_id == profile)
    assert found.guards == {code: factor}
    assert found.reasons[-1] == code
    quality = 0.55 + 0.45 * given_inputs.evidence_quality
    expected = found.ceiling * found.fit * factor * quality
    assert found.probability == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"dte_days": 8, "otm_pct": 0.05},
        {"dte_days": 7, "otm_pct": 0.049},
        {"dte_days": 2, "atm_proximity": 0.015, "move_60s_bps": 9.9},
        {"dte_days": 2, "atm_proximity": 0.015, "move_60s_bps": None},
        {"event_concentration": 0.85},
        {"placement_bias": -0.30, "execution": 1.0, "dte_days": 7},
        {"placement_bias": -0.29, "execution": 0.5, "dte_days": 7},
        {"placement_bias": -0.30, "execution": 0.5, "dte_days": 7, "otm_pct": None},
        {"structure_type": "vertical"},
        {"stock_tied": 0.49},
    ],
)
def test_guard_stays_away_just_short_of_its_condition(changes: dict[str, object]) -> None:
    scores = assess(inputs(**changes)).scores
    assert next(s for s in scores if s.profile_id == "institutional_directional").guards == {}


@pytest.mark.parametrize(
    ("right", "bias", "expected"),
    [
        ("C", 0.06, "bullish"),
        ("C", -0.06, "bearish"),
        ("C", 0.059, "unknown"),
        ("P", 0.06, "bearish"),
        ("P", -0.06, "bullish"),
    ],
)
def test_direction_follows_right_and_expected_side(right: str, bias: float, expected: str) -> None:
    assert assess(inputs(right=right, expected_bias=bias)).scores[0].direction == expected


def test_contradicting_sides_are_mixed() -> None:
    assert assess(inputs(side_conflict=True)).scores[0].direction == "mixed"


@pytest.mark.parametrize(
    ("right", "bias", "move", "expected"),
    [
        ("P", 0.5, -20.0, "bearish"),
        ("P", -0.5, -20.0, "bullish"),
        ("C", 0.5, -20.0, "bullish"),
        ("P", 0.0, 20.0, "bullish"),
        ("P", None, -20.0, "bearish"),
        ("P", 0.0, -9.0, "unknown"),
    ],
)
def test_hedge_direction(right: str, bias: float | None, move: float, expected: str) -> None:
    changed = msgspec.structs.replace(V7, right=right, placement_bias=bias, move_60s_bps=move)
    found = next(s for s in assess(changed).scores if s.profile_id == "hedge_reactive")
    assert found.direction == expected


@pytest.mark.parametrize(
    ("changes", "reason", "suppresses"),
    [
        ({"execution": 0.0, "premium": 12_000.0, "size": 100}, "below_policy_threshold", False),
        ({"evidence_quality": 0.349}, "insufficient_evidence", False),
        ({"wide": 1.0, "premium": 9_000.0}, "penalised_evidence", False),
        ({"coverage": 0.349}, "stale_or_missing_quote_context", True),
        ({"stale": 0.50}, "stale_or_missing_quote_context", True),
        (
            {"inside": 0.70, "aggressive_ratio": 0.349},
            "inside_market_or_cross_like_execution",
            True,
        ),
        ({"special": 0.34}, "special_print_or_complex_context", True),
        ({"adjusted_unresolved": True}, "adjusted_unresolved", True),
    ],
)
def test_abstains_with_the_reason_and_keeps_all_alternatives(
    changes: dict[str, object], reason: str, suppresses: bool
) -> None:
    result = assess(inputs(**changes))
    assert reason in result.abstention_reasons
    assert (reason in result.suppressed_reasons) is suppresses
    assert result.primary is None
    assert result.direction == "unknown"
    assert len({score.profile_id for score in result.scores}) == 6


def test_two_profiles_close_together_conflict() -> None:
    close = assess(
        msgspec.structs.replace(
            V5, sell_ratio=0.55, placement_bias=-0.9, size=3000, premium=900_000.0
        )
    )
    best, second = close.scores[:2]
    assert 0.42 <= best.probability < second.probability + 0.04
    assert close.abstention_reasons == ("conflicting_evidence",)


def test_structures_are_not_suppressed_for_trading_inside_the_market() -> None:
    result = assess(msgspec.structs.replace(V6, inside=0.9, aggressive_ratio=0.1, special=0.9))
    assert result.suppressed_reasons == ()


def test_hypothesis_with_a_shut_gate_has_no_fit_and_says_so() -> None:
    shut = [score for score in assess(V1).scores if score.profile_id == "event_driven"]
    assert [(s.fit, s.terms, s.guards) for s in shut] == [(0.0, {}, {"gate": 0.0})]


share = st.floats(0.0, 1.0)
maybe = st.none()
any_inputs = st.builds(
    ProfileInputs,
    right=st.sampled_from(["C", "P"]),
    premium=st.floats(0.0, 1e8),
    size=st.integers(0, 100_000),
    count=st.integers(0, 500),
    placement_bias=maybe | st.floats(-1.0, 1.0),
    expected_bias=st.floats(-1.0, 1.0),
    buy_ratio=share,
    sell_ratio=share,
    aggressive_ratio=share,
    coverage=share,
    stale=share,
    missing=share,
    inside=share,
    mid_share=share,
    execution=st.sampled_from([0.0, 0.5, 1.0]),
    dte_days=st.integers(0, 900),
    evidence_quality=share,
    otm_pct=maybe | st.floats(-0.9, 5.0),
    atm_proximity=maybe | st.floats(0.0, 5.0),
    iv=maybe | st.floats(0.01, 10.0),
    iv_shock=maybe | st.floats(0.0, 5.0),
    move_60s_bps=maybe | st.floats(-500.0, 500.0),
    premium_z=maybe | st.floats(-5.0, 50.0),
    spread_z=maybe | st.floats(-5.0, 50.0),
    event_concentration=share,
    expires_after_event=st.booleans(),
    is_etf_or_index=st.booleans(),
    side_conflict=st.booleans(),
    leg_of_context_structure=st.booleans(),
    wide=share,
    wide_underlying=share,
    special=share,
    unknown_side=share,
    stock_tied=share,
    structure_type=maybe | st.sampled_from(["box", "straddle", "vertical", "condor", "multi_leg"]),
    package_side=st.sampled_from(["bought", "sold", "unknown"]),
    package_position=maybe | st.floats(-1.0, 2.0),
    symmetry=maybe | share,
    net_delta_ratio=maybe | share,
    is_tier1=st.booleans(),
)


@given(any_inputs)
def test_probabilities_stay_under_their_ceilings_and_are_explained_by_their_terms(
    drawn: ProfileInputs,
) -> None:
    result = assess(drawn)
    assert list(result.scores) == sorted(result.scores, key=lambda s: -s.probability)
    assert (result.primary is None) == bool(result.abstention_reasons)
    for score in result.scores:
        assert 0.0 <= score.probability <= score.ceiling
        if score.guards == {"gate": 0.0}:
            assert score.probability == 0.0
            continue
        assert math.fsum(score.terms.values()) == pytest.approx(score.fit, abs=1e-5)
        penalty = result.penalties.general
        if score.profile_id == "arbitrage":
            penalty = result.penalties.arbitrage
        expected = (
            score.ceiling
            * score.fit
            * math.prod(score.guards.values())
            * (0.55 + 0.45 * drawn.evidence_quality)
            * (1.0 - 0.65 * penalty)
        )
        assert score.probability == pytest.approx(expected, abs=1e-5)
