"""What came of the notifications of a rule: kept in Redis, and here while Redis is down."""

from collections import deque
from typing import Final

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

MAX_KEPT: Final = 200
KEPT_S: Final = 7 * 86_400
CLAIM_S: Final = 86_400


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """
    One notification of a rule.

    Parameters
    ----------
    event_id : str
        Record that matched; `test-<time>` for a sample.
    ts : int
        Wall time of the outcome, ns UTC.
    action : str
        `notification` or `webhook`.
    outcome : str
        `published`, `delivered`, `refused`, `failed`, or `claimed` where another gateway sends it.
    attempts : int
        Requests made.
    host : str
        Of the webhook; its path may be a secret and is not kept.
    status : int | None
        Last answer's.
    error : str
        What went wrong last, empty for nothing.
    """

    event_id: str
    ts: int
    action: str
    outcome: str
    attempts: int = 0
    host: str = ""
    status: int | None = None
    error: str = ""


_DECODE: Final = msgspec.json.Decoder(Delivery)


class DeliveryLog:
    """
    Outcomes by rule, newest first, 200 of each for 7 days.

    While Redis does not answer, they are kept in this process, and claims are granted: a receiver
    tells doubles apart by the idempotency key.

    Parameters
    ----------
    redis : redis.asyncio.Redis
        Shared by all gateways.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._own: dict[str, deque[Delivery]] = {}

    async def claim(self, rule_id: str, event_id: str) -> bool:
        """Return whether this gateway is the one that sends a rule's webhooks for a record."""
        try:
            key = f"claim:{rule_id}:{event_id}"
            return bool(await self._redis.set(key, b"1", nx=True, ex=CLAIM_S))
        except RedisError as error:
            log.warning("claim_unchecked", error=type(error).__name__)
            return True

    async def add(self, rule_id: str, delivery: Delivery) -> None:
        """Note an outcome."""
        key = f"deliveries:{rule_id}"
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(key, msgspec.json.encode(delivery))
                pipe.ltrim(key, 0, MAX_KEPT - 1)
                pipe.expire(key, KEPT_S)
                await pipe.execute()
        except RedisError as error:
            log.warning("delivery_not_shared", error=type(error).__name__)
            own = self._own.setdefault(rule_id, deque(maxlen=MAX_KEPT))
            own.appendleft(delivery)

    async def newest(self, rule_id: str, limit: int) -> list[Delivery]:
        """Return the newest outcomes of a rule."""
        found: list[Delivery] = list(self._own.get(rule_id, ()))
        try:
            kept = await self._redis.lrange(f"deliveries:{rule_id}", 0, limit - 1)
            found += [_DECODE.decode(each) for each in kept]
        except RedisError as error:
            log.warning("deliveries_unreadable", error=type(error).__name__)
        return sorted(found, key=lambda each: -each.ts)[:limit]
