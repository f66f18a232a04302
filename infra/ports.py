"""Free loopback ports."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Return distinct loopback ports that were free a moment ago."""
    with ExitStack() as open_sockets:
        ports = []
        for _ in range(count):
            probe = open_sockets.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(int(probe.getsockname()[1]))
    return ports


def is_free(host: str, port: int) -> bool:
    """Return whether a listener could bind the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
