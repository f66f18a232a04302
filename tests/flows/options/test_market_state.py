import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.prices import premium_cents
from flows.errors import MisconfiguredFlow
from flows.options.config import AggressorConfig
from flows.options.config import ClusterConfig
from flows.options.config import OptionsConfig
from flows.options.config import PricingConfig
from flows.options.config import QuoteConfig
from flows.options.config import SignalConfig
from flows.options.session_prints import SessionPrints
from flows.options.timers import NEVER
from flows.options.timers import TimerHeap
from flows.options.underlyings import TrailingSize
from flows.options.underlyings import UnderlyingPath
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows

S = 1_000_000_000


def test_underlying_is_the_newest_quote_else_what_the_print_carries() -> None:
    carried: dict[str, Any] = {"underlying_bid": 99.0, "underlying_ask": 101.0}
    quote = equity(0, 139.9, 140.1)
    for events, source, mid in (
        ([quote, printed(5_000, **carried)], "quote_mid", 140.0),
        ([quote, printed(5_000.001, **carried)], "provider", 100.0),
        ([equity(0, 0.0, 140.1), printed(1, **carried)], "provider", 100.0),
        ([equity(0, 141.0, 140.0), printed(1)], "none", None),
        ([quote, equity(1, 141.0, 140.0), printed(2)], "none", None),
        ([printed(1, **carried, underlying_ts=printed(2)[0].source_ts)], "none", None),
    ):
        row = rows(events)[0]
        assert (row.underlying_source, row.underlying_mid) == (source, mid)
    row = rows([quote, printed(3)])[0]
    assert (row.underlying_age_ms, row.underlying_spread_bps) == (3.0, 14.285714)


def test_path_repeats_the_last_mid_and_starts_again_after_a_gap() -> None:
    path = UnderlyingPath()
    path.add(100 * S, 10.0)
    path.add(100 * S + 5, 11.0)
    path.add(103 * S, 12.0)
    assert [path.mid_before(103 * S, back) for back in range(5)] == [12.0, 11.0, 11.0, 11.0, None]
    assert path.mid_before(110 * S, 60) is None
    assert path.mid_before(110 * S, 2) == 12.0
    path.add(103 * S + 900 * S, 5.0)
    assert path.mid_before(1003 * S, 1) is None
    path.add(50 * S, 7.0)
    assert path.mid_before(50 * S, 0) == 7.0


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(50, 150)), min_size=3, max_size=80))
def test_sigma_is_the_deviation_of_the_last_ten_minutes(steps: list[tuple[int, float]]) -> None:
    path = UnderlyingPath()
    at = 1_000
    mids: dict[int, float] = {}
    for seconds, mid in steps:
        at += seconds
        path.add(at * S, mid)
        mids[at] = mid
    filled: list[float] = []
    for second in range(min(mids), at + 1):
        filled.append(mids.get(second, filled[-1] if filled else 0.0))
    changes = [math.log(b / a) for a, b in pairwise(filled)][-600:]
    sigma = path.sigma_bps()
    if len(changes) < 2:
        assert sigma is None
        return
    mean = sum(changes) / len(changes)
    expected = math.sqrt(sum((c - mean) ** 2 for c in changes) / len(changes)) * 1e4
    assert sigma == pytest.approx(max(expected, 0.5), rel=1e-6, abs=1e-6)
    again = UnderlyingPath.restore(path.state())
    assert (again.sigma_bps(), again.state()) == (sigma, path.state())


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 100)), min_size=1, max_size=60))
def test_trailing_size_is_the_sum_of_sixty_buckets(steps: list[tuple[int, int]]) -> None:
    trailing = TrailingSize()
    at = 0
    seen = []
    for seconds, size in steps:
        at += seconds
        trailing.add(at * S, size)
        seen.append((at, size))
    assert trailing.total_at(at * S) == sum(size for second, size in seen if second > at - 60)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5), st.text(max_size=2)), max_size=60))
def test_timers_fire_by_deadline_then_rank_then_id(timers: list[tuple[int, int, str]]) -> None:
    heap: TimerHeap[int] = TimerHeap()
    for i, (deadline, rank, timer_id) in enumerate(timers):
        heap.set(deadline, rank, timer_id, i)
    expected = [i for *_, i in sorted((*timer, i) for i, timer in enumerate(timers))]
    assert [payload for *_, payload in heap.pending()] == expected
    assert [heap.take()[2] for _ in timers] == expected
    assert heap.next_deadline == NEVER


def test_volume_of_the_session() -> None:
    prints = SessionPrints()
    assert prints.add(10, 5, 99, is_late=False) == (1, 5)
    assert prints.add(10, 6, 98, is_late=True) == (2, 11)
    assert prints.add(9, 3, 99, is_late=True) == (-1, 3)
    assert (prints.alike(10, 99), prints.alike(9, 99)) == ([1], [])
    prints.reverse(1, 5)
    assert (prints.volume, prints.live_range()) == (6, (2, 2, 1))
    assert prints.add(11, 1, 99, is_late=False) == (3, 1)
    again = SessionPrints.restore((11, 1, 3, *(bytes(part) for part in prints.state()[3:])))  # type: ignore[call-overload]
    assert again.state() == prints.state()


@pytest.mark.parametrize(
    ("at_e4", "size", "multiplier", "cents"),
    [
        (20_500, 3, 100, 61_500),
        (1, 1, 50, 0),
        (3, 1, 50, 2),
        (1, 5, 50, 2),
        (123_456, 7, 10, 86_419),
    ],
)
def test_premium_is_price_times_size_times_multiplier_half_to_even(
    at_e4: int, size: int, multiplier: int, cents: int
) -> None:
    assert premium_cents(at_e4, size, multiplier) == cents


@pytest.mark.parametrize(
    ("build", "variable"),
    [
        (lambda: ClusterConfig(window_ms=249), "CLUSTER_WINDOW_MS is 249, expected 250 to 2000"),
        (lambda: QuoteConfig(max_age_ms=0), "NBBO_MAX_AGE_MS"),
        (lambda: QuoteConfig(max_age_ms=math.nan), "NBBO_MAX_AGE_MS"),
        (lambda: QuoteConfig(staleness_basis="x"), "NBBO_STALENESS_BASIS"),  # type: ignore[arg-type]
        (lambda: AggressorConfig(p_quote_touch=0.4), "AGGRESSOR_P_QUOTE_NBBO is"),
        (lambda: AggressorConfig(p_quote_near=1.4), "AGGRESSOR_P_QUOTE_NBBO_NEAR"),
        (lambda: PricingConfig(risk_free_rate=4), "RISK_FREE_RATE"),
        (lambda: SignalConfig(min_notional=-1), "OPTIONS_SIGNAL_MIN_NOTIONAL"),
    ],
)  # fmt: skip
def test_threshold_out_of_range_is_refused_by_its_variable_name(
    build: Callable[[], object], variable: str
) -> None:
    with pytest.raises(MisconfiguredFlow, match=variable):
        build()


def test_hash_covers_effective_thresholds() -> None:
    base = OptionsConfig().config_hash
    assert len(base) == 8
    explicit = OptionsConfig(signal=SignalConfig(min_notional=10_000.0))
    assert explicit.config_hash == base
    others = [
        OptionsConfig(signal=SignalConfig(min_notional=9_999)),
        OptionsConfig(signal=SignalConfig(mode="balanced")),
        OptionsConfig(cluster=ClusterConfig(window_ms=501)),
        OptionsConfig(aggressor=AggressorConfig(p_depth=0.56)),
    ]
    assert len({base, *(config.config_hash for config in others)}) == 5
