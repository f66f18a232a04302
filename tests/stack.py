"""Embedded services as tests want them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.pipeline.prepare import prepare
from infra.settings import load_settings


@contextmanager
def prepared_stack(folder: Path) -> Iterator[StackAddresses]:
    """Run services on a folder with all topics and tables."""
    with EmbeddedStack(folder) as stack:
        prepare(load_settings().services, stack.addresses)
        yield stack.addresses
