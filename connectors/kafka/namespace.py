"""Topics of a namespace: the same topics under a prefix, so that a replay has its own."""

from typing import Final

_REPLAY: Final = "replay."


def in_namespace(namespace: str, topic: str) -> str:
    """
    Return the name a topic has in a namespace; in the empty one it is its own.

    Examples
    --------
    >>> in_namespace("replay.monday", "flow.alerts"), in_namespace("", "flow.alerts")
    ('replay.monday.flow.alerts', 'flow.alerts')
    """
    return f"{namespace}.{topic}" if namespace else topic


def logical_topic(topic: str) -> str:
    """
    Return which topic of the catalogue a replay's topic is; any other is itself.

    Examples
    --------
    >>> logical_topic("replay.monday-2.flow.alerts"), logical_topic("flow.alerts")
    ('flow.alerts', 'flow.alerts')
    """
    if not topic.startswith(_REPLAY):
        return topic
    _, _, logical = topic.removeprefix(_REPLAY).partition(".")
    return logical or topic
