import random
from typing import Any
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import MisconfiguredFlow
from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.derived import Derived
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.codec import codec_of
from tests.flows.options.engine_events import calendar_event
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import open_interest
from tests.flows.options.engine_events import printed

CONFIG = OptionsConfig(signal=SignalConfig(mode="balanced"))
CODECS: dict[type, Any] = {kind: codec_of(kind) for kind in get_args(Derived)}
NAMES = [
    f"{root}-2025-07-18-{strike}-{right}"
    for root in ("NVDA", "SPY", "TSLA1")
    for strike in (100, 140)
    for right in "CP"
]


def busy_tape(seed: int, length: int) -> list[Event]:
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    events: list[Event] = []
    ms = 0.0
    sold: list[Any] = []
    for i in range(length):
        ms += rng.choice([0, 0.001, 1, 20, 130, 400, 900])
        name = rng.choice(NAMES)
        bid = rng.randint(0, 60) / 10
        kind = rng.random()
        if kind < 0.02:
            events.append(calendar_event(ms, rng.randint(0, 25), rng.choice(["NVDA", "SPY"])))
        elif kind < 0.05:
            events.append(open_interest(ms, rng.choice([0, 40, 3_000]), name))
        elif kind < 0.35:
            event = nbbo(ms, bid, bid + rng.choice([-0.1, 0, 0.01, 0.1, 0.9]), name,
                         trace_id=f"q{i}")  # fmt: skip
            events.append((event[0], rng.random() < 0.03))
        elif kind < 0.5:
            mid = 120 + rng.random() * 20
            events.append(equity(ms, mid, mid + 0.05, rng.choice(["NVDA", "SPY"])))
        elif kind < 0.55 and sold:
            original = rng.choice(sold)
            events.append(
                printed(ms, original.price, original.size, rng.choice("ACEG"),
                        original.option_contract_id, trace_id=f"c{i}")
            )  # fmt: skip
        elif kind < 0.65:
            # Two legs of one package, or two singles of one size: something to match.
            code = rng.choice(["f", "f", "I"])
            size = rng.choice([10, 100, 250])
            venue = rng.choice("AC")
            for leg in rng.sample(NAMES[:8], 2):
                events.append(nbbo(ms, bid, bid + 0.1, leg, trace_id=f"q{i}{leg}"))
                events.append(
                    printed(ms, bid + rng.choice([0, 0.1]), size, code, leg,
                            trace_id=f"p{i}{leg}", exchange=venue)
                )  # fmt: skip
        else:
            late = rng.random() < 0.05
            code = rng.choice(["I", "I", "S", "a", "f", "n", "B", "", "zz", "u"])
            at = max(ms - rng.choice([3, 700, 4_000]), 0) if late else ms
            event = printed(at, bid + 0.05, rng.randint(1, 900), code, name, late=late,
                            trace_id=f"p{i}", exchange=rng.choice("ACN"))  # fmt: skip
            sold.append(event[0])
            events.append(event)
    return events


def encoded(records: list[Any]) -> list[bytes]:
    return [CODECS[type(record)].encode(record) for record in records]


def whole(events: list[Event], batch: int) -> list[bytes]:
    engine = OptionsEngine(CONFIG)
    derived: list[Any] = []
    for start in range(0, len(events), batch):
        derived += engine.process(events[start : start + batch])
    return encoded([*derived, *engine.finish()])


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_bytes_do_not_depend_on_the_batch_size(batch: int) -> None:
    events = busy_tape(3, 600)
    once = whole(events, len(events))
    assert len(once) > 500
    assert whole(events, batch) == once


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_bytes_do_not_depend_on_where_batches_end(seed: int, batch: int) -> None:
    events = busy_tape(seed, 60)
    assert whole(events, batch) == whole(events, 60)


@given(st.integers(0, 10_000), st.integers(0, 60))
def test_restored_engine_goes_on_byte_for_byte(seed: int, cut: int) -> None:
    events = busy_tape(seed, 60)
    engine = OptionsEngine(CONFIG)
    head = engine.process(events[:cut])
    state = engine.snapshot()
    again = OptionsEngine.restore(CONFIG, state)
    assert again.snapshot() == state
    assert again.counters == engine.counters
    tail = [*again.process(events[cut:]), *again.finish()]
    assert encoded([*head, *tail]) == whole(events, 60)
    assert encoded([*engine.process(events[cut:]), *engine.finish()]) == encoded(tail)
    assert again.snapshot() == engine.snapshot()


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="state has version None, expected 2"):
        OptionsEngine.restore(CONFIG, b"\x80")


def test_counters_name_what_was_unusual() -> None:
    engine = OptionsEngine(CONFIG)
    engine.process([
        printed(0, code="zz"), printed(1, exchange="?"), printed(2, code="u"),
        printed(1, late=True), printed(3, code="C", price=99.0),
    ])  # fmt: skip
    counters = engine.counters
    assert (counters["prints"], counters["late_arrivals"]) == (5, 1)
    assert (counters["unknown_condition:zz"], counters["unknown_venue:?"]) == (1, 1)
    assert (counters["compression_prints"], counters["cancel_unmatched"]) == (1, 1)
    assert (counters["placement:MISSING"], counters["iv_status:no_quote"]) == (5, 5)
    assert counters["pending_timers"] == 2


def test_idle_contracts_are_forgotten_when_the_day_changes() -> None:
    engine = OptionsEngine(CONFIG)
    engine.process([nbbo(0, 1, 2), printed(1), nbbo(2, 1, 2, NAMES[0])])
    small = len(engine.snapshot())
    day_ms = 86_400_000
    engine.process([printed(2 * day_ms, contract=NAMES[1])])
    engine.process([printed(2 * day_ms + 2_000, contract=NAMES[1])])
    assert list(engine._contracts) == [NAMES[1]]
    assert list(engine._stage.contracts) == [NAMES[1]]
    assert len(engine.snapshot()) < small * 2
