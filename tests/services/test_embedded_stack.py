import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis as redis_client
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from infra.embedded.ports import EmbeddedPorts
from infra.embedded.ports import bind
from infra.embedded.stack import LOG_NAME
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.embedded.stack import running_stack
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.pipeline.services import services
from infra.settings import load_settings

DEADLINE_S = 20.0
STOP_S = 5.0
PROJECT = Path(__file__).resolve().parents[2]


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not in {DEADLINE_S} s: {what}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2].partition("/")[0])


def assert_all_answer(addresses: StackAddresses) -> None:
    assert AdminClient({"bootstrap.servers": addresses.kafka}).list_topics(timeout=10.0).brokers
    assert httpx.get(f"{addresses.registry}/subjects").status_code == 200
    assert httpx.get(f"{addresses.clickhouse}/ping").text == "Ok.\n"
    with redis_client.Redis.from_url(addresses.redis) as client:
        assert client.ping()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    made = EmbeddedStack(tmp_path / "data")
    yield made
    made.stop()


def test_four_services_answer_and_say_where_they_are(stack: EmbeddedStack, tmp_path: Path) -> None:
    addresses = stack.start()
    assert_all_answer(addresses)
    assert running_stack(tmp_path / "data") == stack.addresses == addresses
    written = json.loads((tmp_path / "data" / "embedded.json").read_text())
    assert written["pid"] == stack.pid
    assert written["redis_kind"] in {"redis-server", "fakeredis"}
    assert {name: written[name] for name in ("kafka", "registry", "clickhouse", "redis")} == {
        "kafka": addresses.kafka,
        "registry": addresses.registry,
        "clickhouse": addresses.clickhouse,
        "redis": addresses.redis,
    }
    stack.stop()
    assert running_stack(tmp_path / "data") is None
    assert not (tmp_path / "data" / "embedded.json").exists()
    assert stack.pid is None


