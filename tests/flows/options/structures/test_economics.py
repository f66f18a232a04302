"""Package side, prices, delta and direction, worked out by hand."""

from typing import Any

import pytest

from flows.options.enrichment import JoinStage
from flows.options.structures.contest import Decision
from flows.options.structures.contest import decide
from flows.options.structures.contest import side_of
from flows.options.structures.economics import Economics
from flows.options.structures.economics import Framing
from flows.options.structures.economics import economics
from flows.options.structures.legs import Leg
from flows.options.structures.legs import leg_order
from flows.options.structures.sizes import exact_ratios
from flows.options.structures.templates import Fit
from flows.options.structures.templates import fits
from tests.flows.options.engine_events import printed
from tests.flows.options.structures.packages import ALL

CALL, FAR_CALL = "NVDA-2025-06-20-{}-C", "NVDA-2025-09-19-{}-C"
PUT = "NVDA-2025-06-20-{}-P"


def leg(
    name: str, size: int, price: float, quote: tuple[float, float] | None, delta: float | None,
    **changes: Any,  # noqa: ANN401 - any field of a leg
) -> Leg:  # fmt: skip
    joined = JoinStage(ALL).join([printed(0, contract=name)])[0]
    assert not isinstance(joined, tuple)
    bid, ask = (None, None) if quote is None else quote
    position = None
    if bid is not None and ask is not None and ask > bid:
        position = round((price - bid) / (ask - bid), 6)
    fields: dict[str, Any] = {
        "contract": joined.contract,
        "packet_id": "pk",
        "size": size,
        "cents": round(price * size * 10_000),
        "price": price,
        "usable_price": None if quote is None else price,
        "bid": bid,
        "ask": ask,
        "position": position,
        "delta": delta,
        "iv": None,
        "oi": None,
        "oi_as_of": None,
        "session_volume": 0,
        "dte": 18,
        "multiplier": 100,
        "buy_size": 0,
        "sell_size": 0,
    }
    return Leg(**{**fields, **changes})


def worked(*found: Leg, stock_tied: bool = False) -> Economics:
    ordered = sorted(found, key=leg_order)
    ratios = exact_ratios([one.size for one in ordered])
    assert ratios is not None
    templates = fits(ordered, ratios, stock_tied=stock_tied, with_ladder=False)
    decision = decide(ordered, templates, is_inferred=False)
    framing = Framing(decision.fit, decision.candidates, 1, 0.9, stock_tied)
    return economics(ordered, ratios, framing)


def test_debit_vertical() -> None:
    made = worked(
        leg(CALL.format(155), 94, 15.20, (14.90, 15.35), 0.57),
        leg(CALL.format(165), 94, 10.60, (10.55, 10.80), 0.46),
    )
    s = made.structure
    # L = 14.90 - 10.80 = 4.10, H = 15.35 - 10.55 = 4.80, N = 4.60
    assert s.package_side == "bought"
    assert s.package_position == pytest.approx(0.714286)
    # .60 + .30 (.214286 - .1) / .4
    assert s.package_probability == pytest.approx(0.685714, abs=1e-6)
    assert (s.net_price, s.net_premium, s.gross_premium) == (4.6, 43_240.0, 242_520.0)
    assert s.premium_basis == 43_240.0
    assert s.net_delta_shares == pytest.approx(0.11 * 9_400)
    assert s.net_delta_ratio == pytest.approx(0.11 / 1.03, abs=1e-6)
    assert (s.direction, s.symmetry) == ("bullish", 1.0)
    assert (s.strikes, len(s.expiries)) == ((155.0, 165.0), 1)


def test_credit_vertical_has_negative_net() -> None:
    s = worked(
        leg(PUT.format(130), 20, 1.10, (1.0, 1.2), -0.25),
        leg(PUT.format(140), 20, 2.90, (2.9, 3.3), -0.45),
    ).structure
    # bought is +P140 -P130: L = 2.9 - 1.2 = 1.7, H = 3.3 - 1.0 = 2.3, N = 1.8
    assert s.package_side == "sold"
    assert s.package_position == pytest.approx(1 / 6, abs=1e-6)
    assert (s.variant, s.direction) == ("credit", "bullish")
    assert (s.net_price, s.net_premium, s.premium_basis) == (-1.8, -3_600.0, 3_600.0)
    assert s.net_delta_shares == pytest.approx(0.20 * 2_000)


