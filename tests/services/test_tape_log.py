"""The tape out of the log: every message once, where the log has it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.kafka.partitioner import partition_of
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.stamps import NO_STAMP
from connectors.tape import log as log_module
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.span import TopicSpan
from connectors.tape.span import log_span
from infra.embedded.stack import StackAddresses
from tests.connectors.kafka.market import START_NS
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import tape as made_up_tape
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish
from tests.services.tapes import PARTITIONS
from tests.services.tapes import Tapes
from tests.services.tapes import rows_of

PRINTS = ("options.prints",)


@pytest.fixture
def tapes(stack: StackAddresses, topic_prefix: str) -> Iterator[Tapes]:
    """Yield an empty log; tables are not looked at."""
    empty_catalog(stack.kafka)
    with closing(SchemaRegistry(stack.registry)) as registry:
        yield Tapes(stack, topic_prefix, AvroWire(registry, TAPE_TOPICS))


def test_every_message_comes_once_and_in_order(tapes: Tapes) -> None:
    events = made_up_tape(3_000, seed=1)
    tapes.publish(events)

    rows = rows_of(tapes.log())

    assert len(rows) == len(events)
    assert rows == sorted(rows, key=lambda row: (row[0], TAPE_TOPICS.index(row[1]), row[2]))
    assert all(row[2] == partition_of(row[3] or b"", PARTITIONS) for row in rows)
    assert rows_of(tapes.log(), 7) == rows


@pytest.mark.parametrize("waiting", [1, 100, 1_000])
def test_inputs_that_are_ahead_wait_and_the_order_stays(
    tapes: Tapes, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    # One name has everything first, the other comes as late as it can.
    names = ["NVDA"] * 6_000 + ["SPY"] * 6_000
    tapes.publish(
        [
            a_print(seq, ts=START_NS + seq % 6_000, underlying_id=name)
            for seq, name in enumerate(names)
        ]
    )
    expected = rows_of(tapes.log())
    monkeypatch.setattr(log_module, "MAX_WAITING_RECORDS", waiting)
    monkeypatch.setattr(log_module, "MIN_WAITING_RECORDS", waiting)

    assert len(expected) == 12_000
    assert rows_of(tapes.log()) == expected


def test_what_is_behind_time_keeps_its_place_in_the_log(tapes: Tapes) -> None:
    stamps = [1_000_000, 5_000_000, 2_000_000, 6_000_000]
    tapes.publish([a_print(seq, ts=START_NS + ns) for seq, ns in enumerate(stamps)])

    rows = rows_of(tapes.log(topics=PRINTS))

    decode = tapes.wire.decoder("options.prints")
    assert [decode(row[4] or b"").seq for row in rows] == [0, 1, 2, 3]
    assert [row[0] - START_NS for row in rows] == [1_000_000, 5_000_000, 5_000_000, 6_000_000]
    # In the log a record keeps the stamp of its own.
    assert [row[5] - START_NS // 1_000_000 for row in rows] == [1, 5, 2, 6]


def test_what_is_no_record_is_carried_along_unchanged(tapes: Tapes) -> None:
    encode = tapes.wire.encoder("options.prints")
    good = [encode(a_print(seq, ts=START_NS + seq * 1_000_000)) for seq in range(3)]
    junk: list[bytes | None] = [None, b"", b"junk", b"\0\0\0\0\7"]
    values = [junk[0], good[0], junk[1], good[2], *junk[2:], None]
    publish(tapes.stack.kafka, [("options.prints", 3, b"NVDA", value) for value in values])
    publish(tapes.stack.kafka, [("options.prints", 4, None, good[1])])

    rows = rows_of(tapes.log(topics=PRINTS), 2)

    expected = [None, good[0], b"", good[1], good[2], b"junk", junk[3], None]
    assert [row[4] for row in rows] == expected
    assert [row[2] for row in rows] == [3, 3, 3, 4, 3, 3, 3, 3]
    assert [row[3] for row in rows][3] is None
    first_ms = START_NS // 1_000_000
    assert [row[0] for row in rows][:2] == [NO_STAMP, START_NS]
    assert [row[5] for row in rows] == [0, *[first_ms + at for at in (0, 0, 1, 2, 2, 2, 2)]]


def test_what_is_appended_after_the_start_is_not_on_the_tape(tapes: Tapes) -> None:
    tapes.publish([a_print(1)])
    tape = tapes.log()
    tapes.publish([a_print(2)])

    assert tape.total == 1
    assert len(rows_of(tape)) == 1


def test_only_the_names_asked_for_are_on_the_tape(tapes: Tapes) -> None:
    events = made_up_tape(600, seed=2)
    tapes.publish(events)

    rows = rows_of(tapes.log(keys=("SPY", "AAPL")))

    wanted = [each for each in events if each.underlying_id in {"SPY", "AAPL"}]
    assert 0 < len(rows) == len(wanted) < len(events)
    assert {row[3] for row in rows} == {b"SPY", b"AAPL"}


def test_empty_log_is_an_empty_tape(tapes: Tapes) -> None:
    tape = tapes.log()

    assert tape.total == 0
    assert rows_of(tape) == []
    assert log_span(tapes.stack.kafka) == [TopicSpan(name, 0, None, None) for name in TAPE_TOPICS]
