"""What the broker keeps beside the records: commits, producer ids, topics."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from infra.embedded.kafka import committed as committed_module
from infra.embedded.kafka.committed import JOURNAL_FILE
from infra.embedded.kafka.committed import CommittedOffset
from infra.embedded.kafka.committed import CommittedOffsets
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.state import STATE_FILE
from infra.embedded.kafka.state import BrokerState
from infra.embedded.kafka.topics import RejectedTopic
from infra.embedded.kafka.topics import TopicStore
from infra.errors import MisconfiguredInfra
from tests.infra.embedded.kafka.making import append
from tests.infra.embedded.kafka.making import make_batch


def commits(folder: Path) -> CommittedOffsets:
    return CommittedOffsets(folder, Flusher(100))


def one(offset: int, partition: int = 0) -> CommittedOffset:
    return CommittedOffset("g", "t", partition, offset, 0, "note")


def test_commits_are_read_back(tmp_path: Path) -> None:
    first = commits(tmp_path)
    first.commit([one(5), one(7, partition=1)])
    first.commit([one(6)])
    again = commits(tmp_path)
    assert again.of_group("g") == [one(6), one(7, partition=1)]
    assert again.groups() == ["g"]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_torn_journal_keeps_every_whole_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    store = commits(folder)
    for offset in range(10):
        store.commit([one(offset)])
    path = folder / JOURNAL_FILE
    content = path.read_bytes()
    kept = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:kept])
    lines = content[:kept].count(b"\n")
    again = commits(folder)
    assert again.of_group("g") == ([one(lines - 1)] if lines else [])
    again.commit([one(99)])
    assert commits(folder).of_group("g") == [one(99)]


def test_a_line_that_is_not_a_commit_is_stepped_over(tmp_path: Path) -> None:
    store = commits(tmp_path)
    store.commit([one(1)])
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(b"not json\n" + path.read_bytes())
    assert commits(tmp_path).of_group("g") == [one(1)]


def test_forgotten_commits_stay_forgotten(tmp_path: Path) -> None:
    store = commits(tmp_path)
    store.commit([one(1), CommittedOffset("h", "other", 0, 3)])
    store.forget_topic("t")
    assert store.get("g", "t", 0) is None
    store.forget_group("h")
    assert commits(tmp_path).groups() == []


def test_the_journal_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committed_module, "MIN_REWRITE_LINES", 20)
    store = commits(tmp_path)
    for offset in range(500):
        store.commit([one(offset)])
    assert (tmp_path / JOURNAL_FILE).read_bytes().count(b"\n") <= 22
    assert commits(tmp_path).of_group("g") == [one(499)]


def test_producer_ids_go_on_after_a_kill(tmp_path: Path) -> None:
    given_out: list[int] = []
    for _ in range(3):
        state = BrokerState(tmp_path)
        given_out += [state.next_producer_id() for _ in range(1500)]
    assert len(set(given_out)) == len(given_out)
    assert given_out == sorted(given_out)


def test_the_cluster_keeps_its_id(tmp_path: Path) -> None:
    assert BrokerState(tmp_path).cluster_id == BrokerState(tmp_path).cluster_id


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is not a broker state file"),
        (b'{"format":2,"cluster_id":"x","next_producer_id":0}', "has format 2"),
    ],
)
def test_a_state_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / STATE_FILE).write_bytes(content)
    with pytest.raises(MisconfiguredInfra, match=told):
        BrokerState(tmp_path)


def topics(folder: Path) -> TopicStore:
    store = TopicStore(folder, FilePool(), Flusher(100), 1 << 20)
    store.open()
    return store


def test_topics_come_back_with_settings_partitions_and_records(tmp_path: Path) -> None:
    store = topics(tmp_path)
    topic = store.create("a.b_c-1", 3, {"retention.ms": "5"})
    append(topic.partitions[2], make_batch([1, 2]))
    store.change(topic, partitions=5)
    store.change(topic, configs={"retention.ms": "9"})
    again = topics(tmp_path).get("a.b_c-1")
    assert again is not None
    assert again.topic_id == topic.topic_id
    assert again.configs == {"retention.ms": "9"}
    assert again.bounds.retention_ms == 9
    assert [log.next_offset for log in again.partitions] == [0, 0, 2, 0, 0]


def test_a_deleted_topic_leaves_no_files(tmp_path: Path) -> None:
    store = topics(tmp_path)
    topic = store.create("t", 1, {})
    append(topic.partitions[0], make_batch([1]))
    store.delete(topic)
    store.sweep()
    assert list(tmp_path.rglob("*.log")) == []
    assert topics(tmp_path).all() == ()


def test_names_that_differ_in_case_are_two_topics(tmp_path: Path) -> None:
    store = topics(tmp_path)
    store.create("Spx", 1, {})
    store.create("spx", 1, {})
    assert [topic.name for topic in topics(tmp_path).all()] == ["Spx", "spx"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "ü", "x" * 250, "../../etc"])
def test_an_illegal_name_touches_no_file(tmp_path: Path, name: str) -> None:
    store = topics(tmp_path)
    with pytest.raises(RejectedTopic):
        store.create(name, 1, {})
    assert list((tmp_path / "topics").iterdir()) == []


def test_a_topic_whose_creation_was_cut_off_never_existed(tmp_path: Path) -> None:
    (tmp_path / "topics" / "t-0123").mkdir(parents=True)
    assert topics(tmp_path).all() == ()
    assert list((tmp_path / "topics").iterdir()) == []


def test_records_without_a_topic_file_are_not_thrown_away(tmp_path: Path) -> None:
    store = topics(tmp_path)
    topic = store.create("t", 1, {})
    append(topic.partitions[0], make_batch([1]))
    (topic.directory / "topic.json").unlink()
    with pytest.raises(MisconfiguredInfra, match=r"has records but no topic\.json"):
        topics(tmp_path)


def test_a_topic_that_is_only_compacted_never_expires(tmp_path: Path) -> None:
    store = topics(tmp_path)
    kept = store.create("c", 1, {"cleanup.policy": "compact", "retention.ms": "1"})
    both = store.create("d", 1, {"cleanup.policy": "compact,delete", "retention.ms": "1"})
    for topic in (kept, both):
        append(topic.partitions[0], make_batch([1]))
        topic.partitions[0].apply_retention(topic.bounds, now_ms=10**9)
    assert kept.partitions[0].log_start_offset == 0
    assert both.partitions[0].log_start_offset == 1
