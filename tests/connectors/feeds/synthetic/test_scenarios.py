"""Scenarios: what is emitted, for every seed, by itself and in the live market."""

from collections import Counter
from collections.abc import Sequence

import pytest

from connectors.errors import MisconfiguredConnector
from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.drafts import EventDraft
from connectors.feeds.synthetic.scenarios import ScenarioRun
from connectors.feeds.synthetic.scenarios import expectation
from connectors.feeds.synthetic.scenarios import golden_names
from connectors.feeds.synthetic.scenarios import golden_run
from connectors.feeds.synthetic.scenarios import golden_scenario
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.admission import admit
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import labelled
from tests.connectors.feeds.synthetic.sample import only

SEEDS = range(1, 6)
# Prints per label, contracts, venues, and codes.
SHAPES = {
    "call_sweep": (range(4, 8), 1, range(3, 5), "S"),
    "put_sweep": (range(4, 8), 1, range(3, 5), "S"),
    "ask_lift_accumulation": (range(9, 13), 1, range(1, 2), "I"),
    "far_dated_conviction": (range(2, 4), 1, range(1, 2), "I"),
    "call_debit_vertical": (range(2, 3), 2, range(1, 2), "f"),
    "ladder_accumulation": (range(8, 9), 4, range(4, 5), "I"),
    "new_position": (range(3, 4), 1, range(1, 2), "I"),
    "call_chase": (range(6, 11), 1, range(3, 4), "Ia"),
    "put_panic": (range(6, 9), 1, range(3, 4), "Ia"),
    "earnings_vol_probe": (range(10, 15), 2, range(2, 7), "I"),
    "pre_event_ramp": (range(6, 7), 1, range(3, 4), "S"),
    "covered_call_overwrite": (range(3, 6), 1, range(1, 2), "I"),
    "cash_secured_put_write": (range(3, 6), 1, range(1, 2), "I"),
    "short_straddle_harvest": (range(2, 3), 2, range(1, 2), "f"),
    "long_strangle": (range(2, 3), 2, range(1, 2), "f"),
    "box_spread": (range(4, 5), 4, range(1, 2), "f"),
    "conversion": (range(2, 3), 2, range(1, 2), "n"),
    "reactive_put_wall": (range(4, 7), 1, range(1, 2), "I"),
    "gamma_pinch_call_hedge": (range(4, 7), 1, range(1, 2), "I"),
    "roll_up_out": (range(2, 3), 2, range(1, 2), "f"),
    "closing_unwind": (range(3, 4), 1, range(1, 2), "I"),
    "absorbed_sweep": (range(4, 8), 1, range(3, 5), "S"),
    "cancelled_block": (range(1, 2), 1, range(1, 2), "I"),
    "single_print_mid": (range(1, 2), 1, range(1, 2), "I"),
    "two_sided_scalp": (range(2, 5), 1, range(1, 5), "I"),
    "stale_quote_noise": (range(2, 5), 1, range(1, 5), "I"),
    "wide_quote_chop": (range(2, 5), 1, range(1, 5), "I"),
}
# Total premium over the label's prints, $.
PREMIUM = {
    "call_sweep": (400_000, 900_000),
    "put_sweep": (400_000, 900_000),
    "ask_lift_accumulation": (450_000, 1_200_000),
    "far_dated_conviction": (200_000, 500_000),
    "ladder_accumulation": (150_000, 400_000),
    "new_position": (60_000, 300_000),
    "call_chase": (30_000, 120_000),
    "put_panic": (50_000, 115_000),
    "earnings_vol_probe": (300_000, 500_000),
    "pre_event_ramp": (150_000, 250_000),
    "covered_call_overwrite": (150_000, 400_000),
    "cash_secured_put_write": (150_000, 400_000),
    "reactive_put_wall": (60_000, 150_000),
    "gamma_pinch_call_hedge": (60_000, 150_000),
    "single_print_mid": (50, 8_000),
    "two_sided_scalp": (100, 8_000),
    "stale_quote_noise": (100, 8_000),
    "wide_quote_chop": (100, 8_000),
}
AT_ASK = (
    *("ask_lift_accumulation", "far_dated_conviction", "ladder_accumulation", "new_position"),
    *("put_panic", "pre_event_ramp", "reactive_put_wall", "gamma_pinch_call_hedge"),
)
AT_BID = ("covered_call_overwrite", "cash_secured_put_write", "closing_unwind")


def activity(run: ScenarioRun) -> list[OptionsPrint]:
    (label,) = run.labels
    wanted = set(label.print_trace_ids)
    return [each for each in only(run.items, OptionsPrint) if each.trace_id in wanted]


def quotes_at(items: Sequence[RawRecord], record: OptionsPrint) -> OptionsNbbo | None:
    found = [
        each
        for each in only(items, OptionsNbbo)
        if each.option_contract_id == record.option_contract_id
        and each.source_ts <= record.source_ts
    ]
    return found[-1] if found else None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", scenario_ids())
