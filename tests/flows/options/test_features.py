import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.baselines.book import Baselines
from flows.options.config import OptionsConfig
from flows.options.config import QuoteConfig
from flows.options.config import SignalConfig
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from flows.options.enrichment import JoinStage
from flows.options.features import packet_features
from flows.options.market_context import MarketContext
from flows.options.market_context import interest_fields
from flows.options.observation import observation
from flows.options.placements import placed_sizes
from flows.options.placements import sweep_kind
from flows.options.refdata.calendar import NextEvent
from flows.options.single_print import single_features
from flows.options.single_print import single_observation
from flows.options.tape import TapeBuilder
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed

ALL = OptionsConfig(signal=SignalConfig(mode="all"))
QUOTE = nbbo(0, 2.0, 2.1)
MIXED = [
    equity(0, 139.9, 140.1),
    QUOTE,
    printed(1, 2.1, 40, "S", exchange="C"),
    printed(2, 2.05, 30, "a", exchange="N"),
    printed(4, 2.0, 20, "I", exchange="N"),
    equity(5, 140.1, 140.5),
    printed(11, 2.2, 10, "D", exchange="X"),
]


def market_event(ms: float, days: int) -> Event:
    at = at_ns(ms)
    event = at + days * 86_400 * 10**9
    return (
        MarketEvent(at, at, 0, "e1#0", "refdata.events.v1", "t", "e1", "NVDA", "earnings", event,
                    at, "bmo"),
        False,
    )  # fmt: skip


def packet(events: list[Event], config: OptionsConfig = ALL) -> FlowPacket:
    found = packets(events, config)
    assert len(found) == 1
    return found[0]


def test_prices_and_sizes() -> None:
    f = packet(MIXED).features
    assert (f.count, f.total_size, f.total_premium) == (4, 100, 20_750.0)
    # the late print has no say in prices
    assert f.vwap == pytest.approx((2.1 * 40 + 2.05 * 30 + 2.0 * 20) / 90, abs=1e-6)
    assert (f.first_price, f.last_price, f.max_print_size) == (2.1, 2.0, 40)
    assert f.median_print_premium == 6_150.0


def test_times_between_fills() -> None:
    f = packet(MIXED).features
    assert (f.duration_ms, f.inter_fill_ms_max, f.inter_fill_ms_median) == (10.0, 7.0, 2.0)
    assert f.inter_fill_ms_mean == pytest.approx(10 / 3, abs=1e-6)
    alone = packet([printed(0)]).features
    assert (alone.duration_ms, alone.inter_fill_ms_mean, alone.inter_fill_ms_max) == (
        0.0, None, None,
    )  # fmt: skip


def test_venues_and_their_entropy() -> None:
    f = packet(MIXED).features
    shares = (0.4, 0.5, 0.1)
    entropy = -sum(share * math.log(share) for share in shares) / math.log(3)
    assert (f.venue_count, f.venues) == (3, ("C", "N", "X"))
    assert f.venue_entropy == pytest.approx(entropy, abs=1e-6)
    assert packet([printed(0)]).features.venue_entropy == 0.0


def test_placements() -> None:
    f = packet(MIXED).features
    assert (f.nbbo_aa_size, f.nbbo_a_size, f.nbbo_mid_size, f.nbbo_b_size) == (10, 40, 30, 20)
    assert (f.nbbo_aa_count, f.nbbo_a_count, f.nbbo_mid_count, f.nbbo_b_count) == (1, 1, 1, 1)
    assert (f.nbbo_coverage_ratio, f.nbbo_stale_ratio, f.nbbo_missing_ratio) == (1.0, 0.0, 0.0)
    assert (f.nbbo_aggressive_ratio, f.nbbo_inside_ratio, f.placement_bias) == (0.7, 0.3, 0.3)
    assert f.nbbo_aggressive_buy_ratio == pytest.approx(50 / 70, abs=1e-6)
    assert f.nbbo_aggressive_sell_ratio == pytest.approx(20 / 70, abs=1e-6)


def test_nothing_placed_leaves_ratios_null() -> None:
    f = packet([printed(0), printed(1)]).features
    assert (f.nbbo_coverage_ratio, f.nbbo_missing_ratio, f.nbbo_missing_count) == (0.0, 1.0, 2)
    assert (f.nbbo_aggressive_ratio, f.nbbo_inside_ratio, f.placement_bias) == (None, None, None)
    assert (f.nbbo_aggressive_buy_ratio, f.nbbo_aggressive_sell_ratio) == (0.0, 0.0)


