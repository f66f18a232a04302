"""How the gateway of the live stack runs: on which port, and whom it lets in."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.embedded.ports import is_loopback
from infra.gateway_settings import GatewaySettings
from infra.ports import free_ports
from infra.ports import is_free


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """
    The gateway of a live stack.

    Parameters
    ----------
    url : str
        Where a browser will find it.
    changes : Mapping[str, str]
        Settings that differ from ours for its process.
    is_open : bool
        It asks nobody who they are.
    """

    url: str
    changes: Mapping[str, str]
    is_open: bool


def plan_gateway(settings: GatewaySettings) -> GatewayPlan:
    """
    Decide where the gateway of a live stack listens, and whether it asks for a password.

    A port that another program holds must not keep a trader from starting, so a free one is taken
    then. Where neither `API_AUTH` nor a password is set and only this machine can connect, it asks
    nobody; a setting always wins.
    """
    host, port = settings.api_host, settings.api_port
    if port == 0 or not is_free(host, port):
        (port,) = free_ports(1)
    is_undecided = "api_auth" not in settings.model_fields_set and not settings.api_password_hash
    changes = {"API_HOST": host, "API_PORT": str(port)}
    if is_undecided and is_loopback(host):
        changes["API_AUTH"] = "disabled"
    auth = changes.get("API_AUTH", settings.api_auth)
    scheme = "https" if settings.api_tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    return GatewayPlan(f"{scheme}://{shown}:{port}", changes, auth == "disabled")
