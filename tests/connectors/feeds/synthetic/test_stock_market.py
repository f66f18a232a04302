"""Trades of stocks in the live market: beside the options, never in their way."""

import itertools
from bisect import bisect_right
from collections import Counter
from datetime import datetime
from typing import Final

import pytest

from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import RawRecord
from connectors.feeds.base.items import item_order
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.config import MarketModes
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.equities.background import LEAST_STOCKS
from connectors.feeds.synthetic.equities.catalog import stock_scenario_ids
from connectors.feeds.synthetic.equities.names import STAGED_BY_MODE
from connectors.feeds.synthetic.equities.run import stock_scenario_run
from connectors.feeds.synthetic.equities.side import StockSide
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.live import LiveSynthetic
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.feeds.synthetic.scenarios import scenario_ids
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import OPEN
from tests.connectors.feeds.synthetic.sample import Market
from tests.connectors.feeds.synthetic.sample import config
from tests.connectors.feeds.synthetic.sample import executed_ns
from tests.connectors.feeds.synthetic.sample import items
from tests.connectors.feeds.synthetic.sample import labelled
from tests.connectors.feeds.synthetic.sample import only
from tests.connectors.feeds.synthetic.sample import records
from tests.connectors.feeds.synthetic.test_labels import strings

TICKS: Final = {"realistic": 1_200, "active": 240, "firehose": 8}
NIGHT: Final = int(datetime.fromisoformat("2025-05-24T23:00:00-04:00").timestamp()) * NS_PER_S
CLOSE: Final = int(datetime.fromisoformat("2025-05-22T15:50:00-04:00").timestamp()) * NS_PER_S
HALF_HOUR: Final = 1_800
# Says that trading stopped, as its topic wants it; nothing else may name a scenario.
STOPS: Final = {"halt", "resume"}


def stock_names(found: list[RawRecord]) -> set[str]:
    return {each.underlying_id for each in only(found, EquityPrint)}


def staged_by_stock(labels: list[Label]) -> list[Label]:
    return [label for label in labels if label.scenario_id in stock_scenario_ids()]


def staged_for(minutes: int, mode: str) -> tuple[list[Draft], list[Label]]:
    """Return what happens in the stocks without options for so long, and its labels."""
    book = Announced()
    side = StockSide(config(equities_mode=mode), (), book)
    minute_ns = 60 * NS_PER_S
    found = [
        each for n in range(minutes) for each in side.tick(OPEN + n * minute_ns, minute_ns, (), ())
    ]
    return found, book.begun


