"""The synthetic market: deterministic, ordered, joined, well formed."""

import itertools
from collections import Counter
from datetime import datetime

import pytest

from connectors.errors import MisconfiguredConnector
from connectors.feeds.base.items import TOPIC_RANK
from connectors.feeds.base.items import item_order
from connectors.feeds.synthetic.calendar import session_before
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.feeds.synthetic.records import STREAMS
from flows.options.admission import admit
from flows.options.conditions import KNOWN_CONDITIONS
from flows.options.contracts import parse_contract
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import OPEN
from tests.connectors.feeds.synthetic.sample import config
from tests.connectors.feeds.synthetic.sample import items
from tests.connectors.feeds.synthetic.sample import labelled
from tests.connectors.feeds.synthetic.sample import only
from tests.connectors.feeds.synthetic.sample import prints
from tests.connectors.feeds.synthetic.sample import records

NIGHT = int(datetime.fromisoformat("2025-05-24T23:00:00-04:00").timestamp()) * NS_PER_S


@pytest.mark.parametrize("mode", MODES)
def test_equal_configuration_gives_equal_records_and_labels(mode: str) -> None:
    ticks = 8 if mode == "firehose" else 90

    assert labelled(mode, ticks) == labelled(mode, ticks)


@pytest.mark.parametrize("change", [{"seed": 8}, {"start_ts": OPEN + 1}, {"mode": "active"}])
def test_any_other_configuration_gives_other_records(change: dict[str, int | str]) -> None:
    other = SyntheticConfig(**{"seed": 7, "start_ts": OPEN, **change})  # type: ignore[arg-type] # named above

    _, found = next(SyntheticOptions(other).ticks())

    assert found != items(ticks=1)


def test_records_do_not_depend_on_how_many_ticks_are_taken_at_once() -> None:
    one = SyntheticOptions(config()).ticks()
    taken = [item for size in (1, 7, 2, 50) for _, t in itertools.islice(one, size) for item in t]

    assert taken == items(ticks=60)
    assert taken == list(itertools.islice(SyntheticOptions(config()).items(), len(taken)))


@pytest.mark.parametrize("mode", MODES)
def test_items_come_in_the_order_of_the_log(mode: str) -> None:
    found = items(mode, ticks=4 if mode == "firehose" else 120)

    order = [item_order(item) for item in found]
    assert order == sorted(order)
    assert TOPIC_RANK["options.nbbo"] < TOPIC_RANK["options.prints"]


@pytest.mark.parametrize("mode", MODES)
def test_each_background_print_has_a_fresh_quote_and_an_underlying(mode: str) -> None:
    quotes: dict[str, OptionsNbbo] = {}
    stocks: dict[str, EquityQuote] = {}
    seen = 0
    for record in records(items(mode, ticks=4 if mode == "firehose" else 60, scenarios=False)):
        if isinstance(record, OptionsNbbo):
            quotes[record.option_contract_id] = record
        elif isinstance(record, EquityQuote):
            stocks[record.underlying_id] = record
        elif isinstance(record, OptionsPrint) and record.conditions != ("C",):
            seen += 1
            quote = quotes[record.option_contract_id]
            assert record.source_ts - quote.source_ts <= 60_000_000
            assert record.source_ts - stocks[record.underlying_id].source_ts < NS_PER_S
    assert seen > 50


def test_ids_are_serial_per_stream_and_never_repeat() -> None:
    found = records(items(ticks=200, equities_mode="realistic"))

    ids = [record.trace_id for record in found]
    assert len(set(ids)) == len(ids)
    for topic, stream in STREAMS.items():
        mine = [r for r in found if r.trace_id.split(":")[2] == stream]
        assert [record.seq for record in mine] == list(range(1, len(mine) + 1)), topic
        assert mine[0].trace_id == f"synthetic:7-{OPEN}:{stream}:1"


@pytest.mark.parametrize("mode", MODES)
def test_records_are_well_formed(mode: str) -> None:
    for record in records(items(mode, ticks=3 if mode == "firehose" else 300)):
        assert not isinstance(record, EquityPrint)
        admit(record)
        assert record.source == "synthetic"
        assert record.ingest_ts == record.source_ts
        if isinstance(record, EquityQuote):
            assert record.bid is not None
            assert record.ask is not None
            assert 0 < record.bid < record.ask
        elif isinstance(record, OptionsNbbo):
            assert 0 <= record.bid < record.ask
            assert (record.bid_size > 0) == (record.bid > 0)
            assert round(record.bid * 100) / 100 == record.bid
        elif isinstance(record, OptionsPrint):
            contract = parse_contract(record.option_contract_id)
            assert contract.underlying_id == record.underlying_id
            assert record.price > 0
            assert set(record.conditions) <= KNOWN_CONDITIONS


