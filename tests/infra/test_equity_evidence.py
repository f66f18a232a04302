"""Evidence of equities: from alerts to inferences, joins, prints and quotes."""

import re
from collections.abc import Mapping

import pytest

from infra.evidence import EvidenceResolver
from infra.evidence import Node
from infra.evidence import Row
from infra.evidence import UnknownId
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import kind_of
from infra.evidence_kinds import level_row

PRINTS = ("file-x:s:prints:1", "file-x:s:prints:2")
JOINS = tuple(f"join:{name}" for name in PRINTS)
QUOTE = "file-x:q:quotes:7"
DARK = f"dark:stealth_accumulation:{PRINTS[1]}"
ALERT = f"alert:dark.stealth_accumulation:XYZ:{DARK}"
CANDLE = "candle:file-x:XYZ:60000:1000"
PROFILE = "profile:file-x:XYZ:session:2025-05-23-rth"
FLOW = "orderflow:file-x:XYZ:60000:1000"
STATE = "state:file-x:XYZ:hysteresis-1:5000"
SIGNAL = "signal:auction-1:XYZ:entry_long:5000"
SIGNAL_ALERT = "alert:signal.entry_long:XYZ:auction-1:5000"
LEVEL = "level:file-x:XYZ:lvn:13.79"
LEVEL_ALERT = "alert:lvn.near:XYZ:13.79:5000"
HALT = "feed:s:events:3"
HALT_ALERT = "alert:trading.halt:XYZ:ev:XYZ:halt"
CONTEXT = (("profile", PROFILE), ("candle", CANDLE), ("order_flow", FLOW))
TABLE = re.compile(r" FROM (\w+) FINAL ")


def cites(*refs: tuple[str, str]) -> list[Row]:
    return [{"kind": kind, "id": name, "role": "anchor"} for kind, name in refs]


def joins_of(*names: str) -> list[tuple[str, str]]:
    return [("equity_join", name) for name in names]


def stored() -> dict[str, dict[str, Row]]:
    """Return rows by table and id."""
    state_refs = cites(*CONTEXT)
    signal_refs = (("state", STATE), ("order_flow", FLOW))
    alerts = {
        ALERT: cites(("dark", DARK), *joins_of(*JOINS)),
        SIGNAL_ALERT: cites(("signal", SIGNAL), *signal_refs),
        LEVEL_ALERT: cites(("level", LEVEL), ("profile", PROFILE)),
        HALT_ALERT: cites(("event", HALT)),
    }
    return {
        "flow_alerts": {name: {"evidence_refs": refs} for name, refs in alerts.items()},
        "dark_inferred": {DARK: {"evidence_refs": cites(*joins_of(*JOINS))}},
        "equities_joins": {
            JOINS[0]: {"print_trace_id": PRINTS[0], "quote_trace_id": QUOTE},
            JOINS[1]: {"print_trace_id": PRINTS[1], "quote_trace_id": None},
        },
        "equities_prints": {
            PRINTS[0]: {"ref_trace_id": None},
            PRINTS[1]: {"ref_trace_id": PRINTS[0]},
        },
        "equities_quotes": {QUOTE: {}},
        "equities_state": {STATE: {"evidence_refs": state_refs}},
        "signals": {SIGNAL: {"evidence_refs": cites(*signal_refs)}},
        "equities_order_flow": {FLOW: {}},
        "equities_candles": {CANDLE: {}},
        "equities_profile": {PROFILE: {}},
        "refdata_events": {HALT: {}},
    }


class Tables:
    """Rows by table and id, as ClickHouse would answer; counts the questions."""

    def __init__(self, without: str = "", profiles_of_level: tuple[str, ...] = ()) -> None:
        self.asked: list[str] = []
        self._without = without
        self._of_level = profiles_of_level

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        (table,) = TABLE.findall(sql)
        self.asked.append(table)
        given = dict(parameters or {})
        if "ids" not in given:
            assert (given["underlying_id"], given["source"]) == ("XYZ", "file-x")
            assert given["price"] == 13.79
            return [{"trace_id": name} for name in self._of_level]
        wanted = given["ids"]
        assert isinstance(wanted, list)
        return [
            {**row, "evidence_id": name}
            for name, row in stored().get(table, {}).items()
            if name in wanted and name != self._without
        ]


def resolve(identifier: str, without: str = "") -> Node:
    return EvidenceResolver(Tables(without)).resolve(identifier)


