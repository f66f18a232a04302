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
from urllib.error import URLError
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
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        return Finding("data folder", "problem", f"{existing} is a file", "set ISLANDFLOW_DATA_DIR")
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
        # The client's own complaints would run into the table; what matters is in its answer.
        client = AdminClient({"bootstrap.servers": address, "log_level": 0})
        found = client.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        raise OSError(error.args[0].str()) from error
    brokers = "1 broker" if len(found.brokers) == 1 else f"{len(found.brokers)} brokers"
    return f"{len(found.topics)} topics on {brokers}"


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
        except URLError as error:
            out.append(_silent(name, address, error.reason))
        except (OSError, ValueError) as error:
            out.append(_silent(name, address, error))
    return out


def _silent(name: str, address: str, reason: object) -> Finding:
    detail = f"{address} does not answer: {reason}"
    return Finding(name, "problem", detail, "start it, or correct its address")


def examine(settings: Settings, data_dir: Path | None = None) -> list[Finding]:
    """
    Return what was found, in the order a person would ask.

    Parameters
    ----------
    settings : Settings
        Addresses and ports.
    data_dir : Path | None
        Data folder; the setting's by default.
    """
    services = settings.services
    folder = data_dir or services.islandflow_data_dir
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
