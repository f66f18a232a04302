"""The tide is the sum of its underlyings, in step, however the partitions were read."""

from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from flows.premium.config import PremiumConfig
from flows.premium.engine import PremiumEngine
from flows.premium.tide import Tide
from schemas.records import OptionsTape
from tests.flows.premium.rows import EVENING_NS
from tests.flows.premium.rows import MINUTE_NS
from tests.flows.premium.rows import SECOND_NS
from tests.flows.premium.rows import UNDERLYINGS
from tests.flows.premium.rows import a_row
from tests.flows.premium.rows import cents
from tests.flows.premium.rows import group_by
from tests.flows.premium.rows import latest
from tests.flows.premium.rows import rows
from tests.flows.premium.rows import tide_records

BASKET = PremiumConfig().basket


def split(tape: Sequence[OptionsTape]) -> list[list[OptionsTape]]:
    """Return the tape by partition: one for each underlying, and one that stays empty."""
    parts: dict[str, list[OptionsTape]] = {name: [] for name in UNDERLYINGS}
    for row in tape:
        parts[row.underlying_id].append(row)
    return [*parts.values(), []]


@given(rows())
def test_tide_equals_a_plain_group_by_over_all_and_over_the_basket(tape: list[OptionsTape]) -> None:
    def keys(row: OptionsTape) -> list[str]:
        return ["_market", "_basket"] if row.underlying_id in BASKET else ["_market"]

    expected = group_by(tape, keys)

    found = latest(tide_records(split(tape)))

    assert found.keys() == expected.keys()
    for name, sums in expected.items():
        for field, value in sums.items():
            assert getattr(found[name], field) == cents(value), (name, field)


@given(rows(), st.lists(st.integers(0, 3), max_size=60), st.integers(1, 5))
def test_tide_does_not_depend_on_how_partitions_take_turns(
    tape: list[OptionsTape], turns: list[int], batch: int
) -> None:
    assert tide_records(split(tape), turns, batch=batch) == tide_records(split(tape))


@given(rows(), st.lists(st.integers(0, 3), max_size=30))
def test_tide_comes_out_in_order_of_time_and_closes(
    tape: list[OptionsTape], turns: list[int]
) -> None:
    records = tide_records(split(tape), turns)

    stamps = [record.source_ts for record in records]
    assert stamps == sorted(stamps)
    by_bucket: defaultdict[str, list[bool]] = defaultdict(list)
    for record in records:
        by_bucket[record.trace_id].append(record.forming)
    assert all(not forming[-1] for forming in by_bucket.values())


def test_nothing_comes_out_before_every_partition_has_passed() -> None:
    config = PremiumConfig()
    spy, nvda = PremiumEngine(config), PremiumEngine(config)
    tide = Tide(config, 2, waits_for_all=True)
    spy.process([a_row(1, underlying_id="SPY"), a_row(2, EVENING_NS + 3 * SECOND_NS)])

    assert tide.take(spy.report(0, is_end=False)) == []
    nvda.process([a_row(3), a_row(4, EVENING_NS + SECOND_NS)])
    basket, market = tide.take(nvda.report(1, is_end=False))

    assert (market.underlying_id, market.scope, market.call_ask) == ("_market", "market", 200.0)
    assert (basket.underlying_id, basket.scope, basket.call_ask) == ("_basket", "basket", 100.0)
    assert market.source_ts == EVENING_NS + SECOND_NS
    assert market.trace_id == f"np:_market:{EVENING_NS}"


def test_live_tide_waits_only_for_partitions_it_has_heard_from() -> None:
    config = PremiumConfig()
    first, second = PremiumEngine(config), PremiumEngine(config)
    tide = Tide(config, 8, waits_for_all=False)
    first.process([a_row(1), a_row(2, EVENING_NS + 2 * SECOND_NS)])

    (alone,) = tide.take(first.report(0, is_end=False))
    second.process([a_row(3, underlying_id="VST"), a_row(4, EVENING_NS + 2 * SECOND_NS)])
    (both,) = tide.take(second.report(1, is_end=False))

    assert (alone.call_ask, alone.revision) == (100.0, 0)
    assert (both.call_ask, both.revision) == (200.0, 1)


def test_live_tide_does_not_wait_for_ever_for_a_partition_gone_quiet() -> None:
    config = PremiumConfig()
    quiet, busy = PremiumEngine(config), PremiumEngine(config)
    tide = Tide(config, 8, waits_for_all=False)
    quiet.process([a_row(1, underlying_id="VST")])
    tide.take(quiet.report(0, is_end=False))
    busy.process([a_row(2), a_row(3, EVENING_NS + 4 * SECOND_NS)])
    assert tide.take(busy.report(1, is_end=False)) == []

    busy.process([a_row(4, EVENING_NS + 7 * SECOND_NS)])
    (without,) = tide.take(busy.report(1, is_end=False))
    quiet.process([a_row(5, EVENING_NS + 7 * SECOND_NS, underlying_id="VST")])
    late, *_ = tide.take(quiet.report(0, is_end=False))

    assert (without.call_ask, without.source_ts) == (100.0, EVENING_NS + SECOND_NS)
    assert (late.call_ask, late.revision) == (200.0, 1)


@given(rows(), st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 30))
def test_restored_tide_goes_on_byte_for_byte(
    tape: list[OptionsTape], turns: list[int], cut: int
) -> None:
    config = PremiumConfig()
    parts = split(tape)
    engines = [PremiumEngine(config) for _ in parts]
    whole = Tide(config, len(parts), waits_for_all=True)
    for turn in turns[:cut]:
        engines[turn].process(parts[turn][:2])
        del parts[turn][:2]
        whole.take(engines[turn].report(turn, is_end=False))
    state = whole.snapshot()
    resumed = Tide.restore(config, len(parts), state, waits_for_all=True)

    assert resumed.snapshot() == state
    for at, engine in enumerate(engines):
        engine.process(parts[at])
        engine.finish()
        report = engine.report(at, is_end=True)
        assert resumed.take(report) == whole.take(report)
    assert resumed.snapshot() == whole.snapshot()


def test_an_earlier_file_may_follow_behind_the_end_of_all() -> None:
    config = PremiumConfig()
    engine = PremiumEngine(config)
    tide = Tide(config, 1, waits_for_all=True)
    engine.process([a_row(1)])
    engine.finish()
    tide.take(engine.report(0, is_end=True))

    week_ns = 7 * 24 * 60 * MINUTE_NS
    engine.process([a_row(2, EVENING_NS - week_ns)])
    engine.finish()
    found = tide.take(engine.report(0, is_end=True))

    assert [record.source_ts - EVENING_NS + week_ns for record in found] == [SECOND_NS, MINUTE_NS]


def test_no_basket_no_record() -> None:
    config = PremiumConfig(basket=())
    engine = PremiumEngine(config)
    tide = Tide(config, 1, waits_for_all=True)
    engine.process([a_row(1, underlying_id="SPY")])
    engine.finish()

    assert {r.scope for r in tide.take(engine.report(0, is_end=True))} == {"market"}
