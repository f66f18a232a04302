"""What a replay run is called in the log, in ClickHouse and on disk."""

import re
from pathlib import Path
from typing import Final

from infra.errors import MisconfiguredInfra

PREFIX: Final = "replay"
# What is not a run: the topics and tables of the live market.
LIVE: Final = "live"
FOLDER: Final = "replays"

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_GENERATION: Final = re.compile(r"-[0-9]+$")


def check_run(run: str) -> str:
    """
    Return the name of a run if it may be one.

    Raises
    ------
    MisconfiguredInfra
        It has other characters, or ends like a generation of another run.
    """
    if run == LIVE or not _NAME.fullmatch(run) or run.endswith("-") or _GENERATION.search(run):
        msg = (
            f"{run!r} cannot name a run: lower-case letters, digits and -, a letter first, at most "
            f"40, no -<number> at the end, and not {LIVE}, e.g. monday-open"
        )
        raise MisconfiguredInfra(msg)
    return run


def namespace_of(run: str, generation: int = 1) -> str:
    """
    Return the prefix of a run's topics, without the dot behind it.

    A seek backwards begins a new generation, with topics of its own.

    Examples
    --------
    >>> namespace_of("monday"), namespace_of("monday", 2)
    ('replay.monday', 'replay.monday-2')
    """
    return f"{PREFIX}.{run}" if generation == 1 else f"{PREFIX}.{run}-{generation}"


def run_of_topic(topic: str) -> tuple[str, int] | None:
    """
    Return run and generation of a topic, null when it belongs to none.

    Examples
    --------
    >>> run_of_topic("replay.monday-2.flow.alerts"), run_of_topic("flow.alerts")
    (('monday', 2), None)
    """
    parts = topic.split(".")
    if len(parts) < 3 or parts[0] != PREFIX:
        return None
    found = _GENERATION.search(parts[1])
    if found is None:
        return parts[1], 1
    return parts[1][: found.start()], int(found.group()[1:])


def database_of(database: str, run: str) -> str:
    """
    Return the ClickHouse database of a run beside that of the live tables.

    Examples
    --------
    >>> database_of("islandflow", "monday-open")
    'islandflow_replay_monday_open'
    """
    return f"{database}_{PREFIX}_{run.replace('-', '_')}"


def folder_of(data_dir: Path, run: str) -> Path:
    """Return the folder of a run's state, logs and manifest."""
    return data_dir / FOLDER / run
