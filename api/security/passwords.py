"""The operator's password: argon2id, one computation at a time, outside the event loop."""

import asyncio
from typing import Final

import argon2
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError
from argon2.exceptions import VerificationError

from api.problems import Problem
from infra.errors import MisconfiguredInfra

MEMORY_KIB: Final = 65_536
PASSES: Final = 3
LANES: Final = 1
MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1024
# A computation takes about 0.1 s; who stands behind this many would wait for no good reason.
MAX_WAITING: Final = 8
_HASHER: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hash_password(password: str) -> str:
    """
    Return the argon2id string of a password; takes 64 MiB for a moment.

    Raises
    ------
    MisconfiguredInfra
        It is shorter than 12 or longer than 1,024 characters.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        msg = f"the password has {len(password)} characters, expected {MIN_LENGTH} to {MAX_LENGTH}"
        raise MisconfiguredInfra(msg)
    return _HASHER.hash(password)


def check_hash(encoded: str) -> None:
    """
    Refuse what is no argon2id string, or one cheaper to guess than ours.

    Raises
    ------
    MisconfiguredInfra
        With the remedy; never with the hash.
    """
    remedy = "make it with `islandflow auth set-password`"
    try:
        found = argon2.extract_parameters(encoded)
    except InvalidHashError:
        msg = f"API_PASSWORD_HASH is no argon2id string; {remedy}"
        raise MisconfiguredInfra(msg) from None
    is_weak = found.memory_cost < MEMORY_KIB or found.time_cost < PASSES
    if found.type is not argon2.Type.ID or is_weak:
        msg = (
            f"API_PASSWORD_HASH is {found.type.name} with {found.memory_cost} KiB and "
            f"{found.time_cost} passes, expected argon2id with {MEMORY_KIB} KiB and {PASSES}; "
            f"{remedy}"
        )
        raise MisconfiguredInfra(msg)


class PasswordCheck:
    """
    Compare passwords with the one hash.

    Parameters
    ----------
    encoded : str
        The argon2id string.
    """

    def __init__(self, encoded: str) -> None:
        self._encoded = encoded
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def is_right(self, password: str) -> bool:
        """
        Say whether it is the password; one at a time, in a thread.

        Raises
        ------
        Problem
            `capacity` when too many wait already.
        """
        if self._waiting >= MAX_WAITING:
            raise Problem(
                "capacity", "too many logins at once; try again", headers={"Retry-After": "2"}
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(_verify, self._encoded, password)
        finally:
            self._waiting -= 1


def _verify(encoded: str, password: str) -> bool:
    if not encoded or len(password) > MAX_LENGTH:
        return False
    try:
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
