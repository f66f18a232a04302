"""A synthetic market that is changed while it runs."""

from collections.abc import Sequence
from itertools import islice

import msgspec
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.feeds.synthetic.changes import RecordedChanges
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.options import SyntheticOptions
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import OpenInterest
from schemas.records import OptionsPrint

# Friday 2026-11-20, 10:00 Eastern.
START_NS = 1_795_186_800_000_000_000
CONFIG = SyntheticConfig(
    seed=7, start_ts=START_NS, mode="realistic", equities_mode="realistic", scenarios=False
)
CALM = MarketSettings(mode="realistic", equities_mode="realistic")
ACTIVE = MarketSettings(mode="active", equities_mode="active")
Changed = Sequence[tuple[int, MarketChange]]


class Noted(RecordedChanges):
    """Recorded changes that note what was not made."""

    def __init__(self, changes: Changed) -> None:
        super().__init__(changes)
        self.refused: list[str] = []

    def note(self, tick: int, at_ns: int, change: MarketChange, why_not: str) -> None:
        self.refused.append(why_not)


def played(
    ticks: int, changes: Changed = (), config: SyntheticConfig = CONFIG
) -> list[list[RawRecord]]:
    market = SyntheticOptions(config)
    found = islice(market.ticks(changes=RecordedChanges(changes)), ticks)
    return [[each.record for each in items if isinstance(each, Accepted)] for _, items in found]


def change(settings: MarketSettings, inject: str = "", symbol: str = "") -> MarketChange:
    return MarketChange(settings=settings, inject=inject, inject_symbol=symbol)


def test_before_a_change_a_session_is_what_it_was_without_it() -> None:
    plain, changed = played(12), played(12, [(8, change(ACTIVE))])

    assert changed[:8] == plain[:8]
    assert changed[8] != plain[8]


def test_a_session_comes_out_the_same_from_its_changes() -> None:
    changes = [
        (3, change(ACTIVE)),
        (5, change(msgspec.structs.replace(ACTIVE, focus=("NVDA",), prints_factor=3.0))),
        (7, change(CALM)),
        (9, change(ACTIVE)),
    ]

    assert played(14, changes) == played(14, changes)


def test_a_change_to_what_is_already_changes_nothing() -> None:
    assert played(8, [(4, change(CALM))]) == played(8)


def test_a_livelier_mode_brings_more_stocks_and_leaves_prices_where_they_were() -> None:
    ticks = played(12, [(6, change(ACTIVE))])
    quotes = [
        {each.underlying_id: each.bid for each in tick if isinstance(each, EquityQuote)}
        for tick in ticks
    ]

    assert (len(quotes[5]), len(quotes[6])) == (12 + 4, 40 + 8)
    for symbol, bid in quotes[5].items():
        assert quotes[6][symbol] == pytest.approx(bid, rel=0.01)


def test_back_in_a_quieter_mode_the_stocks_it_has_go_on() -> None:
    ticks = played(14, [(4, change(ACTIVE)), (10, change(CALM))])
    quotes = [
        {each.underlying_id for each in tick if isinstance(each, EquityQuote)} for tick in ticks
    ]
    times = [each.source_ts for tick in ticks for each in tick if isinstance(each, EquityPrint)]

    # Activity that was begun in a stock without options ends as it was to.
    assert quotes[0] <= quotes[13]
    assert "META" in quotes[5]
    assert "META" not in quotes[13]
    assert times == sorted(times)


def test_serials_and_ids_go_on_over_changes() -> None:
    ticks = played(12, [(4, change(ACTIVE)), (8, change(CALM))])
    serials = [each.seq for tick in ticks for each in tick if isinstance(each, OptionsPrint)]

    assert serials == list(range(serials[0], serials[0] + len(serials)))


def test_open_interest_that_was_told_is_not_told_otherwise() -> None:
    told = [
        each.option_contract_id
        for tick in played(8, [(4, change(ACTIVE))])
        for each in tick
        if isinstance(each, OpenInterest)
    ]

    assert len(told) == len(set(told))


def test_factors_multiply_prints() -> None:
    many = msgspec.structs.replace(CALM, prints_factor=10.0)
    none = msgspec.structs.replace(CALM, prints_factor=0.0, scenarios_factor=0.0)

    def prints(settings: MarketSettings) -> int:
        ticks = played(30, [(0, change(settings))])
        return sum(isinstance(each, OptionsPrint) for tick in ticks for each in tick)

    assert prints(none) == 0
    assert prints(many) > 5 * prints(CALM)


def test_a_focused_underlying_trades_more() -> None:
    focused = msgspec.structs.replace(CALM, focus=("DIS",), prints_factor=5.0)
    plain = msgspec.structs.replace(CALM, prints_factor=5.0)

    def share(settings: MarketSettings) -> float:
        found = [
            each.underlying_id == "DIS"
            for tick in played(40, [(0, change(settings))])
            for each in tick
            if isinstance(each, OptionsPrint)
        ]
        return sum(found) / len(found)

    assert share(focused) > 3 * share(plain)


def test_an_injected_scenario_is_played_once_where_it_was_asked_for() -> None:
    labels: list[Label] = []
    config = msgspec.structs.replace(CONFIG, scenarios=True)
    quiet = msgspec.structs.replace(CALM, scenarios_factor=0.0)
    market = SyntheticOptions(config, labels.append)
    changes = RecordedChanges([(0, change(quiet)), (3, change(quiet, "call_sweep", "NVDA"))])
    ticks = [items for _, items in islice(market.ticks(changes=changes), 90)]
    prints = {
        each.record.trace_id: each.record
        for items in ticks
        for each in items
        if isinstance(each, Accepted)
    }

    assert [each.scenario_id for each in labels] == ["call_sweep"]
    symbols = {prints[name].underlying_id for name in labels[0].print_trace_ids}
    assert symbols == {"NVDA"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (change(CALM, "call_sweep", "ZZZZ"), "not listed"),
        (change(CALM, "reactive_put_wall", "NVDA"), "unsuitable"),
        (change(msgspec.structs.replace(CALM, focus=("ZZZZ",))), "ZZZZ is not listed"),
        (change(MarketSettings(mode="active")), "settled when the feed starts"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(asked: MarketChange, why: str) -> None:
    noted = Noted([(2, asked)])
    ticks = [items for _, items in islice(SyntheticOptions(CONFIG).ticks(changes=noted), 6)]

    assert [why in each for each in noted.refused] == [True]
    assert [[each.record for each in items if isinstance(each, Accepted)] for items in ticks] == (
        played(6)
    )


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "wild"},
        {"mode": "active", "equities_mode": "wild"},
        {"mode": "active", "prints_factor": 11.0},
        {"mode": "active", "quotes_factor": -1.0},
        {"mode": "active", "scenarios_factor": float("nan")},
        {"mode": "active", "focus": tuple(f"S{n}" for n in range(21))},
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(MisconfiguredConnector, match="synthetic market"):
        MarketSettings(**values)  # type: ignore[arg-type] # that is the point


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(MisconfiguredConnector, match="call_sweep"):
        change(CALM, "moon_shot")
