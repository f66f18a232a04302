"""The kept log answers as a plain list would, whatever of it is compressed."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.options.kept_log import ENTRIES_PER_CHUNK
from flows.options.kept_log import KeptLog

PER_CHUNK = 3
LIMIT = 2**63

Entry = tuple[int, str, tuple[int, ...], list[int]]
Step = Callable[[KeptLog, "Plain"], None]

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder().decode


@pytest.fixture(autouse=True, scope="module")
def short_chunks() -> Iterator[None]:
    """Let a few entries fill a chunk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.options.kept_log.ENTRIES_PER_CHUNK", PER_CHUNK)
        yield


class Plain:
    """The same log as lists: full chunks, the oldest first, and what is not full yet."""

    def __init__(self) -> None:
        self.chunks: list[list[Entry]] = [[]]

    def keep(self, entry: Entry) -> None:
        self.chunks[-1].append(entry)
        if len(self.chunks[-1]) == PER_CHUNK:
            self.chunks.append([])

    @property
    def entries(self) -> list[Entry]:
        return [entry for chunk in self.chunks for entry in chunk]

    def find(self, key: int, since_ns: int) -> list[Entry]:
        return [entry for entry in self.entries if key in entry[2] and entry[0] >= since_ns]

    def replace(self, entry: Entry, data: list[int]) -> None:
        for chunk in self.chunks:
            for at, each in enumerate(chunk):
                if each is entry:
                    chunk[at] = (*entry[:3], data)

    def drop_before(self, oldest_ns: int) -> None:
        while len(self.chunks) > 1 and max(entry[0] for entry in self.chunks[0]) < oldest_ns:
            del self.chunks[0]


# Few times and keys, so that entries share them; the greatest keys a caller may use are among them.
times = st.integers(0, 30)
keys = st.sampled_from([0, 1, 2, -1, LIMIT - 1, -LIMIT])
texts = st.sampled_from(["", "XYZ-2025-06-20-100-C", "é"])
payloads = st.lists(st.integers(-5, 5), max_size=3)
entries = st.tuples(times, texts, st.lists(keys, max_size=4).map(tuple), payloads)


def keeping(entry: Entry) -> Step:
    def keep(log: KeptLog, plain: Plain) -> None:
        log.keep(*entry)
        plain.keep(entry)

    return keep


def replacing(key: int, since_ns: int, data: list[int]) -> Step:
    def replace(log: KeptLog, plain: Plain) -> None:
        for found, entry in zip(log.find(key, since_ns), plain.find(key, since_ns), strict=True):
            log.replace(found, data)
            plain.replace(entry, data)

    return replace


def dropping_before(oldest_ns: int) -> Step:
    def drop_before(log: KeptLog, plain: Plain) -> None:
        log.drop_before(oldest_ns)
        plain.drop_before(oldest_ns)

    return drop_before


def drop_first(log: KeptLog, plain: Plain) -> None:
    gone = plain.chunks.pop(0) if len(plain.chunks) > 1 else []
    assert log.drop_first() == len(gone)


def clear(log: KeptLog, plain: Plain) -> None:
    log.clear()
    plain.chunks = [[]]


steps = st.one_of(
    entries.map(keeping),
    entries.map(keeping),
    entries.map(keeping),
    st.builds(replacing, keys, times, payloads),
    st.builds(dropping_before, times),
    st.just(drop_first),
)
scripts = st.lists(st.one_of(steps, steps, steps, st.just(clear)), max_size=40)


def follow(script: list[Step]) -> tuple[KeptLog, Plain]:
    log, plain = KeptLog(), Plain()
    for step in script:
        step(log, plain)
    return log, plain


def restored(log: KeptLog) -> KeptLog:
    made = KeptLog()
    made.load(decode(encode(log.state())))
    return made


def answer(log: KeptLog, key: int, since_ns: int) -> list[tuple[int, str, Any]]:
    return [(each.at_ns, each.name, each.data) for each in log.find(key, since_ns)]


@settings(max_examples=300)
@given(scripts, keys, times)
def test_find_gives_what_a_list_gives(script: list[Step], key: int, since_ns: int) -> None:
    log, plain = follow(script)

    expected = [(at_ns, name, data) for at_ns, name, _, data in plain.find(key, since_ns)]
    assert answer(log, key, since_ns) == expected
    assert log.entries == len(plain.entries)


@settings(max_examples=200)
@given(scripts, scripts)
def test_restored_log_goes_on_byte_for_byte(script: list[Step], further: list[Step]) -> None:
    log, plain = follow(script)
    again, beside = restored(log), Plain()
    beside.chunks = [list(chunk) for chunk in plain.chunks]
    assert encode(again.state()) == encode(log.state())

    for step in further:
        step(log, plain)
        step(again, beside)

    assert encode(again.state()) == encode(log.state())
    sizes = (log.entries, log.size_bytes, log.oldest_ns)
    assert (again.entries, again.size_bytes, again.oldest_ns) == sizes


@given(scripts)
def test_size_is_that_of_the_chunks_held(script: list[Step]) -> None:
    log, plain = follow(script)
    chunks: Any = log.state()[0]

    assert log.size_bytes == sum(len(packed) + len(blob) for _, _, packed, blob in chunks)
    while log.drop_first():
        pass
    assert log.size_bytes == 0
    assert log.entries == len(plain.chunks[-1])
    assert log.oldest_ns is None


def test_replaced_entry_keeps_its_place_time_and_keys() -> None:
    log = KeptLog()
    for number in range(PER_CHUNK + 2):
        log.keep(number, f"entry {number}", (7, number), [number])

    for place in (1, PER_CHUNK + 1):
        (found,) = log.find(place, 0)
        assert (found.chunk is None) == (place > PER_CHUNK)
        log.replace(found, [-1])

    expected = [
        (number, f"entry {number}", [-1 if number in (1, PER_CHUNK + 1) else number])
        for number in range(PER_CHUNK + 2)
    ]
    assert answer(log, 7, 0) == expected
    assert answer(log, 1, 0) == expected[1:2]


def test_chunk_is_dropped_only_when_all_of_it_is_older() -> None:
    log = KeptLog()
    for at_ns in (5, 9, 4, 10, 11, 12):
        log.keep(at_ns, "", (1,), [at_ns])

    log.drop_before(9)
    assert [at_ns for at_ns, *_ in answer(log, 1, 0)] == [5, 9, 4, 10, 11, 12]
    log.drop_before(10)
    assert [at_ns for at_ns, *_ in answer(log, 1, 0)] == [10, 11, 12]


def test_full_chunks_take_less_than_their_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.options.kept_log.ENTRIES_PER_CHUNK", ENTRIES_PER_CHUNK)
    log = KeptLog()
    count = 3 * ENTRIES_PER_CHUNK + 5
    data = [[number, "XYZ-2025-06-20-100-C", 2.5, 100 * number] for number in range(count)]
    for number in range(count):
        log.keep(number, "XYZ", (number % 50,), data[number])

    assert len(restored(log).state()[0]) == 3  # type: ignore[arg-type]
    assert log.size_bytes < len(encode(data)) / 2
    assert [each.data for each in log.find(7, 100)] == data[107::50]