def test_probability_of_buying() -> None:
    f = packet(MIXED).features
    expected = (40 * 0.62 + 30 * 0.55 + 20 * 0.38 + 10 * 0.5) / 100
    assert f.buy_probability == pytest.approx(expected, abs=1e-6)
    assert f.expected_bias == pytest.approx(2 * expected - 1, abs=1e-6)
    assert f.side_confidence == pytest.approx((40 * 0.62 + 30 * 0.55 + 20 * 0.62 + 5) / 100)
    assert f.aggressor_method_sizes == {"quote_nbbo": 60, "depth": 30, "ineligible": 10}
    assert f.side_conflict is False


def test_sides_conflict_when_size_rules_contradict_the_placement() -> None:
    sold_at_ask = [QUOTE, printed(1, 2.1, 13), printed(2, 2.1, 13)]
    assert packet(sold_at_ask).features.side_conflict is True


def test_condition_shares() -> None:
    f = packet(MIXED).features
    assert (f.iso_count, f.iso_size_ratio, f.auction_size_ratio) == (1, 0.4, 0.3)
    assert (f.late_size_ratio, f.special_print_ratio, f.retail_proxy_ratio) == (0.1, 0.1, 0.0)
    crossed = packet([printed(0, code="c"), printed(1, code="zz"), printed(2, size=9, code="a")])
    assert crossed.features.cross_floor_size_ratio == pytest.approx(50 / 109, abs=1e-6)
    assert crossed.features.unknown_condition_size_ratio == pytest.approx(50 / 109, abs=1e-6)
    assert crossed.features.retail_proxy_ratio == pytest.approx(9 / 109, abs=1e-6)
    alone = packet([printed(0, code="f")]).features
    assert (alone.complex_size_ratio, alone.special_print_ratio) == (1.0, 1.0)


def test_complex_prints_of_a_structure_are_not_special() -> None:
    structure, leg = packets([nbbo(0, 2.0, 2.1), printed(0, code="n")], ALL)
    assert structure.structure is not None
    assert structure.structure.type == "stock_tied"
    assert leg.structure_id == structure.id
    for found in (structure, leg):
        f = found.features
        assert (f.complex_size_ratio, f.stock_tied_size_ratio) == (1.0, 1.0)
        assert f.special_print_ratio == 0.0
        assert found.join_quality.observation_quality == 0.6


def test_event_features_are_those_known_at_the_last_member() -> None:
    row = packet([QUOTE, printed(1)])
    assert row.features.days_to_event is None
    engine = OptionsEngine(ALL)
    engine.process([market_event(0, days=7), QUOTE, printed(1)])
    found = only(engine.finish(), FlowPacket)[0]
    f = found.features
    assert (f.days_to_event, f.event_id, f.event_kind) == (7, "e1", "earnings")
    assert f.expiry_after_event is True
    assert f.pre_event_concentration == pytest.approx(2 / 3, abs=1e-6)
    assert EvidenceRef("event_calendar", "e1", "context") in found.evidence_refs


@pytest.mark.parametrize(
    ("oi", "expected"),
    [
        (100, (100, 20_240, 2.5, 0.5, 150)),
        (400, (400, 20_240, 0.625, 0.125, 0)),
        (0, (0, 20_240, None, None, 250)),
        (None, (None, None, None, None, None)),
    ],
)
def test_open_interest_features(oi: int | None, expected: tuple[object, ...]) -> None:
    joined = JoinStage(ALL).join([printed(1)])[0]
    assert not isinstance(joined, tuple)
    known = None if oi is None else (oi, 20_240)
    row = TapeBuilder(ALL, Baselines(ALL.baselines)).member(joined, 250, (1, 1), (), known).row
    assert interest_fields(row, 50, 250) == expected


def test_baselines_are_those_before_the_packet() -> None:
    events = [printed(i * 2_000, size=20 + i % 3) for i in range(14)]
    found = packets([*events, printed(60_000, size=900)], ALL)
    assert [p.features.total_premium_baseline_n for p in found[:2]] == [0, 1]
    last = found[-1].features
    assert (last.total_premium_basis, last.total_premium_baseline_n) == ("contract", 14)
    z = last.total_premium_z_eff
    assert z is not None
    assert z > 4


def test_small_packet_of_unusual_premium_is_emitted() -> None:
    usual = [printed(i * 2_000, 0.05, 20) for i in range(14)]
    found = packets([*usual, printed(60_000, 0.05, 900)])
    assert [p.features.total_premium for p in found] == [4_500.0]