class Announced(LabelBook):
    """Keeps the labels it is told of, before their trades are published."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.begun: list[Label] = []

    def begin(self, label: Label, prints: int) -> None:
        assert prints > 0
        self.begun.append(label)


@pytest.fixture(scope="module")
def market() -> tuple[list[RawRecord], list[Label]]:
    return labelled("active", HALF_HOUR, equities_mode="active")


@pytest.mark.parametrize("mode", MODES)
def test_options_do_not_notice_that_stocks_trade(mode: str) -> None:
    quoted, labels = labelled(mode, TICKS[mode])
    traded, more = labelled(mode, TICKS[mode], equities_mode=mode)

    staged = stock_names(traded) - {each.underlying_id for each in only(quoted, EquityQuote)}
    rest = [
        each
        for each in traded
        if not isinstance(each, EquityPrint) and each.underlying_id not in staged
    ]
    # Only the serials of their quotes differ, since other stocks are quoted as well.
    assert [each for each in rest if not isinstance(each, EquityQuote)] == [
        each for each in quoted if not isinstance(each, EquityQuote)
    ]
    assert [
        (each.source_ts, each.bid, each.ask, each.bid_size) for each in only(rest, EquityQuote)
    ] == [(each.source_ts, each.bid, each.ask, each.bid_size) for each in only(quoted, EquityQuote)]
    assert labels == [label for label in more if label.scenario_id in scenario_ids()]


@pytest.mark.parametrize("mode", MODES)
def test_equal_configuration_gives_equal_trades_and_labels(mode: str) -> None:
    ticks = TICKS[mode] // 4

    once = labelled(mode, ticks, equities_mode=mode)

    assert once == labelled(mode, ticks, equities_mode=mode)
    assert only(once[0], EquityPrint)


@pytest.mark.parametrize(("seed", "mode"), [(8, "active"), (7, "firehose")])
def test_any_other_configuration_gives_other_trades(seed: int, mode: str) -> None:
    one = only(records(items(ticks=20, seed=7, equities_mode="active")), EquityPrint)
    other = only(records(items(ticks=20, seed=seed, equities_mode=mode)), EquityPrint)

    assert one
    assert [each.price for each in one] != [each.price for each in other]


def test_trades_do_not_depend_on_how_many_ticks_are_taken_at_once() -> None:
    one = SyntheticOptions(config(equities_mode="active")).ticks()
    taken = [item for size in (1, 7, 2, 50) for _, t in itertools.islice(one, size) for item in t]

    assert taken == items(ticks=60, equities_mode="active")


@pytest.mark.parametrize("mode", MODES)
def test_items_come_in_the_order_of_the_log(mode: str) -> None:
    found = items(mode, ticks=TICKS[mode], equities_mode=mode)

    order = [item_order(item) for item in found]
    assert order == sorted(order)


def test_without_a_mode_no_stock_trades_and_no_topic_is_claimed() -> None:
    quiet, lively = SyntheticOptions(config()), SyntheticOptions(config(equities_mode="active"))

    assert not only(records(items(ticks=60)), EquityPrint)
    assert EQUITY_PRINTS not in quiet.origin.topics
    assert EQUITY_PRINTS in lively.origin.topics


@pytest.mark.parametrize("mode", MODES)
def test_enough_stocks_trade_in_each_tick_and_none_more_than_three_times(mode: str) -> None:
    ticks = TICKS[mode]
    found = records(items(mode, ticks, equities_mode=mode, scenarios=False))

    counts: Counter[tuple[int, str]] = Counter()
    for each in only(found, EquityPrint):
        if each.action == "trade" and each.ref_trace_id is None:
            counts[(executed_ns(each) - OPEN) // NS_PER_S, each.underlying_id] += 1
    # What trades at the end of the last tick is reported after it.
    per_tick = Counter(tick for tick, _ in counts)
    assert min(per_tick[tick] for tick in range(ticks - 1)) >= LEAST_STOCKS[mode]
    assert max(counts.values()) <= 3


@pytest.mark.parametrize("mode", MODES)
def test_every_trade_was_executed_at_or_inside_the_quote_in_force(mode: str) -> None:
    found = records(items(mode, TICKS[mode], equities_mode=mode))
    market = Market(found)

    seen = 0
    for each in only(found, EquityPrint):
        if each.action == "trade":
            bid, ask = market.bid_ask_e4(each.underlying_id, executed_ns(each))
            assert bid <= round(each.price * 10_000) <= ask
            quote = market.quote(each.underlying_id, executed_ns(each))
            assert executed_ns(each) - quote.source_ts < NS_PER_S
            seen += 1
    assert seen > 1_000


def test_trades_are_well_formed(market: tuple[list[RawRecord], list[Label]]) -> None:
    found = only(market[0], EquityPrint)

    for each in found:
        assert each.source == "synthetic"
        assert each.schema_version == "equities.prints.v1"
        assert each.trace_id.startswith(f"synthetic:7-{OPEN}:reports:")
        assert each.price > 0
        assert each.size >= 1
        assert each.size == int(each.size)
        assert each.off_exchange_flag == (each.exchange == "D")
        assert each.off_exchange_flag == (each.trf_id is not None)
        assert each.tape in {"A", "B", "C"}
        assert each.session == "rth"
        assert each.conditions == each.raw_conditions
        assert set(each.conditions) <= set("@FI47VW5")
        if each.off_exchange_flag:
            assert each.exec_ts is not None
            assert each.exec_ts <= each.source_ts - 5_000_000
        elif each.ref_trace_id is None:
            assert each.exec_ts is None


def test_off_exchange_share_lies_between_the_bounds_of_the_regimes(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    found = only(market[0], EquityPrint)

    assert 0.30 < sum(each.off_exchange_flag for each in found) / len(found) < 0.58


def test_cancels_and_corrections_only_refer_to_earlier_trades(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    known: dict[str, EquityPrint] = {}
    cancelled: set[str] = set()
    for each in only(market[0], EquityPrint):
        if each.action == "cancel":
            assert each.ref_trace_id is not None
            original = known[each.ref_trace_id]
            assert each.source_ts > original.source_ts
            for name in ("underlying_id", "price", "size", "exchange", "conditions", "exec_ts"):
                assert getattr(each, name) == getattr(original, name)
            assert each.ref_trace_id not in cancelled
            cancelled.add(each.ref_trace_id)
        else:
            assert each.action == "trade"
            if each.ref_trace_id is not None:
                assert each.ref_trace_id in cancelled
                assert each.exec_ts == executed_ns(known[each.ref_trace_id])
            known[each.trace_id] = each
    assert cancelled


def test_late_reports_come_up(market: tuple[list[RawRecord], list[Label]]) -> None:
    off = [each for each in only(market[0], EquityPrint) if each.exec_ts and not each.ref_trace_id]
    late = [each for each in off if each.source_ts - executed_ns(each) > 10 * NS_PER_S]

    assert 0.0005 < len(late) / len(off) < 0.004
    assert all(each.source_ts - executed_ns(each) <= 60 * NS_PER_S for each in late)


def test_labels_refer_to_trades_of_one_stock_in_order(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    found, labels = market
    places = {each.trace_id: n for n, each in enumerate(only(found, EquityPrint))}
    trades = {each.trace_id: each for each in only(found, EquityPrint)}
    mine = staged_by_stock(labels)

    assert len(mine) > 20
    assert len({label.label_id for label in labels}) == len(labels)
    for label in mine:
        order = [places[each] for each in label.print_trace_ids]
        assert order
        assert order == sorted(set(order))
        assert len({trades[each].underlying_id for each in label.print_trace_ids}) == 1


def test_whole_repertoire_is_played_in_a_session() -> None:
    _, labels = staged_for(90, "firehose")

    assert {label.scenario_id for label in labels} == set(stock_scenario_ids())


def test_activity_is_played_in_stocks_without_options(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    found, labels = market
    trades = {each.trace_id: each.underlying_id for each in only(found, EquityPrint)}
    staged = {trades[each] for label in staged_by_stock(labels) for each in label.print_trace_ids}

    optioned = {each.underlying_id for each in found if type(each).__name__ == "OptionsPrint"}
    assert staged.isdisjoint(optioned)
    assert len(staged) == STAGED_BY_MODE["active"]


def test_nothing_trades_while_a_stock_is_halted(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    stops: dict[str, list[tuple[int, str]]] = {}
    seen = 0
    for each in market[0]:
        if isinstance(each, MarketEvent) and each.kind in STOPS:
            stops.setdefault(each.underlying_id, []).append((each.source_ts, each.kind))
        elif isinstance(each, EquityPrint):
            known = stops.get(each.underlying_id, [])
            at = bisect_right(known, (each.source_ts, "~"))
            seen += at > 0
            assert not at or known[at - 1][1] == "resume"
    assert seen


@pytest.mark.parametrize("start_ts", [NIGHT, CLOSE])
def test_nothing_is_staged_that_does_not_fit_into_regular_hours(start_ts: int) -> None:
    ticks = 1_500
    found, labels = labelled("realistic", ticks, equities_mode="active", start_ts=start_ts)

    trades = {each.trace_id: each for each in only(found, EquityPrint)}
    assert {each.session for each in trades.values()} == (
        {"closed"} if start_ts == NIGHT else {"rth", "post"}
    )
    mine = [trades[each] for label in staged_by_stock(labels) for each in label.print_trace_ids]
    assert {each.session for each in mine} <= {"rth"}
    for each in trades.values():
        if each.ref_trace_id is None:
            assert ("T" in each.conditions) == (each.session != "rth")


def test_without_scenarios_nothing_is_staged() -> None:
    found, labels = labelled("active", 900, equities_mode="active", scenarios=False)

    assert labels == []
    assert not [each for each in only(found, MarketEvent) if each.kind in STOPS]
    # And nothing has the size of a block off exchange.
    assert all(each.size < 2_000 for each in only(found, EquityPrint) if each.off_exchange_flag)


def assert_tells_nothing(found: list[RawRecord], labels: list[Label]) -> None:
    names = {*stock_scenario_ids(), *(label.family for label in labels)}
    names |= {label.label_id for label in labels}
    names |= {kind for label in labels for kind in label.classifiers}
    for each in found:
        if isinstance(each, MarketEvent) and each.kind in STOPS:
            continue
        fields = {name: getattr(each, name) for name in each.__struct_fields__}
        del fields["schema_version"]
        text = " ".join(strings(fields)).lower()
        assert not any(name in text for name in names), text


@pytest.mark.parametrize("scenario_id", stock_scenario_ids())
def test_no_field_of_a_scenario_names_it(scenario_id: str) -> None:
    for seed in range(3):
        run = stock_scenario_run(scenario_id, seed)
        assert_tells_nothing(list(run.items), list(run.labels))


def test_no_field_of_the_live_market_names_a_scenario(
    market: tuple[list[RawRecord], list[Label]],
) -> None:
    found, labels = market

    stocks = [each for each in found if isinstance(each, EquityPrint | EquityQuote | MarketEvent)]
    assert_tells_nothing(
        [each for each in stocks if not isinstance(each, MarketEvent) or each.kind in STOPS],
        staged_by_stock(labels),
    )


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("active", ("active", "active")),
        (MarketModes("realistic", "firehose"), ("realistic", "firehose")),
        (MarketModes("realistic", None), ("realistic", None)),
    ],
)
def test_live_market_trades_stocks_in_the_mode_it_is_given(
    mode: str | MarketModes, wanted: tuple[str, str | None]
) -> None:
    live = LiveSynthetic(None, seed=1, mode=mode, start_ts=OPEN)  # type: ignore[arg-type] # not run

    assert (live.config.mode, live.config.equities_mode) == wanted


def test_prices_of_staged_stocks_do_not_run_away() -> None:
    found, _ = staged_for(12 * 60, "realistic")

    first: dict[str, int] = {}
    for each in found:
        if isinstance(each, StockDraft):
            start = first.setdefault(each.symbol, each.bid)
            assert 0.95 < each.bid / start < 1.05
    assert len(first) == STAGED_BY_MODE["realistic"]


def test_mode_of_stocks_is_independent_of_that_of_options() -> None:
    one = SyntheticConfig(seed=7, start_ts=OPEN, mode="realistic", equities_mode="firehose")

    _, found = next(SyntheticOptions(one).ticks())

    assert len(stock_names(records(found))) >= 10
