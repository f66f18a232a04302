import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client

from infra.embedded.ports import bind
from infra.embedded.redis import EmbeddedRedis
from infra.errors import InfraError

needs_server = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not on PATH"
)


@pytest.fixture(params=[pytest.param("redis-server", marks=needs_server), "fakeredis"])
def service(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedRedis]:
    if request.param == "fakeredis":
        monkeypatch.setenv("PATH", "")
    made = EmbeddedRedis(tmp_path / "redis")
    assert made.kind == request.param
    made.start()
    yield made
    made.stop()


def connect(port: int) -> redis_client.Redis:
    return redis_client.Redis(port=port, socket_timeout=5.0, decode_responses=True)


def test_what_the_gateway_uses_works(service: EmbeddedRedis) -> None:
    with connect(service.port) as client:
        assert client.ping()
        client.set("k", "v", ex=100)
        client.zadd("hot", {"a": 1.0, "b": 2.0})
        client.hset("h", mapping={"x": "1"})
        client.rpush("l", "1", "2", "3")
        with client.pipeline() as pipe:
            pipe.incr("n")
            pipe.ltrim("l", -2, -1)
            assert pipe.execute() == [1, True]
        assert client.get("k") == "v"
        assert client.zrange("hot", 0, -1) == ["a", "b"]
        assert client.hgetall("h") == {"x": "1"}
        assert client.lrange("l", 0, -1) == ["2", "3"]
        assert client.set("big", "x" * 1_000_000)
        assert len(client.get("big") or "") == 1_000_000


def test_publish_reaches_a_subscriber(service: EmbeddedRedis) -> None:
    with connect(service.port) as client, connect(service.port) as other:
        channel = other.pubsub(ignore_subscribe_messages=True)
        channel.subscribe("alerts")
        deadline = time.monotonic() + 10.0
        message = None
        while message is None and time.monotonic() < deadline:
            client.publish("alerts", "one")
            message = channel.get_message(timeout=0.2)
        assert message is not None
        assert message["data"] == "one"
        channel.close()


def test_stopping_frees_the_port_and_may_be_repeated(service: EmbeddedRedis) -> None:
    with connect(service.port) as client:
        client.ping()
        service.stop()
    service.stop()
    with bind("127.0.0.1", service.port):
        pass


@needs_server
def test_redis_server_keeps_what_it_had_over_a_clean_stop(tmp_path: Path) -> None:
    first = EmbeddedRedis(tmp_path / "redis")
    first.start()
    with connect(first.port) as client:
        client.set("k", "kept")
    first.stop()
    second = EmbeddedRedis(tmp_path / "redis", port=first.port)
    second.start()
    try:
        with connect(second.port) as client:
            assert client.get("k") == "kept"
    finally:
        second.stop()


@needs_server
def test_a_taken_port_is_an_error_with_the_address(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        service = EmbeddedRedis(tmp_path / "redis", port=port)
        with pytest.raises(InfraError, match=rf"127\.0\.0\.1:{port}"):
            service.start()
        service.stop()


@needs_server
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_redis_server_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from infra.embedded.redis import EmbeddedRedis\n"
        "r = EmbeddedRedis(Path(sys.argv[1])); r.start(); print(r.port, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert parent.stdout is not None
    lines = iter(parent.stdout.readline, "")
    port = next(int(line) for line in lines if line.strip().isdecimal())
    with connect(port) as client:
        assert client.ping()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        try:
            bind("127.0.0.1", port).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"port {port} is still taken after its parent was killed")
