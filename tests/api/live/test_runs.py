"""Records of a replay run reach who asks for the run, generation by generation, and nobody else."""

import asyncio
from collections.abc import Callable

import msgspec

from benchmarks.gateway_client import GatewayClient
from connectors.kafka.admin import apply_topics
from connectors.kafka.namespace import in_namespace
from infra.embedded.stack import StackAddresses
from infra.replay.names import namespace_of
from infra.replay.status import StatusBoard
from infra.replay.status import blank_status
from redpanda.catalog import topic_catalog
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.records import a_record

Gateways = Callable[..., LiveGateway]
TOPIC = "flow.packets"
RUN = "monday"


def packets(symbol: str, first: int, count: int) -> list[object]:
    return [
        a_record(
            TOPIC,
            seq,
            id=f"pk:{symbol}:{seq}",
            trace_id=f"pk:{symbol}:{seq}:0",
            underlying_id=symbol,
            source_ts=1_000_000_000_000_000_000 + seq,
            revision=0,
        )
        for seq in range(first, first + count)
    ]


def open_generation(
    addresses: StackAddresses, board: StatusBoard, generation: int, visible_from_ts: int
) -> str:
    namespace = namespace_of(RUN, generation)
    name = in_namespace(namespace, TOPIC)
    spec = msgspec.structs.replace(topic_catalog()[TOPIC], name=name)
    apply_topics(addresses.kafka, {name: spec})
    status = msgspec.structs.replace(
        blank_status(RUN, "playing"),
        topic_namespace=namespace,
        generation=generation,
        visible_from_ts=visible_from_ts,
    )
    assert board.publish(status)
    return namespace


def test_a_run_is_followed_from_its_first_record_and_into_its_next_generation(
    stack: StackAddresses, feeder: Feeder, gateways: Gateways, symbol: str
) -> None:
    board = StatusBoard(stack, RUN)
    first = open_generation(stack, board, 1, 1_000_000_000_000_000_002)
    feeder.write(TOPIC, *packets(symbol, 0, 5), namespace=first)
    gateway = gateways(stack).start()

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            live = await client.subscribe("live", "flow")
            got = await client.subscribe("run", "flow", run=RUN)
            # What is earlier than it may be seen only warms up.
            await client.until(lambda: len(got.items) == 3)
            assert [item["seq"] for item in got.items] == [2, 3, 4]
            second = await asyncio.to_thread(open_generation, stack, board, 2, 0)
            await client.until(lambda: got.gaps)
            await asyncio.to_thread(feeder.write, TOPIC, *packets(symbol, 0, 2), namespace=second)
            await client.until(lambda: len(got.items) == 5)
            assert [frame["reason"] for frame in got.gaps] == ["generation"]
            assert [item["seq"] for item in got.items] == [2, 3, 4, 0, 1]
            assert live.items == []
            cursor = got.cursor
            assert cursor is not None

    asyncio.run(play())
