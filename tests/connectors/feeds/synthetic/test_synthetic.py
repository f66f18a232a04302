"""The synthetic market: deterministic, ordered, joined, with the rates and mixes it promises."""

import itertools
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import pytest

from connectors.errors import MisconfiguredConnector
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import item_order
from connectors.feeds.synthetic.choices import COMPLEX_CODES
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.feeds.synthetic.surface import theoretical_value
from connectors.feeds.synthetic.surface import two_sided
from flows.options.conditions import KNOWN_CONDITIONS
from flows.options.conditions import condition_facts
from flows.options.contracts import parse_contract
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

NS_PER_S = 1_000_000_000
OPEN = int(datetime.fromisoformat("2025-05-22T10:00:00-04:00").timestamp()) * NS_PER_S
NIGHT = int(datetime.fromisoformat("2025-05-24T23:00:00-04:00").timestamp()) * NS_PER_S


def items(
    mode: str = "realistic",
    *,
    seed: int = 7,
    start_ts: int = OPEN,
    ticks: int = 60,
    interval_ms: int = 1000,
) -> list[FeedItem]:
    config = SyntheticConfig(seed=seed, mode=mode, start_ts=start_ts, emit_interval_ms=interval_ms)
    market = SyntheticOptions(config)
    return [item for _, found in itertools.islice(market.ticks(), ticks) for item in found]


def records(found: Iterable[FeedItem]) -> list[OptionsPrint | OptionsNbbo | EquityQuote]:
    return [item.record for item in found if isinstance(item, Accepted)]


def prints(found: Iterable[FeedItem]) -> list[OptionsPrint]:
    return [record for record in records(found) if isinstance(record, OptionsPrint)]


def test_equal_configuration_gives_equal_records() -> None:
    assert items() == items()


@pytest.mark.parametrize("change", [{"seed": 8}, {"start_ts": OPEN + 1}, {"mode": "active"}])
def test_any_other_configuration_gives_other_records(change: dict[str, int | str]) -> None:
    assert items(ticks=3) != items(**{"ticks": 3, **change})  # type: ignore[arg-type] # named above


@pytest.mark.parametrize("mode", MODES)
def test_items_come_in_the_order_of_the_log(mode: str) -> None:
    order = [item_order(item) for item in items(mode, ticks=3)]

    assert order == sorted(order)


@pytest.mark.parametrize("mode", MODES)
def test_each_print_has_a_fresh_quote_and_an_underlying(mode: str) -> None:
    quotes: dict[str, OptionsNbbo] = {}
    stocks: dict[str, EquityQuote] = {}
    seen = 0
    for record in records(items(mode, ticks=4 if mode == "firehose" else 60)):
        if isinstance(record, OptionsNbbo):
            quotes[record.option_contract_id] = record
        elif isinstance(record, EquityQuote):
            stocks[record.underlying_id] = record
        else:
            seen += 1
            quote = quotes[record.option_contract_id]
            assert record.source_ts - quote.source_ts <= 300_000_000
            assert record.source_ts - stocks[record.underlying_id].source_ts < NS_PER_S
    assert seen > 50


def test_ids_are_serial_per_stream_and_never_repeat() -> None:
    found = records(items())

    ids = [record.trace_id for record in found]
    assert len(set(ids)) == len(ids)
    for kind, stream in ((OptionsPrint, "prints"), (OptionsNbbo, "nbbo"), (EquityQuote, "quotes")):
        mine = [record for record in found if isinstance(record, kind)]
        assert [record.seq for record in mine] == list(range(1, len(mine) + 1))
        assert mine[0].trace_id == f"synthetic:7-{OPEN}:{stream}:1"


