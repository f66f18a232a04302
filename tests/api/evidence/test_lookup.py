"""What the tables give by id is what the log carried."""

from collections.abc import Callable

import msgspec
import orjson
import pytest

from api.evidence.lookup import Hint
from api.evidence.lookup import lookup_branch
from api.evidence.lookup import read_branches
from infra.evidence_kinds import KINDS
from schemas.catalog import topics
from schemas.json_form import json_form
from tests.api.evidence.desk import Desk
from tests.services.every_field import filled

BY_TABLE = {topic.table: topic for topic in topics().values()}
NUMBERS = range(1, 8)


def records_of(kind: str) -> list[msgspec.Struct]:
    """Return records with every field filled or empty, with ids as that kind has them."""
    spec = KINDS[kind]
    own = spec.key if spec.key.isidentifier() else "trace_id"
    found = []
    for number in NUMBERS:
        record = filled(BY_TABLE[spec.table].record_type, number)
        name = f"{kind}:{number}"
        # Derived records are sorted by their own id and indexed by their trace id: the same text.
        changes = {"trace_id": name, own: name}
        found.append(msgspec.structs.replace(record, **changes))
    return found


@pytest.fixture(scope="module")
def desk(new_desk: Callable[[str], Desk]) -> Desk:
    return new_desk(__name__)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "oi_snapshot"])
def test_stored_record_equals_what_a_socket_sends(desk: Desk, kind: str) -> None:
    records = records_of(kind)
    topic = BY_TABLE[KINDS[kind].table].name
    desk.insert(records)
    ids = [f"{kind}:{number}" for number in NUMBERS]

    found = desk.run(read_branches(desk.store, "test", [lookup_branch(0, kind, ids)]))

    sent = [orjson.loads(json_form(topic).encode(record)) for record in records]
    assert [found[kind, name] for name in ids] == sent


def test_several_kinds_come_in_one_statement_and_the_newest_revision_counts(desk: Desk) -> None:
    old, *_ = records_of("alert")
    new = msgspec.structs.replace(old, revision=old.revision + 1, headline="newer")  # type: ignore[attr-defined]
    desk.insert([old])
    desk.insert([new])
    desk.insert(records_of("flow_packet"))
    desk.store.asked.clear()

    found = desk.run(
        read_branches(
            desk.store,
            "test",
            [lookup_branch(0, "alert", ["alert:1"]), lookup_branch(1, "flow_packet", ["none"])],
        )
    )

    assert found["alert", "alert:1"]["headline"] == "newer"
    assert ("flow_packet", "none") not in found
    assert len(desk.store.asked) == 1


def test_hint_leaves_out_what_lies_beside_it(desk: Desk) -> None:
    record = records_of("option_print")[0]
    desk.insert([record])
    at, of = record.source_ts, record.underlying_id  # type: ignore[attr-defined]

    def is_found(hint: Hint) -> bool:
        branch = lookup_branch(0, "option_print", ["option_print:1"], hint)
        return bool(desk.run(read_branches(desk.store, "test", [branch])))

    assert is_found(Hint((of,), (), at, at))
    assert not is_found(Hint((of,), (), at + 1, None))
    assert not is_found(Hint(("other",)))
    assert not is_found(Hint((of,), ("other",)))


def test_two_thousand_long_ids_are_one_statement(desk: Desk) -> None:
    records = records_of("option_print")
    desk.insert(records)
    ids = [f"{number:04d}:{'x' * 90}" for number in range(2000)]
    desk.store.asked.clear()

    found = desk.run(
        read_branches(
            desk.store, "test", [lookup_branch(0, "option_print", [*ids, "option_print:3"])]
        )
    )

    assert [name for _, name in found] == ["option_print:3"]
    assert len(desk.store.asked) == 1
