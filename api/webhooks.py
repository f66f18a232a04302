"""
Webhooks: where they may go, and how they are signed and sent; gateway specification, 5.

An operator's rule names any address, so the gateway could be used to reach what only it can see.
Therefore a name is resolved first, every address it has is looked at, and the connection is made
to the very address that was looked at: the name cannot mean another one a moment later.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import random
import socket
import ssl
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

ATTEMPTS: Final = 5
TIMEOUT_S: Final = 5.0
FIRST_PAUSE_S: Final = 1.0
HTTPS_PORT: Final = 443
SIGNATURE_HEADER: Final = "X-Islandflow-Signature"

_RETRIED: Final = frozenset({408, 425, 429})
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_TUNNELS: Final = (
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("::/96"),
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedTarget(Exception):
    """The address is not one a webhook may go to; trying again would not help."""


class Target(msgspec.Struct, frozen=True):
    """
    Where a webhook goes.

    Parameters
    ----------
    url : str
        As it was given.
    host : str
        Name or address, lower case, without brackets.
    port : int
        Of the server.
    path : str
        With the query.
    """

    url: str
    host: str
    port: int
    path: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What came of a delivery.

    Parameters
    ----------
    outcome : str
        `delivered`, `refused` (address, redirect or answer that will not change) or `failed`.
    attempts : int
        Requests that were made.
    status : int | None
        Of the last answer; null when there was none.
    error : str
        What went wrong last, empty for nothing; never the address's path.
    """

    outcome: str
    attempts: int
    status: int | None = None
    error: str = ""


def target_of(url: str) -> Target:
    """
    Take the address of a webhook apart.

    Raises
    ------
    ValueError
        It is not https, has no host, or carries a user or a fragment.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"url: not an address: {error}"
        raise ValueError(msg) from error
    if parts.scheme != "https":
        msg = "url: expected https://…"
        raise ValueError(msg)
    if not parts.hostname or parts.username is not None or parts.password is not None:
        msg = "url: expected a host, and no user before it"
        raise ValueError(msg)
    if parts.fragment or any(each.isspace() or ord(each) < 32 for each in url):
        msg = "url: expected neither # nor blanks"
        raise ValueError(msg)
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    return Target(url, parts.hostname.lower().rstrip("."), port or HTTPS_PORT, path)


def is_public(address: str) -> bool:
    """
    Return whether an IP address is one of the open internet.

    Loopback, private, link-local, shared, reserved and multicast ranges are not, neither in IPv6
    forms of IPv4 addresses: mapped, translated or tunnelled.
    """
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _NAT64:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif any(found in each for each in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of a name, as the system resolves it."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def checked_address(
    target: Target, allowed_hosts: Collection[str], find: Resolve = resolve
) -> str:
    """
    Return the address to connect to.

    Parameters
    ----------
    target : Target
        Where the webhook goes.
    allowed_hosts : collection of str
        Names that may be private, lower case.
    find : callable
        Resolves a name.

    Raises
    ------
    RefusedTarget
        One of its addresses is not of the open internet.
    OSError
        The name cannot be resolved.
    """
    found = await find(target.host, target.port)
    if not found:
        msg = f"{target.host} has no address"
        raise OSError(msg)
    if target.host not in allowed_hosts and not all(is_public(each) for each in found):
        msg = (
            f"{target.host} is, or resolves to, a private address; "
            "name the host in WEBHOOK_ALLOW_HOSTS if that is meant"
        )
        raise RefusedTarget(msg)
    return found[0]


def signature(secret: str, now_s: int, body: bytes) -> str:
    """
    Return the value of `X-Islandflow-Signature`.

    Examples
    --------
    >>> signature("k" * 16, 1763650800, b"{}")[:16]
    't=1763650800,v1='
    """
    signed = str(now_s).encode() + b"." + body
    mark = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={now_s},v1={mark}"


class WebhookSender:
    """
    Send bodies to addresses.

    Delivery: at most once per call that ends well; a receiver that answered too late may get a
    body again, under the same idempotency key.

    Parameters
    ----------
    allowed_hosts : collection of str
        Hosts that may have private addresses.
    find : callable
        Resolves names.
    tls : ssl.SSLContext | None
        Which certificates are trusted; the system's by default.
    first_pause_s : float
        Wait after the first failure, doubled each time, give or take a half.
    timeout_s : float
        Longest time of one attempt, from the name to the answer.
    """

    def __init__(
        self,
        allowed_hosts: Collection[str],
        find: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        first_pause_s: float = FIRST_PAUSE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._allowed = frozenset(each.lower() for each in allowed_hosts)
        self._find = find
        self._first_pause_s = first_pause_s
        self._timeout_s = timeout_s
        # A kept connection would be used again for another name on the same address, unverified.
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
            trust_env=False,
            follow_redirects=False,
            verify=tls or ssl.create_default_context(),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=0),
        )

    async def send(
        self, target: Target, secret: str, key: str, body: bytes, attempts: int = ATTEMPTS
    ) -> Outcome:
        """
        Send a body until it is taken, refused, or all attempts are used.

        Parameters
        ----------
        target : Target
            Where to.
        secret : str
            Key of the signature.
        key : str
            Idempotency key.
        body : bytes
            JSON.
        attempts : int
            Most requests.
        """
        last = Outcome(outcome="failed", attempts=0)
        for number in range(1, attempts + 1):
            if number > 1:
                # Spread, so that many that failed together do not come back together.
                spread = 0.5 + random.random()  # noqa: S311 - a pause, not a secret
                await asyncio.sleep(self._first_pause_s * 2 ** (number - 2) * spread)
            last = await self._attempt(target, secret, key, body, number)
            if last.outcome != "failed":
                break
        return last

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _attempt(
        self, target: Target, secret: str, key: str, body: bytes, number: int
    ) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout_s):
                address = await checked_address(target, self._allowed, self._find)
                status = await self._post(target, address, secret, key, body)
        except RefusedTarget as error:
            return Outcome(outcome="refused", attempts=number - 1, error=str(error))
        except (TimeoutError, httpx.TimeoutException):
            msg = f"no answer within {self._timeout_s:g} s"
            return Outcome(outcome="failed", attempts=number, error=msg)
        except (OSError, httpx.HTTPError) as error:
            msg = f"{type(error).__name__} at {target.host}"
            return Outcome(outcome="failed", attempts=number, error=msg)
        if 200 <= status < 300:
            return Outcome(outcome="delivered", attempts=number, status=status)
        if 300 <= status < 400:
            msg = "it redirects, which is not followed"
            return Outcome(outcome="refused", attempts=number, status=status, error=msg)
        is_passing = status >= 500 or status in _RETRIED
        outcome = "failed" if is_passing else "refused"
        return Outcome(
            outcome=outcome, attempts=number, status=status, error=f"it answered {status}"
        )

    async def _post(self, target: Target, address: str, secret: str, key: str, body: bytes) -> int:
        literal = f"[{address}]" if ":" in address else address
        named = f"[{target.host}]" if ":" in target.host else target.host
        host = named if target.port == HTTPS_PORT else f"{named}:{target.port}"
        request = self._client.build_request(
            "POST",
            f"https://{literal}:{target.port}{target.path}",
            content=body,
            headers={
                "Host": host,
                "Content-Type": "application/json",
                "User-Agent": "islandflow",
                "Idempotency-Key": key,
                SIGNATURE_HEADER: signature(secret, int(time.time()), body),
            },
            extensions={"sni_hostname": target.host},
        )
        # What it says is not read: only whether it took the body counts.
        response = await self._client.send(request, stream=True)
        await response.aclose()
        return response.status_code
