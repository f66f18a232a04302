"""What the first requests would otherwise wait for, made before there are any."""

import asyncio
import gc
from contextlib import suppress
from typing import Final

from api.health import Health
from api.items import item_maker
from api.problems import Problem
from api.store import Store
from api.streams import STREAMS
from connectors.clickhouse.stored_records import stored_decoder
from connectors.errors import ConnectorError

READY_POLL_S: Final = 0.1


async def warm(store: Store) -> None:
    """Compile what reads and writes records of each stream, and connect to the store."""
    await asyncio.to_thread(_compile)
    # The store need not answer yet; whoever asks is told so.
    with suppress(Problem, ConnectorError):
        await store.select("warm", "SELECT 1", {})


def _compile() -> None:
    for stream in STREAMS.values():
        item_maker(stream)
        stored_decoder(stream.topic)


async def settle(health: Health) -> None:
    """
    Once the gateway is ready, take what it holds then out of the collector's sight.

    Windows and compiled models live as long as the process: a collector that walks them finds
    nothing, and no frame goes out meanwhile.
    """
    while health.unready():  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(READY_POLL_S)
    gc.collect()
    gc.freeze()
