"""Follow-through: what is watched, when it is judged, and what counts as absorbed."""

from typing import Any

import pytest

from flows.errors import MisconfiguredFlow
from flows.options.classifiers import HitHistory
from flows.options.classifiers import detect
from flows.options.followup import FollowUpMarket
from flows.options.followup import FollowUps
from flows.options.hits import HitWriter
from flows.options.hits import caveat_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import inputs_from_packet
from flows.options.profiles import assess
from flows.options.smart_money import smart_money_event
from schemas.records import ClassifierHit
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import with_features
from tests.flows.options.inference_packets import START
from tests.flows.options.inference_packets import S
from tests.flows.options.inference_packets import packet
from tests.flows.options.inference_packets import structure_packet
from tests.flows.options.test_classifiers import CLAIMS

CONFIG = InferenceConfig()
END = START + 15_000_000
TIMER = END + 60 * S
SESSION_END = START + 6 * 3600 * S
# The packet paid 1.875 for calls with the underlying at 132; 1 bp a second is usual.
FLAT = FollowUpMarket(132.0, 10.0, 1.8, 1.9, 1.85)


def sweep(
    number: int = 0, at_ns: int = START, *, right: str = "C", **features: object
) -> FlowPacket:
    return with_features(packet(number, at_ns=at_ns, right=right), **features)


def watch(
    followups: FollowUps, given_packet: FlowPacket, session_end_ns: int = SESSION_END
) -> int | None:
    inputs = inputs_from_packet(given_packet)
    assessment = assess(inputs)
    event = smart_money_event(given_packet, assessment)
    penalty = assessment.confidence.penalty
    caveat = caveat_line(assessment.penalties.caveats, penalty)
    writer = HitWriter(given_packet, inputs, event, caveat)
    found = detect(given_packet, inputs, penalty, CONFIG, HitHistory())
    hits = [writer.hit(verdict) for verdict in found]
    return followups.watch(given_packet, inputs, event, hits, session_end_ns)


def later(followups: FollowUps, given_packet: FlowPacket) -> None:
    followups.on_packet(given_packet, inputs_from_packet(given_packet))


def judged(
    given_packet: FlowPacket,
    market: FollowUpMarket = FLAT,
    *between: FlowPacket,
    now_ns: int = TIMER,
) -> ClassifierHit | None:
    followups = FollowUps(CONFIG)
    assert watch(followups, given_packet) is not None
    for one in between:
        later(followups, one)
    return followups.judge(given_packet.id, now_ns, market)


def moved(bps: float, option_mid: float | None = 1.85) -> FollowUpMarket:
    bid = None if option_mid is None else option_mid - 0.05
    ask = None if option_mid is None else option_mid + 0.05
    return FollowUpMarket(132.0 * (1.0 + bps / 1e4), 10.0, bid, ask, option_mid)


def test_the_timer_lies_sixty_seconds_after_the_last_print() -> None:
    assert watch(FollowUps(CONFIG), sweep()) == TIMER


def test_the_timer_moves_with_its_variable() -> None:
    quick = FollowUps(InferenceConfig(follow_through_sec=10))
    assert watch(quick, sweep()) == END + 10 * S