def test_records_are_well_formed() -> None:
    for record in records(items(ticks=120)):
        assert record.source == "synthetic"
        assert record.ingest_ts == record.source_ts
        if isinstance(record, EquityQuote):
            assert record.bid is not None
            assert record.ask is not None
            assert 0 < record.bid < record.ask
            continue
        contract = parse_contract(record.option_contract_id)
        assert contract.underlying_id == record.underlying_id
        if isinstance(record, OptionsNbbo):
            assert 0 <= record.bid < record.ask
            assert (record.bid_size > 0) == (record.bid > 0)
            assert round(record.bid * 100) / 100 == record.bid
        else:
            assert record.price > 0
            assert record.size > 0
            assert set(record.conditions) <= KNOWN_CONDITIONS


@pytest.mark.parametrize("mode", ["realistic", "active"])
def test_rates_are_those_of_the_mode(mode: str) -> None:
    seconds = 600 if mode == "realistic" else 120
    count = Counter(type(record).__name__ for record in records(items(mode, ticks=seconds)))
    rates = MODES[mode]

    assert count["OptionsPrint"] / seconds == pytest.approx(rates.prints_per_s, rel=0.2)
    assert count["OptionsNbbo"] / seconds == pytest.approx(rates.quotes_per_s, rel=0.2)
    assert count["EquityQuote"] == seconds * rates.underlyings


def test_firehose_surges_once_a_minute() -> None:
    market = SyntheticOptions(SyntheticConfig(seed=7, mode="firehose", start_ts=OPEN))
    counts = [len(prints(found)) for _, found in itertools.islice(market.ticks(), 58, 61)]

    assert counts[1] > 11_000
    assert counts[0] < 3_000 > counts[2]


@pytest.mark.parametrize("mode", MODES)
def test_universe_has_the_size_of_the_mode(mode: str) -> None:
    found = records(items(mode, ticks=1))
    contracts = SyntheticOptions(SyntheticConfig(seed=7, mode=mode, start_ts=OPEN))

    assert len({r.underlying_id for r in found if isinstance(r, EquityQuote)}) == (
        MODES[mode].underlyings
    )
    assert contracts.contract_count == MODES[mode].contracts


def test_code_mix_is_that_of_the_specification() -> None:
    found = prints(items("firehose", ticks=8))
    share = {
        code: 100 * count / len(found)
        for code, count in Counter(record.conditions[0] for record in found).items()
    }

    for code, wanted in {"I": 53.2, "a": 23.4, "f": 9.6, "S": 4.2, "g": 3.8, "j": 1.9}.items():
        assert share[code] == pytest.approx(wanted, rel=0.15, abs=0.5)


def test_placement_mix_is_that_of_the_specification() -> None:
    quotes: dict[str, OptionsNbbo] = {}
    placed: Counter[str] = Counter()
    for record in records(items("firehose", ticks=6)):
        if isinstance(record, OptionsNbbo):
            quotes[record.option_contract_id] = record
        elif isinstance(record, OptionsPrint) and record.conditions[0] in {"I", "a"}:
            quote = quotes[record.option_contract_id]
            if quote.bid < 0.05:
                continue
            if record.price > quote.ask:
                placed["AA"] += 1
            elif record.price < quote.bid:
                placed["BB"] += 1
            elif record.price == quote.ask:
                placed["A"] += 1
            else:
                placed["B" if record.price == quote.bid else "MID"] += 1

    total = placed.total()
    for name, wanted in {"AA": 4, "A": 30, "MID": 32, "B": 30, "BB": 4}.items():
        assert 100 * placed[name] / total == pytest.approx(wanted, abs=2.0)


def test_complex_prints_are_packages_of_one_venue_and_stamp() -> None:
    packages: dict[tuple[int, str, str, str], list[OptionsPrint]] = {}
    for record in prints(items("active", ticks=120)):
        code = record.conditions[0]
        if code in COMPLEX_CODES:
            key = (record.source_ts, record.exchange, code, record.underlying_id)
            packages.setdefault(key, []).append(record)

    assert len(packages) > 50
    assert {len(legs) for legs in packages.values()} == {2, 3, 4}
    for legs in packages.values():
        assert len({leg.option_contract_id for leg in legs}) == len(legs)
        smallest = min(leg.size for leg in legs)
        assert all(leg.size % smallest == 0 for leg in legs)


