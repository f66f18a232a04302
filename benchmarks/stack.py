"""Services a benchmark has to itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.stack import EmbeddedStack


@contextmanager
def own_stack() -> Iterator[tuple[EmbeddedStack, Path]]:
    """Run embedded services on a new folder, which goes with them."""
    with tempfile.TemporaryDirectory(prefix="islandflow-bench-") as name:
        folder = Path(name)
        with EmbeddedStack(folder) as stack:
            yield stack, folder
