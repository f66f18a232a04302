"""Cursors, groups, the frame clock, starts, latencies, links and frames as bytes."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live import frames
from api.live.clock import FrameClock
from api.live.cursor import CursorCodec
from api.live.cursor import LogCursor
from api.live.feed import LogMessage
from api.live.frames import Part
from api.live.frames import Stamps
from api.live.groups import Group
from api.live.groups import group_key
from api.live.latency import Latency
from api.live.links import Links
from api.live.starts import first_starts
from api.live.starts import next_starts
from api.live.tailer import Extent
from tests.api.live.records import a_record
from tests.api.live.records import a_ring
from tests.api.live.records import an_equity
from tests.api.live.records import held

CODEC = CursorCodec(b"secret")
OFFSETS = st.dictionaries(st.integers(0, 63), st.integers(0, 2**62), max_size=12)


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=30), OFFSETS)
def test_a_cursor_says_what_it_was_made_of(
    log_id: str, run: str, topic: str, offsets: dict[int, int]
) -> None:
    place = LogCursor(log_id, run, topic, offsets)
    assert CODEC.decode(CODEC.encode(place)) == place


@given(OFFSETS, st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_cursor_that_was_touched_is_none(offsets: dict[int, int], at: int, letter: str) -> None:
    text = CODEC.encode(LogCursor("log", "", "topic", offsets))
    # The last letter may hold bits that say nothing.
    place = at % (len(text) - 1)
    touched = text[:place] + letter + text[place + 1 :]
    assert (CODEC.decode(touched) is None) == (touched != text)


@given(st.text(max_size=100))
def test_no_text_makes_a_cursor_raise(text: str) -> None:
    assert CODEC.decode(text) is None


def test_a_cursor_of_another_key_is_none() -> None:
    text = CursorCodec(b"other").encode(LogCursor("log", "", "topic", {0: 1}))
    assert CODEC.decode(text) is None


def test_a_group_key_tells_channel_run_and_filters_apart() -> None:
    keys = {
        group_key(*each)
        for each in (("a", "", "f"), ("a", "f", ""), ("b", "", "f"), ("a", "r", "f"))
    }
    assert len(keys) == 4
    assert group_key("a", "", "f") == group_key("a", "", "f")


def test_a_group_makes_frames_of_at_most_500_and_only_the_last_has_the_cursor() -> None:
    ring = a_ring("equities")
    group = Group("k1", ring, lambda record: record.seq % 2 == 0, "")
    records = [held(an_equity(seq, trace_id=f"g:{seq}"), seq) for seq in range(2400)]
    group.offer(records)
    made = group.frames("cursor", 5.0)
    found = [orjson.loads(frame.data) for frame in made]
    assert [len(frame["items"]) for frame in found] == [500, 500, 200]
    assert [frame["cursor"] for frame in found] == [None, None, "cursor"]
    assert [frame.count for frame in made] == [500, 500, 200]
    seqs = [item["seq"] for frame in found for item in frame["items"]]
    assert seqs == list(range(0, 2400, 2))
    assert group.frames("cursor", 6.0) == []


def test_a_frame_says_nothing_of_an_append_that_is_unknown() -> None:
    ring = a_ring("equities")
    frame = Group("k1", ring, bool, "").frame([held(an_equity(1), 1)], "c", 5.25)
    stamps = orjson.loads(frame.data)["stamps"]
    assert stamps == {"append": None, "oldest_append": None, "recv": None, "frame": 5.25}


def test_frames_are_json_as_the_specification_writes_it() -> None:
    mark = (1763650800131000112, 8815)
    item = b'{"a":1}'
    stamps = Stamps(1763650800134.402, 1763650800126.007, 1763650800135.911, 1763650800140.25)
    assert orjson.loads(frames.events("k7", [item], mark, "g6F3", stamps)) == {
        "type": "events",
        "key": "k7",
        "items": [{"a": 1}],
        "cursor": "g6F3",
        "watermark": {"ts": "1763650800131000112", "seq": 8815},
        "stamps": {
            "append": 1763650800134.402,
            "oldest_append": 1763650800126.007,
            "recv": 1763650800135.911,
            "frame": 1763650800140.250,
        },
        "backfill": False,
    }
    part = Part(number=1, last=True, short=False, watermark=mark, next_before=(5, 6), cursor="g6F2")
    assert orjson.loads(frames.snapshot("k7", [item, item], part)) == {
        "type": "snapshot",
        "key": "k7",
        "items": [{"a": 1}, {"a": 1}],
        "part": 1,
        "last": True,
        "short": False,
        "cursor": "g6F2",
        "watermark": {"ts": "1763650800131000112", "seq": 8815},
        "next_before": {"ts": "5", "seq": 6},
    }
    assert orjson.loads(frames.gap("k7", "too_old", None, None)) == {
        "type": "gap",
        "key": "k7",
        "reason": "too_old",
        "missing_estimate": None,
        "from": None,
    }


@pytest.mark.parametrize(
    ("clients", "work_ms", "fill", "interval_ms"),
    [
        (1, 1, 0.0, 16),
        (8, 8, 0.25, 16),
        (9, 1, 0.0, 33),
        (200, 16, 0.0, 33),
        (8, 8.1, 0.0, 50),
        (200, 17, 0.0, 50),
        (1, 0, 0.26, 50),
    ],
)
def test_the_frame_clock_goes_by_clients_work_and_fullness(
    clients: int, work_ms: float, fill: float, interval_ms: int
) -> None:
    clock = FrameClock(16, 33, 50)
    assert clock.interval_s(clients, work_ms / 1000, fill, 0.0) == interval_ms / 1000


def test_the_frame_clock_is_fast_again_after_ten_seconds_of_calm() -> None:
    clock = FrameClock(16, 33, 50)
    assert clock.interval_s(1, 0.02, 0.0, 100.0) == 0.05
    assert clock.interval_s(1, 0.0, 0.0, 105.0) == 0.05
    assert clock.interval_s(1, 0.0, 0.9, 106.0) == 0.05
    assert clock.interval_s(1, 0.0, 0.0, 115.9) == 0.05
    assert clock.interval_s(1, 0.0, 0.0, 116.0) == 0.016


def test_a_slow_clock_judges_its_ticks_by_its_own_interval() -> None:
    clock = FrameClock(16, 33, 50)
    assert clock.interval_s(1, 0.009, 0.0, 0.0) == 0.05
    for second in range(1, 10):
        assert clock.interval_s(1, 0.02, 0.0, float(second)) == 0.05
    assert clock.interval_s(1, 0.02, 0.0, 10.0) == 0.016
    assert clock.interval_s(1, 0.02, 0.0, 11.0) == 0.05


def a_window(*offsets: int) -> list[LogMessage]:
    return [LogMessage(0, offset, b"", 0.0) for offset in offsets]


@pytest.mark.parametrize(
    ("window", "policy", "most", "start", "is_used"),
    [
        (a_window(5, 9), "new", 100, 10, True),  # where the window ends
        (a_window(5, 19), "new", 100, 20, True),
        ([], "new", 100, 20, False),  # no window: at the end
        (a_window(5, 9), "all", 100, 2, False),  # the oldest record
        (a_window(5, 20), "new", 100, 20, False),  # ahead of the log: of no use
        (a_window(0, 0), "new", 100, 20, False),  # the log begins behind it
        (a_window(5, 9), "new", 9, 20, False),  # too far behind
    ],
)
def test_reading_begins_where_the_hot_window_ends(
    window: list[LogMessage], policy: str, most: int, start: int, is_used: bool
) -> None:
    windows = {0: window} if window else {}
    found = first_starts({0: Extent(2, 20)}, windows, policy, most)  # type: ignore[arg-type]
    assert found.offsets == {0: start}
    assert bool(found.windows) == is_used


def test_after_an_outage_reading_goes_on_unless_the_log_lost_what_comes_next() -> None:
    extents = {0: Extent(2, 20), 1: Extent(0, 5), 2: Extent(3, 9)}
    found = next_starts(extents, {0: 7, 1: 8})
    assert found is not None
    # A log that lost its newest records goes on at its end; a new partition at its first.
    assert found.offsets == {0: 7, 1: 5, 2: 3}
    assert next_starts(extents, {0: 1, 1: 5}) is None


def test_latency_percentiles_are_right_to_a_tenth_and_by_span() -> None:
    latency = Latency()
    latency.add("append→frame", [float(ms) for ms in range(1, 1001)], 1000.0)
    found = latency.snapshot(1000.0)["append→frame"]
    for percent, expected in (("p50", 500), ("p95", 950), ("p99", 990)):
        measured = found["1m"][percent]
        assert measured is not None
        assert abs(measured - expected) / expected < 0.1
    later = latency.snapshot(1100.0)["append→frame"]
    assert later["1m"] == {"p50": None, "p95": None, "p99": None}
    assert later["5m"] == found["5m"]
    assert later["session"] == found["session"]
    latency.new_session()
    assert latency.snapshot(1500.0)["append→frame"]["session"]["p50"] is None


def test_a_link_says_what_packet_structure_event_hits_and_alert_say_of_a_print() -> None:
    links = Links()
    leg = a_record(
        "flow.packets",
        1,
        id="pk:1",
        members=("p1", "p2"),
        packet_kind="contract",
        structure_id="st:1",
        revision=0,
    )
    structure = a_record(
        "flow.packets",
        2,
        id="st:1",
        members=("p1", "p2", "p3"),
        packet_kind="structure",
        structure_id=None,
        revision=0,
    )
    links.take([leg, structure])
    assert links.changed() == ["p1", "p2", "p3"]
    assert links.of(["p1", "p9"]) == {
        "p1": {
            "packet_id": "pk:1",
            "structure_id": "st:1",
            "profile": None,
            "probability": None,
            "direction": None,
            "abstained": None,
            "hits": [],
            "alert_id": None,
        }
    }
    hit = a_record(
        "flow.classifier-hits", 3, hit_id="hit:1", packet_id="st:1", retracted=False, revision=0
    )
    links.take([hit])
    assert links.changed() == ["p1", "p2", "p3"]
    assert links.of(["p3"])["p3"]["hits"] == ["hit:1"]
    assert links.of(["p2"])["p2"]["hits"] == ["hit:1"]
    gone = a_record(
        "flow.classifier-hits", 4, hit_id="hit:1", packet_id="st:1", retracted=True, revision=1
    )
    links.take([gone])
    assert links.of(["p2"])["p2"]["hits"] == []


def test_only_new_members_of_a_packet_that_grows_are_said_again() -> None:
    links = Links()
    fields = {"id": "pk:1", "packet_kind": "contract", "structure_id": None}
    links.take([a_record("flow.packets", 1, members=("p1",), revision=0, **fields)])
    links.changed()
    links.take([a_record("flow.packets", 2, members=("p1", "p2"), revision=1, **fields)])
    assert links.changed() == ["p2"]
    # An older revision that comes late says nothing.
    links.take([a_record("flow.packets", 1, members=("p1",), revision=0, **fields)])
    assert links.changed() == []
    assert links.members(["pk:1"])[0] == ["p1", "p2"]
