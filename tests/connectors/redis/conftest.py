"""Redis, the real one and the fake."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.redis import EmbeddedRedis

needs_server = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not on PATH"
)


@pytest.fixture(params=[pytest.param("redis-server", marks=needs_server), "fakeredis"])
def redis_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "fakeredis":
        monkeypatch.setenv("PATH", "")
    service = EmbeddedRedis(tmp_path / "redis")
    service.start()
    yield f"redis://127.0.0.1:{service.port}"
    service.stop()
