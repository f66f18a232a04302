"""Resume state of a stage: plain data behind the version that wrote it."""

import msgspec

from flows.errors import MisconfiguredFlow


def check_version(state: bytes, version: int, what: str) -> None:
    """
    Make sure that a resume state, a msgpack list that begins with its version, is understood.

    Parameters
    ----------
    state : bytes
        The state; only its first item is looked at.
    version : int
        The one that is understood.
    what : str
        Whose state it is, for the message.

    Raises
    ------
    MisconfiguredFlow
        It was written by another version; the message says how to start without it.
    """
    head = msgspec.msgpack.decode(state, type=list[msgspec.Raw])[0]
    found = msgspec.msgpack.decode(head)
    if found != version:
        msg = (
            f"resume state of {what} has version {found}, expected {version}; start without the "
            "recovery store once (COMPUTE_CONSUMER_RESET=true)"
        )
        raise MisconfiguredFlow(msg)
