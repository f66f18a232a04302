"""Evidence is followed from any id to its prints; what does not resolve is named."""

from collections.abc import Mapping

import pytest

from infra.evidence import EvidenceResolver
from infra.evidence import Row
from infra.evidence import UnknownId
from infra.evidence import kind_of

PRINTS = ("file-x:s:prints:1", "file-x:s:prints:2")
PACKET = "pk:XYZ:file-x:s:prints:1"
EVENT = f"sm:{PACKET}"
HIT = f"hit:unusual_contract_spike:{PACKET}"
ALERT = f"al:{EVENT}"


class Tables:
    """Rows by table and key, as ClickHouse would answer."""

    def __init__(self, without: str = "") -> None:
        self.queries = 0
        refs = [
            {"kind": "classifier_hit", "id": HIT, "role": "primary"},
            {"kind": "smart_money", "id": EVENT, "role": "context"},
        ]
        rows: dict[str, list[Row]] = {
            "flow_alerts": [{"alert_id": ALERT, "evidence_refs": refs}],
            "flow_classifier_hits": [{"hit_id": HIT, "smart_money_event_id": EVENT}],
            "flow_smart_money": [{"event_id": EVENT, "packet_ids": [PACKET]}],
            "flow_packets": [{"id": PACKET, "members": list(PRINTS)}],
            "options_tape": [{"trace_id": name} for name in PRINTS],
        }
        self._rows = {
            table: [row for row in found if without != next(iter(row.values()))]
            for table, found in rows.items()
        }

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        self.queries += 1
        table = sql.split(" FROM ")[1].split(maxsplit=1)[0]
        key = sql.split(" WHERE ")[1].split(maxsplit=1)[0]
        wanted = (parameters or {})["ids"]
        assert isinstance(wanted, list)
        return [row for row in self._rows[table] if row[key] in wanted]


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


@pytest.mark.parametrize("gone", [HIT, EVENT, PACKET, PRINTS[1]])
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
    assert [child["id"] for child in chain["children"]] == list(PRINTS)
