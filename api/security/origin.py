"""Where a request came from: its client behind proxies, the host it named, the page it is of."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from api.security.refusals import refused
from infra.embedded.ports import is_loopback
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
_PORTS: Final = {"http": "80", "https": "443"}
_MAX_HOST: Final = 255


@dataclass(frozen=True, slots=True)
class Peer:
    """
    The other end of a request.

    Parameters
    ----------
    address : str
        The client's; behind trusted proxies as they name it.
    host : str
        What it believes it talks to, `name[:port]`, lower case; empty when it did not say.
    scheme : "http" | "https"
        As the client sees it.
    is_forwarded : bool
        Whether a trusted proxy handed it on.
    """

    address: str
    host: str
    scheme: str
    is_forwarded: bool

    @property
    def is_secure(self) -> bool:
        """Say whether the client's side is encrypted."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """Return the origin of the gateway's own pages as this client sees them."""
        return _without_default_port(f"{self.scheme}://{self.host}")


class OriginRules:
    """
    Tell own requests from foreign ones.

    Parameters
    ----------
    settings : GatewaySettings
        Allowed hosts and origins, trusted proxies.

    Raises
    ------
    MisconfiguredInfra
        `API_TRUSTED_PROXIES` names something else than addresses or networks, or an origin is
        not written `scheme://host[:port]`.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._proxies = tuple(_network(each) for each in listed(settings.api_trusted_proxies))
        hosts = [*LOOPBACK_NAMES, *(each.lower() for each in listed(settings.api_allowed_hosts))]
        # An address cannot be rebound, so the one listened on is a name like any other.
        if settings.api_host not in _WILDCARDS:
            hosts.append(_bracketed(settings.api_host.lower()))
        self._hosts = frozenset(hosts)
        self._origins = frozenset(_origin(each) for each in listed(settings.api_allowed_origins))

    def peer(self, scope: Scope) -> Peer:
        """Return the other end; `X-Forwarded-*` counts only when a trusted proxy says it."""
        headers = Headers(scope=scope)
        client = scope.get("client")
        address = str(client[0]) if client else ""
        scheme = _PLAIN_SCHEME[str(scope.get("scheme", "http"))]
        host = _single(headers.getlist("host"))
        if not self._is_proxy(address):
            return Peer(address, host, scheme, is_forwarded=False)
        forwarded = ",".join(headers.getlist("x-forwarded-for"))
        named = _last(headers.getlist("x-forwarded-proto"))
        return Peer(
            self._client_behind(forwarded, address),
            _last(headers.getlist("x-forwarded-host")) or host,
            named if named in _PORTS else scheme,
            is_forwarded=bool(forwarded),
        )

    def check_host(self, peer: Peer) -> None:
        """
        Refuse a `Host` that is not ours: a foreign name that resolves to us (DNS rebinding).

        Raises
        ------
        Problem
            `origin_refused`.
        """
        name, _, port = _split(peer.host)
        is_port = not port or (port.isascii() and port.isdecimal())
        if peer.host in self._hosts or (name in self._hosts and is_port):
            return
        msg = "the Host header names none of this gateway's hosts; API_ALLOWED_HOSTS lists others"
        raise refused("origin_refused", msg, "host")

    def check_origin(self, peer: Peer, headers: Headers) -> bool:
        """
        Refuse pages of other origins; return whether the request says that it is of our own.

        A browser leaves `Origin` out of its own GET requests and of links; what it says about
        them in `Sec-Fetch-Site` is used where it does.

        Raises
        ------
        Problem
            `origin_refused`.
        """
        given = headers.getlist("origin")
        if given:
            if len(given) == 1 and self.is_own(peer, given[0]):
                return True
            msg = "the Origin header names another site; API_ALLOWED_ORIGINS lists those let in"
            raise refused("origin_refused", msg, "origin")
        site, mode = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", "")
        if site == "cross-site" and mode != "navigate":
            raise refused("origin_refused", "a page of another site may not embed this", "origin")
        return False

    def is_own(self, peer: Peer, origin: str) -> bool:
        """Say whether an origin is the gateway's own or an allowed one; exact matches only."""
        wanted = _without_default_port(origin.lower())
        return wanted == peer.origin or wanted in self._origins

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)

    def _client_behind(self, forwarded: str, address: str) -> str:
        """Return the nearest address no trusted proxy stands behind; the rest can be invented."""
        for each in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            try:
                address = str(ipaddress.ip_address(each.strip("[]")))
            except ValueError:
                return address
            if not self._is_proxy(address):
                return address
        return address


def check_bind(settings: GatewaySettings) -> None:
    """
    Refuse to open the gateway to the network without protection.

    Raises
    ------
    MisconfiguredInfra
        With the remedy.
    """
    if bool(settings.api_tls_cert) != bool(settings.api_tls_key):
        missing = "API_TLS_KEY" if settings.api_tls_cert else "API_TLS_CERT"
        msg = f"{missing} is not set, but the other half of the pair is; set both or none"
        raise MisconfiguredInfra(msg)
    if is_loopback(settings.api_host):
        return
    if settings.api_auth == "disabled":
        msg = (
            f"API_AUTH=disabled with API_HOST={settings.api_host} would let everybody of the "
            "network in; use API_HOST=127.0.0.1 or API_AUTH=required"
        )
        raise MisconfiguredInfra(msg)
    if not settings.api_tls_cert and not listed(settings.api_trusted_proxies):
        msg = (
            f"API_HOST={settings.api_host} would send the password unencrypted; set API_TLS_CERT "
            "and API_TLS_KEY, or API_TRUSTED_PROXIES to the proxy that encrypts, or use "
            "API_HOST=127.0.0.1"
        )
        raise MisconfiguredInfra(msg)


def listed(text: str) -> tuple[str, ...]:
    """Return the parts of a comma-separated setting."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PLAIN_SCHEME: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        msg = f"API_TRUSTED_PROXIES has {text!r}, expected addresses or networks such as 10.0.0.0/8"
        raise MisconfiguredInfra(msg) from None


def _origin(text: str) -> str:
    scheme, separator, host = text.lower().partition("://")
    if scheme not in _PORTS or not separator or not host or set(host) & set("/?#@*"):
        msg = f"API_ALLOWED_ORIGINS has {text!r}, expected http(s)://host[:port]"
        raise MisconfiguredInfra(msg)
    return _without_default_port(text.lower())


def _without_default_port(origin: str) -> str:
    scheme, _, host = origin.partition("://")
    return origin.removesuffix(f":{_PORTS[scheme]}") if scheme in _PORTS and host else origin


def _split(host: str) -> tuple[str, str, str]:
    """Split `name:port`; the brackets of an IPv6 address belong to its name."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, ":", rest.removeprefix(":")
    return host.partition(":")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _single(values: list[str]) -> str:
    """Return the one value of a header; two of them are a smuggled request."""
    if len(values) != 1 or len(values[0]) > _MAX_HOST:
        return ""
    return values[0].strip().lower()


def _last(values: list[str]) -> str:
    return ",".join(values).rpartition(",")[2].strip().lower()