def test_print_unusual_for_its_contract_is_a_block_from_a_hundred_contracts() -> None:
    usual = [printed(i * 2_000, size=12) for i in range(20)]
    found = packets([*usual, printed(60_000, size=150), printed(120_000, size=90)], ALL)
    assert [p.features.is_block for p in found[-2:]] == [True, False]
    assert packets([printed(0, size=150)], ALL)[0].features.is_block is False


def swept(*fills: tuple[float, float, str], code: str = "I") -> FlowPacket:
    prints = [printed(ms, price, 50, code, exchange=venue) for ms, price, venue in fills]
    return packet([QUOTE, *prints])


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (swept((1, 2.1, "C"), (2, 2.1, "N")), "multi_venue"),
        (swept((1, 2.0, "C"), (2, 2.0, "N")), "multi_venue"),
        (swept((1, 2.1, "C"), (251, 2.1, "N")), "multi_venue"),
        (swept((1, 2.1, "C"), (251.1, 2.1, "N")), "none"),
        (swept((1, 2.1, "C"), (2, 2.1, "C")), "none"),
        (swept((1, 2.1, "C"), (2, 2.0, "N")), "none"),
        (swept((1, 2.1, "C"), (2, 2.1, "N"), code="S"), "both"),
        (swept((1, 2.1, "C"), code="S"), "iso"),
        (swept((1, 2.1, "C"), (2, 2.0, "N"), code="d"), "iso"),
        (packet([printed(1), printed(2, exchange="N")]), "none"),
    ],
)
def test_sweep_kind(found: FlowPacket, kind: str) -> None:
    assert found.features.sweep_kind == kind
    assert (found.features.order_shape == "sweep") == (kind != "none")


@pytest.mark.parametrize(
    ("events", "shape"),
    [
        ([printed(1, size=500)], "block"),
        ([printed(1, size=499)], "single"),
        ([printed(1, size=800), printed(2, size=200)], "block"),
        ([printed(1, size=800), printed(2, size=201)], "mixed"),
        ([QUOTE, printed(1, 2.1), printed(2, 2.1), printed(3, 2.1)], "split"),
        ([QUOTE, printed(1, 2.1), printed(2, 2.1)], "mixed"),
        ([QUOTE, printed(1, 2.1), printed(2, 2.1), printed(3, 2.0)], "mixed"),
    ],
)
def test_order_shape(events: list[Event], shape: str) -> None:
    assert packet(events).features.order_shape == shape


def test_underlying_at_the_last_member_and_its_moves() -> None:
    f = packet(MIXED).features
    assert (f.underlying_bid, f.underlying_ask, f.underlying_mid) == (140.1, 140.5, 140.3)
    assert f.underlying_move_bps == pytest.approx((140.3 / 140 - 1) * 1e4, abs=1e-6)
    assert f.underlying_move_60s_bps is None
    assert f.underlying_spread_bps == pytest.approx(0.4 / 140.3 * 1e4, abs=1e-6)


def test_move_of_sixty_seconds_and_sigma() -> None:
    path = [
        equity(1_000 * second, 139.9 + second / 10, 140.1 + second / 10) for second in range(90)
    ]
    last = [nbbo(89_500, 2.0, 2.1), printed(89_600, 2.1)]
    f = packet([*path, *last]).features
    mid, before = 140.0 + 8.9, 140.0 + 2.9
    assert f.underlying_move_60s_bps == pytest.approx((mid / before - 1) * 1e4, abs=1e-4)
    changes = [math.log((140 + (s + 1) / 10) / (140 + s / 10)) for s in range(89)]
    mean = sum(changes) / 89
    sigma = math.sqrt(sum((c - mean) ** 2 for c in changes) / 89) * 1e4
    assert f.underlying_sigma_bps == pytest.approx(max(sigma, 0.5), abs=1e-4)


def test_share_of_the_underlying_in_sixty_seconds() -> None:
    other = printed(0, size=30, contract=PUT)
    assert packets([other, printed(100, size=90)], ALL)[-1].features.strike_share_60s == 0.75
    late_on = [other, printed(59_000, size=90)]
    assert packets(late_on, ALL)[-1].features.strike_share_60s == 0.75
    forgotten = [other, printed(60_000, size=90)]
    assert packets(forgotten, ALL)[-1].features.strike_share_60s == 1.0


def test_volatility_of_execution() -> None:
    events = [
        equity(0, 139.9, 140.1),
        nbbo(0, 4.9, 5.1), printed(1, 5.1, 10), nbbo(2, 5.4, 5.6), printed(3, 5.6, 30),
    ]  # fmt: skip
    found = packet(events)
    f = found.features
    assert f.execution_iv is not None
    assert f.execution_iv_shock is not None
    assert f.delta is not None
    assert 0.2 < f.execution_iv < 0.3
    assert 0.0 < f.execution_iv_shock < 0.05
    assert f.dollar_delta == pytest.approx(f.delta * 40 * 100 * 140, rel=0.01)
    assert f.dollar_delta is not None
    assert f.expected_dollar_delta == pytest.approx(0.24 * f.dollar_delta, rel=0.01)


