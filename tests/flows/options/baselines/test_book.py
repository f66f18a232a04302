"""What a print or packet is told about what is usual, before it becomes part of it."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.errors import MisconfiguredFlow
from flows.options.baselines.book import NO_BASELINES
from flows.options.baselines.book import BaselineConfig
from flows.options.baselines.book import Baselines
from flows.options.baselines.book import MetricBaseline
from flows.options.baselines.book import PacketBaselines
from tests.flows.options.baselines.market import THURSDAY
from tests.flows.options.baselines.market import Activity
from tests.flows.options.baselines.market import activity
from tests.flows.options.baselines.market import at
from tests.flows.options.baselines.market import feed
from tests.flows.options.baselines.market import feed_packet
from tests.flows.options.baselines.market import feed_print

CALL = "SPY-2025-06-20-580-C"
TS = at(THURSDAY)


def a_book(
    premiums: list[float], contract_id: str = CALL, book: Baselines | None = None
) -> Baselines:
    """Return baselines that hold one packet of each premium, of size 10 and spread $0.05."""
    book = book or Baselines(BaselineConfig())
    for premium in premiums:
        book.add_print(contract_id, "SPY", THURSDAY, TS, premium, 10, 0.02, 0.3)
        book.add_packet(contract_id, "SPY", TS, premium, 10, 0.05)
    return book


def measure(book: Baselines, premium: float, contract_id: str = CALL) -> PacketBaselines:
    return book.packet(contract_id, "SPY", TS, premium, 10, 0.05)


def expected(premiums: list[float], value: float) -> MetricBaseline:
    """Return the specification's formulas, by numpy over the whole window."""
    logs = np.log1p(premiums)
    median = float(np.median(logs))
    mad = float(np.median(np.abs(logs - median)))
    mean, std = float(np.mean(premiums)), float(np.std(premiums))
    z = (value - mean) / max(std, 0.05 * mean)
    rz = 0.6745 * (math.log1p(value) - median) / max(mad, 0.10)
    return MetricBaseline(mean, std, z, median, mad, rz, rz if mad > 0 else z, len(premiums), "")


@pytest.mark.parametrize("count", [12, 49, 50, 51, 99, 100, 101, 137])
def test_a_contract_is_measured_against_its_newest_fifty_packets(count: int) -> None:
    premiums = [each.premium for each in activity(count)]
    book = a_book(premiums)

    found = measure(book, 20_000.0).premium

    wanted = expected(premiums[-50:], 20_000.0)
    assert (found.basis, found.n) == ("contract", min(count, 50))
    assert found.mean == pytest.approx(wanted.mean, abs=0.006)
    assert found.std == pytest.approx(wanted.std, abs=0.006)
    for name in ("z", "median", "mad", "rz", "z_eff"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=6e-7), name


def test_a_packet_is_never_part_of_its_own_baseline() -> None:
    events = activity(400, contracts=3)
    book = Baselines(BaselineConfig())
    history: dict[str, list[float]] = {}
    prints: list[float] = []
    for each in events:
        before = prints[-500:]
        lz = book.print_lz(each.underlying_id, each.premium)
        feed_print(book, each)
        prints.append(each.premium)
        own = history.setdefault(each.contract_id, [])
        found = book.packet(
            each.contract_id, each.underlying_id, each.ts, each.premium, each.size, each.spread
        )
        feed_packet(book, each)

        if len(before) < 30:
            assert lz is None
        else:
            logs = np.log1p(before)
            wanted = (math.log1p(each.premium) - logs.mean()) / max(logs.std(), 0.05 * logs.mean())
            assert lz == pytest.approx(wanted, abs=1e-6)
        if len(own) >= 12:
            wanted_metric = expected(own[-50:], each.premium)
            assert found.premium.z_eff == pytest.approx(wanted_metric.z_eff, abs=1e-6)
        own.append(each.premium)


def test_a_cold_book_knows_nothing() -> None:
    book = Baselines(BaselineConfig())

    assert measure(book, 1e6) == NO_BASELINES == book.structure("SPY", TS, 1e6, 10)
    assert book.print_lz("SPY", 1e6) is None
    assert book.print_size_rz(CALL, 500) is None
    assert not book.unusual_premium(CALL, "SPY", TS, 1e6)
    assert NO_BASELINES.premium == MetricBaseline(
        None, None, None, None, None, None, None, 0, "none"
    )
    assert NO_BASELINES.snapshot_id == "none"


def test_eleven_packets_are_too_few_and_the_next_level_is_asked() -> None:
    book = a_book([1000.0, 2000.0] * 5 + [1500.0])

    few = measure(book, 5000.0)
    assert few.premium == MetricBaseline(None, None, None, None, None, None, None, 11, "none")
    assert few.size == few.premium
    assert few.spread == few.premium

    for number in range(19):
        a_book([1000.0 + number], f"SPY-2025-06-20-{number}-P", book)
    wide = measure(book, 5000.0)
    assert (wide.premium.basis, wide.premium.n) == ("underlying", 30)
    assert (wide.size.basis, wide.size.n) == ("underlying", 30)
    # Quoted spreads are kept by contract alone.
    assert (wide.spread.basis, wide.spread.n) == ("none", 11)

    a_book([1800.0], CALL, book)
    own = measure(book, 5000.0)
    assert [each.basis for each in (own.premium, own.size, own.spread)] == ["contract"] * 3


