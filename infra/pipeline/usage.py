"""CPU time and peak memory of running processes, where the system tells (Linux)."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path


@dataclass(slots=True)
class Usage:
    """
    CPU seconds and peak resident bytes, by stage.

    Notes
    -----
    The last figures before a process ends count, so call `sample` often enough.
    """

    cpu_s: dict[tuple[str, int], float] = field(default_factory=dict)
    peak_bytes: dict[tuple[str, int], int] = field(default_factory=dict)

    def sample(self, stage: str, pids: Iterable[int]) -> None:
        """Read the figures of a stage's processes; one that is gone keeps its last."""
        for pid in pids:
            try:
                stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
                status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            except OSError:
                continue
            parts = stat.rpartition(")")[2].split()
            ticks = int(parts[11]) + int(parts[12])
            self.cpu_s[stage, pid] = ticks / os.sysconf("SC_CLK_TCK")
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_bytes[stage, pid] = int(line.split()[1]) * 1024

    def cpu_by_stage(self) -> dict[str, float]:
        """Return CPU seconds by stage."""
        return _by_stage(self.cpu_s)

    def peak_mib_by_stage(self) -> dict[str, float]:
        """Return peak resident MiB by stage, its processes added up."""
        return {stage: size / 2**20 for stage, size in _by_stage(self.peak_bytes).items()}


def _by_stage(
    values: dict[tuple[str, int], float] | dict[tuple[str, int], int],
) -> dict[str, float]:
    out: dict[str, float] = {}
    for (stage, _), value in values.items():
        out[stage] = out.get(stage, 0.0) + value
    return out
