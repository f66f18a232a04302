"""Sessions of the operator, in Redis under the hash of their id."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from api.problems import Problem
from api.security.principal import SCOPES
from api.security.principal import Principal

log = structlog.get_logger(__name__)

IDLE_S: Final = 12 * 3600
ABSOLUTE_S: Final = 7 * 24 * 3600
_ID_BYTES: Final = 32
_TIMEOUT_S: Final = 2.0
_MAX_ID_LENGTH: Final = 128


class Session(msgspec.Struct, frozen=True, gc=False):
    """
    What is kept of a session.

    Parameters
    ----------
    created_s : float
        Epoch seconds of the login; the session ends seven days later whatever happens.
    """

    created_s: float


class Sessions:
    """
    Begin, find and end sessions.

    When Redis does not answer nobody is let in: which sessions were ended is known there only.
    A Redis that lost its content has ended them all.

    Parameters
    ----------
    redis : redis.asyncio.Redis
        Where they are.
    clock : callable
        Epoch seconds.
    """

    def __init__(self, redis: redis.asyncio.Redis, clock: Callable[[], float]) -> None:
        self._redis = redis
        self._clock = clock

    async def begin(self) -> str:
        """
        Return the id of a new session; 256 random bits, kept nowhere.

        Raises
        ------
        Problem
            `dependency_down`.
        """
        session_id = secrets.token_urlsafe(_ID_BYTES)
        body = msgspec.json.encode(Session(self._clock()))
        async with answering():
            await self._redis.set(_key(digest(session_id)), body, ex=IDLE_S)
        return session_id

    async def find(self, session_id: str) -> Principal | None:
        """
        Return the principal of a session and count it as used; None when it is over or unknown.

        Raises
        ------
        Problem
            `dependency_down`.
        """
        if not session_id or len(session_id) > _MAX_ID_LENGTH:
            return None
        hashed = digest(session_id)
        async with answering():
            body = await self._redis.getex(_key(hashed), ex=IDLE_S)
        session = _session(body)
        if session is None:
            return None
        ends_at_s = session.created_s + ABSOLUTE_S
        if ends_at_s <= self._clock():
            await self.end(hashed)
            return None
        return Principal("operator", frozenset(SCOPES), "session", hashed, ends_at_s)

    async def is_alive(self, principal: Principal) -> bool:
        """
        Say whether a session found earlier goes on, without counting it as used.

        While Redis does not answer it goes on, at most to its absolute end: an open socket is no
        new entry.
        """
        if principal.ends_at_s is not None and principal.ends_at_s <= self._clock():
            return False
        try:
            async with answering():
                return bool(await self._redis.exists(_key(principal.key)))
        except Problem:
            return True

    async def end(self, hashed: str) -> None:
        """
        End a session by the hash of its id.

        Raises
        ------
        Problem
            `dependency_down`: the session goes on.
        """
        async with answering():
            await self._redis.delete(_key(hashed))


def digest(secret: str) -> str:
    """Return the SHA-256 of a session id or token, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """Turn a Redis that does not answer into a 503."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            yield
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("sessions_unreachable", error=type(error).__name__)
        msg = "sessions are kept in Redis, which does not answer; /health names it"
        raise Problem("dependency_down", msg, headers={"Retry-After": "5"}) from error


def _key(hashed: str) -> str:
    return f"session:{hashed}"


def _session(body: bytes | str | None) -> Session | None:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=Session)
    except msgspec.DecodeError:
        return None