def test_the_half_hour_is_asked_where_the_underlying_has_too_little() -> None:
    long_ago = a_book([100.0 * each for each in range(1, 41)])
    records = [each for each in long_ago.session_end(THURSDAY, TS, "cafe") if each.level == "tod"]
    book = Baselines(BaselineConfig())
    assert book.warm(records) == 1

    found = measure(book, 50_000.0)

    logs = np.log1p([100.0 * each for each in range(1, 41)])
    assert (found.premium.basis, found.premium.n) == ("tod", 40)
    assert found.premium.mean == pytest.approx(logs.mean(), abs=1e-6)
    wanted = (math.log1p(50_000.0) - logs.mean()) / logs.std()
    assert found.premium.z == pytest.approx(wanted, abs=1e-6)
    assert found.premium.rz is not None
    assert found.premium.rz > 2.0
    assert (found.size.basis, found.spread.basis) == ("none", "none")
    assert book.unusual_premium(CALL, "SPY", TS, 1e9)
    assert book.structure("SPY", TS, 50_000.0, 10).premium == found.premium
    another_half_hour = TS + 30 * 60_000_000_000
    assert book.packet(CALL, "SPY", another_half_hour, 1e6, 1, None).premium.basis == "none"


def test_a_constant_series_is_measured_by_plain_z_with_a_floor() -> None:
    book = a_book([1000.0] * 60)

    found = measure(book, 1200.0).premium

    assert (found.mean, found.std, found.mad) == (1000.0, 0.0, 0.0)
    assert found.z == found.z_eff == pytest.approx(4.0)
    assert found.rz == pytest.approx(0.6745 * math.log(1201 / 1001) / 0.10, abs=1e-6)
    assert book.unusual_premium(CALL, "SPY", TS, 1200.0)
    assert not book.unusual_premium(CALL, "SPY", TS, 1149.0)


def test_where_every_value_is_zero_nothing_is_said() -> None:
    book = a_book([0.0] * 20)

    found = measure(book, 100.0).premium

    assert (found.z, found.z_eff, found.basis) == (None, None, "contract")
    assert not book.unusual_premium(CALL, "SPY", TS, 100.0)


def test_one_huge_packet_does_not_hide_the_next() -> None:
    premiums = [each.premium for each in activity(49)]
    before = measure(a_book(premiums), 400_000.0).premium
    after = measure(a_book([*premiums, 5e7]), 400_000.0).premium

    assert before.z_eff is not None
    assert after.z_eff is not None
    assert after.z_eff > 0.9 * before.z_eff
    assert after.z is not None
    assert after.z < 1.0


def test_a_structure_is_measured_against_its_underlying_and_never_added() -> None:
    book = a_book([each.premium for each in activity(64)])
    state = msgspec.msgpack.encode(book.state())

    found = book.structure("SPY", TS, 300_000.0, 900)

    assert (found.premium.basis, found.size.basis) == ("underlying", "underlying")
    assert found.spread == NO_BASELINES.spread
    assert msgspec.msgpack.encode(book.state()) == state


@pytest.mark.parametrize(("size", "is_large"), [(20, False), (500, True)])
def test_print_sizes_are_measured_against_those_of_the_contract(size: int, is_large: bool) -> None:
    book = Baselines(BaselineConfig())
    sizes = [5, 10, 20, 10, 5, 15, 40, 10, 8, 12, 10, 9]
    for each in sizes[:-1]:
        book.add_print(CALL, "SPY", THURSDAY, TS, 100.0, each, None, None)
    assert book.print_size_rz(CALL, size) is None
    book.add_print(CALL, "SPY", THURSDAY, TS, 100.0, sizes[-1], None, None)

    rz = book.print_size_rz(CALL, size)

    logs = np.log1p(sizes)
    median = np.median(logs)
    mad = np.median(np.abs(logs - median))
    assert rz == pytest.approx(0.6745 * (math.log1p(size) - median) / max(mad, 0.1), abs=1e-6)
    assert rz is not None
    assert (rz >= 4.0) == is_large