def kinds(node: Node) -> list[str]:
    return [child.kind for child in node.children]


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        (ALERT, "alert"),
        (DARK, "dark"),
        (JOINS[0], "equity_join"),
        (CANDLE, "candle"),
        (PROFILE, "profile"),
        (FLOW, "order_flow"),
        (STATE, "state"),
        (SIGNAL, "signal"),
        (LEVEL, "level"),
        (PRINTS[0], "equity_print"),
        (QUOTE, "equity_quote"),
        (HALT, "event"),
    ],
)
def test_any_id_finds_its_record(identifier: str, kind: str) -> None:
    node = resolve(identifier)

    assert (node.kind, node.id, node.missing_ids()) == (kind, identifier, ())


def test_ids_that_name_their_kind_are_not_looked_for_elsewhere() -> None:
    for kind, spec in KINDS.items():
        for prefix in spec.prefixes:
            assert kind_of(f"{prefix}x") == kind


def test_alert_leads_over_inference_and_joins_to_prints_and_quotes() -> None:
    alert = resolve(ALERT)

    assert kinds(alert) == ["dark"]
    (dark,) = alert.children
    assert [child.id for child in dark.children] == list(JOINS)
    first, second = dark.children
    assert [child.id for child in first.children] == [PRINTS[0], QUOTE]
    assert [child.id for child in second.children] == [PRINTS[1]]
    assert alert.count("equity_print") == 2


def test_joins_of_one_inference_are_read_with_one_question_a_kind() -> None:
    tables = Tables()
    EvidenceResolver(tables).resolve(DARK)

    assert tables.asked[:4] == [
        "dark_inferred", "equities_joins", "equities_prints", "equities_quotes"
    ]  # fmt: skip
    assert tables.asked.count("equities_joins") == 1
    assert tables.asked.count("equities_quotes") == 1


def test_inference_that_is_gone_leaves_the_joins_the_alert_cites() -> None:
    alert = resolve(ALERT, without=DARK)

    assert kinds(alert) == ["equity_join", "equity_join"]
    assert alert.missing_ids() == (DARK,)


@pytest.mark.parametrize("gone", [JOINS[0], PRINTS[0], QUOTE])
def test_what_does_not_resolve_is_named_once(gone: str) -> None:
    assert set(resolve(ALERT, without=gone).missing_ids()) == {gone}
    assert resolve(DARK, without=JOINS[1]).missing_ids() == (JOINS[1],)


def test_state_leads_to_profile_bar_and_order_flow() -> None:
    assert {child.id for child in resolve(STATE).children} == {PROFILE, CANDLE, FLOW}


def test_alert_of_a_signal_does_not_repeat_what_the_signal_cites() -> None:
    alert = resolve(SIGNAL_ALERT)

    assert kinds(alert) == ["signal"]
    assert kinds(alert.children[0]) == ["state"]  # whose order flow the signal cites too
    assert alert.count("order_flow") == 1


def test_level_is_told_by_its_id_and_leads_to_the_profiles_that_have_it() -> None:
    tables = Tables(profiles_of_level=(PROFILE,))
    alert = EvidenceResolver(tables).resolve(LEVEL_ALERT)

    (level,) = alert.children
    assert (level.kind, level.record["price"]) == ("level", 13.79)
    assert [child.id for child in level.children] == [PROFILE]


def test_profile_that_lost_the_node_hangs_from_the_alert() -> None:
    assert kinds(resolve(LEVEL_ALERT)) == ["level", "profile"]


def test_halt_leads_to_its_announcement() -> None:
    assert [child.id for child in resolve(HALT_ALERT).children] == [HALT]


def test_corrected_print_leads_to_the_one_it_replaces() -> None:
    assert [child.id for child in resolve(PRINTS[1]).children] == [PRINTS[0]]


@pytest.mark.parametrize(
    "identifier", ["dark:nothing", "join:nothing", "level:nothing", "level:a:b:lvn:x", "nothing"]
)
def test_unknown_id_is_refused(identifier: str) -> None:
    with pytest.raises(UnknownId, match=f"id {identifier}; ids begin with al:.*dark:.*level:"):
        resolve(identifier)


@pytest.mark.parametrize(
    "identifier", ["level:file-x:XYZ:lvn", "level:file-x:XYZ:poc:1", "level:file-x:XYZ:lvn:"]
)
def test_what_is_no_level_is_none(identifier: str) -> None:
    assert level_row(identifier) is None
