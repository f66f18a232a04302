"""What a run that several modules look at came to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FinishedRun:
    """A file, the folder it was run on, and what the run printed."""

    path: Path
    data: Path
    result: dict[str, Any]