@pytest.mark.parametrize("before", [13, 49, 50, 77])
def test_a_packet_s_own_prints_are_left_out_of_the_sizes_it_is_measured_by(before: int) -> None:
    alone, with_packet = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    for each in activity(before, contracts=1):
        for book in (alone, with_packet):
            feed_print(book, each)
    own = activity(3, seed=5, contracts=1)
    for each in own:
        feed_print(with_packet, each)

    found = with_packet.print_size_rz(own[0].contract_id, 700, len(own))

    kept = [each.size for each in activity(before, contracts=1)][-min(before, 50 - len(own)) :]
    logs = np.log1p(kept)
    mad = max(float(np.median(np.abs(logs - np.median(logs)))), 0.10)
    assert found == pytest.approx(0.6745 * (math.log1p(700) - np.median(logs)) / mad, abs=1e-6)
    assert with_packet.print_size_rz(own[0].contract_id, 700, 60) is None
    assert alone.print_size_rz(own[0].contract_id, 700) is not None


def test_an_unknown_spread_or_volatility_takes_no_place_in_a_window() -> None:
    book = Baselines(BaselineConfig())
    for number in range(20):
        spread = 0.05 if number % 2 else None
        book.add_packet(CALL, "SPY", TS, 100.0, 1, spread)

    assert book.packet(CALL, "SPY", TS, 100.0, 1, 0.05).spread.n == 10
    assert book.packet(CALL, "SPY", TS, 100.0, 1, None).spread == NO_BASELINES.spread


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 1e13])
def test_what_is_no_measurement_is_refused_and_counted(bad: float) -> None:
    book = a_book([each.premium for each in activity(40)])
    state = book.state()[:-1]

    book.add_print(CALL, "SPY", THURSDAY, TS, bad, 10, None, None)
    book.add_packet(CALL, "SPY", TS, bad, 10, None)
    book.reverse_print(CALL, "SPY", THURSDAY, TS, bad, 10, None, None)
    assert book.state()[:-1] == state
    book.add_print(CALL, "SPY", THURSDAY, TS, 100.0, 10, bad, bad)
    book.add_packet(CALL, "SPY", TS, 100.0, 10, bad)

    assert book.refused == 5
    found = measure(book, 5000.0)
    assert all(
        math.isfinite(each.z_eff or 0.0) for each in (found.premium, found.size, found.spread)
    )


premiums = st.one_of(
    st.floats(0.0, 1e7).map(lambda value: round(value, 2)),
    st.sampled_from([0.0, 500.0, 1000.0, 1000.01, 25_000.0]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), premiums), max_size=120),
    st.lists(premiums, min_size=1, max_size=8),
)
def test_the_quick_verdict_is_that_of_the_whole_computation(
    packets: list[tuple[int, float]], asked: list[float]
) -> None:
    book = Baselines(BaselineConfig(min_samples=3, min_samples_wide=10))
    for number, premium in packets:
        book.add_packet(f"SPY-2025-06-20-{number}-C", "SPY", TS, premium, 1, None)

    for number in range(6):
        contract_id = f"SPY-2025-06-20-{number}-C"
        for premium in asked:
            z_eff = book.packet(contract_id, "SPY", TS, premium, 1, None).premium.z_eff
            verdict = book.unusual_premium(contract_id, "SPY", TS, premium)
            assert verdict == (z_eff is not None and z_eff >= 3.0)


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("window", 65, "ROLLING_WINDOW_SIZE"),
        ("underlying_window", 64, "ROLLING_UNDERLYING_WINDOW"),
        ("tod_window", 10, "ROLLING_TOD_WINDOW"),
        ("sessions", 0, "ROLLING_SESSIONS"),
        ("ttl_sec", 10, "ROLLING_TTL_SEC"),
        ("min_samples", 51, "CLASSIFIER_Z_MIN_SAMPLES"),
        ("min_samples_wide", 1, "CLASSIFIER_Z_MIN_SAMPLES_WIDE"),
    ],
)
def test_a_window_out_of_range_is_refused_by_its_variable(
    field: str, value: int, variable: str
) -> None:
    with pytest.raises(MisconfiguredFlow, match=f"{variable} is {value}, expected"):
        BaselineConfig(**{field: value})


def test_reading_changes_nothing() -> None:
    events = activity(300, contracts=8)
    silent, asked = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    feed(silent, events)
    for each in events:
        feed_print(asked, each)
        asked.print_lz(each.underlying_id, each.premium)
        asked.print_size_rz(each.contract_id, each.size)
        asked.unusual_premium(each.contract_id, each.underlying_id, each.ts, each.premium)
        asked.packet(
            each.contract_id, each.underlying_id, each.ts, each.premium, each.size, each.spread
        )
        asked.structure(each.underlying_id, each.ts, each.premium, each.size)
        feed_packet(asked, each)
        asked.changed("cafe")

    assert asked.state() == silent.state()


def test_activity_of_one_underlying_does_not_touch_another() -> None:
    events = activity(400, contracts=6, underlyings=2)
    both, alone = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    feed(both, events)
    feed(alone, [each for each in events if each.underlying_id == "U0"])

    def seen(book: Baselines, each: Activity) -> PacketBaselines:
        return book.packet(each.contract_id, "U0", each.ts, 5000.0, 10, 0.05)

    for each in events:
        if each.underlying_id == "U0":
            assert seen(both, each) == seen(alone, each)
