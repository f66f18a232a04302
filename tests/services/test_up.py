"""The live stack: alerts appear, a stop is clean, a restart goes on, a second start is refused."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.embedded.stack import running_stack
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.digest import digest_topic
from infra.pipeline.lag import LagMonitor
from tests.connectors.feeds.files import samples
from tests.infra.cli.command import complaints
from tests.infra.cli.command import in_process
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until

LIVELY = {"SYNTHETIC_MARKET_MODE": "active", "FLOW_EPOCH_S": "1"}
TOPICS = ("options.prints", "options.tape", "flow.packets", "flow.alerts")
ALERT_LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} ET +\d+ (low|medium|high)", re.MULTILINE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture(scope="module")
def first(data: Path) -> dict[str, Any]:
    """Run the live stack until it has shown alerts, look at it, and press Ctrl-C."""
    output = data.parent / "first"
    with running("up", "--data", data, output=output, settings=LIVELY) as process:
        wait_until(
            lambda: process.poll() is not None or len(ALERT_LINE.findall(output.read_text())) > 1,
            output.read_text,
        )
        seen: dict[str, Any] = {
            "doctor": islandflow("doctor", "--data", data, "--json"),
            "second_up": islandflow("up", "--data", data, "--for", "1"),
            "run_beside": islandflow("run", samples.tos(data.parent), "--data", data),
        }
        wait_until(lambda: alerts_stored(data) > 0, output.read_text)
        seen["code"] = interrupted(process)
    return {**seen, "output": output.read_text(), "left": processes_of(data)}


def alerts_stored(data: Path) -> int:
    query = "SELECT count() AS n FROM flow_alerts FINAL"
    found = in_process("sql", query, "--data", data, "--json").json()
    return int(found[0]["n"])


def stored(data: Path) -> dict[str, int]:
    """Return the records of the topics in question; raises when one id has two contents."""
    with EmbeddedStack(data) as stack:
        return {name: digest_topic(stack.addresses, name).records for name in TOPICS}


def test_alerts_appear_and_are_stored_and_ctrl_c_stops_cleanly(
    first: dict[str, Any], data: Path
) -> None:
    assert first["code"] == 0, first["output"]
    assert ALERT_LINE.search(first["output"])
    assert first["output"].rstrip().endswith("start again to go on")
    assert first["left"] == {}
    assert running_stack(data) is None


def test_doctor_finds_every_service_of_a_running_stack(first: dict[str, Any]) -> None:
    found = first["doctor"].json()

    states = {each["name"]: each["state"] for each in found["findings"]}
    assert found["problems"] == 0
    assert [states[name] for name in ("kafka", "schema registry", "clickhouse", "redis")] == [
        "ok"
    ] * 4


@pytest.mark.parametrize("command", ["second_up", "run_beside"])
def test_second_pipeline_on_the_folder_is_refused(first: dict[str, Any], command: str) -> None:
    found = first[command]

    assert found.code == 1
    assert "is in use by islandflow" in found.err
    assert "--data" in found.err


def test_restart_goes_on_and_adds_nothing_twice(first: dict[str, Any], data: Path) -> None:
    assert first["code"] == 0
    before, output = stored(data), data.parent / "again"

    def has_gone_on() -> bool:
        found = running_stack(data)
        if found is None:
            return False
        with closing(LagMonitor(found.kafka, OPTIONS.group, ["options.prints"])) as monitor:
            return monitor.progress().done > before["options.prints"]

    with running("up", "--data", data, output=output, settings=LIVELY) as process:
        wait_until(lambda: process.poll() is not None or has_gone_on(), output.read_text)
        code = interrupted(process)

    told = output.read_text()
    assert code == 0, told
    assert told.rstrip().endswith("start again to go on")
    assert "error" not in told
    after = stored(data)
    assert after["options.prints"] > before["options.prints"]
    assert after["options.tape"] > before["options.tape"]
    assert all(after[name] >= before[name] for name in before)
    assert processes_of(data) == {}


def test_short_start_beside_a_taken_port_stops_cleanly(
    tmp_path: Path, embedded_stack: StackAddresses
) -> None:
    taken = embedded_stack.kafka.rpartition(":")[2]

    # After a second the feed's process has not come further than its imports.
    found = islandflow(
        *("up", "--data", tmp_path / "data", "--for", "1"),
        settings={"EMBEDDED_KAFKA_PORT": taken},
    )

    assert (found.code, complaints(found.err)) == (0, "")
    assert "Kafka " in found.out
    assert f"127.0.0.1:{taken} " not in found.out
    assert processes_of(tmp_path / "data") == {}


def test_file_feed_is_published_and_the_stack_stays_up(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "output"
    arguments = ("up", "--feed", "file", "--path", samples.tos(tmp_path), "--data", data)

    with running(*arguments, output=output) as process:
        wait_until(
            lambda: process.poll() is not None or "prints 3 " in output.read_text(),
            output.read_text,
        )
        assert interrupted(process) == 0, output.read_text()

    assert "stopped with 3 prints" in output.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give --path or set FILE_FEED_PATH"),
        (("--path", "nothing.csv"), "nothing.csv does not exist"),
    ],
)
def test_file_feed_without_a_file_is_refused_before_anything_starts(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    found = islandflow("up", "--feed", "file", *arguments, "--data", tmp_path / "data")

    assert found.code in {1, 2}
    assert says in found.err
    assert not (tmp_path / "data").exists()
