"""The runs there are, and taking them away."""

from dataclasses import dataclass
from pathlib import Path

from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.occupancy import sole_pipeline
from infra.replay.estate import close_estate
from infra.replay.estate import topics_of_runs
from infra.replay.manifest import ENDED
from infra.replay.manifest import RunManifest
from infra.replay.manifest import all_manifests
from infra.replay.names import check_run
from infra.replay.names import folder_of
from infra.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class KnownRun:
    """
    A run as `islandflow runs ls` shows it.

    Parameters
    ----------
    run : str
        Its name.
    manifest : RunManifest | None
        Null for topics whose folder is elsewhere or gone.
    topics : int
        Topics of all its generations.
    is_running : bool
        A process holds it.
    """

    run: str
    manifest: RunManifest | None
    topics: int
    is_running: bool

    @property
    def state(self) -> str:
        """Return its state; `died` where its process left without saying so."""
        if self.manifest is None:
            return "unknown"
        if self.manifest.state not in ENDED and not self.is_running:
            return "died"
        return self.manifest.state


def list_runs(addresses: StackAddresses, data_dir: Path) -> list[KnownRun]:
    """Return every run the folder or the log knows, oldest first."""
    topics = topics_of_runs(addresses.kafka)
    found = [
        KnownRun(
            manifest.request.run,
            manifest,
            len(topics.pop(manifest.request.run, [])),
            is_held(folder_of(data_dir, manifest.request.run)),
        )
        for manifest in all_manifests(data_dir)
    ]
    orphans = [KnownRun(run, None, len(names), False) for run, names in sorted(topics.items())]
    return found + orphans


def is_held(folder: Path) -> bool:
    """Return whether a process works on a run's folder."""
    try:
        with sole_pipeline(folder):
            return False
    except MisconfiguredInfra:
        return True


def remove_run(
    run: str, settings: ServiceSettings, addresses: StackAddresses, data_dir: Path
) -> None:
    """
    Delete a run's topics, tables and folder.

    Raises
    ------
    MisconfiguredInfra
        There is no such run, or it is running.
    """
    folder = folder_of(data_dir, check_run(run))
    if folder.is_dir() and is_held(folder):
        msg = f"{run} is running; end it first: islandflow replay control {run} stop"
        raise MisconfiguredInfra(msg)
    if not close_estate(run, settings, addresses, data_dir):
        known = ", ".join(each.run for each in list_runs(addresses, data_dir)) or "none"
        msg = f"there is no run {run}; there are {known}"
        raise MisconfiguredInfra(msg)
