"""What is generated from the schemas is what is checked in, and versions stay compatible."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from schemas import generate
from schemas.catalog import topics
from schemas.compatibility import check_level

REPOSITORY = Path(__file__).resolve().parents[2]
NAMES = sorted(topics())


def committed_versions(name: str) -> list[dict[str, object]]:
    """Every version of a schema the history holds, oldest first."""
    path = f"schemas/avro/{name}.avsc"
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        pytest.skip("no git history to compare the schemas with")

    def run(*arguments: str) -> str:
        return subprocess.run(
            [git, "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=True
        ).stdout

    commits = run("log", "--reverse", "--diff-filter=AM", "--format=%H", "--", path).split()
    if not commits:
        pytest.skip(f"{path} has not been committed yet")
    return [json.loads(run("show", f"{commit}:{path}")) for commit in commits]


def test_generated_files_are_up_to_date() -> None:
    assert generate.drifted() == [], "run `python -m schemas.generate`"


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_fully_compatible_with_every_committed_version(name: str) -> None:
    problems = check_level(dict(topics()[name].schema), committed_versions(name), "FULL_TRANSITIVE")
    assert problems == []


@pytest.mark.parametrize("name", NAMES)
def test_every_record_begins_with_the_header(name: str) -> None:
    fields = [field["name"] for field in topics()[name].schema["fields"]]
    assert fields[:5] == ["source_ts", "ingest_ts", "seq", "trace_id", "schema_version"]


@pytest.mark.parametrize("name", NAMES)
def test_table_key_and_version_are_columns(name: str) -> None:
    schema = topics()[name].schema
    fields = {field["name"] for field in schema["fields"]}
    version = schema.get("table_version")
    assert set(schema["table_key"]) <= fields
    assert version is None or version in fields


def test_a_record_defined_in_two_shapes_is_refused() -> None:
    one = {"type": "record", "name": "Leg", "fields": [{"name": "a", "type": "int"}]}
    two = {"type": "record", "name": "Leg", "fields": [{"name": "b", "type": "int"}]}
    schema = {"fields": [{"name": "x", "type": one}, {"name": "y", "type": two}]}
    with pytest.raises(ValueError, match="two different shapes"):
        generate._inline_records(schema, {})
