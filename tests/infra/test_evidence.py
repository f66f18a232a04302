"""Evidence is followed from any id to its prints; what does not resolve is named."""

import re
from collections.abc import Mapping

import pytest

from infra.evidence import EvidenceResolver
from infra.evidence import Row
from infra.evidence import UnknownId
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import kind_of

PRINTS = ("file-x:s:prints:1", "file-x:s:prints:2")
PACKET = "pk:XYZ:file-x:s:prints:1"
EVENT = f"sm:{PACKET}"
HIT = f"hit:unusual_contract_spike:{PACKET}"
ALERT = f"al:{EVENT}"
OPEN_INTEREST = "XYZ-2025-06-20-100-C@2025-05-22"
EARNINGS = "ev:XYZ:earnings:2025-06-04"
BASELINE = "bl:XYZ:2025-05-23"
KEYS = {spec.table: spec.key for spec in KINDS.values()}
QUERY = re.compile(
    r"SELECT \*, (?P<key>.+) AS evidence_id FROM (?P<table>\w+) FINAL "
    r"WHERE evidence_id IN \{ids:Array\(String\)\} ORDER BY source_ts, evidence_id"
)


class Tables:
    """Rows by table and id, as ClickHouse would answer."""

    def __init__(self, without: str = "") -> None:
        refs = [
            {"kind": "classifier_hit", "id": HIT, "role": "primary"},
            {"kind": "smart_money", "id": EVENT, "role": "context"},
        ]
        context = [
            {"kind": "oi_snapshot", "id": OPEN_INTEREST, "role": "context"},
            {"kind": "event_calendar", "id": EARNINGS, "role": "context"},
            {"kind": "baseline_snapshot", "id": BASELINE, "role": "context"},
        ]
        contract, _, day = OPEN_INTEREST.partition("@")
        rows: dict[str, list[Row]] = {
            "flow_alerts": [{"alert_id": ALERT, "evidence_refs": refs}],
            "flow_classifier_hits": [{"hit_id": HIT, "smart_money_event_id": EVENT}],
            "flow_smart_money": [
                {"event_id": EVENT, "packet_ids": [PACKET], "evidence_refs": context[1:2]}
            ],
            "flow_packets": [{"id": PACKET, "members": list(PRINTS), "evidence_refs": context}],
            "options_tape": [{"trace_id": name} for name in PRINTS],
            "refdata_events": [{"event_id": EARNINGS, "trace_id": "x:s:events:1"}],
            "refdata_open_interest": [{"option_contract_id": contract, "as_of_date": day}],
            "baseline_snapshots": [{"snapshot_id": BASELINE}],
        }
        self._rows = {
            table: [row for row in found if _value(KEYS[table], row) != without]
            for table, found in {**{each: [] for each in KEYS}, **rows}.items()
        }

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        found = QUERY.fullmatch(sql)
        assert found is not None, sql
        wanted = (parameters or {})["ids"]
        assert isinstance(wanted, list)
        answered = [
            {**row, "evidence_id": _value(found["key"], row)} for row in self._rows[found["table"]]
        ]
        return [row for row in answered if row["evidence_id"] in wanted]


def _value(key: str, row: Row) -> str:
    """Return what a select expression is worth in a row: a column, or columns joined."""
    return "".join(
        str(row[part]) if part.isidentifier() else part.strip("'")
        for part in re.findall(r"'[^']*'|\b(?!concat\b|toString\b)\w+", key)
    )


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        (ALERT, "alert"),
        (HIT, "classifier_hit"),
        (EVENT, "smart_money"),
        (PACKET, "flow_packet"),
        (PRINTS[0], "option_print"),
    ],
)
def test_chain_of_any_id_ends_in_the_prints(identifier: str, kind: str) -> None:
    node = EvidenceResolver(Tables()).resolve(identifier)

    assert kind_of(identifier) == node.kind == kind
    assert node.id == identifier
    assert node.missing_ids() == ()
    assert node.count("option_print") == (1 if kind == "option_print" else 2)


def test_event_of_a_hit_is_not_hung_from_the_alert_again() -> None:
    node = EvidenceResolver(Tables()).resolve(ALERT)

    assert [child.kind for child in node.children] == ["classifier_hit"]


def test_context_of_a_packet_hangs_before_its_prints() -> None:
    node = EvidenceResolver(Tables()).resolve(PACKET)

    assert [(child.kind, child.id) for child in node.children] == [
        ("event_calendar", EARNINGS),
        ("oi_snapshot", OPEN_INTEREST),
        ("baseline_snapshot", BASELINE),
        *(("option_print", name) for name in PRINTS),
    ]
    assert "evidence_id" not in node.children[1].record


@pytest.mark.parametrize("gone", [HIT, EVENT, PACKET, PRINTS[1], OPEN_INTEREST, EARNINGS, BASELINE])
def test_what_does_not_resolve_is_named(gone: str) -> None:
    node = EvidenceResolver(Tables(without=gone)).resolve(ALERT)

    assert gone in node.missing_ids()


@pytest.mark.parametrize("identifier", ["al:nothing", "pk:nothing", "nothing"])
def test_unknown_id_is_refused(identifier: str) -> None:
    with pytest.raises(UnknownId, match=f"id {identifier}; ids begin with al:"):
        EvidenceResolver(Tables()).resolve(identifier)


def test_chain_as_plain_data_keeps_its_shape() -> None:
    chain = EvidenceResolver(Tables()).resolve(PACKET).as_json()

    assert (chain["kind"], chain["id"], chain["missing"]) == ("flow_packet", PACKET, [])
    leaves = [child["id"] for child in chain["children"] if child["kind"] == "option_print"]
    assert leaves == list(PRINTS)
