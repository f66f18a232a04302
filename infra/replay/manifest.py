"""What is known of a run after its process has ended: a file in its folder."""

import os
from pathlib import Path
from typing import Final
from typing import Literal

import msgspec

from infra.errors import InfraError
from infra.replay.names import FOLDER
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest

MANIFEST_NAME: Final = "run.json"

RunState = Literal[
    "created", "warming", "playing", "paused", "seeking", "finished", "stopped", "failed"
]
ENDED: Final[frozenset[str]] = frozenset({"finished", "stopped", "failed"})


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A run as its folder describes it.

    Parameters
    ----------
    request : ReplayRequest
        What was asked.
    state : str
        Where it is; one that is not ended belongs to a process, or to one that died.
    generation : int
        Newest generation.
    created_ns, ended_ns : int
        Wall time, ns UTC; 0 for not ended.
    elapsed_s : float
        Wall time of the newest generation.
    flows : tuple of str
        Flows that ran.
    records : dict
        Raw records read, by topic.
    event_ts : int
        Event time reached, ns UTC; 0 for none.
    peak_mib : dict
        Most memory of the processes of each flow, and of the replay itself.
    complete_from_ns : int
        What is earlier lacks what was open before the newest generation's first record, ns UTC;
        0 for nothing: it began with the first record of all.
    error : str
        Why it failed.
    """

    request: ReplayRequest
    state: RunState = "created"
    generation: int = 1
    created_ns: int = 0
    ended_ns: int = 0
    elapsed_s: float = 0.0
    flows: tuple[str, ...] = ()
    records: dict[str, int] = {}
    event_ts: int = 0
    complete_from_ns: int = 0
    peak_mib: dict[str, int] = {}
    error: str = ""


def save_manifest(data_dir: Path, manifest: RunManifest) -> None:
    """Write a manifest; whoever reads meanwhile sees the old one or the new one."""
    folder = folder_of(data_dir, manifest.request.run)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST_NAME
    draft = path.with_suffix(".new")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    os.replace(draft, path)


def load_manifest(data_dir: Path, run: str) -> RunManifest | None:
    """
    Return the manifest of a run, null when there is none.

    Raises
    ------
    InfraError
        The file is damaged.
    """
    path = folder_of(data_dir, run) / MANIFEST_NAME
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunManifest)
    except msgspec.DecodeError as error:
        msg = f"{path} is damaged ({error}); remove the run: islandflow runs rm {run}"
        raise InfraError(msg) from error


def all_manifests(data_dir: Path) -> list[RunManifest]:
    """Return the runs of a data folder, oldest first; raises as `load_manifest` does."""
    folder = data_dir / FOLDER
    names = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST_NAME}"))
    found = [each for name in names if (each := load_manifest(data_dir, name)) is not None]
    return sorted(found, key=lambda each: (each.created_ns, each.request.run))
