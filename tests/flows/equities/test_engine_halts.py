"""Whose prints are added up, and what a halt keeps from being inferred, told and entered."""

import msgspec
import pytest

from flows.equities.config import EquitiesConfig
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from schemas.records import DarkInference
from schemas.records import EquityJoin
from schemas.records import EquityPrint
from schemas.records import FlowAlert
from schemas.records import Signal
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import SECOND_NS
from tests.flows.equities.events import accumulation
from tests.flows.equities.events import an_engine
from tests.flows.equities.events import as_record
from tests.flows.equities.events import bars
from tests.flows.equities.events import market_event
from tests.flows.equities.events import only
from tests.flows.equities.events import run
from tests.flows.equities.events import session_profile
from tests.flows.equities.events import sold


def test_foreign_source_is_counted_and_never_added() -> None:
    engine = an_engine()
    made = engine.process([sold(1, 100), sold(2, 200, 500.0, source="other", exchange="D")])
    made += engine.finish()

    assert engine.counters["foreign_source"] == 1
    assert [bar.volume for bar in bars(made, 60_000)] == [100.0]
    assert only(made, EquityJoin) == []
    assert all("other" not in each.trace_id for each in made)


@pytest.mark.parametrize(
    ("sources", "counted"),
    [((), 3), (("file",), 0), (("file-",), 2), (("file-lean",), 1), (("file-lean", "s"), 2)],
)
def test_sources_are_named_or_stand_for_all_that_begin_so(
    sources: tuple[str, ...], counted: int
) -> None:
    engine = an_engine(EquitiesConfig(sources=sources))
    names = ("file-lean", "file-dbn", "s")
    engine.process([sold(n, 10 * n, source=name) for n, name in enumerate(names)])
    assert len(names) - engine.counters["foreign_source"] == counted


def test_two_sources_of_an_underlying_are_never_added_together() -> None:
    made = run([sold(1, 100), sold(2, 200, source="u", size=5.0)], EquitiesConfig())
    found = {bar.trace_id.split(":")[1]: bar.volume for bar in bars(made, 60_000)}
    assert found == {"t": 100.0, "u": 5.0}


def test_halt_and_resumption_are_told_once_however_many_sources_print() -> None:
    tape: list[Event] = [sold(1, 1), sold(2, 2, source="u"), market_event(10, "halt")]
    made = run([*tape, market_event(90, "resume")], EquitiesConfig())

    alerts = only(made, FlowAlert)
    assert [(each.kind, each.score, each.revision) for each in alerts] == [
        ("trading.halt", 70, 0),
        ("trading.resume", 50, 0),
    ]
    assert [ref.kind for ref in alerts[0].evidence_refs] == ["event"]


def test_halt_is_told_before_anything_was_printed_and_once_over_a_restart() -> None:
    engine = an_engine()
    told = only(engine.process([market_event(10, "halt")]), FlowAlert)
    again = EquitiesEngine.restore(CONFIG, as_record, engine.snapshot())
    repeated = only(again.process([market_event(10, "halt")]), FlowAlert)

    assert [each.kind for each in told] == ["trading.halt"]
    assert [(each.alert_id, each.revision) for each in repeated] == [(told[0].alert_id, 1)]


def test_alerts_of_two_sources_have_ids_of_their_own() -> None:
    tape: list[Event] = [
        msgspec.structs.replace(each, source=source) if isinstance(each, EquityPrint) else each
        for source in ("t", "u")
        for each in accumulation(5_000)
    ]
    made = run(sorted(tape, key=lambda event: event.source_ts), EquitiesConfig())

    opened = [each.alert_id for each in only(made, FlowAlert) if each.revision == 0]
    assert len(opened) >= 2
    assert len(set(opened)) == len(opened)


HALTED_MS = 10_000
RESUMED_MS = 30_000


@pytest.mark.parametrize(
    ("ms", "is_inferred"),
    [
        (5_000, True),
        (HALTED_MS, False),
        (HALTED_MS + 500, False),
        (RESUMED_MS, False),
        (RESUMED_MS + 4_099, False),
        (RESUMED_MS + 5_000, True),
    ],
)
def test_nothing_is_inferred_while_halted_or_within_five_seconds_after(
    ms: float, is_inferred: bool
) -> None:
    halts: list[Event] = [market_event(HALTED_MS, "halt"), market_event(RESUMED_MS, "resume")]
    tape = [*halts, sold(1, 1), *accumulation(ms)]
    made = run(sorted(tape, key=lambda event: event.source_ts))

    kinds = {each.kind for each in only(made, FlowAlert)} - {"trading.halt", "trading.resume"}
    assert bool(only(made, DarkInference)) is is_inferred
    assert ("dark.stealth_accumulation" in kinds) is is_inferred
    assert only(made, EquityJoin)
    assert session_profile(made).total_volume == 4_100.0


@pytest.mark.parametrize("kind", ["halt", "resume"])
def test_halt_and_quiet_time_outlive_a_restart(kind: str) -> None:
    engine = an_engine()
    engine.process([sold(1, 1), market_event(10, kind)])
    again = EquitiesEngine.restore(CONFIG, as_record, engine.snapshot())

    assert only(again.process(accumulation(1_000)), DarkInference) == []


def rising(first_ms: float, seq: int, count: int = 12) -> list[Event]:
    """Return one print a second, the second half rising: closes cross above their average."""
    prices = [100.0] * (count // 2) + [100.0 + n for n in range(1, count - count // 2 + 1)]
    return [sold(seq + n, first_ms + n * 1_000 + 500, at) for n, at in enumerate(prices)]


def test_no_entry_and_no_alert_while_halted() -> None:
    tape = rising(0, 1)
    entries = only(run(tape), Signal)
    assert [each.kind for each in entries] == ["entry_long"]

    halted = run([market_event(1, "halt"), *tape])
    assert only(halted, Signal) == []
    assert {each.kind for each in only(halted, FlowAlert)} <= {"trading.halt"}
    assert bars(halted, 60_000)


def test_halt_of_another_underlying_changes_nothing() -> None:
    tape = rising(0, 1)
    made = run([market_event(1, "halt", "SPY"), *tape])
    assert made[1:] == run(tape)
    assert [each.underlying_id for each in only(made[:1], FlowAlert)] == ["SPY"]


def test_signal_and_alert_stamps_are_boundaries() -> None:
    made = run(rising(0, 1))
    (entry,) = only(made, Signal)
    assert entry.source_ts % SECOND_NS == 0
    (alert,) = [each for each in only(made, FlowAlert) if each.kind == "signal.entry_long"]
    assert alert.source_ts == entry.source_ts
