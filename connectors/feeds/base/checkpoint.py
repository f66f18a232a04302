"""How far a feed session has been published, kept beside the log."""

import os
from pathlib import Path
from typing import Final

import msgspec

from connectors.feeds.base.errors import StaleCheckpoint
from connectors.feeds.base.items import Origin

FOLDER: Final = "feeds"


class SessionState(msgspec.Struct, frozen=True):
    """
    What of one session one log holds for certain.

    Parameters
    ----------
    items : int
        Items handed on, from the session's first; all of them are acknowledged.
    published, dead_lettered : int
        How many of them became records, and dead letters.
    complete : bool
        Nothing of the session is left.
    offsets : dict[str, list[int]]
        For each topic of the session the end of each partition when this was written. What the
        session wrote after it lies behind these offsets.
    """

    items: int = 0
    published: int = 0
    dead_lettered: int = 0
    complete: bool = False
    offsets: dict[str, list[int]] = {}


class _Stored(msgspec.Struct):
    name: str
    session: str
    place: str
    # One log is not another: a session published to one cluster is unpublished elsewhere.
    clusters: dict[str, SessionState]


class CheckpointStore:
    """
    Checkpoints of feed sessions, `feeds/<name>-<session>.json` in the data folder.

    Parameters
    ----------
    folder : Path
        The data folder.

    Notes
    -----
    Delivery: written only after the broker acknowledged what it speaks of, and atomically, so at
    restart it never speaks of more than the log holds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def path(self, origin: Origin) -> Path:
        """Return the file of a session."""
        return self._folder / f"{origin.name}-{origin.session}.json"

    def load(self, origin: Origin, cluster: str) -> SessionState | None:
        """
        Return the state of a session in a cluster, None when it was never begun there.

        Raises
        ------
        StaleCheckpoint
            The file cannot be read.
        """
        stored = self._read(origin)
        return None if stored is None else stored.clusters.get(cluster)

    def _read(self, origin: Origin) -> _Stored | None:
        path = self.path(origin)
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            msg = (
                f"the checkpoint {path} cannot be read ({error}); without it records could be "
                "doubled. Delete it together with the log, or restore it"
            )
            raise StaleCheckpoint(msg) from error

    def save(self, origin: Origin, cluster: str, state: SessionState) -> None:
        """Write the state of a session, all or nothing, and force it to disk."""
        stored = self._read(origin) or _Stored(origin.name, origin.session, origin.place, {})
        stored.clusters[cluster] = state
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.path(origin)
        fresh = path.with_suffix(".json.new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(stored)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
