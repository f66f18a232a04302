"""Records of joins, their revisions, and how long they can be revised."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.conditions import policy
from flows.equities.join.config import JoinConfig
from flows.equities.join.join import join
from flows.equities.join.kept import KeptJoins
from flows.equities.join.record import cancelled_record
from flows.equities.join.record import join_record
from flows.equities.join.side import TickRule
from flows.equities.stage import Cause
from flows.errors import MisconfiguredFlow
from schemas.records.equities_joins import EquityJoin
from schemas.records.equities_prints import EquityPrint
from schemas.records.equities_quotes import EquityQuote
from tests.flows.equities.join.rows import MS_NS
from tests.flows.equities.join.rows import SECOND_NS
from tests.flows.equities.join.rows import TEN_NS
from tests.flows.equities.join.rows import book_of
from tests.flows.equities.join.rows import quote
from tests.flows.equities.join.rows import trade
from tests.flows.equities.join.rows import trf
from tests.flows.equities.join.rows import void

CONFIG = JoinConfig()
MINUTE_NS = 60 * SECOND_NS


def record_of(printed: EquityPrint, *quotes: EquityQuote) -> EquityJoin:
    update = policy(printed.conditions, printed.session)
    found = join(printed, book_of(*quotes), TickRule(), update, CONFIG)
    return join_record(printed, found, update, CONFIG.config_hash)


def test_record_says_what_was_printed_quoted_and_decided() -> None:
    printed = trf(price=10.0801, trf_id="Q", conditions=("@", "I"), exec_ts=TEN_NS - 20 * MS_NS)
    assert record_of(printed, quote(source_ts=TEN_NS - 120 * MS_NS)) == EquityJoin(
        source_ts=TEN_NS,
        ingest_ts=TEN_NS + 5,
        seq=7,
        trace_id="join:p1",
        schema_version="equities.joins.v1",
        revision=0,
        source="file-lean",
        underlying_id="BAC",
        print_trace_id="p1",
        price=10.0801,
        size=100.0,
        exchange="D",
        off_exchange_flag=True,
        session="rth",
        join_ts=TEN_NS - 20 * MS_NS,
        nbbo_side="A",
        direction="buy",
        direction_rule="quote",
        eligible_volume=True,
        eligible_levels=True,
        eligible_direction=True,
        eligible_baseline=False,
        cancelled=False,
        join_quality=0.7,
        quality_flags=("wide",),
        conditions=("@", "I"),
        trf_id="Q",
        quote_trace_id="q1",
        retail_proxy="sell",
        bid=10.0,
        ask=10.1,
        bid_size=300.0,
        ask_size=500.0,
        mid=10.05,
        spread=0.1,
        spread_bps=99.502488,
        quote_age_ms=100.0,
        spread_position=0.801,
        quote_ts=TEN_NS - 120 * MS_NS,
        policy_version="join.policy.v1",
        config_hash=CONFIG.config_hash,
    )


def test_record_without_a_quote_has_nulls_not_zeros() -> None:
    record = record_of(trade())
    fields = ("quote_trace_id", "bid", "ask", "bid_size", "ask_size", "mid", "spread")
    more = ("spread_bps", "quote_age_ms", "spread_position", "quote_ts")
    assert [getattr(record, name) for name in fields + more] == [None] * 11
    assert record.nbbo_side == "MISSING"


def test_void_quote_is_named_as_evidence() -> None:
    record = record_of(trade(), void())
    assert (record.quote_trace_id, record.quote_ts) == ("q1", TEN_NS)
    assert (record.bid, record.ask, record.mid) == (None, None, None)


def test_record_was_received_when_its_last_input_was() -> None:
    assert record_of(trade(), quote(ingest_ts=TEN_NS + 9)).ingest_ts == TEN_NS + 9


def test_cancel_is_the_next_revision_and_changes_nothing_else() -> None:
    first = record_of(trade(), quote())
    second = cancelled_record(first, Cause(TEN_NS + 50, TEN_NS + 60, 99, "cancel"))
    changed = {
        name
        for name in EquityJoin.__struct_fields__
        if getattr(first, name) != getattr(second, name)
    }
    assert changed == {"source_ts", "ingest_ts", "seq", "revision", "cancelled"}
    assert (second.source_ts, second.ingest_ts, second.seq) == (TEN_NS + 50, TEN_NS + 60, 99)
    assert (second.revision, second.cancelled) == (1, True)


@pytest.mark.parametrize("quotes", [(), (quote(),), (void(),)])
def test_kept_join_comes_back_as_it_was_and_once(quotes: tuple[EquityQuote, ...]) -> None:
    kept = KeptJoins(CONFIG)
    record = record_of(trf(conditions=("@", "F")), *quotes)
    kept.add(record)
    assert kept.take("p1") == record
    assert kept.take("p1") is None
    assert len(kept) == 0


def kept_of(config: JoinConfig, *at_ns: int) -> KeptJoins:
    kept = KeptJoins(config)
    first = record_of(trade())
    for number, at in enumerate(at_ns):
        kept.add(msgspec.structs.replace(first, print_trace_id=f"p{number}", source_ts=at))
    return kept


def held(kept: KeptJoins, count: int) -> list[int]:
    return [number for number in range(count) if kept.take(f"p{number}") is not None]


def test_joins_published_first_are_forgotten_first() -> None:
    assert held(kept_of(JoinConfig(kept_joins=3), *[TEN_NS] * 5), 5) == [2, 3, 4]


def test_joins_are_kept_for_half_an_hour_of_event_time() -> None:
    stamps = (TEN_NS, TEN_NS + 1, TEN_NS + 30 * MINUTE_NS + 1)
    assert held(kept_of(CONFIG, *stamps), 3) == [1, 2]


def test_nothing_is_kept_when_nothing_may_be() -> None:
    assert held(kept_of(JoinConfig(kept_joins=0), TEN_NS), 1) == []


@given(st.lists(st.integers(0, 40), max_size=20), st.data())
def test_restored_joins_are_the_same_from_then_on(minutes: list[int], data: st.DataObject) -> None:
    config = JoinConfig(kept_joins=6)
    stamps = [TEN_NS + minute * MINUTE_NS for minute in minutes]
    cut = data.draw(st.integers(0, len(stamps)))
    straight, back = kept_of(config, *stamps[:cut]), KeptJoins(config)
    back.load(msgspec.msgpack.decode(msgspec.msgpack.encode(straight.state())))
    first = record_of(trade())
    for kept in (straight, back):
        for number, at in enumerate(stamps[cut:], cut):
            kept.add(msgspec.structs.replace(first, print_trace_id=f"p{number}", source_ts=at))
    assert back.state() == straight.state()
    assert held(back, len(stamps)) == held(straight, len(stamps))


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"quote_max_age_ms": 0}, "EQUITY_QUOTE_MAX_AGE_MS"),
        ({"quote_max_age_ms": 60_001}, "EQUITY_QUOTE_MAX_AGE_MS"),
        ({"staleness_basis": "print"}, "EQUITY_QUOTE_STALENESS_BASIS"),
        ({"change_max_age_ms": 0}, "EQUITY_QUOTE_CHANGE_MAX_AGE_MS"),
        ({"scope": "lit"}, "EQUITY_JOIN_SCOPE"),
        ({"book_ms": 0}, "EQUITY_QUOTE_BOOK_MS"),
        ({"book_quotes": 0}, "EQUITY_QUOTE_BOOK_QUOTES"),
        ({"exec_lead_ms": 15_001}, "EQUITY_EXEC_LEAD_MS"),
        ({"wide_bps": 0}, "EQUITY_JOIN_WIDE_BPS"),
        ({"kept_joins": -1}, "EQUITY_JOINS_KEPT"),
        ({"kept_min": 0}, "EQUITY_JOINS_KEPT_MIN"),
    ],
)
def test_wrong_setting_is_refused_by_its_name(values: dict[str, object], variable: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=f"^{variable} is "):
        JoinConfig(**values)  # type: ignore[arg-type]


def test_defaults_are_those_of_the_specification() -> None:
    assert (CONFIG.quote_max_age_ms, CONFIG.staleness_basis, CONFIG.scope) == (
        1000,
        "quote",
        "off_exchange",
    )
    assert (CONFIG.max_age_ns, JoinConfig(staleness_basis="change").max_age_ns) == (
        1_000 * MS_NS,
        60_000 * MS_NS,
    )
    assert (CONFIG.book_ms, CONFIG.book_quotes, CONFIG.exec_lead_ms) == (15_000, 4096, 10_000)


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ({"quote_max_age_ms": 2000}, True),
        ({"staleness_basis": "change"}, True),
        ({"wide_bps": 60}, True),
        ({"scope": "all"}, False),
        ({"kept_joins": 10}, False),
    ],
)
def test_hash_changes_with_what_decides_a_record(
    changed: dict[str, object], is_other: bool
) -> None:
    other = JoinConfig(**changed)  # type: ignore[arg-type]
    assert (other.config_hash != CONFIG.config_hash) == is_other
