"""When flows that do not move are no longer waited for."""

import time
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.pipeline.drain import STALLED_AFTER_S
from infra.pipeline.drain import StallWatch
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.flows import FlowSpec
from infra.pipeline.lag import Progress


@pytest.fixture
def flow(tmp_path: Path) -> FlowProcesses:
    found = FlowProcesses(
        FlowSpec(name="options", state_dir=tmp_path, workers=1, epoch_s=1.0, environment={})
    )
    found.spec.log_path.parent.mkdir(parents=True)
    found.spec.log_path.write_text("the broker is gone\n")
    return found


@pytest.fixture
def watch() -> StallWatch:
    """Return one that has seen nothing move for longer than flows are waited for."""
    moved_s = time.monotonic() - STALLED_AFTER_S - 1
    return StallWatch({"options": Progress(1, 10)}, moved_s)


def test_flows_that_stand_still_for_two_minutes_are_given_up(
    watch: StallWatch, flow: FlowProcesses
) -> None:
    watch.see({"options": Progress(1, 10)})

    with pytest.raises(InfraError, match=r"records left: options 9; options: the broker is gone"):
        watch.check([flow])


def test_flows_that_move_are_waited_for(watch: StallWatch, flow: FlowProcesses) -> None:
    watch.see({"options": Progress(2, 10)})

    watch.check([flow])

    assert watch.progress == {"options": Progress(2, 10)}
