"""What a request is answered with: the long-lived parts of one gateway, made once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.store import Store
from infra.embedded.stack import StackAddresses
from infra.settings import Settings

if TYPE_CHECKING:
    from api.health import Health
    from api.live.hub import Hub
    from api.live.notify import AlertRules
    from api.operator.documents import Documents
    from api.operator.replay_gate import ReplayGate
    from api.security.auth import Security


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """
    The parts of a gateway.

    Parameters
    ----------
    settings : Settings
        Everything that was set.
    addresses : StackAddresses
        Log, registry, tables, cache.
    data_dir : Path
        Folder of the secret key.
    store : Store
        Reader of the tables.
    hub : Hub
        Rings and groups of what the log brings.
    redis : Redis
        Hot windows, sessions, claims.
    security : Security
        Who may do what.
    documents : Documents
        What the operator saved.
    rules : AlertRules
        Alert rules at work.
    replay : ReplayGate
        Replay runs.
    health : Health
        How all of them are.
    """

    settings: Settings
    addresses: StackAddresses
    data_dir: Path
    store: Store
    hub: "Hub"
    redis: "Redis"
    security: "Security"
    documents: "Documents"
    rules: "AlertRules"
    replay: "ReplayGate"
    health: "Health"


def services(connection: HTTPConnection) -> Services:
    """Return the gateway's parts; a dependency of requests and sockets."""
    found: Services = connection.app.state.services
    return found
