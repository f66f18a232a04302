"""Bytewax' entry points with types, and recovery stores."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig
from bytewax.recovery import init_db_dir
from bytewax.testing import cluster_main
from bytewax.testing import run_main

EntryPoint = Callable[..., None]

_run_main: EntryPoint = run_main
_cluster_main: EntryPoint = cluster_main
_init_db_dir: EntryPoint = init_db_dir
_recovery_config: Callable[[str], RecoveryConfig] = RecoveryConfig


def on_main(
    flow: Dataflow,
    recovery_config: RecoveryConfig | None = None,
    epoch_interval: timedelta | None = None,
) -> None:
    """Run a dataflow to its end on one worker."""
    _run_main(flow, epoch_interval=epoch_interval, recovery_config=recovery_config)


def on_two_workers(
    flow: Dataflow,
    recovery_config: RecoveryConfig | None = None,
    epoch_interval: timedelta | None = None,
) -> None:
    """Run a dataflow to its end on two workers of this process."""
    _cluster_main(
        flow,
        [],
        0,
        worker_count_per_proc=2,
        epoch_interval=epoch_interval,
        recovery_config=recovery_config,
    )


def recovery_store(folder: Path) -> RecoveryConfig:
    """Create a recovery store in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _init_db_dir(folder, 1)
    return _recovery_config(str(folder))


def reopened_store(folder: Path) -> RecoveryConfig:
    """Return the recovery store a folder holds already, for another process."""
    return _recovery_config(str(folder))
