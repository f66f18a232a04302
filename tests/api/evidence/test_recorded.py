"""Evidence of a session the real flows derived, against a walk over the whole tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.evidence.models import Evidence
from api.evidence.refs import ref_of
from infra.evidence_kinds import KINDS
from tests.api.evidence.desk import Desk

Row = dict[str, Any]
FLOW = {
    "alert": ("flow_alerts", "alert_id"),
    "classifier_hit": ("flow_classifier_hits", "hit_id"),
    "smart_money": ("flow_smart_money", "event_id"),
    "flow_packet": ("flow_packets", "id"),
    "option_print": ("options_tape", "trace_id"),
    "option_nbbo": ("options_nbbo", "trace_id"),
}
LISTS = {
    "classifier_hit": ("hits", "hit_id"),
    "smart_money": ("smart_money", "event_id"),
    "flow_packet": ("packets", "id"),
    "option_print": ("prints", "trace_id"),
    "option_nbbo": ("quotes", "trace_id"),
}
NARROW = {
    "alert": "alert_id, evidence_refs, underlying_id",
    "classifier_hit": "hit_id, smart_money_event_id, evidence_refs",
    "smart_money": "event_id, packet_ids, evidence_refs",
    "flow_packet": "id, members, evidence_refs",
    "option_print": "trace_id, nbbo_trace_id",
    "option_nbbo": "trace_id",
}


@pytest.fixture(scope="module")
def world(session_desk: Desk) -> dict[str, dict[str, Row]]:
    """Return every record of the flow by kind and id, read in whole."""
    found = {}
    for kind, (table, key) in FLOW.items():
        rows = session_desk.rows(f"SELECT {NARROW[kind]} FROM {table} FINAL")  # noqa: S608 - our own names
        found[kind] = {row[key]: row for row in rows}
    return found


def below(kind: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield what a record names of the flow, from its fields and its references."""
    if kind == "classifier_hit":
        yield "smart_money", row["smart_money_event_id"]
    if kind == "smart_money":
        yield from (("flow_packet", name) for name in row["packet_ids"])
    if kind == "flow_packet":
        yield from (("option_print", name) for name in row["members"])
    if kind == "option_print" and row["nbbo_trace_id"] is not None:
        yield "option_nbbo", row["nbbo_trace_id"]
    for ref in row.get("evidence_refs", ()):
        # What an earlier hit rests on is its own.
        if ref["kind"] in FLOW and not kind == ref["kind"] == "classifier_hit":
            yield ref["kind"], ref["id"]


def walked(world: dict[str, dict[str, Row]], kind: str, name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {each: set() for each in FLOW}
    edge = [(kind, name)]
    while edge:
        kind, name = edge.pop()
        if name not in found[kind]:
            found[kind].add(name)
            edge += below(kind, world[kind][name])
    return found


def test_chain_of_every_alert_is_what_a_walk_finds(
    session_desk: Desk, world: dict[str, dict[str, Row]]
) -> None:
    names = sorted(world["alert"])[:60]
    session_desk.store.asked.clear()

    found = session_desk.answer("/evidence/batch", {"refs": names})

    assert len(names) > 5
    assert len(session_desk.store.asked) <= 6
    for name in names:
        document = found[name]
        expected = walked(world, "alert", name)
        # An earlier hit that a hit refers to stands there too, without what it rests on.
        expected["classifier_hit"] |= {
            ref["id"]
            for hit in expected["classifier_hit"]
            for ref in world["classifier_hit"][hit]["evidence_refs"]
            if ref["kind"] == "classifier_hit"
        }
        for kind, (part, key) in LISTS.items():
            assert {row[key] for row in document[part]} == expected[kind], (name, kind)
        assert (document["missing"], document["truncated"]) == ([], {})


def test_every_record_shown_hangs_from_the_root(
    session_desk: Desk, world: dict[str, dict[str, Row]]
) -> None:
    for name in sorted(world["alert"])[:3]:
        response = session_desk.ask("/evidence", ref=name)
        Evidence.model_validate_json(response.content)
        document = response.json()
        reached, edge = {name}, [name]
        while edge:
            above = edge.pop()
            for first, second in document["links"]:
                if first == above and second not in reached:
                    reached.add(second)
                    edge.append(second)
        shown = {
            ref_of(kind, row[key]) for kind, (part, key) in LISTS.items() for row in document[part]
        }
        assert shown <= reached


@pytest.mark.parametrize("kind", ["option_print", "flow_packet", "smart_money", "classifier_hit"])
def test_users_of_a_record_are_those_whose_references_name_it(
    session_desk: Desk, world: dict[str, dict[str, Row]], kind: str
) -> None:
    cited: dict[str, set[str]] = {}
    for above in ("alert", "classifier_hit", "smart_money", "flow_packet"):
        for name, row in world[above].items():
            for ref in row["evidence_refs"]:
                if ref["kind"] == kind:
                    cited.setdefault(ref["id"], set()).add(ref_of(above, name))
    names = sorted(cited, key=lambda name: -len(cited[name]))[:20]

    found = session_desk.answer("/evidence/batch", {"refs": [ref_of(kind, n) for n in names]})

    assert names
    for name in names:
        users = {each["ref"] for each in found[ref_of(kind, name)]["used_by"]}
        assert users == cited[name]


def test_id_of_every_derived_record_is_its_trace_id(session_desk: Desk) -> None:
    for kind in ("alert", "classifier_hit", "smart_money", "flow_packet"):
        spec = KINDS[kind]
        sql = f"SELECT count() AS n FROM {spec.table} WHERE trace_id != {spec.key}"  # noqa: S608 - our own names
        (row,) = session_desk.rows(sql)
        assert row["n"] == 0


def test_join_of_the_session_leads_to_its_print_and_quote(session_desk: Desk) -> None:
    rows = session_desk.rows(
        "SELECT trace_id, print_trace_id, quote_trace_id FROM equities_joins FINAL "
        "ORDER BY source_ts LIMIT 20"
    )
    assert rows
    found = session_desk.answer("/evidence/batch", {"refs": [row["trace_id"] for row in rows]})
    for row in rows:
        document = found[row["trace_id"]]
        prints = {each["trace_id"] for each in document["equity_prints"]}
        quotes = {each["trace_id"] for each in document["equity_quotes"]}
        assert row["print_trace_id"] in prints
        assert quotes == ({row["quote_trace_id"]} if row["quote_trace_id"] else set())
        assert document["missing"] == []
