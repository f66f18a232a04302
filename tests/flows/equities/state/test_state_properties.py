"""The desk goes on the same from any point, and mirrors."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.equities.stage import Cause
from tests.flows.equities.state.driver import Run
from tests.flows.equities.state.driver import a_run
from tests.flows.equities.state.driver import with_bars
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import a_bar
from tests.flows.equities.state.records import a_flow
from tests.flows.equities.state.records import a_profile

Step = tuple[int, float, str]
steps = st.lists(
    st.tuples(
        st.integers(1, 40_000),
        st.sampled_from([96.0, 98.9, 100.0, 101.1, 103.0]),
        st.sampled_from(["trade", "trade", "trade", "bar", "flow", "profile", "cancel"]),
    ),
    min_size=1,
    max_size=40,
)


def go(run: Run, rows: Sequence[Step], start_ns: int) -> int:
    now_ns = start_ns
    for gap_ms, price, kind in rows:
        now_ns += gap_ms * 1_000_000
        minute_ns = now_ns - now_ns % MINUTE_NS - MINUTE_NS
        if kind == "trade":
            run.trade(now_ns, price)
            continue
        run.reach(now_ns)
        if kind == "bar":
            run.desk.on_bar(a_bar(minute_ns, price))
        elif kind == "flow":
            run.desk.on_flow(a_flow(minute_ns, price * 10, 1000))
        elif kind == "profile":
            profile = a_profile((price, price + 1, price - 1), lvns=[price + 0.3])
            run.desk.on_profile(profile)
            run.lvn.on_profile(msgspec.structs.replace(profile, source_ts=minute_ns + MINUTE_NS))
        else:
            ts = run.desk._price.ts
            gone = run.prints.ledger.cancel(f"test:prints:{ts}:{run.desk._price.seq}")
            if gone is not None:
                run.desk.remove(gone, Cause(now_ns, now_ns, 1, "cancel"))
    return now_ns


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 40))
def test_state_goes_on_the_same_from_anywhere(rows: list[Step], cut: int) -> None:
    whole, cut_up = a_run(), a_run()
    for run in (whole, cut_up):
        run.trade(OPEN_NS + 1, 100.0)
        with_bars(run, lambda minute: 100.0 + minute % 3 / 10)
    end_ns = go(whole, rows, OPEN_NS + 1)
    whole.reach(end_ns + 20 * MINUTE_NS)

    now_ns = go(cut_up, rows[:cut], OPEN_NS + 1)
    cut_up.restart()
    go(cut_up, rows[cut:], now_ns)
    cut_up.reach(end_ns + 20 * MINUTE_NS)

    assert cut_up.out == whole.out
    assert cut_up.desk.state() == whole.desk.state()


@settings(max_examples=40, deadline=None)
@given(steps)
def test_mirrored_prices_and_flow_mirror_the_states(rows: list[Step]) -> None:
    def bars_aside(step: Step) -> bool:
        return step[2] in {"trade", "flow"}

    up, down = a_run(), a_run()
    for run, sign in ((up, 1), (down, -1)):
        run.trade(OPEN_NS + 1, 100.0)
        with_bars(run, lambda _: 100.0, 20)
        now_ns = OPEN_NS + 1
        for gap_ms, price, kind in filter(bars_aside, rows):
            now_ns += gap_ms * 1_000_000
            run.trade(now_ns, 100.0 + sign * (price - 100.0))
            if kind == "flow":
                minute_ns = now_ns - now_ns % MINUTE_NS - MINUTE_NS
                run.desk.on_flow(a_flow(minute_ns, 100 + sign * 50, 100 - sign * 50))
        run.reach(now_ns + 10 * MINUTE_NS)
    mirror = {"IMBALANCE_UP": "IMBALANCE_DOWN", "IMBALANCE_DOWN": "IMBALANCE_UP"}

    assert [(r.source_ts, mirror.get(r.state, r.state), r.confidence) for r in down.states()] == [
        (r.source_ts, r.state, r.confidence) for r in up.states()
    ]