def test_unknown_side_keeps_only_what_has_no_sign() -> None:
    made = worked(
        leg(CALL.format(155), 10, 15.125, (14.90, 15.35), 0.57),
        leg(CALL.format(165), 10, 10.675, (10.55, 10.80), 0.46),
    )
    s = made.structure
    assert (s.package_side, s.package_probability, s.package_position) == ("unknown", 0.5, 0.5)
    assert (s.net_price, s.net_premium, s.net_delta_shares) == (None, None, None)
    assert s.net_delta_ratio == pytest.approx(0.11 / 1.03, abs=1e-6)
    assert (s.direction, s.variant, s.gross_premium) == ("unknown", None, 25_800.0)
    assert s.premium_basis == 12_900.0
    assert {one.side for one in made.legs} == {"unknown"}


def test_unusable_quote_of_one_leg_leaves_the_side_unknown() -> None:
    s = worked(
        leg(CALL.format(155), 10, 15.35, (14.90, 15.35), 0.57),
        leg(CALL.format(165), 10, 10.55, None, 0.46),
    ).structure
    assert (s.type, s.package_side, s.package_position) == ("vertical", "unknown", None)


def test_non_directional_type_is_weighed_by_its_gross_premium() -> None:
    s = worked(
        leg(CALL.format(140), 30, 5.0, (4.8, 5.0), 0.55),
        leg(PUT.format(140), 30, 4.0, (3.8, 4.0), -0.45),
    ).structure
    assert (s.type, s.package_side, s.direction) == ("straddle", "bought", "neutral")
    assert (s.net_premium, s.gross_premium, s.premium_basis) == (27_000.0, 27_000.0, 27_000.0)
    assert s.net_delta_ratio == pytest.approx(0.1)


def test_stock_leg_of_a_conversion_counts_in_the_net_delta() -> None:
    found = (
        leg(CALL.format(140), 70, 5.0, (5.0, 5.2), 0.55),
        leg(PUT.format(140), 70, 4.2, (4.0, 4.2), -0.45),
    )
    s = worked(*found, stock_tied=True).structure
    # -.55 - .45 + 1 = 0
    assert (s.type, s.package_side) == ("conversion", "bought")
    assert s.net_delta_shares == pytest.approx(0.0, abs=1e-6)
    assert s.net_delta_ratio == pytest.approx(0.0, abs=1e-6)


def test_sold_conversion_is_a_bought_reversal() -> None:
    made = worked(
        leg(CALL.format(140), 70, 5.2, (5.0, 5.2), 0.60),
        leg(PUT.format(140), 70, 4.0, (4.0, 4.2), -0.45),
        stock_tied=True,
    )
    s = made.structure
    assert (s.type, s.package_side, s.package_position) == ("reversal", "bought", 1.0)
    assert [(one.right, one.side) for one in made.legs] == [("C", "bought"), ("P", "sold")]
    assert s.net_price == pytest.approx(1.2)
    # +.60 + .45 - 1 = .05 of .60 + .45 + 1
    assert s.net_delta_shares == pytest.approx(0.05 * 7_000)
    assert s.net_delta_ratio == pytest.approx(0.05 / 2.05, abs=1e-6)


def test_backspread_leans_by_its_net_delta() -> None:
    made = worked(
        leg(CALL.format(140), 50, 5.0, (5.0, 5.4), 0.50),
        leg(CALL.format(150), 100, 2.2, (2.0, 2.2), 0.35),
    )
    s = made.structure
    assert (s.type, s.package_side) == ("backspread", "bought")
    assert [(one.side, one.ratio) for one in made.legs] == [("sold", 1), ("bought", 2)]
    # 2 * .35 - .50 = +.20 of 1.20
    assert s.net_delta_ratio == pytest.approx(1 / 6, abs=1e-6)
    assert s.direction == "bullish"
    assert s.net_price == pytest.approx(-0.6)
    assert s.premium_basis == 3_000.0


