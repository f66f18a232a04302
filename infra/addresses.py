"""Where a dataflow started by hand finds its services."""

from infra.embedded.stack import StackAddresses
from infra.embedded.stack import running_stack
from infra.errors import MisconfiguredInfra
from infra.pipeline.services import configured_addresses
from infra.settings import ServiceSettings


def service_addresses(settings: ServiceSettings) -> StackAddresses:
    """
    Return the configured addresses, else those of the stack running on the data folder.

    Raises
    ------
    MisconfiguredInfra
        There are neither.
    """
    folder = settings.islandflow_data_dir
    found = configured_addresses(settings) or running_stack(folder)
    if found is None:
        msg = (
            f"no services: KAFKA_BROKERS is not set and none run on {folder}; set the four "
            "addresses or start `islandflow up`"
        )
        raise MisconfiguredInfra(msg)
    return found
