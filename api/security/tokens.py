"""Bearer tokens of programs, kept hashed in the data folder."""

import fcntl
import hmac
import secrets
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from api.security.kept import refuse_open_file
from api.security.kept import replace_file
from api.security.principal import SCOPES
from api.security.principal import Principal
from api.security.sessions import digest
from infra.errors import MisconfiguredInfra

# Marks a token as ours wherever one turns up: in a log, a query string, a repository.
PREFIX: Final = "ifl_"
MAX_TOKENS: Final = 200
MAX_NAME: Final = 64
_BYTES: Final = 32
_MAX_LENGTH: Final = 128
_ID_BYTES: Final = 6


class Token(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """
    A token without its secret.

    Parameters
    ----------
    id : str
        By which it is listed and removed.
    name : str
        What the operator calls it.
    scopes : list of str
        Of `SCOPES`.
    sha256 : str
        Of the token, hexadecimal.
    created_ts : str
        Nanoseconds of its making.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    sha256: str
    created_ts: str


class Tokens:
    """
    Make, find and remove tokens.

    They are in a file of the data folder and not in Redis, which may forget, nor in ClickHouse,
    which may be down: a program that watches the gateway gets in whatever else fails. Gateways of
    one folder, and `islandflow auth token`, see each other's changes at the next request.

    Parameters
    ----------
    path : Path
        JSON file of mode 0600; absent means none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def all(self) -> tuple[Token, ...]:
        """
        Return all tokens, oldest first.

        Raises
        ------
        MisconfiguredInfra
            The file is damaged or open to others.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, ()
            return ()
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._seen:
            self._tokens = self._read()
            self._seen = stamp
        return self._tokens

    def create(self, name: str, scopes: Sequence[str]) -> tuple[Token, str]:
        """
        Make a token and return it with its secret, which is known this once.

        Raises
        ------
        MisconfiguredInfra
            Name or scopes are wrong, the name is taken, or there are 200.
        """
        _check(name, scopes)
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        made = Token(
            secrets.token_hex(_ID_BYTES),
            name,
            tuple(scope for scope in SCOPES if scope in scopes),
            digest(secret),
            str(time.time_ns()),
        )
        with self._changing() as tokens:
            if len(tokens) >= MAX_TOKENS:
                msg = f"there are {MAX_TOKENS} tokens; remove one first"
                raise MisconfiguredInfra(msg)
            if any(each.name == name for each in tokens):
                msg = f"a token {name!r} exists; remove it first or choose another name"
                raise MisconfiguredInfra(msg)
            tokens.append(made)
        return made, secret

    def remove(self, token_id: str) -> Token | None:
        """Remove a token by its id; None when there is none."""
        with self._changing() as tokens:
            for each in tokens:
                if each.id == token_id:
                    tokens.remove(each)
                    return each
        return None

    def find(self, secret: str) -> Principal | None:
        """Return the principal of a token; takes the same time whichever it is."""
        if len(secret) > _MAX_LENGTH:
            return None
        hashed = digest(secret)
        found: Token | None = None
        for each in self.all():
            if hmac.compare_digest(each.sha256, hashed):
                found = each
        return None if found is None else _principal(found)

    def is_alive(self, principal: Principal) -> bool:
        """Say whether a token found earlier still exists with the same scopes."""
        return any(_principal(each) == principal for each in self.all())

    def _read(self) -> tuple[Token, ...]:
        refuse_open_file(self._path)
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=tuple[Token, ...])
        except msgspec.DecodeError as error:
            msg = f"{self._path} is damaged ({error}); remove it and make the tokens anew"
            raise MisconfiguredInfra(msg) from None

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        """Yield the tokens for change, alone among all processes; an error changes nothing."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_name(f"{self._path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Read anew, because two changes may fall into one tick of the file's clock.
            tokens = [*self._read()] if self._path.exists() else []
            before = tuple(tokens)
            yield tokens
            if tuple(tokens) != before:
                replace_file(self._path, msgspec.json.encode(tokens))


def _principal(token: Token) -> Principal:
    return Principal(token.name, frozenset(token.scopes), "token", token.sha256)


def _check(name: str, scopes: Sequence[str]) -> None:
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        msg = (
            f"the token's name has {len(name)} characters, expected 1 to {MAX_NAME} printable ones"
        )
        raise MisconfiguredInfra(msg)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        msg = f"scopes are {', '.join(scopes) or 'none'}, expected some of {', '.join(SCOPES)}"
        raise MisconfiguredInfra(msg)
