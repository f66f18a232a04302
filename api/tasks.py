"""Tasks that run as long as the part that started them."""

import asyncio
from typing import Any


async def cancel(*tasks: "asyncio.Task[Any] | None") -> None:
    """End tasks and wait for them; what one has failed with before is its own to tell."""
    running = [each for each in tasks if each is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
