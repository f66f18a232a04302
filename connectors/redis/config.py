"""Configuration of the Redis connectors."""

from typing import Final

import msgspec

from connectors.errors import MisconfiguredConnector

SCHEMES: Final = ("redis://", "rediss://", "unix://")


class RedisConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Where Redis is and how long an answer is waited for.

    Parameters
    ----------
    url : str
        `redis[s]://[user:password@]host:port[/database]`, as `REDIS_URL`.
    timeout_s : float
        Longest wait for a connection or an answer, above 0.
    """

    url: str
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        if not self.url.startswith(SCHEMES):
            msg = "REDIS_URL is not an address of Redis, expected redis://host:port"
            raise MisconfiguredConnector(msg)
        if self.timeout_s <= 0:
            msg = f"timeout_s is {self.timeout_s}, expected above 0"
            raise MisconfiguredConnector(msg)


class BaselineStoreConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How baselines are kept in Redis.

    Parameters
    ----------
    redis : RedisConfig
        Where.
    ttl_s : int
        Seconds after which a key that was not written again expires, above 0 (`ROLLING_TTL_SEC`).
    interval_s : float
        Wall-clock seconds between two writes of one partition, above 0.
    """

    redis: RedisConfig
    ttl_s: int = 86_400
    interval_s: float = 30.0

    def __post_init__(self) -> None:
        if self.ttl_s <= 0 or self.interval_s <= 0:
            msg = f"ttl_s {self.ttl_s} and interval_s {self.interval_s}: expected above 0"
            raise MisconfiguredConnector(msg)


class CandleCacheConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How the newest candles are kept in Redis.

    Parameters
    ----------
    redis : RedisConfig
        Where.
    kept : int
        Bars kept of each underlying and length, 1 to 10,000 (`CANDLE_CACHE_BARS`).
    ttl_s : int
        Seconds after which bars that got no company expire, from 60 on; by default a long weekend
        (`CANDLE_CACHE_TTL_SEC`).
    """

    redis: RedisConfig
    kept: int = 2000
    ttl_s: int = 345_600

    def __post_init__(self) -> None:
        if not 1 <= self.kept <= 10_000:
            msg = f"CANDLE_CACHE_BARS is {self.kept}, expected 1 to 10000"
            raise MisconfiguredConnector(msg)
        if self.ttl_s < 60:
            msg = f"CANDLE_CACHE_TTL_SEC is {self.ttl_s}, expected from 60 on"
            raise MisconfiguredConnector(msg)