def test_a_second_start_on_the_folder_is_refused_with_folder_and_process(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    addresses = stack.start()
    second = EmbeddedStack(tmp_path / "data")
    with pytest.raises(MisconfiguredInfra) as caught:
        second.start()
    assert str(tmp_path / "data") in str(caught.value)
    assert f"process {stack.pid}" in str(caught.value)
    assert second.pid is None
    assert_all_answer(addresses)
    assert running_stack(tmp_path / "data") == addresses
    direct = subprocess.run(
        [sys.executable, "-m", "infra.embedded", "--data", str(tmp_path / "data")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert direct.returncode == 2
    assert direct.stdout == ""


def test_commands_that_start_at_once_on_a_folder_share_its_services(tmp_path: Path) -> None:
    both_are_there = threading.Barrier(2)

    def command() -> StackAddresses:
        with services(load_settings().services, tmp_path / "data") as found:
            # Who started the services ends them: not before the other has seen them.
            assert_all_answer(found)
            both_are_there.wait(DEADLINE_S)
            return found

    with ThreadPoolExecutor(2) as pool:
        first, second = [pool.submit(command) for _ in range(2)]
    assert first.result() == second.result()


def test_who_comes_second_is_told_why_whatever_the_first_logs_meanwhile(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    stack.start()
    log = tmp_path / "data" / LOG_NAME
    second = EmbeddedStack(tmp_path / "data")
    is_over = threading.Event()

    def chatter() -> None:
        while not is_over.wait(0.001):
            with log.open("a") as file:
                file.write('{"event": "embedded_ready"}\n')

    first = threading.Thread(target=chatter)
    first.start()
    try:
        with pytest.raises(MisconfiguredInfra, match=f"in use by .* process {stack.pid}"):
            second.start()
    finally:
        is_over.set()
        first.join()


def test_ports_stay_the_same_over_a_restart_and_a_crash(stack: EmbeddedStack) -> None:
    first = stack.start()
    stack.stop()
    assert stack.start() == first
    stack.kill()
    assert stack.start() == first
    assert_all_answer(first)


def test_a_remembered_port_that_is_taken_gives_way(stack: EmbeddedStack) -> None:
    first = stack.start()
    stack.stop()
    with bind("127.0.0.1", port_of(first.clickhouse)):
        second = stack.start()
    assert second.clickhouse != first.clickhouse
    assert second.registry == first.registry
    assert_all_answer(second)


@pytest.mark.parametrize("service", ["kafka", "registry", "clickhouse", "redis"])
def test_a_wanted_port_that_is_taken_is_named_with_its_flag(tmp_path: Path, service: str) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        stack = EmbeddedStack(tmp_path / "data", ports=EmbeddedPorts(**{service: port}))
        with pytest.raises(MisconfiguredInfra) as caught:
            stack.start()
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert f"--{service}-port" in str(caught.value)
    assert not (tmp_path / "data" / "embedded.json").exists()


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredInfra, match=r"192\.0\.2\.1"):
        EmbeddedStack(tmp_path / "data", host="192.0.2.1").start()


def test_damage_is_reported_with_the_end_of_the_log(tmp_path: Path) -> None:
    journal = tmp_path / "data" / "registry" / "schemas.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"rubbish\n")
    with pytest.raises(InfraError, match=r"schemas\.jsonl line 1"):
        EmbeddedStack(tmp_path / "data").start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_busy_stack_stops_in_five_seconds(stack: EmbeddedStack, number: signal.Signals) -> None:
    addresses = stack.start()
    assert stack.pid is not None
    process = stack._process
    assert process is not None
    query = "SELECT sum(cityHash64(number, number * 3)) FROM numbers(1000000000000)"

    def ask() -> None:
        with httpx.Client(timeout=60.0) as http:
            try:
                http.post(addresses.clickhouse, content=query)
            except httpx.HTTPError:
                return

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    producer = Producer({"bootstrap.servers": addresses.kafka, "log_level": 0})
    for i in range(1000):
        producer.produce("busy", str(i).encode())
    assert producer.flush(10.0) == 0
    idle = redis_client.Redis.from_url(addresses.redis)
    assert idle.ping()
    running = "SELECT count() FROM system.processes WHERE query LIKE '%cityHash64%'"
    wait_until(
        lambda: int(httpx.post(addresses.clickhouse, content=running).text) >= 3, "queries run"
    )
    process.send_signal(number)
    assert process.wait(STOP_S) == 0
    for thread in asking:
        thread.join(DEADLINE_S)
    idle.close()


def test_the_stack_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from infra.embedded.stack import EmbeddedStack\n"
        "s = EmbeddedStack(Path(sys.argv[1])); s.start(); print(s.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "data")],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    addresses = running_stack(tmp_path / "data")
    assert addresses is not None
    starter.kill()
    starter.wait()
    wait_until(lambda: not is_alive(pid), "the services end")
    wait_until(lambda: running_stack(tmp_path / "data") is None, "the folder is free")
    for address in (addresses.kafka, addresses.redis, addresses.clickhouse):
        bind("127.0.0.1", port_of(address)).close()


def test_run_from_a_shell_it_prints_one_line_and_stops_on_a_signal(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.embedded", "--data", str(tmp_path / "data")],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["pid"] == process.pid
    assert set(ready) == {"pid", "kafka", "registry", "clickhouse", "redis", "redis_kind"}
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_S) == 0
    assert process.stdout.read() == ""


def test_a_stale_address_file_is_not_believed(stack: EmbeddedStack, tmp_path: Path) -> None:
    stack.start()
    stack.kill()
    assert (tmp_path / "data" / "embedded.json").exists()
    assert running_stack(tmp_path / "data") is None
    assert running_stack(tmp_path / "nothing") is None


def test_starting_twice_is_refused(stack: EmbeddedStack) -> None:
    stack.start()
    with pytest.raises(InfraError, match="already runs"):
        stack.start()
