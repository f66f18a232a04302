"""The embedded broker under kcat, the command line an operator has at hand."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig
from tests.infra.embedded.kafka.broker_process import poll_until
from tests.infra.embedded.kafka.broker_process import running_broker

TOPIC = "options.prints"
TIMEOUT_S = 30.0
RECORDS = 120


@pytest.fixture(scope="module")
def kcat() -> str:
    found = shutil.which("kcat")
    if found is None:
        pytest.skip("kcat is not installed (Debian: apt-get install kcat)")
    return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    with running_broker(BrokerConfig(data_dir=tmp_path, default_partitions=4)) as started:
        yield started


def run(kcat: str, broker: KafkaBroker, *arguments: str, stdin: str | None = None) -> list[str]:
    ended = subprocess.run(
        [kcat, "-b", f"127.0.0.1:{broker.port}", *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


@pytest.fixture
def filled(kcat: str, broker: KafkaBroker) -> KafkaBroker:
    lines = "".join(f"SPX{n}:print {n}\n" for n in range(RECORDS))
    run(kcat, broker, "-P", "-t", TOPIC, "-K", ":", stdin=lines)
    return broker


def values(lines: list[str]) -> list[int]:
    return sorted(int(line.rpartition(" ")[2]) for line in lines)


def test_kcat_lists_the_broker_and_the_partitions(kcat: str, filled: KafkaBroker) -> None:
    listed = "\n".join(run(kcat, filled, "-L"))
    assert f"broker 1 at 127.0.0.1:{filled.port}" in listed
    assert f'topic "{TOPIC}" with 4 partitions' in listed
    assert listed.count("leader 1") == 4


def test_kcat_reads_back_what_it_wrote(kcat: str, filled: KafkaBroker) -> None:
    lines = run(kcat, filled, "-C", "-t", TOPIC, "-o", "beginning", "-e", "-q", "-K", ":")
    assert sorted(lines) == sorted(f"SPX{n}:print {n}" for n in range(RECORDS))


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
def test_kcat_compresses(kcat: str, broker: KafkaBroker, codec: str) -> None:
    lines = "".join(f"line {n}\n" for n in range(500))
    run(kcat, broker, "-P", "-t", "packed", "-z", codec, stdin=lines)
    read = run(kcat, broker, "-C", "-t", "packed", "-o", "beginning", "-e", "-q")
    assert values(read) == list(range(500))


def test_kcat_starts_at_an_offset_and_counts_from_the_end(kcat: str, filled: KafkaBroker) -> None:
    whole = run(kcat, filled, "-C", "-t", TOPIC, "-p", "0", "-o", "beginning", "-e", "-q")
    assert len(whole) > 5
    from_third = run(kcat, filled, "-C", "-t", TOPIC, "-p", "0", "-o", "3", "-e", "-q")
    last_two = run(kcat, filled, "-C", "-t", TOPIC, "-p", "0", "-o", "-2", "-e", "-q")
    assert from_third == whole[3:]
    assert last_two == whole[-2:]


def test_kcat_starts_at_a_time(kcat: str, filled: KafkaBroker) -> None:
    stamped = run(
        kcat, filled, "-C", "-t", TOPIC, "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%T\n"
    )
    newest_ms = int(stamped[-1])
    poll_until(lambda: not is_same_ms(newest_ms), "the clock moves on")
    run(kcat, filled, "-P", "-t", TOPIC, "-p", "0", stdin="late\n")
    after = run(kcat, filled, "-C", "-t", TOPIC, "-p", "0", "-o", f"s@{newest_ms + 1}", "-e", "-q")
    assert after == ["late"]


def is_same_ms(stamp_ms: int) -> bool:
    return time.time_ns() // 1_000_000 <= stamp_ms


def test_kcat_queries_an_offset_by_time(kcat: str, filled: KafkaBroker) -> None:
    (line,) = run(kcat, filled, "-Q", "-t", f"{TOPIC}:0:0")
    assert line.split() == [TOPIC, "[0]", "offset", "0"]


def test_kcat_consumes_as_a_group_and_goes_on_where_it_stopped(
    kcat: str, filled: KafkaBroker
) -> None:
    group = ("-G", "desk", "-X", "auto.offset.reset=earliest", "-q", "-e", TOPIC)
    assert values(run(kcat, filled, *group)) == list(range(RECORDS))
    run(kcat, filled, "-P", "-t", TOPIC, stdin="print 777\n")
    assert values(run(kcat, filled, *group)) == [777]
