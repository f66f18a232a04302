"""Find the services: configured, already running on the data folder, or started here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.stack import EmbeddedPorts
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.embedded.stack import joined_stack
from infra.embedded.stack import running_stack
from infra.errors import MisconfiguredInfra
from infra.pipeline.occupancy import make_folder
from infra.ports import is_free
from infra.settings import ServiceSettings

LOG_FOLDER = "kafka"
ADDRESS_VARIABLES = ("KAFKA_BROKERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", "REDIS_URL")


def configured_addresses(settings: ServiceSettings) -> StackAddresses | None:
    """
    Return the addresses the operator configured, null when there are none.

    Raises
    ------
    MisconfiguredInfra
        Some addresses are set and others not; the message names those that are missing.
    """
    values = (
        settings.kafka_brokers,
        settings.schema_registry_url,
        settings.clickhouse_url,
        settings.redis_url,
    )
    if not any(values):
        return None
    missing = [name for name, value in zip(ADDRESS_VARIABLES, values, strict=True) if not value]
    if missing:
        msg = (
            f"{', '.join(missing)} not set while other service addresses are; set all four, "
            "or none for the embedded services"
        )
        raise MisconfiguredInfra(msg)
    return StackAddresses(*values)


@contextmanager
def services(
    settings: ServiceSettings,
    data_dir: Path,
    *,
    fixed_ports: bool = False,
    must_exist: bool = False,
) -> Iterator[StackAddresses]:
    """
    Yield the addresses of the services; what was started here is stopped at the end.

    Parameters
    ----------
    settings : ServiceSettings
        Configured addresses win over embedded services.
    data_dir : Path
        Folder of the embedded services.
    fixed_ports : bool
        Take the configured embedded ports where they are free.
    must_exist : bool
        Refuse a folder on which nothing was ever started: to look there is a mistyped name.

    Raises
    ------
    MisconfiguredInfra
        The folder is no data folder, cannot be written or is in use, or addresses are missing.
    """
    found = configured_addresses(settings) or running_stack(data_dir)
    if found is not None:
        yield found
        return
    if must_exist and not (data_dir / LOG_FOLDER).is_dir():
        msg = (
            f"{data_dir} holds no data of Islandflow; name its folder with --data (or "
            f"ISLANDFLOW_DATA_DIR), or fill it: islandflow run FILE --data {data_dir}"
        )
        raise MisconfiguredInfra(msg)
    make_folder(data_dir)
    ports = EmbeddedPorts()
    if fixed_ports:
        wanted = (
            settings.embedded_kafka_port,
            settings.embedded_registry_port,
            settings.embedded_clickhouse_port,
            settings.embedded_redis_port,
        )
        # A port that another program holds must not keep a trader from starting.
        ports = EmbeddedPorts(
            *(port if is_free(settings.embedded_host, port) else 0 for port in wanted)
        )
    stack = EmbeddedStack(
        data_dir,
        host=settings.embedded_host,
        ports=ports,
        fsync_ms=settings.embedded_fsync_ms,
    )
    try:
        addresses = stack.start()
    except MisconfiguredInfra:
        # Another command on the folder may have begun to start them at the same moment.
        joined = joined_stack(data_dir)
        if joined is None:
            raise
        addresses = joined
    try:
        yield addresses
    finally:
        stack.stop()