def test_join_quality_record() -> None:
    events = [
        equity(0, 130.0, 140.0),
        nbbo(0, 2.0, 2.1),
        printed(1, 2.1, 50),
        nbbo(2, 1.8, 2.2),
        printed(3, 2.2, 30),
        nbbo(4, 2.2, 2.1),
        printed(5, 2.1, 20),
    ]
    q = packet(events).join_quality
    assert (q.wide_ratio, q.crossed_count, q.nbbo_missing_ratio) == (0.3, 1, 0.2)
    assert (q.underlying_coverage_ratio, q.wide_underlying_ratio, q.attached_ratio) == (1, 1, 0)
    assert (q.nbbo_age_ms_median, q.nbbo_age_ms_max, q.underlying_age_ms_max) == (1.0, 1.0, 5.0)
    assert q.unknown_side_ratio == 0.2
    assert q.score == pytest.approx(0.5 * 1 + 0.3 * (1 - 0.6 * 0.15 / 0.2), abs=1e-6)
    assert q.observation_quality == q.score
    complex_ = packet([QUOTE, printed(1, 2.1, code="f")]).join_quality
    assert (complex_.score, complex_.observation_quality) == (1.0, 0.5)
    auction = packet([QUOTE, printed(1, 2.1, code="a")]).join_quality
    assert auction.observation_quality == 0.85


def test_zero_bid_counts_only_above_ten_cents() -> None:
    dear = packet([nbbo(0, 0.0, 0.5), printed(1, 0.5)]).join_quality
    cheap = packet([nbbo(0, 0.0, 0.1), printed(1, 0.1)]).join_quality
    assert (dear.zero_bid_ratio, cheap.zero_bid_ratio) == (1.0, 0.0)


quotes = st.tuples(
    st.sampled_from([0.0, 0.02, 0.5, 2.0, 2.05, 2.2]), st.sampled_from([0.0, 0.05, 2.05, 2.1, 9.0])
)


@given(
    quotes,
    st.sampled_from([0.01, 0.05, 1.23, 2.0, 2.05, 2.1, 3.3333, 9.5]),
    st.integers(1, 2_000),
    st.sampled_from(["I", "S", "a", "b", "c", "d", "f", "n", "t", "v", "B", "H", "J", "", "zz"]),
    st.sampled_from([0.0, 700.0, 1_200.0]),
    st.booleans(),
    st.sampled_from([None, "buy", "sell"]),
    st.sampled_from([(None, None, None), (0.25, 139.0, 12.3456), (1.0, 140.123, 0.5)]),
    st.sampled_from([None, 0, 3, 4_000, 9_999]),
    st.booleans(),
)
def test_one_print_written_out_equals_the_general_formulas(
    quote: tuple[float, float],
    price: float,
    size: int,
    code: str,
    age_ms: float,
    has_underlying: bool,
    vendor: str | None,
    context: tuple[float | None, float | None, float | None],
    oi: int | None,
    is_matched: bool,
) -> None:
    events = [nbbo(0, *quote), printed(age_ms, price, size, code, vendor_aggressor=vendor)]
    if has_underlying:
        events.insert(0, equity(0, 139.0, 141.7))
    config = OptionsConfig(quotes=QuoteConfig(wide_spread_pct=0.05))
    joined = JoinStage(config).join(events)[-1]
    assert not isinstance(joined, tuple)
    tape = TapeBuilder(config, Baselines(config.baselines))
    member = tape.member(joined, 4_321, (1, 1), (), None if oi is None else (oi, 20_240))
    row = member.row
    event = NextEvent("e1", "earnings", row.source_ts, size % 40)
    market = MarketContext(*context, event, True, outlier_size=size if size % 2 else None)
    matched = {row.trace_id} if is_matched else ()
    placed = placed_sizes([member])
    features, unknown = packet_features(
        [member],
        [(row.aggressor_side, row.aggressor_probability, row.aggressor_method)],
        market,
        placed=placed,
        sweep=sweep_kind([member], placed, 250_000_000),
        session_volume=77,
        matched=matched,
    )
    assert single_features(member, market, 77, is_matched=is_matched) == features
    assert single_observation(member, is_matched=is_matched) == observation(
        [member], placed, unknown, matched
    )