@pytest.mark.parametrize(
    ("session_end_ns", "deadline"),
    [
        (END + 30 * S, END + 30 * S),
        (TIMER + 1, TIMER),
        (START + S // 2, None),  # the packet is released only then
        (END - 1, None),
    ],
)
def test_no_timer_lies_past_the_session_end(session_end_ns: int, deadline: int | None) -> None:
    assert watch(FollowUps(CONFIG), sweep(), session_end_ns) == deadline


@pytest.mark.parametrize(
    ("features", "watched"),
    [
        ({"total_premium": 40_000.0}, True),
        ({"total_premium": 39_999.0}, False),
        ({"underlying_mid": None}, False),
        ({"underlying_sigma_bps": None}, False),
        ({**TWO_SIDED, "sweep_kind": "none"}, False),
        # Abstained for stale quotes, but a sweep all the same.
        ({"nbbo_stale_ratio": 0.5, "nbbo_coverage_ratio": 0.5}, True),
    ],
)
def test_large_directional_packets_are_watched(features: dict[str, Any], watched: bool) -> None:
    assert (watch(FollowUps(CONFIG), sweep(**features)) is not None) is watched


def test_an_adjusted_contract_has_no_direction_to_follow() -> None:
    adjusted = packet(packet_fields={"option_contract_id": "NVDA1-2025-06-06-175-C"})
    assert watch(FollowUps(CONFIG), adjusted) is None


def test_a_flat_market_absorbs_a_sweep() -> None:
    given_packet = sweep()
    hit = judged(given_packet)
    assert hit is not None
    assert hit.hit_id == hit.trace_id == f"hit:no_follow_through_absorbed:{given_packet.id}"
    assert (hit.phase, hit.direction, hit.retracted) == ("followup", "neutral", False)
    assert hit.source_ts == TIMER
    assert hit.references_packet_id == hit.packet_id == given_packet.id
    assert (hit.start_ts, hit.end_ts) == (given_packet.start_ts, given_packet.end_ts)
    assert [(ref.kind, ref.role) for ref in hit.evidence_refs] == [
        ("flow_packet", "anchor"),
        ("smart_money", "context"),
        ("classifier_hit", "context"),
        ("classifier_hit", "context"),
    ]
    assert hit.confidence == pytest.approx(0.60)


@pytest.mark.parametrize(
    ("given_packet", "market", "fires"),
    [
        # 60 s at 1 bp a second: 7.75 bps are usual, a quarter is 1.94.
        (sweep(), moved(1.9), True),
        (sweep(), moved(2.0), False),
        (sweep(right="P"), moved(-1.9), True),
        (sweep(right="P"), moved(-2.0), False),
        (sweep(right="P"), moved(20.0), True),
        # Below the floor of 2 bps a quarter is half a basis point.
        (sweep(underlying_sigma_bps=0.1), moved(0.49), True),
        (sweep(underlying_sigma_bps=0.1), moved(0.51), False),
        (sweep(), moved(0.0, 1.875), True),
        (sweep(), moved(0.0, 1.876), False),
        (sweep(), moved(0.0, None), True),
        (sweep(**SOLD), moved(0.0, 1.9), True),
        (sweep(**SOLD), moved(0.0, 1.8), False),
        (sweep(), FollowUpMarket(132.0, 5000.0, None, None, None), True),
        (sweep(), FollowUpMarket(132.0, 5000.1, None, None, None), False),
        (sweep(), FollowUpMarket(None, None, 1.8, 1.9, 1.85), False),
        (sweep(), FollowUpMarket(132.0, None, 1.8, 1.9, 1.85), False),
    ],
)
def test_absorbed_when_neither_underlying_nor_option_followed(
    given_packet: FlowPacket, market: FollowUpMarket, fires: bool
) -> None:
    assert (judged(given_packet, market) is not None) is fires


def test_the_usual_move_is_that_of_the_time_that_passed() -> None:
    early = END + 15 * S  # sqrt(15) = 3.87, a quarter is .97 bps
    assert judged(sweep(), moved(0.9), now_ns=early) is not None
    assert judged(sweep(), moved(1.0), now_ns=early) is None


@pytest.mark.parametrize(
    ("between", "fires"),
    [
        (sweep(1, START + 5 * S, total_size=800), False),
        (sweep(1, START + 5 * S, total_size=799), True),
        (sweep(1, START + 5 * S, total_size=800, **SOLD), True),
        (sweep(1, START + 5 * S, total_size=800, **TWO_SIDED), True),
        (sweep(1, START - S, total_size=800), True),
        (packet(1, at_ns=START + 5 * S, strike=180.0, total_size=9000), True),
        (packet(1, at_ns=START + 5 * S, total_size=9000, revision=1), True),
    ],
)
def test_a_further_packet_of_like_side_and_size_is_follow_through(
    between: FlowPacket, fires: bool
) -> None:
    assert (judged(sweep(), FLAT, between) is not None) is fires


@pytest.mark.parametrize(
    ("given_packet", "market", "between", "expected"),
    [
        (sweep(total_premium=40_000.0), FLAT, (), {"base": 0.45}),
        (sweep(total_premium=79_999.0), FLAT, (), {"base": 0.45}),
        (sweep(), FLAT, (), {"base": 0.45, "premium_twice_minimum": 0.15}),
        (
            sweep(),
            moved(-4.0),  # half of 7.75 is 3.87
            (),
            {"base": 0.45, "premium_twice_minimum": 0.15, "underlying_against": 0.15},
        ),
        (sweep(), moved(-3.8), (), {"base": 0.45, "premium_twice_minimum": 0.15}),
        (
            sweep(vwap=1.875),
            FollowUpMarket(132.0, 1.0, 1.725, 1.825, 1.775),
            (),
            {"base": 0.45, "premium_twice_minimum": 0.15, "option_gave_back_a_spread": 0.10},
        ),
        (
            sweep(),
            FollowUpMarket(132.0, 1.0, 1.735, 1.835, 1.785),
            (),
            {"base": 0.45, "premium_twice_minimum": 0.15},
        ),
        (
            sweep(),
            moved(0.0, None),
            (),
            {"base": 0.45, "premium_twice_minimum": 0.15, "option_move_unknown": -0.10},
        ),
        (
            sweep(),
            FLAT,
            (sweep(1, START + S, total_size=800, **SOLD),),
            {"base": 0.45, "premium_twice_minimum": 0.15, "opposite_packet": 0.05},
        ),
        (
            sweep(),
            FLAT,
            (sweep(1, START + S, total_size=799, **SOLD),),
            {"base": 0.45, "premium_twice_minimum": 0.15},
        ),
    ],
)
def test_each_term_of_absorption(
    given_packet: FlowPacket,
    market: FollowUpMarket,
    between: tuple[FlowPacket, ...],
    expected: dict[str, float],
) -> None:
    hit = judged(given_packet, market, *between)
    assert hit is not None
    assert {term.name: term.value for term in hit.confidence_terms} == expected
    assert sum(expected.values()) == pytest.approx(hit.confidence)


def test_all_terms_together_are_capped_and_weak_evidence_lowers_them() -> None:
    against = FollowUpMarket(131.0, 1.0, 1.6, 1.7, 1.65)
    opposed = sweep(1, START + S, total_size=1600, **SOLD)
    clean = judged(sweep(), against, opposed)
    assert clean is not None
    assert clean.confidence == 0.85
    doubtful = judged(sweep(nbbo_stale_ratio=0.4, nbbo_coverage_ratio=0.6), against, opposed)
    assert doubtful is not None
    assert doubtful.confidence < clean.confidence
    assert doubtful.explanations[-1].startswith("Weak evidence lowers the confidence")


def test_an_option_locked_at_one_price_counts_a_cent_as_its_spread() -> None:
    hit = judged(sweep(), FollowUpMarket(132.0, 1.0, 1.865, 1.865, 1.865))
    assert hit is not None
    assert "option_gave_back_a_spread" in {term.name for term in hit.confidence_terms}


def test_a_judgement_explains_itself_in_five_sentences() -> None:
    hit = judged(sweep(), moved(-4.0), sweep(1, START + S, total_size=900, **SOLD))
    assert hit is not None
    assert hit.explanations[0] == (
        "NVDA 06JUN25 175C: 1,600 contracts bought, bullish, 10:08:25.000 to 10:08:25.015 ET on "
        "2025-05-23; 60 s later the market had not followed."
    )
    assert hit.explanations[1] == (
        "$300,000 of premium against a minimum of $40,000; since then the largest packet of its "
        "side had 0 contracts, less than half its size, and the largest of the other side 900 "
        "contracts."
    )
    assert hit.explanations[2].startswith("No baseline yet")
    assert hit.explanations[3].startswith("Of aggressive size 88%")
    assert hit.explanations[4] == (
        "Underlying mid $132.00 to $131.95 by 10:09:25.015 ET: -4.0 bps in the flow's direction, "
        "where 7.7 bps are usual; option mid $1.85 against an average price of $1.88, -0.2 "
        "spreads in favour of the trade."
    )
    assert not any(CLAIMS.search(sentence) for sentence in hit.explanations)


def test_a_packet_is_judged_once() -> None:
    followups = FollowUps(CONFIG)
    watch(followups, sweep())
    assert followups.judge(sweep().id, TIMER, FLAT) is not None
    assert followups.judge(sweep().id, TIMER, FLAT) is None
    assert len(followups) == 0


def test_what_cannot_be_judged_is_counted() -> None:
    followups = FollowUps(CONFIG)
    watch(followups, sweep())
    followups.judge(sweep().id, TIMER, FollowUpMarket(None, None, None, None, None))
    assert followups.counters["follow_ups_unjudged"] == 1
    assert followups.counters["follow_ups_absorbed"] == 0


def test_a_structure_is_judged_by_the_underlying_and_its_own_repetition() -> None:
    spread = structure_packet(0)
    hit = judged(spread)
    assert hit is not None
    assert hit.option_contract_id is None
    assert "option_move_unknown" in {term.name for term in hit.confidence_terms}
    again = structure_packet(1, at_ns=START + S)
    assert judged(spread, FLAT, again) is None
    reversed_side = structure_packet(2, at_ns=START + S, package_side="sold")
    opposed = judged(spread, FLAT, reversed_side)
    assert opposed is not None
    assert "opposite_packet" in {term.name for term in opposed.confidence_terms}


@pytest.mark.parametrize("seconds", [9, 601])
def test_an_impossible_time_to_follow_through_is_refused(seconds: int) -> None:
    with pytest.raises(MisconfiguredFlow, match="FOLLOW_THROUGH_SEC"):
        InferenceConfig(follow_through_sec=seconds)


def test_a_retracted_judgement_keeps_its_phase_and_packet() -> None:
    given_packet = packet(revision=1)
    inputs = inputs_from_packet(given_packet)
    event = smart_money_event(given_packet, assess(inputs))
    late = HitWriter(given_packet, inputs, event, "").retraction("no_follow_through_absorbed")
    assert (late.phase, late.references_packet_id) == ("followup", given_packet.id)
    assert late.retracted
    early = HitWriter(given_packet, inputs, event, "").retraction("unusual_contract_spike")
    assert (early.phase, early.references_packet_id) == ("initial", None)
