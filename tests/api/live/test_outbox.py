"""What waits for a slow client: exact counts for every policy."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from api.live import frames
from api.live.outbox import MESSAGE_BYTES
from api.live.outbox import Frame
from api.live.outbox import Outbox
from api.streams import SlowPolicy

KIB = 1024


def a_frame(
    seqs: list[int], policy: SlowPolicy = "drop", key: str = "k1", size: int = 100
) -> Frame:
    items = [orjson.dumps({"seq": seq, "fill": "x" * size}) for seq in seqs]
    marks = [(1_000_000_000_000_000_000 + seq, seq) for seq in seqs]
    return Frame(
        frames.events(key, items, max(marks), f"cursor{seqs[-1]}", None),
        key=key,
        policy=policy,
        count=len(seqs),
        first=min(marks),
        last=max(marks),
        keyed=[(seq % 5, item) for seq, item in zip(seqs, items, strict=True)],
        cursor=f"cursor{seqs[-1]}",
    )


def sent(outbox: Outbox) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    while taken := outbox.take():
        found += orjson.loads(frames.joined([frame.data for frame in taken]))
        outbox.sent()
    return found


def seqs_of(found: list[dict[str, object]]) -> list[int]:
    return [item["seq"] for frame in found if frame["type"] == "events" for item in frame["items"]]  # type: ignore[attr-defined]


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=60),
    st.integers(2, 20),
    st.sets(st.integers(0, 59)),
)
def test_a_tape_loses_its_oldest_and_the_notices_count_them_exactly(
    sizes: list[int], kib: int, reads: set[int]
) -> None:
    lost: list[int] = []
    outbox = Outbox(kib * KIB, 1e9, on_loss=lambda frame: lost.append(frame.count))
    seq, found = 0, []
    for now, size in enumerate(sizes):
        outbox.put(a_frame(list(range(seq, seq + size)), size=400), float(now))
        seq += size
        newest = 9 * 500 + KIB
        assert outbox.bytes_waiting <= kib * KIB + newest
        if now in reads:
            found += sent(outbox)
    found += sent(outbox)
    got = seqs_of(found)
    notices = [frame for frame in found if frame["type"] == "dropped"]
    assert got == sorted(set(got))
    assert len(got) + sum(int(each["count"]) for each in notices) == seq  # type: ignore[call-overload]
    assert sum(lost) == outbox.dropped == seq - len(got)
    missing = set(range(seq)) - set(got)
    told: set[int] = set()
    for each in notices:
        since, to = each["from"]["seq"], each["to"]["seq"]  # type: ignore[index]
        told |= set(range(since, to + 1))
    assert told == missing


def test_a_notice_comes_before_what_is_left() -> None:
    outbox = Outbox(2 * KIB, 1e9)
    for seq in range(6):
        outbox.put(a_frame([seq], size=600), float(seq))
    assert [frame["type"] for frame in sent(outbox)] == ["dropped", "events", "events"]


def test_frames_that_wait_too_long_leave_though_they_are_small() -> None:
    outbox = Outbox(64 * KIB, 2.0)
    outbox.put(a_frame([1]), 0.0)
    outbox.put(a_frame([2]), 1.5)
    outbox.put(a_frame([3]), 2.5)
    found = sent(outbox)
    assert seqs_of(found) == [2, 3]
    assert found[0] == {
        "type": "dropped",
        "key": "k1",
        "count": 1,
        "from": {"ts": "1000000000000000001", "seq": 1},
        "to": {"ts": "1000000000000000001", "seq": 1},
    }


def test_what_came_at_this_moment_is_not_dropped_before_it_could_be_sent() -> None:
    outbox = Outbox(2 * KIB, 2.0)
    for seq in range(20):
        outbox.put(a_frame([seq], size=600), 5.0)
    assert seqs_of(sent(outbox)) == list(range(20))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=80))
def test_of_a_conflated_channel_the_newest_of_each_key_stays(seqs: list[int]) -> None:
    outbox = Outbox(1 * KIB, 1e9)
    for now, seq in enumerate(seqs):
        outbox.put(a_frame([seq], "conflate"), float(now))
    found = sent(outbox)
    got = seqs_of(found)
    newest = {seq % 5: seq for seq in seqs}
    assert {seq % 5: seq for seq in got} == newest
    assert len(got) + outbox.conflated == len(seqs)
    assert outbox.dropped == 0
    assert found[-1]["cursor"] == f"cursor{seqs[-1]}"


def test_what_is_kept_is_never_dropped_and_past_four_bounds_the_client_is_overrun() -> None:
    outbox = Outbox(1 * KIB, 1e9)
    seq = 0
    while not outbox.is_overrun(0.0):
        outbox.put(a_frame([seq], "keep", size=300), float(seq))
        seq += 1
    assert outbox.bytes_waiting > 4 * KIB
    assert seqs_of(sent(outbox)) == list(range(seq))
    assert not outbox.is_overrun(0.0)


def test_a_client_whose_socket_takes_nothing_is_overrun_after_four_times_the_age() -> None:
    outbox = Outbox(64 * KIB, 2.0)
    outbox.put(a_frame([1], "drop"), 10.0)
    outbox.take()
    assert not outbox.is_overrun(18.0)
    assert outbox.is_overrun(18.1)
    outbox.sent()
    assert not outbox.is_overrun(99.0)


def test_a_message_holds_many_frames_but_not_any_number() -> None:
    outbox = Outbox(64 * MESSAGE_BYTES, 1e9)
    for seq in range(10):
        outbox.put(a_frame([seq], "keep", size=MESSAGE_BYTES // 3), 0.0)
    first = outbox.take()
    assert len(first) == 2
    outbox.sent()
    assert len(outbox) == 8


def test_what_waits_for_an_ended_subscription_is_forgotten() -> None:
    outbox = Outbox(64 * KIB, 1e9)
    outbox.put(a_frame([1], key="k1"), 0.0)
    outbox.put(a_frame([2], key="k2"), 0.0)
    outbox.forget("k1")
    assert seqs_of(sent(outbox)) == [2]
    assert outbox.bytes_waiting == 0