def test_unknown_delta_leaves_delta_and_direction_unknown() -> None:
    s = worked(
        leg(CALL.format(130), 10, 12.4, (12.0, 12.4), 0.8),
        leg(FAR_CALL.format(140), 10, 9.0, (9.0, 9.6), None),
    ).structure
    assert (s.type, s.package_side) == ("diagonal", "sold")
    assert (s.net_delta_shares, s.net_delta_ratio, s.direction) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("position", "side", "probability"),
    [
        (0.0, "sold", 0.85),
        (0.10, "sold", 0.825),
        (0.40, "sold", 0.60),
        (0.401, "unknown", 0.50),
        (0.599, "unknown", 0.50),
        (0.60, "bought", 0.60),
        (0.80, "bought", 0.75),
        (1.30, "bought", 0.85),
    ],
)
def test_package_side_and_its_probability(position: float, side: str, probability: float) -> None:
    found = [
        leg(CALL.format(140), 10, 5.0 + position, (5.0, 6.0), 0.5),
        leg(PUT.format(140), 10, 4.0 + position, (4.0, 5.0), -0.5),
    ]
    result = side_of(Fit("straddle", None, (1, 1)), found, (1, 1))
    assert (result.side, result.position) == (side, position)
    assert result.probability == pytest.approx(probability, abs=1e-6)


def _contest(call: float, put: float, *, is_inferred: bool = False) -> Decision:
    found = [
        leg(CALL.format(140), 10, 5.0 + call, (5.0, 6.0), 0.5),
        leg(PUT.format(140), 10, 4.0 + put, (4.0, 5.0), -0.5),
    ]
    templates = fits(found, (1, 1), stock_tied=False, with_ladder=False)
    return decide(found, templates, is_inferred=is_inferred)


@pytest.mark.parametrize(
    ("call", "put", "winner"),
    [(0.9, 0.9, "straddle"), (0.9, 0.1, "synthetic"), (0.1, 0.1, "straddle")],
)
def test_contest_is_won_by_the_side_of_the_legs(call: float, put: float, winner: str) -> None:
    for is_inferred in (False, True):
        decision = _contest(call, put, is_inferred=is_inferred)
        assert decision.fit is not None
        assert decision.fit.type == winner
        assert decision.score == pytest.approx(0.8)
        assert decision.candidates[0].type == winner


@pytest.mark.parametrize(("call", "put"), [(0.5, 0.5), (0.9, 0.5), (0.58, 0.58)])
def test_undecided_contest_lists_candidates(call: float, put: float) -> None:
    decision = _contest(call, put)
    assert decision.fit is None
    assert {one.type for one in decision.candidates} == {"straddle", "synthetic"}
    assert sum(one.probability for one in decision.candidates) == pytest.approx(1.0, abs=2e-6)


def test_candidates_are_softmax_of_score_over_a_quarter() -> None:
    decision = _contest(0.75, 0.65)
    # straddle (.5 + .3) / 2 = .4, synthetic (.5 - .3) / 2 = .1
    weights = [2.718281828**1.6, 2.718281828**0.4]
    assert decision.fit is not None
    assert [one.probability for one in decision.candidates] == [
        pytest.approx(weight / sum(weights), abs=1e-6) for weight in weights
    ]


@pytest.mark.parametrize(("position", "is_match"), [(0.59, False), (0.61, True)])
def test_inferred_structure_needs_a_score_even_without_a_rival(
    position: float, is_match: bool
) -> None:
    found = [
        leg(CALL.format(140), 10, 5.0 + position, (5.0, 6.0), 0.5),
        leg(CALL.format(150), 10, 3.0 + (1 - position), (3.0, 4.0), 0.3),
    ]
    templates = fits(found, (1, 1), stock_tied=False, with_ladder=False)
    assert (decide(found, templates, is_inferred=True).fit is not None) is is_match
    assert decide(found, templates, is_inferred=False).fit is not None
