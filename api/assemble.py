"""Make the parts of a gateway; nothing is opened before the application starts."""

from pathlib import Path

from redis.asyncio import Redis

from api.health import Health
from api.live.hub import Hub
from api.live.notify import AlertRules
from api.operator.documents import Documents
from api.operator.replay_gate import ReplayGate
from api.security.auth import Security
from api.services import Services
from api.store import Store
from connectors.clickhouse.config import ClickHouseConfig
from infra.embedded.stack import StackAddresses
from infra.settings import Settings

REDIS_TIMEOUT_S = 1.0


def assemble(settings: Settings, addresses: StackAddresses, data_dir: Path) -> Services:
    """
    Return the parts of a gateway, not started.

    Parameters
    ----------
    settings : Settings
        Everything that was set.
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder of the secret key.
    """
    database = settings.services.clickhouse_database
    redis = Redis.from_url(
        addresses.redis,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )
    hub = Hub(settings, addresses, data_dir)
    documents = Documents(ClickHouseConfig(url=addresses.clickhouse, database=database))
    return Services(
        settings=settings,
        addresses=addresses,
        data_dir=data_dir,
        store=Store(addresses.clickhouse, database),
        hub=hub,
        redis=redis,
        security=Security(settings.gateway, data_dir, redis),
        documents=documents,
        rules=AlertRules(hub, documents, redis, settings.gateway),
        replay=ReplayGate(addresses, hub),
        health=Health(settings, addresses, data_dir, hub, redis),
    )
