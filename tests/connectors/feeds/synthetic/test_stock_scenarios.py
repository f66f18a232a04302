"""Labelled activity in stocks: what is emitted for every seed, and what section 7 makes of it."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from connectors.errors import MisconfiguredConnector
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import TOPIC_RANK
from connectors.feeds.synthetic.equities.catalog import STOCK_SCENARIOS
from connectors.feeds.synthetic.equities.catalog import stock_expectation
from connectors.feeds.synthetic.equities.catalog import stock_scenario_ids
from connectors.feeds.synthetic.equities.names import STAGED
from connectors.feeds.synthetic.equities.run import stock_scenario_run
from connectors.feeds.synthetic.scenarios import ScenarioRun
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.universe import KNOWN
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import Market
from tests.connectors.feeds.synthetic.sample import executed_ns
from tests.connectors.feeds.synthetic.sample import only
from tests.connectors.feeds.synthetic.section7 import infer
from tests.connectors.feeds.synthetic.section7 import placed

SEEDS = range(1, 6)
MANY = range(1, 21)
RANKS = {
    MarketEvent: TOPIC_RANK[REFDATA_EVENTS],
    EquityQuote: TOPIC_RANK[EQUITY_QUOTES],
    EquityPrint: TOPIC_RANK[EQUITY_PRINTS],
}
KINDS = {
    "dark_block": ("absorbed_block",),
    "dark_block_moved": ("absorbed_block",),
    "dark_accumulation": ("stealth_accumulation",),
    "dark_distribution": ("distribution",),
    "dark_zone": ("hidden_liquidity_zone",),
    "contingent_noise": (),
    "lit_noise": (),
    "cancelled_dark": ("stealth_accumulation",),
    "halt": (),
}
BLOCKS = ("dark_block", "dark_block_moved", "contingent_noise")
WORKED = ("dark_accumulation", "dark_distribution", "cancelled_dark")


def activity(run: ScenarioRun) -> list[EquityPrint]:
    (label,) = run.labels
    wanted = set(label.print_trace_ids)
    return [each for each in only(run.items, EquityPrint) if each.trace_id in wanted]


def mid_e4(run: ScenarioRun, at_ns: int) -> float:
    bid, ask = Market(run.items).bid_ask_e4(only(run.items, EquityPrint)[0].underlying_id, at_ns)
    return (bid + ask) / 2


def test_there_are_the_scenarios_of_the_specification_with_their_kinds() -> None:
    assert {each: stock_expectation(each).kinds for each in stock_scenario_ids()} == KINDS
    assert stock_expectation("dark_block").status == "confirmed"
    assert stock_expectation("dark_block_moved").status == "rejected"
    assert stock_expectation("cancelled_dark").is_taken_back
    assert {each for each in KINDS if stock_expectation(each).is_noise} == {
        *("contingent_noise", "lit_noise", "halt"),
    }  # fmt: skip


def test_no_id_is_that_of_an_option_scenario_and_no_stage_has_options() -> None:
    assert set(stock_scenario_ids()).isdisjoint(scenario_ids())
    assert {name.symbol for name in STAGED}.isdisjoint(name.symbol for name in KNOWN)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", KINDS)
def test_run_is_ordered_labelled_and_repeatable(scenario_id: str, seed: int) -> None:
    run = stock_scenario_run(scenario_id, seed)

    assert run == stock_scenario_run(scenario_id, seed)
    order = [(each.source_ts, RANKS[type(each)]) for each in run.items]
    assert order == sorted(order)
    ids = [each.trace_id for each in run.items]
    assert len(set(ids)) == len(ids)
    assert len({each.underlying_id for each in only(run.items, EquityPrint)}) == 1
    (label,) = run.labels
    assert label.scenario_id == scenario_id
    assert label.family == STOCK_SCENARIOS[scenario_id].family
    assert label.print_trace_ids == tuple(each.trace_id for each in activity(run))
    assert label.classifiers == KINDS[scenario_id]
    assert (label.profile_id, label.probability_range) == (None, None)


def test_another_seed_is_another_run() -> None:
    assert stock_scenario_run("dark_block", 1) != stock_scenario_run("dark_block", 2)


def test_start_can_be_chosen_and_runs_share_no_id() -> None:
    start = 1_750_000_000 * NS_PER_S
    run = stock_scenario_run("dark_block", 1, start)
    assert run.items[0].source_ts == start
    assert run.items[0].trace_id.startswith(f"synthetic:1-{start}:")

    ids = [each.trace_id for name in KINDS for each in stock_scenario_run(name, 1).items]
    assert len(set(ids)) == len(ids)


def test_unknown_scenario_is_named() -> None:
    with pytest.raises(MisconfiguredConnector, match="no stock scenario 'calm'"):
        stock_scenario_run("calm", 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", KINDS)
def test_whole_run_is_in_regular_hours_with_fresh_narrow_quotes(
    scenario_id: str, seed: int
) -> None:
    run = stock_scenario_run(scenario_id, seed)
    quotes = only(run.items, EquityQuote)

    stamps = [each.source_ts for each in quotes]
    assert max(b - a for a, b in pairwise(stamps)) <= NS_PER_S // 2
    assert {each.session for each in only(run.items, EquityPrint)} == {"rth"}
    for each in quotes:
        assert each.bid is not None
        assert each.ask is not None
        assert 0 < (each.ask - each.bid) / each.ask < 0.0018


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", KINDS)
def test_every_trade_is_at_or_inside_its_quote(scenario_id: str, seed: int) -> None:
    run = stock_scenario_run(scenario_id, seed)
    found = placed(
        [each for each in only(run.items, EquityPrint) if each.action == "trade"],
        Market(run.items),
    )

    assert {each.side for each in found} <= {"A", "MID", "B"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", KINDS)
def test_nothing_beside_the_activity_is_large_off_exchange(scenario_id: str, seed: int) -> None:
    run = stock_scenario_run(scenario_id, seed)
    labelled = set(run.labels[0].print_trace_ids)
    others = [each for each in only(run.items, EquityPrint) if each.trace_id not in labelled]

    assert len(others) > 60
    cancels = [each for each in others if each.action == "cancel"]
    assert len(cancels) == (scenario_id == "cancelled_dark")
    assert all(
        each.size < 200 for each in others if each.off_exchange_flag and each.action == "trade"
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario_id", BLOCKS)
def test_block_is_one_off_exchange_trade_at_the_middle(scenario_id: str, seed: int) -> None:
    run = stock_scenario_run(scenario_id, seed)
    (block,) = activity(run)

    assert block.off_exchange_flag
    assert 1.5 * 2_000 <= block.size <= 3 * 2_000
    assert round(block.price * 10_000) == mid_e4(run, executed_ns(block))
    letters = "V7W4" if scenario_id == "contingent_noise" else "@"
    assert set(block.conditions) <= set(letters)
    before = mid_e4(run, executed_ns(block))
    # A quote stands for a quarter of a second.
    after_ms = (1_000, 3_250, 5_000, 10_000)
    later = [mid_e4(run, executed_ns(block) + ms * 1_000_000) / before - 1 for ms in after_ms]
    if scenario_id == "dark_block_moved":
        # Quotes are in whole cents.
        cent_bps = 1e6 / before
        assert abs(later[1]) * 1e4 == pytest.approx(20.0, abs=cent_bps)
        assert abs(later[3]) * 1e4 == pytest.approx(20.0, abs=cent_bps)
    else:
        assert later == [0.0] * 4


@pytest.mark.parametrize("letter", "V7W4")
def test_each_contingent_condition_comes_up(letter: str) -> None:
    found = {
        activity(stock_scenario_run("contingent_noise", seed))[0].conditions for seed in range(30)
    }

    assert (letter,) in found


@pytest.mark.parametrize("seed", MANY)
@pytest.mark.parametrize("scenario_id", WORKED)
def test_interest_is_worked_in_five_to_nine_trades_within_50_s_on_one_side(
    scenario_id: str, seed: int
) -> None:
    run = stock_scenario_run(scenario_id, seed)
    found = activity(run)
    market = Market(run.items)

    assert len(found) in range(5, 10)
    assert all(each.off_exchange_flag and 600 <= each.size <= 1_500 for each in found)
    stamps = [executed_ns(each) for each in found]
    assert max(stamps) - min(stamps) <= 50 * NS_PER_S
    for each in found:
        bid, ask = market.bid_ask_e4(each.underlying_id, executed_ns(each))
        wanted = bid if scenario_id == "dark_distribution" else ask
        assert round(each.price * 10_000) == wanted
    wanted_direction = "sell" if scenario_id == "dark_distribution" else "buy"
    assert run.labels[0].direction == wanted_direction


@pytest.mark.parametrize("seed", MANY)
def test_cancel_takes_the_largest_trade_away_and_nothing_else(seed: int) -> None:
    run = stock_scenario_run("cancelled_dark", seed)
    found = activity(run)

    (cancel,) = [each for each in only(run.items, EquityPrint) if each.action == "cancel"]
    (taken,) = [each for each in found if each.trace_id == cancel.ref_trace_id]
    assert taken.size == max(each.size for each in found)
    for name in ("price", "size", "exchange", "trf_id", "conditions", "exec_ts"):
        assert getattr(cancel, name) == getattr(taken, name)
    assert cancel.source_ts > max(each.source_ts for each in found)
    assert cancel.trace_id not in run.labels[0].print_trace_ids


@pytest.mark.parametrize("seed", SEEDS)
def test_zone_prints_twelve_times_at_one_price_over_20_minutes_and_price_returns_four_times(
    seed: int,
) -> None:
    run = stock_scenario_run("dark_zone", seed)
    found = activity(run)

    assert len(found) == 12
    assert len({each.price for each in found}) == 1
    assert all(each.off_exchange_flag and each.size < 2_000 for each in found)
    assert 18 * 60 < (found[-1].source_ts - found[0].source_ts) / NS_PER_S < 22 * 60
    gaps = [later.source_ts - first.source_ts for first, later in pairwise(found)]
    assert sum(gap > 120 * NS_PER_S for gap in gaps) == 4
    # Never so close together that they are an accumulation as well.
    assert all(found[n + 3].source_ts - found[n].source_ts > 60 * NS_PER_S for n in range(9))


@pytest.mark.parametrize("seed", SEEDS)
def test_lit_noise_is_large_on_both_sides_and_only_on_exchanges(seed: int) -> None:
    run = stock_scenario_run("lit_noise", seed)
    found = activity(run)

    assert all(not each.off_exchange_flag and each.size >= 2_000 for each in found)
    sides = {each.side for each in placed(found, Market(run.items))}
    assert sides == {"A", "B"}


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_trades_between_halt_and_resumption(seed: int) -> None:
    run = stock_scenario_run("halt", seed)

    halt, resume = only(run.items, MarketEvent)
    assert (halt.kind, resume.kind) == ("halt", "resume")
    assert resume.source_ts - halt.source_ts == 300 * NS_PER_S
    for event in (halt, resume):
        assert event.announced_ts == event.event_ts == event.source_ts
    assert halt.event_id != resume.event_id
    found = only(run.items, EquityPrint)
    assert not [each for each in found if halt.source_ts <= each.source_ts <= resume.source_ts]
    after = [each for each in found if each.source_ts > resume.source_ts]
    assert after[0].conditions == ("5",)
    (block,) = activity(run)
    assert block.source_ts - resume.source_ts < 5 * NS_PER_S


@pytest.mark.parametrize("seed", MANY)
@pytest.mark.parametrize("scenario_id", KINDS)
def test_section_7_infers_what_the_scenario_is_for_and_nothing_else(
    scenario_id: str, seed: int
) -> None:
    run = stock_scenario_run(scenario_id, seed)

    found = infer(run.items)

    assert found.kinds == set(KINDS[scenario_id])
    status = stock_expectation(scenario_id).status
    if status is not None:
        assert found.blocks == {status: [each.trace_id for each in activity(run)]}
    if scenario_id == "dark_zone":
        assert found.zones == {run.labels[0].direction}


@pytest.mark.parametrize("seed", MANY)
def test_cancelled_trade_is_evidence_of_what_was_inferred(seed: int) -> None:
    run = stock_scenario_run("cancelled_dark", seed)
    (cancel,) = [each for each in only(run.items, EquityPrint) if each.action == "cancel"]

    (windows,) = infer(run.items).windows.values()

    assert cancel.ref_trace_id in windows[0]


def test_cancel_ends_some_inferences_and_leaves_others() -> None:
    left = [
        bool(infer(run.items, frozenset(taken(run))).windows)
        for run in (stock_scenario_run("cancelled_dark", seed) for seed in range(1, 41))
    ]

    assert 0 < sum(left) < len(left)


def taken(run: ScenarioRun) -> Iterator[str]:
    for each in only(run.items, EquityPrint):
        if each.action == "cancel":
            assert each.ref_trace_id is not None
            yield each.ref_trace_id


@pytest.mark.parametrize("seed", SEEDS)
def test_halted_block_would_be_one_at_any_other_time(seed: int) -> None:
    run = stock_scenario_run("halt", seed)

    found = infer([each for each in run.items if not isinstance(each, MarketEvent)])

    assert found.kinds == {"absorbed_block"}


@pytest.mark.parametrize("seed", SEEDS)
def test_contingent_block_would_be_one_without_its_condition(seed: int) -> None:
    run = stock_scenario_run("contingent_noise", seed)
    (block,) = activity(run)

    (as_placed,) = placed([block], Market(run.items))

    assert as_placed.side == "MID"
    assert block.size >= 2_000
