"""Which ports the embedded services listen on, and that they stay the same."""

import contextlib
import ipaddress
import socket
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path
from typing import Final

import orjson

from infra.errors import MisconfiguredInfra

FILE_NAME: Final = "ports.json"
_FLAGS: Final = {
    "kafka": "--kafka-port",
    "registry": "--registry-port",
    "clickhouse": "--clickhouse-port",
    "redis": "--redis-port",
}


@dataclass(frozen=True, slots=True)
class EmbeddedPorts:
    """
    TCP ports of the four services.

    Parameters
    ----------
    kafka, registry, clickhouse, redis : int, default 0
        0 to 65535; 0 takes the port used on this folder before if it is free, else any free one.
    """

    kafka: int = 0
    registry: int = 0
    clickhouse: int = 0
    redis: int = 0


def is_loopback(host: str) -> bool:
    """Say whether an address is reachable from this machine only."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def free_port(host: str) -> int:
    """Return a port that was free a moment ago."""
    with bind(host, 0) as listener:
        port: int = listener.getsockname()[1]
        return port


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; `OSError` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=512)
    # Inherited by connections; asyncio sets it only on sockets that name their protocol, and
    # without it every short answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def listen(host: str, wanted: EmbeddedPorts, data_dir: Path) -> dict[str, socket.socket]:
    """
    Take a port for every service.

    Parameters
    ----------
    host : str
        Address to listen on.
    wanted : EmbeddedPorts
        What was asked for.
    data_dir : Path
        Folder that remembers the ports of the run before.

    Returns
    -------
    dict of str to socket
        Listening sockets by service name.

    Raises
    ------
    MisconfiguredInfra
        When a port that was asked for is taken or the address is not this machine's.
    """
    before = _remembered(data_dir)
    taken: dict[str, socket.socket] = {}
    try:
        for service in _FLAGS:
            taken[service] = _listen_one(host, service, getattr(wanted, service), before)
    except MisconfiguredInfra:
        for listener in taken.values():
            listener.close()
        raise
    return taken


def remember(data_dir: Path, ports: EmbeddedPorts) -> None:
    """Keep the ports for the next start on this folder."""
    (data_dir / FILE_NAME).write_bytes(orjson.dumps(asdict(ports)))


def _listen_one(host: str, service: str, wanted: int, before: EmbeddedPorts) -> socket.socket:
    if wanted == 0:
        with contextlib.suppress(OSError):
            return bind(host, getattr(before, service))
    try:
        return bind(host, wanted)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = (
            f"cannot listen on {host}:{wanted} for {service} ({reason}); stop what uses the port "
            f"or choose another with {_FLAGS[service]}"
        )
        raise MisconfiguredInfra(msg) from error


def _remembered(data_dir: Path) -> EmbeddedPorts:
    names = [item.name for item in fields(EmbeddedPorts)]
    with contextlib.suppress(OSError, orjson.JSONDecodeError, AttributeError):
        found = orjson.loads((data_dir / FILE_NAME).read_bytes())
        ports = {name: found.get(name) for name in names}
        return EmbeddedPorts(**{k: v for k, v in ports.items() if isinstance(v, int)})
    return EmbeddedPorts()
