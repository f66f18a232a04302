"""What benchmarks share: the real day they take by default, their options, and how they answer."""

import argparse
import json
import math
import os
import platform
from collections.abc import Mapping
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from typing import Final

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
DAY: Final = Path("lean") / "equity" / "usa" / "tick" / "bac"
DEFAULT: Final = tuple(DATA / DAY / f"20131008_{kind}.zip" for kind in ("trade", "quote"))
STACK: Final = ("bytewax", "chdb", "confluent-kafka")


def described(text: str | None) -> argparse.ArgumentParser:
    """Return a parser of options whose help is what a benchmark's module says of itself."""
    return argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def has_files(benchmark: str, files: Sequence[Path]) -> bool:
    """Return whether all files are there; print that a benchmark is skipped when they are not."""
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        print(json.dumps({"benchmark": benchmark, "skipped": f"no {', '.join(missing)}"}))
    return not missing


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value at a share of all by nearest rank; null without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)


def print_answer(
    benchmark: str, found: Mapping[str, Any], *, versions: Sequence[str] = STACK
) -> None:
    """
    Print what a benchmark found as one JSON object, behind where it was found.

    Parameters
    ----------
    benchmark : str
        Its name.
    found : mapping
        What it measured, and on what.
    versions : sequence of str
        Packages on which the speed depends.
    """
    answer = {
        "benchmark": benchmark,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **({"versions": {name: version(name) for name in versions}} if versions else {}),
        **found,
    }
    print(json.dumps(answer, indent=2))
