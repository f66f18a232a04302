"""The doctor says what is wrong with the machine, the settings and the services, and what to do."""

import socket
from pathlib import Path

import pytest

from infra.doctor import Finding
from infra.doctor import examine
from infra.settings import read_settings
from tests.infra.cli.command import islandflow

ADDRESSES = ("KAFKA_BROKERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", "REDIS_URL")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ISLANDFLOW_DATA_DIR", str(tmp_path / "data"))


def findings(folder: Path | None = None) -> dict[str, Finding]:
    return {each.name: each for each in examine(read_settings({}, None), folder)}


def test_free_folder_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA", "REGISTRY", "CLICKHOUSE", "REDIS"):
        monkeypatch.setenv(f"EMBEDDED_{name}_PORT", "0")

    found = findings()

    assert {each.state for each in found.values()} <= {"ok", "note"}
    assert "embedded ones start on demand" in found["services"].detail


def test_taken_port_is_a_note_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("EMBEDDED_KAFKA_PORT", str(taken.getsockname()[1]))

        found = findings()["EMBEDDED_KAFKA_PORT"]

    assert found.state == "note"
    assert "set EMBEDDED_KAFKA_PORT" in found.remedy


def test_half_configured_addresses_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", "127.0.0.1:1")

    found = findings()["addresses"]

    assert found.state == "problem"
    assert "SCHEMA_REGISTRY_URL, CLICKHOUSE_URL, REDIS_URL not set" in found.detail


def test_silent_services_are_problems_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(
        ADDRESSES,
        ("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1", "redis://127.0.0.1:1/0"),
        strict=True,
    ):
        monkeypatch.setenv(name, value)

    found = findings()

    for name in ("kafka", "schema registry", "clickhouse", "redis"):
        assert found[name].state == "problem"
        assert "does not answer" in found[name].detail
        assert found[name].remedy
        assert "KafkaError" not in found[name].detail
        assert "urlopen" not in found[name].detail


def test_data_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    found = findings(file)["data folder"]

    assert found.state == "problem"
    assert "is a file" in found.detail


def test_command_ends_with_1_on_a_problem_and_names_it(tmp_path: Path) -> None:
    found = islandflow(
        *("doctor", "--json", "--data", tmp_path), settings={"KAFKA_BROKERS": "127.0.0.1:1"}
    )
    malformed = islandflow("doctor", settings={"FLOW_EPOCH_S": "soon", "COLUMNS": "200"})

    assert found.code == 1
    assert '"name": "addresses", "state": "problem"' in found.out
    assert malformed.code == 1
    assert "FLOW_EPOCH_S is 'soon'" in malformed.out


def test_misspelt_setting_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("KAFKA_BROKRS=x\n")

    found = islandflow("version", settings={"ISLANDFLOW_ENV_FILE": str(file)})
    listed = islandflow("topics", "ls", settings={"ISLANDFLOW_ENV_FILE": str(file)})

    assert found.code == 0  # nothing of it needs settings
    assert listed.code == 1
    assert "KAFKA_BROKRS is not a setting of Islandflow; did you mean KAFKA_BROKERS?" in listed.err


@pytest.mark.parametrize("command", [("topics", "ls"), ("sql", "SELECT 1"), ("dlq", "ls")])
def test_looking_at_a_folder_that_holds_nothing_is_refused(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    found = islandflow(*command, "--data", tmp_path / "mistyped")

    assert (found.code, found.out) == (1, "")
    assert "mistyped holds no data of Islandflow; name its folder with --data" in found.err
    assert not (tmp_path / "mistyped").exists()


def test_data_folder_that_is_a_file_is_refused_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    found = islandflow("topics", "apply", "--data", file)

    assert found.code == 1
    assert "cannot be the data folder" in found.err
    assert "Traceback" not in found.err
