"""Restarts and outages: windows refill, Redis may be away, the log may go and come back."""

import asyncio
from collections.abc import Callable
from typing import Any

import redis

from api.live.hot import key_of
from api.streams import STREAMS
from benchmarks.gateway_client import GatewayClient
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.conftest import wait_until
from tests.api.live.records import PARTITIONS
from tests.api.live.records import a_record
from tests.api.live.records import an_equity

Gateways = Callable[..., LiveGateway]
TOPIC = "equities.prints"
TAPE = "options.tape"


def prints(symbol: str, first: int, count: int) -> list[object]:
    return [
        an_equity(seq, symbol, trace_id=f"{symbol}:{seq}") for seq in range(first, first + count)
    ]


def shown(gateway: LiveGateway, stream: str, symbol: str, view: str = "") -> list[int]:
    ring = gateway.hub.ring(STREAMS[stream], view=view)
    assert ring is not None
    found = ring.newest(10_000, lambda record: record.underlying_id == symbol)
    return [item.record.seq for item in found]


def test_a_restarted_gateway_has_its_windows_and_misses_nothing_between(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    addresses = own_stack.addresses
    feeder = Feeder(addresses)
    first = gateways(addresses).start()
    feeder.write(TOPIC, *prints(symbol, 0, 50))
    wait_until(lambda: len(shown(first, "equities", symbol)) == 50, "prints are read")
    first.stop()
    feeder.write(TOPIC, *prints(symbol, 50, 10))
    second = gateways(addresses).start()
    wait_until(lambda: len(shown(second, "equities", symbol)) == 60, "what came meanwhile is read")
    assert shown(second, "equities", symbol) == list(range(59, -1, -1))
    # What was shown before the restart is still known as shown.
    feeder.write(TOPIC, *prints(symbol, 40, 5), *prints(symbol, 60, 1))
    wait_until(lambda: shown(second, "equities", symbol)[0] == 60, "the last print is read")
    assert shown(second, "equities", symbol) == list(range(60, -1, -1))
    feeder.close()


def test_the_signal_window_reaches_back_farther_than_that_of_all_prints(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    addresses = own_stack.addresses
    feeder = Feeder(addresses)
    depth = {"live_limit_options": 20}
    first = gateways(addresses, **depth).start()
    tape = [
        a_record(
            TAPE, seq, underlying_id=symbol, trace_id=f"{symbol}:{seq}", signal_pass=seq % 100 == 0
        )
        for seq in range(1000)
    ]
    for at in range(0, 1000, 10):
        feeder.write(TAPE, *tape[at : at + 10])
    wait_until(lambda: len(shown(first, "options", symbol)) == 1000, "the tape is read")
    first.stop()
    second = gateways(addresses, **depth).start()
    assert len(shown(second, "options", symbol)) < 1000
    assert shown(second, "options", symbol, "signal") == list(range(900, -1, -100))
    feeder.close()


def test_entries_of_a_window_have_offsets_as_ids_and_are_never_written_twice(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    addresses = own_stack.addresses
    feeder = Feeder(addresses)
    siblings = [gateways(addresses).start() for _ in range(2)]
    feeder.write(TOPIC, *prints(symbol, 0, 30))
    wait_until(
        lambda: all(len(shown(each, "equities", symbol)) == 30 for each in siblings), "both read"
    )
    for gateway in siblings:
        gateway.stop()
    cache: Any = redis.Redis.from_url(addresses.redis, decode_responses=True, encoding="latin-1")
    entries = [
        name
        for partition in range(PARTITIONS)
        for name, _ in cache.xrange(key_of("equities", partition))
    ]
    cache.close()
    assert sorted(entries, key=lambda name: int(name.split("-")[0])) == [
        f"{offset + 1}-0" for offset in range(30)
    ]
    feeder.close()


def test_without_redis_frames_go_on(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    nowhere = StackAddresses(
        kafka=stack.kafka,
        registry=stack.registry,
        clickhouse=stack.clickhouse,
        redis="redis://127.0.0.1:1/0",
    )
    gateway = gateways(nowhere).start()

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            got = await client.subscribe("a", "equities", filters={"underlying_ids": [symbol]})
            await client.until(lambda: got.snapshots)
            await asyncio.to_thread(feeder.write, TOPIC, *prints(symbol, 0, 100))
            await client.until(lambda: len(got.items) == 100)

    asyncio.run(play())


def test_reading_goes_on_when_the_log_comes_back(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    addresses = own_stack.addresses
    gateway = gateways(addresses).start()
    feeder = Feeder(addresses)

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            got = await client.subscribe("a", "equities", filters={"underlying_ids": [symbol]})
            await client.until(lambda: got.snapshots)
            await asyncio.to_thread(feeder.write, TOPIC, *prints(symbol, 0, 20))
            await client.until(lambda: len(got.items) == 20)
            feeder.close()
            await asyncio.to_thread(own_stack.stop)
            await asyncio.to_thread(wait_until, lambda: not gateway.hub.is_ready, "it is noticed")
            assert {each.state for each in gateway.hub.channels().values()} == {"down"}
            # On the same folder the services take the ports they had.
            await asyncio.to_thread(own_stack.start)
            assert own_stack.addresses == addresses
            await asyncio.to_thread(wait_until, lambda: gateway.hub.is_ready, "it is back")
            again = Feeder(addresses)
            await asyncio.to_thread(again.write, TOPIC, *prints(symbol, 20, 20))
            await client.until(lambda: len(got.items) == 40)
            again.close()
            assert [item["seq"] for item in got.items] == list(range(40))
            assert not got.gaps

    asyncio.run(play())


def test_a_gateway_that_starts_before_the_log_becomes_ready_with_it(
    own_stack: EmbeddedStack, gateways: Gateways, symbol: str
) -> None:
    addresses = own_stack.addresses
    own_stack.stop()
    gateway = gateways(addresses).start(ready=False)
    assert not gateway.hub.is_ready
    assert gateway.hub.ring(STREAMS["equities"]) is None
    own_stack.start()
    wait_until(lambda: gateway.hub.is_ready, "it is ready")
    feeder = Feeder(addresses)
    feeder.write(TOPIC, *prints(symbol, 0, 3))
    wait_until(lambda: shown(gateway, "equities", symbol) == [2, 1, 0], "prints are read")
    feeder.close()