def test_first_tick_knows_open_interest_of_all_contracts_and_the_events_ahead() -> None:
    found = records(items(ticks=1))
    today = OPEN // (86_400 * NS_PER_S)

    interest = only(found, OpenInterest)
    assert len({each.option_contract_id for each in interest}) == len(interest) == 240
    assert {each.as_of_date for each in interest} == {session_before(today)}
    assert all(each.published_ts == each.source_ts == OPEN for each in interest)
    events = only(found, MarketEvent)
    assert {event.underlying_id for event in events} == {"TSLA", "AMD"}
    assert all(event.announced_ts == OPEN < event.event_ts for event in events)


def test_open_interest_is_published_anew_for_each_trade_date() -> None:
    start = int(datetime.fromisoformat("2025-05-22T19:50:00-04:00").timestamp()) * NS_PER_S
    found = records(items(ticks=20, start_ts=start, emit_interval_ms=60_000))

    days = Counter(each.as_of_date for each in only(found, OpenInterest))
    assert sorted(days) == [20229, 20230]
    assert days[20230] >= 240


@pytest.mark.parametrize("mode", MODES)
def test_universe_has_the_size_of_the_mode(mode: str) -> None:
    found = records(items(mode, ticks=1))

    names = {each.underlying_id for each in only(found, EquityQuote)}
    assert len(names) == MODES[mode].underlyings
    assert SyntheticOptions(config(mode)).contract_count == MODES[mode].contracts


def test_night_and_weekend_have_a_market_with_living_contracts() -> None:
    found = prints(items(start_ts=NIGHT, ticks=120))

    assert found
    today = NIGHT // (86_400 * NS_PER_S)
    assert all(record.expiry >= today for record in found)


def test_expired_contracts_are_listed_anew() -> None:
    start = int(datetime.fromisoformat("2025-05-23T13:50:00-04:00").timestamp()) * NS_PER_S
    found = prints(items(start_ts=start, ticks=200, emit_interval_ms=60_000))

    expired = 20231  # 2025-05-23
    close = int(datetime.fromisoformat("2025-05-23T16:00:00-04:00").timestamp()) * NS_PER_S
    assert any(record.expiry == expired for record in found)
    late = [record for record in found if record.source_ts > close + 120 * NS_PER_S]
    assert late
    assert all(record.expiry > expired for record in late)


def test_underlyings_walk_but_stay_within_their_strikes() -> None:
    found = only(records(items("active", ticks=120, emit_interval_ms=60_000)), EquityQuote)

    first = {each.underlying_id: each.bid for each in reversed(found)}
    last = {each.underlying_id: each.bid for each in found}
    moves = [(last[name] or 0.0) / (first[name] or 1.0) - 1.0 for name in first]
    assert all(-0.2 < move < 0.2 for move in moves)
    assert sum(abs(move) > 1e-4 for move in moves) > 30


def test_ingest_stamp_is_the_clock_where_it_is_later() -> None:
    later = OPEN + 400_000_000

    _, found = next(SyntheticOptions(config("active")).ticks(clock=lambda: later))

    stamps = [(record.source_ts, record.ingest_ts) for record in records(found)]
    assert all(ingest == max(source, later) for source, ingest in stamps)
    assert any(source > later for source, _ in stamps)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("mode", "lively", "SYNTHETIC_MARKET_MODE"),
        ("emit_interval_ms", 1, "EMIT_INTERVAL_MS"),
        ("start_ts", 0, "start_ts"),
        ("seed", -1, "SYNTHETIC_SEED"),
        ("equities_mode", "lively", "SYNTHETIC_EQUITIES_MODE"),
    ],
)
def test_setting_out_of_range_is_named(field: str, value: object, name: str) -> None:
    values = {"seed": 1, "start_ts": OPEN, field: value}

    with pytest.raises(MisconfiguredConnector, match=name):
        SyntheticConfig(**values)  # type: ignore[arg-type] # wrong on purpose
