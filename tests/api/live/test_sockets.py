"""What a subscription is shown: snapshot, events, revisions, links, small payloads."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator

import orjson
import pytest

from api.streams import STREAMS
from benchmarks.gateway_client import GatewayClient
from infra.embedded.stack import StackAddresses
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.conftest import wait_until
from tests.api.live.records import a_record
from tests.api.live.records import an_equity

TAPE = "options.tape"


@pytest.fixture(scope="module")
def gateway(
    stack: StackAddresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveGateway]:
    made = LiveGateway(stack, tmp_path_factory.mktemp("sockets")).start()
    yield made
    made.stop()


def played(
    gateway: LiveGateway, scenario: Callable[[GatewayClient], Awaitable[None]], path: str = ""
) -> None:
    async def play() -> None:
        url = gateway.url if not path else gateway.url.replace("/ws/live", path)
        async with GatewayClient(url) as client:
            await scenario(client)

    asyncio.run(play())


def has_read(gateway: LiveGateway, stream: str, trace_id: str) -> bool:
    ring = gateway.hub.ring(STREAMS[stream])
    return ring is not None and ring.by_trace(trace_id) is not None


def test_a_snapshot_comes_newest_first_and_events_follow_it(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    before = [an_equity(seq, symbol, trace_id=f"{symbol}:{seq}") for seq in range(10)]
    feeder.write("equities.prints", *before)
    wait_until(lambda: has_read(gateway, "equities", f"{symbol}:9"), "prints are read")

    async def scenario(client: GatewayClient) -> None:
        got = await client.subscribe("a", "equities", filters={"underlying_ids": [symbol]}, depth=4)
        await client.until(lambda: got.snapshots)
        assert [item["seq"] for item in got.snapshots[0]] == [9, 8, 7, 6]
        (frame,) = [each for each in got.frames if each["type"] == "snapshot"]
        assert frame["last"] is True
        assert frame["short"] is False
        assert frame["next_before"] == {"ts": str(before[6].source_ts), "seq": 6}
        later = an_equity(10, symbol, trace_id=f"{symbol}:10")
        await asyncio.to_thread(feeder.write, "equities.prints", later)
        await client.until(lambda: got.items)
        assert [item["seq"] for item in got.items] == [10]
        assert got.items[0]["source_ts"] == str(later.source_ts)
        stamps = got.frames[-1]["stamps"]
        assert 0 < stamps["oldest_append"] <= stamps["append"] <= stamps["recv"] <= stamps["frame"]

    played(gateway, scenario)


def test_what_is_sent_again_upstream_is_shown_once(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    records = [an_equity(seq, symbol, trace_id=f"{symbol}:{seq}") for seq in range(20)]

    async def scenario(client: GatewayClient) -> None:
        got = await client.subscribe("a", "equities", filters={"underlying_ids": [symbol]})
        await client.until(lambda: got.snapshots)
        for _ in range(3):
            await asyncio.to_thread(feeder.write, "equities.prints", *records)
        end = an_equity(99, symbol, trace_id=f"{symbol}:end")
        await asyncio.to_thread(feeder.write, "equities.prints", end)
        await client.until(lambda: got.items and got.items[-1]["seq"] == 99)
        assert [item["seq"] for item in got.items] == [*range(20), 99]

    played(gateway, scenario)
    ring = gateway.hub.ring(STREAMS["equities"])
    assert ring is not None
    shown = ring.newest(100, lambda record: record.underlying_id == symbol)
    assert [item.record.seq for item in shown] == [99, *range(19, -1, -1)]


def test_a_greater_revision_replaces_and_a_lesser_one_is_not_shown(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    name = f"{symbol}:bar"
    changes = {"underlying_id": symbol, "trace_id": name, "interval_ms": 60_000}
    bars = [
        a_record("equities.candles", 5, revision=revision, close=float(revision), **changes)
        for revision in (0, 2, 1, 2, 3)
    ]

    async def scenario(client: GatewayClient) -> None:
        got = await client.subscribe("a", "equity-candles", filters={"underlying_ids": [symbol]})
        ticks = await client.subscribe("t", "candle.ticked")
        await client.until(lambda: got.snapshots and ticks.snapshots)
        for bar in bars:
            await asyncio.to_thread(feeder.write, "equities.candles", bar)
        await client.until(lambda: got.items and got.items[-1]["revision"] == 3)
        assert [item["revision"] for item in got.items] == [0, 2, 3]
        await client.until(lambda: ticks.items and ticks.items[-1]["close"] == 3.0)
        assert {each["symbol"] for each in ticks.items} == {symbol}

    played(gateway, scenario)
    ring = gateway.hub.ring(STREAMS["equity-candles"])
    assert ring is not None
    found = ring.get(name)
    assert found is not None
    assert found.version == 3


def test_signal_is_the_default_view_and_raw_has_every_print(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    prints = [
        a_record(
            TAPE,
            seq,
            underlying_id=symbol,
            trace_id=f"{symbol}:{seq}",
            signal_pass=seq % 3 == 0,
        )
        for seq in range(12)
    ]

    async def scenario(client: GatewayClient) -> None:
        wish = {"underlying_ids": [symbol]}
        signal = await client.subscribe("s", "options", filters=wish)
        raw = await client.subscribe("r", "options", filters={**wish, "view": "raw"})
        await client.until(lambda: signal.snapshots and raw.snapshots)
        await asyncio.to_thread(feeder.write, TAPE, *prints)
        await client.until(lambda: len(raw.items) == 12 and len(signal.items) == 4)
        assert [item["seq"] for item in signal.items] == [0, 3, 6, 9]
        again = await client.subscribe("s2", "options", filters={**wish, "side": ["AA"]})
        await client.until(lambda: again.snapshots)

    played(gateway, scenario)
    ring = gateway.hub.ring(STREAMS["options"], view="signal")
    assert ring is not None
    shown = ring.newest(50, lambda record: record.underlying_id == symbol)
    assert [item.record.seq for item in shown] == [9, 6, 3, 0]


def test_links_name_the_packet_event_hit_and_alert_of_prints(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    names = [f"{symbol}:p{seq}" for seq in range(3)]
    prints = [
        a_record(TAPE, seq, underlying_id=symbol, trace_id=name, signal_pass=True)
        for seq, name in enumerate(names)
    ]
    packet = a_record(
        "flow.packets",
        1,
        id=f"pk:{symbol}",
        trace_id=f"pk:{symbol}:0",
        underlying_id=symbol,
        members=(names[0], names[1]),
        packet_kind="contract",
        structure_id=None,
        revision=0,
    )
    event = a_record(
        "flow.smart-money",
        2,
        event_id=f"sm:{symbol}",
        underlying_id=symbol,
        packet_ids=(packet.id,),
        primary_profile_id="institutional",
        primary_direction="bullish",
        abstained=False,
        revision=0,
    )
    hit = a_record(
        "flow.classifier-hits",
        3,
        hit_id=f"hit:{symbol}",
        underlying_id=symbol,
        packet_id=packet.id,
        retracted=False,
        revision=0,
    )

    async def scenario(client: GatewayClient) -> None:
        got = await client.subscribe("a", "options", filters={"underlying_ids": [symbol]})
        await client.until(lambda: got.snapshots)
        await asyncio.to_thread(feeder.write, TAPE, *prints)
        await client.until(lambda: len(got.items) == 3)

        def link() -> dict[str, object]:
            known: dict[str, object] = {}
            for frame in client.other("links"):
                known = frame["links"].get(names[0], known)
            return known

        await asyncio.to_thread(feeder.write, "flow.packets", packet)
        await client.until(lambda: link().get("packet_id") == packet.id)
        await asyncio.to_thread(feeder.write, "flow.smart-money", event)
        await client.until(lambda: link().get("profile") == "institutional")
        await asyncio.to_thread(feeder.write, "flow.classifier-hits", hit)
        await client.until(lambda: link().get("hits") == [hit.hit_id])
        assert link()["direction"] == "bullish"
        assert link()["abstained"] is False
        assert all(names[2] not in frame["links"] for frame in client.other("links"))

    played(gateway, scenario)
    # Who comes later has the links behind the snapshot.

    async def later(client: GatewayClient) -> None:
        got = await client.subscribe("a", "options", filters={"underlying_ids": [symbol]})
        await client.until(lambda: got.snapshots and client.other("links"))
        assert set(client.other("links")[0]["links"]) == {names[0], names[1]}

    played(gateway, later)


def test_a_published_payload_reaches_its_channel(gateway: LiveGateway) -> None:
    async def scenario(client: GatewayClient) -> None:
        got = await client.subscribe("n", "notifications")
        await client.until(lambda: got.snapshots)
        gateway.hub.publish("notifications", orjson.dumps({"rule": "r", "text": "x"}))
        await client.until(lambda: got.items)
        assert got.items == [{"rule": "r", "text": "x"}]
        assert got.cursor is None

    played(gateway, scenario)


def test_a_path_and_query_string_make_one_subscription(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    record = an_equity(1, symbol, trace_id=f"{symbol}:1")
    feeder.write("equities.prints", record)
    wait_until(lambda: has_read(gateway, "equities", record.trace_id), "the print is read")

    async def play() -> None:
        url = gateway.url.replace("/ws/live", f"/ws/equities?underlying_ids={symbol}&depth=5")
        client = GatewayClient(url)
        got = client.expect("equities")
        async with client:
            await client.until(lambda: got.snapshots)
        assert [item["seq"] for item in got.snapshots[0]] == [1]

    asyncio.run(play())


def test_a_watcher_is_told_of_new_records_that_match_until_it_ends(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    told: list[int] = []
    unwatch = gateway.hub.watch(
        STREAMS["equities"],
        lambda record: record.underlying_id == symbol and record.seq % 2 == 0,
        lambda items: told.extend(item.record.seq for item in items),
    )
    feeder.write(
        "equities.prints",
        *(an_equity(seq, symbol, trace_id=f"{symbol}:{seq}") for seq in range(6)),
    )
    wait_until(lambda: len(told) == 3, "the watcher is told")
    unwatch()
    feeder.write("equities.prints", an_equity(8, symbol, trace_id=f"{symbol}:8"))
    wait_until(lambda: has_read(gateway, "equities", f"{symbol}:8"), "the print is read")
    assert told == [0, 2, 4]


def test_states_say_what_moves_and_what_the_log_lacks(
    gateway: LiveGateway, feeder: Feeder, symbol: str
) -> None:
    record = an_equity(1, symbol, trace_id=f"{symbol}:1")
    feeder.write("equities.prints", record)
    wait_until(lambda: has_read(gateway, "equities", record.trace_id), "the print is read")
    channels = gateway.hub.channels()
    assert channels["equities"].state == "live"
    assert channels["signals"].state in {"quiet", "closed"}
    topics = gateway.hub.topics()
    assert topics["equities.prints"].next_offset >= 1
    wait_until(lambda: gateway.hub.tail_lag == 0, "everything is read")
