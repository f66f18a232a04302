"""How often somebody may ask: token buckets, and waits that double after wrong passwords."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec
import redis.asyncio

from api.security.sessions import answering

# Buckets kept; the one used longest ago leaves first. A full bucket and a forgotten one are the
# same, so only a flood from more addresses than this gains anything.
MAX_BUCKETS: Final = 10_000
_MINUTE_S: Final = 60.0
MAX_WAIT_S: Final = 3600
_IPV6_PREFIX: Final = 64


class Buckets:
    """
    Token buckets, one for each key; in this process only.

    Parameters
    ----------
    per_minute : int
        Refill.
    burst : int | None
        Size of a bucket; a quarter of a minute's refill, at least 1, when None.
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, per_minute: int, burst: int | None, clock: Callable[[], float]) -> None:
        self._per_s = per_minute / _MINUTE_S
        self._burst = float(max(1, per_minute // 4) if burst is None else burst)
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token and return 0, or return the seconds until there is one."""
        now = self._clock()
        level, stamp = self._kept.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - stamp) * self._per_s)
        wait_s = 0.0
        if level >= 1.0:
            level -= 1.0
        else:
            wait_s = (1.0 - level) / self._per_s
        self._kept[key] = (level, now)
        if len(self._kept) > MAX_BUCKETS:
            self._kept.popitem(last=False)
        return wait_s


def address_key(address: str) -> str:
    """
    Return what an address is counted under: an IPv6 client has a whole /64 to change within.

    Examples
    --------
    >>> address_key("2001:db8:1:2:3:4:5:6"), address_key("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)


class _Attempts(msgspec.Struct, frozen=True, gc=False):
    """Login attempts of an address: of the running minute, and the wait they led to."""

    window_s: float
    count: int
    blocked_until_s: float
    wait_s: float


class LoginGate:
    """
    Slow down who guesses passwords.

    An address has `per_minute` attempts a minute. The next one has to wait a minute, and each
    attempt after a wait that fails again doubles the next, up to an hour. Success forgets all.
    Kept in Redis (`rate:login:<address>`), so restarts and siblings do not begin anew.

    Parameters
    ----------
    redis : redis.asyncio.Redis
        Where attempts are counted.
    per_minute : int
        Attempts without wait.
    clock : callable
        Epoch seconds.
    """

    def __init__(
        self, redis: redis.asyncio.Redis, per_minute: int, clock: Callable[[], float]
    ) -> None:
        self._redis = redis
        self._per_minute = per_minute
        self._clock = clock

    async def enter(self, address: str) -> float:
        """
        Count an attempt before its password is looked at; return the seconds it has to wait.

        Counted first, so that attempts sent side by side count too. An attempt that has to wait
        is not counted and does not lengthen the wait.

        Raises
        ------
        Problem
            `dependency_down`.
        """
        now = self._clock()
        key = _login_key(address)
        async with answering():
            found = _attempts(await self._redis.get(key))
            if found is None:
                found = _Attempts(now, 0, 0.0, 0.0)
            if found.blocked_until_s > now:
                return found.blocked_until_s - now
            later = self._after(found, now)
            life_s = int(max(_MINUTE_S, later.blocked_until_s - now) + MAX_WAIT_S)
            await self._redis.set(key, msgspec.json.encode(later), ex=life_s)
        return 0.0

    async def succeeded(self, address: str) -> None:
        """Forget the attempts of an address."""
        async with answering():
            await self._redis.delete(_login_key(address))

    def _after(self, found: _Attempts, now: float) -> _Attempts:
        if found.wait_s:
            # It has waited once: a single attempt, and the next wait is twice as long.
            wait_s = min(2 * found.wait_s, MAX_WAIT_S)
            return _Attempts(now, 1, now + wait_s, wait_s)
        is_new = now - found.window_s >= _MINUTE_S
        window_s, count = (now, 1) if is_new else (found.window_s, found.count + 1)
        if count >= self._per_minute:
            return _Attempts(window_s, count, now + _MINUTE_S, _MINUTE_S)
        return _Attempts(window_s, count, 0.0, 0.0)


def _login_key(address: str) -> str:
    return f"rate:login:{address_key(address)}"


def _attempts(body: bytes | str | None) -> _Attempts | None:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=_Attempts)
    except msgspec.DecodeError:
        return None