@pytest.mark.parametrize("seed", range(5))
def test_something_large_happens_within_a_minute(seed: int) -> None:
    premium: Counter[tuple[str, int]] = Counter()
    for record in prints(items(seed=seed, ticks=60)):
        second = record.source_ts // NS_PER_S
        premium[record.option_contract_id, second] += round(record.price * record.size * 100)

    assert max(premium.values()) > 100_000


def test_sweeps_take_several_venues_within_milliseconds() -> None:
    sweeps: dict[tuple[str, int], list[OptionsPrint]] = {}
    for record in prints(items(ticks=600)):
        if record.conditions == ("S",) and record.size > 20:
            key = (record.option_contract_id, record.source_ts // NS_PER_S)
            sweeps.setdefault(key, []).append(record)

    wide = [group for group in sweeps.values() if len({r.exchange for r in group}) >= 3]
    assert len(wide) >= 5


def test_cancels_repeat_an_earlier_print() -> None:
    earlier: Counter[tuple[object, ...]] = Counter()
    cancels = 0
    for record in prints(items("firehose", ticks=65)):
        place = (record.option_contract_id, record.exchange, record.price, record.size)
        if condition_facts(record.conditions).cancel:
            cancels += 1
            assert earlier[place] > 0
        earlier[place] += 1

    assert cancels > 0


def test_night_and_weekend_have_a_market_with_living_contracts() -> None:
    found = prints(items(start_ts=NIGHT, ticks=30))

    assert found
    today = NIGHT // (86_400 * NS_PER_S)
    assert all(record.expiry >= today for record in found)


def test_expired_contracts_are_listed_anew() -> None:
    start = int(datetime.fromisoformat("2025-05-23T13:50:00-04:00").timestamp()) * NS_PER_S
    found = prints(items(start_ts=start, ticks=200, interval_ms=60_000))

    expired = 20231  # 2025-05-23
    close = int(datetime.fromisoformat("2025-05-23T16:00:00-04:00").timestamp()) * NS_PER_S
    assert any(record.expiry == expired for record in found)
    late = [record for record in found if record.source_ts > close + 120 * NS_PER_S]
    assert late
    assert all(record.expiry > expired for record in late)


def test_ingest_stamp_is_the_clock_where_it_is_later() -> None:
    config = SyntheticConfig(seed=7, start_ts=OPEN)
    later = OPEN + 400_000_000

    _, found = next(SyntheticOptions(config).ticks(clock=lambda: later))

    stamps = [(record.source_ts, record.ingest_ts) for record in records(found)]
    assert all(ingest == max(source, later) for source, ingest in stamps)
    assert any(source < later for source, _ in stamps)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("mode", "lively", "SYNTHETIC_MARKET_MODE"),
        ("emit_interval_ms", 1, "EMIT_INTERVAL_MS"),
        ("start_ts", 0, "start_ts"),
    ],
)
def test_setting_out_of_range_is_named(field: str, value: object, name: str) -> None:
    values = {"seed": 1, "start_ts": OPEN, field: value}

    with pytest.raises(MisconfiguredConnector, match=name):
        SyntheticConfig(**values)  # type: ignore[arg-type] # wrong on purpose


def test_values_obey_put_call_parity_and_intrinsic_bounds() -> None:
    for strike in (80.0, 100.0, 125.0):
        call = theoretical_value(100.0, strike, 0.25, 0.3, "C")
        put = theoretical_value(100.0, strike, 0.25, 0.3, "P")
        assert call - put == pytest.approx(100.0 - strike, abs=1e-9)
        assert call >= max(0.0, 100.0 - strike)
    assert theoretical_value(100.0, 90.0, 0.0, 0.3, "C") == 10.0


def test_quotes_have_two_ticks_at_least_and_no_negative_bid() -> None:
    assert two_sided(0.001, is_penny=True, spread_share=0.01) == (0, 2, 1)
    bid, ask, tick = two_sided(12.34, is_penny=False, spread_share=0.01)
    assert tick == 5
    assert bid % 5 == ask % 5 == 0
    assert ask - bid >= 10
