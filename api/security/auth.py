"""Who is let in: the password, sessions, tokens, limits, and the checks at start."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from typing import Literal

import redis.asyncio
import structlog
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope
from starlette.websockets import WebSocket

from api.problems import Problem
from api.problems import problem_response
from api.security import access
from api.security.kept import FOLDER
from api.security.kept import kept_secret
from api.security.limits import Buckets
from api.security.limits import LoginGate
from api.security.limits import address_key
from api.security.origin import OriginRules
from api.security.origin import Peer
from api.security.origin import check_bind
from api.security.passwords import PasswordCheck
from api.security.passwords import check_hash
from api.security.principal import LOCAL
from api.security.principal import Principal
from api.security.principal import needs
from api.security.refusals import auth_required
from api.security.refusals import rate_limited
from api.security.refusals import refused
from api.security.sessions import Sessions
from api.security.tokens import Tokens
from infra.embedded.ports import is_loopback
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings

__all__ = ["Principal", "Recognised", "Security", "check_settings", "needs"]

log = structlog.get_logger(__name__)

TOKENS_FILE: Final = "tokens.json"
KEY_FILE: Final = "cursor.key"
MIN_SECRET: Final = 32
HANDSHAKES_PER_MINUTE: Final = 20
_COOKIE: Final = "islandflow"
_PREFIX: Final = "__Host-"

Failure = Literal["", "token", "session", "unreachable"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """
    What a request's credentials say.

    Parameters
    ----------
    principal : Principal | None
        None for nobody.
    failure : str
        Why nobody, when something was sent: an unknown `token`, a `session` that is over, or
        `unreachable`, because Redis or the tokens cannot be read.
    """

    principal: Principal | None
    failure: Failure = ""

    def required(self) -> Principal:
        """
        Return the principal.

        Raises
        ------
        Problem
            `auth_required`, `auth_expired` or `dependency_down`.
        """
        if self.principal is not None:
            return self.principal
        if self.failure == "session":
            raise refused("auth_expired", "the session has ended; log in again", "session")
        if self.failure == "unreachable":
            msg = "who you are cannot be looked up, because a service does not answer"
            raise Problem("dependency_down", msg, headers={"Retry-After": "5"})
        raise auth_required("token" if self.failure else "nobody")


class Security:
    """
    Decide who may ask what.

    Parameters
    ----------
    settings : GatewaySettings
        Hosts, password hash, limits.
    data_dir : Path
        Folder of the secret key and the tokens.
    redis : redis.asyncio.Redis
        Where sessions and login attempts are.
    clock : callable
        Epoch seconds.
    ticks : callable
        Seconds, never going back.

    Attributes
    ----------
    secret : bytes
        Key of cursors; from `API_SECRET_KEY`, else kept in the data folder. Known after `start`.
    tokens : Tokens
        Bearer tokens.
    sessions : Sessions
        Sessions of the operator.
    origins : OriginRules
        Own hosts and pages.

    Raises
    ------
    MisconfiguredInfra
        Starting would let in whom it should not; the message has the remedy.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        data_dir: Path,
        redis: redis.asyncio.Redis,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        check_settings(settings)
        self.settings = settings
        self.secret = settings.api_secret_key.get_secret_value().encode()
        self.tokens = Tokens(data_dir / FOLDER / TOKENS_FILE)
        self.sessions = Sessions(redis, clock)
        self.origins = OriginRules(settings)
        self._secret_path = data_dir / FOLDER / KEY_FILE
        self._is_disabled = settings.api_auth == "disabled"
        self._password = PasswordCheck(settings.api_password_hash.get_secret_value())
        self._logins = LoginGate(redis, settings.rate_limit_login, clock)
        self._rest = Buckets(settings.rate_limit_rest, None, ticks)
        self._lookup = Buckets(settings.rate_limit_lookup, None, ticks)
        self._handshakes = Buckets(HANDSHAKES_PER_MINUTE, HANDSHAKES_PER_MINUTE, ticks)

    @property
    def login_mode(self) -> str:
        """Return what the terminal has to ask for: `password` or `none`."""
        return "none" if self._is_disabled else "password"

    async def start(self) -> None:
        """
        Read the secret key and the tokens.

        Raises
        ------
        MisconfiguredInfra
            A file is damaged or open to others.
        """
        if not self.secret:
            self.secret = kept_secret(self._secret_path)
        self.tokens.all()

    async def stop(self) -> None:
        """Do nothing: what is held here is held by nobody else."""

    async def recognise(
        self, headers: Headers, peer: Peer, *, allows_cookie: bool = True
    ) -> Recognised:
        """
        Say who sent a request; a token counts before a cookie.

        Parameters
        ----------
        headers : Headers
            Of the request.
        peer : Peer
            Where it came from; the cookie's name depends on it.
        allows_cookie : bool
            False where a page of another site could have sent it.
        """
        if self._is_disabled:
            return Recognised(LOCAL)
        try:
            given = headers.getlist("authorization")
            if given:
                return self._by_token(given)
            session_id = self._session_id(headers, peer) if allows_cookie else ""
            if not session_id:
                return Recognised(None)
            found = await self.sessions.find(session_id)
            return Recognised(found, "" if found else "session")
        except Problem:
            return Recognised(None, "unreachable")
        except (MisconfiguredInfra, OSError) as error:
            log.error("tokens_unreadable", error=str(error))
            return Recognised(None, "unreachable")

    async def login(self, password: str, peer: Peer) -> str:
        """
        Return the id of a new session.

        Raises
        ------
        Problem
            `rate_limited`, `auth_required` for a wrong password, `capacity`, `dependency_down`.
        """
        wait_s = await self._logins.enter(peer.address)
        if wait_s > 0:
            raise rate_limited(wait_s, "logins from this address", "login")
        if not await self._password.is_right(password):
            log.warning("login_refused", address=peer.address)
            raise refused("auth_required", "the password is wrong", "password")
        await self._logins.succeeded(peer.address)
        log.info("login", address=peer.address)
        return await self.sessions.begin()

    def cookie_name(self, peer: Peer) -> str:
        """Return the session cookie's name: one no other host can set where there is TLS."""
        return _PREFIX + _COOKIE if peer.is_secure else _COOKIE

    def limit(self, path: str, principal: Principal | None, peer: Peer) -> None:
        """
        Count a request.

        Raises
        ------
        Problem
            `rate_limited`.
        """
        if path in access.PROBES:
            return
        key = principal.bucket if principal else f"address:{address_key(peer.address)}"
        is_lookup = access.is_lookup(path)
        wait_s = (self._lookup if is_lookup else self._rest).take(key)
        if wait_s > 0:
            what, bucket = ("lookups", "lookup") if is_lookup else ("requests", "rest")
            raise rate_limited(wait_s, what, bucket)

    def is_scraper(self, path: str, peer: Peer) -> bool:
        """Say whether `/metrics` is asked on this machine, where it needs no token."""
        return (
            path == access.METRICS
            and is_loopback(self.settings.api_host)
            and is_loopback(peer.address)
            and not peer.is_forwarded
        )

    async def admit_socket(self, scope: Scope) -> Principal:
        """
        Return who opens a socket; the handshake has not been answered yet.

        Raises
        ------
        Problem
            Why it is denied.
        """
        peer = self.origins.peer(scope)
        headers = Headers(scope=scope)
        try:
            self.origins.check_host(peer)
            has_origin = self.origins.check_origin(peer, headers)
            access.refuse_secrets_in(scope.get("query_string", b""))
            found = await self.recognise(headers, peer, allows_cookie=has_origin)
            principal = found.required()
        except Problem as problem:
            wait_s = self._handshakes.take(address_key(peer.address))
            if wait_s > 0:
                raise rate_limited(wait_s, "handshakes", "handshake") from problem
            raise
        if "read" not in principal.scopes:
            raise refused("scope_missing", "sockets need the scope read")
        return principal

    async def accept(
        self, websocket: WebSocket, subprotocol: str | None = None
    ) -> Principal | None:
        """
        Let a socket in, or deny it and return None.

        On success the handshake has been answered (`websocket.accept` was called with the
        sub-protocol); on None it was denied and nothing more may be sent.
        """
        found = getattr(websocket.state, "principal", None)
        try:
            principal = found or await self.admit_socket(websocket.scope)
        except Problem as problem:
            await deny(websocket, problem)
            return None
        await websocket.accept(subprotocol=subprotocol)
        return principal

    async def check(self, principal: Principal) -> bool:
        """
        Say whether a principal let in earlier is still welcome; asked every 60 s.

        What cannot be looked up at the moment goes on: an open socket is no new entry.
        """
        if self._is_disabled or principal.kind == "local":
            return self._is_disabled
        if principal.kind == "session":
            return await self.sessions.is_alive(principal)
        try:
            return self.tokens.is_alive(principal)
        except (MisconfiguredInfra, OSError) as error:
            log.error("tokens_unreadable", error=str(error))
            return True

    def _by_token(self, given: list[str]) -> Recognised:
        kind, _, secret = given[0].partition(" ")
        if len(given) != 1 or kind.lower() != "bearer":
            return Recognised(None, "token")
        found = self.tokens.find(secret.strip())
        return Recognised(found, "" if found else "token")

    def _session_id(self, headers: Headers, peer: Peer) -> str:
        text = "; ".join(headers.getlist("cookie"))
        return cookie_parser(text).get(self.cookie_name(peer), "")


def check_settings(settings: GatewaySettings) -> None:
    """
    Refuse settings that would let in whom they should not.

    Raises
    ------
    MisconfiguredInfra
        With the remedy.
    """
    check_bind(settings)
    if 0 < len(settings.api_secret_key) < MIN_SECRET:
        msg = (
            f"API_SECRET_KEY has {len(settings.api_secret_key)} characters, expected at least "
            f"{MIN_SECRET}; leave it empty and one is made"
        )
        raise MisconfiguredInfra(msg)
    if settings.api_auth == "disabled":
        return
    if not settings.api_password_hash:
        msg = (
            "API_AUTH is required, but API_PASSWORD_HASH is empty; run `islandflow auth "
            "set-password`, or set API_AUTH=disabled to use the gateway on this machine only"
        )
        raise MisconfiguredInfra(msg)
    check_hash(settings.api_password_hash.get_secret_value())


async def deny(websocket: WebSocket, problem: Problem) -> None:
    """Answer a handshake with a problem, or close 1008 where the server cannot."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(problem_response(websocket, problem))
    else:
        await websocket.close(1008, problem.code)
