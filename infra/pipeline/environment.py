"""The environment a flow process is given: ours, with addresses and mode filled in."""

from collections.abc import Mapping
from pathlib import Path

from infra.embedded.stack import StackAddresses
from infra.settings import ENV_FILE_VARIABLE
from infra.settings import environment


def flow_environment(
    addresses: StackAddresses, data_dir: Path, changes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """
    Return the whole environment of a flow or feed process.

    Parameters
    ----------
    addresses : StackAddresses
        Where the services are.
    data_dir : Path
        Folder of checkpoints and recovery stores.
    changes : Mapping[str, str] | None
        Settings that differ from ours for this process.
    """
    return {
        **environment(),
        # What the file said is in the mapping already; reading it again could only disagree.
        ENV_FILE_VARIABLE: "",
        "KAFKA_BROKERS": addresses.kafka,
        "SCHEMA_REGISTRY_URL": addresses.registry,
        "CLICKHOUSE_URL": addresses.clickhouse,
        "REDIS_URL": addresses.redis,
        "ISLANDFLOW_DATA_DIR": str(data_dir),
        **(changes or {}),
    }