def test_run_is_admissible_ordered_labelled_and_repeatable(scenario_id: str, seed: int) -> None:
    run = scenario_run(scenario_id, seed)

    assert run == scenario_run(scenario_id, seed)
    for record in run.items:
        assert not isinstance(record, EquityPrint)
        admit(record)
    ranks = {MarketEvent: 0, OpenInterest: 1, EquityQuote: 2, OptionsNbbo: 3, OptionsPrint: 4}
    order = [(each.source_ts, ranks[type(each)]) for each in run.items]
    assert order == sorted(order)
    ids = [each.trace_id for each in run.items]
    assert len(set(ids)) == len(ids)
    (label,) = run.labels
    assert label.scenario_id == scenario_id
    assert label.print_trace_ids == tuple(each.trace_id for each in activity(run))
    assert label.classifiers == (
        *expectation(scenario_id).must_fire, *expectation(scenario_id).later,
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", scenario_ids())
def test_activity_has_the_shape_of_its_scenario(scenario_id: str, seed: int) -> None:
    counts, contracts, venues, codes = SHAPES[scenario_id]

    found = activity(scenario_run(scenario_id, seed))

    assert len(found) in counts
    assert len({each.option_contract_id for each in found}) == contracts
    assert len({each.exchange for each in found}) in venues
    assert {each.conditions[0] for each in found} <= set(codes)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", PREMIUM)
def test_activity_is_worth_what_its_scenario_says(scenario_id: str, seed: int) -> None:
    found = activity(scenario_run(scenario_id, seed))

    total = sum(each.price * each.size * each.multiplier for each in found)
    low, high = PREMIUM[scenario_id]
    assert low <= total <= high


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", [*AT_ASK, *AT_BID])
def test_one_sided_activity_trades_at_its_side_and_no_size_equals_a_quoted_one(
    scenario_id: str, seed: int
) -> None:
    run = scenario_run(scenario_id, seed)

    for record in activity(run):
        quote = quotes_at(run.items, record)
        assert quote is not None
        assert record.source_ts - quote.source_ts < 1_000_000
        assert record.price == (quote.ask if scenario_id in AT_ASK else quote.bid)
        assert record.size not in {quote.bid_size, quote.ask_size}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("scenario_id", "legs"),
    [("call_debit_vertical", 2), ("short_straddle_harvest", 2), ("long_strangle", 2),
     ("box_spread", 4), ("conversion", 2), ("roll_up_out", 2)],
)  # fmt: skip
def test_package_is_complete_on_one_venue_at_one_stamp(
    scenario_id: str, legs: int, seed: int
) -> None:
    run = scenario_run(scenario_id, seed)
    found = activity(run)

    assert len(found) == legs
    assert len({(each.source_ts, each.exchange, each.size) for each in found}) == 1
    for record in found:
        quote = quotes_at(run.items, record)
        assert quote is not None
        assert quote.bid <= record.price <= quote.ask


@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize(
    ("scenario_id", "low", "high"),
    [("reactive_put_wall", -30, -12), ("gamma_pinch_call_hedge", 12, 30),
     ("covered_call_overwrite", -5, 5), ("call_sweep", -5, 5)],
)  # fmt: skip
def test_underlying_moves_as_the_scenario_needs(
    scenario_id: str, low: float, high: float, seed: int
) -> None:
    run = scenario_run(scenario_id, seed)
    begins = activity(run)[0].source_ts

    def mid(at_ns: int) -> float:
        quote = [each for each in only(run.items, EquityQuote) if each.source_ts <= at_ns][-1]
        return ((quote.bid or 0.0) + (quote.ask or 0.0)) / 2

    assert low <= (mid(begins) / mid(begins - 60 * NS_PER_S) - 1) * 1e4 <= high


@pytest.mark.parametrize("seed", SEEDS)
def test_new_position_is_three_times_the_open_interest_known_before(seed: int) -> None:
    run = scenario_run("new_position", seed)

    (interest,) = only(run.items, OpenInterest)
    found = activity(run)
    assert interest.published_ts < found[0].source_ts
    assert sum(each.size for each in found) == pytest.approx(3 * interest.oi, abs=3)


@pytest.mark.parametrize("seed", SEEDS)
def test_unwound_position_was_opened_two_sessions_before(seed: int) -> None:
    run = scenario_run("closing_unwind", seed)

    before, now = only(run.items, OpenInterest)
    closing = activity(run)
    opening = [each for each in only(run.items, OptionsPrint) if each not in closing]
    assert (before.as_of_date, now.as_of_date) == (20236, 20238)  # Wednesday, Friday
    size, opened = (sum(each.size for each in group) for group in (closing, opening))
    assert opened == pytest.approx(size, rel=0.15)
    assert opened > before.oi
    assert now.oi == pytest.approx(2.5 * size, abs=1)
    assert opening[-1].source_ts < closing[0].source_ts - 3 * 86_400 * NS_PER_S


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("scenario_id", "day"), [("earnings_vol_probe", 4), ("pre_event_ramp", 5)])
def test_event_is_announced_before_and_expiry_comes_after(
    scenario_id: str, day: int, seed: int
) -> None:
    run = scenario_run(scenario_id, seed)

    (event,) = only(run.items, MarketEvent)
    found = activity(run)
    assert event.announced_ts == event.source_ts < found[0].source_ts - 60 * NS_PER_S
    assert event.event_id.endswith(f"2025-06-0{day}")
    assert {each.expiry for each in found} == {20250}  # 2025-06-11
    assert event.event_ts // (86_400 * NS_PER_S) < 20250


