"""Identity, checkpoints, pace and partial decoding of the feeds."""

from pathlib import Path

import pytest

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.feeds.base.checkpoint import CheckpointStore
from connectors.feeds.base.checkpoint import SessionState
from connectors.feeds.base.errors import StaleCheckpoint
from connectors.feeds.base.identity import Ordinals
from connectors.feeds.base.identity import content_hash
from connectors.feeds.base.items import Origin
from connectors.feeds.base.log_scan import trace_id_of
from connectors.feeds.base.pace import Pace
from connectors.feeds.base.publisher import PublisherConfig
from schemas.codec import codec_of
from schemas.records import OptionsNbbo

ORIGIN = Origin("file-tos", "0123456789ab", "x.csv", ("options.prints",))
NS_PER_S = 1_000_000_000


def quote(source_ts: int, seq: int, trace_id: str) -> OptionsNbbo:
    return OptionsNbbo(
        source_ts=source_ts,
        ingest_ts=source_ts,
        seq=seq,
        trace_id=trace_id,
        schema_version="options.nbbo.v1",
        source="synthetic",
        option_contract_id="XYZ-2024-03-15-50-C",
        underlying_id="XYZ",
        kind="stream",
        bid=1.0,
        ask=1.1,
        bid_size=1,
        ask_size=1,
    )


def test_content_hash_depends_on_values_and_not_on_their_order() -> None:
    one = content_hash({"price": 1.25, "size": 7, "venue": "C", "conditions": ["I"]})
    two = content_hash({"conditions": ["I"], "venue": "C", "size": 7, "price": 1.25})

    assert one == two
    assert len(one) == 8
    assert one != content_hash({"price": 1.25, "size": 8, "venue": "C", "conditions": ["I"]})


def test_content_hash_is_that_of_other_blake2b_tools() -> None:
    # printf '{"price":1.25,"size":7}' | b2sum -l 32
    assert content_hash({"price": 1.25, "size": 7}) == "b8bf1237"


def test_ordinals_number_equal_keys_from_the_second_on() -> None:
    ordinals = Ordinals()

    assert [ordinals.suffix(key) for key in ("a", "a", "b", "a")] == ["", ".1", "", ".2"]
    ordinals.forget()
    assert (len(ordinals), ordinals.suffix("a")) == (0, "")


@pytest.mark.parametrize("source_ts", [0, 1_748_000_000_000_000_001, -5])
@pytest.mark.parametrize("seq", [0, 2**32 - 1, 2**62])
@pytest.mark.parametrize("trace_id", ["", "file-tos:0123456789ab:prints:17", "ü" * 200])
def test_trace_id_is_read_without_decoding_the_rest(
    source_ts: int, seq: int, trace_id: str
) -> None:
    record = quote(source_ts, seq, trace_id)

    value = codec_of(OptionsNbbo).encode(record, b"\x00\x00\x00\x00\x07")

    assert trace_id_of(value) == trace_id


@pytest.mark.parametrize("body", [b"", b"\xff" * 9, b"\x00" * 3 + b"\x20a"])
def test_bytes_without_a_trace_id_are_rejected(body: bytes) -> None:
    with pytest.raises(RejectedRecord, match="no record with a trace id"):
        trace_id_of(b"\x00" * 5 + body)


def test_checkpoint_is_kept_per_cluster(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    one = SessionState(items=3, published=2, dead_lettered=1, offsets={"options.prints": [1, 2]})
    two = SessionState(items=9, complete=True)

    store.save(ORIGIN, "cluster-a", one)
    store.save(ORIGIN, "cluster-b", two)

    again = CheckpointStore(tmp_path)
    assert again.load(ORIGIN, "cluster-a") == one
    assert again.load(ORIGIN, "cluster-b") == two
    assert again.load(ORIGIN, "cluster-c") is None
    assert [path.name for path in (tmp_path / "feeds").iterdir()] == ["file-tos-0123456789ab.json"]


def test_unreadable_checkpoint_is_never_taken_for_none(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(ORIGIN, "cluster", SessionState())
    store.path(ORIGIN).write_bytes(store.path(ORIGIN).read_bytes()[:20])

    with pytest.raises(StaleCheckpoint, match=r"file-tos-0123456789ab\.json cannot be read"):
        store.load(ORIGIN, "cluster")


def test_pace_replays_event_time_at_a_multiple_of_real_time() -> None:
    now = [50 * NS_PER_S]
    pace = Pace(2.0, now_ns=lambda: now[0])

    assert pace.wait_s(1_000 * NS_PER_S) == 0.0
    assert pace.wait_s(1_010 * NS_PER_S) == 5.0
    now[0] += 7 * NS_PER_S
    assert pace.wait_s(1_010 * NS_PER_S) == -2.0


def test_pace_can_be_anchored_at_a_time() -> None:
    pace = Pace(1.0, anchor_ns=90 * NS_PER_S, now_ns=lambda: 500 * NS_PER_S)

    assert pace.wait_s(91 * NS_PER_S) == 1.0


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_pace_without_speed_is_refused(speed: float) -> None:
    with pytest.raises(MisconfiguredConnector, match="speed"):
        Pace(speed)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("batch_records", 0, "FEED_BATCH_RECORDS"),
        ("batch_ms", 0, "FEED_BATCH_MS"),
        ("checkpoint_ms", -1, "checkpoint_ms"),
    ],
)
def test_setting_out_of_range_is_named(tmp_path: Path, field: str, value: int, name: str) -> None:
    with pytest.raises(MisconfiguredConnector, match=name):
        PublisherConfig(brokers="x:1", data_folder=tmp_path, **{field: value})
