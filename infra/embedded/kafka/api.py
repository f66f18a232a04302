"""What a handler is given and what it may return."""

from collections.abc import Awaitable
from collections.abc import Callable
from typing import NamedTuple
from typing import TypeAlias

from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request


class Client(NamedTuple):
    """Who asks: the client's own name, its address, and the broker address it came in by."""

    client_id: str
    client_host: str
    local_host: str
    local_port: int


class Api(NamedTuple):
    """One API: its key, the versions served, and the function that answers."""

    key: int
    min_version: int
    max_version: int
    handler: "Handler"


Handler: TypeAlias = Callable[[Request, int, Client], Reply | Awaitable[Reply]]
"""Called with the decoded request, its version and the client."""
