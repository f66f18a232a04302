"""Contract definitions are read from the operator's file, or refused with the file's name."""

from pathlib import Path

import pytest

from flows.errors import MisconfiguredFlow
from flows.options.refdata.definitions import NO_DEFINITIONS
from infra.reference_data import load_definitions


def test_no_file_is_no_definitions() -> None:
    assert load_definitions("") is NO_DEFINITIONS


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "contracts.json"
    path.write_text('[{"root": "XYZ1", "effective_from": "1970-01-11", "multiplier": 10}]')

    with pytest.raises(MisconfiguredFlow, match=r"contracts\.json, entry 1: .*1990"):
        load_definitions(str(path))
    path.write_text('[{"root": "XYZ1", "effective_from": "2025-03-03", "multiplier": 10}]')
    found = load_definitions(str(path)).resolve("XYZ1", 25_000)

    assert found is not None
    assert found.multiplier == 10


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=r"REFDATA_CONTRACTS_PATH is .*leave it empty"):
        load_definitions(str(tmp_path / name))
