"""Going on by cursor: from rings, from the log, and with a gap where neither can."""

import asyncio
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer

from api.live import backfill
from api.live import opening
from api.live.cursor import CursorCodec
from api.live.cursor import LogCursor
from api.streams import STREAMS
from benchmarks.gateway_client import GatewayClient
from benchmarks.gateway_client import Subscribed
from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import delete_topics
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from redpanda.catalog import topic_catalog
from tests.api.live.conftest import SECRET
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.conftest import wait_until
from tests.api.live.records import an_equity

Gateways = Callable[..., LiveGateway]
TOPIC = "equities.prints"


def prints(symbol: str, first: int, count: int) -> list[object]:
    return [
        an_equity(seq, symbol, trace_id=f"{symbol}:{seq}") for seq in range(first, first + count)
    ]


def followed(gateway: LiveGateway, symbol: str, got: Subscribed, **more: object) -> None:
    """Connect, go on by cursor, and leave when the subscription has begun."""

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            seen = len(got.snapshots)
            await client.subscribe(
                "a", "equities", got, filters={"underlying_ids": [symbol]}, **more
            )
            await client.until(lambda: got.is_continued or len(got.snapshots) > seen)

    asyncio.run(play())


def has_read(gateway: LiveGateway, trace_id: str) -> bool:
    ring = gateway.hub.ring(STREAMS["equities"])
    return ring is not None and ring.by_trace(trace_id) is not None


class ForgetfulLog(Consumer):
    """A log that has deleted everything but its newest records."""

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        return 1 << 40, 1 << 40


@pytest.fixture
def without_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rings hold no more than their least."""
    monkeypatch.setattr(opening, "RING_BYTES", 0)
    monkeypatch.setattr(opening, "MOST_RING_BYTES", 0)


def test_what_the_rings_no_longer_hold_is_read_again_from_the_log(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str, without_rings: None
) -> None:
    del without_rings
    gateway = gateways(stack, live_limit_default=5).start()
    got = Subscribed()
    followed(gateway, symbol, got, depth=0)
    feeder.write(TOPIC, *prints(symbol, 0, 1500))
    # Sent again upstream: in the log twice, shown once.
    feeder.write(TOPIC, *prints(symbol, 700, 300))
    feeder.write(TOPIC, *prints(symbol, 1500, 10))
    wait_until(lambda: has_read(gateway, f"{symbol}:1509"), "prints are read")
    assert not has_read(gateway, f"{symbol}:3")

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            await client.subscribe("a", "equities", got, filters={"underlying_ids": [symbol]})
            await client.until(lambda: len(got.items) >= 1510)
            await asyncio.to_thread(feeder.write, TOPIC, *prints(symbol, 1510, 1))
            await client.until(lambda: got.items[-1]["seq"] == 1510)

    asyncio.run(play())
    assert [item["seq"] for item in got.items] == list(range(1511))
    backfill = [frame["backfill"] for frame in got.frames if frame["type"] == "events"]
    assert backfill[0] is True
    assert backfill[-1] is False
    assert not got.gaps


def test_more_missing_records_than_the_bound_are_a_gap_and_a_snapshot(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    gateway = gateways(stack, ws_resume_max_records=50).start()
    got = Subscribed()
    followed(gateway, symbol, got, depth=0)
    feeder.write(TOPIC, *prints(symbol, 0, 60))
    wait_until(lambda: has_read(gateway, f"{symbol}:59"), "prints are read")
    followed(gateway, symbol, got, depth=3)
    assert [(frame["reason"], frame["missing_estimate"]) for frame in got.gaps] == [
        ("too_many", 60)
    ]
    assert [item["seq"] for item in got.snapshots[-1]] == [59, 58, 57]


def test_a_cursor_older_than_the_bound_is_a_gap(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    gateway = gateways(stack, ws_resume_max_age_s=1).start()
    got = Subscribed()
    followed(gateway, symbol, got, depth=0)
    feeder.write(TOPIC, *prints(symbol, 0, 5))
    wait_until(lambda: has_read(gateway, f"{symbol}:4"), "prints are read")
    ring = gateway.hub.ring(STREAMS["equities"])
    assert ring is not None
    oldest = ring.held(f"{symbol}:0")
    assert oldest is not None
    oldest.append_ms -= 2000
    followed(gateway, symbol, got)
    assert [frame["reason"] for frame in got.gaps] == ["too_old"]
    assert len(got.snapshots[-1]) == 5


def test_a_cursor_before_the_kept_log_is_expired(
    stack: StackAddresses,
    feeder: Feeder,
    gateways: Gateways,
    symbol: str,
    monkeypatch: pytest.MonkeyPatch,
    without_rings: None,
) -> None:
    del without_rings
    gateway = gateways(stack, live_limit_default=1).start()
    got = Subscribed()
    followed(gateway, symbol, got, depth=0)
    feeder.write(TOPIC, *prints(symbol, 0, 30))
    wait_until(lambda: has_read(gateway, f"{symbol}:29"), "prints are read")
    monkeypatch.setattr(backfill, "Consumer", ForgetfulLog)
    followed(gateway, symbol, got)
    assert [frame["reason"] for frame in got.gaps] == ["expired"]


@pytest.mark.parametrize("change", ["another key", "another log", "no cursor"])
def test_a_cursor_of_elsewhere_is_a_gap_and_a_snapshot(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str, change: str
) -> None:
    gateway = gateways(stack).start()
    feeder.write(TOPIC, *prints(symbol, 0, 3))
    wait_until(lambda: has_read(gateway, f"{symbol}:2"), "prints are read")
    got = Subscribed()
    followed(gateway, symbol, got)
    assert got.cursor is not None
    place = CursorCodec(SECRET).decode(got.cursor)
    assert place is not None
    got.cursor = {
        "another key": CursorCodec(b"another").encode(place),
        "another log": CursorCodec(SECRET).encode(
            LogCursor("other/log", place.run, place.topic, place.offsets)
        ),
        "no cursor": "AAAA",
    }[change]
    followed(gateway, symbol, got)
    assert [frame["reason"] for frame in got.gaps] == ["log_changed"]
    assert [len(each) for each in got.snapshots] == [3, 3]


def test_a_wiped_log_is_told_to_open_sockets_and_read_from_its_beginning(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    # Another log at the same address: the topic is deleted and made anew.
    addresses = own_stack.addresses
    gateway = gateways(addresses).start()
    feeder = Feeder(addresses)
    feeder.write(TOPIC, *prints(symbol, 0, 40))
    wait_until(lambda: has_read(gateway, f"{symbol}:39"), "prints are read")

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            got = await client.subscribe("a", "equities", filters={"underlying_ids": [symbol]})
            await client.until(lambda: got.snapshots)
            await asyncio.to_thread(delete_topics, addresses.kafka, [TOPIC])
            await asyncio.to_thread(apply_topics, addresses.kafka, {TOPIC: topic_catalog()[TOPIC]})
            fresh = Feeder(addresses)
            await asyncio.to_thread(fresh.write, TOPIC, *prints(symbol, 20, 5))
            await client.until(lambda: len(got.items) == 5)
            fresh.close()
            assert [frame["reason"] for frame in got.gaps] == ["log_changed"]
            # Ids of the old log are news in the new one.
            assert [item["seq"] for item in got.items] == [20, 21, 22, 23, 24]

    asyncio.run(play())
    feeder.close()
