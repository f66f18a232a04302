"""Background flow: rates, mixes, packages and cancels as specified, and nothing large."""

import itertools
from collections import Counter
from statistics import median

import pytest

from connectors.feeds.synthetic.background import MAX_PACKAGE_PREMIUM
from connectors.feeds.synthetic.choices import COMPLEX_CODES
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.options import SyntheticOptions
from flows.options.conditions import condition_facts
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.feeds.synthetic.sample import config
from tests.connectors.feeds.synthetic.sample import items
from tests.connectors.feeds.synthetic.sample import only
from tests.connectors.feeds.synthetic.sample import prints
from tests.connectors.feeds.synthetic.sample import records

CODE_MIX = {
    "I": 53.2, "a": 23.4, "f": 9.6, "S": 4.2, "g": 3.8, "j": 1.9, "m": 0.8, "e": 0.6, "i": 0.5,
    "d": 0.5, "h": 0.2,
}  # fmt: skip


@pytest.mark.parametrize("scenarios", [True, False])
@pytest.mark.parametrize(("mode", "seconds"), [("realistic", 900), ("active", 180)])
def test_rates_are_those_of_the_mode(mode: str, seconds: int, scenarios: bool) -> None:
    found = records(items(mode, ticks=seconds, scenarios=scenarios))
    rates = MODES[mode]

    assert len(only(found, OptionsPrint)) / seconds == pytest.approx(rates.prints_per_s, rel=0.12)
    assert len(only(found, OptionsNbbo)) / seconds == pytest.approx(rates.quotes_per_s, rel=0.12)
    assert len(only(found, EquityQuote)) == seconds * rates.underlyings


def test_firehose_keeps_its_rate_and_surges_once_a_minute() -> None:
    market = SyntheticOptions(config("firehose"))
    seconds = [records(found) for _, found in itertools.islice(market.ticks(), 61)]
    counts = [len(only(second, OptionsPrint)) for second in seconds]

    assert counts[59] == pytest.approx(12_000, rel=0.03)
    assert sum(counts[:59]) / 59 == pytest.approx(2_000, rel=0.03)
    quotes = [len(only(second, OptionsNbbo)) for second in seconds[:59]]
    assert sum(quotes) / 59 == pytest.approx(6_000, rel=0.03)


def test_rate_does_not_depend_on_the_interval() -> None:
    found = prints(items("active", ticks=1_000, emit_interval_ms=100, scenarios=False))

    assert len(found) / 100 == pytest.approx(40, rel=0.1)


def test_code_mix_by_contracts_is_that_of_the_specification() -> None:
    found = prints(items("firehose", ticks=59, scenarios=False))
    sizes: Counter[str] = Counter()
    for record in found:
        sizes[record.conditions[0]] += record.size

    total = sizes.total()
    for code, wanted in CODE_MIX.items():
        assert 100 * sizes[code] / total == pytest.approx(wanted, rel=0.12, abs=0.25), code
    assert sum(sizes[code] for code in "DBH") * 100 / total == pytest.approx(0.8, abs=0.3)


def test_placement_mix_is_that_of_the_specification() -> None:
    quotes: dict[str, OptionsNbbo] = {}
    placed: Counter[str] = Counter()
    for record in records(items("firehose", ticks=6, scenarios=False)):
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
        assert 100 * placed[name] / total == pytest.approx(wanted, abs=1.5)


def _packages(found: list[OptionsPrint]) -> list[list[OptionsPrint]]:
    grouped: dict[tuple[int, str, str, str], list[OptionsPrint]] = {}
    for record in found:
        code = record.conditions[0]
        if code in COMPLEX_CODES:
            key = (record.source_ts, record.exchange, code, record.underlying_id)
            grouped.setdefault(key, []).append(record)
    return list(grouped.values())


def test_complex_prints_are_packages_of_one_venue_and_stamp() -> None:
    packages = _packages(prints(items("active", ticks=300, scenarios=False)))

    assert len(packages) > 300
    assert {len(legs) for legs in packages} == {2, 3, 4}
    for legs in packages:
        assert len({leg.option_contract_id for leg in legs}) == len(legs)
        smallest = min(leg.size for leg in legs)
        assert {leg.size / smallest for leg in legs} <= {1.0, 2.0}


def test_package_trades_inside_its_quote() -> None:
    quotes: dict[str, OptionsNbbo] = {}
    seen = 0
    for record in records(items("active", ticks=60, scenarios=False)):
        if isinstance(record, OptionsNbbo):
            quotes[record.option_contract_id] = record
        elif isinstance(record, OptionsPrint) and record.conditions[0] in COMPLEX_CODES:
            quote = quotes[record.option_contract_id]
            seen += 1
            assert max(0.01, quote.bid) <= record.price <= quote.ask
    assert seen > 100


@pytest.mark.parametrize("seed", range(3))
def test_most_tickets_are_small_and_few_are_large(seed: int) -> None:
    found = prints(items(ticks=1_200, seed=seed, scenarios=False))
    premium = [record.price * record.size * 100 for record in found]

    assert 200 < median(premium) < 900
    assert 0 < sum(each >= 10_000 for each in premium) <= 20
    assert all(
        sum(leg.price * leg.size * 100 for leg in legs) < MAX_PACKAGE_PREMIUM
        for legs in _packages(found)
    )


def test_cancels_repeat_the_newest_print_of_their_kind() -> None:
    earlier: dict[tuple[object, ...], int] = {}
    cancels = 0
    for record in prints(items("firehose", ticks=65, scenarios=False)):
        place = (record.option_contract_id, record.exchange, record.price, record.size)
        if condition_facts(record.conditions).cancel:
            cancels += 1
            assert 0 < record.source_ts - earlier[place] <= 400_000_000
        else:
            earlier[place] = record.source_ts

    # One in twenty thousand of about 140,000.
    assert 1 <= cancels <= 20
