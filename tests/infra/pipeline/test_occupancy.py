"""A folder has one pipeline, and a flow waits for the processes of an earlier start."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import MisconfiguredInfra
from infra.errors import TransientInfra
from infra.pipeline import child
from infra.pipeline.occupancy import sole_pipeline
from infra.pipeline.occupancy import wait_for_predecessors
from tests.conftest import REPOSITORY


def test_second_pipeline_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    refused = pytest.raises(MisconfiguredInfra, match=r"islandflow's process \d+; stop that")
    with sole_pipeline(tmp_path), refused, sole_pipeline(tmp_path):
        pass

    with sole_pipeline(tmp_path):
        pass


def test_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(MisconfiguredInfra, match=r"file.* cannot be the data folder.*--data"):
        sole_pipeline(file / "data").__enter__()


def test_flow_waits_until_the_killed_ones_processes_are_gone(tmp_path: Path) -> None:
    lock = tmp_path / "flow.lock"
    said = "import sys; print('held', flush=True); sys.stdin.read()"
    module = tmp_path / "held_module.py"
    module.write_text(said)
    process = subprocess.Popen(
        child.command("held_module", lock=lock),
        env={"PYTHONPATH": f"{REPOSITORY}:{tmp_path}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"

        with pytest.raises(TransientInfra, match="still holds"):
            wait_for_predecessors(lock, timeout_s=0.2)
    finally:
        process.kill()
        process.wait()

    wait_for_predecessors(lock, timeout_s=0.2)


def test_child_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    (tmp_path / "sleeping_module.py").write_text(
        "import sys, time; print('up', flush=True); time.sleep(600)"
    )
    # The parent in the middle starts the child, hands its output on and is killed.
    middle = (
        "import subprocess, time\n"
        "from infra.pipeline import child\n"
        "subprocess.Popen(child.command('sleeping_module'))\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", middle],
        env={"PYTHONPATH": f"{REPOSITORY}:{tmp_path}"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"

    process.kill()
    process.wait()

    # The pipe ends when its last holder, the child, is gone.
    assert process.stdout.read() == b""
