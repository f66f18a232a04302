"""A client that is cut off at any moment misses nothing and gets nothing twice."""

import asyncio
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from api.live import opening
from benchmarks.gateway_client import GatewayClient
from benchmarks.gateway_client import Subscribed
from infra.embedded.stack import StackAddresses
from tests.api.live.conftest import Feeder
from tests.api.live.conftest import LiveGateway
from tests.api.live.records import an_equity

RECORDS = 400
QUICK_SEEDS = 50


@pytest.fixture(scope="module")
def pair(
    stack: StackAddresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[LiveGateway]]:
    """Yield two gateways on one log; either continues what the other began."""
    made = [LiveGateway(stack, tmp_path_factory.mktemp("first")).start()]
    with pytest.MonkeyPatch.context() as patch:
        # The other holds so little that it has to read the log again.
        patch.setattr(opening, "RING_BYTES", 0)
        patch.setattr(opening, "MOST_RING_BYTES", 0)
        folder = tmp_path_factory.mktemp("second")
        made.append(LiveGateway(stack, folder, live_limit_default=8).start())
    yield made
    for gateway in made:
        gateway.stop()


def write_in_bursts(feeder: Feeder, records: list[Any], dice: random.Random) -> None:
    at = 0
    while at < len(records):
        size = dice.choice((1, 3, 17, 60))
        feeder.write("equities.prints", *records[at : at + size])
        at += size


def check(got: Subscribed, records: list[Any]) -> None:
    ids = [item["trace_id"] for item in got.items]
    assert len(ids) == len(set(ids)), "a record came twice"
    assert set(ids) == {record.trace_id for record in records}
    assert not got.gaps
    assert not got.dropped
    by_symbol: dict[str, list[int]] = defaultdict(list)
    for item in got.items:
        by_symbol[item["underlying_id"]].append(item["seq"])
    assert all(seqs == sorted(seqs) for seqs in by_symbol.values())


@pytest.mark.parametrize("seed", range(QUICK_SEEDS))
def test_a_client_cut_off_anywhere_gets_every_record_once_and_in_order(
    pair: list[LiveGateway], stack: StackAddresses, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - seeded tests, no secrets
    symbols = [f"R{seed}A", f"R{seed}B", f"R{seed}C"]
    records = [
        an_equity(seq, dice.choice(symbols), trace_id=f"test:cut:{seed}:{seq}")
        for seq in range(RECORDS)
    ]

    async def scenario() -> Subscribed:
        first = Subscribed()
        async with GatewayClient(pair[0].url) as client:
            await client.subscribe(
                "tape", "equities", first, filters={"underlying_ids": symbols}, depth=0
            )
            await client.until(lambda: first.cursor is not None)
        feeder = Feeder(stack)
        writer = threading.Thread(target=write_in_bursts, args=(feeder, records, dice))
        writer.start()
        try:
            return await continue_from(first)
        finally:
            await asyncio.to_thread(writer.join)
            feeder.close()

    async def continue_from(first: Subscribed) -> Subscribed:
        got = first
        cuts = random.Random(seed + 1000)  # noqa: S311 - as above
        while len(got.items) < RECORDS:
            goal = min(RECORDS, len(got.items) + cuts.randrange(RECORDS // 3))
            async with GatewayClient(cuts.choice(pair).url) as client:
                await client.subscribe(
                    "tape", "equities", got, filters={"underlying_ids": symbols}, depth=0
                )
                await client.until_items(got, goal)
        return got

    check(asyncio.run(scenario()), records)
