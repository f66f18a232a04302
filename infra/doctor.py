"""Look at the machine, the settings and the services, and say what to do."""

import os
import shutil
import socket
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.embedded.stack import StackAddresses
from infra.embedded.stack import running_stack
from infra.errors import InfraError
from infra.pipeline.services import configured_addresses
from infra.ports import is_free
from infra.settings import ServiceSettings
from infra.settings import Settings

MIN_FREE_GIB = 2.0
TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    state : str
        `ok`, `note` (works, could be better) or `problem`.
    detail, remedy : str
        What was found, and what to do about it (empty when nothing).
    """

    name: str
    state: str
    detail: str
    remedy: str = ""


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return Finding("python", "ok", found)
    return Finding(
        "python", "problem", found, "use Python 3.11 or 3.12: Bytewax has no other builds"
    )


def _packages() -> Finding:
    wanted = ("bytewax", "chdb", "clickhouse_connect", "confluent_kafka", "databento", "kio")
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        return Finding("packages", "problem", f"missing: {', '.join(missing)}", "run make setup")
    return Finding("packages", "ok", "all present")


def _disk(folder: Path) -> Finding:
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free_gib = shutil.disk_usage(existing).free / 2**30
    detail = f"{free_gib:.1f} GiB free for {folder}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "data folder", "problem", f"{existing} is not writable", "set ISLANDFLOW_DATA_DIR"
        )
    if free_gib < MIN_FREE_GIB:
        return Finding(
            "data folder", "problem", detail, "free some space or set ISLANDFLOW_DATA_DIR"
        )
    return Finding("data folder", "ok", detail)


def _tools() -> list[Finding]:
    wanted = {
        "redis-server": "fakeredis serves the Redis API instead",
        "kcat": "islandflow topics tail does the same",
    }
    return [
        Finding(name, "ok", path)
        if (path := shutil.which(name))
        else Finding(name, "note", f"not installed; {instead}", f"apt-get install {name}")
        for name, instead in wanted.items()
    ]


def _ports(settings: ServiceSettings) -> list[Finding]:
    ports = {
        "EMBEDDED_KAFKA_PORT": settings.embedded_kafka_port,
        "EMBEDDED_REGISTRY_PORT": settings.embedded_registry_port,
        "EMBEDDED_CLICKHOUSE_PORT": settings.embedded_clickhouse_port,
        "EMBEDDED_REDIS_PORT": settings.embedded_redis_port,
    }
    out = []
    for name, port in ports.items():
        if port == 0 or is_free(settings.embedded_host, port):
            out.append(Finding(name, "ok", "any free port" if port == 0 else f"{port} is free"))
        else:
            remedy = f"a free port is taken instead; set {name} to choose one"
            out.append(Finding(name, "note", f"{port} is in use by another program", remedy))
    return out


def _kafka(address: str) -> str:
    try:
        found = AdminClient({"bootstrap.servers": address}).list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        raise OSError(str(error)) from error
    return f"{len(found.topics)} topics on {len(found.brokers)} broker(s)"


def _http(path: str) -> Callable[[str], str]:
    def probe(address: str) -> str:
        url = address.rstrip("/") + path
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - operator's own address
            return f"HTTP {answer.status}"

    return probe


def _redis(address: str) -> str:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port or 6379), TIMEOUT_S) as link:
        link.sendall(b"PING\r\n")
        return link.recv(64).decode(errors="replace").strip()


def _services(addresses: StackAddresses) -> list[Finding]:
    probes: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("kafka", addresses.kafka, _kafka),
        ("schema registry", addresses.registry, _http("/subjects")),
        ("clickhouse", addresses.clickhouse, _http("/ping")),
        ("redis", addresses.redis, _redis),
    )
    out = []
    for name, address, probe in probes:
        try:
            out.append(Finding(name, "ok", f"{address}: {probe(address)}"))
        except OSError as error:
            remedy = "start it, or correct its address"
            out.append(Finding(name, "problem", f"{address} does not answer: {error}", remedy))
    return out


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order a person would ask."""
    services = settings.services
    folder = services.islandflow_data_dir
    out = [_python(), _packages(), _disk(folder), *_tools()]
    try:
        configured = configured_addresses(services)
    except InfraError as error:
        return [
            *out,
            Finding("addresses", "problem", str(error), "correct the environment or .env"),
        ]
    running = configured or running_stack(folder)
    if running is not None:
        return out + _services(running)
    note = Finding(
        "services",
        "ok",
        f"none configured, none running on {folder}: embedded ones start on demand",
    )
    return [*out, note, *_ports(services)]