def test_probe_trades_both_sides_two_seconds_apart_in_unequal_sizes() -> None:
    found = activity(scenario_run("earnings_vol_probe", 3))

    calls = [each for each in found if each.right == "C"]
    puts = [each for each in found if each.right == "P"]
    assert puts[0].source_ts - calls[-1].source_ts >= 2 * NS_PER_S
    assert sum(each.size for each in calls) != sum(each.size for each in puts)


@pytest.mark.parametrize("seed", SEEDS)
def test_absorbed_sweep_is_followed_by_a_minute_of_falling_quotes(seed: int) -> None:
    run = scenario_run("absorbed_sweep", seed)
    last = activity(run)[-1]
    over = last.source_ts + 60 * NS_PER_S

    later = [each for each in only(run.items, OptionsNbbo) if last.source_ts < each.source_ts]
    stocks = [each for each in only(run.items, EquityQuote) if each.source_ts > last.source_ts]
    at_timer = [each for each in later if each.source_ts <= over][-1]
    assert over - at_timer.source_ts < NS_PER_S
    assert (at_timer.bid + at_timer.ask) / 2 < last.price
    assert (stocks[-1].bid or 0.0) < (stocks[0].bid or 0.0)
    assert stocks[-1].source_ts > over


@pytest.mark.parametrize("seed", SEEDS)
def test_cancel_repeats_the_block(seed: int) -> None:
    run = scenario_run("cancelled_block", seed)

    (block,) = activity(run)
    *_, cancel = only(run.items, OptionsPrint)
    assert cancel.conditions == ("C",)
    assert cancel.source_ts > block.source_ts + 5 * NS_PER_S
    for field in ("option_contract_id", "exchange", "price", "size"):
        assert getattr(cancel, field) == getattr(block, field)


def test_noise_lacks_quotes_as_often_as_it_should() -> None:
    states: Counter[str] = Counter()
    for seed in range(200):
        run = scenario_run("stale_quote_noise", seed)
        for record in activity(run):
            quote = quotes_at(run.items, record)
            is_stale = quote is not None and record.source_ts - quote.source_ts > NS_PER_S
            states["missing" if quote is None else "stale" if is_stale else "fresh"] += 1

    # The first print of each run is never fresh.
    assert 0.10 < states["missing"] / states.total() < 0.25
    assert 0.44 < states["stale"] / states.total() < 0.70


@pytest.mark.parametrize("seed", SEEDS)
def test_wide_quotes_are_wide(seed: int) -> None:
    run = scenario_run("wide_quote_chop", seed)

    for quote in only(run.items, OptionsNbbo):
        assert (quote.ask - quote.bid) / ((quote.ask + quote.bid) / 2) >= 0.08
        assert round((quote.ask - quote.bid) * 100) > 4


@pytest.mark.parametrize("name", golden_names())
def test_golden_run_repeats_and_carries_its_own_bounds(name: str) -> None:
    run = golden_run(name)

    assert run == golden_run(name)
    (label,) = run.labels
    assert label.scenario_id == golden_scenario(name)
    assert label.direction == expectation(label.scenario_id).direction
    assert label.probability_range is not None


def test_golden_runs_share_no_id() -> None:
    ids = [each.trace_id for name in golden_names() for each in golden_run(name).items]

    assert len(set(ids)) == len(ids)


def test_unknown_scenario_and_fixture_are_named() -> None:
    with pytest.raises(MisconfiguredConnector, match="no scenario 'calm'"):
        scenario_run("calm", 1)
    with pytest.raises(MisconfiguredConnector, match="no golden fixture 'calm'"):
        golden_run("calm")


def test_start_can_be_chosen() -> None:
    start = 1_750_000_000 * NS_PER_S

    run = scenario_run("call_sweep", 1, start)

    assert run.items[0].source_ts == start
    assert run.items[0].trace_id.startswith(f"synthetic:1-{start}:")


def test_no_scenario_but_an_event_one_meets_an_event() -> None:
    found, labels = labelled("active", 400)
    prints = {each.trace_id: each for each in only(found, OptionsPrint)}
    named = {each.underlying_id for each in only(found, MarketEvent)}

    assert named
    for label in labels:
        in_named = {prints[print_id].underlying_id in named for print_id in label.print_trace_ids}
        assert in_named == {label.family == "event"}
    assert EventDraft.rank == 0
