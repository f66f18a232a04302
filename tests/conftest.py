"""Fixtures shared by every test."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


# No test, and no process a test starts, reads the developer's own settings file.
os.environ["ISLANDFLOW_ENV_FILE"] = ""


def real_data_path(relative: str) -> Path:
    root = Path(os.environ.get("ISLANDFLOW_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    path = root / relative
    if not path.exists():
        pytest.skip(f"real data not present at {path}")
    return path


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Return a function that resolves a path of the real data, or skips the test."""
    return real_data_path
