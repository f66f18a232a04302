"""The filter grammar: one wish, the same records out of rings and tables."""

from typing import Any
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from api.live.filter_parts import packet_side
from api.live.filters import filter_names
from api.live.filters import parse_filters
from api.problems import Problem
from api.streams import STREAMS
from api.streams import Stream
from tests.api.pages.market import BEGIN_NS
from tests.api.pages.market import Tables
from tests.api.pages.market import chance
from tests.api.pages.market import random_record
from tests.api.pages.market import stream

ROWS: Final = 120
# Times and ids that no other test of the folder has.
FIRST: Final = 10**9
_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "underlying_ids": ("NVDA", "SPY", "SPX", "TSLA"),
    "source": ("synthetic", "alpaca", "file:tos"),
    "security": ("stock", "etf", "index"),
    "side": ("AA", "A", "MID", "B", "BB", "MISSING", "STALE"),
    "type": ("call", "put"),
    "conditions": ("A", "I", "Z"),
    "exchange": ("Q", "N", "Z"),
    "option_contract_id": ("NVDA-2025-12-19-500-C", "none"),
    "structure": ("vertical", "any", "none"),
    "profile": ("institutional", "retail"),
    "direction": ("bullish", "bearish", "neutral", "mixed", "unknown"),
    "classifier": ("large_call_sweep", "spread"),
    "severity": ("high", "medium", "low"),
    "state": ("open", "updated", "settled", "retracted"),
    "outcome": ("pending", "opened", "closed", "no_data"),
    "status": ("provisional", "confirmed"),
    "window": ("session", "1m"),
    "strategy": ("lvn", "vwap"),
}
_KINDS: Final = {
    "alerts": ("options", "exit"),
    "inferred-dark": ("absorbed_block", "distribution"),
    "signals": ("entry_long", "exit"),
}
_VALUES: Final[dict[str, tuple[object, ...]]] = {
    "view": ("signal", "raw"),
    "abstained": ("include", "exclude", "only"),
    "off_exchange": (True, False),
    "min_notional": (0, 99.99, 10_000, 250_001),
    "max_notional": (99.99, 10_000),
    "min_size": (1, 10.5, 100),
    "dte_min": (0, 7, 31),
    "dte_max": (0, 7, 30),
    "interval_ms": (1000, 60_000),
    "min_confidence": (0, 0.5, 0.72, 1),
    "min_score": (0, 40, 76),
}


def wishes(of: Stream) -> st.SearchStrategy[dict[str, object]]:
    parts: dict[str, st.SearchStrategy[object]] = {}
    for name in filter_names(of):
        if name == "flow_packet_id":
            continue
        words = _KINDS[of.name] if name == "kind" else _LISTS.get(name)
        parts[name] = (
            st.sampled_from(_VALUES[name])
            if words is None
            else st.lists(st.sampled_from(words), min_size=1, max_size=4)
        )
    return st.fixed_dictionaries({}, optional=parts)


@pytest.fixture(scope="package")
def filled_tables(tables: Tables) -> dict[str, list[Any]]:
    rng = chance(11)
    found: dict[str, list[Any]] = {}
    for each in STREAMS.values():
        found[each.name] = [
            random_record(each, number, rng) for number in range(FIRST, FIRST + ROWS)
        ]
        tables.insert(each, found[each.name])
    return found


def stored_ids(tables: Tables, of: Stream, given_filters: dict[str, object]) -> list[str]:
    where, bound = parse_filters(of, given_filters).where()
    sql = f"SELECT trace_id AS id FROM `{of.table}` FINAL WHERE ({where}) AND source_ts < {{end:Int64}} AND source_ts >= {{begin:Int64}} ORDER BY id"  # noqa: S608, E501 - our own names
    bound |= {"begin": BEGIN_NS + FIRST, "end": BEGIN_NS + FIRST + ROWS}
    return [row["id"] for row in tables.run(tables.store.select("test", sql, bound))]


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
@given(data=st.data())
def test_closure_keeps_the_rows_that_the_condition_keeps(
    name: str, tables: Tables, filled_tables: dict[str, list[Any]], data: st.DataObject
) -> None:
    wish = data.draw(wishes(stream(name)))

    filters = parse_filters(stream(name), wish)

    kept = sorted(each.trace_id for each in filled_tables[name] if filters.matches(each))
    assert stored_ids(tables, stream(name), wish) == kept


@pytest.mark.parametrize("name", STREAMS)
def test_each_filter_alone_keeps_some_rows_and_leaves_some_out(
    name: str, filled_tables: dict[str, list[Any]]
) -> None:
    # Otherwise the property above would hold for filters that do nothing.
    idle = []
    for each in filter_names(stream(name)):
        if each == "flow_packet_id":
            continue
        words = _KINDS.get(name, ()) if each == "kind" else _LISTS.get(each, ())
        choices: tuple[object, ...] = tuple([[word] for word in words]) or _VALUES[each]
        base = {"view": "raw"} if name == "options" else {}
        kept = [
            sum(map(parse_filters(stream(name), base | {each: value}).matches, filled_tables[name]))
            for value in choices
        ]
        if not any(0 < count < ROWS for count in kept):
            idle.append(each)
    assert idle == []


