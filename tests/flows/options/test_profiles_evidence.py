"""Evidence quality, caveats and penalties, and the terms of the profiles."""

import msgspec
import pytest

from flows.options.profile_evidence import evidence_grade
from flows.options.profile_evidence import penalties
from flows.options.profile_evidence import share_penalty
from flows.options.profile_inputs import evidence_quality
from flows.options.profile_inputs import is_unresolved_deliverable
from flows.options.profile_terms import magnitude
from flows.options.profile_terms import shared_terms
from flows.options.profiles import assess
from flows.options.profiles import confidence_band
from tests.flows.options.profile_vectors import inputs


@pytest.mark.parametrize(
    ("share_field", "code", "weight", "tolerance"),
    [
        ("stale", "stale_quote_context", 0.70, 0.10),
        ("missing", "missing_quote_context", 0.70, 0.10),
        ("wide", "wide_quote_context", 0.50, 0.25),
        ("mid_share", "inside_market_context", 0.45, 0.60),
        ("wide_underlying", "wide_underlying_context", 0.30, 0.25),
        ("special", "special_print_context", 0.40, 0.20),
        ("unknown_side", "unknown_side_context", 0.25, 0.50),
    ],
)
def test_caveat_costs_nothing_up_to_its_tolerance_and_its_weight_at_all_of_the_size(
    share_field: str, code: str, weight: float, tolerance: float
) -> None:
    clean = inputs(mid_share=0.0)
    tolerated = penalties(msgspec.structs.replace(clean, **{share_field: tolerance}))
    assert [(c.code, c.penalty) for c in tolerated.caveats] == [(code, 0.0)]
    assert tolerated.general == 0.0
    total = penalties(msgspec.structs.replace(clean, **{share_field: 1.0}))
    assert total.general == pytest.approx(weight)
    halfway = share_penalty((1.0 + tolerance) / 2.0, weight, tolerance)
    assert halfway == pytest.approx(weight / 2.0)


def test_one_stale_print_of_twenty_costs_nothing() -> None:
    found = penalties(inputs(stale=0.05, mid_share=0.0))
    assert [(c.code, c.share, c.penalty) for c in found.caveats] == [
        ("stale_quote_context", 0.05, 0.0)
    ]
    assert found.general == 0.0
    assert assess(inputs(stale=0.05)).primary == "institutional_directional"


@pytest.mark.parametrize(
    ("premium", "penalty"), [(10_000.0, 0.0), (9_999.0, 0.40), (4_000.0, 0.48), (0.0, 0.80)]
)
def test_thin_premium_costs_at_least_forty_percent(premium: float, penalty: float) -> None:
    assert penalties(inputs(premium=premium, mid_share=0.0)).general == pytest.approx(penalty)


def test_arbitrage_and_structures_are_spared_the_caveats_about_side() -> None:
    sided = inputs(
        side_conflict=True, leg_of_context_structure=True, unknown_side=1.0, mid_share=1.0
    )
    found = penalties(sided)
    assert found.general == pytest.approx(1 - 0.55 * 0.75 * 0.65 * 0.80)
    assert found.arbitrage == pytest.approx(0.45)
    structure = penalties(msgspec.structs.replace(sided, structure_type="box"))
    assert structure.arbitrage == 0.0
    assert structure.general == pytest.approx(1 - 0.65 * 0.80)


def test_evidence_quality_credits_what_is_known() -> None:
    assert evidence_quality(
        0.9, has_underlying=True, has_iv=True, has_baseline=True
    ) == pytest.approx(0.9)
    assert evidence_quality(
        0.9, has_underlying=True, has_iv=False, has_baseline=False
    ) == pytest.approx(0.72)


@pytest.mark.parametrize(
    ("quality", "grade"),
    [(0.82, "strong"), (0.81, "usable"), (0.55, "usable"), (0.54, "thin"), (0.20, "poor")],
)
def test_evidence_grade(quality: float, grade: str) -> None:
    assert evidence_grade(quality) == grade


@pytest.mark.parametrize(
    ("value", "band"),
    [(0.72, "high"), (0.719, "medium"), (0.52, "medium"), (0.42, "low"), (0.419, "none")],
)
def test_confidence_band(value: float, band: str) -> None:
    assert confidence_band(value) == band


@pytest.mark.parametrize(
    ("premium", "z", "expected"),
    [
        (5_000.0, None, 0.0),
        (100_000.0, None, 0.5),
        (5e6, None, 1.0),
        (100_000.0, 0.0, 0.5),
        (100_000.0, 4.0, 0.65 * 0.5 + 0.35),
        (100_000.0, 9.0, 0.65 * 0.5 + 0.35),
    ],
)
def test_magnitude_uses_the_baseline_only_when_known(
    premium: float, z: float | None, expected: float
) -> None:
    assert magnitude(premium, z) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dte", "otm", "atm", "short_otm", "gamma", "tenor"),
    [
        (7, 0.05, 0.05, 1.0, 0.0, 0.0),
        (7, 0.02, 0.04, 0.5, 0.0, 0.5),
        (8, 0.05, 0.05, 0.0, 0.0, 1.0),
        (2, 0.015, 0.015, 0.0, 1.0, 0.0),
        (5, 0.0, 0.03, 0.0, 0.5, 0.5),
        (6, 0.0, 0.03, 0.0, 0.0, 0.5),
        (1, None, None, 0.0, 0.0, 0.5),
        (30, None, None, 0.0, 0.0, 1.0),
    ],
)
def test_tenor_terms(
    dte: int, otm: float | None, atm: float | None, short_otm: float, gamma: float, tenor: float
) -> None:
    terms = shared_terms(inputs(dte_days=dte, otm_pct=otm, atm_proximity=atm))
    assert (terms.short_otm, terms.gamma, terms.tenor) == (short_otm, gamma, tenor)


@pytest.mark.parametrize(
    ("contract", "unresolved"),
    [
        ("AAPL-2025-06-20-200-C", False),
        ("AAPL1-2025-06-20-200-C", True),
        ("4AAPL-2025-06-20-200-C", True),
        (None, False),
    ],
)
def test_adjusted_and_flex_roots_are_unresolved(contract: str | None, unresolved: bool) -> None:
    assert is_unresolved_deliverable(contract) is unresolved
