"""Two sides of records compared by fingerprints: order and repeats do not matter, content does."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from infra.replay.comparison.compare import NO_HORIZON
from infra.replay.comparison.compare import ROW
from infra.replay.comparison.compare import Comparison
from infra.replay.comparison.compare import Fingerprints
from infra.replay.comparison.compare import Place
from infra.replay.comparison.compare import Side
from infra.replay.comparison.compare import canonical
from infra.replay.comparison.compare import compare
from infra.replay.comparison.compare import digest16
from infra.replay.comparison.compare import distinct
from infra.replay.comparison.compare import identity
from infra.replay.comparison.compare import newest
from schemas.records import FlowPacket
from tests.connectors.kafka.market import a_print
from tests.services.every_field import filled

PARTITIONS = 4
EXAMPLES = 60


@dataclass(frozen=True)
class Fact:
    """A made-up record."""

    key: str
    content: str
    at_ns: int
    partition: int
    revision: int = 0


facts = st.lists(
    st.builds(
        Fact,
        key=st.integers(0, 30).map(str),
        content=st.sampled_from("abc"),
        at_ns=st.integers(0, 100),
        partition=st.integers(0, PARTITIONS - 1),
    ),
    unique_by=lambda fact: fact.key,
    max_size=30,
)


def fingerprints(records: Sequence[Fact]) -> Fingerprints:
    prints = Fingerprints()
    for offset, fact in enumerate(records):
        prints.add(
            digest16(fact.key.encode()),
            digest16(f"{fact.content} {fact.at_ns}".encode()),
            fact.at_ns,
            (fact.partition, offset),
            fact.revision,
        )
    return prints


def side(records: Sequence[Fact]) -> Side:
    return distinct(fingerprints(records).rows())


def horizon(at_ns: int = NO_HORIZON) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.full((1, PARTITIONS), at_ns, np.int64)


def compared(
    here: Sequence[Fact], there: Sequence[Fact], at_ns: int = NO_HORIZON, limit: int = 100
) -> Comparison:
    return compare(side(here), side(there), horizon(at_ns), limit)


@settings(max_examples=EXAMPLES, deadline=None)
@given(facts, st.data())
def test_any_order_with_any_repeats_is_identical(records: list[Fact], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(records), max_size=10)) if records else []
    shuffled = data.draw(st.permutations([*records, *again]))

    found = compared(records, shuffled)

    assert found == Comparison(len(records), 0, 0, 0, 0, 0, ())
    assert side(shuffled).repeats == len(again)


@settings(max_examples=EXAMPLES, deadline=None)
@given(facts, st.data())
def test_every_planted_difference_is_found_and_counted(
    records: list[Fact], data: st.DataObject
) -> None:
    marks = data.draw(
        st.lists(
            st.sampled_from(["same", "changed", "missing", "extra", "contradicting"]),
            min_size=len(records),
            max_size=len(records),
        )
    )
    here: list[Fact] = []
    there: list[Fact] = []
    for fact, mark in zip(records, marks, strict=True):
        other = replace(fact, content="z")
        here += {"missing": [], "contradicting": [fact, other], "changed": [other]}.get(
            mark, [fact]
        )
        there += [] if mark == "extra" else [fact]

    found = compared(data.draw(st.permutations(here)), data.draw(st.permutations(there)))

    assert found.identical == marks.count("same")
    assert found.changed == marks.count("changed")
    assert found.missing == marks.count("missing")
    assert found.extra == marks.count("extra")
    assert found.contradicting == marks.count("contradicting")
    assert found.beyond == 0
    assert sorted(each.kind for each in found.first) == sorted(
        mark for mark in marks if mark != "same"
    )
    assert [each.at_ns for each in found.first] == sorted(each.at_ns for each in found.first)


@settings(max_examples=EXAMPLES, deadline=None)
@given(facts, facts, st.integers(0, 100))
def test_differences_at_or_after_the_horizon_are_beyond_and_equal_records_never(
    here: list[Fact], there: list[Fact], at_ns: int
) -> None:
    plain, bounded = compared(here, there), compared(here, there, at_ns)
    one = {fact.key: fact for fact in here}
    other = {fact.key: fact for fact in there}
    late = 0
    for key in {**one, **other}:
        pair = [each[key] for each in (one, other) if key in each]
        texts = {(fact.content, fact.at_ns) for fact in pair}
        is_same = len(pair) == 2 and len(texts) == 1
        late += not is_same and max(fact.at_ns for fact in pair) >= at_ns

    assert bounded.beyond == late
    assert bounded.identical == plain.identical
    differing = plain.changed + plain.missing + plain.extra
    assert bounded.changed + bounded.missing + bounded.extra == differing - late
    assert all(each.at_ns < at_ns for each in bounded.first)


def test_each_partition_has_its_own_horizon() -> None:
    there = [Fact("a", "x", 50, 0), Fact("b", "x", 50, 1)]
    horizons = horizon()
    horizons[0, 1] = 50

    found = compare(side([]), side(there), horizons, 5)

    assert (found.missing, found.beyond) == (1, 1)
    assert found.first[0].places == (Place(False, 0, 0),)


def test_each_clock_has_its_own_horizon() -> None:
    prints = Fingerprints()
    for clock in (0, 1):
        prints.add(digest16(bytes([clock])), digest16(b"x"), 50, (0, clock), 0, clock)
    horizons = np.array([[NO_HORIZON], [50]])

    found = compare(distinct(prints.rows()), side([]), horizons, 5)

    assert (found.extra, found.beyond) == (1, 1)


def test_limit_keeps_the_earliest_differences() -> None:
    there = [Fact(str(at), "x", at, 0) for at in (30, 10, 20)]

    found = compared([Fact("e", "x", 15, 0)], there, limit=2)

    assert (found.missing, found.extra) == (3, 1)
    assert [(each.kind, each.at_ns) for each in found.first] == [("missing", 10), ("extra", 15)]
    assert found.first[0].places == (Place(False, 0, 1),)


def test_places_of_a_changed_record_name_the_first_side_first() -> None:
    here = [Fact("other", "x", 1, 2), Fact("a", "x", 5, 3)]

    found = compared(here, [Fact("a", "y", 5, 3), Fact("other", "x", 1, 2)])

    assert found.first[0].places == (Place(True, 3, 1), Place(False, 3, 0))


@pytest.mark.parametrize("is_there_too", [False, True])
def test_a_contradiction_is_told_with_both_records_whatever_the_other_side_says(
    is_there_too: bool,
) -> None:
    twice = [Fact("a", "x", 5, 0), Fact("a", "y", 5, 0), Fact("a", "x", 5, 0)]

    found = compared(twice, twice[:1] if is_there_too else [], at_ns=0)

    assert (found.contradicting, found.changed, found.extra, found.beyond) == (1, 0, 0, 0)
    assert {place.offset for place in found.first[0].places} == {0, 1}
    assert all(place.is_here for place in found.first[0].places)


def test_newest_takes_the_highest_revision_and_of_several_the_one_written_last() -> None:
    rows = fingerprints(
        [
            Fact("a", "old", 1, 0, revision=0),
            Fact("a", "first", 3, 0, revision=2),
            Fact("a", "mid", 2, 0, revision=1),
            Fact("a", "last", 3, 0, revision=2),
            Fact("b", "only", 9, 1, revision=7),
        ]
    ).rows()

    found = newest(rows)

    assert sorted(found.rows["offset"].tolist()) == [3, 4]
    assert (found.revisions, found.repeats) == (4, 1)
    assert not found.is_contradicted.any()


def test_last_states_are_compared_whatever_revision_they_have() -> None:
    here = newest(fingerprints([Fact("a", "x", 3, 0, revision=1)]).rows())
    there = newest(
        fingerprints([Fact("a", "w", 1, 0, 0), Fact("a", "v", 2, 0, 1), Fact("a", "x", 3, 0, 2)])
        .rows()
    )  # fmt: skip

    assert compare(here, there, horizon(), 1).identical == 1


def test_a_record_takes_sixty_bytes() -> None:
    assert ROW.itemsize == 60
    assert len(fingerprints([Fact("a", "x", 1, 0), Fact("b", "x", 1, 0)])) == 2


def test_identity_is_id_and_revision_and_zero_where_there_is_none() -> None:
    packet = filled(FlowPacket, 1)
    assert isinstance(packet, FlowPacket)

    assert identity(a_print(5)) == ("test:2025-05-22:prints:5", 0)
    assert identity(msgspec.structs.replace(packet, trace_id="pk", revision=3)) == ("pk", 3)


def test_canonical_form_leaves_out_only_what_is_named() -> None:
    one, later = a_print(1), a_print(1, ingest_ts=7)

    assert canonical(one, ()) != canonical(later, ())
    assert canonical(one, ("ingest_ts",)) == canonical(later, ("ingest_ts",))
    assert canonical(one, ("ingest_ts",)) != canonical(a_print(1, price=2.51), ("ingest_ts",))
    # Unknown is not nothing.
    assert canonical(a_print(1, nbbo_bid=None), ()) != canonical(a_print(1, nbbo_bid=0.0), ())