def test_query_string_and_json_are_one_grammar() -> None:
    query = {
        "side": "MID,A,AA,A",
        "type": "put,call",
        "security": "stock",
        "min_notional": "10000",
        "dte_max": "8",
        "view": "signal",
        "underlying_ids": "",
    }
    message = {"side": ["A", "AA", "MID"], "security": ["stock"], "min_notional": 1e4, "dte_max": 8}

    first, second = (
        parse_filters(stream("options"), query),
        parse_filters(stream("options"), message),
    )

    assert (
        first.values
        == second.values
        == {
            "dte_max": 8,
            "min_notional": 10_000.0,
            "security": ("stock",),
            "side": ("A", "AA", "MID"),
        }
    )
    assert first.key == second.key
    assert first.where() == second.where()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("options", {"view": "signal", "security": "all", "type": "call,put"}),
        ("options", {"side": "AA,A,MID,B,BB,MISSING,STALE", "security": "stock,etf,index"}),
        ("smart-money", {"abstained": "include", "direction": ""}),
        ("alerts", {"severity": "high,medium,low", "outcome": []}),
    ],
)
def test_what_leaves_nothing_out_is_not_part_of_the_wish(
    name: str, values: dict[str, object]
) -> None:
    assert parse_filters(stream(name), values).key == parse_filters(stream(name), {}).key


def test_wishes_of_two_streams_differ() -> None:
    assert parse_filters(stream("flow"), {}).key != parse_filters(stream("alerts"), {}).key


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("options", "side", "AA,X"),
        ("options", "side", ["AA", 1.5]),
        ("options", "side", {"AA": True}),
        ("options", "type", "call,,put"),
        ("options", "view", "both"),
        ("options", "view", ["raw"]),
        ("options", "security", "bond"),
        ("options", "min_notional", "ten"),
        ("options", "min_notional", "nan"),
        ("options", "min_notional", "inf"),
        ("options", "min_notional", "-1"),
        ("options", "min_notional", True),
        ("options", "dte_min", "1.5"),
        ("options", "dte_min", "-1"),
        ("options", "dte_min", "٣"),
        ("options", "underlying_ids", ",".join(f"S{n}" for n in range(101))),
        ("options", "underlying_ids", "a" * 257),
        ("options", "profile", "retail"),
        ("equities", "off_exchange", "yes"),
        ("equities", "off_exchange", "True"),
        ("equities", "off_exchange", 1),
        ("smart-money", "min_confidence", "1.01"),
        ("alerts", "min_score", "101"),
        ("net-premium", "source", "synthetic"),
        ("net-premium", "interval_ms", "0"),
        ("equity-quotes", "limit", "1"),
    ],
)
def test_what_a_filter_does_not_take_is_refused_by_name(
    name: str, field: str, value: object
) -> None:
    with pytest.raises(Problem) as refused:
        parse_filters(stream(name), {field: value})

    assert refused.value.code == "parameter_invalid"
    assert [each for each, _ in refused.value.errors] == [field]


def test_a_packet_has_the_side_where_most_contracts_were_placed() -> None:
    packet = random_record(stream("flow"), 1, chance(1))
    sizes = dict.fromkeys(("aa", "a", "mid", "b", "bb", "missing", "stale"), 0)
    features = msgspec.structs.replace(
        packet.features,
        **{f"nbbo_{side}_size": size for side, size in (sizes | {"b": 5, "mid": 4}).items()},
    )
    tied = msgspec.structs.replace(features, nbbo_mid_size=5)

    assert packet_side(msgspec.structs.replace(packet, features=features)) == "B"
    # Of equals the first of AA, A, MID, B, BB, MISSING, STALE.
    assert packet_side(msgspec.structs.replace(packet, features=tied)) == "MID"


@pytest.mark.parametrize(
    ("symbol", "is_etf", "security"),
    [
        ("SPX", False, "index"),
        ("SPX", True, "index"),
        ("SPY", True, "etf"),
        ("VST", False, "stock"),
    ],
)
def test_security_is_index_by_symbol_then_etf_by_flag(
    symbol: str, is_etf: bool, security: str
) -> None:
    record = msgspec.structs.replace(
        random_record(stream("options"), 1, chance(1)),
        underlying_id=symbol,
        is_etf=is_etf,
        signal_pass=True,
    )

    kept = [
        each
        for each in ("stock", "etf", "index")
        if parse_filters(stream("options"), {"security": each}).matches(record)
    ]

    assert kept == [security]


def test_thresholds_are_inclusive_and_in_dollars() -> None:
    record = msgspec.structs.replace(
        random_record(stream("equities"), 1, chance(1)), price=100.5, size=100.0
    )

    for bound, is_kept in (("10050", True), ("10050.01", False)):
        filters = parse_filters(stream("equities"), {"min_notional": bound})
        assert filters.matches(record) is is_kept


def test_members_of_a_packet_are_known_to_the_store_and_told_to_the_test(
    tables: Tables, filled_tables: dict[str, list[Any]]
) -> None:
    prints = filled_tables["options"]
    members = tuple(each.trace_id for each in prints[3:6])
    symbols = [each.underlying_id for each in prints[3:6]]
    packet = msgspec.structs.replace(
        random_record(stream("flow"), FIRST + 10_000, chance(2)), id="pk:one", members=members
    )
    tables.insert(stream("flow"), [packet])
    wish: dict[str, object] = {"flow_packet_id": "pk:one", "view": "raw"}

    filters = parse_filters(stream("options"), wish)
    known = filters.of_prints(members, symbols)

    assert stored_ids(tables, stream("options"), wish) == sorted(members)
    assert not any(filters.matches(each) for each in prints)
    assert sorted(each.trace_id for each in prints if known.matches(each)) == sorted(members)
