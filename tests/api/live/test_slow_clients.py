"""A client that reads too slowly loses what it may lose, is told exactly what, and harms nobody."""

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.gateway_client import GatewayClient
from infra.embedded.stack import StackAddresses
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.records import a_record
from tests.api.live.records import an_equity

TAPE = "options.tape"
BATCH = 100
BATCHES = 80
MOST = 400 * BATCH
# More than the outbox and the buffers of the socket take.
SMALL = {"ws_outbox_bytes": 1 << 20, "ws_outbox_ms": 60_000}
ONE_TICK = 1 << 20

Gateways = Callable[..., LiveGateway]


def tape(symbol: str, first: int, count: int) -> list[object]:
    return [
        a_record(
            TAPE,
            seq,
            underlying_id=symbol,
            trace_id=f"{symbol}:{seq}",
            signal_pass=True,
            signal_profile="x" * 400,
        )
        for seq in range(first, first + count)
    ]


def test_the_notices_of_a_slow_client_count_exactly_what_it_misses(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    gateway = gateways(stack, **SMALL).start()

    def dropped() -> int:
        return sum(each["dropped"] for each in gateway.hub.clients())

    async def play() -> None:
        wish = {"underlying_ids": [symbol]}
        async with (
            GatewayClient(gateway.url, reads=False) as slow,
            GatewayClient(gateway.url) as quick,
        ):
            got = await slow.subscribe("a", "options", filters=wish, depth=0)
            other = await quick.subscribe("a", "options", filters=wish, depth=0)
            await quick.until(lambda: other.snapshots)
            total = 0
            while dropped() < 5 * BATCH:
                assert total < MOST
                await asyncio.to_thread(feeder.write, TAPE, *tape(symbol, total, BATCH))
                total += BATCH
                await quick.until_items(other, total)
            waiting = [each["outbox_bytes"] for each in gateway.hub.clients()]
            assert max(waiting) <= SMALL["ws_outbox_bytes"] + ONE_TICK
            lost = dropped()
            slow.read()
            await slow.until(lambda: len(got.items) + got.missed == total)
            assert got.missed == lost
            ids = [item["seq"] for item in got.items]
            assert ids == sorted(set(ids))
            # What is missing lies where the notices say.
            missing = sorted(set(range(total)) - set(ids))
            told = [(frame["from"]["seq"], frame["to"]["seq"]) for frame in got.dropped]
            assert sum(to - since + 1 for since, to in told) == len(missing)
            assert all(any(since <= seq <= to for since, to in told) for seq in missing)
            assert [item["seq"] for item in other.items] == list(range(total))
            assert not other.dropped

    asyncio.run(play())
    assert gateway.hub.channels()["options"].dropped > 0
    assert {each["kind"] for each in gateway.hub.losses()} == {"dropped"}


def test_a_client_that_reads_nothing_is_closed_with_1013_past_four_times_the_bound(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    gateway = gateways(stack, ws_outbox_bytes=65_536, ws_outbox_ms=60_000).start()

    async def play() -> None:
        async with GatewayClient(gateway.url, reads=False) as client:
            await client.subscribe(
                "a", "classifier-hits", filters={"underlying_ids": [symbol]}, depth=0
            )
            number = 0
            while gateway.hub.clients() or number == 0:
                hits = [
                    a_record(
                        "flow.classifier-hits",
                        seq,
                        underlying_id=symbol,
                        hit_id=f"hit:{symbol}:{seq}",
                        trace_id=f"hit:{symbol}:{seq}",
                        policy_version="x" * 1000,
                        revision=0,
                    )
                    for seq in range(number, number + BATCH)
                ]
                await asyncio.to_thread(feeder.write, "flow.classifier-hits", *hits)
                number += BATCH
                assert number < 200 * BATCH
            # Nothing of a channel that is never dropped was dropped before.
            assert not gateway.hub.losses()
            client.read()
            await client.until(lambda: client.is_closed)
            assert client.close_code == 1013

    asyncio.run(play())


@pytest.mark.parametrize("channel", ["equity-quotes"])
def test_of_a_conflated_channel_a_slow_client_gets_the_newest_of_each_key(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str, channel: str
) -> None:
    gateway = gateways(stack, **SMALL).start()
    topic = "equities.quotes"
    names = [f"{symbol}{each}" for each in "ABC"]

    def quotes(first: int) -> list[object]:
        return [
            a_record(
                topic,
                seq,
                underlying_id=names[seq % 3],
                trace_id=f"{symbol}:{seq}",
                scope="nbbo",
                schema_version="x" * 800,
            )
            for seq in range(first, first + BATCH)
        ]

    async def play() -> None:
        wish = {"underlying_ids": names}
        async with (
            GatewayClient(gateway.url, reads=False) as slow,
            GatewayClient(gateway.url) as quick,
        ):
            got = await slow.subscribe("a", channel, filters=wish, depth=0)
            other = await quick.subscribe("a", channel, filters=wish, depth=0)
            await quick.until(lambda: other.snapshots)
            for number in range(BATCHES):
                await asyncio.to_thread(feeder.write, topic, *quotes(number * BATCH))
                await quick.until_items(other, (number + 1) * BATCH)
            slow.read()
            newest = {item["underlying_id"]: item["seq"] for item in other.items}

            def latest() -> dict[str, int]:
                return {item["underlying_id"]: item["seq"] for item in got.items}

            await slow.until(lambda: latest() == newest)
            assert len(got.items) < BATCH * BATCHES
            assert not got.dropped
            assert not slow.is_closed

    asyncio.run(play())


def test_a_stalled_client_does_not_keep_others_from_their_frames(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    gateway = gateways(stack, **SMALL).start()

    async def play() -> None:
        wish = {"underlying_ids": [symbol]}
        async with GatewayClient(gateway.url) as quick:
            other = await quick.subscribe("a", "equities", filters=wish, depth=0)
            await quick.until(lambda: other.snapshots)
            stalled = [GatewayClient(gateway.url, reads=False) for _ in range(5)]
            for each in stalled:
                await each.__aenter__()
                await each.subscribe("a", "equities", filters=wish, depth=0)
            for number in range(100):
                prints = [
                    an_equity(seq, symbol, trace_id=f"{symbol}:{seq}", schema_version="x" * 4000)
                    for seq in range(number * 50, (number + 1) * 50)
                ]
                await asyncio.to_thread(feeder.write, "equities.prints", *prints)
                await quick.until_items(other, (number + 1) * 50)
            assert all(
                each["outbox_bytes"] <= SMALL["ws_outbox_bytes"] + ONE_TICK
                for each in gateway.hub.clients()
            )
            for each in stalled:
                await each.cut()

    asyncio.run(play())
